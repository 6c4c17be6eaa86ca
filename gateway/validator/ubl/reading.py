"""From the tokens of a document to the semantic invoice, piece by piece.

A piece is a child of the root (or of a large container). Its shape is compiled once into a `Plan`; pieces of one
shape that follow each other are read together, a column of texts for each term. How a valid document is written is
remembered: the next one that is written alike need not be parsed (`recognition`).
"""

from collections.abc import Sequence

from gateway.validator.model.invoice import Invoice
from gateway.validator.model.terms import without_collecting
from gateway.validator.ubl.building import Builder, Container, Reading, all_resolved, resolved_row
from gateway.validator.ubl.library import Library, Opening, library_of
from gateway.validator.ubl.plan import Parts, Plan, Vocabulary, compile_plan, outline_of
from gateway.validator.ubl.recognition import opening_bytes
from gateway.validator.ubl.stencils import Stencil
from gateway.validator.ubl.tokens import (
    ALONE,
    CLOSES,
    Markup,
    MarkupTokens,
    Tokens,
    TreeTokens,
    UnplainError,
)
from gateway.validator.xml.tree import DocumentTree

_WINDOW_MIN, _WINDOW_MAX = 12_000, 64_000
"""Characters of markup cut into tokens at a time: first to see what comes, then as fits a processor's cache."""
_STENCILS_AT_HAND = 4
_INNER_CHILDREN_MAX = 12
_BLOCK = 64


def read_document(
    tree: DocumentTree, vocabulary: Vocabulary, kind: type[Invoice], markup: Markup | None, *, is_valid: bool
) -> Reading:
    """Read a document of this vocabulary: from the markup that the tree was parsed from; from the tree where there
    is none, or where it holds more than tags and texts. How a document is written that `is_valid` by its schema is
    remembered.

    Raises ValueError where the root is not one of the vocabulary's.
    """
    library, root = library_of(vocabulary, of_valid=is_valid), tree.root
    name = library.alphabet.name(str(root.tag))
    if name not in vocabulary.roots:
        raise ValueError(f"{root.tag!r} is not one of {', '.join(vocabulary.roots)}")
    with without_collecting():
        if markup is not None:
            lexicon = library.alphabet.lexicon(root.nsmap)
            try:
                source = MarkupTokens(markup, root, lexicon)
                opening = _opening(library, name, source, markup, is_valid=is_valid)
                return _Reader(library, source, opening, learns=is_valid).document(tree, kind, name)
            except UnplainError:  # the tree tells the same, at a higher cost
                pass
            finally:
                library.alphabet.let_go(lexicon)
        return _Reader(library, TreeTokens(root, library.alphabet)).document(tree, kind, name)


def _opening(
    library: Library, name: str, source: MarkupTokens, markup: Markup, *, is_valid: bool
) -> Opening | None:
    """What is known of documents that begin like this one; where it `is_valid`, also what is still to be known."""
    begin = opening_bytes(markup.text)
    if begin is None or not source.is_as_written or not markup.is_paired:
        return None
    known = library.openings.get(begin)
    return library.opening(begin, name, source.root_sign, source.root_tag) if known is None and is_valid else known


