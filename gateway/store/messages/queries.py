"""The statements of messages, by name.

Those that run for every message are text for the driver; the columns of their rows are the fields of a NamedTuple,
in order. The others are SQLAlchemy's, with parameters named after their columns.
"""

from datetime import timedelta
from functools import lru_cache
from operator import eq, ge, gt, lt
from typing import NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
    update,
)

from gateway.messages.finding import start_of
from gateway.messages.lifecycle import State
from gateway.messages.message import MessageFilter, Word
from gateway.store.messages import tables as t
from gateway.store.messages.tables import delivery_pauses, outbox
from gateway.store.nodes.queries import is_alive
from gateway.store.sql import delete_from, insert_into, insert_or_replace, marks, update_where

# Rows


class MessageRow(NamedTuple):
    """A message as it is accepted."""

    kenmerk: str
    state: str
    disposition: str
    channel: str
    submitter_id: str | None
    key_id: str
    role: str
    idempotency_key: str | None
    body_sha256: str
    received_at: int
    size_bytes: int
    sha256: str
    object_key: str
    object_offset: int
    is_test: bool
    berichtsoort: str | None
    aanleverkenmerk: str | None
    on_behalf_of: str | None
    wanted_recipient: str | None
    wanted_profile: str | None
    traceparent: str | None
    steps: int
    node_id: str
    accepted_digest: bytes = b""
    journal_digest: bytes = b""
    attachments_digest: bytes | None = None
    recorded: int = 0


class MessageChange(NamedTuple):
    """What a decision changes of a message, while it has no more steps in its journal than before."""

    state: str
    disposition: str
    settled_at: int | None
    steps: int
    sender_id: str | None
    recipient_id: str | None
    recipient: str | None
    kind: str | None
    number: str | None
    issue_date: str | None
    amount_cents: int | None
    profile: str | None
    duplicate_of: str | None
    journal_digest: bytes
    report_digest: bytes | None
    attachments_digest: bytes | None
    recorded: int
    node_id: str
    kenmerk: str
    steps_before: int


class StepRow(NamedTuple):
    """One entry of the journal."""

    kenmerk: str
    position: int
    step: str
    at: int
    actor: str
    foutcode: str | None = None
    detail: str | None = None


class AttachmentRow(NamedTuple):
    """An attachment; without an object it is embedded in the document, from `start` to `end`."""

    kenmerk: str
    number: int
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str
    start: int | None
    end: int | None
    object_key: str | None
    object_offset: int | None


class ReportRow(NamedTuple):
    """The verdict on a message as JSON."""

    kenmerk: str
    report: bytes


class ClaimRow(NamedTuple):
    """Which message has a claim."""

    claim: str
    kenmerk: str


class IdempotencyRow(NamedTuple):
    """Which message has an idempotency key, and the hash of its body."""

    submitter_id: str
    idempotency_key: str
    kenmerk: str
    body_sha256: str
    received_at: int


class MailRow(NamedTuple):
    """A message in a mailbox."""

    recipient_id: str
    kenmerk: str
    times_taken: int = 0


class MailKey(NamedTuple):
    """A message in a mailbox, to be removed."""

    recipient_id: str
    kenmerk: str


class PushRow(NamedTuple):
    """A message in the outbox."""

    kenmerk: str
    recipient_id: str
    queued_at: int


class PushKey(NamedTuple):
    """A message in the outbox, to be removed."""

    kenmerk: str


class PauseRow(NamedTuple):
    """A recipient that could not be reached once more."""

    recipient_id: str
    again_at: int


class PauseKey(NamedTuple):
    """A recipient that answered."""

    recipient_id: str


# Accepting

ADD_MESSAGES = insert_into(t.messages, MessageRow._fields)


@lru_cache(maxsize=1024)
def keep_idempotency_keys(number: int) -> str:
    """Inserts those of so many keys that are free, the first message of each; the values are those of all rows."""
    names, rows = ", ".join(IdempotencyRow._fields), ", ".join([marks(len(IdempotencyRow._fields))] * number)
    return f"INSERT INTO idempotency ({names}) VALUES {rows} ON CONFLICT DO NOTHING RETURNING 1"  # noqa: S608 - marks


