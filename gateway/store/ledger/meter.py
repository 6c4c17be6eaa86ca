"""The meter as others ask for it: writes through the store's writer, reads on the reading engine."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from typing import cast

from sqlalchemy import Select, case, func, literal, select, tuple_

from gateway.clock import Clock
from gateway.metering.calendar import midnight, year_bounds
from gateway.metering.entry import LedgerEntry, UsageEntry
from gateway.metering.seal import Proof, Row, Seal
from gateway.metering.statement import Selection, Statement, StatementLine, Taken, statement_of
from gateway.store.engine import Engines
from gateway.store.ledger.ledger import append, find_conflict, reverse
from gateway.store.ledger.seals import (
    SealPolicy,
    prove,
    seal,
    seal_due,
    seals_after,
    source_names,
)
from gateway.store.ledger.tables import usage_entries, usage_head, usage_rollups
from gateway.store.writer import Writer

_ENTRIES_A_PAGE = 5_000


class LedgerMeter:
    """Fulfils `gateway.metering.ports.Meter`."""

    def __init__(self, engines: Engines, writer: Writer, clock: Clock, policy: SealPolicy | None = None) -> None:
        self._engines = engines
        self._writer = writer
        self._clock = clock
        self._policy = policy or SealPolicy()

    async def take(self, entries: Sequence[UsageEntry]) -> Taken:
        """Record a batch, whole or not at all."""
        recorded_at = self._clock()
        recorded = await self._writer.call(lambda conn: append(conn, entries, recorded_at=recorded_at))
        return Taken(len(entries), recorded, len(entries) - recorded)

    async def check(self, entries: Sequence[UsageEntry]) -> None:
        """Raise ConflictingEntryError when one of these was recorded before with other content; writes nothing."""
        async with self._engines.read.connect() as conn:
            await conn.run_sync(find_conflict, entries)

    async def reverse(self, position: int, reason: str, author: str) -> UsageEntry:
        """Undo an entry by another."""
        now = self._clock()
        return await self._writer.call(lambda conn: reverse(conn, position, reason, author, recorded_at=now))

    async def statement(self, party_id: str, year: int) -> Statement:
        """What the party used in the Amsterdam year."""
        rollup = usage_rollups.c
        lines = await self._lines(_lines.where(rollup.party_id == party_id, rollup.year == year))
        return statement_of(party_id, year, lines)

    async def statement_lines(self, year: int | None = None) -> tuple[StatementLine, ...]:
        """The lines of all parties."""
        return await self._lines(_lines if year is None else _lines.where(usage_rollups.c.year == year))

    async def entries(self, selection: Selection) -> AsyncIterator[Sequence[LedgerEntry]]:
        """Entries, page by page. Fixed at the first page: what is appended meanwhile is not among them."""
        async with self._engines.read.connect() as conn:
            head = await conn.scalar(select(usage_head.c.position)) or 0
            sources = await conn.run_sync(source_names)
        up_to = head if selection.up_to is None else min(head, selection.up_to)
        page: Sequence[Row] = ()
        while page := await self._page(_selected(selection, up_to, page[-1] if page else None)):
            yield [LedgerEntry(row[0], sources[row[1]], *row[2:]) for row in page]

    async def last_position_before(self, end: int) -> int:
        """The position of the last entry that was recorded before this moment (microseconds); 0: none was."""
        entry = usage_entries.c
        wanted = select(entry.position).where(entry.recorded_at < end).order_by(entry.position.desc()).limit(1)
        async with self._engines.read.connect() as conn:
            return await conn.scalar(wanted) or 0

    async def month_lines(self, day: date, up_to: int) -> tuple[StatementLine, ...]:
        """The lines of all parties for the Amsterdam month of this day, as they were when the entry at `up_to` was
        the last. Reads the ledger, not its rollups: for once a day."""
        return await self._lines(_lines_of_month(day, up_to))

    async def _page(self, query: Select[*tuple[object, ...]]) -> Sequence[Row]:
        async with self._engines.read.connect() as conn:  # not held while the reader takes its time
            return cast("Sequence[Row]", (await conn.execute(query)).all())

    async def seals(self, after: int, limit: int) -> tuple[Seal, ...]:
        """Seals, oldest first."""
        async with self._engines.read.connect() as conn:
            return await conn.run_sync(seals_after, after, limit)

    async def prove(self, position: int) -> Proof:
        """The proof of an entry."""
        async with self._engines.read.connect() as conn:
            return await conn.run_sync(prove, position)

    async def seal_due(self, joined: Mapping[str, str] | None = None) -> tuple[Seal, ...]:
        """Seal what waits when it is time; answers the new seals."""
        now = self._clock()
        return await self._writer.call(lambda conn: seal_due(conn, now, self._policy, joined))

    async def seal(self, joined: Mapping[str, str] | None = None) -> tuple[Seal, ...]:
        """Seal what waits now; answers the new seals."""
        now = self._clock()
        return await self._writer.call(lambda conn: seal(conn, now, self._policy, joined))

    async def _lines(self, query: Select[str, int, str, str, int, int, int]) -> tuple[StatementLine, ...]:
        async with self._engines.read.connect() as conn:
            rows = (await conn.execute(query)).all()
        return tuple(
            StatementLine(party, year, month, kind, int(quantity), int(entries), int(late))
            for party, year, month, kind, quantity, entries, late in rows
        )


_rollup = usage_rollups.c
_month = func.substr(_rollup.day, 1, 7).label("month")
_lines = (
    select(
        _rollup.party_id,
        _rollup.year,
        _month,
        _rollup.kind,
        func.sum(_rollup.quantity),
        func.sum(_rollup.entries),
        func.sum(_rollup.late),
    )
    .group_by(_rollup.party_id, _rollup.year, "month", _rollup.kind)
    .order_by(_rollup.party_id, _rollup.year, "month", _rollup.kind)
)


def _lines_of_month(day: date, up_to: int) -> Select[str, int, str, str, int, int, int]:
    entry = usage_entries.c
    first = day.replace(day=1)
    begin, end = midnight(first), midnight((first + timedelta(days=32)).replace(day=1))
    return (
        select(
            entry.party_id,
            literal(first.year),
            literal(f"{first:%Y-%m}"),
            entry.kind,
            func.sum(entry.quantity),
            func.count(),
            func.sum(case((entry.recorded_at >= end, entry.quantity), else_=0)),
        )
        .where(entry.position <= up_to, entry.at >= begin, entry.at < end)
        .group_by(entry.party_id, entry.kind)
        .order_by(entry.party_id, entry.kind)
    )


def _selected(selection: Selection, up_to: int, after: Row | None) -> Select[*tuple[object, ...]]:
    """One page of the entries that are wanted, in order, after the last of the page before.

    There is one lower bound for the position, never two: SQLite would seek to one of them and walk from there to
    the page, and the last page of an export would cost as much as all before it.
    """
    entry = usage_entries.c
    begin = after[0] if after and selection.party_id is None else selection.after
    wanted = select(usage_entries).where(entry.position <= up_to, entry.position > begin).limit(_ENTRIES_A_PAGE)
    if selection.year is not None:
        first, end = year_bounds(selection.year)
        wanted = wanted.where(entry.at >= first, entry.at < end)
    if selection.party_id is None:
        return wanted.order_by(entry.position)
    if after:
        wanted = wanted.where(tuple_(entry.at, entry.position) > (after[6], after[0]))
    return wanted.where(entry.party_id == selection.party_id).order_by(entry.at, entry.position)
