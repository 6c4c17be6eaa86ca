"""Amounts, counts and days as people read them, in Dutch and in English."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from gateway.i18n import Text

_SWAP = str.maketrans(",.", ".,")
_MONTHS = (
    Text("January"),
    Text("February"),
    Text("March"),
    Text("April"),
    Text("May"),
    Text("June"),
    Text("July"),
    Text("August"),
    Text("September"),
    Text("October"),
    Text("November"),
    Text("December"),
)


def count(units: int) -> Text:
    """12,000 and 12.000."""
    english = f"{units:,}"
    return Text(english, english.translate(_SWAP))


def number(value: Decimal) -> Text:
    """98.31 and 98,31, with the decimals that it has."""
    english = f"{value:f}"
    return Text(english, english.translate(_SWAP))


def euros(amount: Decimal) -> Text:
    """EUR 7,080.00 and € 7.080,00; a price keeps the decimals it was published with, at least two."""
    exponent = amount.as_tuple().exponent
    decimals = max(2, -exponent) if isinstance(exponent, int) else 2
    english = f"{abs(amount):,.{decimals}f}"
    sign = "-" if amount < 0 else ""
    return Text(f"EUR {sign}{english}", f"€ {sign}{english.translate(_SWAP)}")


def day(value: date) -> Text:
    """1 March 2026 and 1 maart 2026."""
    name = _MONTHS[value.month - 1]
    return Text("{day} {name} {year}", day=value.day, name=name, year=value.year)


def month(year: int, number: int) -> Text:
    """March 2026 and maart 2026."""
    name = _MONTHS[number - 1]
    return Text("{name} {year}", name=name, year=year)


def sentence(en: str, nl: str, **parts: Text | str | int) -> Text:
    """One sentence in both languages, each with its own form of the parts."""
    return Text(_filled(en, parts, lambda text: text.en), _filled(nl, parts, lambda text: text.nl))


def _filled(form: str, parts: dict[str, Text | str | int], pick: Callable[[Text], str]) -> str:
    return form.format(**{name: pick(part) if isinstance(part, Text) else part for name, part in parts.items()})
