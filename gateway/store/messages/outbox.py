"""The outbox: messages that wait to be pushed to their recipients."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Connection

from gateway.clock import Clock
from gateway.messages.participants import MAILBOX, Party
from gateway.messages.ports import PendingDelivery
from gateway.pipeline.ports import Destination, QueuedMessage
from gateway.store.engine import Engines
from gateway.store.messages import queries
from gateway.store.messages.messages import as_message, stored_attachment
from gateway.store.messages.register import RegisterStore, log_change
from gateway.store.nodes.tables import NOBODY
from gateway.store.writer import Writer


class OutboxStore:
    """The outbox of all recipients. Implements `pipeline.ports.Outbox`."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        register: RegisterStore,
        clock: Clock,
        delivery_methods: Collection[str] = (MAILBOX,),
        resumed: Callable[[], None] = lambda: None,
        node_id: str = NOBODY,
    ) -> None:
        """`resumed` is called when the pause of a recipient was ended; `node_id` is this gateway."""
        self._engines = engines
        self._writer = writer
        self._register = register
        self._clock = clock
        self._delivery_methods = delivery_methods
        self._resumed = resumed
        self._node_id = node_id

    async def due(self, now: datetime) -> tuple[Destination, ...]:
        """Recipients for whom something waits, and that may be called now: by this gateway, not by another."""
        recipients = [row.recipient_id for row in await self._engines.rows(queries.RECIPIENTS)]
        called = await self._engines.rows(queries.CALLED_ELSEWHERE, node_id=self._node_id)
        called_elsewhere = {row.recipient_id for row in called}
        pauses = {row.recipient_id: row for row in await self._engines.rows(queries.PAUSES)}
        if recipients:  # a pause that is gone may have ended with the old address
            await self._register.refresh()
        found = []
        for recipient_id in recipients:
            party, pause = self._register.by_id(recipient_id), pauses.get(recipient_id)
            may_be_called = recipient_id not in called_elsewhere and (pause is None or pause.again_at <= now)
            if party is not None and may_be_called:
                found.append(self._destination_of(party, pause.failures if pause else 0))
        return tuple(found)

    async def next_due_at(self) -> datetime | None:
        """When the first recipient that is left alone may be called again; None: nobody waits for that."""
        return await self._engines.scalar(queries.NEXT_PAUSE_END, now=self._clock())

    async def destination(self, recipient_id: str) -> Destination:
        """Where this recipient's messages go now. Raises LookupError when there is no such recipient."""
        party = self._register.by_id(recipient_id)
        if party is None:
            raise LookupError(f"no party {recipient_id}")
        return self._destination_of(party)

    async def pending(self) -> tuple[PendingDelivery, ...]:
        """Every recipient for whom something waits, by id."""
        now = self._clock()
        rows = await self._engines.rows(queries.PENDING_DELIVERIES)
        return tuple(
            PendingDelivery(
                row.recipient_id,
                row.messages,
                row.oldest,
                row.queued_at,
                row.failures or 0,
                row.again_at if row.again_at and row.again_at > now else None,
            )
            for row in rows
        )

    async def resume(self, recipient_id: str, actor: str) -> bool:
        """End the pause of a recipient: the next message is offered within seconds. False when it has none."""
        now = self._clock()

        def write(connection: Connection) -> bool:
            if connection.execute(queries.END_PAUSE, {"party_id": recipient_id, "now": now}).rowcount == 0:
                return False
            log_change(connection, now, actor, "delivery resumed", recipient_id, {})
            return True

        is_ended = await self._writer.call(write)
        self._resumed()
        return is_ended

    async def first(self, recipient_id: str) -> QueuedMessage | None:
        """The oldest message that waits for this recipient, with its attachments; None also while another gateway
        is offering it."""
        rows = await self._engines.rows(queries.FIRST_IN_OUTBOX, recipient_id=recipient_id, node_id=self._node_id)
        if not rows or rows[0].is_held_elsewhere:
            return None
        attachments = await self._engines.rows(queries.ATTACHMENTS, kenmerk=rows[0].kenmerk)
        message = as_message(rows[0], tuple(map(stored_attachment, attachments)))
        return QueuedMessage(message, rows[0].queued_at)

    def _destination_of(self, party: Party, failures: int = 0) -> Destination:
        """Its mailbox when it chose a method that no channel has, or gave no address."""
        method, url = party.settings.get("delivery", MAILBOX), party.settings.get("delivery_url", "")
        is_usable = bool(url) and method in self._delivery_methods
        return Destination(party.party_id, method if is_usable else MAILBOX, url, failures)
