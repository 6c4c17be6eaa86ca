"""Amounts as the rules of Peppol compute them."""

from decimal import Decimal

from gateway.validator.model.amounts import cents
from gateway.validator.rules.patterns import Element
from gateway.validator.rules.xpath import children, decimal, normal_text, number, one, texts

NIL = Decimal(0)
_SLACK = Decimal("0.02")


def amount(element: Element, path: str, default: Decimal | None = None) -> Decimal | None:
    """The one number at a path, `default` where there is none. Raises UndecidableError for several, or a text."""
    found = texts(element, path)
    return decimal(one(found)) if found else default


def amount_or_nil(element: Element, path: str, default: Decimal = NIL) -> Decimal:
    """The one number at a path, or what stands for it. Raises UndecidableError as `amount` does."""
    found = texts(element, path)
    return decimal(one(found)) if found else default


def is_from_zero(element: Element, path: str) -> bool:
    """Whether the one number at a path is not less than 0; false where there is none."""
    found = texts(element, path)
    return bool(found) and number(one(found)) >= 0


def sum_of(element: Element, path: str) -> Decimal:
    """The sum of the amounts at a path, rounded to cents. Raises UndecidableError for a text."""
    return cents(sum((decimal(each) for each in texts(element, path)), NIL))


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
