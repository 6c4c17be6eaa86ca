"""The tables of the record. Its rows are insert-only; the heads only say where its chains end."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text

from gateway.store.tables import RowId, UtcTime, metadata

record = Table(
    "record",
    metadata,
    Column("position", RowId, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("changes", Text, nullable=False),
    Column("link", LargeBinary, nullable=False),
)
"""One row for what a transaction changes of subjects of one table (`kind`). `changes` is JSON: of each subject its
key, the position of its change before or 0, and the digest of everything that it is from then on. Changes have
positions one after another; a row has that of its last one. `link` chains the rows."""

record_head = Table(
    "record_head",
    metadata,
    Column("chain", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("link", LargeBinary, nullable=False),
)
"""One row a chain."""
