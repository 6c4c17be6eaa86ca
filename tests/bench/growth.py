"""What growth costs: the processor time and the PostgreSQL work of one message, and two processes against one.

PostgreSQL and the load are pinned to other cores than the gateway (`taskset`); of two cores they share the first.
Processor time is counted for each kind of process, so these figures hold on a busy machine, too. Two processes are
compared with one in the same way; messages a second are a comparison only where each has cores to itself.
"""

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
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
LOOK_SECONDS = 0.02
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
STATISTICS_SECONDS = 11.0
"""An idle process of PostgreSQL reports what it counted within ten seconds."""
_COUNTS = """SELECT (SELECT sum(calls) FROM pg_stat_statements WHERE userid = 'meterpoort'::regrole),
(SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), (SELECT wal_fpi FROM pg_stat_wal)"""
_WAITING = (
    """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""
)
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
    """The same messages for one process and for two, by turns."""
    bodies = stream((TURNS + 1) * 2 * TURN_MESSAGES)
    found: list[list[Turn]] = [[], []]
    async with AsyncExitStack() as stack:
        running = [
            await stack.enter_async_context(deployment.gateway(nodes, processes=processes))
            for processes, deployment in enumerate(deployments, 1)
        ]
        for number in range(TURNS + 1):
            for deployment, gateway, turns in zip(deployments, running, found, strict=True):
                some = list(itertools.islice(bodies, TURN_MESSAGES))
                turns.append(await _turn(deployment, gateway, some, (number + 1) * TURN_MESSAGES))
    one, two = (turns[1:] for turns in found)  # the first turn warms up
    return {
        "one process": _medians(one),
        "two processes": _medians(two),
        "two against one, messages a second": _ratio(one, two, lambda turn: 1 / turn.seconds),
        "… if each had cores to itself: twice the ratio of messages by processor time": round(
            2 * _ratio(one, two, lambda turn: 1 / turn.gateway_seconds), 2
        ),
    }


@dataclass
class Turn:
    """Seconds until all were delivered, processor seconds, and the share of looks at which a commit waited for
    another's lock."""

    seconds: float
    gateway_seconds: float
    postgres_seconds: float
    waiting: float


async def _turn(deployment: "Deployment", gateway: "Running", bodies: Sequence[bytes], settled: int) -> Turn:
    looks: list[int] = []
    looking = asyncio.create_task(_look_for_locks(deployment, looks))
    in_gateway, in_postgres = _seconds(gateway.pid), _seconds(deployment.server.pid)
    began = time.perf_counter()
    await post_all(gateway.address, deployment.key, list(bodies))
    await deployment.settled(settled)
    took = time.perf_counter() - began
    looking.cancel()
    return Turn(
        took,
        _seconds(gateway.pid) - in_gateway,
        _seconds(deployment.server.pid) - in_postgres,
        sum(looks) / max(1, len(looks)),
    )


async def _look_for_locks(deployment: "Deployment", looks: list[int]) -> None:
    async with await psycopg.AsyncConnection.connect(deployment.psycopg_url, autocommit=True) as database:
        while True:
            [row] = await (await database.execute(_WAITING)).fetchall()
            looks.append(row[0] > 0)
            await asyncio.sleep(LOOK_SECONDS)


def _medians(turns: Sequence[Turn]) -> dict[str, float]:
    return {
        "messages a second": round(TURN_MESSAGES / median(turn.seconds for turn in turns)),
        "gateway, ms of a core": _ms_each(turn.gateway_seconds for turn in turns),
        "PostgreSQL, ms of a core": _ms_each(turn.postgres_seconds for turn in turns),
        "share of the time that a commit waits for another's lock": round(
            median(turn.waiting for turn in turns), 3
        ),
    }


def _ms_each(seconds: Iterable[float]) -> float:
    return round(median(seconds) / TURN_MESSAGES * 1000, 2)


def _ratio(one: Sequence[Turn], two: Sequence[Turn], rate: Callable[[Turn], float]) -> float:
    return round(median(rate(b) / rate(a) for a, b in zip(one, two, strict=True)), 2)


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
    try:
        found = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has just ended
        return []
    return [*found, *(below for one in found for below in _children(one))]


def _seconds(pid: int, *, is_alone: bool = False) -> float:
    """Processor seconds of a process; unless it is alone, with those below it, also those that have ended."""
    total = 0
    for one in (pid,) if is_alone else (pid, *_children(pid)):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11 : 13 if is_alone else 15]))
    return total * TICK_SECONDS
