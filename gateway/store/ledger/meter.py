"""The meter on a database: writes through the store's writer, reads on the reading engine."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta

from sqlalchemy import Executable

from gateway.clock import Clock
from gateway.metering.calendar import midnight
from gateway.metering.entry import LedgerEntry, UsageEntry
from gateway.metering.seal import EntryRow, Proof, Seal
from gateway.metering.statement import EntrySelection, RecordedBatch, Statement, StatementLine, statement_of
from gateway.store.engine import Engines
from gateway.store.ledger import queries
from gateway.store.ledger.entries import append, find_conflict, reverse, source_names
from gateway.store.ledger.seals import (
    SealPolicy,
    prove,
    seal,
    seal_due,
    seals_after,
)
from gateway.store.writer import Writer


class LedgerMeter:
    """The ledger of use."""

    def __init__(self, engines: Engines, writer: Writer, clock: Clock, policy: SealPolicy | None = None) -> None:
        self._engines = engines
        self._writer = writer
        self._clock = clock
        self._policy = policy or SealPolicy()

    async def record(self, entries: Sequence[UsageEntry]) -> RecordedBatch:
        """Record a batch, whole or not at all; returns once it is on stable storage.

        Raises ConflictingEntryError when one was recorded before with other content.
        """
        recorded_at = self._clock()
        recorded = await self._writer.call(lambda conn: append(conn, entries, recorded_at=recorded_at))
        return RecordedBatch(len(entries), recorded, len(entries) - recorded)

    async def check(self, entries: Sequence[UsageEntry]) -> None:
        """Raise ConflictingEntryError when one of these was recorded before with other content; writes nothing."""
        await self._engines.run(find_conflict, entries)

    async def reverse(self, position: int, reason: str, author: str) -> UsageEntry:
        """Undo an entry by another. Raises UsageError: no such entry, or reversed before for another reason."""
        now = self._clock()
        return await self._writer.call(lambda conn: reverse(conn, position, reason, author, recorded_at=now))

    async def statement(self, party_id: str, year: int) -> Statement:
        """What the party used in the Amsterdam year; costs the same at any size of the ledger."""
        lines = await self._lines(queries.STATEMENT_LINES_OF_PARTY, party_id=party_id, year=year)
        return statement_of(party_id, year, lines)

    async def statement_lines(self, year: int | None = None) -> tuple[StatementLine, ...]:
        """The lines of all parties."""
        if year is None:
            return await self._lines(queries.STATEMENT_LINES)
        return await self._lines(queries.STATEMENT_LINES_OF_YEAR, year=year)

    async def entries(self, selection: EntrySelection) -> AsyncIterator[Sequence[LedgerEntry]]:
        """Entries, page by page. Fixed at the first page: what is appended meanwhile is not among them."""
        head = await self._engines.scalar(queries.HEAD_POSITION) or 0
        sources = await self._engines.run(source_names)
        up_to = head if selection.up_to is None else min(head, selection.up_to)
        page: Sequence[EntryRow] = ()
        while page := await self._page(queries.page(selection, up_to, page[-1] if page else None)):
            yield [row.entry(sources) for row in page]

    async def _page(self, query: Executable) -> Sequence[EntryRow]:
        return [EntryRow._make(row) for row in await self._engines.rows(query)]

    async def last_position_before(self, end: int) -> int:
        """The position of the last entry that was recorded before this moment (microseconds); 0: none was."""
        return await self._engines.scalar(queries.LAST_RECORDED_BEFORE, end=end) or 0

    async def month_lines(self, day: date, up_to: int) -> tuple[StatementLine, ...]:
        """The lines of all parties for the Amsterdam month of this day, as they were when the entry at `up_to` was
        the last. Reads the ledger, not its rollups: for once a day."""
        first = day.replace(day=1)
        return await self._lines(
            queries.MONTH_LINES,
            year=first.year,
            month=f"{first:%Y-%m}",
            begin=midnight(first),
            end=midnight((first + timedelta(days=32)).replace(day=1)),
            up_to=up_to,
        )

    async def seals(self, after: int, limit: int) -> tuple[Seal, ...]:
        """Seals, oldest first."""
        return await self._engines.run(seals_after, after, limit)

    async def prove(self, position: int, visible_to: frozenset[str] | None = None) -> Proof:
        """The proof of an entry of one of these parties; None: of any.

        Raises UnknownEntryError, and UsageError when it is not sealed yet.
        """
        return await self._engines.run(prove, position, visible_to)

    async def seal_due(self) -> tuple[Seal, ...]:
        """Seal a batch that is due; returns the new seals."""
        now = self._clock()
        return await self._writer.call(lambda conn: seal_due(conn, now, self._policy))

    async def seal(self) -> tuple[Seal, ...]:
        """Seal everything now; returns the new seals."""
        now = self._clock()
        return await self._writer.call(lambda conn: seal(conn, now, self._policy))

    async def _lines(self, query: Executable, **values: object) -> tuple[StatementLine, ...]:
        rows = await self._engines.rows(query, **values)
        return tuple(
            StatementLine(
                party_id=row.party_id,
                year=row.year,
                month=row.month,
                kind=row.kind,
                quantity=int(row.quantity),
                entries=int(row.entries),
                late=int(row.late),
            )
            for row in rows
        )
