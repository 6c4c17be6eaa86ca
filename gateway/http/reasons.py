"""Why a value is not valid, in the caller's language: msgspec checks the values, the texts are the gateway's."""

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Literal, get_args, get_origin

import msgspec

from gateway.i18n import Text, either
from gateway.messages.participants import PARTY_ID

_TYPES = {
    "int": Text("a whole number"),
    "float": Text("a number"),
    "bool": Text("true or false"),
    "str": Text("text"),
    "null": Text("null"),
    "array": Text("a list"),
    "object": Text("an object"),
    "datetime": Text("a timestamp"),
    "date": Text("a day"),
}
_MOMENT = Text("must be a timestamp with its offset, as 2026-11-23T12:00:00Z")
_DAY = Text("must be a day, as 2026-11-23")
NO_MOMENT = Text("must be a timestamp with its offset, as 2026-11-23T12:00:00Z, or a day, as 2026-11-23")
MOMENT = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([Tt ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d))?$"
    r"|^(0?[1-9]|[12]\d|3[01])[-/](0?[1-9]|1[0-2])[-/]\d{4}$"
)
IDENTIFIER = r"^[0-9A-Za-z]{2,4}:.{1,50}$"
_PATTERNS = {
    MOMENT: NO_MOMENT,
    PARTY_ID: Text("must be a party id: lower-case letters, digits and dashes, at most 63"),
    IDENTIFIER: Text("must be scheme:value, as 0190:00000001002220647000"),
}
"""Patterns of values, said as people say them; a test holds those of `api.schema` to them."""


def reason_of(error: msgspec.ValidationError, kind: object = None) -> Text:
    """The reason why a value is not of this type."""
    message = str(error).partition(" - at `")[0]  # the path is reported separately
    for pattern, say in _SAYINGS:
        if found := pattern.fullmatch(message):
            return say(found, kind)
    return Text("does not fit here")


def not_json(error: Exception) -> Text:
    """The reason why a body is not JSON."""
    offset = re.search(r"\(byte (\d+)\)", str(error))
    at = Text(", see byte {offset}", offset=offset[1]) if offset else ""
    return Text("is not JSON in UTF-8{at}", at=at)


def _other_type(found: re.Match[str], _kind: object) -> Text:
    wanted, got = either([_TYPES.get(name, name) for name in found[1].split(" | ")]), _TYPES.get(found[2])
    if got is None:
        return Text("must be {wanted}", wanted=wanted)
    return Text("must be {wanted}, and is {got}", wanted=wanted, got=got)


def _comparison(found: re.Match[str], _kind: object) -> Text:
    limit = f"{float(found[2]):g}" if found[2].endswith(".0") else found[2]
    return {
        ">=": Text("must be at least {limit}", limit=limit),
        "<=": Text("must be at most {limit}", limit=limit),
        ">": Text("must be more than {limit}", limit=limit),
        "<": Text("must be less than {limit}", limit=limit),
    }[found[1]]


def _too_long(found: re.Match[str], _kind: object) -> Text:
    if found[1] == ">=":
        return Text("must have at least {limit} characters", limit=found[2])
    return Text("must have at most {limit} characters", limit=found[2])


def _other_form(found: re.Match[str], _kind: object) -> Text:
    form = found[1].encode().decode("unicode_escape")
    return _PATTERNS.get(form, Text("must match {form}", form=form))


def _none_of_these(found: re.Match[str], kind: object) -> Text:
    known = ", ".join(dict.fromkeys(_choices(kind)))
    if not known:
        return Text("{found} is not known here", found=found[1][:60])
    return Text("must be one of {known}", known=known)


def _choices(kind: object) -> Iterator[str]:
    """Every value of the enumerations in a type, also nested ones."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        yield from (str(member.value) for member in kind)
    elif get_origin(kind) is Literal:
        yield from (str(value) for value in get_args(kind))
    else:
        for part in get_args(kind):
            yield from _choices(part)


_Say = Callable[[re.Match[str], object], Text]
_SAYINGS: tuple[tuple[re.Pattern[str], _Say], ...] = (
    (re.compile(r"Expected `([\w |]+)`, got `(\w+)`"), _other_type),
    (re.compile(r"Expected `(?:int|float)` ([<>]=?) (\S+)"), _comparison),
    (re.compile(r"Expected `str` of length ([<>]=) (\d+)"), _too_long),
    (re.compile(r"Expected `str` matching regex '(.*)'"), _other_form),
    (re.compile(r"Object missing required field `(\w+)`"), lambda found, _: Text("lacks {found}", found=found[1])),
    (re.compile(r"Invalid enum value (.*)", re.DOTALL), _none_of_these),
    (
        re.compile(r"Invalid RFC3339 encoded datetime|Expected `datetime` with .*|Timestamp is .*"),
        lambda *_: _MOMENT,
    ),
    (re.compile(r"Invalid RFC3339 encoded date"), lambda *_: _DAY),
)
