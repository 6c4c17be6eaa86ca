"""Appending to the meter, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from gateway.metering.entry import (
    ConflictingEntryError,
    UnknownEntryError,
    UsageEntry,
    UsageError,
    UsageKind,
)
from gateway.store.ledger.entries import append, reverse
from tests.unit.store.ledger.ledger_database import (
    INSERT_ONLY,
    LATER,
    NOON,
    delivered,
    fresh_ledger,
    quantities,
    rollups,
)


def test_an_entry_counts_once_however_often_it_is_appended(database_url: str) -> None:
    with fresh_ledger(database_url) as engine:
        with engine.begin() as conn:
            assert append(conn, [delivered(), delivered()]) == 1
        with engine.begin() as conn:
            assert append(conn, [delivered("m2"), delivered()]) == 1
            assert quantities(conn) == [(1, "gemeente-a", 1), (2, "gemeente-a", 1)]


def test_what_came_before_is_set_apart_from_what_is_new(database_url: str) -> None:
    """Repeats among new entries: the rollups count the new ones alone, and positions have no gap."""
    with fresh_ledger(database_url) as engine:
        with engine.begin() as conn:
            append(conn, [delivered("m1"), delivered("m3")])
        with engine.begin() as conn:
            assert append(conn, [delivered(f"m{number}") for number in range(1, 6)]) == 3
        with engine.begin() as conn:
            assert append(conn, [delivered("m1"), delivered("m5")]) == 0
            assert [position for position, _, _ in quantities(conn)] == [1, 2, 3, 4, 5]
            assert [(row[3], row[4]) for row in rollups(conn)] == [(5, 5)]


def test_both_parties_and_both_kinds_of_one_message_count(database_url: str) -> None:
    sent = UsageEntry("m1", "gemeente-a", UsageKind.SUBMITTED_BY, NOON)
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        assert append(conn, [sent, delivered(), delivered(party="gemeente-b")]) == 3


def test_a_message_delivered_again_after_a_replay_keeps_its_first_moment(database_url: str) -> None:
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        append(conn, [delivered(at=NOON)], recorded_at=NOON)
        assert append(conn, [delivered(at=LATER)], recorded_at=LATER) == 0


def test_a_repeat_with_other_content_is_refused_by_name(database_url: str) -> None:
    event = UsageEntry("e1", "gemeente-a", UsageKind.DIGID_AUTHENTICATION, NOON, 5, source="urn:nld:digid")
    other = UsageEntry("e1", "gemeente-a", UsageKind.DIGID_AUTHENTICATION, NOON, 6, source="urn:nld:digid")
    with fresh_ledger(database_url) as engine:
        with engine.begin() as conn:
            append(conn, [event])
        expected = pytest.raises(ConflictingEntryError, match=r"'e1' of urn:nld:digid .* was 5 and is now 6")
        with expected, engine.begin() as conn:
            append(conn, [other])
        with engine.begin() as conn:
            assert append(conn, [event]) == 0
            with pytest.raises(ConflictingEntryError):  # also within one call
                append(conn, [delivered("m9"), UsageEntry("m9", "gemeente-a", UsageKind.DELIVERED_TO, NOON, 2)])


def test_a_rolled_back_transaction_leaves_nothing(database_url: str) -> None:
    with fresh_ledger(database_url) as engine:
        with engine.connect() as conn:
            append(conn, [delivered()])
            conn.rollback()
        with engine.begin() as conn:
            assert append(conn, [delivered("m2")]) == 1
            assert quantities(conn) == [(1, "gemeente-a", 1)]
            assert [row[3] for row in rollups(conn)] == [1]


def test_the_amsterdam_date_decides_the_year(database_url: str) -> None:
    before = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
    after = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    summer = datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        entries = [delivered("m1", at=before), delivered("m2", at=after), delivered("m3", at=summer)]
        append(conn, entries, recorded_at=summer)
        assert [(row[1], row[2]) for row in rollups(conn)] == [
            (2026, "2026-07-01"),
            (2026, "2026-12-31"),
            (2027, "2027-01-01"),
        ]


def test_a_late_entry_lands_on_its_own_day_and_shows_as_late(database_url: str) -> None:
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        append(conn, [delivered("m1")], recorded_at=NOON + timedelta(days=30))  # 31 March: in time
        append(conn, [delivered("m2")], recorded_at=NOON + timedelta(days=31))  # 1 April: late
        assert rollups(conn) == [("gemeente-a", 2026, "2026-03-01", 2, 2, 1)]


def test_a_reversal_undoes_its_original_and_names_why_and_who(database_url: str) -> None:
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        append(conn, [delivered()])
        reversal = reverse(conn, 1, "wrong recipient", "controller")
        assert (reversal.quantity, reversal.reverses, reversal.at) == (-1, 1, NOON)
        assert reverse(conn, 1, "wrong recipient", "controller") == reversal
        assert quantities(conn) == [(1, "gemeente-a", 1), (2, "gemeente-a", -1)]
        assert [row[3:5] for row in rollups(conn)] == [(0, 2)]


def test_a_reversal_can_itself_be_reversed(database_url: str) -> None:
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        append(conn, [delivered()])
        reverse(conn, 1, "wrong recipient", "controller")
        reverse(conn, 2, "it was right after all", "controller")
        assert [row[3] for row in rollups(conn)] == [1]


def test_a_reversal_that_cannot_be_is_refused(database_url: str) -> None:
    with fresh_ledger(database_url) as engine, engine.begin() as conn:
        append(conn, [delivered()])
        reverse(conn, 1, "wrong recipient", "controller")
        with pytest.raises(ConflictingEntryError, match="reason"):
            reverse(conn, 1, "another reason", "controller")
        with pytest.raises(UnknownEntryError, match="entry 99"):
            reverse(conn, 99, "no such entry", "controller")
        with pytest.raises(UsageError, match="reason"):
            reverse(conn, 1, "  ", "controller")


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_below_one_is_refused(database_url: str, quantity: int) -> None:
    entry = UsageEntry("m1", "gemeente-a", UsageKind.DELIVERED_TO, NOON, quantity)
    refused = pytest.raises(UsageError, match="at least 1")
    with fresh_ledger(database_url) as engine, refused, engine.begin() as conn:
        append(conn, [entry])


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize("table", INSERT_ONLY)
def test_the_database_refuses_change(database_url: str, table: str, statement: str) -> None:
    column = {"usage_sources": "source", "usage_entries": "key", "usage_seals": "hash"}[table]
    with fresh_ledger(database_url) as engine:
        with engine.begin() as conn:
            append(conn, [delivered()])
            conn.execute(text("INSERT INTO usage_seals VALUES (1, 1, 1, 1, '', 0, '', '', '')"))
        with pytest.raises(DBAPIError, match="insert-only"), engine.begin() as conn:
            conn.execute(text(statement.format(table, column, column)))


def test_processes_that_append_at_once_get_their_turn(database_url: str) -> None:
    def work(engine: Engine, worker: int) -> None:
        for number in range(5):
            with engine.begin() as conn:
                append(conn, [delivered(f"w{worker}-{number}"), delivered(f"shared{number}")])

    with fresh_ledger(database_url) as engine:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda worker: work(engine, worker), range(4)))
        with engine.begin() as conn:
            rows = quantities(conn)
            assert [row[0] for row in rows] == list(range(1, 4 * 5 + 5 + 1))
            assert [row[3:5] for row in rollups(conn)] == [(25, 25)]


def test_a_large_batch_tells_repeats_apart_too(database_url: str) -> None:
    events = [
        UsageEntry(f"e{n}", "gemeente-a", UsageKind.DIGID_AUTHENTICATION, NOON, 2, source="urn:nld:digid")
        for n in range(1200)
    ]
    other = msgspec.structs.replace(events[700], quantity=3)
    with fresh_ledger(database_url) as engine:
        with engine.begin() as conn:
            assert append(conn, events[:700]) == 700
            assert append(conn, [*events, *events]) == 500
        with pytest.raises(ConflictingEntryError, match="'e700'"), engine.begin() as conn:
            append(conn, [*events, delivered()][:700] + [other] * 5)
        with engine.begin() as conn:
            assert [row[3:5] for row in rollups(conn)] == [(2400, 1200)]
            assert [row[0] for row in quantities(conn)] == list(range(1, 1201))
