"""Parties and API keys: few, read at every message, so they are also held in memory.

Another process (the command line) may change them while the server runs: `refresh` sees that by the newest
row of the register's log, which is written in the same transaction as each change.
"""

import asyncio
import hashlib
import secrets
import time
from contextlib import suppress
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from gateway.clock import Clock
from gateway.messages.participants import Caller, Party, PartyKind, Role, role_problem
from gateway.store.engine import Engines
from gateway.store.messages import queries
from gateway.store.messages import tables as t
from gateway.store.sql import insert_new
from gateway.store.writer import Writer
from gateway.validator.model.identifiers import PartyIdentifier

KEY_PREFIX = "mp_"
_SECRET_BYTES = 32
LOOK_AGAIN_SECONDS = 0.1
"""Wrong keys, however many, cost one look at the database in so long, for which they wait."""


class RegisterStore:
    """Parties and keys. Implements `messages.ports.Directory` and `messages.participants.Register`."""

    def __init__(self, engines: Engines, writer: Writer, clock: Clock) -> None:
        self._engines = engines
        self._writer = writer
        self._clock = clock
        self._parties: dict[str, Party] = {}
        self._by_identifier: dict[PartyIdentifier, Party] = {}
        self._keys: dict[str, Caller] = {}
        self._version = -1
        self._looking = asyncio.Lock()
        self._looked_at = -LOOK_AGAIN_SECONDS

    async def refresh(self) -> None:
        """Read what changed since the last time, if anything did."""
        async with self._engines.read.connect() as connection:
            version = (await connection.execute(queries.NEWEST_CHANGE)).scalar() or 0
            if version != self._version:
                await connection.run_sync(self._load)
                self._version = version

    def by_id(self, party_id: str) -> Party | None:
        """The party, or None."""
        return self._parties.get(party_id)

    def by_identifier(self, identifier: PartyIdentifier) -> Party | None:
        """The party with this identifier, or None."""
        return self._by_identifier.get(identifier)

    async def party(self, party_id: str) -> Party | None:
        """The party, or None."""
        return self._parties.get(party_id)

    async def parties(self) -> tuple[Party, ...]:
        """All parties, by id."""
        return tuple(self._parties[party_id] for party_id in sorted(self._parties))

    async def find(self, identifier: PartyIdentifier) -> Party | None:
        """The party that has this identifier, or None."""
        return self._by_identifier.get(identifier)

    async def save(self, party: Party, actor: str) -> None:
        """Add a party or replace what is known of it. Raises ValueError when another party has an identifier."""
        now = self._clock()
        await self._writer.call(lambda connection: _save_party(connection, party, actor, now))
        await self.refresh()

    async def authenticate(self, key: str) -> Caller | None:
        """Who holds this API key, or None. Keys are random and long, so one hash is enough to keep them.

        For one that is not known the register is read once more, for the command line may just have made it; not
        oftener than `LOOK_AGAIN_SECONDS`, so that wrong keys stay cheap.
        """
        mark = hashlib.sha256(key.encode()).hexdigest()
        if mark not in self._keys and key.startswith(KEY_PREFIX):
            await self._look_again()
        return self._keys.get(mark)

    async def _look_again(self) -> None:
        """Read what changed up to now; callers that ask meanwhile wait for the same reading."""
        asked_at = time.monotonic()
        async with self._looking:
            if self._looked_at >= asked_at:
                return
            await asyncio.sleep(max(0.0, self._looked_at + LOOK_AGAIN_SECONDS - asked_at))
            self._looked_at = time.monotonic()
            with suppress(SQLAlchemyError):  # the store is in trouble: what we know still holds
                await self.refresh()

    async def new_key(
        self, role: Role, party_id: str | None, actor: str, *, is_test: bool = False
    ) -> tuple[str, str]:
        """A new key: its public id and the key itself, which is shown once and stored hashed.

        Raises ValueError for a party that does not exist, or a role that does not fit the party.
        """
        if wrong := role_problem(role, party_id, self._parties.get(party_id or "")):
            raise ValueError(wrong.en)
        key = KEY_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        key_id = "key-" + secrets.token_hex(6)
        row = {
            "key_id": key_id,
            "secret_sha256": hashlib.sha256(key.encode()).hexdigest(),
            "role": role.value,
            "party_id": party_id,
            "is_test": is_test,
            "created_at": self._clock(),
            "created_by": actor,
        }
        detail = {"role": role.value, "party": party_id or "", "test": str(is_test)}

        def write(connection: Connection) -> None:
            connection.execute(t.api_keys.insert().values(row))
            log_change(connection, self._clock(), actor, "key created", key_id, detail)

        await self._writer.call(write)
        await self.refresh()
        return key_id, key

    async def revoke_key(self, key_id: str, actor: str) -> bool:
        """The key works no longer; False when there is none of this id."""
        now = self._clock()

        def write(connection: Connection) -> bool:
            wanted = update(t.api_keys).where(t.api_keys.c.key_id == key_id, t.api_keys.c.revoked_at.is_(None))
            if connection.execute(wanted.values(revoked_at=now, revoked_by=actor)).rowcount == 0:
                return (
                    connection.execute(select(t.api_keys).where(t.api_keys.c.key_id == key_id)).first() is not None
                )
            log_change(connection, now, actor, "key revoked", key_id, {})
            return True

        done = await self._writer.call(write)
        await self.refresh()
        return done

    def _load(self, connection: Connection) -> None:
        identifiers: dict[str, list[PartyIdentifier]] = {}
        for row in connection.execute(select(t.party_identifiers)):
            identifiers.setdefault(row.party_id, []).append(PartyIdentifier(row.scheme, row.value))
        parties = [_party(row, identifiers.get(row.party_id, [])) for row in connection.execute(select(t.parties))]
        keys = connection.execute(select(t.api_keys).where(t.api_keys.c.revoked_at.is_(None)))
        self._parties = {party.party_id: party for party in parties}
        self._by_identifier = {identifier: party for party in parties for identifier in party.identifiers}
        self._keys = {
            row.secret_sha256: Caller(row.key_id, Role(row.role), row.party_id, bool(row.is_test)) for row in keys
        }


