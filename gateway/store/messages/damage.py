"""Messages whose stored content was found damaged or missing.

The storage reports what it finds wherever it reads; here it becomes an incident: a line in the log, a metric, and
a row that keeps the message in its mailbox until an audit finds it sound again, or an operator replays it.
"""

import asyncio
from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from gateway.clock import Clock, to_microseconds
from gateway.messages.kenmerk import first_kenmerk_of, last_kenmerk_of
from gateway.messages.stored_errors import DamagedDocumentError, MissingDocumentError
from gateway.metrics import Metrics
from gateway.store.engine import Engines
from gateway.store.messages import queries
from gateway.store.messages.references import KENMERK_SLACK, named_at
from gateway.store.sql import Change, write_together
from gateway.store.writer import Writer

log = structlog.get_logger(__name__)


class DamageRow(NamedTuple):
    """A message that is kept back."""

    kenmerk: str
    found_at: int
    reason: str


class DamageRecords:
    """Records what the storage reports."""

    def __init__(self, engines: Engines, writer: Writer, metrics: Metrics, clock: Clock) -> None:
        self._engines = engines
        self._writer = writer
        self._metrics = metrics
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def report(self, error: DamagedDocumentError) -> None:
        """Content was found damaged or missing. For `Storage.report_damage`."""
        self._metrics.damage_found(is_missing=isinstance(error, MissingDocumentError))
        task = asyncio.get_running_loop().create_task(self._record(error))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _record(self, error: DamagedDocumentError) -> None:
        where, reason = error.where, str(error)
        kenmerken: list[str] = []
        try:
            kenmerken = await self._messages_at(where.key, where.offset)
            rows = [DamageRow(kenmerk, to_microseconds(self._clock()), reason) for kenmerk in kenmerken]
            await self._writer.call(lambda connection: keep_damage(connection, rows))
        except Exception as trouble:  # the next read reports it again
            log.warning("damage_not_recorded", error=type(trouble).__name__)
        log.error("content_damaged", messages=kenmerken, object=where.key, offset=where.offset, reason=reason)

    async def _messages_at(self, key: str, offset: int) -> list[str]:
        """The messages with a document or attachment there."""
        moment = named_at(key)
        if moment is None:
            return []
        rows = await self._engines.rows(
            queries.STORED_AT,
            first=first_kenmerk_of(moment - KENMERK_SLACK),
            last=last_kenmerk_of(moment + KENMERK_SLACK),
            key=key,
            offset=offset,
        )
        return [row.kenmerk for row in rows]


def keep_damage(connection: Connection, rows: list[DamageRow]) -> None:
    """Keep messages back; those that are already stay as they are."""
    write_together(connection, [Change(queries.KEEP_DAMAGE, sorted(rows))])
