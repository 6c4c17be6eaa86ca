"""Several gateways on one PostgreSQL and one document store: a node that dies or hangs hands over, and nothing is
lost, delivered, pushed or metered twice.

The gateways are real processes. What senders and recipients saw is compared with what the database holds, which is
read with psycopg, not with the gateway's own code.
"""

import asyncio
import contextlib
import inspect
import os
import signal
import ssl
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import psycopg
import pytest
from aiohttp import web
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from gateway import main
from gateway.admin import parties
from gateway.clock import utc_now
from gateway.main import open_gateway
from gateway.settings import BillingSettings, DatabaseSettings, DropSettings, MailSettings, Settings
from gateway.store.engine import open_engines
from gateway.store.ledger.audit import audit
from gateway.store.record.audit import audit_record
from tests.flows.conftest import SUPPLIER, TOWN, numbered
from tests.unit.pki.hierarchies import hierarchy
from tests.waiting import WAIT_SECONDS_MAX, until

PUSHED_OIN = "00000099000000001000"
HANDED_OVER_SECONDS_MAX = 30
MESSAGES = 40

pytestmark = pytest.mark.postgresql


@dataclass
class Recipient:
    """A municipality's own server: what it was sent, and when."""

    port: int = 0
    kenmerken: list[str] = field(default_factory=list)
    under_way: int = 0
    at_once_max: int = 0
    pause_seconds: float = 0.01

    async def receive(self, request: web.Request) -> web.StreamResponse:
        self.under_way += 1
        self.at_once_max = max(self.at_once_max, self.under_way)
        self.kenmerken.append(msgspec.json.decode(await request.read())["id"])
        await asyncio.sleep(self.pause_seconds)
        self.under_way -= 1
        return web.Response(status=204)


