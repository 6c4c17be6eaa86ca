"""A real PostgreSQL for tests: one server a test process, a fresh database a test.

`database_url` runs a test twice, on SQLite and on PostgreSQL. Durability is as a user's: fsync stays on.
"""

import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROLE = "meterpoort"
_START_SECONDS_MAX = 30


class PostgresServer:
    """A server of our own in a temporary folder, reached by a Unix socket there: no port to collide on."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="meterpoort-pg-"))
        self._user = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
        self._numbers = itertools.count(1)
        if self._user:
            shutil.chown(self._folder, self._user, self._user)
        self._run("initdb", "-D", str(self._folder / "data"), "-U", _ROLE, "-A", "trust", "-E", "UTF8", "-N")
        self._process = self._start()

    def new_database(self) -> str:
        """A fresh, empty database; its SQLAlchemy address."""
        name = f"test_{next(self._numbers)}"
        self._run("createdb", "-h", str(self._folder), "-U", _ROLE, name)
        return f"postgresql+asyncpg://{_ROLE}@/{name}?host={self._folder}"

    def stop(self) -> None:
        """Stop the server and forget its data."""
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:  # a connection was left open: end it the hard way
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [
            str(self._binaries / "postgres"),
            *("-D", str(self._folder / "data"), "-k", str(self._folder)),
            *("-c", "listen_addresses=", "-c", "max_connections=60"),
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


def find_binaries() -> Path | None:
    """Where the server's programs stand: Debian's place, newest first, else beside `initdb`."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: -float(path.parts[-3]))
    found = shutil.which("initdb")
    return debian[0].parent if debian else Path(found).resolve().parent if found else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of this test process; skips, saying why, where none is installed."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("NO POSTGRESQL: no initdb on this machine; `make system` installs it on Debian")
    server = PostgresServer(binaries)
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of a fresh PostgreSQL database."""
    return postgres_server.new_database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'meterpoort.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database()
