"""The schema that every package's tables belong to; the same on SQLite and PostgreSQL.

Conventions: times are whole microseconds since 1970 in UTC (`UtcTime`), money is text with its decimals
(`Money`) so that no engine turns it into a binary fraction, names are Digipoort's where it has one.
Insert-only tables say so. Each package has its tables in its
`tables.py`, all on this `metadata`.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Dialect, Integer, MetaData, Text
from sqlalchemy.types import TypeDecorator

from gateway.clock import from_microseconds, to_microseconds

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowId = BigInteger().with_variant(Integer, "sqlite")
"""Counting key: SQLite counts only INTEGER PRIMARY KEY."""


class UtcTime(TypeDecorator[datetime]):
    """A time as microseconds since 1970, UTC: exact, compact, sortable and without a time zone to lose."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else from_microseconds(value)


class Money(TypeDecorator[Decimal]):
    """An amount or tariff as its decimal text: exact on every engine. Not for summing in SQL; counts are."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)
