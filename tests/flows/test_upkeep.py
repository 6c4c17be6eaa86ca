"""A running gateway looks after itself: it counts what it answers, and removes what nobody will ask for."""

import asyncio
import re
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from aiohttp import ClientSession
from sqlalchemy import insert

from gateway.jobs.reap import Reaper, reap_regularly
from gateway.main import Gateway, listen, open_gateway
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.message import MessageFilter
from gateway.messages.participants import Caller, Role
from gateway.messages.submission import Submission
from gateway.settings import DatabaseSettings, HttpSettings, Settings, WorkersSettings
from gateway.store.messages import tables as message_tables
from gateway.store.messages.references import ObjectReferences
from tests.flows.conftest import House, numbered
from tests.waiting import WAIT_SECONDS_MAX

SMALL = b"<not-a-document/>"
LARGE = b"<not-a-document>" + b"x" * 600_000 + b"</not-a-document>"
EVERYTHING = timedelta(hours=-1)
"""Older than an hour from now: all objects, as if a day had passed."""


def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(
        data_directory=tmp_path,
        http=HttpSettings(port=0),
        database=DatabaseSettings(url=database_url),
        workers=WorkersSettings(count=1),
    )


async def hand_in(gateway: Gateway, document: bytes) -> str:
    sink = gateway.storage.sink()
    for start in range(0, len(document), 100_000):
        await sink.write(document[start : start + 100_000])
    caller = Caller("key", Role.OPERATOR, None)
    receipt = await gateway.intake.submit(Submission(caller, "http", await sink.close()))
    return receipt.kenmerk


async def leave_behind(gateway: Gateway) -> None:
    """What a sender leaves who goes away in the middle of a large body, when the gateway stops there too."""
    sink = gateway.storage.sink()
    await sink.write(LARGE)
    await sink.close()


async def objects(gateway: Gateway) -> set[str]:
    return {key async for key in gateway.storage.keys_older_than(EVERYTHING)}


async def document_of(gateway: Gateway, kenmerk: str) -> bytes:
    message = await gateway.store.message(kenmerk, None)
    assert message is not None
    return await gateway.storage.read(message.document)


class Passes:
    """Collects the passes; `twice` is set when there were two."""

    def __init__(self) -> None:
        self.passes: list[tuple[int, bool]] = []
        self.twice = asyncio.Event()

    def reaper_passed(self, removed_objects: int, *, held: bool) -> None:
        self.passes.append((removed_objects, held))
        if len(self.passes) == 2:
            self.twice.set()


async def test_leftovers_go_and_documents_stay(tmp_path: Path, database_url: str) -> None:
    async with open_gateway(settings(tmp_path, database_url)) as gateway:
        kept = {await hand_in(gateway, document): document for document in (SMALL, LARGE)}
        before = await objects(gateway)
        await leave_behind(gateway)
        await gateway.storage.put_stable("exports/2026/figures.csv", b"not of a message")
        reaper = Reaper(gateway.storage, ObjectReferences(gateway.engines), EVERYTHING, 0.5)
        done = await reaper.reap()
        assert (done.orphans, done.removed, done.held) == (1, 1, False)
        assert await objects(gateway) == before | {"exports/2026/figures.csv"}
        assert {kenmerk: await document_of(gateway, kenmerk) for kenmerk in kept} == kept


async def test_a_pass_that_fails_comes_again(tmp_path: Path) -> None:
    async with open_gateway(settings(tmp_path, "")) as gateway:
        await leave_behind(gateway)
        broken = Reaper(gateway.storage, Breaking(ObjectReferences(gateway.engines)), EVERYTHING, 0.5)
        passes = Passes()
        passing = asyncio.create_task(reap_regularly(broken, passes, timedelta(0), timedelta(0)))
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            await passes.twice.wait()
        passing.cancel()
        assert passes.passes[:2] == [(1, False), (0, False)]


class Breaking(ObjectReferences):
    """Breaks at the first question."""

    def __init__(self, good: ObjectReferences) -> None:
        self._good, self._asked = good, 0

    async def find_used(self, keys: Collection[str]) -> frozenset[str]:
        self._asked += 1
        if self._asked == 1:
            raise OSError("the database is away")
        return await self._good.find_used(keys)


async def test_answers_are_counted_under_their_kind_of_route(tmp_path: Path) -> None:
    async with (
        open_gateway(settings(tmp_path, "")) as gateway,
        listen(gateway) as address,
        ClientSession() as client,
    ):
        for path in ("/healthz", "/v1/messages", "/v1/messages/nobody", "/v1/mailbox/messages", "/made/up"):
            async with client.get(address + path):
                pass
        _, body = gateway.metrics.exposition()
        assert (await gateway.store.page(MessageFilter(), None, 1)).items == ()
    counted = re.findall(
        r'meterpoort_http_requests_total{route="(\w+)",status="(\w+)"} ([1-9]\d*)\.0', body.decode()
    )
    assert sorted(counted) == [
        ("health", "2xx", "1"),
        ("mailbox", "4xx", "1"),
        ("messages", "4xx", "2"),
        ("other", "4xx", "1"),
    ]


async def test_mailboxes_and_parked_messages_are_measured_at_the_start(tmp_path: Path) -> None:
    async with open_gateway(settings(tmp_path, "")) as gateway:
        with gateway.engines.write.begin() as connection:
            row = {"recipient_id": "gemeente", "kenmerk": new_kenmerk(), "times_taken": 0}
            connection.execute(insert(message_tables.mailbox).values(**row))
    async with open_gateway(settings(tmp_path, "")) as gateway:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            measured = b"meterpoort_mailbox_messages 1.0"
            while measured not in gateway.metrics.exposition()[1]:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.01)


async def test_metrics_say_what_the_store_holds(house: House) -> None:
    for number, document in (("M-1", None), ("M-1", b"<again/>"), ("M-2", None), ("M-3", b"<not-a-document/>")):
        await house.send("supplier", document or numbered(number))
    await house.send("supplier", numbered("M-2") + b"<!-- again -->")
    page = await house.gateway.store.page(MessageFilter(), None, 100)
    exposition = house.gateway.metrics.exposition()[1].decode()
    held = Counter(message.disposition.value for message in page.items)
    assert held == {"billable": 2, "refused": 2, "duplicate": 1}
    assert counted(exposition, "dispositions_total", "disposition") == held
    assert counted(exposition, "metered_units_total", "kind") == {"delivered-to": 2}
    assert sum(counted(exposition, "messages_received_total", "channel").values()) == len(page.items)


def counted(exposition: str, name: str, label: str) -> dict[str, int]:
    """The series of a metric that are not zero, by the value of a label."""
    found = re.findall(rf'^meterpoort_{name}{{{label}="([^"]+)"}} ([1-9]\d*)\.0$', exposition, re.MULTILINE)
    return {value: int(number) for value, number in found}
