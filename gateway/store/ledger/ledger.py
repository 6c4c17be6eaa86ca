"""The meter's ledger: adds entries in the caller's transaction, so that they stand or fall with what they count.

An append is one turn: the head is locked, so that entries of all processes get their positions one after
another without a gap; repeats are set apart; entries, rollups and head are written.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple, cast

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from gateway.clock import utc_now
from gateway.metering.calendar import HOUR, billing_day, day_of_hour, microseconds, moment
from gateway.metering.entry import (
    GATEWAY,
    ConflictingEntryError,
    LedgerBrokenError,
    UnknownEntryError,
    UsageEntry,
    UsageError,
    UsageKind,
)
from gateway.metering.seal import Row, leaves_of, run_on
from gateway.store.ledger.tables import usage_entries, usage_rollups, usage_sources
from gateway.store.sql import Change, Question, Rows, ask, ask_together, write_together, written_out

_KEYS_A_LOOKUP = 2_000
_LARGE_BATCH = 500
Counts = dict[tuple[str, str, str], list[int]]
"""By party, kind and day: the quantity, the number of entries, the quantity that came late."""
_Key = tuple[int, str]
_Content = tuple[str, str, int, int, int | None, str | None, str | None]


_Batch = dict[_Key, UsageEntry]


class Head(NamedTuple):
    """Where the ledger ends, and how much of it is sealed."""

    position: int
    running: bytes
    sealed: int


class _Turn(NamedTuple):
    """What holds for all that one append writes."""

    head: Head
    sources: dict[int, str]
    recorded_at: int


def append(conn: Connection, entries: Sequence[UsageEntry], *, recorded_at: datetime | None = None) -> int:
    """Add entries within the caller's transaction; answers how many were new.

    What was recorded before is left alone. Raises ConflictingEntryError when it came with other content, and
    UsageError for an entry that cannot be; the caller then rolls back.
    """
    if not entries:
        return 0
    now = microseconds(recorded_at or utc_now())
    if len(entries) < _LARGE_BATCH and all(entry.source == GATEWAY for entry in entries):
        return _append_few(conn, entries, now)
    head = lock_head(conn)
    numbers = _source_numbers(conn, {entry.source for entry in entries})
    batch = _each_once(entries, numbers)
    turn = _Turn(head, {number: name for name, number in numbers.items()}, now)
    if len(batch) >= _LARGE_BATCH and _written_at_once(conn, turn, batch):
        return len(batch)
    fresh = _without_repeats(conn, batch)
    if fresh:
        _write(conn, turn, fresh)
    return len(fresh)


class Few:
    """What messages make billable, added by its caller together with what makes it so: the meter is asked, and
    written, in round trips that a delivery makes anyhow.

    Ask `questions`, then write `changes` of their answers, in one transaction. `entries` may hold more than is
    added in the end: what a message would have made billable, had it not turned out to be a duplicate.
    """

    def __init__(self, conn: Connection, entries: Sequence[UsageEntry], again: Sequence[UsageEntry]) -> None:
        """`again` are those of the entries that may have been recorded before; only these are looked for."""
        self._statements = _statements(conn.dialect.name, conn.dialect.driver)
        self._has_entries = bool(entries)
        self._keys = list(dict.fromkeys(entry.key for entry in again))

    def questions(self) -> list[Question]:
        """Our turn, and which of these keys are there; none when there is nothing to add."""
        if not self._has_entries:
            return []
        turn: Question = (self._statements.head_of_writer, ())
        if not self._keys:
            return [turn]
        places = ", ".join([self._statements.place] * len(self._keys))
        return [turn, (self._statements.lookup.format(places), self._keys)]

    def changes(self, answers: Sequence[Rows], added: Sequence[UsageEntry], recorded_at: int) -> list[Change]:
        """What is to be written for those of the entries that are `added` and new; none when there are none.

        Raises ConflictingEntryError when one was recorded before with other content.
        """
        if not added:
            return []
        heads, *found = answers
        fresh = _each_once(added, {GATEWAY: 1})
        for key, *before in found[0] if found else ():
            if entry := fresh.pop((1, cast("str", key)), None):
                _refuse_difference(entry, tuple(before))
        return _changes(self._statements, _Turn(_head(heads), {1: GATEWAY}, recorded_at), fresh) if fresh else []


def _append_few(conn: Connection, entries: Sequence[UsageEntry], recorded_at: int) -> int:
    """Add what messages make billable, in two round trips."""
    few = Few(conn, entries, entries)
    changes = few.changes(ask_together(conn, few.questions()), entries, recorded_at)
    return write_together(conn, changes)[0] if changes else 0


def find_conflict(conn: Connection, entries: Sequence[UsageEntry]) -> None:
    """Raise what appending these would raise now, without waiting for a turn and without writing."""
    known = {row.source: row.number for row in conn.execute(select(usage_sources))}
    _without_repeats(conn, _each_once((entry for entry in entries if entry.source in known), known))


def reverse(
    conn: Connection, position: int, reason: str, author: str, *, recorded_at: datetime | None = None
) -> UsageEntry:
    """Undo the entry at `position` by an entry of the opposite quantity at the same moment; answers it.

    Asking again with the same reason and author changes nothing. Raises UnknownEntryError, and
    ConflictingEntryError when it was reversed before for another reason or by another author.
    """
    reason, author = " ".join(reason.split()), " ".join(author.split())
    if not reason or not author:
        raise UsageError("a reversal names its reason and its author")
    original = (conn.execute(select(usage_entries).where(usage_entries.c.position == position))).one_or_none()
    if original is None:
        raise UnknownEntryError(position)
    reversal = UsageEntry(
        kenmerk=original.key,
        party_id=original.party_id,
        kind=UsageKind(original.kind),
        at=moment(original.at),
        quantity=-original.quantity,
        reverses=position,
        reason=reason,
        author=author,
    )
    append(conn, [reversal], recorded_at=recorded_at)
    return reversal


def lock_head(conn: Connection) -> Head:
    """Wait for our turn, until the end of the transaction; answers where the ledger ends.

    Raises LedgerBrokenError when somebody removed the head.
    """
    turn = _statements(conn.dialect.name, conn.dialect.driver).turn
    return _head(ask(conn, turn))


def _head(rows: Sequence[tuple[object, ...]]) -> Head:
    if not rows:
        raise LedgerBrokenError("the ledger's head is gone")
    position, running, sealed = cast("tuple[int, str, int]", rows[0])
    return Head(position, bytes.fromhex(running), sealed)


def _source_numbers(conn: Connection, names: set[str]) -> dict[str, int]:
    """The number of each source; one never seen gets the next. The gateway itself is 1."""
    if names == {GATEWAY}:
        return {GATEWAY: 1}
    known = {row.source: row.number for row in conn.execute(select(usage_sources))}
    new = sorted(names - known.keys())
    if new:
        rows = [{"number": number, "source": name} for number, name in enumerate(new, len(known) + 1)]
        conn.execute(insert(usage_sources), rows)
        known.update(zip(new, range(len(known) + 1, len(known) + len(new) + 1), strict=True))
    return known


def _each_once(entries: Iterable[UsageEntry], numbers: Mapping[str, int]) -> _Batch:
    """The entries by key, in order."""
    batch: _Batch = {}
    for entry in entries:
        before = batch.setdefault((numbers[entry.source], entry.key), entry)
        if before is not entry:
            _refuse_difference(entry, _content(before))
    return batch


def _written_at_once(conn: Connection, turn: _Turn, batch: _Batch) -> bool:
    """Write a large batch in the hope that nothing in it came before: looking up every key first would cost a
    third more. False when something did; then nothing was written."""
    try:
        with conn.begin_nested():
            _write(conn, turn, batch)
    except IntegrityError:
        return False
    return True


def _without_repeats(conn: Connection, batch: _Batch) -> _Batch:
    """What is not in the ledger yet."""
    fresh = dict(batch)
    for number, keys in _by_source(batch):
        lookup = _lookup.where(usage_entries.c.source == number, usage_entries.c.key.in_(keys))
        for row in conn.execute(lookup):
            _refuse_difference(fresh.pop((number, row.key)), tuple(row)[1:])
    return fresh


_CONTENT = ("party_id", "kind", "quantity", "at", "reverses", "reason", "author")
_lookup = select(usage_entries.c.key, *(usage_entries.c[name] for name in _CONTENT))


def _by_source(keys: Iterable[_Key]) -> Iterator[tuple[int, list[str]]]:
    grouped: dict[int, list[str]] = {}
    for number, key in keys:
        grouped.setdefault(number, []).append(key)
    for number, names in grouped.items():
        for start in range(0, len(names), _KEYS_A_LOOKUP):
            yield number, names[start : start + _KEYS_A_LOOKUP]


def _content(entry: UsageEntry) -> _Content:
    return (
        entry.party_id,
        entry.kind,
        entry.quantity,
        microseconds(entry.at),
        entry.reverses,
        entry.reason,
        entry.author,
    )


def _refuse_difference(entry: UsageEntry, before: tuple[object, ...]) -> None:
    """A repeat is harmless only when it says the same. Of our own messages the first moment stands: one that
    is delivered again after a replay is delivered later, and is still the same message; so with a reversal."""
    if _content(entry) == before:
        return
    compared = [
        (name, old, new)
        for name, old, new in zip(_CONTENT, before, _content(entry), strict=True)
        if old != new and not (name == "at" and entry.source == GATEWAY)
    ]
    if compared:
        told = ", ".join(f"{name} was {old} and is now {new}" for name, old, new in compared)
        raise ConflictingEntryError(entry.source, entry.key, told)


def _write(conn: Connection, turn: _Turn, fresh: _Batch) -> None:
    statements = _statements(conn.dialect.name, conn.dialect.driver)
    for statement, rows in _changes(statements, turn, fresh):
        conn.exec_driver_sql(statement, list(rows))


def _changes(statements: "_Statements", turn: _Turn, fresh: _Batch) -> list[Change]:
    """What is to be written: entries, rollups, head; each statement with its rows."""
    rows = _rows(turn, fresh)
    running = run_on(turn.head.running, leaves_of(rows, turn.sources))
    rollups, head = rollup_changes(rows), (rows[-1][0], running.hex())
    if statements.one and len(rows) == 1:
        return [(statements.one, [(*rows[0], *rollups[0], *head)])]
    return [(statements.entries, rows), (statements.rollups, rollups), (statements.head, [head])]


def _rows(turn: _Turn, fresh: _Batch) -> list[Row]:
    return [
        _row(position, key, entry, turn.recorded_at)
        for position, (key, entry) in enumerate(fresh.items(), turn.head.position + 1)
    ]


def _row(position: int, key: _Key, entry: UsageEntry, recorded_at: int) -> Row:
    if entry.quantity < 1 and entry.reverses is None:
        raise UsageError(f"a quantity is at least 1, not {entry.quantity}: a correction is a reversal")
    return (
        position,
        *key,
        entry.party_id,
        entry.kind.value,
        entry.quantity,
        microseconds(entry.at),
        recorded_at,
        entry.reverses,
        entry.reason,
        entry.author,
    )


def rollup_changes(rows: Sequence[Row]) -> list[tuple[str, int, str, str, int, int, int]]:
    """What these rows add to the rollups: one change a party, kind and day."""
    changes: Counts = {}
    recount(changes, rows)
    return [
        (party, int(day[:4]), kind, day, quantity, entries, late)
        for (party, kind, day), (quantity, entries, late) in sorted(changes.items())
    ]


def recount(counts: Counts, rows: Sequence[Row]) -> None:
    """Add rows to counts by party, kind and day: the quantity, how many entries, the quantity that came late."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        if not _recount_one_day(counts, part):
            _recount_each(counts, part)


