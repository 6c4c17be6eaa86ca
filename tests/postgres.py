"""A real PostgreSQL for tests: one server a test process, an empty database a test.

`database_url` runs a test twice, on SQLite and on PostgreSQL. Durability is as a user's: fsync stays on.
"""

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

_ROLE = "meterpoort"
_START_SECONDS_MAX = 30
_EMPTY = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public"""


class PostgresServer:
    """A server in a temporary folder, reached by a Unix socket there, so that no port can collide."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="meterpoort-pg-"))
        self._user = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
        self._numbers = itertools.count(1)
        self._shared: str | None = None
        if self._user:
            shutil.chown(self._folder, self._user, self._user)
        self._run("initdb", "-D", str(self._folder / "data"), "-U", _ROLE, "-A", "trust", "-E", "UTF8", "-N")
        self._process = self._start()

    def new_database(self) -> str:
        """Create an empty database; return its SQLAlchemy URL."""
        name = f"test_{next(self._numbers)}"
        self._run("createdb", "-h", str(self._folder), "-U", _ROLE, name)
        return self._address(name)

    def emptied_database(self) -> str:
        """The one database that test after test starts from empty: much quicker than a new one each time."""
        if self._shared is None:
            self._shared = self.new_database()
            return self._shared
        self._run("psql", "-q", "-h", str(self._folder), "-U", _ROLE, "-d", _name_of(self._shared), "-c", _EMPTY)
        return self._shared

    def copy_database(self, source: str, target: str) -> None:
        """Back up one database and restore the backup into another, an empty one: by their URLs."""
        dump = str(self._folder / "backup.dump")
        where = ("-h", str(self._folder), "-U", _ROLE)
        self._run("pg_dump", *where, "--format=custom", f"--file={dump}", _name_of(source))
        self._run("pg_restore", *where, "--exit-on-error", f"--dbname={_name_of(target)}", dump)

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


def _name_of(url: str) -> str:
    """The name of the database at this URL."""
    return url.partition("?")[0].rpartition("/")[2]


def find_binaries() -> Path | None:
    """Return the folder of the server's programs: that of Debian, newest first, or that of `initdb`."""
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
    """The address of an empty PostgreSQL database."""
    return postgres_server.emptied_database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'meterpoort.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.emptied_database()
