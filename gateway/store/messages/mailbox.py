"""What lies ready for a recipient: listed, taken under a lease, confirmed."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from gateway.clock import Clock
from gateway.messages.lifecycle import Disposition, State, Step, after
from gateway.messages.message import AtRest, JournalEntry, Lease, Message, Page
from gateway.store.engine import Engines
from gateway.store.messages import tables as t
from gateway.store.messages.commit import step_insertion, step_row
from gateway.store.messages.messages import as_message
from gateway.store.sql import placeholder, write_together
from gateway.store.writer import Writer
from gateway.validator.model.document import DocumentKind


class MailboxStore:
    """Mailboxes of all recipients. Fulfils `messages.ports.Mailbox`."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        clock: Clock,
        confirmed: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        """`confirmed` is told of each message that is confirmed, and the seconds since it was delivered."""
        self._confirmed = confirmed
        self._engines = engines
        self._writer = writer
        self._clock = clock

    async def waiting(self, party_id: str, cursor: str | None, limit: int) -> Page[Message]:
        """Delivered, not confirmed; oldest first; leased ones included."""
        query = select(t.messages).join(t.mailbox, t.mailbox.c.kenmerk == t.messages.c.kenmerk)
        query = query.where(t.mailbox.c.recipient_id == party_id)
        if cursor is not None:
            query = query.where(t.mailbox.c.kenmerk > cursor)
        async with self._engines.read.connect() as connection:
            rows = (await connection.execute(query.order_by(t.mailbox.c.kenmerk).limit(limit + 1))).all()
        items = tuple(as_message(row) for row in rows[:limit])
        return Page(items, items[-1].kenmerk if len(rows) > limit else None)

    async def take(self, party_id: str, limit: int, lease: timedelta) -> tuple[Lease, ...]:
        """Lease the oldest messages that nobody holds."""
        now = self._clock()
        return await self._writer.call(lambda connection: _take(connection, party_id, limit, now, now + lease))

    async def confirm(self, party_id: str, kenmerk: str, token: str | None, actor: str) -> bool:
        """The recipient has it. True also when it was confirmed before."""
        now = self._clock()
        done = await self._writer.call(
            lambda connection: _confirm(connection, party_id, kenmerk, token, actor, now)
        )
        if isinstance(done, datetime):
            self._confirmed((now - done).total_seconds())
        return bool(done)


def _take(connection: Connection, party_id: str, limit: int, now: datetime, until: datetime) -> tuple[Lease, ...]:
    box = t.mailbox.c
    free = or_(box.leased_until.is_(None), box.leased_until <= now)
    query = (
        select(t.messages, box.times_taken)
        .join(t.mailbox, box.kenmerk == t.messages.c.kenmerk)
        .where(box.recipient_id == party_id, free)
        .order_by(box.kenmerk)
        .limit(limit)
        .with_for_update(of=t.mailbox, skip_locked=True)  # on PostgreSQL another gateway may be taking too
    )
    rows = connection.execute(query).all()
    return tuple(_lease(connection, party_id, row, until) for row in rows)


def _lease(connection: Connection, party_id: str, row: Row[tuple[object, ...]], until: datetime) -> Lease:
    token, taken = secrets.token_urlsafe(18), row.times_taken + 1
    connection.execute(
        update(t.mailbox)
        .where(t.mailbox.c.recipient_id == party_id, t.mailbox.c.kenmerk == row.kenmerk)
        .values(token=token, leased_until=until, times_taken=taken)
    )
    return Lease(as_message(row), token, until, taken)


def _confirm(
    connection: Connection, party_id: str, kenmerk: str, token: str | None, actor: str, now: datetime
) -> datetime | bool:
    """When it was delivered, the first time; later only whether it is confirmed."""
    box = t.mailbox.c
    row = connection.execute(
        select(t.mailbox).where(box.recipient_id == party_id, box.kenmerk == kenmerk)
    ).one_or_none()
    if row is None:
        return _was_confirmed(connection, party_id, kenmerk)
    if token is not None and token != row.token:
        return False
    connection.execute(delete(t.mailbox).where(box.recipient_id == party_id, box.kenmerk == kenmerk))
    add_step(connection, kenmerk, JournalEntry(Step.CONFIRMED, now, actor))
    delivered_at: datetime | None = connection.execute(
        select(t.messages.c.settled_at).where(t.messages.c.kenmerk == kenmerk)
    ).scalar_one()
    return delivered_at or True


def _was_confirmed(connection: Connection, party_id: str, kenmerk: str) -> bool:
    query = select(t.messages.c.state).where(
        t.messages.c.kenmerk == kenmerk, t.messages.c.recipient_id == party_id
    )
    return connection.execute(query).scalar_one_or_none() == State.CONFIRMED.value


def settle(connection: Connection, kenmerk: str, disposition: Disposition, at: datetime | None) -> AtRest:
    """Say what a message is to the meter, and since when; None: it does not rest any more."""
    own = t.messages.c.kenmerk == kenmerk
    connection.execute(update(t.messages).where(own).values(disposition=disposition.value, settled_at=at))
    row = connection.execute(select(t.messages).where(own)).one()
    kind = DocumentKind(row.kind) if row.kind else None
    return AtRest(kind, State(row.state), disposition, row.received_at)


def add_step(connection: Connection, kenmerk: str, *entries: JournalEntry) -> State:
    """Add steps to a message's journal and bring its row to the state they lead to.

    Raises LifecycleError where a step may not follow, LookupError where there is no such message.
    """
    found = connection.execute(
        select(t.messages.c.state, func.max(t.journal.c.position).label("last"))
        .join(t.journal, t.journal.c.kenmerk == t.messages.c.kenmerk)
        .where(t.messages.c.kenmerk == kenmerk)
        .group_by(t.messages.c.state)
    ).one_or_none()
    if found is None:
        raise LookupError(f"no message {kenmerk}")
    state = State(found.state)
    for entry in entries:
        state = after(state, entry.step)
    rows = [step_row(kenmerk, position, entry) for position, entry in enumerate(entries, start=found.last + 1)]
    write_together(connection, [(step_insertion(placeholder(connection)), rows)])
    connection.execute(update(t.messages).where(t.messages.c.kenmerk == kenmerk).values(state=state.value))
    return state
