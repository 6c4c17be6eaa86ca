"""Amounts as the rules of Peppol compute them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from gateway.validator.model.amounts import cents
from gateway.validator.rules.patterns import Element, text_of
from gateway.validator.rules.xpath import children, decimal, normal_text, number, one, select, texts

NIL = Decimal(0)
ONE = Decimal(1)
_SLACK = Decimal("0.02")


def amount(element: Element, path: str) -> Decimal | None:
    """The one number at a path; None where there is none. Raises UndecidableError for several, or a word."""
    return decimal(one(found)) if (found := texts(element, path)) else None


def amount_or_nil(element: Element, path: str) -> Decimal:
    """The one number at a path, or 0 where there is none."""
    return amount(element, path) or NIL


def is_from_zero(element: Element, path: str) -> bool:
    """Whether the one number at a path is not less than 0; false where there is none."""
    found = texts(element, path)
    return bool(found) and number(one(found)) >= 0


def sum_of(element: Element, path: str) -> Decimal:
    """The sum of the amounts at a path, rounded to cents. Raises UndecidableError for a word."""
    return cents(sum([decimal(each) for each in map(text_of, select(element, path))], NIL))


def sum_where(element: Element, indicator: str) -> Decimal:
    """The sum of the allowances (`false`) or charges (`true`) of an element, rounded to cents."""
    chosen = [
        each
        for each in children(element, "cac:AllowanceCharge")
        if normal_text(each, "cbc:ChargeIndicator") == indicator
    ]
    return cents(sum((decimal(text) for each in chosen for text in texts(each, "cbc:Amount")), NIL))


def is_near(stated: Decimal, computed: Decimal) -> bool:
    """Whether two amounts differ by two cents or less."""
    return stated - _SLACK <= computed <= stated + _SLACK


class Inside:
    """The elements in one element, or in several, by their tags as lxml writes them: for what many rules ask of
    one line."""

    def __init__(self, *elements: Element) -> None:
        self._found: dict[Any, list[Element]] = {}
        found = self._found
        for element in elements:
            for each in element:
                if (tag := each.tag) in found:
                    found[tag].append(each)
                else:
                    found[tag] = [each]

    def elements(self, tag: str) -> Sequence[Element]:
        """Those with a tag."""
        return self._found.get(tag, ())

    def text(self, tag: str) -> str | None:
        """The text of the one with a tag; None where there is none. Raises UndecidableError for several."""
        if (found := self._found.get(tag)) is None:
            return None
        return text_of(found[0]) if len(found) == 1 else one(["", ""])

    def amount(self, tag: str) -> Decimal | None:
        """The number there. Raises UndecidableError for a word, too."""
        return None if (found := self.text(tag)) is None else decimal(found)

    def is_from_zero(self, tag: str) -> bool:
        """Whether the number there is not less than 0; false where there is none."""
        return (found := self.text(tag)) is not None and number(found) >= 0
