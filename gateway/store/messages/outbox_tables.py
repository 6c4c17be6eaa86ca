"""Tables of delivery: what waits to be pushed, and which recipients are left alone for a while."""

from sqlalchemy import Column, Index, Integer, Table, Text

from gateway.store.tables import UtcTime, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("kenmerk", Text, primary_key=True),
    Column("recipient_id", Text, nullable=False),
    Column("queued_at", UtcTime, nullable=False),
    Index(None, "recipient_id", "kenmerk"),
    sqlite_with_rowid=False,
)
"""One row a message that waits for a recipient that wants to be called; it goes when the message is delivered
or returned. A kenmerk follows time, so a recipient's messages are in order by it."""

delivery_pauses = Table(
    "delivery_pauses",
    metadata,
    Column("recipient_id", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("again_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
"""Recipients that could not be reached: how often in a row, and when they may be called again."""
