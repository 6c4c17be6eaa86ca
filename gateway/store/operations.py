"""What an operator does to a message that is stuck: offer it again, or give it back."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from gateway.clock import Clock
from gateway.messages.desk import Desk
from gateway.messages.lifecycle import Disposition, Foutcode, State, Step
from gateway.messages.message import JournalEntry
from gateway.store import message_tables as t
from gateway.store.engine import Engines
from gateway.store.mailbox import add_step
from gateway.store.messages import MessageStore
from gateway.store.register import log_change
from gateway.store.writer import Writer


class OperatorDesk:
    """Fulfils `messages.ports.Operations`."""

    def __init__(self, writer: Writer, store: MessageStore, desk: Desk, clock: Clock) -> None:
        self._writer = writer
        self._store = store
        self._desk = desk
        self._clock = clock

    async def replay(self, kenmerk: str, actor: str) -> bool:
        """Offer a parked or returned message again; False when it is not in such a state."""
        now = self._clock()
        if not await self._writer.call(lambda connection: _replay(connection, kenmerk, actor, now)):
            return False
        if waiting := await self._store.waiting_one(kenmerk):
            self._desk.offer(waiting, None, is_suspect=True)
        return True

    async def give_back(self, kenmerk: str, actor: str, reason: str) -> bool:
        """Return a parked message to its sender; False when it is not parked."""
        now = self._clock()
        return await self._writer.call(lambda connection: _give_back(connection, kenmerk, actor, reason, now))


class ReplaysElsewhere:
    """Replays that another process recorded (the command line): found here, and offered to the desk.

    The register's log tells of them. It is read with some overlap, since on PostgreSQL a lower id can be committed
    after a higher one; offering twice changes nothing.
    """

    def __init__(self, engines: Engines, store: MessageStore, desk: Desk) -> None:
        self._engines = engines
        self._store = store
        self._desk = desk
        self._seen_id: int | None = None

    async def follow(self) -> None:
        """Offer what was recorded since the last time; the first time only look where the log ends."""
        log = t.register_log.c
        async with self._engines.read.connect() as connection:
            newest = (await connection.execute(select(func.max(log.id)))).scalar() or 0
            if self._seen_id is None or newest <= self._seen_id:
                self._seen_id = newest
                return
            wanted = select(log.subject).where(log.id > self._seen_id - OVERLAP_ROWS, log.what == REPLAYED)
            kenmerken = (await connection.execute(wanted)).scalars().all()
        self._seen_id = newest
        for kenmerk in kenmerken:
            if waiting := await self._store.waiting_one(kenmerk):
                self._desk.offer(waiting, None, is_suspect=True)


OVERLAP_ROWS = 20
REPLAYED = "message replayed"


async def record_replay(writer: Writer, kenmerk: str, actor: str, now: datetime) -> bool:
    """Have a message offered again by the server that runs beside this process, or starts later; False when it is
    neither parked nor returned."""

    def write(connection: Connection) -> bool:
        if not _replay(connection, kenmerk, actor, now):
            return False
        log_change(connection, now, actor, REPLAYED, kenmerk, {})
        return True

    return await writer.call(write)


def _state(connection: Connection, kenmerk: str) -> State | None:
    found = connection.execute(
        select(t.messages.c.state).where(t.messages.c.kenmerk == kenmerk)
    ).scalar_one_or_none()
    return State(found) if found else None


def _replay(connection: Connection, kenmerk: str, actor: str, now: datetime) -> bool:
    if _state(connection, kenmerk) not in {State.PARKED, State.RETURNED}:
        return False
    add_step(connection, kenmerk, JournalEntry(Step.REPLAYED, now, actor))
    _dispose(connection, kenmerk, Disposition.PENDING, None)
    return True


def _give_back(connection: Connection, kenmerk: str, actor: str, reason: str, now: datetime) -> bool:
    if _state(connection, kenmerk) is not State.PARKED:
        return False
    add_step(connection, kenmerk, JournalEntry(Step.DELIVERY_FAILED, now, actor, Foutcode.AFS400, reason))
    _dispose(connection, kenmerk, Disposition.UNDELIVERABLE, now)
    return True


def _dispose(connection: Connection, kenmerk: str, disposition: Disposition, settled_at: datetime | None) -> None:
    connection.execute(
        update(t.messages)
        .where(t.messages.c.kenmerk == kenmerk)
        .values(disposition=disposition.value, settled_at=settled_at)
    )
