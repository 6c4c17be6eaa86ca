"""Exact numbers from the texts of a document, and the one way of rounding that EN 16931's rules know."""

import re
from collections.abc import Iterable
from decimal import ROUND_FLOOR, Context, Decimal
from functools import lru_cache

from gateway.i18n import Text
from gateway.validator.model.terms import Unreadable

EXACT = Context(prec=1_000_000, Emax=999_999_999, Emin=-999_999_999, rounding=ROUND_FLOOR)
"""Arithmetic without loss for amounts of any length; `decimal.localcontext(EXACT)` around a calculation."""

_DECIMAL = re.compile(r"[ \t\r\n]*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[ \t\r\n]*")
_CENT = Decimal("0.01")
_HALF_A_CENT = Decimal("0.005")
_UNIT = Decimal(1)
_HALF = Decimal("0.5")


class NotANumber(Unreadable):
    """A text that should be an amount, a price, a quantity or a rate and is not a decimal number."""

    def __init__(self, text: str) -> None:
        super().__init__(text, Text("a decimal number"), "1234.50")


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
    return EXACT.quantize(EXACT.add(amount, _HALF_A_CENT), _CENT)


def whole(amount: Decimal) -> Decimal:
    """Rounded to units as XPath's `round` does."""
    return EXACT.quantize(EXACT.add(amount, _HALF), _UNIT)


_FEW = 4
_PLAIN = re.compile(r"(?:-?[0-9]++(?:\.[0-9]++)?+\n)*+")


def total_of(amounts: Iterable[str | None]) -> Decimal:
    """The sum of the amounts that are there. Raises NotANumber."""
    texts = [each for each in amounts if each is not None]
    if len(texts) < _FEW:
        return sum([exact(each) for each in texts], Decimal(0))
    if _PLAIN.fullmatch("\n".join([*texts, ""])):  # one look at all of them, where each is written plainly
        return sum(map(Decimal, texts), Decimal(0))
    return sum([exact(each) for each in texts], Decimal(0))


def decimals(text: str) -> int:
    """How many characters are after the first dot: the count that BR-DEC makes, spaces included."""
    return len(text.partition(".")[2])


_DOUBLE = re.compile(r"[ \t\r\n]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-?INF|NaN)[ \t\r\n]*")


@lru_cache(maxsize=4096)
def double(text: str) -> float:
    """The number that XML Schema's double reads in a text: what an XPath comparison with a number makes of it.

    Raises NotANumber.
    """
    match = _DOUBLE.fullmatch(text)
    if match is None:
        raise NotANumber(text)
    return float(match[1])


def is_not_negative(text: str) -> bool:
    """Whether the artefact takes a text for 0 or more. Raises NotANumber.

    Not quite XPath: SaxonC, with which the artefact is run, takes the text `-0.0` for less than 0 (but not `-0`,
    nor the double). A schema lets such a price through, and the official verdict on it is what senders meet.
    """
    number = double(text)
    return number > 0 or (number == 0 and not ("-" in text and "." in text))


def is_not_positive(text: str) -> bool:
    """Whether the artefact takes a text for 0 or less. Raises NotANumber."""
    return double(text) <= 0
