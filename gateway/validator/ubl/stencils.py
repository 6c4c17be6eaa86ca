"""Stencils: the markup of a piece with holes where its values stand, to read the next ones of that layout with.

One program writes all invoices alike, to the space. Laying a stencil on a piece costs a tenth of parsing it and
says the same: the tags are the stencil's own, and a hole takes neither brackets nor quotes nor control characters.

A stencil whose holes take only what their datatypes allow is tight. Where a piece of its layout was found valid,
every piece that it fits is valid: in UBL that follows from the elements and attributes that are there, which are
the stencil's own, and from the form of each value by itself.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.validator.ubl.plan import Pick, Plan, picker
from gateway.validator.ubl.tokens import ATTRIBUTE_VALUE, Tokens
from gateway.validator.xml.datatypes import ANYTHING, PLAIN, Leaf, leaf

_ROWS_MAX = 512
_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f"
_BLANK = r"[ \t\n]*+"
_TEXT = rf"{_BLANK}[^<>\x00-\x20][^<>{_CONTROL}]*+"
"""A text that is more than white space. Where the piece that gave the stencil has one, another must too: what is
blank is to be noticed (`Reading.may_have_blanks`)."""
_ATTACHMENT = "cbc:EmbeddedDocumentBinaryObject"
_BASE64 = r"[0-9a-f]{16}[0-9]{8}"
"""What stands for the base64 of an attachment, which is cut out before (`xml`)."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a piece is written, less its values: each tag with its attributes empty, and what stands behind it; of
    the text of a leaf only whether it is more than white space, and nothing of what stands behind the whole."""

    signs: str
    tags: tuple[str, ...]
    texts: tuple[str, ...]

    def __add__(self, other: "Layout") -> "Layout":
        return Layout(self.signs + other.signs, self.tags + other.tags, self.texts + other.texts)

    @property
    def size(self) -> int:
        """Characters of markup."""
        return sum(map(len, self.tags)) + sum(map(len, self.texts)) + 2 * len(self.tags)


@dataclass(frozen=True, slots=True, eq=False)
class Stencil:
    """The layout of pieces that `plan` reads; `order` says which hole holds each of the plan's values."""

    plan: Plan
    layout: Layout
    pattern: re.Pattern[str]
    order: tuple[int, ...]
    in_order: Pick
    takes_blanks: bool
    """Whether an element may be blank in what it fits."""
    is_tight: bool
    """Whether each hole takes only what its datatype allows."""
    children: str
    """The elements that it is of, less those within them, with a space behind each."""
    depth: int
    """How many elements stand inside one another."""
    attachments: int
    """How many attachment elements it has."""

    @property
    def is_joined(self) -> bool:
        """Whether it is of several elements that follow each other."""
        return self.children.count(" ") > 1

    def lay(self, text: str, at: int) -> tuple[list[tuple[str, ...]], int]:
        """The pieces that stand at `at`, some hundreds at most: what their holes hold, and where they end."""
        found: list[tuple[str, ...]] = []
        fits = self.pattern.match
        while (match := fits(text, at)) is not None and len(found) < _ROWS_MAX:
            found.append(match.groups())
            at = match.end()
        return found, at

    def columns(self, pieces: list[tuple[str, ...]]) -> list[Sequence[str]]:
        """The values of pieces from what is in their holes: a column for each."""
        holes = list(zip(*pieces, strict=True))
        return [holes[nth] for nth in self.order]


def layout_of(plan: Plan, window: Tokens, at: int) -> Layout:
    """What pieces that one stencil fits have in common: the markup of the piece at a token, without its values."""
    tags = [
        ATTRIBUTE_VALUE.sub(r"\g<upto>\g<quote>\g<quote>", tag) if "=" in tag else tag
        for tag in window.tags[at : at + plan.length]
    ]
    texts = window.texts[at : at + plan.length]
    for token in plan.leaves:
        texts[token] = "x" if texts[token].strip() else ""
    texts[-1] = ""
    return Layout(window.signs[at : at + plan.length], tuple(tags), tuple(texts))


