"""From the tokens of a document to the semantic invoice, piece by piece.

A piece is a child of the root (or of a large container). Its shape is compiled once into a `Plan`; pieces of one
shape that follow each other are read together, a column of texts for each term. What stands before the lines is
read as one piece when a document of that very shape was read before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from lxml import etree

from gateway.model.invoice import Coded, Invoice, Run
from gateway.model.terms import Group, Repeated, without_collecting
from gateway.syntax.plan import (
    CONSTANTS,
    Every,
    One,
    Parts,
    Plan,
    Source,
    Vocabulary,
    compile_plan,
    outline_of,
    write_builder,
)
from gateway.syntax.shape import Occurrences, Shape
from gateway.syntax.stencils import Stencil, layout_of, stencil_of
from gateway.syntax.tokens import (
    ALONE,
    CLOSES,
    Alphabet,
    Markup,
    MarkupTokens,
    Tokens,
    TreeTokens,
    UnplainError,
    resolved,
)

_PLANS_MAX = 4096
_KEPT_TOKENS_MAX = 1_200
"""A larger shape is one document's own, and would be kept for nothing."""
_OFTEN = 8
_WINDOW_MIN, _WINDOW_MAX = 12_000, 64_000
"""Characters of markup cut into tokens at a time: first to see what comes, then as fits a processor's cache."""
_STENCIL_PAYS = 200
"""Making a stencil takes as long as it saves on so many lines."""
_STENCIL_TOKENS = range(8, 300)
_EVERY = 16
_STENCILS_AT_HAND = 4
_INNER_CHILDREN_MAX = 12
_BLOCK = 64


@dataclass(slots=True)
class Reading:
    """What reading a document gives: the invoice, and its shapes for the rules of syntax."""

    root: etree._Element
    invoice: Invoice
    shapes: list[Occurrences] = field(default_factory=list)
    """Every shape, in the order of its first occurrence; the root's own (one element) first."""
    long_amounts: list[int] = field(default_factory=list)
    """The places of amounts (names in ...Amount) with more than two characters after the dot; prices, and
    what stands in a price with a discount, do not count (the context of UBL-DT-01)."""
    may_have_blanks: bool = True
    """False where it is sure that every element without elements has a text that is more than white space."""

    def elements(self, places: Iterable[int]) -> dict[int, etree._Element]:
        """The elements at these places."""
        wanted = set(places)
        last = max(wanted, default=-1)
        found: dict[int, etree._Element] = {}
        for place, element in enumerate(self.root.iter()):
            if place in wanted:
                found[place] = element
            if place >= last:
                break
        return found


def read_document(
    root: etree._Element, vocabulary: Vocabulary, kind: type[Invoice], markup: Markup | None
) -> Reading:
    """Read a document of this vocabulary: from the markup that `root` was parsed from; from the tree where there
    is none, or where it holds more than tags and texts.

    Raises ValueError where the root is not one of the vocabulary's.
    """
    library = _library(vocabulary)
    name = library.alphabet.name(str(root.tag))
    if name not in vocabulary.roots:
        raise ValueError(f"{root.tag!r} is not one of {', '.join(vocabulary.roots)}")
    with without_collecting():
        if markup is not None:
            lexicon = library.alphabet.lexicon(root.nsmap)
            try:
                return _Reader(library, MarkupTokens(markup, root, lexicon)).read_all(root, kind, name)
            except UnplainError:  # the tree tells the same, at a higher cost
                pass
            finally:
                library.alphabet.let_go(lexicon)
        return _Reader(library, TreeTokens(root, library.alphabet)).read_all(root, kind, name)


@dataclass(slots=True, eq=False)
class _Beginning:
    """A stencil of all that stands before the lines, and those that fitted what came next."""

    head: Stencil
    others: list[Stencil] = field(default_factory=list)


def _is_time(plan: Plan) -> bool:
    """Whether to see if a stencil pays for pieces that come one a document: once in so many of them."""
    return plan.uses % _EVERY == 0