_ROWS_AT_ONCE = 2_048
_what = itemgetter(3, 4, 5)
_when = itemgetter(6)
_recorded = itemgetter(7)


def _recount_one_day(counts: Counts, rows: Sequence[Row]) -> bool:
    """The same for rows of one day of which all came late or none did; False when they are not. An audit passes
    here for every entry, and neighbours are mostly of one day: equal ones are then counted together."""
    day, _, late_from = billing_day(min(map(_when, rows)))
    if billing_day(max(map(_when, rows))).day != day:
        return False
    first, last = min(map(_recorded, rows)), max(map(_recorded, rows))
    if first < late_from <= last:
        return False
    for (party_id, kind, quantity), times in Counter(map(_what, rows)).items():
        count = counts.setdefault((party_id, kind, day), [0, 0, 0])
        count[0] += quantity * times
        count[1] += times
        if first >= late_from:
            count[2] += quantity * times
    return True


def _recount_each(counts: Counts, rows: Sequence[Row]) -> None:
    known = day_of_hour  # no call where the hour is known
    for _, _, _, party_id, kind, quantity, at, recorded_at, _, _, _ in rows:
        day, _, late_from = known.get(at // HOUR) or billing_day(at)
        count = counts.get((party_id, kind, day))
        if count is None:
            count = counts[party_id, kind, day] = [0, 0, 0]
        count[0] += quantity
        count[1] += 1
        if recorded_at >= late_from:
            count[2] += quantity


class _Statements(NamedTuple):
    """SQL as the driver takes it."""

    turn: str
    head_of_writer: str
    """The same in the writer's transaction, which on SQLite has its turn from its beginning."""
    lookup: str
    """Of entries of our own; `{}` is where the places of the keys come."""
    entries: str
    rollups: str
    head: str
    one: str
    """Entry, rollup and head of one entry in one statement, where a statement is a round trip; else empty."""
    place: str
    """How the driver marks the place of a value."""


_HEAD = "SELECT position, running, sealed FROM usage_head"
_TURNS = {
    "postgresql": f"{_HEAD} FOR UPDATE",
    "sqlite": "UPDATE usage_head SET position = position RETURNING position, running, sealed",
}
"""Waits for our turn and answers the head: PostgreSQL without writing a version of the row."""


@lru_cache
def _statements(dialect_name: str, driver: str) -> _Statements:
    """The statements of an append, written out once and given to the driver as they are: SQLAlchemy's own work on
    each row would cost more than the database's."""
    upsert = (postgresql if dialect_name == "postgresql" else sqlite).insert(usage_rollups)
    added = {name: usage_rollups.c[name] + upsert.excluded[name] for name in ("quantity", "entries", "late")}
    on_conflict = upsert.on_conflict_do_update(index_elements=list(usage_rollups.primary_key), set_=added)
    place = "%s" if driver == "psycopg" else "?"
    names = ", ".join(f'"{name}"' for name in ("key", *_CONTENT))
    entries = str(written_out(insert(usage_entries), dialect_name, driver))
    rollups = str(written_out(on_conflict, dialect_name, driver))
    head = f"UPDATE usage_head SET position = {place}, running = {place}"  # noqa: S608 - our own names
    one = f"WITH entry AS ({entries}), rollup AS ({rollups}) {head}" if dialect_name == "postgresql" else ""
    return _Statements(
        turn=_TURNS[dialect_name],
        head_of_writer=_TURNS[dialect_name] if dialect_name == "postgresql" else _HEAD,
        lookup=f"SELECT {names} FROM usage_entries WHERE source = 1 AND key IN ({{}})",  # noqa: S608 - our own names
        entries=entries,
        rollups=rollups,
        head=head,
        one=one,
        place=place,
    )
