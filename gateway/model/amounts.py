"""Exact numbers from the texts of a document, and the one way of rounding that EN 16931's rules know."""

import re
from decimal import ROUND_FLOOR, Context, Decimal
from functools import lru_cache

_EXACT = Context(prec=1_000_000, Emax=1_000_000, Emin=-1_000_000)
_DECIMAL = re.compile(r"[ \t\r\n]*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[ \t\r\n]*")
_CENT = Decimal("0.01")
_HALF_A_CENT = Decimal("0.005")
_UNIT = Decimal(1)
_HALF = Decimal("0.5")


class NotANumber(ValueError):  # noqa: N818 - it says what the text is
    """A text that should be an amount, a price, a quantity or a rate and is not a decimal number."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:40]!r} is not a number")
        self.text = text


@lru_cache(maxsize=4096)
def exact(text: str) -> Decimal:
    """The number that XML Schema's decimal reads in a text: no exponent, no NaN, spaces around it allowed.

    Raises NotANumber.
    """
    if not _DECIMAL.fullmatch(text):
        raise NotANumber(text)
    return Decimal(text.strip(" \t\r\n"))


def cents(amount: Decimal) -> Decimal:
    """Rounded to two decimals as XPath's `round(x * 100) div 100` does: halves go up, below zero too."""
    if amount.as_tuple().exponent >= -2:  # type: ignore[operator]  # `exact` lets no NaN or infinity through
        return amount
    return _EXACT.quantize(_EXACT.add(amount, _HALF_A_CENT), _CENT, rounding=ROUND_FLOOR)


def whole(amount: Decimal) -> Decimal:
    """Rounded to units as XPath's `round` does."""
    return _EXACT.quantize(_EXACT.add(amount, _HALF), _UNIT, rounding=ROUND_FLOOR)


def decimals(text: str) -> int:
    """How many characters stand after the first dot: the count that BR-DEC makes, spaces included."""
    return len(text.partition(".")[2])
