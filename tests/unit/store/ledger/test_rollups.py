"""Rollups from entries, against a plain sum over each of them."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import to_microseconds
from gateway.metering.seal import EntryRow
from gateway.store.ledger.rollups import Counts, RollupCount, RollupKey, add_entries, rollup_rows

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
START = datetime(2026, 1, 31, 20, tzinfo=UTC)


@st.composite
def entries(draw: st.DrawFn) -> list[tuple[str, str, int, datetime, datetime]]:
    """Party, kind, quantity, time and time of recording; around the end of a month, some of them late."""
    one = st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(["delivered-to", "submitted-by"]),
        st.integers(-3, 9),
        st.integers(0, 12).map(lambda hours: START + timedelta(hours=hours)),
        st.integers(0, 24 * 40).map(lambda hours: START + timedelta(hours=hours)),
    )
    return draw(st.lists(one, max_size=40))


def rows(found: list[tuple[str, str, int, datetime, datetime]]) -> list[EntryRow]:
    """The same as the database stores them."""
    return [
        EntryRow(
            n, 1, f"m{n}", party, kind, units, to_microseconds(at), to_microseconds(recorded), None, None, None
        )
        for n, (party, kind, units, at, recorded) in enumerate(found, 1)
    ]


@given(entries())
def test_counts_are_the_sums_of_the_entries(found: list[tuple[str, str, int, datetime, datetime]]) -> None:
    expected: dict[RollupKey, list[int]] = defaultdict(lambda: [0, 0, 0])
    for party, kind, units, at, recorded in found:
        day, later = at.astimezone(AMSTERDAM), recorded.astimezone(AMSTERDAM)
        sums = expected[RollupKey(party, kind, day.date().isoformat())]
        sums[0] += units
        sums[1] += 1
        sums[2] += units if (later.year, later.month) > (day.year, day.month) else 0
    counts: Counts = {}
    add_entries(counts, rows(found))
    assert counts == {key: RollupCount(*sums) for key, sums in expected.items()}


@given(entries())
def test_rows_hold_the_counts_in_order(found: list[tuple[str, str, int, datetime, datetime]]) -> None:
    made = rollup_rows(rows(found))
    keys = [RollupKey(row.party_id, row.kind, row.day) for row in made]
    assert keys == sorted(set(keys))
    assert sum(row.entries for row in made) == len(found)
    assert sum(row.quantity for row in made) == sum(units for _, _, units, _, _ in found)
    assert {int(row.day[:4]) for row in made} == {row.year for row in made}
