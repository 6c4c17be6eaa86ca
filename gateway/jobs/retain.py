"""Forgets what was kept long enough: contents and reports of settled messages, every day.

The database records first that a part is forgotten; from then on nobody can read it. Its bytes in document storage
go after that: a process that stops in between goes on with them when it starts again. An object goes when no
message names it any more; until then its forgotten bytes are zeros.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.clock import AMSTERDAM, Clock, billing_date
from gateway.jobs.periodic import IsMine, everywhere, run_periodically
from gateway.messages.message import GATEWAY
from gateway.messages.retention import DueMessage, Holds, RetentionReport, RetentionTerm, Tally, terms_at
from gateway.messages.stored_errors import StoreUnavailableError
from gateway.settings import RetentionSettings
from gateway.store.documents.storage import Storage
from gateway.store.messages.references import ObjectReferences
from gateway.store.messages.retention import RetentionStore

log = structlog.get_logger(__name__)

CHECK_SECONDS = 300.0
"""How often we look whether the run of the day is due."""
LAST_RUN_MAX = timedelta(days=31)
"""Longer after the last run none is made by itself: the clock may be wrong, and nothing forgotten comes back."""
READING_SECONDS = 5.0
"""Between the records and the bytes: who looked up where a document is has read it by then."""
TROUBLE = (StoreUnavailableError, SQLAlchemyError)
"""Errors of storage or database that may pass."""


class Retention:
    """Runs over the messages, by the terms in the settings."""

    def __init__(
        self,
        settings: RetentionSettings,
        store: RetentionStore,
        storage: Storage,
        references: ObjectReferences,
        clock: Clock,
        reading_seconds: float | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._storage = storage
        self._references = references
        self._clock = clock
        self._reading_seconds = READING_SECONDS if reading_seconds is None else reading_seconds

    async def plan(self) -> RetentionReport:
        """What a run would forget now. Nothing is changed."""
        now, holds = self._clock(), Holds(await self._store.holds())
        tallies: list[Tally] = []
        for term in terms_at(self._settings, now):
            count = _Count(term)
            async for page in self._store.due(term):
                count.add((one for one in page if not holds.on(one)), (one for one in page if holds.on(one)))
            tallies += count.tallies()
        return RetentionReport(now, is_dry_run=True, tallies=tuple(tallies))

    async def run(self, actor: str) -> RetentionReport:
        """Forget what is due, have its bytes removed, and keep the report. Raises one of TROUBLE."""
        now = self._clock()
        tallies: list[Tally] = []
        for term in terms_at(self._settings, now):
            tallies += await self._forget(term, now)
        removed, erased_bytes, failed = await self.erase()
        report = RetentionReport(now, False, tuple(tallies), removed, erased_bytes, failed)
        await self._store.add_run(report, actor)
        return report

    async def _forget(self, term: RetentionTerm, now: datetime) -> list[Tally]:
        count = _Count(term)
        async for page in self._store.due(term):
            forgotten = await self._store.forget(term, [one.kenmerk for one in page], now)
            gone = {one.kenmerk for one in forgotten}
            count.add(forgotten, (one for one in page if one.kenmerk not in gone))
        return count.tallies()

    async def erase(self) -> tuple[int, int, int]:
        """Remove the bytes of what was forgotten: how many objects went whole, how many bytes went, and how many
        objects could not be reached."""
        removed = erased_bytes = failed = 0
        waiting = await self._store.erasures()
        if waiting:
            await asyncio.sleep(self._reading_seconds)
        for key, spans in waiting:
            try:
                removed += await self._erase_in(key, spans)
            except StoreUnavailableError as error:
                log.error("not_erased", object=key, error=type(error).__name__)
                failed += 1
            else:
                erased_bytes += sum(size_bytes for _, size_bytes in spans)
        return removed, erased_bytes, failed

    async def _erase_in(self, key: str, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether the whole object went."""
        is_used = key in await self._references.find_used([key])
        if is_used:
            await self._storage.erase(key, spans)
        else:
            await self._storage.require_present()
            await self._storage.delete(key)
        await self._store.mark_erased(key)
        return not is_used

    async def runs(self, limit: int) -> tuple[RetentionReport, ...]:
        """The reports of the newest runs, newest first."""
        return await self._store.runs(limit)

    async def run_when_due(self) -> RetentionReport | None:
        """The run of this Amsterdam day, once it is time and unless it was made; None: nothing was due, or an
        operator must make it. What an earlier run left is finished in any case. Raises one of TROUBLE."""
        now, last = self._clock(), await self._store.last_run_at()
        is_time = now.astimezone(AMSTERDAM).hour >= self._settings.hour
        if last is not None and now - last > LAST_RUN_MAX:
            log.error("retention_held_back", last_run=f"{last:%Y-%m-%d}", days=(now - last).days)
        elif is_time and (last is None or billing_date(last) < billing_date(now)):
            return await self.run(GATEWAY)
        await self.erase()
        return None


class _Count:
    """Counts by year what one term makes go."""

    def __init__(self, term: RetentionTerm) -> None:
        self._term = term
        self._messages: Counter[int] = Counter()
        self._bytes: Counter[int] = Counter()
        self._held: Counter[int] = Counter()

    def add(self, forgotten: Iterable[DueMessage], held: Iterable[DueMessage]) -> None:
        """Count these messages."""
        for one in forgotten:
            year = billing_date(one.received_at).year
            self._messages[year] += 1
            self._bytes[year] += one.size_bytes
        self._held.update(billing_date(one.received_at).year for one in held)

    def tallies(self) -> list[Tally]:
        """By year."""
        term, years = self._term, sorted(self._messages.keys() | self._held.keys())
        return [
            Tally(term.part, term.rule, year, self._messages[year], self._bytes[year], self._held[year])
            for year in years
        ]


async def retain_regularly(retention: Retention, first_after: timedelta, is_mine: IsMine = everywhere) -> None:
    """Make the run of each day, for as long as this is awaited."""

    async def retain() -> None:
        report = await retention.run_when_due()
        if report is not None:
            log.info(
                "retention_run",
                forgotten=report.messages,
                objects_removed=report.objects_removed,
                bytes_erased=report.bytes_erased,
                objects_failed=report.objects_failed,
            )

    await run_periodically(
        retain,
        CHECK_SECONDS,
        failure="retention_failed",
        expected=TROUBLE,
        first_after_seconds=first_after.total_seconds(),
        is_mine=is_mine,
    )
