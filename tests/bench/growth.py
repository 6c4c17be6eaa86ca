"""What growth costs: the processor time and the PostgreSQL work of one message, and two processes against one.

PostgreSQL and the load are pinned to other cores than the gateway (`taskset`); of two cores they share the first.
Processor time is counted for each kind of process, so the figures of a message hold on a busy machine, too. The
second part holds every gateway process to the same part of a core (cgroup `cpu.cfs_quota_us`), so that what two do
against one is not limited by the number of cores.
"""

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp
import psycopg

from gateway.admin import parties
from gateway.settings import DatabaseSettings, Settings
from tests.bench.intake import SUPPLIER, TOWN, post_all
from tests.postgres import PostgresServer, find_binaries
from tests.samples.stream import stream

MESSAGES = 1_000
"""In each phase of the first part."""
TURNS = 5
TURN_MESSAGES = 300
"""In each turn of the second part."""
QUOTA = 0.25
"""Part of a core that a gateway process and its workers get in the second part."""
CGROUPS = Path("/sys/fs/cgroup/cpu")
PERIOD_US = 100_000
SHARES = 262_144
"""Other work of the machine waits for a gateway's process that has not used up its part."""
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
STATISTICS_SECONDS = 11.0
"""An idle process of PostgreSQL reports what it counted within ten seconds."""
_COUNTS = """SELECT (SELECT sum(calls) FROM pg_stat_statements WHERE userid = 'meterpoort'::regrole),
(SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), (SELECT wal_fpi FROM pg_stat_wal)"""
_ROWS = "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables"


def growth() -> dict[str, object]:
    """Processor time and PostgreSQL work of a message; two processes against one."""
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError("no PostgreSQL on this machine")
    others, nodes = cores()
    os.sched_setaffinity(0, others)
    server = PostgresServer(binaries, "shared_preload_libraries=pg_stat_statements")
    pin(server.pid, others)
    with tempfile.TemporaryDirectory(prefix="meterpoort-bench-") as folder:
        try:
            deployments = [Deployment(server, Path(folder) / str(number)) for number in range(3)]
            return {
                "cores": {"PostgreSQL and load": sorted(others), "gateway": sorted(nodes)},
                **asyncio.run(_one_message(deployments[0], nodes)),
                **asyncio.run(_two_against_one(deployments[1:], nodes)),
            }
        finally:
            server.stop()