def _save_party(connection: Connection, party: Party, actor: str, now: datetime) -> None:
    columns = t.party_identifiers.c
    for identifier in party.identifiers:
        found = connection.execute(
            select(columns.party_id).where(columns.scheme == identifier.scheme, columns.value == identifier.value)
        ).scalar_one_or_none()
        if found is not None and found != party.party_id:
            raise ValueError(f"{identifier} belongs to {found}")
    row = _party_row(party)
    if _changes_delivery(connection, party):  # a pause was for the old method or address
        connection.execute(queries.FORGET_PAUSE, {"party_id": party.party_id})
    insert_new(connection, t.parties, [row], replace=("name", "kind", "kind_source", "mandates", "settings"))
    connection.execute(delete(t.party_identifiers).where(columns.party_id == party.party_id))
    rows = [
        {"scheme": identifier.scheme, "value": identifier.value, "party_id": party.party_id}
        for identifier in party.identifiers
    ]
    insert_new(connection, t.party_identifiers, rows)
    detail = {**row, "identifiers": " ".join(str(identifier) for identifier in party.identifiers)}
    log_change(connection, now, actor, "party saved", party.party_id, detail)


def _changes_delivery(connection: Connection, party: Party) -> bool:
    """Whether its delivery method or address differs from the stored one."""
    stored = select(t.parties.c.settings).where(t.parties.c.party_id == party.party_id)
    found = connection.execute(stored).scalar_one_or_none()
    known = msgspec.json.decode(found, type=dict[str, str]) if found else {}
    return any(known.get(name) != party.settings.get(name) for name in ("delivery", "delivery_url"))


def _party_row(party: Party) -> dict[str, str]:
    return {
        "party_id": party.party_id,
        "name": party.name,
        "kind": party.kind.value,
        "kind_source": party.kind_source,
        "mandates": msgspec.json.encode(sorted(party.mandates)).decode(),
        "settings": msgspec.json.encode(party.settings, order="sorted").decode(),
    }


def _party(row: Row[tuple[object, ...]], identifiers: list[PartyIdentifier]) -> Party:
    return Party(
        row.party_id,
        row.name,
        PartyKind(row.kind),
        tuple(sorted(identifiers)),
        frozenset(msgspec.json.decode(row.mandates, type=list[str])),
        row.kind_source,
        msgspec.json.decode(row.settings, type=dict[str, str]),
    )


def log_change(
    connection: Connection, at: datetime, actor: str, what: str, subject: str, detail: dict[str, str]
) -> None:
    """Write down who changed what; a running server sees the newest row within a second."""
    row = {
        "at": at,
        "actor": actor,
        "what": what,
        "subject": subject,
        "detail": msgspec.json.encode(detail, order="sorted").decode(),
    }
    connection.execute(t.register_log.insert().values(row))