@pytest.fixture
async def recipient() -> AsyncIterator[Recipient]:
    made, app = Recipient(), web.Application()
    app.router.add_post("/hook", made.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@dataclass
class Node:
    """A running gateway."""

    process: asyncio.subprocess.Process
    address: str


@dataclass
class Cluster:
    """One database and one document store for all nodes, and the key of a supplier."""

    directory: Path
    database_url: str
    key: str = ""
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The kenmerk by document number."""

    @property
    def settings(self) -> Settings:
        return Settings(data_directory=self.directory, database=DatabaseSettings(url=self.database_url))

    def furnish(self, port: int) -> None:
        """A supplier, a municipality with a mailbox, and one that is called at this port."""
        save = parties.save_party
        save(self.settings, "supplier", name="L", kind="company", identifiers=(str(SUPPLIER),))
        save(self.settings, "town", name="G", kind="non-rijk", identifiers=(str(TOWN),))
        save(
            self.settings,
            "called",
            name="W",
            kind="non-rijk",
            identifiers=(f"0190:{PUSHED_OIN}",),
            party_settings=("delivery=webhook", f"delivery_url=http://localhost:{port}/hook"),
        )
        self.key = parties.new_key(self.settings, "supplier", "supplier")[1]

    async def begin(self, kind: str = "whole") -> asyncio.subprocess.Process:
        """Start a gateway's process; `two-processes` is one machine's two."""
        environment = os.environ | {
            "METERPOORT_DATABASE__URL": self.database_url,
            "METERPOORT_STORAGE__URL": (self.directory / "documents").absolute().as_uri(),
            "METERPOORT_DELIVERY__HOSTS_ALLOWED": "localhost",
            "METERPOORT_DIGIPOORT__TLS_DIRECTORY": str(hierarchy()),
            "METERPOORT_WORKERS__COUNT": "1",
            "METERPOORT_HTTP__METRICS_NEED_KEY": "false",
            "TMPDIR": str(self.directory),
        }
        own = self.directory / f"node-{time.monotonic_ns()}"
        (self.directory / "documents").mkdir(exist_ok=True)
        program = ["tests.flows.node", str(own), kind]
        if kind == "two-processes":
            program = ["gateway", "serve", "--data", str(own), "--port", "0", "--processes", "2"]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *program),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
        self.stack.push_async_callback(end, process)
        return process

    async def start(self, kind: str = "whole") -> Node:
        """Start a gateway and wait until it accepts."""
        return await up(await self.begin(kind))

    async def send(self, node: Node, numbers: Sequence[str]) -> None:
        """Submit one document for each number, every second one to the municipality that is called; again when the
        connection breaks before the answer."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/xml"}

        async def one(session: aiohttp.ClientSession, index: int, number: str) -> None:
            document = numbered(number)
            if index % 2:
                document = document.replace(TOWN.value.encode(), PUSHED_OIN.encode())
            more = headers | {"Idempotency-Key": number}
            while number not in self.acknowledged:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with session.post("/v1/messages", data=document, headers=more) as answer:
                        assert answer.status in {200, 202}, await answer.text()
                        self.acknowledged[number] = (await answer.json())["kenmerk"]

        connector = aiohttp.TCPConnector(ssl=client_context())
        async with aiohttp.ClientSession(node.address, connector=connector) as session:
            await asyncio.gather(*(one(session, index, number) for index, number in enumerate(numbers)))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url.replace("+psycopg", "")) as database:
            return database.execute(query.encode()).fetchall()

    async def until_settled(self, seconds: float) -> float:
        """Wait until nothing waits any more; the seconds that took."""
        begun = time.monotonic()
        while waiting := self.rows("SELECT state FROM messages WHERE state NOT IN ('delivered', 'confirmed')"):
            if time.monotonic() - begun > seconds:
                pytest.fail(f"after {seconds} s {Counter(waiting)} still wait")
            await asyncio.sleep(0.2)
        return time.monotonic() - begun

    async def check(self, recipient: Recipient, again_max: int = 0) -> None:
        """Everything acknowledged is delivered once, pushed once and metered once, and every record agrees. At
        most `again_max` were pushed again: a node that is killed in a call has not written what it heard."""
        kenmerken = sorted(self.acknowledged.values())
        assert [row[0] for row in self.rows("SELECT kenmerk FROM messages ORDER BY kenmerk")] == kenmerken
        assert [row[0] for row in self.rows("SELECT kenmerk FROM mailbox ORDER BY kenmerk")] == kenmerken
        metered = [(key, quantity) for key, quantity in self.rows("SELECT key, quantity FROM usage_entries")]
        party = {row[0]: row[1] for row in self.rows("SELECT kenmerk, recipient_id FROM messages")}
        assert sorted(metered) == sorted((f"{one} delivered-to {party[one]}", 1) for one in kenmerken)
        assert self.rows("SELECT count(*), sum(quantity) FROM usage_rollups")[0][1] == len(kenmerken)
        to_call = sorted(one for one in kenmerken if party[one] == "called")
        assert sorted(set(recipient.kenmerken)) == to_call, "not pushed"
        assert len(recipient.kenmerken) - len(to_call) <= again_max, "not pushed once"
        assert recipient.at_once_max <= 1, "called by two nodes at a time"
        doubled = "SELECT kenmerk FROM journal WHERE step = 'delivered' GROUP BY kenmerk HAVING count(*) > 1"
        assert self.rows(doubled) == []
        engines = open_engines(self.database_url)
        assert (await audit(engines)).findings == ()
        assert (await asyncio.to_thread(audit_record, engines.url)).findings == ()
        await engines.dispose()


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=hierarchy() / "ca.pem")
    context.load_cert_chain(hierarchy() / "clients/leverancier.pem", hierarchy() / "clients/leverancier-key.pem")
    return context


async def end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGCONT)
        process.kill()
    await process.wait()


async def up(process: asyncio.subprocess.Process) -> Node:
    assert process.stdout is not None
    assert process.stderr is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
    assert "is running at" in line, (await process.stderr.read()).decode()
    return Node(process, line.split(" at ")[1].split()[0])


@asynccontextmanager
async def new_cluster(directory: Path, url: str, recipient: Recipient) -> AsyncIterator[Cluster]:
    cluster = Cluster(directory, url)
    await asyncio.to_thread(cluster.furnish, recipient.port)
    async with cluster.stack:
        yield cluster


@pytest.fixture
async def cluster(tmp_path: Path, postgres_url: str, recipient: Recipient) -> AsyncIterator[Cluster]:
    async with new_cluster(tmp_path, postgres_url, recipient) as made:
        yield made


def numbers(prefix: str, count: int = MESSAGES) -> list[str]:
    return [f"{prefix}-{number:03d}" for number in range(count)]


