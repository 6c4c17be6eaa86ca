"""What is remembered of the documents read before: how to read their shapes, and how the valid ones are written.

Plans hold names and positions, layouts tags without their values. What is remembered is bounded in characters,
so that no sender can fill the memory; what is large, or of a document that is not valid, is not remembered with
the rest.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, reduce
from operator import add
from typing import Any

import schemas
from gateway.validator.ubl.plan import Plan, Vocabulary, compile_plan, outline_of
from gateway.validator.ubl.shape import Shape
from gateway.validator.ubl.stencils import Layout, Stencil, layout_of, stencil_of
from gateway.validator.ubl.tokens import Alphabet, Tokens
from gateway.validator.xml.content_model import sequence_of

_PLANS_MAX = 4096
_PLANS_TOKENS_MAX = 150_000
"""Of all plans together; one takes some hundred bytes for each."""
_LAYOUT_CHARACTERS_MAX = 8_000
"""A larger layout is not learnt: a program's own are of one or two thousand."""
_JOINED_CHARACTERS_MAX = 40_000
_JOINED_LEARNT_MAX = 4
"""Joined stencils made for one document."""
_OPENING_BYTES_MAX = 4_096
_KEPT_TOKENS_MAX = 1_200
"""A larger shape is one document's own, and would be kept for nothing."""
_STENCIL_PAYS = 200
"""Making a stencil takes as long as it saves on so many pieces that were parsed anyway."""
_STENCIL_TOKENS = range(2, 300)
_JOINED_TOKENS_MAX = 600
_STENCILS_CHARACTERS_MAX = 2_000_000
"""Markup of all stencils together; one takes some twelve bytes for each character of it."""
_OPENINGS_MAX = 256
_SEEN_MAX = 512
_AT_HAND = 16
"""Stencils that are tried for one element."""
_LEARNT_MAX = 32
"""Stencils made for one document (some ms each for the large ones)."""
_SEEN_FIRST = 4
"""How often something is seen before it is expected again."""
_SEEN_AGAIN = 16
"""How often until one looks at it again: it may be written another way by now."""
_MANY = 16
"""So many pieces in a row count for two that stand alone."""


