"""Texts for people, in the languages of this gateway's readers.

The English sentence in the code is the key of its translation in `locale/nl/LC_MESSAGES/meterpoort.po`.
Values that are the same in every language (ids, XPaths, signs) are plain strings. Babel writes numbers, amounts
and dates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, Union
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date as _format_date
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

CATALOGUE = Path(__file__).parent / "locale" / "nl" / "LC_MESSAGES" / "meterpoort.po"
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_LOCALES = {"en": "en_GB", "nl": "nl_NL"}

Language = Literal["nl", "en"]
Param = Union[str, int, "Text"]


@dataclass(frozen=True, slots=True, init=False)
class Text:
    """One sentence for people. It is rendered when it is read, in the reader's language.

    `Text("At most {limit:n} bytes are accepted.", limit=10_000)`: placeholders are those of `str.format`, with
    one of `FORMATS` after the colon. A parameter may be a `Text` itself. The value is hashable, and can be pickled
    and encoded by msgspec: decimals and dates are kept as text.
    """

    key: str
    params: tuple[tuple[str, Param], ...]
    plural: str

    def __init__(self, key: str, /, **params: Param | Decimal | date) -> None:
        """The sentence `key`; without parameters its braces are ordinary characters."""
        _set(self, "key", key)
        _set(self, "params", tuple([(name, _plain(value)) for name, value in params.items()]) if params else ())
        _set(self, "plural", "")

    @property
    def en(self) -> str:
        """The sentence in English."""
        return self.in_language("en")

    @property
    def nl(self) -> str:
        """The sentence in Dutch."""
        return self.in_language("nl")

    def in_language(self, language: str) -> str:
        """The sentence in `nl`, or else in English; in English too where the translation is missing."""
        template = self._template(language)
        if not self.params:
            return template
        return template.format_map({name: _Shown(value, language) for name, value in self.params})

    def map_values(self, change: Callable[[str], str]) -> "Text":
        """The same sentence with every parameter that is a string changed, also inside texts."""
        params = tuple([(name, _change_value(value, change)) for name, value in self.params])
        if params == self.params:
            return self
        changed = Text(self.key, **dict(params))
        _set(changed, "plural", self.plural)
        return changed

    def _template(self, language: str) -> str:
        if language == "nl":
            forms = _translations().get(self.key)
            if forms is not None:
                return forms[-1] if self._is_many else forms[0]
        return self.plural if self._is_many else self.key

    @property
    def _is_many(self) -> bool:
        return bool(self.plural) and ("count", 1) not in self.params


_set = object.__setattr__


def plural(one: str, many: str, /, *, count: int, **params: Param | Decimal | date) -> Text:
    """A sentence that depends on a number: `one` where `count` is 1, else `many`."""
    text = Text(one, count=count, **params)
    _set(text, "plural", many)
    return text


def _plain(value: Param | Decimal | date) -> Param:
    return value if isinstance(value, str | int | Text) else str(value)


def _change_value(value: Param, change: Callable[[str], str]) -> Param:
    if isinstance(value, Text):
        return value.map_values(change)
    return change(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class _Shown:
    """A parameter while a sentence is rendered."""

    value: Param
    language: str

    def __format__(self, form: str) -> str:
        value = self.value.in_language(self.language) if isinstance(self.value, Text) else self.value
        write = FORMATS.get(form)
        return str(value) if write is None else write(value, self.language)


def either(parts: Sequence[Param]) -> Text:
    """One part or another: `a or b or c`."""
    if len(parts) == 1:
        return Text("{part}", part=parts[0])
    return Text("{first} or {rest}", first=parts[0], rest=either(parts[1:]))


def both(parts: Sequence[Param]) -> Text:
    """One part and another: `a and b and c`."""
    if len(parts) == 1:
        return Text("{part}", part=parts[0])
    return Text("{first} and {rest}", first=parts[0], rest=both(parts[1:]))


_AS_IT_IS = "{value}"


def untranslated(value: str) -> Text:
    """What is the same in every language, where a `Text` is asked for."""
    return Text(_AS_IT_IS, value=value)


@cache
def _translations() -> dict[str, tuple[str, ...]]:
    """English to Dutch, from the catalogue itself: who corrects a translation there needs no other step."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="nl")
    return {
        _forms(message.id)[0]: _forms(message.string) for message in catalogue if message.id and message.string
    }


def _forms(found: str | Sequence[str]) -> tuple[str, ...]:
    """A sentence, or its forms for one and for many."""
    return (found,) if isinstance(found, str) else tuple(found)


# --- numbers, amounts and dates ----------------------------------------------------------------------------


def format_count(value: int | str, language: str) -> str:
    """A whole number, grouped by thousands: 12,000 and 12.000."""
    return format_decimal(int(value), locale=_LOCALES[language])


def format_number(value: Decimal | int | str, language: str) -> str:
    """A number with the decimals that it has, not grouped: 1098.31 and 1098,31."""
    exact = Decimal(value)
    return format_decimal(exact, f"0.{'0' * _decimals(exact)}", locale=_LOCALES[language])


def format_amount(value: Decimal | int | str, language: str) -> str:
    """An amount in euros: €7,080.00 and € 7.080,00. A price keeps the decimals that it has, at least two."""
    amount = format_currency(Decimal(value), "EUR", locale=_LOCALES[language], decimal_quantization=False)
    return amount.replace("\N{NO-BREAK SPACE}", " ")


def format_date(value: date | str, language: str) -> str:
    """A day: 1 March 2026 and 1 maart 2026."""
    return _format_date(_as_date(value), "long", locale=_LOCALES[language])


def format_moment(value: datetime, language: str) -> str:
    """A moment in Amsterdam: 30 Nov 2026, 14:05 and 30 nov 2026, 14:05."""
    day = _format_date(value.astimezone(_AMSTERDAM), "d MMM y", locale=_LOCALES[language])
    return f"{day}, {value.astimezone(_AMSTERDAM):%H:%M}"


def format_month(value: date | str, language: str) -> str:
    """The month of a day: March 2026 and maart 2026."""
    return _format_date(_as_date(value), "MMMM y", locale=_LOCALES[language])


def _format_sentence(value: str | int, _language: str) -> str:
    """With a capital at the beginning."""
    text = str(value)
    return text[:1].upper() + text[1:]


def _format_country(code: str, language: str) -> str:
    """The country with this code: Germany and Duitsland."""
    return str(Locale(language).territories[code])


def _format_currency_name(code: str, language: str) -> str:
    """The currency with this code: Swedish Krona and Zweedse kroon."""
    return str(Locale(language).currencies[code])


FORMATS: dict[str, Callable[..., str]] = {
    "n": format_count,
    "number": format_number,
    "amount": format_amount,
    "date": format_date,
    "month": format_month,
    "capital": _format_sentence,
    "country": _format_country,
    "currency": _format_currency_name,
}
"""What may follow the colon of a placeholder: `{limit:n}`, `{price:amount}`, `{day:date}`."""


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _as_date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
