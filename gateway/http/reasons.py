"""Why a value does not fit its place, in English and Dutch: msgspec checks the values, the words are ours."""

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Literal, get_args, get_origin

import msgspec

from gateway.i18n import Text

_TYPES = {
    "int": Text("a whole number", "een geheel getal"),
    "float": Text("a number", "een getal"),
    "bool": Text("true or false", "true of false"),
    "str": Text("text", "tekst"),
    "null": Text("null", "null"),
    "array": Text("a list", "een lijst"),
    "object": Text("an object", "een object"),
    "datetime": Text("a moment", "een tijdstip"),
    "date": Text("a day", "een dag"),
}
_MOMENT = Text(
    "must be a moment with its offset, as 2026-11-23T12:00:00Z",
    "moet een tijdstip met tijdzone zijn, als 2026-11-23T12:00:00Z",
)
_DAY = Text("must be a day, as 2026-11-23", "moet een dag zijn, als 2026-11-23")
_PATTERNS = {
    r"^[a-z0-9][a-z0-9-]{0,62}$": Text(
        "must be a party id: lower-case letters, digits and dashes, at most 63",
        "moet een partij-id zijn: kleine letters, cijfers en streepjes, hoogstens 63",
    ),
    r"^[0-9A-Za-z]{2,4}:.{1,50}$": Text(
        "must be scheme:value, as 0190:00000001002220647000",
        "moet schema:waarde zijn, als 0190:00000001002220647000",
    ),
}
"""The patterns of `shapes`, said as people say them; a test holds this to them."""
_COMPARED = {
    ">=": Text("must be at least {}", "moet minstens {} zijn"),
    "<=": Text("must be at most {}", "mag hoogstens {} zijn"),
    ">": Text("must be more than {}", "moet meer dan {} zijn"),
    "<": Text("must be less than {}", "moet minder dan {} zijn"),
}
_LONG = {
    ">=": Text("must have at least {} characters", "moet minstens {} tekens hebben"),
    "<=": Text("must have at most {} characters", "mag hoogstens {} tekens hebben"),
}


def reason_of(error: msgspec.ValidationError, kind: object = None) -> Text:
    """What to say of a value that is not of this kind."""
    message = str(error).partition(" - at `")[0]  # the place is told beside the reason, in our caller's words
    for pattern, say in _SAYINGS:
        if found := pattern.fullmatch(message):
            return say(found, kind)
    return Text("does not fit here", "past hier niet")


def not_json(error: Exception) -> Text:
    """What to say of a body that is no JSON."""
    place = re.search(r"\(byte (\d+)\)", str(error))
    at = Text(f", see byte {place[1]}", f", zie byte {place[1]}") if place else Text("", "")
    return Text(f"is not JSON in UTF-8{at.en}", f"is geen JSON in UTF-8{at.nl}")


def _other_type(found: re.Match[str], _kind: object) -> Text:
    wanted, got = [_TYPES.get(name, Text(name, name)) for name in found[1].split(" | ")], _TYPES.get(found[2])
    en, nl = " or ".join(one.en for one in wanted), " of ".join(one.nl for one in wanted)
    if got is None:
        return Text(f"must be {en}", f"moet {nl} zijn")
    return Text(f"must be {en}, and is {got.en}", f"moet {nl} zijn, en is {got.nl}")


def _compared(found: re.Match[str], _kind: object) -> Text:
    return _filled(_COMPARED[found[1]], f"{float(found[2]):g}" if found[2].endswith(".0") else found[2])


def _too_long(found: re.Match[str], _kind: object) -> Text:
    return _filled(_LONG[found[1]], found[2])


def _other_form(found: re.Match[str], _kind: object) -> Text:
    form = found[1].encode().decode("unicode_escape")
    return _PATTERNS.get(form, Text(f"must match {form}", f"moet voldoen aan {form}"))


def _none_of_these(found: re.Match[str], kind: object) -> Text:
    known = ", ".join(dict.fromkeys(_choices(kind)))
    if not known:
        return Text(f"{found[1][:60]} is not known here", f"{found[1][:60]} is hier niet bekend")
    return Text(f"must be one of {known}", f"moet een zijn van {known}")


def _choices(kind: object) -> Iterator[str]:
    """Every value of the enumerations in a type, however they are wrapped."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        yield from (str(member.value) for member in kind)
    elif get_origin(kind) is Literal:
        yield from (str(value) for value in get_args(kind))
    else:
        for part in get_args(kind):
            yield from _choices(part)


def _filled(text: Text, value: str) -> Text:
    return Text(text.en.format(value), text.nl.format(value))


_Say = Callable[[re.Match[str], object], Text]
_SAYINGS: tuple[tuple[re.Pattern[str], _Say], ...] = (
    (re.compile(r"Expected `([\w |]+)`, got `(\w+)`"), _other_type),
    (re.compile(r"Expected `(?:int|float)` ([<>]=?) (\S+)"), _compared),
    (re.compile(r"Expected `str` of length ([<>]=) (\d+)"), _too_long),
    (re.compile(r"Expected `str` matching regex '(.*)'"), _other_form),
    (
        re.compile(r"Object missing required field `(\w+)`"),
        lambda found, _: Text(f"lacks {found[1]}", f"mist {found[1]}"),
    ),
    (re.compile(r"Invalid enum value (.*)", re.DOTALL), _none_of_these),
    (
        re.compile(r"Invalid RFC3339 encoded datetime|Expected `datetime` with .*|Timestamp is .*"),
        lambda *_: _MOMENT,
    ),
    (re.compile(r"Invalid RFC3339 encoded date"), lambda *_: _DAY),
)