async def test_a_node_that_is_killed_hands_over_what_it_acknowledged(
    cluster: Cluster, recipient: Recipient
) -> None:
    dies = await cluster.start("accepts-only")
    others = [await cluster.start() for _ in range(2)]
    await cluster.send(dies, numbers("D"))
    dies.process.kill()
    killed_at = time.monotonic()
    await dies.process.wait()
    for index, node in enumerate(others):
        await cluster.send(node, numbers(f"L{index}", 10))
    await cluster.until_settled(HANDED_OVER_SECONDS_MAX - (time.monotonic() - killed_at))
    await cluster.check(recipient)


async def test_a_node_that_hangs_hands_over_and_doubles_nothing_when_it_goes_on(
    cluster: Cluster, recipient: Recipient
) -> None:
    hangs = await cluster.start()
    await cluster.start()
    recipient.pause_seconds = 0
    sending = asyncio.create_task(cluster.send(hangs, numbers("H")))
    await until(lambda: _is(len(cluster.acknowledged) >= MESSAGES // 2))
    await until(lambda: _is(recipient.under_way == 0))
    hangs.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(40)
    await cluster.until_settled(1)
    hangs.process.send_signal(signal.SIGCONT)
    await asyncio.wait_for(sending, 30)
    await cluster.until_settled(HANDED_OVER_SECONDS_MAX)
    await cluster.send(hangs, numbers("A", 6))
    await cluster.until_settled(HANDED_OVER_SECONDS_MAX)
    await cluster.check(recipient)


async def _is(value: bool) -> bool:
    return value


@pytest.mark.parametrize("_time", range(3))
async def test_nodes_that_start_at_once_on_an_empty_database_make_its_schema_once(
    tmp_path: Path, empty_postgres_url: str, _time: int
) -> None:
    cluster = Cluster(tmp_path, empty_postgres_url)
    async with cluster.stack:
        processes = [await cluster.begin() for _ in range(3)]
        await asyncio.gather(*(up(process) for process in processes))
        assert cluster.rows("SELECT count(*) FROM nodes") == [(3,)]


async def test_a_node_that_stops_hands_over_at_once(cluster: Cluster, recipient: Recipient) -> None:
    stops = await cluster.start("accepts-only")
    other = await cluster.start()
    await cluster.send(stops, numbers("S"))
    await until(lambda: _counts_waiting(other, MESSAGES))
    stops.process.terminate()
    await stops.process.wait()
    assert await cluster.until_settled(20) < 20
    await cluster.check(recipient)


async def _counts_waiting(node: Node, messages: int) -> bool:
    """What waits for any node is in the metrics of this one, with its age."""
    found = await scraped(node)
    names = ("meterpoort_queue_messages", "meterpoort_undelivered_messages")
    return [found[name] for name in names] == [messages] * 2 and found["meterpoort_queue_oldest_seconds"] > 0


async def test_a_key_that_is_revoked_works_nowhere_within_seconds(cluster: Cluster, recipient: Recipient) -> None:
    nodes = [await cluster.start() for _ in range(2)]
    key_id, key = await asyncio.to_thread(parties.new_key, cluster.settings, "supplier", "supplier")
    connector = aiohttp.TCPConnector(ssl=client_context())
    async with aiohttp.ClientSession(connector=connector) as session:

        async def statuses() -> list[int]:
            found = []
            for node in nodes:
                headers = {"Authorization": f"Bearer {key}"}
                async with session.get(f"{node.address}/v1/messages", headers=headers) as answer:
                    found.append(answer.status)
            return found

        assert await statuses() == [200, 200]
        await asyncio.to_thread(parties.revoke_key, cluster.settings, key_id)

        async def is_revoked() -> bool:
            return await statuses() == [401, 401]

        await until(is_revoked, 5)


async def test_two_versions_run_on_one_database(cluster: Cluster, recipient: Recipient) -> None:
    old = await cluster.start()
    await cluster.send(old, numbers("O", 8))
    new = await cluster.start("newer")
    assert cluster.rows("SELECT version_num FROM alembic_version") == [("0002",)]
    await asyncio.gather(cluster.send(old, numbers("P", 8)), cluster.send(new, numbers("N", 8)))
    also_old = await cluster.start()
    await cluster.send(also_old, numbers("Q", 8))
    for node in (new, old):
        node.process.kill()
        await node.process.wait()
    await cluster.until_settled(HANDED_OVER_SECONDS_MAX)
    await cluster.check(recipient, again_max=2)


def children_of(process: asyncio.subprocess.Process) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def received_by(cluster: Cluster, number: int) -> float:
    """What the process of this number counted, as prometheus-client reads its file."""
    [file] = cluster.directory.glob(f"meterpoort-metrics-*/counter_{number}.db")
    merged = MultiProcessCollector.merge([str(file)])  # type: ignore[no-untyped-call]
    [counter] = [metric for metric in merged if metric.name == "meterpoort_messages_received"]
    return float(sum(sample.value for sample in counter.samples))


async def scraped(node: Node) -> dict[str, float]:
    """Sums by name of what `/metrics` answers on a new connection."""
    found: dict[str, float] = {}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client_context())) as session:
        for path in ("/healthz", "/readyz", "/metrics"):
            async with session.get(node.address + path, headers={"Accept": "text/plain"}) as answer:
                assert answer.status == 200, await answer.text()
                text = await answer.text()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


