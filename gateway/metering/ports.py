"""The meter as other rooms use it; the store implements it."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from gateway.metering.entry import LedgerEntry, UsageEntry
from gateway.metering.seal import Proof, Seal
from gateway.metering.statement import EntrySelection, RecordedBatch, Statement, StatementLine


class Meter(Protocol):
    """The ledger of use."""

    async def record(self, entries: Sequence[UsageEntry]) -> RecordedBatch:
        """Record a batch, whole or not at all; returns once it is on stable storage.

        Raises ConflictingEntryError when one was recorded before with other content.
        """

    async def reverse(self, position: int, reason: str, author: str) -> UsageEntry:
        """Undo an entry by another. Raises UsageError: no such entry, or reversed before for another reason."""

    async def statement(self, party_id: str, year: int) -> Statement:
        """What the party used in the Amsterdam year; costs the same at any size of the ledger."""

    async def statement_lines(self, year: int | None = None) -> tuple[StatementLine, ...]:
        """The statement lines of all parties, of one year or of all, by party, year, month and kind."""

    def entries(self, selection: EntrySelection) -> AsyncIterator[Sequence[LedgerEntry]]:
        """Entries, page by page: of one party in order of their time, else in order of recording."""

    async def seals(self, after: int, limit: int) -> tuple[Seal, ...]:
        """Seals with a higher number than `after`, oldest first."""

    async def prove(self, position: int, visible_to: frozenset[str] | None = None) -> Proof:
        """The proof of an entry of one of these parties; None: of any.

        Raises UnknownEntryError, and UsageError when it is not sealed yet.
        """