class Library:
    """What is remembered for one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.alphabet = Alphabet(vocabulary.prefixes)
        self.plans: dict[str, dict[str, Plan]] = defaultdict(dict)
        """By the path of the container and the signs of the piece."""
        self.openings: dict[bytes, Opening] = {}
        """By the first bytes of documents, up to and with the start tag of the root."""
        self.own: dict[tuple[str, str], Shape] = {}
        """The shape of a container without its children, by path above and sign."""
        self._stencils: dict[tuple[Plan, Layout], Stencil] = {}
        self._expected: dict[tuple[Plan, Layout], int] = {}
        """How many pieces a stencil that is not there yet would have read."""
        self._characters = 0
        self._plan_tokens = 0

    def keep(self, path: str, signs: str, plan: Plan) -> None:
        """Remember the plan of a piece."""
        if len(signs) > _KEPT_TOKENS_MAX:
            return
        self._plan_tokens += len(signs)
        if self._plan_tokens > _PLANS_TOKENS_MAX:
            for plans in self.plans.values():
                plans.clear()
            self._plan_tokens = len(signs)
        _make_room(self.plans[path], _PLANS_MAX)
        self.plans[path][signs] = plan

    def worthwhile_stencil(self, plan: Plan, window: Tokens, at: int, expected_bytes: int) -> Stencil | None:
        """The stencil of a piece that was read, when so many more can be expected that making it pays."""
        if plan.mixed or plan.length not in _STENCIL_TOKENS:
            return None
        layout = layout_of(plan, window, at)
        if layout.size > _LAYOUT_CHARACTERS_MAX:
            return None
        key = (plan, layout)
        if (known := self._stencils.get(key)) is not None:
            return known
        _make_room(self._expected, _PLANS_MAX)
        self._expected[key] = expected = self._expected.get(key, 0) + expected_bytes // layout.size
        return self.stencil(plan, layout) if expected >= _STENCIL_PAYS else None

    def stencil(self, plan: Plan, layout: Layout) -> Stencil:
        """The stencil of a layout."""
        key = (plan, layout)
        if (known := self._stencils.get(key)) is None:
            self._characters += layout.size
            if self._characters > _STENCILS_CHARACTERS_MAX:
                self._stencils.clear()
                self.openings.clear()
                self._characters = layout.size
            known = self._stencils[key] = stencil_of(plan, layout)
        return known

    def joined(self, path: str, stencils: Sequence[Stencil]) -> Stencil:
        """One stencil for pieces that follow each other."""
        layout = reduce(add, [each.layout for each in stencils])
        plan = self.plans[path].get(layout.signs)
        if plan is None:
            outline = outline_of(self.alphabet, path, layout.signs)
            plan = compile_plan(outline, self.vocabulary, ("/",), self.vocabulary.document)
            self.keep(path, layout.signs, plan)
        return self.stencil(plan, layout)

    def opening(self, begin: bytes, name: str, sign: str, root_tag: str) -> "Opening":
        """What is known of documents that begin with these bytes; a new one where none is."""
        if (known := self.openings.get(begin)) is None:
            if len(begin) > _OPENING_BYTES_MAX:
                return Opening(self, name, sign, root_tag)
            if len(self.openings) >= _OPENINGS_MAX:
                self.openings = {key: each for key, each in list(self.openings.items()) if each.has_stencils}
            _make_room(self.openings, _OPENINGS_MAX)
            known = self.openings[begin] = Opening(self, name, sign, root_tag)
        return known

    def own_shape(self, path: str, sign: str) -> Shape:
        """The shape of a container itself, which is read without its children."""
        key = (path, sign)
        if key not in self.own:
            _make_room(self.own, _PLANS_MAX)
            kind = self.alphabet.kind(sign)
            self.own[key] = Shape(path, (kind.name,), (-1,), (kind.attributes,))
        return self.own[key]


def _make_room(kept: dict[Any, Any], most: int) -> None:
    if len(kept) >= most:
        kept.clear()


_LIBRARIES: dict[tuple[Vocabulary, bool], Library] = {}


def library_of(vocabulary: Vocabulary, *, of_valid: bool) -> Library:
    """The library of a vocabulary: one for documents that are valid by their schema, whose names are the schema's,
    and another for all others; a new one where they have filled it with names of their own."""
    library = _LIBRARIES.get((vocabulary, of_valid))
    if library is None or library.alphabet.is_full:
        library = _LIBRARIES[vocabulary, of_valid] = Library(vocabulary)
    return library


class _AtHand:
    """The stencils for pieces that begin with one element: those of several pieces first, the latest first."""

    def __init__(self) -> None:
        self.all: tuple[Stencil, ...] = ()

    def prefer(self, stencil: Stencil) -> None:
        """Try this one before others of its kind."""
        others = [each for each in self.all if each is not stencil]
        joined = [each for each in others if each.is_joined][: _AT_HAND - 1]
        single = [each for each in others if not each.is_joined][: _AT_HAND - 1]
        self.all = (stencil, *joined, *single) if stencil.is_joined else (*joined, stencil, *single)


class Opening:
    """Documents that begin with the same bytes, and how the pieces of those that were found valid are written.

    Only `saw` and `saw_together` add stencils. All of them are tight, and of layouts that stood in valid documents
    with this opening: what they fit is valid by itself; `model` says in which order it may stand.
    """

    def __init__(self, library: Library, name: str, sign: str, root_tag: str) -> None:
        self.name = name
        self.sign = sign
        written = _START.match(f"<{root_tag}>")
        self.end_tag = f"</{written[1]}>" if written is not None else ""
        self.model = model_of(name)
        self._library = library
        self._stencils: dict[str, _AtHand] = {}
        self._seen: dict[object, int] = {}

    @property
    def has_stencils(self) -> bool:
        """Whether anything is known of them."""
        return bool(self._stencils)

    def at(self, text: str, at: int) -> Sequence[Stencil]:
        """The stencils to try on the element that begins here."""
        name = _START.match(text, at)
        found = self._stencils.get(name[1]) if name is not None else None
        return found.all if found is not None else ()

    def prefer(self, stencil: Stencil) -> None:
        """Try this one before others of its kind."""
        name = _START.match(f"<{stencil.layout.tags[0]}>")
        if name is not None:
            self._stencils.setdefault(name[1], _AtHand()).prefer(stencil)

    def saw(self, plan: Plan, window: Tokens, at: int, times: int, learnt: int) -> bool:
        """A valid document has so many pieces of one shape that follow each other; whether one was learnt of."""
        if plan.length not in _STENCIL_TOKENS or plan.mixed or learnt >= _LEARNT_MAX:
            return False
        if not self._is_time(plan, 1 + times // _MANY):
            return False
        layout = layout_of(plan, window, at)
        if layout.size > _LAYOUT_CHARACTERS_MAX:
            return False
        stencil = self._library.stencil(plan, layout)
        if stencil.is_tight:
            self.prefer(stencil)
        return True

    def saw_rows(self, rows: Iterable[Sequence[Stencil]]) -> None:
        """A valid document has these pieces, in rows."""
        learnt = 0
        for row in rows:
            learnt += self._saw_together(row)
            if learnt >= _JOINED_LEARNT_MAX:
                break

    def _saw_together(self, stencils: Sequence[Stencil]) -> bool:
        """A valid document has these pieces in a row; whether one was learnt of."""
        if len(stencils) < 2 or sum(each.plan.length for each in stencils) > _JOINED_TOKENS_MAX:
            return False
        if sum(each.layout.size for each in stencils) > _JOINED_CHARACTERS_MAX:
            return False
        is_time = self._is_time(tuple(stencils), 1)
        if is_time:
            joined = self._library.joined(f"/{self.name}", stencils)
            if joined.is_tight:  # as each of them is
                self.prefer(joined)
        return is_time

    def _is_time(self, what: object, times: int) -> bool:
        """Whether to learn of what has come so many times more."""
        before = self._seen.get(what, 0)
        if not before:
            _make_room(self._seen, _SEEN_MAX)
        self._seen[what] = after = before + times
        return before < _SEEN_FIRST <= after or before // _SEEN_AGAIN != after // _SEEN_AGAIN


_START = re.compile(r"<([^ \t\r\n/>]++)")


@cache
def model_of(root: str) -> re.Pattern[str]:
    """In which order the children of a root may stand, as its schema says: what fits the names of all of them,
    with a space behind each."""
    times = {(0, 1): "?+", (1, 1): "", (0, None): "*+", (1, None): "++"}
    children = sequence_of(schemas.ubl_file(root), root)
    return re.compile("".join([f"(?:{each.name} ){times[each.occurs_min, each.occurs_max]}" for each in children]))