@lru_cache(maxsize=1024)
def find_idempotency_keys(number: int) -> str:
    """Finds so many keys; the values are owner and key of each in turn."""
    names, keys = ", ".join(IdempotencyRow._fields), ", ".join([marks(2)] * number)
    return f"SELECT {names} FROM idempotency WHERE (submitter_id, idempotency_key) IN (VALUES {keys})"  # noqa: S608 - marks


# Committing a decision


@lru_cache(maxsize=1024)
def take_claims(number: int) -> str:
    """Inserts those of so many claims that are free, and returns them; the values are those of all rows."""
    rows = ", ".join([marks(2)] * number)
    return f"INSERT INTO claims (claim, kenmerk) VALUES {rows} ON CONFLICT DO NOTHING RETURNING claim, kenmerk"  # noqa: S608 - marks


@lru_cache(maxsize=1024)
def find_claims(number: int) -> str:
    """Finds so many claims."""
    return f"SELECT claim, kenmerk FROM claims WHERE claim IN {marks(number)}"  # noqa: S608 - marks


class RecordedRow(NamedTuple):
    """What the record needs of a message that changes."""

    kenmerk: str
    recorded: int
    accepted_digest: bytes
    journal_digest: bytes
    report_digest: bytes | None
    attachments_digest: bytes | None
    forgotten: str | None


@lru_cache(maxsize=1024)
def find_recorded(number: int, dialect_name: str) -> str:
    """Finds what the record needs of so many messages, and keeps others from changing them; on SQLite a writer has
    the whole database."""
    find = f"SELECT {', '.join(RecordedRow._fields)} FROM messages WHERE kenmerk IN {marks(number)}"  # noqa: S608 - marks
    return f"{find} ORDER BY kenmerk FOR UPDATE" if dialect_name == "postgresql" else find


class RecordedState(NamedTuple):
    """All that the record has of a message."""

    kenmerk: str
    state: str
    disposition: str
    settled_at: int | None
    steps: int
    sender_id: str | None
    recipient_id: str | None
    recipient: str | None
    kind: str | None
    number: str | None
    issue_date: str | None
    amount_cents: int | None
    profile: str | None
    duplicate_of: str | None
    accepted_digest: bytes
    journal_digest: bytes
    report_digest: bytes | None
    attachments_digest: bytes | None
    recorded: int


@lru_cache(maxsize=1024)
def find_recorded_states(number: int) -> str:
    """Finds all that the record has of so many messages."""
    return f"SELECT {', '.join(RecordedState._fields)} FROM messages WHERE kenmerk IN {marks(number)}"  # noqa: S608 - marks


NAME_FORGOTTEN = update_where(
    t.messages, ("forgotten", "journal_digest", "attachments_digest", "recorded"), ("kenmerk",)
)
CHANGE_MESSAGES = update_where(t.messages, MessageChange._fields[:-2], ("kenmerk", "steps"))
"""Changes messages that have not changed since they were read."""
ADD_STEPS = insert_into(t.journal, StepRow._fields)
KEEP_REPORTS = insert_or_replace(t.reports, ReportRow._fields, ("report",))
"""The newest verdict on a message replaces the one before."""
ADD_ATTACHMENTS = insert_or_replace(t.attachments, AttachmentRow._fields)
INTO_MAILBOX = insert_or_replace(t.mailbox, MailRow._fields)
OUT_OF_MAILBOX = delete_from(t.mailbox, MailKey._fields)
INTO_OUTBOX = insert_or_replace(outbox, PushRow._fields)
OUT_OF_OUTBOX = delete_from(outbox, PushKey._fields)
PAUSE_RECIPIENTS = (
    "INSERT INTO delivery_pauses (recipient_id, again_at, failures) VALUES (?, ?, 1) "
    "ON CONFLICT (recipient_id) DO UPDATE "
    "SET again_at = excluded.again_at, failures = delivery_pauses.failures + 1"
)
"""Leaves recipients alone until a time, and counts one more failure."""
END_PAUSES = delete_from(delivery_pauses, PauseKey._fields)

# Reading

_message, _journal, _damage = t.messages.c, t.journal.c, t.damage.c
MESSAGE = select(t.messages).where(_message.kenmerk == bindparam("kenmerk"))
STEPS = select(_message.steps).where(_message.kenmerk == bindparam("kenmerk"))
JOURNAL = select(t.journal).where(_journal.kenmerk == bindparam("kenmerk")).order_by(_journal.position)
REPORT = select(t.reports.c.report).where(t.reports.c.kenmerk == bindparam("kenmerk"))
ATTACHMENTS = (
    select(t.attachments).where(t.attachments.c.kenmerk == bindparam("kenmerk")).order_by(t.attachments.c.number)
)

