"""Senders, recipients, an operator and finance, and what must hold of a gateway that was killed under them.

The outside world remembers what it sent and what it was answered; `check` compares that with the tables, read by
SQL alone, and with the bytes on the disk.
"""

import asyncio
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from sqlalchemy import Connection, Row, create_engine, make_url, text

from gateway.admin.stores import Stores, with_stores
from gateway.billing.runs.bills_audit import audit_bills
from gateway.clock import amsterdam_today
from gateway.messages.participants import Party, PartyKind, Role
from gateway.settings import DatabaseSettings, DropSettings, HttpSettings, Settings
from gateway.store.billing.records import SqlBillingStore
from gateway.store.engine import open_engines
from gateway.store.ledger.audit import audit
from gateway.store.writer import Writer
from gateway.validator.model.identifiers import PartyIdentifier
from tests.faults.process import Running, running
from tests.flows.conftest import ISSUER, SUPPLIER, TOWN, numbered
from tests.flows.test_billing_runs import DEBTOR
from tests.unit.pki.hierarchies import hierarchy

Json = dict[str, Any]  # what JSON holds, at the edge
PUSHED = PartyIdentifier("0190", "00000099000000001000")
FINAL = "('delivered', 'confirmed', 'refused')"
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
LARGE_BYTES = 300_000
QUIET_SECONDS_MAX = 60.0
ORPHAN_HOURS = 60 / 3600
"""What no message names is removed after a minute: no request here takes so long."""
GONE = (aiohttp.ClientError, ConnectionError, TimeoutError)
"""What a caller sees of a gateway that was killed."""


@dataclass
class World:
    """What everybody outside the gateway remembers."""

    folder: Path
    settings: Settings
    keys: dict[str, str]
    sent: dict[str, bytes] = field(default_factory=dict)
    """Documents by number, which is also their idempotency key."""
    kenmerken: dict[str, str] = field(default_factory=dict)
    """What the gateway acknowledged, by number."""
    confirmed: set[str] = field(default_factory=set)
    notified: Counter[str] = field(default_factory=Counter)
    """Events that the recipient of pushes took, by kenmerk."""
    used: set[str] = field(default_factory=set)
    """Usage events that were acknowledged."""
    debtors: list[str] = field(default_factory=list)
    starts: int = 0

    def headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[who]}"}


