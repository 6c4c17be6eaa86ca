"""Mailboxes: what is delivered and not confirmed, taken under a lease."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, Update

from gateway.clock import Clock
from gateway.messages.decision import Decision
from gateway.messages.delivery import confirm
from gateway.messages.lifecycle import State
from gateway.messages.message import Lease, MailboxEntry, Message, Page
from gateway.store.engine import Engines
from gateway.store.messages import queries
from gateway.store.messages.commit import Committer
from gateway.store.messages.messages import as_message, message_in
from gateway.store.writer import Writer


class MailboxStore:
    """Mailboxes of all recipients."""

    def __init__(self, engines: Engines, writer: Writer, committer: Committer, clock: Clock) -> None:
        self._engines = engines
        self._writer = writer
        self._committer = committer
        self._clock = clock

    async def waiting(self, party_id: str, cursor: str | None, limit: int) -> Page[Message]:
        """Delivered, not confirmed; oldest first; leased ones included."""
        rows = await self._engines.rows(
            queries.IN_MAILBOX, recipient_id=party_id, cursor=cursor or "", limit=limit + 1
        )
        items = tuple(as_message(row) for row in rows[:limit])
        return Page(items, items[-1].kenmerk if len(rows) > limit else None)

    async def take(self, party_id: str, limit: int, lease: timedelta) -> tuple[Lease, ...]:
        """Lease the oldest messages that nobody has leased."""
        now = self._clock()
        return await self._writer.call(lambda connection: _take(connection, party_id, limit, now, now + lease))

    async def take_one(self, party_id: str, kenmerk: str, lease: timedelta) -> bool:
        """Lease this message; False when it is not in the mailbox, or somebody has leased it."""
        now, token = self._clock(), secrets.token_urlsafe(18)
        return await self._change(
            queries.LEASE_ONE, party_id, kenmerk, now=now, token=token, leased_until=now + lease
        )

    async def release(self, party_id: str, kenmerk: str) -> bool:
        """End the lease, so that it is available again; False when it is not in the mailbox."""
        return await self._change(queries.RELEASE, party_id, kenmerk)

    async def _change(self, statement: Update, party_id: str, kenmerk: str, **values: object) -> bool:
        mail = {"party_id": party_id, "message": kenmerk, **values}
        return await self._writer.call(lambda connection: connection.execute(statement, mail).rowcount > 0)

    async def waiting_among(
        self, party_ids: Collection[str], kenmerken: Collection[str]
    ) -> Mapping[str, MailboxEntry]:
        """Those of these messages that are in the mailbox of one of these parties."""
        if not kenmerken:
            return {}
        found = {"parties": sorted(party_ids), "kenmerken": list(kenmerken)}
        now = self._clock()
        return {
            row.kenmerk: MailboxEntry(
                row.times_taken, row.leased_until if row.leased_until and row.leased_until > now else None
            )
            for row in await self._engines.rows(queries.MAILS, **found)
        }

    async def confirm(self, party_id: str, kenmerk: str, token: str | None, actor: str) -> bool:
        """The recipient has it. True also when it was confirmed before; False when the token is not the current
        lease's or the message is not in this mailbox."""
        now = self._clock()

        def decide(connection: Connection) -> Decision | None:
            mail = {"recipient_id": party_id, "kenmerk": kenmerk}
            row = connection.execute(queries.MAIL, mail).one_or_none()
            if row is None or (token is not None and token != row.token):
                return None
            message = message_in(connection, kenmerk)
            return confirm(message, actor, now) if message else None

        if await self._committer.commit_from(decide) is not None:
            return True
        rows = await self._engines.rows(queries.MESSAGE, kenmerk=kenmerk)
        return any(row.recipient_id == party_id and row.state == State.CONFIRMED.value for row in rows)


def _take(connection: Connection, party_id: str, limit: int, now: datetime, until: datetime) -> tuple[Lease, ...]:
    values = {"recipient_id": party_id, "now": now, "limit": limit}
    rows = connection.execute(queries.FREE_IN_MAILBOX, values).all()
    return tuple([_lease(connection, party_id, row, until) for row in rows])


def _lease(connection: Connection, party_id: str, row: Row[tuple[object, ...]], until: datetime) -> Lease:
    token = secrets.token_urlsafe(18)
    lease = {"party_id": party_id, "message": row.kenmerk, "token": token, "leased_until": until}
    connection.execute(queries.LEASE, lease)
    return Lease(as_message(row), token, until, row.times_taken + 1)
