"""The statements of messages, by name.

Those that run for every message are text for the driver; the columns of their rows are the fields of a NamedTuple,
in order. The others are SQLAlchemy's, with parameters named after their columns.
"""

import re
from datetime import timedelta
from functools import lru_cache
from operator import eq, ge, gt, lt
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Subquery,
    TextClause,
    and_,
    asc,
    bindparam,
    delete,
    desc,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
    update,
)

from gateway.messages.finding import start_of
from gateway.messages.lifecycle import State
from gateway.messages.message import MessageFilter, Word
from gateway.messages.overview import COUNTED_MAX
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


class MailRow(NamedTuple):
    """A message in a mailbox."""

    recipient_id: str
    kenmerk: str
    times_taken: int = 0


class PushRow(NamedTuple):
    """A message in the outbox."""

    kenmerk: str
    recipient_id: str
    queued_at: int


class PauseRow(NamedTuple):
    """A recipient that could not be reached once more."""

    recipient_id: str
    again_at: int


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
OUT_OF_MAILBOX = delete_from(t.mailbox, ("recipient_id", "kenmerk"))
INTO_OUTBOX = insert_or_replace(outbox, PushRow._fields)
OUT_OF_OUTBOX = delete_from(outbox, ("kenmerk",))
PAUSE_RECIPIENTS = (
    "INSERT INTO delivery_pauses (recipient_id, again_at, failures) VALUES (?, ?, 1) "
    "ON CONFLICT (recipient_id) DO UPDATE "
    "SET again_at = excluded.again_at, failures = delivery_pauses.failures + 1"
)
"""Leaves recipients alone until a time, and counts one more failure."""
END_PAUSES = delete_from(delivery_pauses, ("recipient_id",))

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


def visible(query: Select[tuple[object, ...]], visible_to: frozenset[str] | None) -> Select[tuple[object, ...]]:
    """Only messages that these parties submitted or sent, or that were delivered to them; None: all."""
    return query if visible_to is None else query.where(_is_visible(visible_to))


def _is_visible(visible_to: frozenset[str], is_incoming: bool | None = None) -> ColumnElement[bool]:
    """Messages of these parties: what was delivered to them, what they submitted or sent, or both."""
    parties = sorted(visible_to)
    own = _message.submitter_id.in_(parties) | _message.sender_id.in_(parties)
    received = _message.recipient_id.in_(parties) & _message.state.in_(VISIBLE_STATES)
    return or_(own, received) if is_incoming is None else received if is_incoming else own


def page(wanted: MessageFilter, cursor: str | None, limit: int, floor: str | None = None) -> Select[Any]:
    """Messages, newest first, after the one at the cursor, down to the one at the floor.

    Which they are is read newest first from an index: those of a party from its own, so that a party with few
    messages waits for nobody else's; of all messages from the index that has all that is asked here.
    """
    conditions = [
        (_message.sender_id, eq, wanted.sender_id),
        (_message.recipient_id, eq, wanted.recipient_id),
        (_message.number, eq, wanted.number),
        (_message.received_at, ge, wanted.received_from),
        (_message.received_at, lt, wanted.received_until),
        (_message.kenmerk, lt, cursor),
        (_message.kenmerk, gt, wanted.newer_than),
        (_message.kenmerk, ge, floor),
    ]
    query = select(_message.kenmerk).limit(limit)
    query = query.where(*(compare(column, value) for column, compare, value in conditions if value is not None))
    if wanted.states:
        query = query.where(_message.state.in_(sorted(state.value for state in wanted.states)))
        if wanted.states <= {State.PARKED, State.RETURNED}:
            query = query.where(t.is_stuck)
    if wanted.kinds:
        query = query.where(_message.kind.in_(sorted(kind.value for kind in wanted.kinds)))
    query = query.where(*map(_has, wanted.words))
    column = asc if wanted.newer_than else desc
    parts = [query.where(part).order_by(column(_message.kenmerk)) for part in _parts(wanted)]
    if len(parts) > 1:
        every = union(*(select(one.subquery().c.kenmerk) for one in parts)).subquery()
        parts = [select(every.c.kenmerk).order_by(column(every.c.kenmerk)).limit(limit)]
    return select(t.messages).where(_message.kenmerk.in_(parts[0])).order_by(_message.kenmerk.desc())


def search_floor(wanted: MessageFilter, cursor: str | None) -> Select[str | None]:
    """The oldest message that a search for this page looks at; none where it looks at all."""
    query = select(_message.kenmerk).order_by(_message.kenmerk.desc()).limit(1).offset(wanted.searched_max)
    if cursor is not None:
        query = query.where(_message.kenmerk < cursor)
    parts = [query.where(part).subquery() for part in _parts(wanted, with_state=False)]
    every = union_all(*(select(one.c.kenmerk) for one in parts)).subquery()
    return select(func.max(every.c.kenmerk))


_PARTS_MAX = 30
"""Of so many parties at most, each is looked up by itself: an intermediary may send for hundreds."""


def _parts(wanted: MessageFilter, *, with_state: bool = True) -> list[ColumnElement[bool]]:
    """What is to be seen, in parts of which each is a stretch of an index."""
    if wanted.visible_to is None:
        return [true()]
    if len(wanted.visible_to) > _PARTS_MAX:
        return [_is_visible(wanted.visible_to, wanted.is_incoming)]
    parts: list[ColumnElement[bool]] = []
    for party in sorted(wanted.visible_to) or [""]:
        if wanted.is_incoming is not True:
            parts += [_message.submitter_id == party, and_(t.is_sent_by_another, _message.sender_id == party)]
        if wanted.is_incoming is not False:
            received = _message.recipient_id == party
            parts.append(and_(received, _message.state.in_(VISIBLE_STATES)) if with_state else received)
    return parts


