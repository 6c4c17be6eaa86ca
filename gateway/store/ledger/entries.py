"""Entries of the meter: appended in the caller's transaction, so that they are committed with what they count.

An append locks the head, so that the entries of all processes get their positions one after another without a gap,
leaves out what was recorded before, and writes entries, rollups and head.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from gateway.clock import from_microseconds, to_microseconds, utc_now
from gateway.metering.entry import (
    GATEWAY,
    ConflictingEntryError,
    LedgerBrokenError,
    UnknownEntryError,
    UsageEntry,
    UsageError,
    UsageKind,
)
from gateway.metering.seal import EntryRow, leaves_of, run_on
from gateway.store.ledger import queries
from gateway.store.ledger.queries import AppendStatements, append_statements
from gateway.store.ledger.rollups import rollup_rows
from gateway.store.ledger.tables import usage_sources
from gateway.store.sql import Change, Question, Rows, ask, ask_together, write_together

_KEYS_A_LOOKUP = 2_000
_LARGE_BATCH = 500


class EntryKey(NamedTuple):
    """What may be in the ledger once: the number of a source and a key within it."""

    source: int
    key: str


class EntryContent(NamedTuple):
    """What a repeated entry must say again, in the columns of `queries.CONTENT`."""

    party_id: str
    kind: str
    quantity: int
    at: int
    reverses: int | None
    reason: str | None
    author: str | None


_Batch = dict[EntryKey, UsageEntry]


class Head(NamedTuple):
    """Where the ledger ends, and how much of it is sealed."""

    position: int
    running: bytes
    sealed: int


class _Append(NamedTuple):
    """What holds for all entries of one append."""

    head: Head
    sources: Mapping[int, str]
    recorded_at: int


def append(conn: Connection, entries: Sequence[UsageEntry], *, recorded_at: datetime | None = None) -> int:
    """Add entries within the caller's transaction; returns how many were new.

    What was recorded before is left alone. Raises ConflictingEntryError when it came with other content, and
    UsageError for an entry that cannot be; the caller then rolls back.
    """
    if not entries:
        return 0
    now = to_microseconds(recorded_at or utc_now())
    if len(entries) < _LARGE_BATCH and all(entry.source == GATEWAY for entry in entries):
        return _append_own(conn, entries, now)
    head = lock_head(conn)
    numbers = _source_numbers(conn, {entry.source for entry in entries})
    batch = _by_key(entries, numbers)
    this = _Append(head, {number: name for name, number in numbers.items()}, now)
    if len(batch) >= _LARGE_BATCH and _write_all_new(conn, this, batch):
        return len(batch)
    new = _without_repeats(conn, batch)
    if new:
        _write(conn, this, new)
    return len(new)


class SharedAppend:
    """An append of the gateway's own entries in round trips that the caller makes anyhow.

    Ask `questions`, then write the `changes` that follow from their answers, in one transaction.
    """

    def __init__(self, conn: Connection, entries: Sequence[UsageEntry], again: Sequence[UsageEntry]) -> None:
        """`entries` may be more than is added in the end; `again` are those of them that may have been recorded
        before, and only these are looked up."""
        self._statements = append_statements(conn.dialect.name, conn.dialect.driver)
        self._has_entries = bool(entries)
        self._keys = list(dict.fromkeys(entry.key for entry in again))

    def questions(self) -> list[Question]:
        """The head, locked, and which of the keys are there; none when there is nothing to add."""
        if not self._has_entries:
            return []
        head: Question = (self._statements.lock_head_in_writer, ())
        if not self._keys:
            return [head]
        placeholders = ", ".join([self._statements.placeholder] * len(self._keys))
        return [head, (self._statements.find_own.format(placeholders), self._keys)]

    def changes(self, answers: Sequence[Rows], added: Sequence[UsageEntry], recorded_at: int) -> list[Change]:
        """What is to be written for those of the entries that are `added` and new; none when there are none.

        Raises ConflictingEntryError when one was recorded before with other content.
        """
        if not added:
            return []
        heads, *repeats = answers
        new = _by_key(added, {GATEWAY: 1})
        for key, *content in repeats[0] if repeats else ():
            if entry := new.pop(EntryKey(1, cast("str", key)), None):
                _check_same(entry, EntryContent._make(content))
        return _changes(self._statements, _Append(_head(heads), {1: GATEWAY}, recorded_at), new) if new else []


def _append_own(conn: Connection, entries: Sequence[UsageEntry], recorded_at: int) -> int:
    """Add a few entries of the gateway itself, in two round trips."""
    shared = SharedAppend(conn, entries, entries)
    changes = shared.changes(ask_together(conn, shared.questions()), entries, recorded_at)
    return write_together(conn, changes)[0] if changes else 0


def find_conflict(conn: Connection, entries: Sequence[UsageEntry]) -> None:
    """Raise what appending these would raise now, without a lock and without writing."""
    known = _known_sources(conn)
    _without_repeats(conn, _by_key((entry for entry in entries if entry.source in known), known))


def reverse(
    conn: Connection, position: int, reason: str, author: str, *, recorded_at: datetime | None = None
) -> UsageEntry:
    """Undo the entry at `position` by an entry of the opposite quantity at the same time; returns it.

    The same reversal again changes nothing. Raises UnknownEntryError, and ConflictingEntryError when the entry was
    reversed before for another reason or by another author.
    """
    reason, author = " ".join(reason.split()), " ".join(author.split())
    if not reason or not author:
        raise UsageError("a reversal names its reason and its author")
    original = conn.execute(queries.ENTRY, {"position": position}).one_or_none()
    if original is None:
        raise UnknownEntryError(position)
    reversal = UsageEntry(
        kenmerk=original.key,
        party_id=original.party_id,
        kind=UsageKind(original.kind),
        at=from_microseconds(original.at),
        quantity=-original.quantity,
        reverses=position,
        reason=reason,
        author=author,
    )
    append(conn, [reversal], recorded_at=recorded_at)
    return reversal


def lock_head(conn: Connection) -> Head:
    """Lock the ledger for appends until the end of the transaction; returns where it ends.

    Raises LedgerBrokenError when the head is missing.
    """
    return _head(ask(conn, append_statements(conn.dialect.name, conn.dialect.driver).lock_head))


def _head(rows: Sequence[tuple[object, ...]]) -> Head:
    if not rows:
        raise LedgerBrokenError("the ledger's head is gone")
    [(position, running, sealed)] = cast("Sequence[tuple[int, str, int]]", rows)
    return Head(position, bytes.fromhex(running), sealed)


def _known_sources(conn: Connection) -> dict[str, int]:
    return {row.source: row.number for row in conn.execute(queries.SOURCES)}


def _source_numbers(conn: Connection, names: set[str]) -> dict[str, int]:
    """The number of each source; a new one gets the next. The gateway itself is 1."""
    if names == {GATEWAY}:
        return {GATEWAY: 1}
    known = _known_sources(conn)
    new = {name: number for number, name in enumerate(sorted(names - known.keys()), len(known) + 1)}
    if new:
        conn.execute(insert(usage_sources), [{"number": number, "source": name} for name, number in new.items()])
    return known | new


def _by_key(entries: Iterable[UsageEntry], numbers: Mapping[str, int]) -> _Batch:
    """The entries by key, each once, in order."""
    batch: _Batch = {}
    for entry in entries:
        first = batch.setdefault(EntryKey(numbers[entry.source], entry.key), entry)
        if first is not entry:
            _check_same(entry, _content(first))
    return batch


def _write_all_new(conn: Connection, this: _Append, batch: _Batch) -> bool:
    """Write a large batch as if nothing in it was recorded before: looking up every key first would cost a third
    more. False when something was; then nothing was written."""
    try:
        with conn.begin_nested():
            _write(conn, this, batch)
    except IntegrityError:
        return False
    return True


def _without_repeats(conn: Connection, batch: _Batch) -> _Batch:
    """What is not in the ledger yet."""
    new = dict(batch)
    for source, keys in _by_source(batch):
        for row in conn.execute(queries.REPEATS, {"source": source, "keys": keys}):
            key, *content = row
            _check_same(new.pop(EntryKey(source, key)), EntryContent._make(content))
    return new


def _by_source(keys: Iterable[EntryKey]) -> Iterator[tuple[int, list[str]]]:
    grouped: dict[int, list[str]] = {}
    for source, key in keys:
        grouped.setdefault(source, []).append(key)
    for source, names in grouped.items():
        for start in range(0, len(names), _KEYS_A_LOOKUP):
            yield source, names[start : start + _KEYS_A_LOOKUP]


def _content(entry: UsageEntry) -> EntryContent:
    return EntryContent(
        entry.party_id,
        entry.kind,
        entry.quantity,
        to_microseconds(entry.at),
        entry.reverses,
        entry.reason,
        entry.author,
    )


def _check_same(entry: UsageEntry, recorded: EntryContent) -> None:
    """Raises ConflictingEntryError when a repeated entry says something else.

    Of the gateway's own entries the first time holds: a message that is delivered again after a replay is
    delivered later, and is still the same message; so with a reversal.
    """
    content = _content(entry)
    if content == recorded:
        return
    differences = [
        f"{name} was {old} and is now {new}"
        for name, old, new in zip(EntryContent._fields, recorded, content, strict=True)
        if old != new and not (name == "at" and entry.source == GATEWAY)
    ]
    if differences:
        raise ConflictingEntryError(entry.source, entry.key, ", ".join(differences))


def _write(conn: Connection, this: _Append, new: _Batch) -> None:
    statements = append_statements(conn.dialect.name, conn.dialect.driver)
    for statement, rows in _changes(statements, this, new):
        conn.exec_driver_sql(statement, list(rows))


def _changes(statements: AppendStatements, this: _Append, new: _Batch) -> list[Change]:
    """What is to be written: entries, rollups, head; each statement with its rows."""
    rows = [
        _row(position, key, entry, this.recorded_at)
        for position, (key, entry) in enumerate(new.items(), this.head.position + 1)
    ]
    running = run_on(this.head.running, leaves_of(rows, this.sources))
    rollups, head = rollup_rows(rows), (rows[-1].position, running.hex())
    if statements.add_one and len(rows) == 1:
        return [(statements.add_one, [(*rows[0], *rollups[0], *head)])]
    entries = [tuple(row) for row in rows]  # drivers bind plain tuples faster
    return [(statements.add_entry, entries), (statements.add_rollup, rollups), (statements.move_head, [head])]


def _row(position: int, key: EntryKey, entry: UsageEntry, recorded_at: int) -> EntryRow:
    if entry.quantity < 1 and entry.reverses is None:
        raise UsageError(f"a quantity is at least 1, not {entry.quantity}: a correction is a reversal")
    return EntryRow(
        position,
        key.source,
        key.key,
        entry.party_id,
        entry.kind.value,
        entry.quantity,
        to_microseconds(entry.at),
        recorded_at,
        entry.reverses,
        entry.reason,
        entry.author,
    )