class _Library:
    """The shapes met before, also in other documents, and how to read them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.alphabet = Alphabet(vocabulary.prefixes)
        self.plans: dict[str, dict[str, Plan]] = defaultdict(dict)
        """By the path of the container and the signs of the piece."""
        self.heads: dict[str, Plan | bool] = {}
        """What stands before the lines, by its signs; True where it was seen once, False where it is no whole."""
        self.stencils: dict[tuple[Plan, str], Stencil | int] = {}
        """By plan and layout; a number where there is none yet: how many pieces it would have read."""
        self.beginnings: dict[str, list[_Beginning]] = {}
        """How documents begin, by the start tag of the root, the latest first."""
        self.own: dict[tuple[str, str], Shape] = {}
        """The shape of a container without its children, by path above and sign."""

    def keep(self, path: str, signs: str, plan: Plan) -> None:
        """Remember the plan of a piece."""
        if len(signs) <= _KEPT_TOKENS_MAX:
            _make_room(self.plans[path])
            self.plans[path][signs] = plan

    def head(self, path: str, signs: str) -> Plan | None:
        """The plan of all that stands before the lines, when that very shape was seen before."""
        known = self.heads.get(signs)
        if known is None:
            _make_room(self.heads)
            self.heads[signs] = self.alphabet.is_balanced(signs)
        elif known is True:
            outline = outline_of(self.alphabet, path, signs)
            known = self.heads[signs] = compile_plan(outline, self.vocabulary, ("/",), self.vocabulary.document)
        return known if isinstance(known, Plan) else None

    def stencil(self, plan: Plan, window: Tokens, at: int, expected_bytes: int) -> Stencil | None:
        """The stencil of a piece that was read, when so many more can be expected that making it pays."""
        layout = layout_of(plan, window, at)
        key = (plan, layout)
        known = self.stencils.get(key, 0)
        if isinstance(known, int):
            _make_room(self.stencils)
            known += max(expected_bytes // len(layout), _EVERY)
            self.stencils[key] = known = known if known < _STENCIL_PAYS else stencil_of(plan, window, at)
        return known if isinstance(known, Stencil) else None

    def begin_with(self, root_tag: str, head: Stencil) -> None:
        """Try this stencil first on documents with this start tag."""
        _make_room(self.beginnings)
        others = [each for each in self.beginnings.get(root_tag, ()) if each.head is not head]
        self.beginnings[root_tag] = [_Beginning(head), *others[: _STENCILS_AT_HAND - 1]]

    def own_shape(self, path: str, sign: str) -> Shape:
        """The shape of a container itself, which is read without its children."""
        key = (path, sign)
        if key not in self.own:
            _make_room(self.own)
            kind = self.alphabet.kind(sign)
            self.own[key] = Shape(path, (kind.name,), (-1,), (kind.attributes,))
        return self.own[key]


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= _PLANS_MAX:
        kept.clear()


_LIBRARIES: dict[Vocabulary, _Library] = {}


def _library(vocabulary: Vocabulary) -> _Library:
    library = _LIBRARIES.get(vocabulary)
    if library is None or library.alphabet.is_full:
        library = _LIBRARIES[vocabulary] = _Library(vocabulary)
    return library


@dataclass(slots=True)
class _Container:
    """An element whose children are read one by one: where it stands, and the terms they fill."""

    path: str
    chain: tuple[str, ...]
    above: Mapping[str, Source]
    filled: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    head_is_read: bool = True

    def terms(self) -> tuple[dict[str, Any], list[str]]:
        """What the children gave for each term, in the form its field has; and the terms that there is room for
        once and that stand several times."""
        terms: dict[str, Any] = {}
        repeated: list[str] = []
        for name, found in self.filled.items():
            source = self.above[name]
            if isinstance(source, (Every, Parts)):
                terms[name] = tuple(found)
            elif len(found) > 1 and isinstance(source, One):
                terms[name] = Repeated(tuple(found))
                repeated.append(name)
            else:
                terms[name] = found[0]
        return terms, repeated


class _Reader:
    """One document."""

    def __init__(self, library: _Library, source: MarkupTokens | TreeTokens) -> None:
        self.library = library
        self.alphabet = library.alphabet
        self.vocabulary = library.vocabulary
        self.source = source
        self.place = 0
        self.nodes: dict[type[Group], list[Group]] = defaultdict(list)
        self.places: dict[Shape, list[int]] = {}
        self.codes: dict[Coded, dict[str | None, list[Run]]] = defaultdict(dict)
        self.long_amounts: list[int] = []
        self.may_have_blanks = False
        self.repeats: list[tuple[Group, str]] = []
        self.latest: tuple[Plan, int, int] | None = None
        """The plan of the latest children of the root in this window, the token at which they began, how many."""
        self.stencils: list[Stencil] = []
        self.beginning: _Beginning | None = None

    def read_all(self, root: etree._Element, kind: type[Invoice], name: str) -> Reading:
        """The whole document."""
        invoice = self.document(kind, name)
        shapes = [Occurrences(shape, places) for shape, places in self.places.items()]
        return Reading(root, invoice, shapes, self.long_amounts, self.may_have_blanks)

    def document(self, kind: type[Invoice], name: str) -> Invoice:
        """The invoice; its terms are filled by the children of the root."""
        root = _Container(f"/{name}", ("/",), self.vocabulary.document, head_is_read=False)
        sign = self.source.root_sign
        self.open_container("", sign)
        if (opened := self.alphabet.kind(sign)).step != ALONE:
            self.whole(root, opened.closing)
        self.may_have_blanks |= self.place == 1
        terms, repeated = root.terms()
        invoice = kind(0, name, **terms, nodes=self.nodes, coded=self.codes)
        self.repeats += [(invoice, term) for term in repeated]
        invoice.repeats = tuple(self.repeats)
        return invoice

    def whole(self, root: _Container, closing: str) -> None:
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
        if self.beginning is not None and self.latest is not None and _is_time(self.latest[0]):
            self.learn(window, *self.latest[:2], expected_bytes=0)

    def first_window(self, root: _Container) -> Tokens:
        """The first tokens to read; before them, what stencils of documents that begin alike can read."""
        source = self.source
        if not isinstance(source, MarkupTokens):
            return source.window(0)
        for beginning in self.library.beginnings.get(source.root_tag, ()):
            found = beginning.head.read_one(source.text, source.at)
            if found is not None:
                self.beginning = beginning
                row, source.at = found
                self.may_have_blanks |= beginning.head.takes_blanks
                self.read_row(beginning.head.plan, root, _resolved_row(row) if source.has_references else row)
                self.stencils = list(beginning.others)
                root.head_is_read = True
                while self.lay_any(root, source):
                    pass
                return source.window(_WINDOW_MIN)
        return source.window(source.up_to_second(self.vocabulary.repeated, _WINDOW_MIN, _WINDOW_MAX))

    def lay_stencils(self, root: _Container, window: Tokens, at: int) -> bool:
        """Read what follows by stencils of pieces read so far, as far as they fit; False where there are none."""
        source = self.source
        if self.latest is None or not isinstance(source, MarkupTokens):
            return False
        plan, latest_at, times = self.latest
        self.learn(window, plan, latest_at, expected_bytes=source.left_bytes if times > 1 else 0)
        if not self.stencils:
            return False
        source.hand_back(window, at)
        begin = source.at
        while self.lay_any(root, source):
            pass
        if source.at == begin:
            self.stencils.clear()
        return True

    def learn(self, window: Tokens, plan: Plan, at: int, expected_bytes: int) -> None:
        """Make ready for pieces like the one at token `at`; so many bytes of them may follow."""
        if plan.mixed or plan.length not in _STENCIL_TOKENS:
            return
        stencil = self.library.stencil(plan, window, at, expected_bytes)
        if stencil is not None and stencil not in self.stencils:
            self.stencils = [stencil, *self.stencils[: _STENCILS_AT_HAND - 1]]
            if self.beginning is not None:
                self.beginning.others = list(self.stencils)

    def lay_any(self, root: _Container, source: MarkupTokens) -> bool:
        return any(self.lay(stencil, root, source) for stencil in self.stencils)

    def lay(self, stencil: Stencil, root: _Container, source: MarkupTokens) -> bool:
        """Read what a stencil fits; False where that is nothing."""
        columns, times, end = stencil.read(source.text, source.at)
        if not times:
            return False
        source.at = end
        self.may_have_blanks |= stencil.takes_blanks
        if source.has_references:
            columns = [_all_resolved(column) for column in columns]
        if times == 1:
            self.read_row(stencil.plan, root, tuple([text for (text,) in columns]))
        else:
            self.read_columns(stencil.plan, root, columns, times)
        return True

    def open_container(self, path: str, sign: str) -> None:
        self.occurs(self.library.own_shape(path, sign), self.place, 1, 1)
        self.place += 1

    def occurs(self, shape: Shape, place: int, times: int, size: int) -> None:
        places = self.places.get(shape)
        if places is None:
            places = self.places[shape] = []
        if times == 1:
            places.append(place)
        else:
            places.extend(range(place, place + times * size, size))

    def children(self, container: _Container, window: Tokens, at: int, end: int) -> int:
        """Read the children of a container from token `at` on; gives the token of its end tag, or of the first
        child that does not end before `end`."""
        signs, plans = window.signs, self.library.plans[container.path]
        if not container.head_is_read:
            at = self.head(container, window, at, end)
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

    def head(self, container: _Container, window: Tokens, at: int, end: int) -> int:
        """Read all that stands before the first line at once, if its shape is known; gives the token behind it."""
        container.head_is_read = True
        openers = [sign for name in self.vocabulary.repeated for sign in self.alphabet.openers.get(name, ())]
        lines = [found for sign in openers if (found := window.signs.find(sign, at, end)) >= 0]
        upto = min(lines, default=end - 1)
        signs = window.signs[at:upto]
        if (
            not signs
            or len(signs) > _KEPT_TOKENS_MAX
            or (plan := self.library.head(container.path, signs)) is None
        ):
            return at
        self.read(plan, container, window, at, 1)
        if isinstance(self.source, MarkupTokens) and not plan.mixed and _is_time(plan):
            stencil = self.library.stencil(plan, window, at, 0)
            if stencil is not None:
                self.library.begin_with(self.source.root_tag, stencil)
        return upto

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

    def understand(self, container: _Container, window: Tokens, at: int, upto: int) -> Plan | None:
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

    def inner_container(self, outer: _Container, window: Tokens, at: int, upto: int) -> None:
        name = self.alphabet.kind(window.signs[at]).name
        binding = next(each for each in self.vocabulary.bindings if each.element == name)
        inner = _Container(f"{outer.path}/{name}", (*outer.chain, name), binding.fields)
        place = self.place
        self.open_container(outer.path, window.signs[at])
        self.children(inner, window, at + 1, upto - 1)
        terms, repeated = inner.terms()
        made = binding.make(place, **terms)
        self.repeats += [(made, term) for term in repeated]
        self.nodes[type(made)].append(made)
        for term, source in outer.above.items():
            if isinstance(source, Parts) and name in source.path.split("|"):
                outer.filled[term].append(made)

    def read(self, plan: Plan, container: _Container, window: Tokens, at: int, times: int) -> None:
        """Read so many pieces of one shape that follow each other."""
        if container.chain == ("/",):
            self.latest = (plan, at, times)
        if not self.may_have_blanks:
            self.may_have_blanks = plan.has_hollow or _has_blanks(plan, window, at, times)
        if times > 1 and not plan.mixed:
            self.read_columns(plan, container, _columns(plan, window, at, times), times)
            return
        for nth in range(times):
            self.read_row(plan, container, _row(plan, window, at + nth * plan.length))

    def read_row(self, plan: Plan, container: _Container, row: tuple[str, ...]) -> None:
        """Read one piece, from its values."""
        place = self.place
        self.place += plan.size
        self.occurs(plan.shape, place, 1, plan.size)
        self.note(plan, row, place)
        self.make(plan, [row], 1, place, container.filled)

    def read_columns(self, plan: Plan, container: _Container, columns: list[Sequence[str]], times: int) -> None:
        """The same, from the values of all of them."""
        place = self.place
        self.place += times * plan.size
        self.occurs(plan.shape, place, times, plan.size)
        self.note_columns(plan, columns, place, times)
        rows: Iterable[tuple[str, ...]] = zip(*columns, strict=True) if columns else repeat((), times)
        self.make(plan, rows, times, place, container.filled)

    def make(
        self, plan: Plan, rows: Iterable[tuple[str, ...]], times: int, place: int, filled: dict[str, list[Any]]
    ) -> None:
        """The groups of these pieces, and where they go."""
        plan.uses += times
        if plan.build is None and plan.uses > _OFTEN:
            plan.build = write_builder(plan)
        if plan.build is not None:
            plan.build(rows, place, self.nodes, filled, self.repeats)
            return
        for row in rows:
            values: list[Any] = [*row, *CONSTANTS]
            for maker, offset, pick in plan.steps:
                values.append(pick(values) if maker is None else maker(place + offset, *pick(values)))
            for kind, position in plan.groups:
                self.nodes[kind or type(values[position])].append(values[position])
            for name, position in plan.exports:
                filled[name].append(values[position])
            self.repeats += [(values[position], attribute) for position, attribute in plan.repeats]
            place += plan.size

    def note(self, plan: Plan, row: tuple[str, ...], place: int) -> None:
        """The codes and long amounts of one piece."""
        values = row + CONSTANTS
        codes = self.codes
        for coded in plan.coded:
            found, known = coded.pick(values), codes[coded.kind]
            for value in found if len(found) == 1 else set(found):
                runs = known.get(value)
                if runs is None:
                    runs = known[value] = []
                runs.append((found, coded.elements, place))
        for position, index in plan.amounts:
            if "." in row[position][:-3]:
                self.long_amounts.append(place + index)

    def note_columns(self, plan: Plan, columns: list[Sequence[str]], place: int, times: int) -> None:
        """The same for pieces that follow each other."""
        size = plan.size
        for coded in plan.coded:
            known = self.codes[coded.kind]
            for position, index in zip(coded.positions, coded.elements, strict=True):
                column: Sequence[str | None]
                constant = position - len(columns)
                column = columns[position] if constant < 0 else [CONSTANTS[constant]] * times
                numbers = range(index, index + times * size, size)
                for value in set(column):
                    known.setdefault(value, []).append((column, numbers, place))
        for position, index in plan.amounts:
            long = [nth for nth, text in enumerate(columns[position]) if "." in text[:-3]]
            self.long_amounts += [place + index + nth * size for nth in long]


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
        texts = _resolved_row(texts)
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
        columns = [_all_resolved(column) for column in columns]
    attributes = window.attributes
    for token, name in plan.attributes:
        tags = window.tags[at + token : end : length]
        if tags.count(tags[0]) == times:
            columns.append([attributes[tags[0]][name]] * times)
        else:
            columns.append([attributes[tag][name] for tag in tags])
    return columns


def _resolved_row(row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([resolved(text) if "&" in text else text for text in row])


def _all_resolved(column: Sequence[str]) -> Sequence[str]:
    return [resolved(text) for text in column] if "&" in "<".join(column) else column
