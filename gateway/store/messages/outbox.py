"""The outbox: messages that wait to be delivered, and the pauses of recipients that cannot be reached."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from gateway.clock import Clock
from gateway.messages.lifecycle import Disposition, Foutcode, Step
from gateway.messages.message import AtRest, JournalEntry
from gateway.messages.participants import MAILBOX, Party
from gateway.messages.ports import PendingDelivery
from gateway.metering.entry import UsageEntry
from gateway.pipeline.ports import Destination, Parcel
from gateway.store.engine import Engines
from gateway.store.ledger.entries import append
from gateway.store.messages import tables as t
from gateway.store.messages.commit import MeterDelivery, Rested, tell_nobody
from gateway.store.messages.mailbox import add_step, settle
from gateway.store.messages.outbox_tables import delivery_pauses, outbox
from gateway.store.messages.register import RegisterStore, log_change
from gateway.store.sql import insert_new
from gateway.store.writer import Writer

ACTOR = "gateway"


class OutboxStore:
    """Implements `pipeline.ports.Outbox`: each answer of a recipient is one transaction with its step."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        register: RegisterStore,
        meter: MeterDelivery,
        clock: Clock,
        rested: Rested = tell_nobody,
        delivery_methods: Collection[str] = (MAILBOX,),
    ) -> None:
        self._rested = rested
        self._engines = engines
        self._writer = writer
        self._register = register
        self._delivery_methods = delivery_methods
        self._meter = meter
        self._clock = clock

    async def due(self, now: datetime) -> tuple[Destination, ...]:
        """Recipients for whom something waits and that may be called now."""
        async with self._engines.read.connect() as connection:
            names = await connection.run_sync(_recipients)
            pauses = {row.recipient_id: row for row in (await connection.execute(select(delivery_pauses))).all()}
        found = []
        for name in names:
            party, pause = self._register.by_id(name), pauses.get(name)
            if party is not None and (pause is None or pause.again_at <= now):
                found.append(self._destination_of(party, pause.failures if pause else 0))
        return tuple(found)

    async def next_due_at(self) -> datetime | None:
        """When the first recipient that is left alone may be called again; None: nobody waits for that."""
        has_work = select(outbox.c.kenmerk).where(outbox.c.recipient_id == delivery_pauses.c.recipient_id).exists()
        query = select(func.min(delivery_pauses.c.again_at)).where(
            has_work, delivery_pauses.c.again_at > self._clock()
        )
        async with self._engines.read.connect() as connection:
            found: datetime | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def pending(self) -> tuple[PendingDelivery, ...]:
        """Every recipient for whom something waits, by id."""
        waiting = (
            select(
                outbox.c.recipient_id,
                func.count().label("messages"),
                func.min(outbox.c.kenmerk).label("oldest"),
                func.min(outbox.c.queued_at).label("queued_at"),
            )
            .group_by(outbox.c.recipient_id)
            .subquery()
        )
        pauses = delivery_pauses.c
        query = select(waiting, pauses.failures, pauses.again_at).outerjoin_from(
            waiting, delivery_pauses, pauses.recipient_id == waiting.c.recipient_id
        )
        now = self._clock()
        async with self._engines.read.connect() as connection:
            rows = (await connection.execute(query.order_by(waiting.c.recipient_id))).all()
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
        pauses = delivery_pauses.c
        ended = update(delivery_pauses).where(pauses.recipient_id == recipient_id, pauses.again_at > now)

        def write(connection: Connection) -> bool:
            if connection.execute(ended.values(again_at=now)).rowcount == 0:
                return False
            log_change(connection, now, actor, "delivery resumed", recipient_id, {})
            return True

        return await self._writer.call(write)

    async def first(self, recipient_id: str) -> Parcel | None:
        """The oldest message that waits for this recipient."""
        query = select(outbox).where(outbox.c.recipient_id == recipient_id).order_by(outbox.c.kenmerk).limit(1)
        async with self._engines.read.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return Parcel(row.kenmerk, row.recipient_id, row.queued_at) if row else None

    async def destination(self, recipient_id: str) -> Destination:
        """Where this recipient's messages go now. Raises LookupError when there is no such recipient."""
        party = self._register.by_id(recipient_id)
        if party is None:
            raise LookupError(f"no party {recipient_id}")
        return self._destination_of(party)

    async def offered(self, parcel: Parcel, at: datetime) -> None:
        """The message is being offered."""
        entry = JournalEntry(Step.DELIVERY_STARTED, at, ACTOR)
        await self._writer.call(lambda connection: add_step(connection, parcel.kenmerk, entry))

    async def delivered(self, parcel: Parcel, at: datetime, *, into_mailbox: bool) -> None:
        """The recipient has it, or finds it in its mailbox: metered in the same transaction."""
        self._rested(
            *await self._writer.call(
                lambda connection: self._deliver(connection, parcel.kenmerk, at, into_mailbox)
            )
        )

    async def troubled(self, parcel: Parcel, at: datetime, again_at: datetime, reason: str) -> None:
        """The recipient could not be reached."""
        entry = JournalEntry(Step.DELIVERY_TROUBLE, at, ACTOR, None, reason)

        def write(connection: Connection) -> None:
            add_step(connection, parcel.kenmerk, entry)
            _pause(connection, parcel.recipient_id, again_at)

        await self._writer.call(write)

    async def returned(
        self, parcel: Parcel, at: datetime, foutcode: Foutcode, reason: str, again_at: datetime | None = None
    ) -> None:
        """It could not be delivered."""
        entry = JournalEntry(Step.DELIVERY_FAILED, at, ACTOR, foutcode, reason)

        def write(connection: Connection) -> AtRest:
            add_step(connection, parcel.kenmerk, entry)
            rest = settle(connection, parcel.kenmerk, Disposition.UNDELIVERABLE, at)
            connection.execute(delete(outbox).where(outbox.c.kenmerk == parcel.kenmerk))
            if again_at is not None:
                _pause(connection, parcel.recipient_id, again_at)
            return rest

        self._rested(await self._writer.call(write), ())

    def _destination_of(self, party: Party, failures: int = 0) -> Destination:
        """Its mailbox when it chose a method that no channel has, or gave no address."""
        method, url = party.settings.get("delivery", MAILBOX), party.settings.get("delivery_url", "")
        is_usable = bool(url) and method in self._delivery_methods
        return Destination(party.party_id, method if is_usable else MAILBOX, url, failures)

    def _deliver(
        self, connection: Connection, kenmerk: str, at: datetime, into_mailbox: bool
    ) -> tuple[AtRest, Sequence[UsageEntry]]:
        row = connection.execute(select(t.messages).where(t.messages.c.kenmerk == kenmerk)).one()
        recipient = self._register.by_id(row.recipient_id)
        if recipient is None:
            raise LookupError(f"no party {row.recipient_id}")
        sender = self._register.by_id(row.sender_id) if row.sender_id else None
        add_step(connection, kenmerk, JournalEntry(Step.DELIVERED, at, ACTOR))
        disposition, usage = self._meter(kenmerk, sender, recipient, at, bool(row.is_test))
        rest = settle(connection, kenmerk, disposition, at)
        append(connection, usage)
        if into_mailbox:
            mail = {"recipient_id": row.recipient_id, "kenmerk": kenmerk, "times_taken": 0}
            insert_new(connection, t.mailbox, [{**mail, "token": None, "leased_until": None}])
        connection.execute(delete(outbox).where(outbox.c.kenmerk == kenmerk))
        connection.execute(delete(delivery_pauses).where(delivery_pauses.c.recipient_id == row.recipient_id))
        return rest, usage


def _recipients(connection: Connection) -> list[str]:
    """Recipients for whom something waits; one step in the index for each, however many messages wait."""
    found: list[str] = []
    while True:
        query = select(func.min(outbox.c.recipient_id))
        if found:
            query = query.where(outbox.c.recipient_id > found[-1])
        name = connection.execute(query).scalar_one_or_none()
        if name is None:
            return found
        found.append(name)


def _pause(connection: Connection, recipient_id: str, again_at: datetime) -> None:
    known = connection.execute(
        select(delivery_pauses.c.failures).where(delivery_pauses.c.recipient_id == recipient_id)
    ).scalar_one_or_none()
    row = {"recipient_id": recipient_id, "failures": (known or 0) + 1, "again_at": again_at}
    insert_new(connection, delivery_pauses, [row], replace=("failures", "again_at"))
