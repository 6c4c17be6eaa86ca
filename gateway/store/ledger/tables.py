"""The tables of the meter. Entries, seals and sources are insert-only: the database enforces it.

`recorded_at` and `at` are microseconds since 1970, UTC. The head and the rollups change with every append;
they hold nothing that does not follow from the entries, and the audit computes them again.
"""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from gateway.metering.entry import GATEWAY
from gateway.metering.seal import FIRST
from gateway.store.guards import guard_ddl
from gateway.store.tables import RowId, metadata

ByteText = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its bytes, the same on both engines and in every locale."""

usage_sources = Table(
    "usage_sources",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False, unique=True),
)

usage_entries = Table(
    "usage_entries",
    metadata,
    Column("position", RowId, primary_key=True, autoincrement=False),
    Column("source", Integer, nullable=False),  # no foreign key: PostgreSQL would look it up for every row
    Column("key", ByteText, nullable=False),
    Column("party_id", ByteText, nullable=False),
    Column("kind", ByteText, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("reverses", BigInteger),
    Column("reason", Text),
    Column("author", Text),
    UniqueConstraint("source", "key"),
    Index("ix_usage_entries_party_id", "party_id", "at"),
)

usage_rollups = Table(
    "usage_rollups",
    metadata,
    Column("party_id", ByteText, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("kind", ByteText, primary_key=True),
    Column("day", ByteText, primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("late", BigInteger, nullable=False),
    # SQLite keeps the rows in the key's order, so that one party's year is stored together.
    sqlite_with_rowid=False,
)

usage_head = Table(
    "usage_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("running", Text, nullable=False),
    Column("sealed", BigInteger, nullable=False),
)

usage_seals = Table(
    "usage_seals",
    metadata,
    Column("number", RowId, primary_key=True, autoincrement=False),
    Column("first_position", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False, unique=True),
    Column("quantity", BigInteger, nullable=False),
    Column("root", Text, nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
    Column("joined", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

INSERT_ONLY = ("usage_sources", "usage_entries", "usage_seals")


def ledger_ddl(dialect_name: str) -> tuple[str, ...]:
    """What the meter needs besides its tables, for a migration: the triggers, and the rows that it starts with."""
    start = (
        f"INSERT INTO usage_sources (number, source) VALUES (1, '{GATEWAY}')",  # noqa: S608 - our own constant
        f"INSERT INTO usage_head (id, position, running, sealed) VALUES (1, 0, '{FIRST}', 0)",  # noqa: S608
    )
    return start + guard_ddl(dialect_name, INSERT_ONLY, ": record a reversal instead")


@event.listens_for(metadata, "after_create")
def _complete(_: object, connection: Connection, tables: Sequence[Table], **__: object) -> None:
    if usage_head in tables:
        for statement in ledger_ddl(connection.dialect.name):
            connection.execute(text(statement))
