"""The tables of the record. Its rows are insert-only; the head only says where they end."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, text

from gateway.store.tables import RowId, UtcTime, metadata

record = Table(
    "record",
    metadata,
    Column("position", RowId, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("previous", BigInteger, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("link", LargeBinary, nullable=False),
)
"""One row for each change of a subject: a message, or a row of another table (`kind`), by its key. `digest` is of
everything that the subject is from then on, empty when nothing of it is left; `previous` is the position of the
subject's row before this one, or 0; `link` chains the rows."""

is_not_message = text("kind <> 'messages'")
record_index = Index(
    "ix_record_kind",
    record.c.kind,
    record.c.key,
    record.c.position,
    sqlite_where=is_not_message,
    postgresql_where=is_not_message,
)
"""A message knows the position of its newest row itself: an index over all of them would cost each message."""

record_head = Table(
    "record_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("link", LargeBinary, nullable=False),
)