def cores() -> tuple[set[int], set[int]]:
    """The cores for PostgreSQL and load, and those for the gateway."""
    found = sorted(os.sched_getaffinity(0))
    split = max(1, len(found) // 2)
    return set(found[:split]), set(found[split:]) or set(found)


def pin(pid: int, to: set[int]) -> None:
    """Pin a process and its children to these cores."""
    for one in (pid, *_children(pid)):
        command = ["taskset", "--all-tasks", "--cpu-list", "--pid", ",".join(map(str, to)), str(one)]
        subprocess.run(command, check=True, capture_output=True)


# The first part


async def _one_message(deployment: "Deployment", nodes: set[int]) -> dict[str, object]:
    bodies = stream(2 * MESSAGES)
    async with deployment.gateway(nodes, "accepts-only") as gateway:
        sent = post_all(gateway.address, deployment.key, _take(bodies))
        accept = await _measured(deployment, gateway, MESSAGES, sent)
    async with deployment.gateway(nodes) as gateway:
        await deployment.settled(MESSAGES)  # what the first one left
        judged = await _measured(deployment, gateway, MESSAGES, _accepted_and_judged(deployment, gateway, bodies))
        deliver = await _measured(deployment, gateway, 2 * MESSAGES, _collected(deployment, gateway))
    return {
        "accept": accept.by_message(),
        "accept and judge": judged.by_message(),
        "judge, the difference": judged.minus(accept).by_message(),
        "deliver: lease, fetch and confirm": deliver.by_message(),
    }


def _take(bodies: Iterator[bytes]) -> list[bytes]:
    return list(itertools.islice(bodies, MESSAGES))


async def _accepted_and_judged(deployment: "Deployment", gateway: "Running", bodies: Iterator[bytes]) -> None:
    await post_all(gateway.address, deployment.key, _take(bodies))
    await deployment.settled(2 * MESSAGES)


async def _collected(deployment: "Deployment", gateway: "Running") -> None:
    """The recipient leases its messages, and fetches and confirms each, sixteen at a time."""
    headers = {"Authorization": f"Bearer {deployment.town_key}"}
    async with aiohttp.ClientSession(gateway.address, headers=headers) as session:
        await asyncio.gather(*(_empty_mailbox(session) for _ in range(16)))


async def _empty_mailbox(session: aiohttp.ClientSession) -> None:
    while True:
        async with session.post("/v1/mailbox/leases", json={"count": 10}) as answer:
            leases = (await answer.json())["items"]
        for lease in leases:
            path = f"/messages/{lease['message']['kenmerk']}"
            async with session.get(f"/v1{path}/document") as answer:
                await answer.read()
            confirmation = {"token": lease["token"]}
            async with session.put(f"/v1/mailbox{path}/confirmation", json=confirmation) as answer:
                answer.raise_for_status()
        if not leases:
            return


SERVER, WORKERS, POSTGRES = "server process, ms of a core", "workers, ms of a core", "PostgreSQL, ms of a core"
COUNTED = ("statements", "transactions", "WAL bytes", "full pages in the WAL, after a checkpoint")


@dataclass
class Cost:
    """What so many messages took, by name, and the rows inserted, updated and deleted, by table."""

    messages: int
    numbers: Mapping[str, float]
    rows: Mapping[str, Sequence[float]]

    def minus(self, other: "Cost") -> "Cost":
        """This one without the other, of as many messages."""
        numbers = {name: number - other.numbers[name] for name, number in self.numbers.items()}
        return Cost(self.messages, numbers, _less(self.rows, other.rows))

    def by_message(self) -> dict[str, object]:
        """By message."""
        in_gateway = self.numbers[SERVER] + self.numbers[WORKERS]
        rows = {
            name: [round(one / self.messages, 2) for one in counts] for name, counts in sorted(self.rows.items())
        }
        return {
            **{name: round(number / self.messages, 2) for name, number in self.numbers.items()},
            "messages a second and core of the gateway": round(self.messages / in_gateway * 1000),
            "messages a second and core of PostgreSQL": round(self.messages / self.numbers[POSTGRES] * 1000),
            "rows inserted, updated, deleted": {name: counts for name, counts in rows.items() if any(counts)},
        }


def _less(rows: Mapping[str, Sequence[float]], before: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    return {
        name: [one - two for one, two in zip(counts, before.get(name, (0, 0, 0)), strict=True)]
        for name, counts in rows.items()
    }


async def _measured(deployment: "Deployment", gateway: "Running", messages: int, work: Awaitable[object]) -> Cost:
    """What the work cost; what PostgreSQL counted is read before and after it."""
    counts_before, rows_before = await _counted(deployment)
    seconds_before = _all_seconds(gateway, deployment.server)
    await work
    seconds = [
        one - two for one, two in zip(_all_seconds(gateway, deployment.server), seconds_before, strict=True)
    ]
    counts, rows = await _counted(deployment)
    numbers = {
        **{name: one * 1000 for name, one in zip((SERVER, WORKERS, POSTGRES), seconds, strict=True)},
        **{name: one - two for name, one, two in zip(COUNTED, counts, counts_before, strict=True)},
    }
    return Cost(messages, numbers, _less(rows, rows_before))


async def _counted(deployment: "Deployment") -> tuple[list[float], dict[str, list[float]]]:
    await asyncio.sleep(STATISTICS_SECONDS)
    async with await psycopg.AsyncConnection.connect(deployment.psycopg_url) as database:
        [counts] = await (await database.execute(_COUNTS)).fetchall()
        rows = await (await database.execute(_ROWS)).fetchall()
    return [float(one) for one in counts], {name: list(numbers) for name, *numbers in rows}


# The second part


async def _two_against_one(deployments: Sequence["Deployment"], nodes: set[int]) -> dict[str, object]:
    """Messages settled a second by one process and by two, each held to the same part of a core."""
    if not os.access(CGROUPS, os.W_OK):
        return {"two processes against one": f"not measured: {CGROUPS} cannot be written"}
    bodies = stream((TURNS + 1) * 2 * TURN_MESSAGES)
    rates: list[list[float]] = [[], []]
    async with AsyncExitStack() as stack:
        running = []
        for processes, deployment in enumerate(deployments, 1):
            gateway = await stack.enter_async_context(deployment.gateway(nodes, processes=processes))
            for process in [gateway.pid] if processes == 1 else _children(gateway.pid):
                stack.enter_context(held_to(process, QUOTA))
            running.append(gateway)
        for turn in range(TURNS + 1):
            for deployment, gateway, found in zip(deployments, running, rates, strict=True):
                began = time.perf_counter()
                await post_all(gateway.address, deployment.key, list(itertools.islice(bodies, TURN_MESSAGES)))
                await deployment.settled((turn + 1) * TURN_MESSAGES)
                found.append(TURN_MESSAGES / (time.perf_counter() - began))
    one, two = (found[1:] for found in rates)  # the first turn warms up
    ratios = [round(b / a, 2) for a, b in zip(one, two, strict=True)]
    return {
        f"accepted, judged and delivered a second, each process with {QUOTA} of a core": {
            "one process": round(median(one)),
            "two processes": round(median(two)),
            "ratio, median and each turn": [round(median(ratios), 2), *ratios],
        }
    }


@contextmanager
def held_to(pid: int, share: float) -> Iterator[None]:
    """Hold a process, and its children from now on, to this part of a core."""
    group = CGROUPS / f"meterpoort-bench-{pid}"
    group.mkdir()
    try:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(int(PERIOD_US * share)))
        (group / "cpu.shares").write_text(str(SHARES))
        for one in (pid, *_children(pid)):
            (group / "cgroup.procs").write_text(str(one))
        yield
    finally:
        for member in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                (CGROUPS / "cgroup.procs").write_text(member)
        group.rmdir()


# Both


@dataclass
class Running:
    """A gateway that runs."""

    address: str
    pid: int


class Deployment:
    """A database with a supplier and a municipality, and a data directory."""

    def __init__(self, server: PostgresServer, directory: Path) -> None:
        self.server = server
        self.url = server.new_database()
        self._directory = directory
        settings = Settings(data_directory=directory, database=DatabaseSettings(url=self.url))
        parties.save_party(settings, "supplier", name="L", kind="company", identifiers=(SUPPLIER,))
        parties.save_party(settings, "town", name="G", kind="non-rijk", identifiers=(TOWN,))
        self.key = parties.new_key(settings, "supplier", "supplier")[1]
        self.town_key = parties.new_key(settings, "government", "town")[1]
        with psycopg.connect(self.psycopg_url, autocommit=True) as database:
            database.execute("CREATE EXTENSION pg_stat_statements")

    @property
    def psycopg_url(self) -> str:
        """The address of the database for psycopg itself."""
        return self.url.replace("+psycopg", "")

    @asynccontextmanager
    async def gateway(self, nodes: set[int], kind: str = "serve", processes: int = 1) -> AsyncIterator[Running]:
        """A gateway on these cores; `accepts-only`: one that judges nothing."""
        program = [
            "gateway",
            "serve",
            "--data",
            str(self._directory),
            "--processes",
            str(processes),
            "--port",
            "0",
        ]
        if kind != "serve":
            program = ["tests.flows.node", str(self._directory), kind]
        environment = os.environ | {"METERPOORT_DATABASE__URL": self.url, "METERPOORT_WORKERS__COUNT": "1"}
        process = await asyncio.create_subprocess_exec(
            *("taskset", "--cpu-list", ",".join(map(str, nodes)), sys.executable, "-m", *program),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )
        if process.stdout is None:
            raise RuntimeError("no output")
        line = (await process.stdout.readline()).decode()
        try:
            yield Running(line.split(" at ")[1].split()[0], process.pid)
        finally:
            process.terminate()
            await process.wait()

    async def settled(self, messages: int) -> None:
        """Wait until so many messages have been delivered to a mailbox."""
        async with await psycopg.AsyncConnection.connect(self.psycopg_url, autocommit=True) as database:
            while True:
                [found] = await (await database.execute("SELECT count(*) FROM mailbox")).fetchall()
                if found[0] >= messages:
                    return
                await asyncio.sleep(0.1)


def _all_seconds(gateway: Running, server: PostgresServer) -> tuple[float, float, float]:
    """Processor seconds of the gateway's own process, of its workers, and of PostgreSQL, since they began."""
    own = _seconds(gateway.pid, is_alone=True)
    return own, _seconds(gateway.pid) - own, _seconds(server.pid)


def _children(pid: int) -> list[int]:
    """The processes below this one."""
    found = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*found, *(below for one in found for below in _children(one))]


def _seconds(pid: int, *, is_alone: bool = False) -> float:
    """Processor seconds of a process; unless it is alone, with those below it, also those that have ended."""
    total = 0
    for one in (pid,) if is_alone else (pid, *_children(pid)):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11 : 13 if is_alone else 15]))
    return total * TICK_SECONDS
