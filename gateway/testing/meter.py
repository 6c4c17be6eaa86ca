"""A meter in memory: the ledger as a list, every answer computed from it."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import msgspec

from gateway.clock import to_microseconds
from gateway.metering.calendar import billing_day
from gateway.metering.entry import (
    ConflictingEntryError,
    LedgerEntry,
    UnknownEntryError,
    UsageEntry,
    UsageError,
)
from gateway.metering.seal import (
    EntryRow,
    Proof,
    Seal,
    leaves_of,
    line_of,
    make_seal,
    merkle_path,
)
from gateway.metering.statement import EntrySelection, RecordedBatch, Statement, StatementLine, statement_of


class MemoryMeter:
    """Implements `gateway.metering.ports.Meter`."""

    def __init__(self) -> None:
        self.recorded: dict[tuple[str, str], UsageEntry] = {}
        self.sealed: list[Seal] = []

    async def record(self, entries: Sequence[UsageEntry]) -> RecordedBatch:
        """Record a batch, whole or not at all."""
        after = dict(self.recorded)
        for entry in entries:
            if after.setdefault((entry.source, entry.key), entry) != entry:
                raise ConflictingEntryError(entry.source, entry.key, "it differs")
        fresh = len(after) - len(self.recorded)
        self.recorded = after
        return RecordedBatch(len(entries), fresh, len(entries) - fresh)

    async def reverse(self, position: int, reason: str, author: str) -> UsageEntry:
        """Undo an entry by another."""
        if not 1 <= position <= len(self.recorded):
            raise UnknownEntryError(position)
        original = list(self.recorded.values())[position - 1]
        changes = {"quantity": -original.quantity, "reverses": position, "reason": reason, "author": author}
        reversal = msgspec.structs.replace(original, kenmerk=original.key, **changes)
        await self.record([reversal])
        return reversal

    async def statement(self, party_id: str, year: int) -> Statement:
        """What the party used in the Amsterdam year."""
        lines = [line for line in await self.statement_lines(year) if line.party_id == party_id]
        return statement_of(party_id, year, lines)

    async def statement_lines(self, year: int | None = None) -> tuple[StatementLine, ...]:
        """One line for each entry, not summed."""
        lines = []
        for entry in self.recorded.values():
            day = billing_day(to_microseconds(entry.at))
            if year in {None, day.year}:
                line = StatementLine(entry.party_id, day.year, day.day[:7], entry.kind, entry.quantity, 1, 0)
                lines.append(line)
        return tuple(sorted(lines))

    async def entries(self, selection: EntrySelection) -> AsyncIterator[Sequence[LedgerEntry]]:
        """All on one page."""
        del selection
        yield [row.entry({row.source: "memory"}) for row in self._rows()]

    async def seals(self, after: int, limit: int) -> tuple[Seal, ...]:
        """Seals, oldest first."""
        return tuple(seal for seal in self.sealed if seal.number > after)[:limit]

    async def prove(self, position: int, visible_to: frozenset[str] | None = None) -> Proof:
        """The proof of an entry, from the one seal that there is."""
        rows = self._rows()
        if not 1 <= position <= len(rows) or (visible_to and rows[position - 1].party_id not in visible_to):
            raise UnknownEntryError(position)
        if not self.sealed:
            raise UsageError(f"entry {position} is not sealed yet")
        names = {1: "memory"}
        entry = rows[position - 1].entry(names)
        return Proof(entry, line_of(entry), merkle_path(leaves_of(rows, names), position - 1), self.sealed[0])

    def seal(self) -> None:
        """Seal everything, once."""
        rows = self._rows()
        quantity = sum(row.quantity for row in rows)
        self.sealed = [make_seal(None, leaves_of(rows, {1: "memory"}), quantity, 1)]

    def _rows(self) -> list[EntryRow]:
        now = to_microseconds(datetime(2026, 3, 1, tzinfo=UTC))
        return [
            EntryRow(
                n,
                1,
                e.key,
                e.party_id,
                e.kind.value,
                e.quantity,
                to_microseconds(e.at),
                now,
                e.reverses,
                e.reason,
                e.author,
            )
            for n, e in enumerate(self.recorded.values(), 1)
        ]