def stencil_of(plan: Plan, layout: Layout) -> Stencil:
    """The stencil for pieces of a layout."""
    return _Maker(plan, layout).made()


class _Maker:
    """Makes one stencil."""

    def __init__(self, plan: Plan, layout: Layout) -> None:
        self.plan = plan
        self.layout = layout
        self.is_tight = not plan.mixed
        self.holes: list[int] = []
        self.texts = {token: nth for nth, token in enumerate(plan.texts)}
        self.attributes = {at: len(plan.texts) + nth for nth, at in enumerate(plan.attributes)}
        outline = plan.outline
        parents = enumerate(outline.shape.parents)
        self.ends = {outline.closes[index] for index, parent in parents if parent < 0}
        self.names = dict(zip(outline.opens, outline.shape.names, strict=True))

    def made(self) -> Stencil:
        layout, plan = self.layout, self.plan
        pattern: list[str] = []
        for token, (tag, text) in enumerate(zip(layout.tags, layout.texts, strict=True)):
            name = self.names.get(token, "")
            pattern += ["<", self.tag(tag, token, name, leaf(name)), ">"]
            if token in self.ends:
                pattern.append(_BLANK)
            elif token in plan.leaves:
                pattern.append(self.hole(self.content(name, text), self.texts.get(token)))
            else:
                self.is_tight = self.is_tight and not text.strip(" \t\n")
                pattern.append(re.escape(text))
        order = tuple(self.holes.index(nth) for nth in range(plan.values))
        takes_blanks = plan.has_hollow or not all(layout.texts[token] for token in plan.leaves)
        shape = plan.shape
        tops = [name for name, parent in zip(shape.names, shape.parents, strict=True) if parent < 0]
        return Stencil(
            plan,
            layout,
            re.compile("".join(pattern)),
            order,
            picker(list(order)),
            takes_blanks,
            self.is_tight,
            "".join([f"{name} " for name in tops]),
            max(path.count("/") for path in shape.paths) - shape.path.count("/"),
            shape.names.count(_ATTACHMENT),
        )

    def hole(self, pattern: str, value: int | None) -> str:
        """A hole, and which of the plan's values it holds, if one."""
        if value is None:
            return pattern
        self.holes.append(value)
        return f"({pattern})"

    def content(self, name: str, text: str) -> str:
        """What may stand in an element without elements."""
        if not text:
            own = leaf(name)
            self.is_tight = self.is_tight and (
                name.startswith("cac:") or (own is not None and own.text in ANYTHING)
            )
            return _BLANK
        return self.value(own.text if (own := leaf(name)) else None, _TEXT)

    def value(self, datatype: str | None, anything: str) -> str:
        """The values of a datatype."""
        if datatype == "base64Binary":
            return _BASE64
        if datatype is not None and datatype in PLAIN:
            return PLAIN[datatype]
        self.is_tight = self.is_tight and datatype in ANYTHING
        return anything

    def tag(self, tag: str, token: int, name: str, own: Leaf | None) -> str:
        """A tag with holes for the values of its attributes."""
        if name and own is None and ("=" in tag or not name.startswith("cac:")):
            self.is_tight = False
        datatypes: Mapping[str, str] = own.attributes if own else {}
        pattern: list[str] = []
        at = 0
        for found in ATTRIBUTE_VALUE.finditer(tag):
            quote = found["quote"]
            hole = self.value(datatypes.get(found["name"]), rf"[^{quote}<>\x00-\x1f]*+")
            pattern.append(re.escape(tag[at : found.start()]) + re.escape(found["upto"]) + quote)
            pattern += [self.hole(hole, self.attributes.get((token, found["name"]))), quote]
            at = found.end()
        return "".join(pattern) + re.escape(tag[at:])
