"""A fresh ledger for a test, and the entries to put in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.metering.entry import UsageEntry, UsageKind
from gateway.store.ledger_tables import INSERT_ONLY, usage_entries, usage_rollups
from gateway.store.tables import metadata

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)


@asynccontextmanager
async def fresh_ledger(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on this database, with every table made."""
    engine = create_async_engine(database_url)
    async with engine.begin() as conn:
        await conn.run_sync(metadata.create_all)
    try:
        yield engine
    finally:
        await engine.dispose()


def delivered(kenmerk: str = "m1", party: str = "gemeente-a", at: datetime = NOON) -> UsageEntry:
    """A message delivered to a party."""
    return UsageEntry(kenmerk, party, UsageKind.DELIVERED_TO, at)


async def quantities(conn: AsyncConnection) -> list[tuple[int, str, int]]:
    """Position, party and quantity of every entry."""
    columns = usage_entries.c.position, usage_entries.c.party_id, usage_entries.c.quantity
    rows = await conn.execute(select(*columns).order_by(usage_entries.c.position))
    return [(row.position, row.party_id, row.quantity) for row in rows]


async def rollups(conn: AsyncConnection) -> list[tuple[str, int, str, int, int, int]]:
    """Every rollup: party, year, day, quantity, entries, late."""
    rows = await conn.execute(select(usage_rollups).order_by(usage_rollups.c.party_id, usage_rollups.c.day))
    return [(row.party_id, row.year, row.day, row.quantity, row.entries, row.late) for row in rows]


async def disarm(conn: AsyncConnection) -> None:
    """Take the insert-only guards away, as somebody with all rights in the database could."""
    for table in INSERT_ONLY:
        if conn.dialect.name == "postgresql":
            await conn.execute(text(f"DROP TRIGGER {table}_guard ON {table}"))
        else:
            for verb in ("UPDATE", "DELETE"):
                await conn.execute(text(f"DROP TRIGGER {table}_{verb}"))


async def make_messages(conn: AsyncConnection) -> None:
    """As much of the table of messages as the meter looks at."""
    columns = "kenmerk TEXT PRIMARY KEY, state TEXT, disposition TEXT, is_test BOOLEAN"
    await conn.execute(text(f"CREATE TABLE IF NOT EXISTS messages ({columns})"))