VISIBLE_STATES = (State.OFFERED.value, State.DELIVERED.value, State.CONFIRMED.value)
"""A recipient sees a message in these states; not what was refused or returned."""


def visible(
    query: Select[tuple[object, ...]], visible_to: frozenset[str] | None, is_incoming: bool | None = None
) -> Select[tuple[object, ...]]:
    """Only messages that these parties submitted or sent, or that were delivered to them, or one of both; None:
    all."""
    if visible_to is None:
        return query
    parties = sorted(visible_to)
    own = _message.submitter_id.in_(parties) | _message.sender_id.in_(parties)
    received = _message.recipient_id.in_(parties) & _message.state.in_(VISIBLE_STATES)
    if is_incoming is not None:
        return query.where(received if is_incoming else own)
    return query.where(or_(own, received))


def page(wanted: MessageFilter, cursor: str | None, limit: int) -> Select[tuple[object, ...]]:
    """Messages, newest first, after the one at the cursor. Which they are is read from the index that has all that
    is asked here, newest first: of a message that is not wanted, nothing else is read."""
    conditions = [
        (_message.sender_id, eq, wanted.sender_id),
        (_message.recipient_id, eq, wanted.recipient_id),
        (_message.number, eq, wanted.number),
        (_message.received_at, ge, wanted.received_from),
        (_message.received_at, lt, wanted.received_until),
        (_message.kenmerk, lt, cursor),
        (_message.kenmerk, gt, wanted.newer_than),
    ]
    query = visible(select(_message.kenmerk), wanted.visible_to, wanted.is_incoming)
    query = query.where(*(compare(column, value) for column, compare, value in conditions if value is not None))
    if wanted.states:
        query = query.where(_message.state.in_(sorted(state.value for state in wanted.states)))
    if wanted.kinds:
        query = query.where(_message.kind.in_(sorted(kind.value for kind in wanted.kinds)))
    order = _message.kenmerk.asc() if wanted.newer_than else _message.kenmerk.desc()
    query = query.where(*map(_has, wanted.words)).order_by(order).limit(limit)
    return select(t.messages).where(_message.kenmerk.in_(query)).order_by(_message.kenmerk.desc())


def _has(word: Word) -> ColumnElement[bool]:
    """A message has this word."""
    ways = [
        func.lower(_message.number).contains(word.text, autoescape=True),
        _message.kenmerk.contains(word.text, autoescape=True),
    ]
    if word.parties:
        parties = sorted(word.parties)
        ways += [one.in_(parties) for one in (_message.submitter_id, _message.sender_id, _message.recipient_id)]
    if word.amount_cents is not None:
        ways.append(_message.amount_cents == word.amount_cents)
    if word.day is not None:
        first, end = start_of(word.day), start_of(word.day + timedelta(days=1))
        ways += [
            _message.issue_date.startswith(word.day.isoformat()),
            and_(_message.received_at >= first, _message.received_at < end),
        ]
    return or_(*ways)


def counterparts(visible_to: frozenset[str]) -> CompoundSelect[tuple[str]]:
    """The parties that take part in messages which these parties may see."""
    return union(*(visible(select(party), visible_to) for party in (_message.sender_id, _message.recipient_id)))


# Messages of nodes

_first_holder = select(func.min(_message.node_id).label("node_id")).where(t.is_waiting)
_holders = _first_holder.cte("holders", recursive=True)
_next_holder = select(func.min(_message.node_id)).where(t.is_waiting, _message.node_id > _holders.c.node_id)
_holders = _holders.union_all(select(_next_holder.scalar_subquery()).where(_holders.c.node_id.is_not(None)))
DEAD_HOLDERS = select(_holders.c.node_id).where(
    _holders.c.node_id.is_not(None), _holders.c.node_id != bindparam("node_id"), ~is_alive(_holders.c.node_id)
)
"""The dead nodes that messages wait for: one step in the index for each node, however many messages wait."""
WAITING_FOR = (
    select(t.messages)
    .where(t.is_waiting, _message.node_id.in_(bindparam("nodes", expanding=True)), ~is_alive(_message.node_id))
    .order_by(_message.kenmerk)
    .limit(bindparam("limit"))
    .with_for_update(of=t.messages, skip_locked=True)
)
"""The oldest messages that wait for one of these nodes while it is dead. Another node may be taking some too."""
TAKE_OVER = update_where(t.messages, ("node_id",), ("kenmerk",))
WAITING_HERE = (
    select(_message.kenmerk)
    .where(t.is_waiting, _message.node_id == bindparam("node_id"), _message.kenmerk < bindparam("until"))
    .order_by(_message.kenmerk)
    .limit(bindparam("limit"))
)
STEP_BEFORE = select(_journal.step).where(
    _journal.kenmerk == bindparam("kenmerk"), _journal.position == bindparam("position")
)

