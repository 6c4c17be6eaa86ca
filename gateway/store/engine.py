"""The database: one engine that writes, one that reads, on SQLite or PostgreSQL.

The writer is a synchronous engine in its own thread (`writer.py` says why); the readers are
asynchronous (aiosqlite, psycopg). Both speak the same SQLAlchemy Core. Errors never show the values that were
written: they end in logs, and logs hold nothing of a document.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Executable, Row, Select, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.progress import Progress

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another process (the command line next to the server)."""
CACHE_KIB = 16 * 1024
CONNECTING_SECONDS_MAX = 5
"""How long a reader waits for a connection that answers, where the URL gives no `connect_timeout`."""
_NETWORK_PATIENCE = {
    "connect_timeout": str(CONNECTING_SECONDS_MAX),
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""libpq waits for a server that is gone without a word for two hours; these are seconds, the last milliseconds."""
_BEGIN = "BEGIN IMMEDIATE"
HUNG_SECONDS = 10
"""PostgreSQL ends a transaction that its gateway leaves open without a statement for so long: a gateway that hangs
must not keep locks that others wait for."""
CHECKPOINT_PAGES = 8_000
"""SQLite copies its log into the database after so many pages (32 MB): rarer, larger, cheaper."""
COPIED_PAGES = 10_000
"""Pages of an SQLite database that are copied between two reports of progress: 40 MB."""


T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Engines:
    """The engine that writes and the one that reads."""

    write: Engine
    read: AsyncEngine
    connecting_seconds_max: float | None = CONNECTING_SECONDS_MAX
    """How long a reader waits for a connection that answers; None for as long as it takes."""
    _closing: set[asyncio.Future[None]] = field(default_factory=set, init=False, repr=False)
    """Connections that are being returned, also those of callers that were cancelled."""

    @property
    def url(self) -> str:
        """The address of the database, password included: not for a log."""
        return self.write.url.render_as_string(hide_password=False)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with. Raises SQLAlchemy's TimeoutError when none answers in time."""
        connection = self.read.connect()
        try:
            async with asyncio.timeout(self.connecting_seconds_max):
                await connection.start()
        except TimeoutError:
            raise PoolTimeoutError("the database does not answer") from None
        try:
            yield connection
        finally:
            closing = asyncio.ensure_future(connection.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            await asyncio.shield(closing)

    async def rows(self, query: Executable, **values: object) -> Sequence[Row[Any]]:
        """What a query finds."""
        async with self.reading() as connection:
            return (await connection.execute(query, values)).all()

    async def scalar(self, query: Select[T], **values: object) -> T | None:
        """The one value that a query finds, or None."""
        async with self.reading() as connection:
            return await connection.scalar(query, values)

    async def run(self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function that reads."""
        async with self.reading() as connection:
            return await connection.run_sync(function, *args, **kwargs)

    async def dispose(self) -> None:
        """Close every connection."""
        await asyncio.gather(*self._closing, return_exceptions=True)  # one that comes back later would stay open
        await self.read.dispose()
        self.write.dispose()


def open_engines(url: str, connections_max: int = 10) -> Engines:
    """Open the database at an SQLAlchemy URL; any driver it names is replaced by ours.

    Raises ValueError for a database that is neither SQLite nor PostgreSQL, and for a `connect_timeout` that is no
    number of seconds.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        target = _patient(parsed)
        options = {"options": f"-c idle_in_transaction_session_timeout={HUNG_SECONDS}s"}
        return Engines(
            create_engine(target, pool_size=2, pool_pre_ping=True, hide_parameters=True, connect_args=options),
            create_async_engine(target, pool_size=connections_max, pool_pre_ping=True, hide_parameters=True),
            int(str(target.query["connect_timeout"])) or None,
        )
    raise ValueError(f"{parsed.get_backend_name()} is not a database for this gateway: SQLite or PostgreSQL")


def open_reader(url: str) -> Engine:
    """A synchronous engine that only reads, for another process or thread; the caller disposes of it."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(_patient(parsed), pool_size=1, hide_parameters=True)
    reader = create_engine(parsed.set(drivername="sqlite+pysqlite"), pool_size=1, hide_parameters=True)
    event.listen(reader, "connect", _prepare_reader)
    return reader


@contextmanager
def open_snapshot(url: str) -> Iterator[Connection]:
    """A connection that sees the database as it is at the first question, whatever is written meanwhile."""
    engine = open_reader(url)
    try:
        with engine.connect() as conn:
            if engine.dialect.name == "sqlite":
                conn.exec_driver_sql("BEGIN")  # Python's driver begins no transaction for a question
            else:
                conn.execution_options(isolation_level="REPEATABLE READ")
            yield conn
    finally:
        engine.dispose()


def copy_sqlite(source: Path, target: Path, progress: Progress) -> None:
    """One moment of the database, written to a new file by SQLite's own backup, while others may write."""
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.execute("BEGIN")
        here.execute("PRAGMA schema_version").fetchone()  # else a write begins the copy anew
        here.backup(there, pages=COPIED_PAGES, progress=lambda _status, left, whole: progress(whole - left, whole))


def _patient(url: URL) -> URL:
    """With our driver, and time limits of the network where the URL gives none."""
    mine = {name: value for name, value in _NETWORK_PATIENCE.items() if name not in url.query}
    return url.set(drivername="postgresql+psycopg").update_query_dict(mine)


def _open_sqlite(url: URL) -> Engines:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    write = create_engine(url.set(drivername="sqlite+pysqlite"), pool_size=1, max_overflow=2, hide_parameters=True)
    event.listen(write, "connect", _prepare_writer)
    event.listen(write, "begin", _begin_immediate)
    read = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"), pool_size=4, max_overflow=8, hide_parameters=True
    )
    event.listen(read.sync_engine, "connect", _prepare_reader)
    return Engines(write, read)


def _prepare_writer(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    _pragmas(
        connection,
        "journal_mode = WAL",
        "synchronous = FULL",
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        f"cache_size = -{CACHE_KIB}",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
    )


def _prepare_reader(connection: DBAPIConnection, _record: object) -> None:
    _pragmas(connection, f"busy_timeout = {BUSY_TIMEOUT_MS}", "query_only = 1")


def _pragmas(connection: DBAPIConnection, *pragmas: str) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_BEGIN)
    except sqlite3.Error as error:
        raise OperationalError(_BEGIN, None, error) from error
    finally:
        cursor.close()