async def test_processes_of_one_machine_share_its_port_and_one_that_is_killed_comes_back(
    cluster: Cluster, recipient: Recipient
) -> None:
    recipient.pause_seconds = 0
    machine = await cluster.start("two-processes")
    await cluster.send(machine, numbers("A", 12))
    of_each = [received_by(cluster, number) for number in (1, 2)]
    assert min(of_each) > 0, "one process got nothing"
    assert sum(of_each) == 12
    killed, other = children_of(machine.process)
    sending = asyncio.create_task(cluster.send(machine, numbers("B", 12)))
    await until(lambda: _is(len(cluster.acknowledged) > 12))
    os.kill(killed, signal.SIGKILL)
    await sending
    await until(lambda: _is(len(children_of(machine.process)) == 2 and killed not in children_of(machine.process)))
    await cluster.until_settled(HANDED_OVER_SECONDS_MAX)
    await until(lambda: _are_two(cluster))
    before = received_by(cluster, 1) + received_by(cluster, 2)
    await cluster.send(machine, numbers("C", 12))
    await cluster.until_settled(HANDED_OVER_SECONDS_MAX)
    for _ in range(4):
        found = await scraped(machine)
        assert found["meterpoort_messages_received_total"] == before + 12
        assert found["meterpoort_messages_received_total"] == received_by(cluster, 1) + received_by(cluster, 2)
        assert found["meterpoort_build_info"] == 1
    assert other in children_of(machine.process)
    machine.process.terminate()
    assert await asyncio.wait_for(machine.process.wait(), WAIT_SECONDS_MAX) == 0
    assert cluster.rows("SELECT * FROM nodes") == []
    await cluster.check(recipient)


async def _are_two(cluster: Cluster) -> bool:
    return cluster.rows("SELECT count(*) FROM nodes") == [(2,)]


JOBS = ("seal", "reap", "retain", "send_bills", "send_reminders", "drop")
ONE_AT_A_TIME = {f"{job}_regularly" for job in JOBS}


async def test_what_one_node_at_a_time_does_is_left_by_the_others(tmp_path: Path, postgres_url: str) -> None:
    """Sealing, reaping, retention, the drop, sending bills and reminders: each asks first, and one of two may."""
    settings = Settings(
        data_directory=tmp_path,
        database=DatabaseSettings(url=postgres_url),
        drop=DropSettings(url=str(tmp_path / "drop")),
        billing=BillingSettings(sends_reminders=True),
        mail=MailSettings(host="localhost"),
    )
    found = set()
    async with open_gateway(settings) as first, open_gateway(settings) as second:
        for jobs in zip(*(main._jobs(gateway, utc_now) for gateway in (first, second)), strict=True):
            given = [inspect.getcoroutinelocals(job) for job in jobs]
            name = jobs[0].__name__
            if "is_mine" in given[0] and name != "run_periodically":
                assert sorted([await one["is_mine"]() for one in given]) == [False, True], name
                found.add(name)
            for job in jobs:
                job.close()
    assert found == ONE_AT_A_TIME
