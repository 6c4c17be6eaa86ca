"""Databases for tests: a real PostgreSQL, one server a test process, and SQLite.

`database_url` runs a test twice, on SQLite and on PostgreSQL. Each test starts from a copy of a database that has
the schema and no rows: making the schema takes longer than most tests. Durability is as a user's: fsync stays on.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.engine import open_engines
from gateway.store.schema import upgrade

_ROLE = "meterpoort"
_START_SECONDS_MAX = 30
_TEMPLATE = "with_schema"
_CONNECTING_SECONDS_MAX = 60
"""A machine on which every test runs at once may do nothing for longer than a user should wait."""


class PostgresServer:
    """A server in a temporary folder, reached by a Unix socket there, so that no port can collide."""

    def __init__(self, binaries: Path, *settings: str) -> None:
        """`settings`: more of PostgreSQL's own, as `name=value`."""
        self._binaries = binaries
        self._settings = settings
        self._folder = Path(tempfile.mkdtemp(prefix="meterpoort-pg-"))
        self._user = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
        self._numbers = itertools.count(1)
        self._has_template = False
        if self._user:
            shutil.chown(self._folder, self._user, self._user)
        self._run("initdb", "-D", str(self._folder / "data"), "-U", _ROLE, "-A", "trust", "-E", "UTF8", "-N")
        self._process = self._start()

    @property
    def pid(self) -> int:
        """The id of its first process."""
        return self._process.pid

    def new_database(self) -> str:
        """Create an empty database; return its SQLAlchemy URL."""
        name = f"test_{next(self._numbers)}"
        self._run("createdb", "-h", str(self._folder), "-U", _ROLE, name)
        return self._address(name)

    def database_with_schema(self) -> str:
        """A database with the schema and no rows. The one before is gone, with its connections."""
        if not self._has_template:
            self._run("createdb", "-h", str(self._folder), "-U", _ROLE, _TEMPLATE)
            make_schema(self._address(_TEMPLATE))
            self._has_template = True
        again = (
            "SET client_min_messages = warning",
            "DROP DATABASE IF EXISTS test WITH (FORCE)",
            f"CREATE DATABASE test TEMPLATE {_TEMPLATE}",
        )
        commands = (word for statement in again for word in ("-c", statement))
        self._run("psql", "-q", "-h", str(self._folder), "-U", _ROLE, "-d", "postgres", *commands)
        return f"{self._address('test')}&connect_timeout={_CONNECTING_SECONDS_MAX}"

    def _address(self, name: str) -> str:
        return f"postgresql+psycopg://{_ROLE}@/{name}?host={self._folder}"

    def stop(self) -> None:
        """Stop the server and forget its data."""
        self._process.send_signal(signal.SIGQUIT)  # at once: nobody will start it again
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def interrupt(self) -> None:
        """End the server without a word; its data stay."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def resume(self) -> None:
        """Start it again on its data."""
        self._process = self._start()

    def pause(self) -> None:
        """Let the server hang: it keeps its connections and answers nothing."""
        self._signal_all(signal.SIGSTOP)

    def go_on(self) -> None:
        """The end of a pause."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, number)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [
            str(self._binaries / "postgres"),
            *("-D", str(self._folder / "data"), "-k", str(self._folder)),
            *("-c", "listen_addresses=", "-c", "max_connections=60"),
            *(word for setting in self._settings for word in ("-c", setting)),
        ]
        with (self._folder / "server.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self._folder, user=self._user, group=self._user, stderr=log)
        deadline = time.monotonic() + _START_SECONDS_MAX
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "server.log").read_text())
            time.sleep(0.05)
        return process

    def _is_ready(self) -> bool:
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", str(self._folder)]
        return subprocess.run(ready, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._binaries / program), *arguments],
            cwd=self._folder,
            user=self._user,
            group=self._user,
            check=True,
            capture_output=True,
        )


def make_schema(url: str) -> None:
    """Give an empty database the schema."""
    engines = open_engines(url)
    upgrade(engines.write)
    asyncio.run(engines.dispose())


def find_binaries() -> Path | None:
    """Return the folder of the server's programs: that of Debian, newest first, or that of `initdb`."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: -float(path.parts[-3]))
    found = shutil.which("initdb")
    return debian[0].parent if debian else Path(found).resolve().parent if found else None


def start_server() -> PostgresServer:
    """A server for tests; skips, saying why, where none is installed."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("NO POSTGRESQL: no initdb on this machine; `make system` installs it on Debian")
    return PostgresServer(binaries)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of this test process."""
    server = start_server()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of a PostgreSQL database with the schema and no rows."""
    return postgres_server.database_with_schema()


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> str:
    """The address of a PostgreSQL database with nothing in it."""
    return postgres_server.new_database()


@pytest.fixture(scope="session")
def sqlite_with_schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the schema and no rows, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "meterpoort.db"
    make_schema(f"sqlite+aiosqlite:///{path}")
    return path


_DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=_DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path, sqlite_with_schema: Path) -> str:
    """The address of a database with the schema and no rows, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = shutil.copy(sqlite_with_schema, tmp_path / "meterpoort.db")
        return f"sqlite+aiosqlite:///{path}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.database_with_schema()


@pytest.fixture(params=_DATABASES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with nothing in it, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database()
