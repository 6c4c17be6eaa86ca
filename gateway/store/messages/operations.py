"""What an operator does to a message that is stuck: replay it, or return it to its sender."""

from datetime import datetime
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from gateway.clock import Clock
from gateway.messages.decision import Decision
from gateway.messages.delivery import replay, return_to_sender
from gateway.messages.lifecycle import State
from gateway.messages.message import Message
from gateway.store.engine import Engines
from gateway.store.messages import register_queries
from gateway.store.messages.commit import Committer, write_decisions
from gateway.store.messages.messages import MessageStore, message_in
from gateway.store.messages.register import log_change
from gateway.store.writer import Writer

OVERLAP_ROWS = 20
REPLAYED = "message replayed"
PREVIOUS_STATE = "was"
"""In the detail of such a row: the state that the message was in."""


class Queue(Protocol):
    """Judges messages."""

    def offer(self, message: Message, data: bytes | None, *, is_suspect: bool = False) -> None:
        """Have a stored message judged."""


class ReplayObserver(Protocol):
    """Counts messages that are replayed."""

    def message_reopened(self, state: State) -> None:
        """A message that was settled in this state is judged again, and will be settled a second time."""


class OperatorActions:
    """Implements `messages.ports.Operations`."""

    def __init__(self, committer: Committer, store: MessageStore, queue: Queue, clock: Clock) -> None:
        self._committer = committer
        self._store = store
        self._queue = queue
        self._clock = clock

    async def replay(self, kenmerk: str, actor: str) -> bool:
        """Have a parked or returned message judged again; False when it is not in such a state."""
        now = self._clock()

        def decide(connection: Connection) -> Decision | None:
            message = message_in(connection, kenmerk)
            return replay(message, actor, now) if message else None

        if await self._committer.commit_from(decide) is None:
            return False
        await _offer(self._store, self._queue, kenmerk)
        return True

    async def return_to_sender(self, kenmerk: str, actor: str, reason: str) -> bool:
        """Return a parked message to its sender; False when it is not parked."""
        now = self._clock()

        def decide(connection: Connection) -> Decision | None:
            message = message_in(connection, kenmerk)
            return return_to_sender(message, actor, reason, now) if message else None

        return await self._committer.commit_from(decide) is not None


class ReplaysElsewhere:
    """Replays that another process recorded (the command line): found here, and offered to the queue.

    They are in the register's log. It is read with some overlap, since on PostgreSQL a lower id can be committed
    after a higher one.
    """

    def __init__(self, engines: Engines, store: MessageStore, queue: Queue, observer: ReplayObserver) -> None:
        self._engines = engines
        self._store = store
        self._queue = queue
        self._observer = observer
        self._seen_id: int | None = None
        self._followed: set[int] = set()

    async def follow(self) -> None:
        """Offer what was recorded since the last time; the first time only look where the log ends."""
        newest: int = await self._engines.scalar(register_queries.NEWEST_CHANGE) or 0
        if self._seen_id is None or newest <= self._seen_id:
            self._seen_id = newest
            return
        replays = await self._engines.rows(
            register_queries.CHANGES_AFTER, id_before=self._seen_id - OVERLAP_ROWS, what=REPLAYED
        )
        self._seen_id = newest
        for row in replays:
            if row.id not in self._followed:
                await self._follow_one(row.subject, row.detail)
        self._followed = {row.id for row in replays}

    async def _follow_one(self, kenmerk: str, detail: str) -> None:
        if was := msgspec.json.decode(detail).get(PREVIOUS_STATE):
            self._observer.message_reopened(State(was))
        await _offer(self._store, self._queue, kenmerk)


async def record_replay(writer: Writer, kenmerk: str, actor: str, now: datetime) -> bool:
    """Have a message judged again by the server, which may be running or start later; False when it is
    neither parked nor returned."""

    def write(connection: Connection) -> bool:
        message = message_in(connection, kenmerk)
        decision = replay(message, actor, now) if message else None
        if decision is None:
            return False
        write_decisions(connection, [decision])
        log_change(connection, now, actor, REPLAYED, kenmerk, {PREVIOUS_STATE: decision.before.state.value})
        return True

    return await writer.call(write)


async def _offer(store: MessageStore, queue: Queue, kenmerk: str) -> None:
    if message := await store.unjudged_message(kenmerk):
        queue.offer(message, None, is_suspect=True)
