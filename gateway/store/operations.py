"""What an operator does to a message that is stuck: offer it again, or give it back."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.clock import Clock
from gateway.messages.desk import Desk
from gateway.messages.lifecycle import Disposition, Foutcode, State, Step
from gateway.messages.message import AtRest, JournalEntry
from gateway.store import message_tables as t
from gateway.store.mailbox import add_step, settle
from gateway.store.messages import MessageStore
from gateway.store.settling import Rested, tell_nobody
from gateway.store.writer import Writer


class OperatorDesk:
    """Fulfils `messages.ports.Operations`."""

    def __init__(
        self,
        writer: Writer,
        store: MessageStore,
        desk: Desk,
        clock: Clock,
        rested: Rested = tell_nobody,
        reopened: Callable[[], None] = lambda: None,
    ) -> None:
        """`reopened` is told when a message that had come to rest is offered again."""
        self._rested = rested
        self._reopened = reopened
        self._writer = writer
        self._store = store
        self._desk = desk
        self._clock = clock

    async def replay(self, kenmerk: str, actor: str) -> bool:
        """Offer a parked or returned message again; False when it is not in such a state."""
        now = self._clock()
        before = await self._writer.call(lambda connection: _replay(connection, kenmerk, actor, now))
        if before is None:
            return False
        if before is State.RETURNED:
            self._reopened()
        if waiting := await self._store.waiting_one(kenmerk):
            self._desk.offer(waiting, None, is_suspect=True)
        return True

    async def give_back(self, kenmerk: str, actor: str, reason: str) -> bool:
        """Return a parked message to its sender; False when it is not parked."""
        now = self._clock()
        rest = await self._writer.call(lambda connection: _give_back(connection, kenmerk, actor, reason, now))
        if rest is None:
            return False
        self._rested(rest, ())
        return True


def _state(connection: Connection, kenmerk: str) -> State | None:
    found = connection.execute(
        select(t.messages.c.state).where(t.messages.c.kenmerk == kenmerk)
    ).scalar_one_or_none()
    return State(found) if found else None


def _replay(connection: Connection, kenmerk: str, actor: str, now: datetime) -> State | None:
    """The state that it was in; None: nothing was done."""
    before = _state(connection, kenmerk)
    if before not in {State.PARKED, State.RETURNED}:
        return None
    add_step(connection, kenmerk, JournalEntry(Step.REPLAYED, now, actor))
    settle(connection, kenmerk, Disposition.PENDING, None)
    return before


def _give_back(connection: Connection, kenmerk: str, actor: str, reason: str, now: datetime) -> AtRest | None:
    if _state(connection, kenmerk) is not State.PARKED:
        return None
    add_step(connection, kenmerk, JournalEntry(Step.DELIVERY_FAILED, now, actor, Foutcode.AFS400, reason))
    return settle(connection, kenmerk, Disposition.UNDELIVERABLE, now)
