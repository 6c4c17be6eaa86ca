"""The meter as others ask for it: taking events, statements and lists, on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.dialects import sqlite

from gateway.metering.entry import ConflictingEntryError, UsageEntry, UsageKind
from gateway.metering.seal import EntryRow
from gateway.metering.statement import EntrySelection, RecordedBatch, StatementLine
from gateway.store.ledger import queries
from gateway.store.ledger.audit import audit
from gateway.store.ledger.entries import append
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.writer import Writer
from tests.unit.store.ledger.ledger_database import NOON, delivered, fresh_engines, fresh_ledger, make_messages

DIGID = UsageKind.DIGID_AUTHENTICATION


def used(number: int, party: str = "gemeente-a", at: datetime = NOON, count: int = 1) -> UsageEntry:
    return UsageEntry(f"e{number}", party, DIGID, at, count, source="urn:nld:digid")


@asynccontextmanager
async def fresh_meter(database_url: str, now: datetime = NOON) -> AsyncIterator[LedgerMeter]:
    async with fresh_engines(database_url) as engines:
        writer = Writer(engines.write, 64)
        writer.start()
        try:
            yield LedgerMeter(engines, writer, lambda: now)
        finally:
            await writer.stop()


async def test_a_batch_is_taken_whole_and_a_repeat_changes_nothing(database_url: str) -> None:
    async with fresh_meter(database_url) as meter:
        batch = [used(number) for number in range(3)]
        assert await meter.record(batch) == RecordedBatch(3, 3, 0)
        assert await meter.record([*batch, used(3)]) == RecordedBatch(4, 1, 3)


async def test_a_batch_with_a_conflict_is_not_taken_at_all(database_url: str) -> None:
    async with fresh_meter(database_url) as meter:
        await meter.record([used(1)])
        batch = [used(2), used(1, count=5), used(3)]
        with pytest.raises(ConflictingEntryError, match="'e1'"):
            await meter.check(batch)
        with pytest.raises(ConflictingEntryError, match="'e1'"):
            await meter.record(batch)
        assert (await meter.statement("gemeente-a", 2026)).totals.entries == 1


async def test_a_statement_tells_each_month_and_kind_and_what_came_late(database_url: str) -> None:
    april = datetime(2026, 4, 2, tzinfo=UTC)
    async with fresh_meter(database_url, april) as meter:
        new_year = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
        await meter.record([used(1, at=NOON, count=10), used(2, at=april, count=5), used(3, at=new_year)])
        await meter.record([delivered("m1", at=april), used(4, party="gemeente-b")])
        await meter.reverse(2, "counted twice at the source", "controller")
        statement = await meter.statement("gemeente-a", 2026)
        assert statement.lines == (
            StatementLine("gemeente-a", 2026, "2026-03", "digid-authentication", 10, 1, 10),
            StatementLine("gemeente-a", 2026, "2026-04", "delivered-to", 1, 1, 0),
            StatementLine("gemeente-a", 2026, "2026-04", "digid-authentication", 0, 2, 0),
        )
        assert (statement.totals.entries, statement.totals.quantity) == (4, 11)
        assert [line.party_id for line in await meter.statement_lines(2026)] == ["gemeente-a"] * 3 + ["gemeente-b"]
        assert [line.year for line in await meter.statement_lines()] == [2026, 2026, 2026, 2027, 2026]
        assert (await meter.statement("nobody", 2026)).lines == ()


async def listed(meter: LedgerMeter, selection: EntrySelection) -> list[int]:
    return [entry.position async for page in meter.entries(selection) for entry in page]


async def test_entries_are_listed_by_party_year_and_position(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.ledger.queries._ENTRIES_A_PAGE", 2)
    async with fresh_meter(database_url) as meter:
        moments = [NOON, NOON - timedelta(days=1), NOON, NOON - timedelta(days=400), NOON, NOON]
        parties = ["gemeente-a"] * 5 + ["gemeente-b"]
        batch = [used(n, party, at) for n, (party, at) in enumerate(zip(parties, moments, strict=True))]
        await meter.record(batch)
        assert await listed(meter, EntrySelection()) == [1, 2, 3, 4, 5, 6]
        assert await listed(meter, EntrySelection(party_id="gemeente-a")) == [4, 2, 1, 3, 5]
        assert await listed(meter, EntrySelection(party_id="gemeente-a", year=2026)) == [2, 1, 3, 5]
        assert await listed(meter, EntrySelection(year=2025)) == [4]
        assert await listed(meter, EntrySelection(up_to=3)) == [1, 2, 3]
        (page,) = [page async for page in meter.entries(EntrySelection(party_id="gemeente-b"))]
        assert (page[0].source, page[0].key, page[0].kenmerk) == ("urn:nld:digid", "e5", None)


async def test_the_kenmerk_of_a_message_is_known_also_for_its_reversal(database_url: str) -> None:
    async with fresh_meter(database_url) as meter:
        await meter.record([delivered("m1")])
        await meter.reverse(1, "wrong recipient", "controller")
        found = [entry.kenmerk async for page in meter.entries(EntrySelection()) for entry in page]
        assert found == ["m1", "m1"]


async def test_sealing_and_proving_through_the_meter(database_url: str) -> None:
    async with fresh_meter(database_url) as meter:
        await meter.record([used(1), used(2)])
        assert await meter.seal_due() == ()
        (seal,) = await meter.seal()
        assert await meter.seals(0, 10) == (seal,)
        assert (await meter.prove(2)).seal == seal


async def test_control_totals_of_all_statements_are_those_of_the_audit(database_url: str) -> None:
    async with fresh_engines(database_url) as engines:
        writer = Writer(engines.write, 64)
        writer.start()
        meter = LedgerMeter(engines, writer, lambda: NOON)
        with engines.write.begin() as conn:
            make_messages(conn)
        await meter.record([used(n, f"gemeente-{n % 7}", NOON - timedelta(days=n), n + 1) for n in range(80)])
        await meter.reverse(3, "counted twice at the source", "controller")
        report = await audit(engines)
        assert report.findings == ()
        merged = [await meter.statement(f"gemeente-{n}", year) for n in range(7) for year in (2025, 2026)]
        assert sum(one.totals.quantity for one in merged) == report.totals.quantity
        assert msgspec.json.encode(report.totals)
        await writer.stop()


def test_the_last_page_of_all_entries_costs_what_the_first_does(tmp_path: Path) -> None:
    """Counted in steps of SQLite's machine, which are the same on every computer."""
    path = tmp_path / "ledger.db"
    with fresh_ledger(f"sqlite:///{path}") as engine, engine.begin() as conn:
        append(conn, [delivered(f"m{number}") for number in range(20_000)])

    def steps(after: EntryRow | None) -> int:
        wanted = queries.page(EntrySelection(), 20_000, after)
        sql = str(wanted.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
        counted = 0

        def count() -> int:
            nonlocal counted
            counted += 1
            return 0

        with closing(sqlite3.connect(path)) as reader:
            reader.set_progress_handler(count, 100)
            assert len(reader.execute(sql).fetchall()) == 5_000
        return counted

    last = EntryRow(15_000, 1, "", "", "", 1, 0, 0, None, None, None)
    assert steps(last) <= steps(None) * 1.2
