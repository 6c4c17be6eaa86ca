"""What waits for no living node is judged by this one: after a restart, of a node that stopped or hangs, and what
another process replayed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection, Row

from gateway.clock import Clock
from gateway.messages.kenmerk import first_kenmerk_of
from gateway.messages.lifecycle import FIRST_STEPS, STEPS, Step
from gateway.metrics import Metrics
from gateway.store.engine import Engines
from gateway.store.messages import queries
from gateway.store.messages.messages import MessageStore
from gateway.store.nodes.tables import NOBODY
from gateway.store.sql import Change, write_together
from gateway.store.writer import Writer

if TYPE_CHECKING:
    from gateway.pipeline.queue import JudgingQueue

log = structlog.get_logger(__name__)

TAKEN_MESSAGES_MAX = 1_000
"""Most messages taken over at once, and only while fewer wait here: other nodes take their share, and a backlog of
any size does not fill the memory."""
FORGOTTEN_AFTER = timedelta(seconds=15)
"""A message that waits here longer and is not in the queue was committed and the answer was lost."""
FORGOTTEN_MESSAGES_MAX = 100
"""How many of the oldest are compared with the queue."""


class Takeover:
    """Finds messages that nobody judges, and offers them to the queue of this node."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        store: MessageStore,
        queue: "JudgingQueue",
        metrics: Metrics,
        clock: Clock,
        node_id: str,
    ) -> None:
        self._engines = engines
        self._writer = writer
        self._store = store
        self._queue = queue
        self._metrics = metrics
        self._clock = clock
        self._node_id = node_id

    async def run(self) -> None:
        """Take over what waits for no living node, oldest first. Raises the database's error."""
        room = TAKEN_MESSAGES_MAX - self._queue.waiting_count
        holders = await self._engines.rows(queries.DEAD_HOLDERS, node_id=self._node_id)
        if holders and room > 0:
            nodes = [row.node_id for row in holders]
            for row in await self._writer.call(lambda connection: self._take(connection, nodes, room)):
                await self._offer(row)
        await self._offer_forgotten()

    def _take(self, connection: Connection, nodes: Sequence[str], limit: int) -> Sequence[Row[Any]]:
        rows = connection.execute(queries.WAITING_FOR, {"nodes": nodes, "limit": limit}).all()
        write_together(connection, [Change(queries.TAKE_OVER, [(self._node_id, row.kenmerk) for row in rows])])
        return rows

    async def _offer(self, row: Row[Any]) -> None:
        if row.node_id == NOBODY and row.steps > len(FIRST_STEPS):
            await self._count_replayed(row.kenmerk, row.steps)
        else:
            self._metrics.messages_taken_over(1)
            log.info("message_taken_over", kenmerk=row.kenmerk, node=row.node_id)
        self._queue.offer(await self._store.with_attachments(row), None, is_suspect=True)

    async def _count_replayed(self, kenmerk: str, steps: int) -> None:
        """Only another process's replay is nobody's: the step before it says what the message was."""
        [row] = await self._engines.rows(queries.STEP_BEFORE, kenmerk=kenmerk, position=steps - 2)
        self._metrics.message_reopened(STEPS[Step(row.step)].leads_to)

    async def _offer_forgotten(self) -> None:
        values = {"until": first_kenmerk_of(self._clock() - FORGOTTEN_AFTER), "limit": FORGOTTEN_MESSAGES_MAX}
        for row in await self._engines.rows(queries.WAITING_HERE, node_id=self._node_id, **values):
            if row.kenmerk not in self._queue and (message := await self._store.unjudged_message(row.kenmerk)):
                self._queue.offer(message, None, is_suspect=True)
