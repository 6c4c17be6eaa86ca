"""Figures about all messages together, for metrics: what lies in mailboxes, what is parked, who fell silent."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, func, select

from gateway.messages.lifecycle import State
from gateway.store.engine import Engines
from gateway.store.messages import tables as t
from gateway.store.messages.outbox_tables import delivery_pauses, outbox

LOOK_BACK = timedelta(days=28)
"""What a party usually does is what it did in four weeks: every weekday and the end of a month are in it."""
HABIT_MESSAGES_MIN = 20
"""Who sent fewer in that time has no habit to break."""
SILENT_GAPS = 5
"""Silent: nothing for five times the usual time between two messages, and for a long weekend at least."""
SILENT_MIN = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Uncollected:
    """What lies in mailboxes; `oldest_at` is when the oldest came in."""

    messages: int
    oldest_at: datetime | None


class Measures:
    """Asks the database."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def uncollected(self) -> Uncollected:
        """Delivered and not confirmed, all mailboxes together."""
        async with self._engines.read.connect() as connection:
            wanted = select(func.count(), func.min(t.mailbox.c.kenmerk))
            messages, oldest = (await connection.execute(wanted)).one()
        return Uncollected(messages, _moment(oldest) if oldest else None)

    async def to_push(self) -> Uncollected:
        """What waits in the outbox for recipients that want to be called."""
        async with self._engines.read.connect() as connection:
            wanted = select(func.count(), func.min(outbox.c.queued_at))
            messages, oldest = (await connection.execute(wanted)).one()
        return Uncollected(messages, oldest)

    async def paused_recipients(self, now: datetime) -> int:
        """Recipients for whom something waits and that are not called before their pause is over."""
        has_work = select(outbox.c.kenmerk).where(outbox.c.recipient_id == delivery_pauses.c.recipient_id).exists()
        wanted = (
            select(func.count()).select_from(delivery_pauses).where(has_work, delivery_pauses.c.again_at > now)
        )
        async with self._engines.read.connect() as connection:
            return (await connection.execute(wanted)).scalar_one()

    async def parked(self) -> int:
        """Set apart for an operator."""
        wanted = select(func.count()).where(t.messages.c.state == State.PARKED.value)
        async with self._engines.read.connect() as connection:
            return (await connection.execute(wanted)).scalar_one()

    async def silent_senders(self, now: datetime) -> frozenset[str]:
        """Parties that sent regularly in four weeks, and now nothing for much longer than they usually leave
        between two messages. A stretch of the primary key; once an hour is often enough."""
        return await self._silent(now, t.messages.c.submitter_id)

    async def silent_recipients(self, now: datetime) -> frozenset[str]:
        """Parties that regularly had messages sent to them in four weeks, and now none, in the same sense."""
        return await self._silent(now, t.messages.c.recipient_id)

    async def _silent(self, now: datetime, party: Column[str]) -> frozenset[str]:
        kenmerk = t.messages.c.kenmerk
        since = uuid.UUID(f"{int((now - LOOK_BACK).timestamp() * 1000):012x}{'0' * 20}")
        wanted = (
            select(party, func.count(), func.min(kenmerk), func.max(kenmerk))
            .where(kenmerk >= str(since), party.is_not(None))
            .group_by(party)
            .having(func.count() >= HABIT_MESSAGES_MIN)
        )
        async with self._engines.read.connect() as connection:
            habits = (await connection.execute(wanted)).all()
        return frozenset(
            party_id
            for party_id, messages, first, last in habits
            if now - _moment(last) > silent_after(messages, _moment(last) - _moment(first))
        )


def silent_after(messages: int, span: timedelta) -> timedelta:
    """How long nothing must come of a party that sent so many messages within a span, before it is silent."""
    return max(SILENT_MIN, SILENT_GAPS * span / max(1, messages - 1))


def _moment(kenmerk: str) -> datetime:
    """When a kenmerk was given out: the first 48 bits, milliseconds since 1970 (RFC 9562, 5.7)."""
    return datetime.fromtimestamp((uuid.UUID(kenmerk).int >> 80) / 1000, UTC)