# Mailboxes

_mail = t.mailbox.c
IN_MAILBOX = (
    select(t.messages)
    .join(t.mailbox, _mail.kenmerk == _message.kenmerk)
    .where(_mail.recipient_id == bindparam("recipient_id"), _mail.kenmerk > bindparam("cursor"))
    .order_by(_mail.kenmerk)
    .limit(bindparam("limit"))
)
FREE_IN_MAILBOX = (
    select(t.messages, _mail.times_taken)
    .join(t.mailbox, _mail.kenmerk == _message.kenmerk)
    .where(
        _mail.recipient_id == bindparam("recipient_id"),
        or_(_mail.leased_until.is_(None), _mail.leased_until <= bindparam("now")),
        ~exists().where(_damage.kenmerk == _mail.kenmerk),
    )
    .order_by(_mail.kenmerk)
    .limit(bindparam("limit"))
    .with_for_update(of=t.mailbox, skip_locked=True)
)
"""Neither leased now nor kept back for damage. On PostgreSQL another gateway may be taking messages too."""
LEASE = (
    update(t.mailbox)
    .where(_mail.recipient_id == bindparam("party_id"), _mail.kenmerk == bindparam("message"))
    .values(token=bindparam("token"), leased_until=bindparam("leased_until"), times_taken=bindparam("times_taken"))
)
LEASE_ONE = (
    update(t.mailbox)
    .where(
        *(_mail.recipient_id == bindparam("party_id"), _mail.kenmerk == bindparam("message")),
        or_(_mail.leased_until.is_(None), _mail.leased_until <= bindparam("now")),
    )
    .values(token=bindparam("token"), leased_until=bindparam("leased_until"), times_taken=_mail.times_taken + 1)
)
GIVE_BACK = (
    update(t.mailbox)
    .where(_mail.recipient_id == bindparam("party_id"), _mail.kenmerk == bindparam("message"))
    .values(token=None, leased_until=None)
)
MAILS = select(t.mailbox).where(
    _mail.recipient_id.in_(bindparam("parties", expanding=True)),
    _mail.kenmerk.in_(bindparam("kenmerken", expanding=True)),
)
MAIL = select(t.mailbox).where(
    _mail.recipient_id == bindparam("recipient_id"), _mail.kenmerk == bindparam("kenmerk")
)

# Damage

KEEP_DAMAGE = insert_or_replace(t.damage, ("kenmerk", "found_at", "reason"))
FORGET_DAMAGE = delete_from(t.damage, ("kenmerk",))
MESSAGES = select(func.count()).select_from(t.messages).where(t.has_contents)
DAMAGED = select(func.count()).select_from(t.damage)
DAMAGED_BETWEEN = select(_damage.kenmerk).where(_damage.kenmerk.between(bindparam("first"), bindparam("last")))
DOCUMENTS_AFTER = (
    select(
        _message.kenmerk,
        literal(0).label("number"),
        _message.object_key,
        _message.object_offset,
        _message.size_bytes,
        _message.sha256,
    )
    .where(_message.kenmerk > bindparam("after"), t.has_contents)
    .order_by(_message.kenmerk)
    .limit(bindparam("limit"))
)
"""Documents that were not forgotten."""
DETACHED_BETWEEN = (
    select(t.attachments)
    .join(t.messages, _message.kenmerk == t.attachments.c.kenmerk)
    .where(
        t.attachments.c.kenmerk.between(bindparam("first"), bindparam("last")),
        t.attachments.c.object_key.is_not(None),
        t.has_contents,
    )
)
STORED_AT = union(
    *(
        select(table.c.kenmerk).where(
            table.c.kenmerk.between(bindparam("first"), bindparam("last")),
            table.c.object_key == bindparam("key"),
            table.c.object_offset == bindparam("offset"),
        )
        for table in (t.messages, t.attachments)
    )
)
"""Which messages have a document or attachment there."""

