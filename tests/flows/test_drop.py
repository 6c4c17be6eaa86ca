"""The daily drop: whole or not at all, once, the same bytes each time, and made up when it was missed."""

import asyncio
import csv
import hashlib
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from gateway import settings as all_settings
from gateway.admin import parties
from gateway.billing.documents.journals import JournalFormat
from gateway.cli import main
from gateway.jobs import drop as drops
from gateway.jobs.drop import Drop, drop_regularly
from gateway.messages.stored_errors import DamagedDocumentError
from gateway.metering.entry import UsageEntry, UsageKind
from gateway.metering.export import Format
from gateway.settings import BillingSettings, Settings, contradictions
from gateway.store.billing.records import SqlBillingStore
from gateway.store.documents.storage import Storage
from gateway.store.engine import open_engines
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.schema import upgrade
from gateway.store.writer import Writer
from tests.flows.conftest import HeldClock, House
from tests.flows.test_bill import settled
from tests.flows.test_damage import flip
from tests.waiting import WAIT_SECONDS_MAX

ALL = all_settings.DropSettings(
    formats=", ".join(form.value for form in Format), journal_formats=",".join(JournalFormat)
)
BILLING = BillingSettings(name="Gegevenscentrum Delta", kvk="90442211")
FRIDAY, SATURDAY, SUNDAY = date(2026, 3, 27), date(2026, 3, 28), date(2026, 3, 29)
"""Amsterdam's clock goes forward in the night to Sunday."""


