"""Opens the database as a server and the command line need it: upgraded, with a writer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from gateway.settings import Settings
from gateway.store.engine import Engines, open_engines
from gateway.store.schema import upgrade
from gateway.store.writer import Observer, Writer


@dataclass(frozen=True, slots=True)
class Database:
    """An open database: engines to read with, a writer that groups commits."""

    engines: Engines
    writer: Writer


@asynccontextmanager
async def open_database(
    settings: Settings, *, group_max: int = 1, observer: Observer | None = None
) -> AsyncIterator[Database]:
    """The database of these settings, brought to the newest schema, until the block ends.

    At the end what waits is written first. `group_max` is how many works share a commit. Raises
    NewerDatabaseError, and ValueError for a database that is neither SQLite nor PostgreSQL.
    """
    async with AsyncExitStack() as stack:
        engines = open_engines(settings.database_url(), settings.database.connections_max)
        stack.push_async_callback(engines.dispose)
        await asyncio.to_thread(upgrade, engines.write)
        writer = Writer(engines.write, group_max, observer)
        writer.start()
        stack.push_async_callback(writer.stop)
        yield Database(engines, writer)