# The outbox

_push, _pause = outbox.c, delivery_pauses.c
_has_work = exists().where(_push.recipient_id == _pause.recipient_id)
_held_elsewhere = (_message.node_id != bindparam("node_id")) & is_alive(_message.node_id)
FIRST_IN_OUTBOX = (
    select(t.messages, _push.queued_at, _held_elsewhere.label("is_held_elsewhere"))
    .join(outbox, _push.kenmerk == _message.kenmerk)
    .where(_push.recipient_id == bindparam("recipient_id"))
    .order_by(_push.kenmerk)
    .limit(1)
)
CALLED_ELSEWHERE = select(_message.recipient_id).where(t.is_offered, _held_elsewhere)
"""Recipients that another node is calling."""
FIRST_RECIPIENT = select(func.min(_push.recipient_id))
NEXT_RECIPIENT = FIRST_RECIPIENT.where(_push.recipient_id > bindparam("recipient_id"))
PAUSES = select(delivery_pauses)
NEXT_PAUSE_END = select(func.min(_pause.again_at)).where(_has_work, _pause.again_at > bindparam("now"))
PAUSED_RECIPIENTS = (
    select(func.count()).select_from(delivery_pauses).where(_has_work, _pause.again_at > bindparam("now"))
)
END_PAUSE = (
    update(delivery_pauses)
    .where(_pause.recipient_id == bindparam("party_id"), _pause.again_at > bindparam("now"))
    .values(again_at=bindparam("now"))
)
FORGET_PAUSE = delete(delivery_pauses).where(_pause.recipient_id == bindparam("party_id"))
_waiting = (
    select(
        _push.recipient_id,
        func.count().label("messages"),
        func.min(_push.kenmerk).label("oldest"),
        func.min(_push.queued_at).label("queued_at"),
    )
    .group_by(_push.recipient_id)
    .subquery()
)
PENDING_DELIVERIES = (
    select(_waiting, _pause.failures, _pause.again_at)
    .outerjoin_from(_waiting, delivery_pauses, _pause.recipient_id == _waiting.c.recipient_id)
    .order_by(_waiting.c.recipient_id)
)

# Figures about all messages

PARKED = select(func.count()).where(_message.state == State.PARKED.value)
UNCOLLECTED = select(func.count().label("messages"), func.min(_mail.kenmerk).label("oldest"))
UNCOLLECTED_BY_RECIPIENT = (
    select(_mail.recipient_id, func.count().label("messages"), func.min(_mail.kenmerk).label("oldest"))
    .group_by(_mail.recipient_id)
    .order_by(func.min(_mail.kenmerk))
    .limit(100)
)
"""The hundred recipients whose oldest message waits longest."""
TO_JUDGE = select(func.count().label("messages"), func.min(_message.kenmerk).label("oldest")).where(t.is_waiting)
LAST_RECEIVED = select(func.max(_message.kenmerk))
TO_PUSH = select(
    func.count().label("messages"),
    func.min(_push.queued_at).label("oldest_at"),
    func.min(_push.kenmerk).label("oldest"),
)


def _habits(party: Column[str]) -> Select[str, int, str, str]:
    """Parties with at least so many messages since a kenmerk, with the first and the last."""
    return (
        select(
            party.label("party_id"),
            func.count().label("messages"),
            func.min(_message.kenmerk).label("first"),
            func.max(_message.kenmerk).label("last"),
        )
        .where(_message.kenmerk >= bindparam("since"), party.is_not(None))
        .group_by(party)
        .having(func.count() >= bindparam("messages_min"))
    )


SENDER_HABITS = _habits(_message.submitter_id)
RECIPIENT_HABITS = _habits(_message.recipient_id)
OBJECT_KEYS = union_all(
    *(
        query.where(
            _message.kenmerk.between(bindparam("first"), bindparam("last")),
            key.in_(bindparam("keys", expanding=True)),
            t.has_contents,
        )
        for key, query in (
            (_message.object_key, select(_message.object_key)),
            (
                t.attachments.c.object_key,
                select(t.attachments.c.object_key).join(t.messages, _message.kenmerk == t.attachments.c.kenmerk),
            ),
        )
    )
)
"""Which of these objects in document storage messages and attachments name, and were not forgotten."""
