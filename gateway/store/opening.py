"""Opens the database as a server and the command line need it: upgraded, with a writer."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

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
    NewerDatabaseError, OlderGatewayError, and ValueError for a database that is neither SQLite nor PostgreSQL.
    """
    async with AsyncExitStack() as stack:
        engines = open_engines(settings.database_url(), settings.database.connections_max)
        stack.push_async_callback(engines.dispose)
        await asyncio.to_thread(upgrade, engines.write)
        writer = Writer(engines.write, group_max, observer)
        writer.start()
        stack.push_async_callback(writer.stop)
        yield Database(engines, writer)


@contextmanager
def hold_alone(settings: Settings) -> Iterator[None]:
    """Hold an SQLite database as its only gateway until the block ends or the process does; commands may still use
    it. PostgreSQL serves any number of gateways.

    Raises BlockingIOError when another gateway holds it.
    """
    url = make_url(settings.database_url())
    if url.get_backend_name() != "sqlite" or not url.database:
        yield
        return
    path = Path(f"{url.database}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                f"another gateway uses {url.database}: SQLite serves one gateway, PostgreSQL several"
            ) from None
        yield
