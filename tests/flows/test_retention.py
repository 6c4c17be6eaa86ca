"""What was kept long enough is forgotten, and nothing else: its bytes are gone, its hashes and figures stay."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from gateway.jobs.retain import Retention
from gateway.messages.lifecycle import State
from gateway.messages.message import Message
from gateway.messages.retention import HoldScope, MessagePart, RetentionReport, terms_at
from gateway.settings import DatabaseSettings, HttpSettings, RetentionSettings, Settings
from gateway.store.ledger.audit import audit
from gateway.store.messages.documents_audit import audit_documents
from gateway.store.messages.references import ObjectReferences
from gateway.store.messages.retention import RetentionStore
from gateway.store.record.audit import audit_record
from tests.flows.conftest import House, numbered, opened_house
from tests.samples import invoice

EIGHT_YEARS = 8 * 366
TWO_YEARS = 2 * 366
POINTS = (
    ("after gateway.store.messages.retention:_forget", 2),
    ("after gateway.store.messages.retention:RetentionStore.forget", 3),
    ("after gateway.store.messages.retention:RetentionStore.forget", 4),
    ("before gateway.store.messages.retention:RetentionStore.mark_erased", 2),
    ("after gateway.store.documents.storage:Storage.erase", 1),
    ("after gateway.store.documents.storage:Storage.delete", 1),
    ("before gateway.store.messages.retention:RetentionStore.add_run", 1),
    ("after gateway.store.messages.retention:RetentionStore.add_run", 1),
)
"""Each with the passing at which it kills: something is already behind it. Contents and reports that
were delivered are forgotten first, then contents and reports that were refused."""


@dataclass
class Archive:
    """A house with messages by name, and what was sent of each."""

    house: House
    url: str
    directory: Path
    kenmerken: dict[str, str] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)

    @property
    def store(self) -> RetentionStore:
        return RetentionStore(self.house.gateway.engines, self.house.gateway.writer)

    def retention(self, settings: RetentionSettings | None = None) -> Retention:
        gateway = self.house.gateway
        return Retention(
            settings or RetentionSettings(),
            self.store,
            gateway.storage,
            ObjectReferences(gateway.engines),
            self.house.clock,
            reading_seconds=0,
        )

    async def send(self, name: str, document: bytes) -> None:
        answer = await self.house.send("supplier", document)
        self.kenmerken[name] = (await answer.json())["kenmerk"]
        self.documents[name] = document

    async def confirm(self, name: str) -> None:
        """The town has it."""
        session, key = self.house.session, self.house.as_("town")
        path = f"/v1/mailbox/messages/{self.kenmerken[name]}/confirmation"
        answer = await session.put(path, headers=key, json={})
        assert answer.status == 200, await answer.text()

    async def message(self, name: str) -> Message:
        message = await self.house.gateway.store.message(self.kenmerken[name], None)
        assert message is not None
        return message

    async def forgotten(self) -> dict[str, set[MessagePart]]:
        """Which bytes and verdicts were forgotten, by name."""
        store = self.house.gateway.store
        return {
            name: {one.part for one in await store.forgotten(kenmerk)} - {MessagePart.PERSONAL_DATA}
            for name, kenmerk in self.kenmerken.items()
        }

    def bytes_on_disk(self) -> bytes:
        files = sorted(path for path in (self.directory / "documents").rglob("*") if path.is_file())
        return b"".join(path.read_bytes() for path in files)

    async def check(self, gone: set[str]) -> None:
        """Exactly these documents and reports are gone, bytes and all; what remains is whole and adds up."""
        both = {MessagePart.CONTENTS, MessagePart.REPORT}
        assert await self.forgotten() == {name: both if name in gone else set() for name in self.kenmerken}
        on_disk = self.bytes_on_disk()
        for name, document in self.documents.items():
            assert (document in on_disk) == (name not in gone), name
            message = await self.message(name)
            if name not in gone:
                assert await self.house.gateway.storage.read(message.document) == document
        assert await self.store.erasures() == ()
        assert (await audit(self.house.gateway.engines)).findings == ()
        assert (await asyncio.to_thread(audit_record, self.house.gateway.engines.url)).findings == ()
        gateway, now = self.house.gateway, self.house.clock()
        read = await audit_documents(gateway.engines, gateway.writer, gateway.storage, now, lambda *_counts: None)
        assert (read.contents, read.findings) == (len(self.kenmerken) - len(gone), ())


@pytest.fixture
async def archive(database_url: str, tmp_path: Path) -> AsyncIterator[Archive]:
    """Two confirmed messages, one of them large; one that nobody confirmed; two refused, one of them large."""
    settings = Settings(
        data_directory=tmp_path, database=DatabaseSettings(url=database_url), http=HttpSettings(port=0)
    )
    async with opened_house(settings) as house:
        made = Archive(house, database_url, tmp_path)
        await made.send("confirmed", numbered("A-1"))
        await made.send("refused", b"<refused/>" + b"r" * 3_000)
        await made.send("large", numbered("A-2", invoice(1) + b"\n" * 400_000))
        await made.send("unconfirmed", numbered("A-3"))
        await made.send("large refused", b"<refused/>" + b"R" * 400_000)
        await made.confirm("confirmed")
        await made.confirm("large")
        yield made


def tallied(report: RetentionReport) -> dict[tuple[MessagePart, str], tuple[int, int]]:
    """Messages that go and that are held, by part and setting."""
    return {
        (one.part, one.rule.split()[0].removeprefix("retention.")): (one.messages, one.held_messages)
        for one in report.tallies
    }


async def test_what_was_kept_long_enough_goes_and_nothing_else(archive: Archive) -> None:
    archive.house.clock.passes(days=TWO_YEARS)
    report = await archive.retention().run("test")
    assert tallied(report) == {
        (MessagePart.CONTENTS, "refused_contents_months"): (2, 0),
        (MessagePart.REPORT, "refused_reports_months"): (2, 0),
    }
    assert (report.objects_removed, report.objects_failed) == (1, 0)
    assert report.bytes_erased == sum(len(archive.documents[name]) for name in ("refused", "large refused"))
    await archive.check({"refused", "large refused"})
    archive.house.clock.passes(days=EIGHT_YEARS)
    await archive.retention().run("test")
    await archive.check({"refused", "large refused", "confirmed", "large"})
    await archive.confirm("unconfirmed")
    report = await archive.retention().run("test")
    assert report.objects_removed == 1, "the pack goes with its last document"
    await archive.check(set(archive.kenmerken))
    assert not [path for path in (archive.directory / "documents").rglob("*") if path.is_file()]


async def test_a_dry_run_changes_nothing_and_says_what_a_run_does(archive: Archive) -> None:
    archive.house.clock.passes(days=EIGHT_YEARS)
    plan = await archive.retention().plan()
    await archive.check(set())
    assert await archive.store.runs(10) == ()
    report = await archive.retention().run("test")
    assert plan.is_dry_run
    assert plan.tallies == report.tallies
    assert sum(one.size_bytes for one in plan.tallies if one.part is MessagePart.CONTENTS) == report.bytes_erased
    assert await archive.store.runs(10) == (report,)


async def test_terms_of_zero_keep_forever(archive: Archive) -> None:
    archive.house.clock.passes(days=EIGHT_YEARS)
    forever = RetentionSettings(
        delivered_contents_months=0,
        delivered_reports_months=0,
        refused_contents_months=0,
        refused_reports_months=0,
        personal_data_months=0,
    )
    assert (await archive.retention(forever).run("test")).tallies == ()
    await archive.check(set())


@pytest.mark.parametrize("scope", list(HoldScope))
async def test_a_hold_keeps_until_it_is_lifted(archive: Archive, scope: HoldScope) -> None:
    subject = {
        HoldScope.MESSAGE: archive.kenmerken["confirmed"],
        HoldScope.PARTY: "town",
        HoldScope.YEAR: "2026",
    }[scope]
    held = {
        HoldScope.MESSAGE: {"confirmed"},
        HoldScope.PARTY: {"confirmed", "large"},
        HoldScope.YEAR: set(archive.kenmerken),
    }[scope]
    now = archive.house.clock
    assert await archive.store.set_hold(scope, subject, "jurist", "a court asked for it", now())
    assert not await archive.store.set_hold(scope, subject, "jurist", "twice", now())
    now.passes(days=EIGHT_YEARS)
    plan = await archive.retention().plan()
    assert tallied(plan)[MessagePart.CONTENTS, "delivered_contents_months"] == (
        2 - len(held & {"confirmed", "large"}),
        len(held & {"confirmed", "large"}),
    )
    assert (await archive.retention().run("test")).tallies == plan.tallies
    everything = set(archive.kenmerken) - {"unconfirmed"}
    await archive.check(everything - held)
    assert [(hold.scope, hold.subject, hold.actor) for hold in await archive.store.holds()] == [
        (scope, subject, "jurist")
    ]
    assert await archive.store.lift_hold(scope, subject, "jurist", "the case is closed", now())
    assert not await archive.store.lift_hold(scope, subject, "jurist", "twice", now())
    await archive.retention().run("test")
    await archive.check(everything)


async def test_a_hold_that_comes_during_a_run_is_honoured(archive: Archive) -> None:
    archive.house.clock.passes(days=EIGHT_YEARS)
    retention, now = archive.retention(), archive.house.clock()
    [term, *_] = [one for one in terms_at(RetentionSettings(), now) if one.part is MessagePart.CONTENTS]
    page = [one.kenmerk async for due in archive.store.due(term) for one in due]
    await archive.store.set_hold(HoldScope.MESSAGE, archive.kenmerken["large"], "jurist", "just now", now)
    forgotten = await archive.store.forget(term, page, now)
    assert [one.kenmerk for one in forgotten] == [archive.kenmerken["confirmed"]]
    await retention.erase()
    assert (await archive.message("large")).has_contents


async def test_what_was_forgotten_says_when_and_why(archive: Archive) -> None:
    before = await archive.house.get("supplier", f"/v1/messages/{archive.kenmerken['refused']}")
    archive.house.clock.passes(days=TWO_YEARS)
    await archive.retention().run("test")
    own = f"/v1/messages/{archive.kenmerken['refused']}"
    for path in ("/document", "/report"):
        answer = await archive.house.session.get(own + path, headers=archive.house.as_("supplier"))
        problem = await answer.json()
        assert (answer.status, problem["type"].rpartition("/")[2]) == (410, "forgotten")
        assert problem["rule"].startswith("retention.refused_")
        assert problem["forgottenAt"] == f"{archive.house.clock():%Y-%m-%dT%H:%M:%SZ}"
    after = await archive.house.get("supplier", own)
    parts = after.pop("forgotten")
    assert after == before
    assert isinstance(parts, list)
    assert {one["part"]: one["sizeBytes"] for one in parts}["contents"] == before["sizeBytes"]
    assert {one["part"]: one["sha256"] for one in parts}["contents"] == before["sha256"]
    html = {**archive.house.as_("supplier"), "Accept": "text/html", "Accept-Language": "en"}
    page = await (await archive.house.session.get(own + "/report", headers=html)).text()
    assert "Forgotten on" in page
    assert "retention.refused_contents_months" in page
    steps = await archive.house.get("supplier", own + "/statuses")
    assert len(steps["items"]) > 3  # type: ignore[arg-type]


async def test_a_returned_message_that_was_forgotten_is_not_replayed(archive: Archive) -> None:
    town = archive.house.gateway.register.by_id("town")
    assert town
    answer = await archive.house.send(
        "supplier", numbered("A-9"), Meterpoort_Recipient="0190:00000099999999999000"
    )
    kenmerk = (await answer.json())["kenmerk"]
    message = await archive.house.gateway.store.message(kenmerk, None)
    assert message is not None
    assert message.state is State.RETURNED
    archive.house.clock.passes(days=TWO_YEARS)
    await archive.retention().run("test")
    assert not await archive.house.gateway.operations.replay(kenmerk, "operator")


async def test_people_are_forgotten_and_their_steps_remain(archive: Archive) -> None:
    await archive.send("by hand", numbered("A-8"))
    kenmerk = archive.kenmerken["by hand"]
    await archive.house.gateway.mailbox.confirm("town", kenmerk, None, "key-of-mr-jansen")
    before = await archive.house.gateway.store.journal(kenmerk)
    assert before[-1].actor == "key-of-mr-jansen"
    archive.house.clock.passes(days=EIGHT_YEARS)
    await archive.retention().run("test")
    after = await archive.house.gateway.store.journal(kenmerk)
    assert [(one.step, one.at, one.foutcode) for one in after] == [
        (one.step, one.at, one.foutcode) for one in before
    ]
    assert {one.actor for one in after} == {"supplier", "gateway", "forgotten"}
    assert {one.detail for one in after} == {None}
    assert (await audit(archive.house.gateway.engines)).findings == ()


@pytest.mark.parametrize(
    "change", ["step = 'confirmed'", "at = at + 1", "actor = 'somebody'", "detail = 'other'", "foutcode = 'X'"]
)
async def test_nothing_else_of_a_step_can_change(archive: Archive, change: str) -> None:
    with (
        pytest.raises(DBAPIError, match="insert-only"),
        archive.house.gateway.engines.write.begin() as connection,
    ):
        connection.execute(text(f"UPDATE journal SET {change}"))


async def test_the_run_of_a_day_is_made_once(archive: Archive) -> None:
    retention, clock = archive.retention(), archive.house.clock
    clock.now = datetime(2028, 12, 1, 1, 0, tzinfo=UTC)  # two at night in Amsterdam
    assert await retention.run_when_due() is None
    clock.passes(hours=3)
    assert await retention.run_when_due() is not None
    assert await retention.run_when_due() is None
    clock.passes(days=1)
    report = await retention.run_when_due()
    assert report is not None
    assert report.tallies == ()


async def test_no_run_is_made_by_itself_long_after_the_last_one(archive: Archive) -> None:
    """A clock that is years ahead makes nothing go; an operator's run is made, and then they are daily again."""
    retention, clock = archive.retention(), archive.house.clock
    assert await retention.run_when_due() is not None
    right = clock()
    clock.passes(days=31)
    assert await retention.run_when_due() is not None
    clock.passes(days=EIGHT_YEARS)
    with capture_logs() as lines:
        assert await retention.run_when_due() is None
    assert [(line["event"], line["days"]) for line in lines] == [("retention_held_back", EIGHT_YEARS)]
    clock.now = right
    await archive.check(set())
    clock.passes(days=EIGHT_YEARS)
    await retention.run("operator")
    await archive.check(set(archive.kenmerken) - {"unconfirmed"})
    clock.passes(days=1)
    assert await retention.run_when_due() is not None


