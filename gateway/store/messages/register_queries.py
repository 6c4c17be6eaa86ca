"""The statements of the register, by name: parties, identifiers, API keys, sessions and the log of changes."""

from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, delete, func, insert, select, update

from gateway.store.messages import tables as t
from gateway.store.sql import delete_from, insert_or_replace

_identifier, _key, _log = t.party_identifiers.c, t.api_keys.c, t.register_log.c
_session = t.portal_sessions.c


class PartyRow(NamedTuple):
    """A party; `mandates` and `settings` are JSON."""

    party_id: str
    name: str
    kind: str
    kind_source: str
    mandates: str
    settings: str


class IdentifierRow(NamedTuple):
    """An identifier of a party."""

    scheme: str
    value: str
    party_id: str


SAVE_PARTY = insert_or_replace(t.parties, PartyRow._fields, PartyRow._fields[1:])
ADD_IDENTIFIERS = insert_or_replace(t.party_identifiers, IdentifierRow._fields)
REMOVE_IDENTIFIERS = delete_from(t.party_identifiers, ("party_id",))
PARTIES = select(t.parties)
SETTINGS = select(t.parties.c.settings).where(t.parties.c.party_id == bindparam("party_id"))
IDENTIFIERS = select(t.party_identifiers)
OWNER = select(_identifier.party_id).where(
    _identifier.scheme == bindparam("scheme"), _identifier.value == bindparam("value")
)
"""Whose identifier it is."""

ADD_KEY = insert(t.api_keys)
KEYS = (
    select(t.api_keys, t.key_uses.c.used_at)
    .outerjoin(t.key_uses, t.key_uses.c.key_id == _key.key_id)
    .order_by(_key.created_at.desc(), _key.key_id)
)
"""Every key, the newest first."""
END_KEY = update(t.api_keys).where(_key.key_id == bindparam("key")).values(expires_at=bindparam("at"))
USE_KEY = insert_or_replace(t.key_uses, ("key_id", "used_at"), ("used_at",))
KEY = select(_key.key_id).where(_key.key_id == bindparam("key_id"))
REVOKE_KEY = (
    update(t.api_keys)
    .where(_key.key_id == bindparam("key"), _key.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"), revoked_by=bindparam("actor"))
)

ADD_SESSION = insert(t.portal_sessions)
SESSION = select(t.portal_sessions).where(
    _session.token_sha256 == bindparam("token"),
    _session.is_link == bindparam("link"),
    _session.expires_at > bindparam("now"),
)
EXTEND_SESSION = (
    update(t.portal_sessions)
    .where(_session.token_sha256 == bindparam("token"))
    .values(expires_at=bindparam("until"))
)
END_SESSION = delete(t.portal_sessions).where(_session.token_sha256 == bindparam("token"))
KEEP_NAME = insert_or_replace(t.people, ("key_id", "name"), ("name",))
PEOPLE = select(t.people)
FORGET_SESSIONS = delete(t.portal_sessions).where(_session.expires_at <= bindparam("now"))

LOG_CHANGE = insert(t.register_log).returning(_log.id)
"""Answers the number of the row."""
NEWEST_CHANGE = select(func.max(_log.id))


def log_after(subject: str | None) -> Select[Any]:
    """The log after `after`, at most `limit` rows: of one subject, or of all."""
    query = select(t.register_log).where(_log.id > bindparam("after"))
    if subject is not None:
        query = query.where(_log.subject == subject)
    return query.order_by(_log.id).limit(bindparam("limit"))