@dataclass
class Finance:
    """A meter that holds entries, and a place for its drops."""

    meter: LedgerMeter
    bills: SqlBillingStore
    clock: HeldClock
    folder: Path

    def drop(self, target: str = "drop", drop_settings: all_settings.DropSettings = ALL) -> Drop:
        drop_settings = msgspec.structs.replace(drop_settings, url=str(self.folder / target))
        settings = Settings(data_directory=self.folder / "data", drop=drop_settings, billing=BILLING)
        return Drop(settings, self.meter, self.bills, self.clock)

    async def uses(self, key: str, now: datetime, at: datetime | None = None, count: int = 1) -> None:
        """The town uses something at `at`, which is recorded now."""
        self.clock.now = now
        source = "urn:nld:digid"
        entry = UsageEntry(key, "town", UsageKind.DIGID_AUTHENTICATION, at or now, count, source=source)
        await self.meter.record([entry])

    def days(self, target: str = "drop") -> list[str]:
        return sorted(path.name for path in (self.folder / target).iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def on(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """A moment in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


async def wait_for_event(logs: Sequence[Mapping[str, object]], event: str) -> None:
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while not any(line["event"] == event for line in logs):  # noqa: ASYNC110  # the log has no event to wait for
            await asyncio.sleep(0.01)


@pytest.fixture
async def finance(database_url: str, tmp_path: Path) -> AsyncIterator[Finance]:
    engines = open_engines(Settings(database=all_settings.DatabaseSettings(url=database_url)).database_url())
    await asyncio.to_thread(upgrade, engines.write)
    writer = Writer(engines.write, 8)
    writer.start()
    clock = HeldClock()
    made = Finance(LedgerMeter(engines, writer, clock), SqlBillingStore(engines, writer), clock, tmp_path)
    await made.uses("e1", on(27, 22, 59), count=3)
    await made.uses("e2", on(27, 23, 1), count=5)  # one past midnight in Amsterdam
    await made.uses("e3", on(29, 10), at=on(27, 10), count=7)  # late, and recorded on Sunday
    yield made
    await writer.stop()
    await engines.dispose()


async def test_every_entry_is_in_one_drop_that_of_the_day_it_was_recorded(finance: Finance) -> None:
    finance.clock.now = on(30, 12)
    assert await finance.drop().catch_up() == (FRIDAY, SATURDAY, SUNDAY)
    keys: dict[str, list[str]] = {}
    for day in finance.days():
        rows = (finance.folder / "drop" / day / f"entries-{day}.csv").read_text().splitlines()
        keys[day] = [row["key"] for row in csv.DictReader(rows)]
    assert keys == {"2026-03-27": ["e1"], "2026-03-28": ["e2"], "2026-03-29": ["e3"]}


async def test_a_statement_is_the_month_as_it_stood_that_day(finance: Finance) -> None:
    finance.clock.now = on(30, 12)
    await finance.drop().catch_up()
    sums = {}
    for day in finance.days():
        text = (finance.folder / "drop" / day / "statements-2026-03.csv").read_text()
        sums[day] = [(row["quantity"], row["entries"]) for row in csv.DictReader(text.splitlines())]
    assert sums == {"2026-03-27": [("3", "1")], "2026-03-28": [("8", "2")], "2026-03-29": [("15", "3")]}


async def test_of_the_last_day_the_lines_are_those_that_the_meter_keeps(finance: Finance) -> None:
    await finance.uses("e4", on(2, 9, month=4), at=on(31, 9))
    up_to = await finance.meter.last_position_before(2**62)
    kept = [line for line in await finance.meter.statement_lines(2026) if line.month == "2026-03"]
    assert list(await finance.meter.month_lines(date(2026, 3, 15), up_to)) == kept
    assert kept[0].late == 1


async def test_the_manifest_tells_what_is_there(finance: Finance) -> None:
    finance.clock.now = on(30, 12)
    await finance.drop().catch_up()
    folder = finance.folder / "drop" / "2026-03-28"
    manifest = json.loads((folder / "manifest.json").read_bytes())
    listed = {file["name"]: (file["size_bytes"], file["sha256"]) for file in manifest["files"]}
    there = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in contents(folder).items()}
    assert listed == {name: value for name, value in there.items() if name != "manifest.json"}
    assert len(listed) == 4 * len(Format) + len(JournalFormat)
    assert (manifest["after_position"], manifest["last_position"]) == (1, 2)
    assert (manifest["entries"]["quantity"], manifest["statements"]["quantity"]) == (5, 8)
    assert manifest["billed_in"] == 2026
    assert manifest["journal"] == {"entries": 0, "debit": "0.00", "credit": "0.00"}
    assert manifest["bills"] == {"documents": 0, "excluding": "0.00", "vat": "0.00", "including": "0.00"}


async def test_a_second_run_changes_nothing_and_another_makes_the_same_bytes(finance: Finance) -> None:
    finance.clock.now = on(30, 12)
    await finance.drop().catch_up()
    first = contents(finance.folder / "drop")
    written = {path: path.stat().st_mtime_ns for path in (finance.folder / "drop").rglob("*")}
    await finance.uses("e4", on(30, 13), at=on(28, 10))  # comes after the days that were dropped
    assert await finance.drop().catch_up() == ()
    assert {path: path.stat().st_mtime_ns for path in (finance.folder / "drop").rglob("*")} == written
    assert await finance.drop("elsewhere").catch_up() == (FRIDAY, SATURDAY, SUNDAY)
    assert contents(finance.folder / "elsewhere") == first


async def test_yesterday_waits_for_its_hour_and_missed_days_are_made_up(finance: Finance) -> None:
    drop = finance.drop()
    finance.clock.now = on(29, 0, 59)  # one to two in Amsterdam: Saturday waits for three o'clock
    assert await drop.catch_up() == (FRIDAY,)
    finance.clock.now = on(29, 1, 0)  # the clock goes from two to three
    assert await drop.catch_up() == (SATURDAY,)
    finance.clock.now = on(2, 12, month=4)
    assert [day.day for day in await drop.catch_up()] == [29, 30, 31, 1]
    (finance.folder / "drop" / "2026-03-30" / "manifest.json").unlink()
    assert await finance.drop().catch_up() == (date(2026, 3, 30),)


async def test_no_further_back_than_the_settings_say(finance: Finance) -> None:
    finance.clock.now = on(30, 12)
    drop_settings = msgspec.structs.replace(ALL, days_back_max=2)
    assert await finance.drop(drop_settings=drop_settings).catch_up() == (SATURDAY, SUNDAY)


async def test_a_target_that_fails_leaves_no_manifest_and_is_tried_again(
    finance: Finance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drops, "CHECK_SECONDS", 0.01)
    finance.clock.now = on(28, 12)
    day = finance.folder / "drop" / "2026-03-27"
    (day / "journal-2026.xaf").mkdir(parents=True)  # a file cannot be put there
    with capture_logs() as logs:
        work = asyncio.create_task(drop_regularly(finance.drop()))
        await wait_for_event(logs, "drop_not_written")
        assert not (day / "manifest.json").exists()
        (day / "journal-2026.xaf").rmdir()
        await wait_for_event(logs, "drop_written")
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
    assert await finance.drop("elsewhere").catch_up() == (FRIDAY,)
    assert contents(finance.folder / "drop") == contents(finance.folder / "elsewhere")
    assert list((finance.folder / "data").iterdir()) == []  # nothing is left where the files were made


async def test_a_file_that_a_bit_flipped_in_is_in_no_drop(
    finance: Finance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is read back before there is a manifest: here another file of the drop is damaged each time."""
    finance.clock.now = on(28, 12)
    put, chosen, written = Storage.put_stable, random.Random(6), list[str]()
    damaged = 0

    async def put_and_flip(self: Storage, key: str, data: bytes | Path) -> None:
        await put(self, key, data)
        path = finance.folder / "drop" / key
        size_bytes = path.stat().st_size
        if size_bytes:
            written.append(key)
        if len(written) == damaged:
            flip(path, chosen.randrange(8 * size_bytes))

    monkeypatch.setattr(Storage, "put_stable", put_and_flip)
    while damaged < 5:
        damaged += 1
        written.clear()
        with pytest.raises(DamagedDocumentError):
            await finance.drop().write(FRIDAY)
        assert not (finance.folder / "drop" / str(FRIDAY) / "manifest.json").exists()
    damaged = 0
    assert await finance.drop().write(FRIDAY) is not None


async def test_the_journal_and_the_bills_hold_what_is_dated_up_to_the_day(house: House, tmp_path: Path) -> None:
    opened, bill = await settled(house)
    drop_settings = msgspec.structs.replace(ALL, url=str(tmp_path / "drop"))
    wanted = msgspec.structs.replace(house.gateway.settings, drop=drop_settings, billing=BILLING)
    drop = Drop(wanted, house.gateway.meter, opened.store, house.clock)
    before, since = await drop.write(bill.issued_on - timedelta(days=1)), await drop.write(bill.issued_on)
    assert before
    assert before.journal
    assert before.journal.entries == 0
    assert since
    assert since.journal
    assert (since.journal.entries, since.journal.debit) == (1, Decimal("1.18"))
    assert since.bills
    assert (since.bills.documents, since.bills.including) == (1, Decimal("1.18"))
    path = tmp_path / "drop" / str(bill.issued_on) / "journal-2027.json"
    assert [entry["number"] for entry in json.loads(path.read_bytes())["journal"]] == [bill.number]
    listed = (path.parent / "bills-2027.jsonl").read_bytes().splitlines()
    assert [(row["number"], row["including"]) for row in map(json.loads, listed)] == [(bill.number, "1.18")]


def test_by_hand_once_and_only_of_a_day_that_is_over(tmp_path: Path) -> None:
    config = tmp_path / "meterpoort.toml"
    words = ["export", "drop", "--config", str(config), "--data", str(tmp_path / "data"), "--day"]
    config.write_text(f'[drop]\nurl = "{tmp_path / "drop"}"\n')
    missing = CliRunner().invoke(main, [*words, "2026-01-31"])
    assert (missing.exit_code, "there is no gateway" in missing.output) == (1, True)
    parties.new_key(Settings(data_directory=tmp_path / "data"), "finance", None)  # makes the database
    made = CliRunner().invoke(main, [*words, "2026-01-31"])
    assert made.exit_code == 0, made.output
    assert made.stdout_bytes == (tmp_path / "drop" / "2026-01-31" / "manifest.json").read_bytes()
    assert json.loads(made.output)["journal"] is None  # nobody bills
    assert "exists already" in CliRunner().invoke(main, [*words, "2026-01-31"]).output
    assert "not over yet" in CliRunner().invoke(main, [*words, "2999-01-01"]).output
    (tmp_path / "file").write_text("")
    config.write_text(f'[drop]\nurl = "{tmp_path / "file" / "drop"}"\n')
    assert "was not written" in CliRunner().invoke(main, [*words, "2026-01-31"]).output
    config.write_text("")
    assert "drop.url is empty" in CliRunner().invoke(main, [*words, "2026-01-31"]).output


def test_the_settings_know_the_formats_that_there_are() -> None:
    assert set(all_settings.DROP_FORMATS["formats"]) == {form.value for form in Format}
    assert set(all_settings.DROP_FORMATS["journal_formats"]) == set(JournalFormat)
    wrong = Settings(drop=all_settings.DropSettings(formats="csv, xls", journal_formats=""))
    assert len(list(contradictions(wrong))) == 2