async def test_operators_plan_run_and_read_reports_over_http(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = archive.house
    monkeypatch.setattr("gateway.jobs.retain.READING_SECONDS", 0.0)
    house.clock.passes(days=TWO_YEARS)
    refused = {"refused", "large refused"}
    for role in ("supplier", "town", "finance"):
        async with house.session.post("/v1/retention-runs", headers=house.as_(role)) as answer:
            assert answer.status == 403
    plan = await house.get("operator", "/v1/retention-plan")
    await archive.check(set())
    async with house.session.post("/v1/retention-runs", headers=house.as_("operator")) as answer:
        assert answer.status == 201
        report = await answer.json()
    await archive.check(refused)
    erased = sum(len(archive.documents[name]) for name in refused)
    assert (plan["isDryRun"], report["isDryRun"], report["bytesErased"]) == (True, False, erased)
    assert plan["tallies"] == report["tallies"]
    assert {tally["part"] for tally in report["tallies"]} == {"contents", "report"}
    assert await house.get("operator", "/v1/retention-runs") == {"items": [report]}


@pytest.mark.parametrize(("point", "passing"), POINTS)
async def test_a_run_that_is_killed_goes_on(archive: Archive, point: str, passing: int) -> None:
    archive.house.clock.passes(days=EIGHT_YEARS)
    arguments = (str(archive.directory), archive.url, archive.house.clock().isoformat(), point, str(passing))
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.flows.forgetting", *arguments)
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL, "it was not killed where it should"
    readable = {name for name, parts in (await archive.forgotten()).items() if MessagePart.CONTENTS not in parts}
    for name in readable:
        message = await archive.message(name)
        assert await archive.house.gateway.storage.read(message.document) == archive.documents[name]
    assert (await audit(archive.house.gateway.engines)).findings == ()
    await archive.retention().run("test")
    await archive.check(set(archive.kenmerken) - {"unconfirmed"})
