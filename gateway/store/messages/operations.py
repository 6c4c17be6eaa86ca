"""What an operator does to a message that is stuck: offer it again, or give it back."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from gateway.clock import Clock
from gateway.messages.lifecycle import Disposition, Foutcode, State, Step
from gateway.messages.message import AtRest, JournalEntry
from gateway.pipeline.queue import JudgingQueue
from gateway.store.engine import Engines
from gateway.store.messages import tables as t
from gateway.store.messages.commit import Rested, tell_nobody
from gateway.store.messages.mailbox import add_step, settle
from gateway.store.messages.messages import MessageStore
from gateway.store.messages.register import log_change
from gateway.store.writer import Writer


class OperatorActions:
    """Fulfils `messages.ports.Operations`."""

    def __init__(
        self,
        writer: Writer,
        store: MessageStore,
        queue: JudgingQueue,
        clock: Clock,
        rested: Rested = tell_nobody,
        reopened: Callable[[], None] = lambda: None,
    ) -> None:
        """`reopened` is told when a message that had come to rest is offered again."""
        self._rested = rested
        self._reopened = reopened
        self._writer = writer
        self._store = store
        self._queue = queue
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
            self._queue.offer(waiting, None, is_suspect=True)
        return True

    async def give_back(self, kenmerk: str, actor: str, reason: str) -> bool:
        """Return a parked message to its sender; False when it is not parked."""
        now = self._clock()
        rest = await self._writer.call(lambda connection: _give_back(connection, kenmerk, actor, reason, now))
        if rest is None:
            return False
        self._rested(rest, ())
        return True


class ReplaysElsewhere:
    """Replays that another process recorded (the command line): found here, and offered to the queue.

    The register's log tells of them. It is read with some overlap, since on PostgreSQL a lower id can be committed
    after a higher one.
    """

    def __init__(
        self,
        engines: Engines,
        store: MessageStore,
        queue: JudgingQueue,
        reopened: Callable[[], None] = lambda: None,
    ) -> None:
        """`reopened` is told when a message that had come to rest is offered again."""
        self._engines = engines
        self._store = store
        self._queue = queue
        self._reopened = reopened
        self._seen_id: int | None = None
        self._followed: set[int] = set()

    async def follow(self) -> None:
        """Offer what was recorded since the last time; the first time only look where the log ends."""
        log = t.register_log.c
        async with self._engines.read.connect() as connection:
            newest = (await connection.execute(select(func.max(log.id)))).scalar() or 0
            if self._seen_id is None or newest <= self._seen_id:
                self._seen_id = newest
                return
            wanted = select(log.id, log.subject, log.detail).where(
                log.id > self._seen_id - OVERLAP_ROWS, log.what == REPLAYED
            )
            replays = (await connection.execute(wanted)).all()
        self._seen_id = newest
        for replay in replays:
            if replay.id not in self._followed:
                await self._offer(replay.subject, replay.detail)
        self._followed = {replay.id for replay in replays}

    async def _offer(self, kenmerk: str, detail: str) -> None:
        if msgspec.json.decode(detail).get(WAS) == State.RETURNED.value:
            self._reopened()
        if waiting := await self._store.waiting_one(kenmerk):
            self._queue.offer(waiting, None, is_suspect=True)


OVERLAP_ROWS = 20
REPLAYED = "message replayed"
WAS = "was"
"""In the detail of such a row: the state that the message was in."""


async def record_replay(writer: Writer, kenmerk: str, actor: str, now: datetime) -> bool:
    """Have a message offered again by the server that runs beside this process, or starts later; False when it is
    neither parked nor returned."""

    def write(connection: Connection) -> bool:
        before = _replay(connection, kenmerk, actor, now)
        if before is not None:
            log_change(connection, now, actor, REPLAYED, kenmerk, {WAS: before.value})
        return before is not None

    return await writer.call(write)


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
