"""The form of the sums: a row is the norm's own equation, a finding shows both sides worked out.

`"BT-109 = BT-106 - BT-107? + BT-108?"`: a term with a question mark counts as zero where it is absent, one
without makes the equation fail. A side that is a single plain term is taken as it is, every other side
is rounded to cents (`gateway.validator.model.amounts.cents`), as the artefact does.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import cents, exact, total_of
from gateway.validator.model.terms import TERMS, Group
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.engine import Form, Rule

_PART = re.compile(r"([+-]?)\s*(sum of )?([A-Z]+-\d+)(\?)?\s*")
_SHOWN_MAX = 6

Amounts = Callable[[Any, Any], list[str]]
"""The texts of one term, as seen from the node that an equation is about."""


@dataclass(frozen=True, slots=True)
class Own:
    """The amount in the node itself."""

    attribute: str

    def __call__(self, node: Any, _facts: Any) -> list[str]:
        text: str | None = getattr(node, self.attribute)
        return [] if text is None else [text]


Total = Callable[[Any, Any], Decimal]


@dataclass(frozen=True, slots=True)
class Part:
    """One term of one side."""

    sign: int
    term: str
    is_sum: bool
    may_be_absent: bool
    amounts: Amounts
    total: Total | None = None
    """The sum of the amounts, where it is known already."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an equation, for one node."""

    written: str
    worked_out: str
    value: Decimal | None


def parse(side: str, amounts: Mapping[str, Amounts], totals: Mapping[str, Total]) -> tuple[Part, ...]:
    """The parts of one side of a row. Raises ValueError for what is no side, KeyError for an unknown term."""
    parts, at = [], 0
    while at < len(side):
        match = _PART.match(side, at)
        if match is None:
            raise ValueError(f"{side!r} is not a side of an equation")
        sign, total, term, absent = match.groups()
        parts.append(
            Part(-1 if sign == "-" else 1, term, bool(total), bool(absent), amounts[term], totals.get(term))
        )
        at = match.end()
    return tuple(parts)


def value_of(parts: tuple[Part, ...], node: Group, facts: Any) -> Decimal | None:
    """What one side comes to for one node; None where a term that must be there is not."""
    total, present, plain = _NOTHING, 0, True
    for part in parts:
        if part.total is not None:
            found: Decimal | None = part.total(node, facts)
            plain = False
        else:
            texts = part.amounts(node, facts)
            found = exact(texts[0]) if len(texts) == 1 else total_of(texts) if texts else None
            plain = plain and not part.is_sum
        if found is not None:
            present += 1
            total = total + found if part.sign > 0 else total - found
        elif not (part.is_sum or part.may_be_absent):
            return None
    return total if plain and present == 1 else cents(total)


_NOTHING = Decimal(0)


def work_out(parts: tuple[Part, ...], node: Group, facts: Any) -> Side:
    """One side for one node, as a finding shows it."""
    written: list[str] = []
    shown: list[str] = []
    for part in parts:
        sign = "" if not written and part.sign > 0 else "+ " if part.sign > 0 else "- "
        written.append(f"{sign}{'Σ ' if part.is_sum else ''}{part.term}")
        shown.append(f"{sign}{_show(part, part.amounts(node, facts))}")
    return Side(" ".join(written), " ".join(shown), value_of(parts, node, facts))


def _show(part: Part, texts: list[str]) -> str:
    if not texts:
        return "0" if part.is_sum or part.may_be_absent else "–"
    shown = [text.strip() for text in texts[:_SHOWN_MAX]]
    more = [f"… ({len(texts)})"] if len(texts) > _SHOWN_MAX else []
    joined = " + ".join(shown + more)
    return f"({joined})" if part.is_sum and part.sign < 0 and len(texts) > 1 else joined


def sum_rule(
    key: str,
    row: str,
    *,
    on: type[Group],
    source: str,
    amounts: Mapping[str, Amounts],
    totals: Mapping[str, Total] | None = None,
    select: Callable[[Any], Sequence[Group]] | None = None,
    summed: Callable[[Any], Sequence[Group]] | None = None,
) -> Rule:
    """The rule of one equation; `select` where it is not for every group of its class. With `summed`, the groups
    that the right side adds up, the term on the left may be absent where there are none of them."""
    left, right = (parse(side.strip(), amounts, totals or {}) for side in row.split("="))
    terms = tuple(part.term for part in left + right)

    def holds(node: Any, facts: Any) -> bool:
        if summed is not None and not left[0].amounts(node, facts):
            return not summed(facts)
        value = value_of(left, node, facts)
        return value is not None and value == value_of(right, node, facts)

    def detail(node: Any, facts: Any) -> Detail:
        return difference(work_out(left, node, facts), work_out(right, node, facts), left[0].term)

    sentence = _sentence(row, terms)
    return Rule(key, Flag.FATAL, Form.SUM, terms, on, sentence, source, holds, detail, select, single=True)


def difference(left: Side, right: Side, term: str) -> Detail:
    """The finding of two sides that differ, with the arithmetic."""
    found = f"{left.written} = {left.worked_out}"
    if left.value is not None and " " in left.worked_out:
        found += f" = {left.value}"
    expected = f"{right.written} = {right.worked_out}"
    if right.value is not None and " " in right.worked_out:
        expected += f" = {right.value}"
    if left.value is None or right.value is None or left.value == right.value:
        advice = Text("Add the amounts that are absent.")
    else:
        off = left.value - right.value
        advice = Text("The two sides differ by {abs}: correct one of the amounts.", abs=abs(off))
    return Detail(found, expected, advice, term)


def _sentence(row: str, terms: tuple[str, ...]) -> Text:
    names = {term.replace("-", ""): TERMS[term][0].in_sentence for term in terms}
    equation = re.sub(r"([A-Z]+)-(\d+)", r"{\1\2}", row.replace("?", "").replace("sum of", "{sum_of}"))
    return Text(f"{equation}.", sum_of=Text("sum of"), **names)
