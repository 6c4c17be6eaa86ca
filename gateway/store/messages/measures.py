"""Figures about all messages, for metrics: what is in mailboxes, what is parked, who fell silent."""

from datetime import datetime, timedelta

from sqlalchemy import Executable

from gateway.messages.kenmerk import first_kenmerk_of, time_of
from gateway.messages.overview import Backlog
from gateway.store.engine import Engines
from gateway.store.messages import queries

LOOK_BACK = timedelta(days=28)
"""What a party usually does is what it did in four weeks: every weekday and the end of a month are in it."""
HABIT_MESSAGES_MIN = 20
"""Who sent fewer in that time has no habit to break."""
SILENT_GAPS = 5
"""Silent: nothing for five times the usual time between two messages, and for a long weekend at least."""
SILENT_MIN = timedelta(days=4)


class Measures:
    """Asks the database."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def to_judge(self) -> Backlog:
        """Accepted and not judged, by all gateways of this database together."""
        [row] = await self._engines.rows(queries.TO_JUDGE)
        return Backlog(row.messages, time_of(row.oldest) if row.oldest else None)

    async def last_received_at(self) -> datetime | None:
        """When a message was last received by any gateway; None before the first."""
        last = await self._engines.scalar(queries.LAST_RECEIVED)
        return time_of(last) if last else None

    async def measure_uncollected(self) -> Backlog:
        """Delivered and not confirmed, all mailboxes together."""
        [row] = await self._engines.rows(queries.UNCOLLECTED)
        return Backlog(row.messages, time_of(row.oldest) if row.oldest else None)

    async def to_push(self) -> Backlog:
        """What waits in the outbox."""
        [row] = await self._engines.rows(queries.TO_PUSH)
        return Backlog(row.messages, time_of(row.oldest) if row.oldest else None, row.queued_at)

    async def paused_recipients(self, now: datetime) -> int:
        """Recipients for whom something waits and that are not called before their pause is over."""
        return await self._engines.scalar(queries.PAUSED_RECIPIENTS, now=now) or 0

    async def count_parked(self) -> int:
        """Messages that wait for an operator."""
        return await self._engines.scalar(queries.PARKED) or 0

    async def count_damaged(self) -> int:
        """Messages whose stored content was found damaged or missing."""
        return await self._engines.scalar(queries.DAMAGED) or 0

    async def silent_senders(self, now: datetime) -> frozenset[str]:
        """Parties that sent regularly in four weeks, and now nothing for much longer than they usually leave
        between two messages. A stretch of the primary key; once an hour is often enough."""
        return await self._silent(now, queries.SENDER_HABITS)

    async def silent_recipients(self, now: datetime) -> frozenset[str]:
        """Parties that regularly had messages sent to them in four weeks, and now none, in the same sense."""
        return await self._silent(now, queries.RECIPIENT_HABITS)

    async def _silent(self, now: datetime, habits: Executable) -> frozenset[str]:
        since = first_kenmerk_of(now - LOOK_BACK)
        until = first_kenmerk_of(now - SILENT_MIN)
        rows = await self._engines.rows(habits, since=since, until=until, messages_min=HABIT_MESSAGES_MIN)
        return frozenset(
            row.party_id
            for row in rows
            if now - time_of(row.last) > silent_after(row.messages, time_of(row.last) - time_of(row.first))
        )


def silent_after(messages: int, span: timedelta) -> timedelta:
    """How long nothing must come of a party that sent so many messages within a span, before it is silent."""
    return max(SILENT_MIN, SILENT_GAPS * span / max(1, messages - 1))
