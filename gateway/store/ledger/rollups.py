"""Rollups: what a party used by kind and day, added up from entries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from gateway.metering.calendar import HOUR, billing_day, day_of_hour
from gateway.metering.seal import EntryRow
from gateway.store.ledger.queries import RollupRow

_ROWS_AT_ONCE = 2_048


class RollupKey(NamedTuple):
    """What one rollup is about; `day` is an Amsterdam day as `2026-03-01`."""

    party_id: str
    kind: str
    day: str


@dataclass(slots=True)
class RollupCount:
    """What entries add up to; `late` is the quantity recorded after the month was over."""

    quantity: int = 0
    entries: int = 0
    late: int = 0

    def __str__(self) -> str:
        return f"quantity {self.quantity}, entries {self.entries}, late {self.late}"


Counts = dict[RollupKey, RollupCount]


def rollup_rows(rows: Sequence[EntryRow]) -> list[RollupRow]:
    """What these entries add to the rollups, in the order of the keys."""
    counts: Counts = {}
    add_entries(counts, rows)
    return [
        RollupRow(key.party_id, int(key.day[:4]), key.kind, key.day, count.quantity, count.entries, count.late)
        for key, count in sorted(counts.items(), key=lambda item: item[0])
    ]


def add_entries(counts: Counts, rows: Sequence[EntryRow]) -> None:
    """Add entries to the counts."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        if not _add_one_day(counts, part):
            _add_each(counts, part)


_counted = attrgetter("party_id", "kind", "quantity")
_at = attrgetter("at")
_recorded_at = attrgetter("recorded_at")


def _add_one_day(counts: Counts, rows: Sequence[EntryRow]) -> bool:
    """Add rows of one day that all came late or all in time, equal ones together; False when they are not such.

    An audit passes every entry here, and neighbours are mostly of one day.
    """
    day, _, late_from = billing_day(min(map(_at, rows)))
    if billing_day(max(map(_at, rows))).day != day:
        return False
    first, last = min(map(_recorded_at, rows)), max(map(_recorded_at, rows))
    if first < late_from <= last:
        return False
    for (party_id, kind, quantity), times in Counter(map(_counted, rows)).items():
        count = counts.setdefault(RollupKey(party_id, kind, day), RollupCount())
        count.quantity += quantity * times
        count.entries += times
        if first >= late_from:
            count.late += quantity * times
    return True


def _add_each(counts: Counts, rows: Sequence[EntryRow]) -> None:
    known = day_of_hour  # no call where the hour is known
    for row in rows:
        day, _, late_from = known.get(row.at // HOUR) or billing_day(row.at)
        count = counts.setdefault(RollupKey(row.party_id, row.kind, day), RollupCount())
        count.quantity += row.quantity
        count.entries += 1
        if row.recorded_at >= late_from:
            count.late += row.quantity