_PART_OF_KENMERK = re.compile("[0-9a-f-]{4,}")
"""Less of a kenmerk is in too many."""


def _has(word: Word) -> ColumnElement[bool]:
    """A message has this word."""
    ways = [func.lower(_message.number).contains(word.text, autoescape=True)]
    if _PART_OF_KENMERK.fullmatch(word.text):
        ways.append(_message.kenmerk.contains(word.text, autoescape=True))
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


def counterparts(visible_to: frozenset[str], newest: int | None) -> Select[str | None, str | None]:
    """The parties that take part in the newest messages which these parties may see; None: in all of them."""
    query = select(_message.sender_id, _message.recipient_id).order_by(_message.kenmerk.desc()).limit(newest)
    parts = [query.where(part) for part in _parts(MessageFilter(visible_to))]
    both = union(*(select(one.subquery()) for one in parts)).subquery()
    return select(both.c.sender_id, both.c.recipient_id).distinct()


def _each(column: Column[Any], *conditions: ColumnElement[bool] | TextClause) -> Subquery:
    """The different values of a column: one step in its index for each, however many rows have it."""
    first = select(func.min(column).label(column.name)).where(*conditions)
    found = first.cte(f"{column.table.name}_{column.name}", recursive=True)
    last = found.c[column.name]
    following = select(func.min(column)).where(*conditions, column > last).scalar_subquery()
    found = found.union_all(select(following).where(last.is_not(None)))
    return select(found).where(found.c[column.name].is_not(None)).subquery()


# Messages of nodes

_holders = _each(_message.node_id, t.is_waiting)
DEAD_HOLDERS = select(_holders).where(_holders.c.node_id != bindparam("node_id"), ~is_alive(_holders.c.node_id))
"""The dead nodes that messages wait for."""
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
_is_free = or_(_mail.leased_until.is_(None), _mail.leased_until <= bindparam("now"))
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
        _is_free,
        ~exists().where(_damage.kenmerk == _mail.kenmerk),
    )
    .order_by(_mail.kenmerk)
    .limit(bindparam("limit"))
    .with_for_update(of=t.mailbox, skip_locked=True)
)
"""Neither leased now nor kept back for damage. On PostgreSQL another gateway may be taking messages too."""
_change_mail = update(t.mailbox).where(
    _mail.recipient_id == bindparam("party_id"), _mail.kenmerk == bindparam("message")
)
LEASE = _change_mail.values(
    token=bindparam("token"), leased_until=bindparam("leased_until"), times_taken=_mail.times_taken + 1
)
LEASE_ONE = LEASE.where(_is_free)
RELEASE = _change_mail.values(token=None, leased_until=None)
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
RECIPIENTS = select(_each(_push.recipient_id))
"""Recipients for whom something waits."""
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

PARKED = select(func.count()).where(t.is_stuck, _message.state == State.PARKED.value)
UNCOLLECTED = select(func.count().label("messages"), func.min(_mail.kenmerk).label("oldest"))
_owners = _each(_mail.recipient_id)
_owned = select(_mail.kenmerk).where(_mail.recipient_id == _owners.c.recipient_id)
_oldest = _owned.with_only_columns(func.min(_mail.kenmerk)).scalar_subquery().label("oldest")
_some = _owned.limit(COUNTED_MAX + 1).correlate(_owners).subquery()
_messages = select(func.count()).select_from(_some).scalar_subquery().label("messages")
UNCOLLECTED_BY_RECIPIENT = select(_owners.c.recipient_id, _messages, _oldest).order_by(_oldest).limit(100)
"""The hundred recipients whose oldest message waits longest, and so many messages counted of each."""
TO_JUDGE = select(func.count().label("messages"), func.min(_message.kenmerk).label("oldest")).where(
    t.is_waiting,
    _message.node_id >= "",  # always true: so that SQLite, which has no statistics, takes the index of what waits
)
LAST_RECEIVED = select(func.max(_message.kenmerk))
TO_PUSH = select(
    func.count().label("messages"),
    func.min(_push.queued_at).label("queued_at"),
    func.min(_push.kenmerk).label("oldest"),
)


def _habits(party: Column[str]) -> Select[str, int, str, str]:
    """Parties with at least so many messages since a kenmerk, of which the newest is not after another: how many,
    counted to a thousand, the first and the last. A few steps in the index for each party."""
    known = _each(party)
    party_id = known.c[party.name]
    recent = select(_message.kenmerk).where(party == party_id, _message.kenmerk >= bindparam("since"))
    some = recent.limit(_HABIT_MESSAGES_MAX).correlate(known).subquery()
    messages = select(func.count()).select_from(some).scalar_subquery().label("messages")
    first, last = (
        recent.with_only_columns(edge(_message.kenmerk)).scalar_subquery().label(name)
        for name, edge in (("first", func.min), ("last", func.max))
    )
    found = select(party_id.label("party_id"), messages, first, last)
    return found.where(last <= bindparam("until"), messages >= bindparam("messages_min"))


_HABIT_MESSAGES_MAX = 1_000
"""With more in four weeks, so little time is between two that the exact number does not matter."""
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
