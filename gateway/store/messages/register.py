"""Parties and API keys: few, read at every message, so they are also held in memory.

Another process (the command line) may change them while the server runs: `refresh` sees that by the newest
row of the register's log, which is written in the same transaction as each change.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, Row
from sqlalchemy.exc import SQLAlchemyError

from gateway.clock import Clock, to_microseconds
from gateway.messages.participants import ApiKey, Caller, KeyRequest, Party, PartyKind, Role, role_problem
from gateway.messages.ports import DOCUMENT_READ, LogEntry
from gateway.messages.stored_errors import StoreUnavailableError
from gateway.store.engine import Engines
from gateway.store.messages import register_queries as queries
from gateway.store.messages.queries import FORGET_PAUSE
from gateway.store.messages.register_queries import IdentifierRow, PartyRow
from gateway.store.messages.tables import api_keys, parties, register_log
from gateway.store.record.entries import record_changes, take_head
from gateway.store.sql import Change, lock, write_together
from gateway.store.writer import Writer
from gateway.validator.model.identifiers import PartyIdentifier

KEY_PREFIX = "mp_"
_SECRET_BYTES = 32
_PREFIX_CHARACTERS = len(KEY_PREFIX) + 8
"""How much of a key is kept to know it again: 48 of its 256 bits."""
USE_NOTED_EVERY = timedelta(hours=1)
USE_SECONDS_MAX = 1.0
LOOK_AGAIN_SECONDS = 0.1
"""Wrong keys, however many, cost one look at the database in so long, for which they wait."""


class RegisterStore:
    """Parties and keys. Implements `messages.participants.Register`."""

    def __init__(self, engines: Engines, writer: Writer, clock: Clock) -> None:
        self._engines = engines
        self._writer = writer
        self._clock = clock
        self._parties: dict[str, Party] = {}
        self._by_identifier: dict[PartyIdentifier, Party] = {}
        self._keys: dict[str, tuple[Caller, ApiKey]] = {}
        self._used: dict[str, datetime] = {}
        self._version = -1
        self._looking = asyncio.Lock()
        self._looked_at = -LOOK_AGAIN_SECONDS

    async def refresh(self) -> None:
        """Read what changed since the last time, if anything did."""
        async with self._engines.reading() as connection:
            version = (await connection.execute(queries.NEWEST_CHANGE)).scalar() or 0
            if version != self._version:
                await connection.run_sync(self._load, version)

    def by_id(self, party_id: str) -> Party | None:
        """The party, or None."""
        return self._parties.get(party_id)

    def by_identifier(self, identifier: PartyIdentifier) -> Party | None:
        """The party with this identifier, or None."""
        return self._by_identifier.get(identifier)

    async def parties(self) -> tuple[Party, ...]:
        """All parties, by id."""
        return tuple(self._parties[party_id] for party_id in sorted(self._parties))

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
        if mark not in self._keys:
            return None
        caller, held = self._keys[mark]
        if not held.works_at(now := self._clock()):
            return None
        await self._note_use(caller.key_id, now)
        return caller

    async def holder(self, key_id: str) -> Caller | None:
        """Who holds the API key with this id; None when it works no longer."""
        now = self._clock()
        return next(
            (caller for caller, key in self._keys.values() if key.key_id == key_id and key.works_at(now)), None
        )

    async def _note_use(self, key_id: str, now: datetime) -> None:
        """Once an hour for each key. That it cannot be written, or not at once, keeps nobody out."""
        if (used_at := self._used.get(key_id)) and now < used_at + USE_NOTED_EVERY:
            return
        self._used[key_id] = now
        row = (key_id, to_microseconds(now))
        with suppress(SQLAlchemyError, StoreUnavailableError, TimeoutError):
            async with asyncio.timeout(USE_SECONDS_MAX):
                await self._writer.call(
                    lambda connection: write_together(connection, [Change(queries.USE_KEY, [row])])
                )

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

    async def api_keys(self) -> tuple[ApiKey, ...]:
        """Every key, the newest first, revoked ones too."""
        return tuple(_api_key(row) for row in await self._engines.rows(queries.KEYS))

    async def new_key(
        self, role: Role, party_id: str | None, actor: str, *, is_test: bool = False
    ) -> tuple[str, str]:
        """As `make_key`, without a label and an expiry."""
        return await self.make_key(KeyRequest(role, party_id, is_test), actor)

    async def make_key(self, wanted: KeyRequest, actor: str) -> tuple[str, str]:
        """A new key: its public id and the key itself, which is shown once and stored hashed.

        Raises ValueError for a party that does not exist, or a role that does not fit the party.
        """
        if wrong := role_problem(wanted.role, wanted.party_id, self._parties.get(wanted.party_id or "")):
            raise ValueError(wrong.en)
        now = self._clock()
        made = await self._writer.call(lambda connection: _make_key(connection, wanted, actor, now))
        await self.refresh()
        return made

    async def rotate_key(self, key_id: str, until: datetime, actor: str) -> tuple[str, str] | None:
        """A key for the same, for its holder to change to, with the same expiry; the old one works until then, and
        no longer than before. None when there is none of this id, or it works no longer."""
        now = self._clock()
        old = next((one for one in await self.api_keys() if one.key_id == key_id), None)
        if old is None or not old.works_at(now):
            return None
        end = min(until, old.expires_at or until)
        wanted = KeyRequest(old.role, old.party_id, old.is_test, old.label, old.expires_at)

        def write(connection: Connection) -> tuple[str, str]:
            made = _make_key(connection, wanted, actor, now)
            connection.execute(queries.END_KEY, {"key": key_id, "at": end})
            record_changes(connection, api_keys, [key_id], now)
            log_change(connection, now, actor, "key rotated", key_id, {"by": made[0], "until": end.isoformat()})
            return made

        made = await self._writer.call(write)
        await self.refresh()
        return made

    async def revoke_key(self, key_id: str, actor: str) -> bool:
        """The key works no longer; False when there is none of this id."""
        now = self._clock()

        def write(connection: Connection) -> bool:
            if connection.execute(queries.REVOKE_KEY, {"key": key_id, "at": now, "actor": actor}).rowcount == 0:
                return connection.scalar(queries.KEY, {"key_id": key_id}) is not None
            record_changes(connection, api_keys, [key_id], now)
            log_change(connection, now, actor, "key revoked", key_id, {})
            return True

        done = await self._writer.call(write)
        await self.refresh()
        return done

    async def record_reading(self, kenmerk: str, part: str, actor: str) -> None:
        """Record that an operator reads this part of a message; returns once it is on stable storage."""
        now = self._clock()
        await self._writer.call(
            lambda connection: log_change(connection, now, actor, DOCUMENT_READ, kenmerk, {"part": part})
        )

    async def log(self, subject: str | None, after: int, limit: int) -> Sequence[LogEntry]:
        """The log after this number, oldest first: of one party, key or message, or of all."""
        rows = await self._engines.rows(queries.log_after(subject), after=after, limit=limit)
        return [LogEntry(row.id, row.at, row.actor, row.what, row.subject, row.detail) for row in rows]

    def _load(self, connection: Connection, version: int) -> None:
        identifiers: dict[str, list[PartyIdentifier]] = {}
        for row in connection.execute(queries.IDENTIFIERS):
            identifiers.setdefault(row.party_id, []).append(PartyIdentifier(row.scheme, row.value))
        parties = [_party(row, identifiers.get(row.party_id, [])) for row in connection.execute(queries.PARTIES)]
        keys = [(row, _api_key(row)) for row in connection.execute(queries.KEYS)]
        if version < self._version:  # somebody read a newer one meanwhile
            return
        self._version = version
        self._parties = {party.party_id: party for party in parties}
        self._by_identifier = {identifier: party for party in parties for identifier in party.identifiers}
        self._keys = {
            row.secret_sha256: (Caller(key.key_id, key.role, key.party_id, key.is_test), key)
            for row, key in keys
            if key.revoked_at is None
        }
        self._used = {key.key_id: key.last_used_at for _, key in keys if key.last_used_at} | self._used


def _make_key(connection: Connection, wanted: KeyRequest, actor: str, now: datetime) -> tuple[str, str]:
    """Add a key; its id and the key."""
    key = KEY_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    key_id = "key-" + secrets.token_hex(6)
    row = {
        "key_id": key_id,
        "secret_sha256": hashlib.sha256(key.encode()).hexdigest(),
        "prefix": key[:_PREFIX_CHARACTERS],
        "label": wanted.label,
        "role": wanted.role.value,
        "party_id": wanted.party_id,
        "is_test": wanted.is_test,
        "created_at": now,
        "created_by": actor,
        "expires_at": wanted.expires_at,
    }
    detail = {"role": wanted.role.value, "party": wanted.party_id or "", "test": str(wanted.is_test)}
    connection.execute(queries.ADD_KEY, row)
    record_changes(connection, api_keys, [key_id], now)
    log_change(connection, now, actor, "key created", key_id, detail)
    return key_id, key


def _api_key(row: Row[tuple[object, ...]]) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        prefix=row.prefix,
        label=row.label,
        role=Role(row.role),
        party_id=row.party_id,
        is_test=bool(row.is_test),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.used_at,
    )


def _save_party(connection: Connection, party: Party, actor: str, now: datetime) -> None:
    for identifier in party.identifiers:
        owner = connection.scalar(queries.OWNER, {"scheme": identifier.scheme, "value": identifier.value})
        if owner is not None and owner != party.party_id:
            raise ValueError(f"{identifier} belongs to {owner}")
    row = _party_row(party)
    if _changes_delivery(connection, party):  # a pause was for the old method or address
        connection.execute(FORGET_PAUSE, {"party_id": party.party_id})
    identifiers = [IdentifierRow(one.scheme, one.value, party.party_id) for one in party.identifiers]
    changes = [
        Change(queries.SAVE_PARTY, [row]),
        Change(queries.REMOVE_IDENTIFIERS, [(party.party_id,)]),
        Change(queries.ADD_IDENTIFIERS, identifiers),
    ]
    write_together(connection, changes)
    record_changes(connection, parties, [party.party_id], now)
    detail = row._asdict() | {"identifiers": " ".join(str(identifier) for identifier in party.identifiers)}
    log_change(connection, now, actor, "party saved", party.party_id, detail)


def _changes_delivery(connection: Connection, party: Party) -> bool:
    """Whether its delivery method or address differs from the stored one."""
    found = connection.scalar(queries.SETTINGS, {"party_id": party.party_id})
    known = msgspec.json.decode(found, type=dict[str, str]) if found else {}
    return any(known.get(name) != party.settings.get(name) for name in ("delivery", "delivery_url"))


def _party_row(party: Party) -> PartyRow:
    return PartyRow(
        party.party_id,
        party.name,
        party.kind.value,
        party.kind_source,
        msgspec.json.encode(sorted(party.mandates)).decode(),
        msgspec.json.encode(party.settings, order="sorted").decode(),
    )


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
    """Write down who changed what; a running server sees the newest row within a second.

    Rows are committed in the order of their numbers, or a reader could miss the lower one.
    """
    take_head(connection)  # before the lock
    lock(connection, "register log")
    row = {"at": at, "actor": actor, "what": what, "subject": subject}
    row["detail"] = msgspec.json.encode(detail, order="sorted").decode()
    number = connection.execute(queries.LOG_CHANGE, row).scalar_one()
    record_changes(connection, register_log, [number], at)