@asynccontextmanager
async def opened_world(folder: Path, database_url: str) -> AsyncIterator[World]:
    """Parties and keys, and a recipient that is pushed to."""
    notified: Counter[str] = Counter()

    async def take(request: web.Request) -> web.Response:
        """Refuses every third message the first time: an operator replays it."""
        kenmerk = (await request.json())["id"]
        notified[kenmerk] += 1
        return web.Response(status=422 if notified[kenmerk] == 1 and len(notified) % 3 == 0 else 204)

    app = web.Application()
    app.router.add_post("/events", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    settings = _settings(folder, database_url)
    keys = await asyncio.to_thread(_furnish, settings, f"http://localhost:{runner.addresses[0][1]}/events")
    try:
        yield World(folder, settings, keys, notified=notified)
    finally:
        await runner.cleanup()


def _settings(folder: Path, database_url: str) -> Settings:
    plain = Settings(
        data_directory=folder,
        database=DatabaseSettings(url=database_url),
        http=HttpSettings(port=0),
        billing=ISSUER,
        drop=DropSettings(url=str(folder / "drop"), formats="csv", hour=1),
    )
    change = msgspec.structs.replace
    return change(
        plain,
        digipoort=change(plain.digipoort, tls_directory=hierarchy()),
        delivery=change(plain.delivery, hosts_allowed="localhost", pause_seconds_first=0.05, give_up_hours=1e6),
        reaper=change(plain.reaper, pass_hours=1 / 3600, orphan_hours_min=ORPHAN_HOURS),
        workers=change(plain.workers, count=1),
    )


def _furnish(settings: Settings, events_url: str) -> dict[str, str]:
    """Keys by the names of their owners."""

    async def work(stores: Stores) -> dict[str, str]:
        where = {"delivery": "webhook", "delivery_url": events_url}
        for party in (
            Party("supplier", "Leverancier", PartyKind.COMPANY, (SUPPLIER,)),
            Party("town", "Gemeente", PartyKind.NON_RIJK, (TOWN,)),
            Party("pushed", "Waterkant", PartyKind.NON_RIJK, (PUSHED,), settings=where),
        ):
            await stores.register.save(party, "test")
        new_key = stores.register.new_key
        return {
            "supplier": (await new_key(Role.SUPPLIER, "supplier", "test"))[1],
            "town": (await new_key(Role.GOVERNMENT, "town", "test"))[1],
            "operator": (await new_key(Role.OPERATOR, None, "test"))[1],
            "finance": (await new_key(Role.FINANCE, None, "test"))[1],
            "controller": (await new_key(Role.FINANCE, None, "test"))[1],
        }

    return with_stores(settings, work)


@asynccontextmanager
async def started(world: World, armed: tuple[str, int] | None = None) -> AsyncIterator[Running]:
    """The gateway of this world, a day later than the last time."""
    world.starts += 1
    async with running(world.settings, world.starts, armed) as gateway:
        yield gateway


class Wave:
    """What everybody does at once: new documents, leases and confirmations, replays, usage events and a bill.

    Everything ends early when the gateway goes away, and is done again until it was answered.
    """

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self._world = world
        self._session = session

    async def run(self, name: str) -> None:
        """One round of it."""
        world = self._world
        world.sent |= _documents(name)
        world.debtors.append(f"debtor-{name}")
        await self.repeat()

    async def repeat(self) -> None:
        """Do again whatever was not answered."""
        unanswered = [number for number in self._world.sent if number not in self._world.kenmerken]
        events = {f"{number}-use" for number in self._world.sent} - self._world.used
        await _all(
            *(self.send(number) for number in unanswered),
            self._use(sorted(events)),
            self._bill(),
            self._take(),
            self._replay(),
        )

    async def send(self, number: str) -> None:
        """Submit a document under its own key; the answer is always the same kenmerk."""
        headers = {"Content-Type": "application/xml", "Idempotency-Key": number}
        answer = await self._ask(
            "supplier", "POST", "/v1/messages", data=self._world.sent[number], headers=headers
        )
        kenmerk = answer["kenmerk"]
        assert self._world.kenmerken.setdefault(number, kenmerk) == kenmerk, "the same key got another kenmerk"
        await self._ask("supplier", "GET", f"/v1/messages/{kenmerk}/statuses")

    async def _take(self) -> None:
        """Lease what waits, and confirm half of it."""
        body = {"count": 4, "seconds": 1}
        for lease in (await self._ask("town", "POST", "/v1/mailbox/leases", json=body))["items"][::2]:
            kenmerk = lease["message"]["kenmerk"]
            address = f"/v1/mailbox/messages/{kenmerk}/confirmation"
            await self._ask("town", "PUT", address, json={"token": lease["token"]})
            self._world.confirmed.add(kenmerk)

    async def _replay(self) -> None:
        """Have judged again what a recipient refused."""
        returned = await self._ask("operator", "GET", "/v1/messages?state=returned")
        for message in returned["items"]:
            await self._ask("operator", "POST", f"/v1/messages/{message['kenmerk']}/replays", statuses={202, 409})

    async def _use(self, events: list[str]) -> None:
        """Record use that was metered elsewhere."""
        if events:
            headers = {"Content-Type": "application/cloudevents-batch+json"}
            body = json.dumps([_event(one) for one in events])
            await self._ask("finance", "POST", "/v1/usage-events", data=body, headers=headers)
            self._world.used |= set(events)

    async def _bill(self) -> None:
        """Bill the newest debtor its prepayment of this year, unless that was done."""
        if not self._world.debtors:
            return
        year = amsterdam_today().year
        name = self._world.debtors[-1]
        party = {"name": name, "kind": "non-rijk", "identifiers": [f"0190:{_oin(name)}"]}
        await self._ask("operator", "PUT", f"/v1/parties/{name}", json=party)
        debtor = DEBTOR | {"oin": _oin(name)}
        await self._ask("finance", "PUT", f"/v1/debtors/{name}", json=debtor)
        await self._ask("finance", "PUT", f"/v1/parties/{name}/forecasts/{year}", json={"units": 3})
        await self._ask("finance", "PUT", f"/v1/parties/{name}/forecasts/{year}/agreement", json={})
        if not (await self._ask("finance", "GET", f"/v1/bills?partyId={name}&year={year}"))["items"]:
            run = await self._ask(
                "finance",
                "POST",
                "/v1/billing-runs",
                json={"stage": "prepayment", "service": "digipoort", "year": year},
            )
            await self._ask("controller", "PUT", f"/v1/billing-runs/{run['runId']}/approval")
            await self._ask("finance", "PUT", f"/v1/billing-runs/{run['runId']}/issue")

    async def _ask(
        self,
        who: str,
        method: str,
        path: str,
        statuses: Iterable[int] = (),
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Json:
        """The JSON of an answer that has to succeed. Asks again, as a client does, where the answer is 503."""
        headers = {**self._world.headers(who), **(headers or {})}
        while True:
            async with self._session.request(method, path, headers=headers, **body) as answer:
                found: Json = await answer.json(content_type=None)
                if answer.status != 503:
                    expected = set(statuses) or {200, 201, 202}
                    assert answer.status in expected, (method, path, answer.status, found)
                    return found
            await asyncio.sleep(0.2)


async def until_quiet(world: World, address: str) -> None:
    """Do again what was not answered, until everything was and nothing moves any more."""
    async with session_of(address) as session, asyncio.timeout(QUIET_SECONDS_MAX):
        wave = Wave(world, session)
        while True:
            await wave.repeat()
            if not await asyncio.to_thread(_unfinished, world):
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def session_of(address: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A client with time enough for a busy machine."""
    async with aiohttp.ClientSession(address, timeout=aiohttp.ClientTimeout(total=40)) as session:
        yield session


def _unfinished(world: World) -> Json:
    """What is not done yet, by what it is; empty when all is."""
    counts = {
        "messages": f"SELECT count(*) FROM messages WHERE state NOT IN {FINAL}",
        "pushes": "SELECT count(*) FROM outbox",
        "unsealed": "SELECT position - sealed FROM usage_head",
        "unsent": "SELECT count(*) FROM billing_documents d WHERE NOT EXISTS "
        "(SELECT 1 FROM messages m WHERE m.channel = 'internal' AND m.idempotency_key = d.number)",
    }
    with connected(world.settings) as connection:
        found = {name: connection.execute(text(sql)).scalar() for name, sql in counts.items()}
    found["unanswered"] = len(world.sent.keys() - world.kenmerken.keys())
    if found["unsealed"] == 1:  # a seal has two entries or more here
        found["unsealed"] = 0
    return {name: count for name, count in found.items() if count}


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """A connection that is not the gateway's."""
    url = make_url(settings.database_url())
    engine = create_engine(url.set(drivername=_DRIVERS[url.get_backend_name()]))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def check(world: World) -> Counter[str]:
    """Everything that must hold; counts of what there is."""
    with connected(world.settings) as connection:

        def ask(sql: str) -> Sequence[Row[Any]]:
            return connection.execute(text(sql)).all()

        messages = ask("SELECT * FROM messages")
        external = [row for row in messages if row.channel == "http"]
        by_number = {row.idempotency_key: row.kenmerk for row in external}
        assert len(external) == len(by_number) == len(world.sent), "a message is lost or there twice"
        assert world.kenmerken == by_number, "senders were answered something else"
        _check_bytes(world, messages)
        states = Counter(row.state for row in messages)
        delivered = sorted(row.kenmerk for row in messages if row.state in {"delivered", "confirmed"})
        refused = [row.idempotency_key for row in external if row.state == "refused"]
        assert sorted(refused) == sorted(number for number in world.sent if number.endswith("wrong"))
        assert len(delivered) + len(refused) == len(messages), states
        assert {row.kenmerk for row in messages if row.state == "confirmed"} >= world.confirmed
        _check_journal(ask("SELECT kenmerk, position, step FROM journal"), messages, set(delivered))
        pushed = {row.kenmerk for row in external if row.recipient_id == "pushed"}
        assert pushed == set(world.notified), "a recipient was not called"
        metered = Counter(
            row.key.partition(" ")[0] for row in ask("SELECT key FROM usage_entries WHERE source = 1")
        )
        billable = {row.kenmerk for row in messages if row.disposition == "billable"}
        assert metered == Counter(billable), "metered is not what was delivered"
        assert billable == {row.kenmerk for row in external if row.kenmerk in set(delivered)}
        elsewhere = [row.key for row in ask("SELECT key FROM usage_entries WHERE source <> 1")]
        assert sorted(elsewhere) == sorted(world.used), "a usage event is lost or there twice"
        rollup = ask("SELECT coalesce(sum(quantity), 0) AS quantity FROM usage_rollups")[0].quantity
        assert rollup == len(billable) + len(elsewhere)
        box = {row.kenmerk for row in ask("SELECT kenmerk FROM mailbox")}
        assert box == {row.kenmerk for row in messages if row.state == "delivered"}
        bills = ask("SELECT number, party_id, rank FROM billing_documents ORDER BY rank")
        assert [row.rank for row in bills] == list(range(1, len(bills) + 1)), "the numbers of bills have a gap"
        assert len({row.party_id for row in bills}) == len(bills), "somebody was billed twice"
        sent = Counter(row.idempotency_key for row in messages if row.channel == "internal")
        assert sent == Counter(row.number for row in bills), "a bill was not sent, or twice"
        seals = ask("SELECT * FROM usage_seals")
    drops = _check_drops(world.folder / "drop")
    return Counter(states) + Counter(
        metered=len(billable), used=len(elsewhere), bills=len(bills), seals=len(seals), drops=drops
    )


def _check_bytes(world: World, messages: Sequence[Row[Any]]) -> None:
    for row in messages:
        with (world.folder / "documents" / row.object_key).open("rb") as file:
            file.seek(row.object_offset)
            data = file.read(row.size_bytes)
        assert hashlib.sha256(data).hexdigest() == row.sha256, f"the bytes of {row.kenmerk} are not what was sent"
        assert row.channel != "http" or data == world.sent[row.idempotency_key]


def _check_journal(steps: Sequence[Row[Any]], messages: Sequence[Row[Any]], delivered: set[str]) -> None:
    positions: dict[str, list[int]] = defaultdict(list)
    ends: Counter[str] = Counter()
    for row in steps:
        positions[row.kenmerk].append(row.position)
        ends[row.kenmerk] += row.step == "delivered"
    assert {row.kenmerk: list(range(row.steps)) for row in messages} == {
        kenmerk: sorted(found) for kenmerk, found in positions.items()
    }, "a step is missing or there twice"
    assert {kenmerk: count for kenmerk, count in ends.items() if count} == dict.fromkeys(delivered, 1)


def _check_drops(folder: Path) -> int:
    """Each drop with a manifest is whole; how many there are."""
    manifests = list(folder.glob("*/manifest.json"))
    for manifest in manifests:
        for file in json.loads(manifest.read_bytes())["files"]:
            data = (manifest.parent / file["name"]).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size_bytes"], file["sha256"])
    return len(manifests)


async def check_audits(world: World) -> None:
    """The audits of the meter and of billing find nothing."""
    engines = open_engines(world.settings.database_url())
    try:
        assert (await audit(engines)).findings == ()
        store = SqlBillingStore(engines, Writer(engines.write, 1))
        assert (await audit_bills(store)).faults == ()
    finally:
        await engines.dispose()


async def _all(*doings: Awaitable[None]) -> None:
    """Wait for all of them; then raise what one raised, a broken promise before a gateway that is gone."""
    errors = [one for one in await asyncio.gather(*doings, return_exceptions=True) if one is not None]
    for error in sorted(errors, key=lambda one: isinstance(one, GONE)):
        raise error


def _documents(name: str) -> dict[str, bytes]:
    """Small ones and a large one for the mailbox, some to push, and one that is refused."""
    small = {f"{name}-{number}": numbered(f"{name}-{number}") for number in range(3)}
    blanks = b" " * (LARGE_BYTES // 2)  # one piece of text may be no longer
    large = numbered(f"{name}-large").replace(b"</Invoice>", blanks + b"</Invoice>")
    large = large.replace(b"<cac:OrderReference>", blanks + b"<cac:OrderReference>")
    pushed = {f"{name}-push-{number}": _to_pushed(f"{name}-push-{number}") for number in range(2)}
    wrong = numbered(f"{name}-wrong").replace(SUPPLIER.value.encode(), b"11223344")
    return small | pushed | {f"{name}-large": large, f"{name}-wrong": wrong}


def _to_pushed(number: str) -> bytes:
    return numbered(number).replace(TOWN.value.encode(), PUSHED.value.encode())


def _event(name: str) -> Json:
    return {
        "specversion": "1.0",
        "id": name,
        "source": "urn:nld:oin:00000001002220647000:systeem:digid",
        "type": "nl.meterpoort.digid-authentications.succeeded.v1",
        "time": "2026-01-01T00:00:00+01:00",
        "data": {"party": "town", "count": 1},
    }


def _oin(name: str) -> str:
    """An OIN of this debtor's own."""
    return f"00000001{int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10**9:09}000"