class _Reader(Builder):
    """One document."""

    def __init__(
        self,
        library: Library,
        source: MarkupTokens | TreeTokens,
        opening: Opening | None = None,
        *,
        learns: bool = False,
    ) -> None:
        super().__init__(library.vocabulary)
        self.library = library
        self.alphabet = library.alphabet
        self.source = source
        self.opening = opening
        self.learns = learns
        self.learnt = 0
        self.latest: tuple[Plan, int, int] | None = None
        """The plan of the latest children of the root in this window, the token at which they began, how many."""
        self.stencils: list[Stencil] = []

    def document(self, tree: DocumentTree, kind: type[Invoice], name: str) -> Reading:
        """The whole document."""
        sign = self.source.root_sign
        root = self.root(name, self.library.own_shape("", sign))
        if (opened := self.alphabet.kind(sign)).step != ALONE:
            self.whole(root, opened.closing)
        if isinstance(self.source, MarkupTokens) and self.source.has_numeric_references:
            self.may_have_blanks = True
        return self.reading(tree, kind, name, root)

    def whole(self, root: Container, closing: str) -> None:
        """Read all children of the root, window after window, up to its end tag."""
        characters = _WINDOW_MIN
        window = self.first_window(root)
        at = self.children(root, window, 0, len(window.signs))
        while not window.signs.startswith(closing, at):
            characters = min(2 * characters, _WINDOW_MAX)
            left = len(window.signs) - at
            if 2 * left > len(window.signs):  # an element larger than a window
                characters = _WINDOW_MAX * (2 + left // 1_000)
                window = self.source.window(characters).after(window, at)
            elif self.lay_stencils(root, window, at):
                characters = _WINDOW_MIN
                window = self.source.window(characters)
            else:
                window = self.source.window(characters).after(window, at)
            self.latest = None
            at = self.children(root, window, 0, len(window.signs))

    def first_window(self, root: Container) -> Tokens:
        """Read what the stencils of documents that begin alike can read. Then the first tokens to read: those
        before the second line, if that is soon."""
        source = self.source
        if not isinstance(source, MarkupTokens):
            return source.window(0)
        self.lay_known(root, source)
        return source.window(source.up_to_second(self.vocabulary.repeated, _WINDOW_MIN, _WINDOW_MAX))

    def lay_stencils(self, root: Container, window: Tokens, at: int) -> bool:
        """Read what follows by stencils, as far as they fit; False where they do not."""
        source = self.source
        if self.latest is None or not isinstance(source, MarkupTokens):
            return False
        plan, latest_at, times = self.latest
        expected_bytes = source.left_bytes if times > 1 else 0
        stencil = self.library.worthwhile_stencil(plan, window, latest_at, expected_bytes)
        if stencil is not None and stencil not in self.stencils:
            self.stencils = [stencil, *self.stencils[: _STENCILS_AT_HAND - 1]]
        ahead = source.at
        source.hand_back(window, at)
        if self.lay_known(root, source):
            return True
        source.at = ahead
        self.stencils.clear()
        return False

    def lay_known(self, root: Container, source: MarkupTokens) -> bool:
        """Lay stencils of pieces of this document, or of others that begin alike, as far as they fit."""
        begin = source.at
        while self.lay(self.stencils, source, root) or (
            self.opening is not None and self.lay(self.opening.at(source.text, source.at), source, root)
        ):
            pass
        return source.at != begin

    def children(self, container: Container, window: Tokens, at: int, end: int) -> int:
        """Read the children of a container from token `at` on; gives the token of its end tag, or of the first
        child that does not end before `end`."""
        signs, plans = window.signs, self.library.plans[container.path]
        while at < end:
            upto = self.end_of(signs, at, end)
            if upto <= at:
                return at
            piece = signs[at:upto]
            plan = plans.get(piece)
            if plan is None:
                upto = self.balanced(signs, at, upto, end)
                if not upto:
                    return at
                plan = self.understand(container, window, at, upto)
                if plan is None:
                    at = upto
                    continue
                piece = signs[at:upto]
            times = _times(piece, signs, at, upto)
            self.read(plan, container, window, at, times)
            at += times * plan.length
        return at

    def end_of(self, signs: str, at: int, end: int) -> int:
        """Where the element that begins at a token ends, if it holds none of its own name; `at` where it does not
        end or is no element but the end of its container."""
        kind = self.alphabet.kind(signs[at])
        if kind.step == ALONE:
            return at + 1
        return at if kind.step == CLOSES else signs.find(kind.closing, at, end) + 1

    def balanced(self, signs: str, at: int, upto: int, end: int) -> int:
        """Where the element really ends; 0 where that is not before `end`."""
        name = self.alphabet.kind(signs[at]).name
        if all(signs.find(opener, at + 1, upto) < 0 for opener in self.alphabet.openers.get(name, ())):
            return upto
        kinds = self.alphabet.kinds
        depth = sum([kinds[ord(sign)].step for sign in signs[at:upto]])
        while depth and upto < end:
            depth += kinds[ord(signs[upto])].step
            upto += 1
        return 0 if depth else upto

    def understand(self, container: Container, window: Tokens, at: int, upto: int) -> Plan | None:
        """The plan of a piece of a new shape; None where it was a container and has been read."""
        signs = window.signs[at:upto]
        name = self.alphabet.kind(signs[0]).name
        if name in self.vocabulary.containers and container.chain == ("/",) and self.is_large(signs):
            self.inner_container(container, window, at, upto)
            return None
        plan = self.library.plans[container.path].get(signs)
        if plan is None:
            outline = outline_of(self.alphabet, container.path, signs)
            plan = compile_plan(outline, self.vocabulary, container.chain, container.above)
            self.library.keep(container.path, signs, plan)
        return plan

    def is_large(self, signs: str) -> bool:
        """Whether an element has many children."""
        depth = children = 0
        for sign in signs:
            step = self.alphabet.kind(sign).step
            children += depth == 1 and step != CLOSES
            depth += step
            if children > _INNER_CHILDREN_MAX:
                return True
        return False

    def inner_container(self, outer: Container, window: Tokens, at: int, upto: int) -> None:
        name = self.alphabet.kind(window.signs[at]).name
        binding = next(each for each in self.vocabulary.bindings if each.element == name)
        inner = Container(f"{outer.path}/{name}", (*outer.chain, name), binding.fields)
        place = self.place
        self.open_container(self.library.own_shape(outer.path, window.signs[at]))
        self.children(inner, window, at + 1, upto - 1)
        terms, repeated = inner.terms()
        made = binding.make(place, **terms)
        self.repeats += [(made, term) for term in repeated]
        self.nodes[type(made)].append(made)
        for term, source in outer.above.items():
            if isinstance(source, Parts) and name in source.path.split("|"):
                outer.filled[term].append(made)

    def read(self, plan: Plan, container: Container, window: Tokens, at: int, times: int) -> None:
        """Read so many pieces of one shape that follow each other."""
        if container.chain == ("/",):
            self.latest = (plan, at, times)
            if self.opening is not None and self.learns:
                self.learnt += self.opening.saw(plan, window, at, times, self.learnt)
        if not self.may_have_blanks:
            self.may_have_blanks = plan.has_hollow or _has_blanks(plan, window, at, times)
        if times > 1 and not plan.mixed:
            self.read_columns(plan, container, _columns(plan, window, at, times), times)
            return
        for nth in range(times):
            self.read_row(plan, container, _row(plan, window, at + nth * plan.length))


def _times(piece: str, signs: str, at: int, upto: int) -> int:
    """How often a piece stands in a row from `at` on; `upto` is where the first one ends."""
    length = upto - at
    if not signs.startswith(piece, upto):
        return 1
    block = piece * _BLOCK
    while signs.startswith(block, upto):
        upto += len(block)
    while signs.startswith(piece, upto):
        upto += length
    return (upto - at) // length


def _has_blanks(plan: Plan, window: Tokens, at: int, times: int) -> bool:
    """Whether a text that is all there is in its element is nothing but white space."""
    if times == 1:
        return not all(map(str.strip, plan.pick_leaves(window.texts[at : at + plan.length])))
    end = at + times * plan.length
    return not all(all(map(str.strip, window.texts[at + leaf : end : plan.length])) for leaf in plan.leaves)


def _row(plan: Plan, window: Tokens, at: int) -> tuple[str, ...]:
    """The values of the piece that begins at a token."""
    texts = plan.pick_texts(window.texts[at : at + plan.length])
    if plan.mixed:
        whole = list(texts)
        for position, first, last in plan.mixed:
            whole[position] = "".join(window.texts[at + first : at + last])
        texts = tuple(whole)
    if window.has_references:
        texts = resolved_row(texts)
    if plan.attributes:
        tags, attributes = window.tags, window.attributes
        texts += tuple([attributes[tags[at + token]][name] for token, name in plan.attributes])
    return texts


def _columns(plan: Plan, window: Tokens, at: int, times: int) -> list[Sequence[str]]:
    """The values of pieces that follow each other, those of one term together."""
    length = plan.length
    end = at + times * length
    columns: list[Sequence[str]] = [window.texts[at + token : end : length] for token in plan.texts]
    if window.has_references:
        columns = [all_resolved(column) for column in columns]
    attributes = window.attributes
    for token, name in plan.attributes:
        tags = window.tags[at + token : end : length]
        if tags.count(tags[0]) == times:
            columns.append([attributes[tags[0]][name]] * times)
        else:
            columns.append([attributes[tag][name] for tag in tags])
    return columns
