"""Entries of the meter: appended in the caller's transaction, so that they are committed with what they count.

An append locks the head, so that the entries of all processes get their positions one after another without a gap,
leaves out what was recorded before, and writes entries, rollups and head.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

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
from gateway.store.ledger.queries import EntryContent, Head
from gateway.store.ledger.rollups import rollup_rows
from gateway.store.sql import Change, Question, Rows, ask, write_together

_KEYS_A_LOOKUP = 2_000


class EntryKey(NamedTuple):
    """What may be in the ledger once: the number of a source and a key within it."""

    source: int
    key: str


_Batch = dict[EntryKey, UsageEntry]


def append(conn: Connection, entries: Sequence[UsageEntry], *, recorded_at: datetime | None = None) -> int:
    """Add entries within the caller's transaction; returns how many were new.

    What was recorded before is left alone. Raises ConflictingEntryError when it came with other content, and
    UsageError for an entry that cannot be; the caller then rolls back.
    """
    if not entries:
        return 0
    head = lock_head(conn)
    numbers = _source_numbers(conn, {entry.source for entry in entries})
    names = {number: name for name, number in numbers.items()}
    new = _without_repeats(conn, _by_key(entries, numbers))
    at = to_microseconds(recorded_at or utc_now())
    write_together(conn, _changes(conn.dialect.name, head, names, at, new))
    return len(new)


class SharedAppend:
    """An append of the gateway's own entries in round trips that the caller makes anyhow.

    Ask `questions`, then write the `changes` that follow from their answers, in one transaction.
    """

    def __init__(self, conn: Connection, entries: Sequence[UsageEntry], again: Sequence[UsageEntry]) -> None:
        """`entries` may be more than is added in the end; `again` are those of them that may have been recorded
        before, and only these are looked up."""
        self._dialect_name = conn.dialect.name
        self._has_entries = bool(entries)
        self._keys = list(dict.fromkeys(entry.key for entry in again))

    def questions(self) -> list[Question]:
        """The head, locked, and which of the keys are there; none when there is nothing to add."""
        if not self._has_entries:
            return []
        head = Question(queries.LOCK_HEAD[self._dialect_name])
        if not self._keys:
            return [head]
        return [head, Question(queries.find_recorded(len(self._keys)), [1, *self._keys])]

    def changes(self, answers: Sequence[Rows], added: Sequence[UsageEntry], recorded_at: int) -> list[Change]:
        """What is to be written for those of the entries that are `added` and new; none when there are none.

        Raises ConflictingEntryError when one was recorded before with other content.
        """
        if not added:
            return []
        heads, *repeats = answers
        new = _by_key(added, {GATEWAY: 1})
        for recorded in repeats:
            _leave_out(new, 1, recorded)
        return _changes(self._dialect_name, _head(heads), {1: GATEWAY}, recorded_at, new)


def find_conflict(conn: Connection, entries: Sequence[UsageEntry]) -> None:
    """Raise what appending these would raise now, without a lock and without writing."""
    known = _known_numbers(conn)
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
    return _head(ask(conn, queries.LOCK_HEAD[conn.dialect.name]))


def _head(rows: Rows) -> Head:
    if not rows:
        raise LedgerBrokenError("the ledger's head is gone")
    return Head._make(rows[0])


def source_names(conn: Connection) -> dict[int, str]:
    """The name of each source by its number."""
    return {row.number: row.source for row in conn.execute(queries.SOURCES)}


def _known_numbers(conn: Connection) -> dict[str, int]:
    return {name: number for number, name in source_names(conn).items()}


def _source_numbers(conn: Connection, names: set[str]) -> dict[str, int]:
    """The number of each source; a new one gets the next. The gateway itself is 1."""
    if names == {GATEWAY}:
        return {GATEWAY: 1}
    known = _known_numbers(conn)
    new = {name: number for number, name in enumerate(sorted(names - known.keys()), len(known) + 1)}
    if new:
        conn.execute(queries.ADD_SOURCE, [{"number": number, "source": name} for name, number in new.items()])
    return known | new


def _by_key(entries: Iterable[UsageEntry], numbers: Mapping[str, int]) -> _Batch:
    """The entries by key, each once, in order."""
    batch: _Batch = {}
    for entry in entries:
        first = batch.setdefault(EntryKey(numbers[entry.source], entry.key), entry)
        if first is not entry:
            _check_same(entry, _content(first))
    return batch


def _without_repeats(conn: Connection, batch: _Batch) -> _Batch:
    """What is not in the ledger yet."""
    new = dict(batch)
    for source, keys in _by_source(batch):
        _leave_out(new, source, ask(conn, queries.find_recorded(len(keys)), [source, *keys]))
    return new


def _leave_out(batch: _Batch, source: int, recorded: Rows) -> None:
    """Remove what was recorded before. Raises ConflictingEntryError when it came with other content."""
    for row in recorded:
        content = EntryContent._make(row)
        if entry := batch.pop(EntryKey(source, content.key), None):
            _check_same(entry, content)


def _by_source(keys: Iterable[EntryKey]) -> Iterator[tuple[int, list[str]]]:
    grouped: dict[int, list[str]] = {}
    for source, key in keys:
        grouped.setdefault(source, []).append(key)
    for source, names in grouped.items():
        for start in range(0, len(names), _KEYS_A_LOOKUP):
            yield source, names[start : start + _KEYS_A_LOOKUP]


def _content(entry: UsageEntry) -> EntryContent:
    return EntryContent(
        entry.key,
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


def _changes(
    dialect_name: str, head: Head, sources: Mapping[int, str], recorded_at: int, new: _Batch
) -> list[Change]:
    """What is to be written: entries, rollups, head; each statement with its rows."""
    if not new:
        return []
    rows = [
        _row(position, key, entry, recorded_at)
        for position, (key, entry) in enumerate(new.items(), head.position + 1)
    ]
    running = run_on(bytes.fromhex(head.running), leaves_of(rows, sources))
    rollups, moved = rollup_rows(rows), (rows[-1].position, running.hex())
    if dialect_name == "postgresql" and len(rows) == 1:
        return [Change(queries.ADD_ONE, [(*rows[0], *rollups[0], *moved)])]
    return [
        Change(queries.ADD_ENTRY, [tuple(row) for row in rows]),  # drivers bind plain tuples faster
        Change(queries.ADD_ROLLUP, rollups),
        Change(queries.MOVE_HEAD, [moved]),
    ]


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
