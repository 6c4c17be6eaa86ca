"""The bill's counts are the meter's: same days, same corrections, by another way than the rollups."""

from datetime import UTC, date, datetime

from gateway.billing.rating.services import Service
from gateway.billing.runs.ports import ALL, Positions
from gateway.metering.entry import UsageEntry, UsageKind
from gateway.store.billing.usage import KINDS, SqlUsageCounts
from gateway.store.ledger.entries import append, reverse
from tests.unit.store.ledger.ledger_database import fresh_engines

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
TIMES = {
    "before": datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC),
    "new-year": datetime(2025, 12, 31, 23, 30, tzinfo=UTC),
    "summer": datetime(2026, 6, 30, 22, 30, tzinfo=UTC),
    "eve": datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC),
    "after": datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
}


async def test_counts_follow_the_amsterdam_day_and_corrections(database_url: str) -> None:
    entries = [UsageEntry(name, "a", UsageKind.DELIVERED_TO, at) for name, at in TIMES.items()]
    entries.append(UsageEntry("summer", "b", UsageKind.SUBMITTED_BY, TIMES["summer"]))
    entries.append(UsageEntry("login", "a", UsageKind.DIGID_AUTHENTICATION, TIMES["summer"], 7, "urn:x"))
    async with fresh_engines(database_url) as engines:
        with engines.write.begin() as connection:
            append(connection, entries)
            reverse(connection, 4, "delivered twice by mistake", "anna")
            reverse(connection, 8, "it was none", "anna")
            reverse(connection, 9, "it was one after all", "anna")
        counts = SqlUsageCounts(engines)
        assert await counts.by_party(Service.DIGIPOORT, *YEAR) == {
            "a": {"delivered-to": 2},
            "b": {"submitted-by": 1},
        }
        assert await counts.by_party(Service.DIGID, *YEAR) == {"a": {"digid-authentication": 7}}
        assert await counts.by_party(Service.GUIDANCE, *YEAR) == {}
        by_day = await counts.by_day("a", Service.DIGIPOORT, *YEAR)
        assert {day: units for day, units in by_day.items() if units} == {
            date(2026, 1, 1): 1,
            date(2026, 7, 1): 1,
        }
        found = await counts.entries("a", Service.DIGIPOORT, *YEAR, ALL, 100)
        assert [(entry.kenmerk, entry.quantity) for entry in found] == [
            ("new-year", 1),
            ("summer", 1),
            ("eve", 1),
            ("eve", -1),
            ("eve", 1),
            ("eve", -1),
        ]
        rest = await counts.entries("a", Service.DIGIPOORT, *YEAR, Positions(int(found[1].entry_id)), 100)
        assert list(rest) == list(found[2:])


async def test_a_count_can_be_repeated_as_it_was(database_url: str) -> None:
    async with fresh_engines(database_url) as engines:
        counts = SqlUsageCounts(engines)
        assert await counts.position() == 0
        of_a = ("a", Service.DIGIPOORT, *YEAR)
        with engines.write.begin() as connection:
            append(connection, [UsageEntry("one", "a", UsageKind.DELIVERED_TO, TIMES["summer"])])
        then = await counts.position()
        with engines.write.begin() as connection:
            append(connection, [UsageEntry("two", "a", UsageKind.DELIVERED_TO, TIMES["summer"])])
            append(connection, [UsageEntry("three", "a", UsageKind.DELIVERED_TO, TIMES["after"])])
            reverse(connection, 1, "twice", "anna")
        assert await counts.by_kind(*of_a, Positions(0, then)) == {"delivered-to": 1}
        assert await counts.by_kind(*of_a, Positions(then)) == {"delivered-to": 0}
        found = await counts.entries(*of_a, Positions(0, then), 10)
        assert [entry.kenmerk for entry in found] == ["one"]
        assert await counts.has_entries(Service.DIGIPOORT, *YEAR, Positions(then))
        assert not await counts.has_entries(Service.DIGID, *YEAR, Positions(then))
        assert not await counts.has_entries(Service.DIGIPOORT, *YEAR, Positions(await counts.position()))


def test_every_kind_of_the_meter_belongs_to_one_service() -> None:
    assert sorted(kind for kinds in KINDS.values() for kind in kinds) == sorted(UsageKind)
