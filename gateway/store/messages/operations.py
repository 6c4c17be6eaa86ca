"""What an operator does to a message that is stuck: replay it, or return it to its sender."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from gateway.clock import Clock
from gateway.messages.delivery import replay, return_to_sender
from gateway.store.messages.commit import Committer, write_decisions
from gateway.store.messages.messages import MessageStore, message_in
from gateway.store.writer import Writer

if TYPE_CHECKING:
    from gateway.pipeline.queue import JudgingQueue


class OperatorActions:
    """What an operator does to a message that is stuck."""

    def __init__(self, committer: Committer, store: MessageStore, queue: "JudgingQueue", clock: Clock) -> None:
        self._committer = committer
        self._store = store
        self._queue = queue
        self._clock = clock

    async def replay(self, kenmerk: str, actor: str) -> bool:
        """Have a parked or returned message judged again; False when it is not in such a state."""
        now = self._clock()
        if await self._committer.commit_about(kenmerk, lambda message: replay(message, actor, now)) is None:
            return False
        if message := await self._store.unjudged_message(kenmerk):
            self._queue.offer(message, None, is_suspect=True)
        return True

    async def return_to_sender(self, kenmerk: str, actor: str, reason: str) -> bool:
        """Return a parked message to its sender; False when it is not parked."""
        now = self._clock()
        returned = await self._committer.commit_about(
            kenmerk, lambda message: return_to_sender(message, actor, reason, now)
        )
        return returned is not None


async def record_replay(writer: Writer, kenmerk: str, actor: str, now: datetime) -> bool:
    """Have a message judged again by a gateway, which may be running or start later; False when it is neither
    parked nor returned."""

    def write(connection: Connection) -> bool:
        message = message_in(connection, kenmerk)
        decision = replay(message, actor, now) if message else None
        if decision is None:
            return False
        write_decisions(connection, [decision])
        return True

    return await writer.call(write)
