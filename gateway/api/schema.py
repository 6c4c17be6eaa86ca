"""What the resources have in common: the base of JSON bodies, and types of their fields."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Self, get_args, get_origin

import msgspec
from msgspec import Meta

from gateway.http.reasons import MOMENT
from gateway.i18n import Language
from gateway.messages.participants import PARTY_ID

Timestamp = Annotated[datetime, Meta(tz=True)]
"""A time with its offset; answers are in UTC."""

DayOrNone = Annotated[date | None, Meta(extra_json_schema={"format": "date"})]
"""A day. The property itself has the format too: the linter of the NL GOV API Design Rules looks for it there
(/core/date-time/date-omit-time-portion)."""

Moment = Annotated[
    str,
    Meta(
        pattern=MOMENT,
        description="A moment with its offset (RFC 3339), or a whole day in Amsterdam, as `2026-11-23`.",
    ),
]

PartyId = Annotated[str, Meta(pattern=PARTY_ID, description="Party id, as `gemeente-voorbeeld`.")]

PartyIdOrNone = Annotated[str, Meta(pattern=rf"^$|{PARTY_ID}", description="Party id; empty: none.")]

Year = Annotated[int, msgspec.Meta(ge=2000, le=2100)]


class Schema(msgspec.Struct, rename="camel"):
    """A JSON object of this API."""

    @classmethod
    def of(cls, *sources: object, **values: object) -> Self:
        """The object with these values. Its other fields are the attributes of that name of the first source that
        has one; objects that belong in an inner `Schema`, or a list of them, become one in the same way."""
        for name, kind in _types(cls).items():
            if name not in values:
                source = next((one for one in sources if hasattr(one, name)), None)
                if source is not None:
                    values[name] = _convert(getattr(source, name), kind)
            else:
                values[name] = _convert(values[name], kind)
        return cls(**values)


@cache
def _types(schema: type[Schema]) -> dict[str, object]:
    return {field.name: field.type for field in msgspec.structs.fields(schema)}


def _convert(value: object, kind: object) -> object:
    if isinstance(kind, type) and issubclass(kind, Schema):
        return value if isinstance(value, kind) else kind.of(value)
    if get_origin(kind) is list and isinstance(value, Iterable):
        return [_convert(one, get_args(kind)[0]) for one in value]
    if isinstance(kind, UnionType) and value is not None:
        return _convert(value, get_args(kind)[0])
    return value


class PageLinks(Schema):
    """Where the next page is; null on the last."""

    next: str | None


class TextResource(Schema):
    """The same in English and in Dutch."""

    en: str
    nl: str


class LanguageQuery(msgspec.Struct, frozen=True, rename="camel"):
    """The language of the page, instead of Accept-Language."""

    lang: Language | None = None
