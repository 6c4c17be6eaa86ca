"""Stencils: the markup of a piece with holes where its values stand, to read the next ones of that layout with.

One program writes all lines of a document alike, to the space. Laying a stencil on a line costs a third of cutting
it into tokens and says the same: the tags are the stencil's own, and a hole takes neither `<` nor a quote.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.syntax.plan import Pick, Plan, picker
from gateway.syntax.tokens import ATTRIBUTE_VALUE, Tokens

_ROWS_MAX = 512
_TEXT = r"\s*+[^<\s][^<]*+"
"""A text that is more than white space. Where the piece that gave the stencil has one, another must too: what is
blank is to be noticed (`Reading.may_have_blanks`)."""


@dataclass(frozen=True, slots=True)
class Stencil:
    """The layout of pieces that `plan` reads; `order` says which hole holds each of the plan's values."""

    plan: Plan
    pattern: re.Pattern[str]
    order: tuple[int, ...]
    in_order: Pick
    takes_blanks: bool
    """Whether an element may be blank in what it fits."""

    def read_one(self, text: str, at: int) -> tuple[tuple[str, ...], int] | None:
        """The values of the one piece that stands at `at`, and where it ends."""
        match = self.pattern.match(text, at)
        return (self.in_order(match.groups()), match.end()) if match is not None else None

    def read(self, text: str, at: int) -> tuple[list[Sequence[str]], int, int]:
        """The pieces that stand at `at`, some hundreds at most: their values, a column for each; how many there
        are, and where they end."""
        found: list[tuple[str, ...]] = []
        fits = self.pattern.match
        while len(found) < _ROWS_MAX and (match := fits(text, at)) is not None:
            found.append(match.groups())
            at = match.end()
        holes = list(zip(*found, strict=True))
        return [holes[nth] for nth in self.order] if found else [], len(found), at


def layout_of(plan: Plan, window: Tokens, at: int) -> str:
    """What pieces that one stencil fits have in common: the markup of the piece at a token, without its values."""
    tags = [ATTRIBUTE_VALUE.sub("=", tag) if "=" in tag else tag for tag in window.tags[at : at + plan.length]]
    between = window.texts[at : at + plan.length]
    for token in plan.leaves:
        between[token] = "x" if between[token].strip() else ""
    between[-1] = ""
    return "<".join([part for pair in zip(tags, between, strict=True) for part in pair])


def stencil_of(plan: Plan, window: Tokens, at: int) -> Stencil:
    """The stencil that the piece at a token gives."""
    asked = {(token, name): len(plan.texts) + nth for nth, (token, name) in enumerate(plan.attributes)}
    texts = {token: nth for nth, token in enumerate(plan.texts)}
    pattern: list[str] = []
    holes: list[int] = []
    for token in range(plan.length):
        pattern.append("<" + _tag(window.tags[at + token], token, asked, holes) + ">")
        if token in plan.leaves:
            hole = _TEXT if window.texts[at + token].strip() else "[^<]*+"
            pattern.append(f"({hole})" if token in texts else hole)
            holes += [texts[token]] if token in texts else []
        elif token == plan.length - 1:
            pattern.append("[^<]*+")
        else:
            pattern.append(re.escape(window.texts[at + token]))
    order = tuple(holes.index(nth) for nth in range(plan.values))
    has_blanks = plan.has_hollow or not all(window.texts[at + leaf].strip() for leaf in plan.leaves)
    return Stencil(plan, re.compile("".join(pattern)), order, picker(list(order)), has_blanks)


def _tag(tag: str, token: int, asked: dict[tuple[int, str], int], holes: list[int]) -> str:
    """A tag with holes for the values of its attributes."""
    pattern: list[str] = []
    at = 0
    for value in ATTRIBUTE_VALUE.finditer(tag):
        pattern.append(re.escape(tag[at : value.start()]))
        position = asked.get((token, value["name"]))
        quote = value["quote"]
        hole = f"[^{quote}<\t\n]*+"
        pattern.append(f"{re.escape(value['upto'])}{quote}{hole if position is None else f'({hole})'}{quote}")
        if position is not None:
            holes.append(position)
        at = value.end()
    return "".join(pattern) + re.escape(tag[at:])
