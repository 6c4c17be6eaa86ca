"""Sessions of the portal in the database, so that every gateway on it knows them, and one that is closed is closed
everywhere at once."""

import hashlib
import secrets
from typing import Any

from sqlalchemy import Connection

from gateway.clock import Clock
from gateway.messages.participants import Caller, Role
from gateway.messages.sessions import IDLE_MAX, LINK_MAX, Person, Session, next_expiry
from gateway.store.engine import Engines
from gateway.store.messages import register_queries as queries
from gateway.store.sql import Change, write_together
from gateway.store.writer import Writer

_TOKEN_BYTES = 32


class SessionStore:
    """Sessions of the portal, and the links of the demo that open one. A token is random, and only its hash is
    kept."""

    def __init__(self, engines: Engines, writer: Writer, clock: Clock) -> None:
        self._engines = engines
        self._writer = writer
        self._clock = clock

    async def open(self, person: Person, *, is_link: bool = False) -> str:
        """The token of a new session, or of a link. What has expired is removed."""
        token, now, caller = secrets.token_urlsafe(_TOKEN_BYTES), self._clock(), person.caller
        row = {
            "token_sha256": _hash(token),
            "is_link": is_link,
            "key_id": caller.key_id,
            "role": caller.role.value,
            "party_id": caller.party_id,
            "is_test": caller.is_test,
            "name": person.name,
            "opened_at": now,
            "expires_at": now + (LINK_MAX if is_link else IDLE_MAX),
        }

        def write(connection: Connection) -> None:
            connection.execute(queries.FORGET_SESSIONS, {"now": now})
            connection.execute(queries.ADD_SESSION, row)
            if person.name:
                write_together(connection, [Change(queries.KEEP_NAME, [(caller.key_id, person.name)])])

        await self._writer.call(write)
        return token

    async def find(self, token: str) -> Session | None:
        """The session, extended where it is due."""
        now = self._clock()
        rows = await self._engines.rows(queries.SESSION, token=_hash(token), link=False, now=now)
        if not rows:
            return None
        session = Session(_person(rows[0]), rows[0].opened_at, rows[0].expires_at)
        if until := next_expiry(session, now):
            await self._writer.call(
                lambda connection: (
                    connection.execute(queries.EXTEND_SESSION, {"token": _hash(token), "until": until}).rowcount
                )
            )
        return session

    async def names(self) -> dict[str, str]:
        """The names of people, by what they are called in the journal."""
        return {row.key_id: row.name for row in await self._engines.rows(queries.PEOPLE)}

    async def close(self, token: str) -> None:
        """End the session."""
        await self._writer.call(
            lambda connection: connection.execute(queries.END_SESSION, {"token": _hash(token)}).rowcount
        )

    async def redeem(self, token: str) -> Person | None:
        """For whom the link is, once."""
        values = {"token": _hash(token), "link": True, "now": self._clock()}

        def take(connection: Connection) -> Person | None:
            row = connection.execute(queries.SESSION, values).first()
            if row is None or connection.execute(queries.END_SESSION, {"token": values["token"]}).rowcount == 0:
                return None
            return _person(row)

        return await self._writer.call(take)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _person(row: Any) -> Person:
    return Person(Caller(row.key_id, Role(row.role), row.party_id, bool(row.is_test)), row.name)
