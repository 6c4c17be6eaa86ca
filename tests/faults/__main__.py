"""The faults in large numbers: `python -m tests.faults --kills 1000`, which `make soak` calls."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.kills import kill_at_each, kill_at_random
from tests.faults.points import POINTS
from tests.faults.power_loss import broken, write
from tests.faults.traffic import World, check, opened_world
from tests.postgres import PostgresServer, find_binaries

DATABASES = ("sqlite", "postgresql")
HISTORY_STEPS = 100


def main() -> None:
    """Run what was asked, and print counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000, help="random kills on each database")
    parser.add_argument("--points", type=int, default=len(POINTS), help="named points on each database")
    parser.add_argument("--histories", type=int, default=1_000, help="random histories on each database")
    parser.add_argument("--states", type=int, default=100_000, help="states of the disk after a power loss")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    every = max(1, len(POINTS) // asked.points) if asked.points else 1
    points = POINTS[asked.seed % every :: every] if asked.points else ()
    if asked.states:
        lose_power(asked.states, asked.seed)
    for database in asked.databases:
        if points:
            run(database, "named points", lambda world, report: kill_at_each(world, points, report))
        if asked.kills:
            run(
                database,
                "random kills",
                lambda world, report: kill_at_random(world, asked.kills, asked.seed, report),
            )


def lose_power(states: int, seed: int) -> None:
    """Build so many states of a disk that lost power."""
    with tempfile.TemporaryDirectory(prefix="meterpoort-faults-") as folder, pytest.MonkeyPatch.context() as patch:
        disk = asyncio.run(write(Path(folder), patch, seed))
    lost = broken(disk, states, seed)
    print(f"power loss: {len(disk.log)} calls, {states} states, {len(lost)} documents lost", flush=True)
    assert not lost, lost[0].path


Report = Callable[[str], None]


def run(database: str, name: str, kill: Callable[[World, Report], Awaitable[None]]) -> None:
    """Run one kind of kills in a new house."""
    begun = time.monotonic()

    def report(what: str) -> None:
        print(f"{time.monotonic() - begun:7.0f} s  {database}: {what}", flush=True)

    async def work(folder: Path, url: str) -> None:
        async with opened_world(folder, url) as world:
            await kill(world, report)
            counts = ", ".join(f"{count} {what}" for what, count in sorted(check(world).items()))
            report(f"{name}: all held; {world.starts} starts, {counts}")

    with tempfile.TemporaryDirectory(prefix="meterpoort-faults-") as folder, _databases(database) as new_database:
        asyncio.run(work(Path(folder), new_database()))


@contextmanager
def _databases(database: str) -> Iterator[Callable[[], str]]:
    """Makes URLs of empty databases."""
    if database == "sqlite":
        yield str
        return
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL on this machine; `make system` installs it on Debian")
    server = PostgresServer(binaries)
    try:
        yield server.database_with_schema
    finally:
        server.stop()


if __name__ == "__main__":
    main()
