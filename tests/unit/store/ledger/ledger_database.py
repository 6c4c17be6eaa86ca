"""A fresh ledger for a test, and the entries to put in it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, select, text

from gateway.metering.entry import UsageEntry, UsageKind
from gateway.store.engine import Engines, open_engines
from gateway.store.ledger.tables import usage_entries, usage_rollups
from gateway.store.schema import upgrade

INSERT_ONLY = ("usage_sources", "usage_entries", "usage_seals")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)


@contextmanager
def fresh_ledger(database_url: str) -> Iterator[Engine]:
    """The writing engine of this database, with its tables made."""
    engines = open_engines(database_url)
    upgrade(engines.write)
    try:
        yield engines.write
    finally:
        engines.write.dispose()


@asynccontextmanager
async def fresh_engines(database_url: str) -> AsyncIterator[Engines]:
    """Both engines of this database, with its tables made."""
    engines = open_engines(database_url)
    upgrade(engines.write)
    try:
        yield engines
    finally:
        await engines.dispose()


def delivered(kenmerk: str = "m1", party: str = "gemeente-a", at: datetime = NOON) -> UsageEntry:
    """A message delivered to a party."""
    return UsageEntry(kenmerk, party, UsageKind.DELIVERED_TO, at)


def quantities(conn: Connection) -> list[tuple[int, str, int]]:
    """Position, party and quantity of every entry."""
    columns = usage_entries.c.position, usage_entries.c.party_id, usage_entries.c.quantity
    rows = conn.execute(select(*columns).order_by(usage_entries.c.position))
    return [(row.position, row.party_id, row.quantity) for row in rows]


def rollups(conn: Connection) -> list[tuple[str, int, str, int, int, int]]:
    """Every rollup: party, year, day, quantity, entries, late."""
    rows = conn.execute(select(usage_rollups).order_by(usage_rollups.c.party_id, usage_rollups.c.day))
    return [(row.party_id, row.year, row.day, row.quantity, row.entries, row.late) for row in rows]


def disarm(conn: Connection) -> None:
    """Take the insert-only guards away, as somebody with all rights in the database could."""
    for table in (*INSERT_ONLY, "record"):
        if conn.dialect.name == "postgresql":
            conn.execute(text(f"DROP TRIGGER {table}_guard ON {table}"))
        else:
            for verb in ("UPDATE", "DELETE", "INSERT"):
                conn.execute(text(f"DROP TRIGGER {table}_{verb}"))


def make_messages(conn: Connection) -> None:
    """As much of the table of messages as the meter looks at."""
    conn.execute(text("DROP TABLE IF EXISTS messages"))
    columns = "kenmerk TEXT PRIMARY KEY, state TEXT, disposition TEXT, is_test BOOLEAN"
    conn.execute(text(f"CREATE TABLE messages ({columns})"))
