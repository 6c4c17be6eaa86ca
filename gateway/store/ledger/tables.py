"""The tables of the meter. Entries, seals and sources are insert-only: the database enforces it.

`recorded_at` and `at` are microseconds since 1970, UTC. The head and the rollups change with every append;
they hold nothing that does not follow from the entries, and the audit computes them again.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

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
    Index("ix_usage_entries_party_id_position", "party_id", "position"),
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
    Column("last_position", BigInteger, nullable=False, index=True),
    Column("quantity", BigInteger, nullable=False),
    Column("root", Text, nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
    Column("joined", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
