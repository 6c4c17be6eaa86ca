"""The operator's overview, from the same figures as the metrics."""

from gateway.clock import Clock
from gateway.messages.kenmerk import time_of
from gateway.messages.overview import Backlog, Overview
from gateway.store.engine import Engines
from gateway.store.messages import queries
from gateway.store.messages.measures import Measures
from gateway.store.nodes.node import Node


class OverviewStore:
    """Reads the database."""

    def __init__(self, engines: Engines, node: Node, clock: Clock) -> None:
        self._engines = engines
        self._measures = Measures(engines)
        self._node = node
        self._clock = clock

    async def overview(self) -> Overview:
        """The state now."""
        measures, now = self._measures, self._clock()
        mailboxes = await self._engines.rows(queries.UNCOLLECTED_BY_RECIPIENT)
        return Overview(
            to_judge=await measures.to_judge(),
            in_mailboxes=[(row.recipient_id, Backlog(row.messages, time_of(row.oldest))) for row in mailboxes],
            to_push=await measures.to_push(),
            parked=await measures.count_parked(),
            damaged=await measures.count_damaged(),
            silent=sorted(await measures.silent_senders(now) | await measures.silent_recipients(now)),
            last_received_at=await measures.last_received_at(),
            nodes=await self._node.count_alive(),
        )
