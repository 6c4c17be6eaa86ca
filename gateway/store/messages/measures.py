"""Figures about all messages, for metrics: what is in mailboxes, what is parked, who fell silent."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column

from gateway.store.engine import Engines
from gateway.store.messages import queries
from gateway.store.messages import tables as t

LOOK_BACK = timedelta(days=28)
"""What a party usually does is what it did in four weeks: every weekday and the end of a month are in it."""
HABIT_MESSAGES_MIN = 20
"""Who sent fewer in that time has no habit to break."""
SILENT_GAPS = 5
"""Silent: nothing for five times the usual time between two messages, and for a long weekend at least."""
SILENT_MIN = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Uncollected:
    """Messages that wait; `oldest_at` is when the oldest was received."""

    messages: int
    oldest_at: datetime | None


class Measures:
    """Asks the database."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def measure_uncollected(self) -> Uncollected:
        """Delivered and not confirmed, all mailboxes together."""
        async with self._engines.read.connect() as connection:
            row = (await connection.execute(queries.UNCOLLECTED)).one()
        return Uncollected(row.messages, _time_of(row.oldest) if row.oldest else None)

    async def to_push(self) -> Uncollected:
        """What waits in the outbox."""
        async with self._engines.read.connect() as connection:
            row = (await connection.execute(queries.TO_PUSH)).one()
        return Uncollected(row.messages, row.oldest_at)

    async def paused_recipients(self, now: datetime) -> int:
        """Recipients for whom something waits and that are not called before their pause is over."""
        async with self._engines.read.connect() as connection:
            return await connection.scalar(queries.PAUSED_RECIPIENTS, {"now": now}) or 0

    async def count_parked(self) -> int:
        """Messages that wait for an operator."""
        async with self._engines.read.connect() as connection:
            return await connection.scalar(queries.PARKED) or 0

    async def silent_senders(self, now: datetime) -> frozenset[str]:
        """Parties that sent regularly in four weeks, and now nothing for much longer than they usually leave
        between two messages. A stretch of the primary key; once an hour is often enough."""
        return await self._silent(now, t.messages.c.submitter_id)

    async def silent_recipients(self, now: datetime) -> frozenset[str]:
        """Parties that regularly had messages sent to them in four weeks, and now none, in the same sense."""
        return await self._silent(now, t.messages.c.recipient_id)

    async def _silent(self, now: datetime, party: Column[str]) -> frozenset[str]:
        since = uuid.UUID(f"{int((now - LOOK_BACK).timestamp() * 1000):012x}{'0' * 20}")
        async with self._engines.read.connect() as connection:
            wanted = queries.habits(party, HABIT_MESSAGES_MIN)
            habits = (await connection.execute(wanted, {"since": str(since)})).all()
        return frozenset(
            row.party_id
            for row in habits
            if now - _time_of(row.last) > silent_after(row.messages, _time_of(row.last) - _time_of(row.first))
        )


def silent_after(messages: int, span: timedelta) -> timedelta:
    """How long nothing must come of a party that sent so many messages within a span, before it is silent."""
    return max(SILENT_MIN, SILENT_GAPS * span / max(1, messages - 1))


def _time_of(kenmerk: str) -> datetime:
    """When a kenmerk was given out: the first 48 bits, milliseconds since 1970 (RFC 9562, 5.7)."""
    return datetime.fromtimestamp((uuid.UUID(kenmerk).int >> 80) / 1000, UTC)
