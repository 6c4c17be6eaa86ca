"""What the resources have in common: the base of JSON bodies, and types of their fields."""

from datetime import datetime
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from gateway.billing.documents.bill import BillText
from gateway.i18n import Text
from gateway.validator.report.report import Language

Timestamp = Annotated[datetime, Meta(tz=True)]
"""A time with its offset; answers are in UTC."""

PartyId = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Party id, as `gemeente-voorbeeld`.")
]

Year = Annotated[int, msgspec.Meta(ge=2000, le=2100)]


class Schema(msgspec.Struct, rename="camel"):
    """A JSON object of this API."""

    @classmethod
    def of(cls, source: object, **values: object) -> Self:
        """The object with these values; its other fields are the attributes of `source` with the same names."""
        names = [name for name in cls.__struct_fields__ if name not in values and hasattr(source, name)]
        return cls(**{name: getattr(source, name) for name in names}, **values)


class PageLinks(Schema):
    """Where the next page is; null on the last."""

    next: str | None


class TextResource(Schema):
    """The same in English and in Dutch."""

    en: str
    nl: str


def text_resource(text: Text | BillText) -> TextResource:
    """A text in both languages."""
    return TextResource(en=text.en, nl=text.nl)


class LanguageQuery(msgspec.Struct, frozen=True, rename="camel"):
    """The language of the page, instead of Accept-Language."""

    lang: Language | None = None
