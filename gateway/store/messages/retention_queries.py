"""The statements of retention, by name: what is due, what is under a hold, what was forgotten."""

from typing import NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, exists, func, insert, or_, select

from gateway.messages.retention import FINAL, MessagePart
from gateway.store.messages import tables as t
from gateway.store.sql import delete_from, insert_into, insert_or_replace

_message, _attachment, _hold = t.messages.c, t.attachments.c, t.legal_holds.c
_BATCH: BindParameter[str] = bindparam("kenmerken", expanding=True)


class ForgottenRow(NamedTuple):
    """A part of a message that was forgotten."""

    kenmerk: str
    part: str
    at: int
    rule: str
    sha256: str
    size_bytes: int


class ErasureRow(NamedTuple):
    """Bytes in document storage that are to go."""

    object_key: str
    object_offset: int
    size_bytes: int


def due(part: MessagePart) -> Select[tuple[object, ...]]:
    """Messages that still have this part and that the term allows to forget."""
    has_part = {
        MessagePart.CONTENTS: t.has_contents,
        MessagePart.PERSONAL_DATA: or_(
            _message.forgotten.is_(None), _message.forgotten.not_like("%personal-data%")
        ),
        MessagePart.REPORT: exists().where(t.reports.c.kenmerk == _message.kenmerk),
    }
    is_in_mailbox = exists().where(
        t.mailbox.c.recipient_id == _message.recipient_id, t.mailbox.c.kenmerk == _message.kenmerk
    )
    return select(t.messages).where(
        _message.state.in_(sorted(state.value for state in FINAL)),
        _message.disposition.in_(bindparam("dispositions", expanding=True)),
        _message.settled_at < bindparam("before"),
        has_part[part],
        or_(_message.recipient_id.is_(None), ~is_in_mailbox),
    )


def due_page(part: MessagePart) -> Select[tuple[object, ...]]:
    """The oldest of them after a kenmerk. None is settled before it got its kenmerk, which bounds the search."""
    stretch = due(part).where(_message.kenmerk > bindparam("cursor"), _message.kenmerk <= bindparam("last"))
    return stretch.order_by(_message.kenmerk).limit(bindparam("limit"))


def still_due(part: MessagePart) -> Select[tuple[object, ...]]:
    """Those of a batch that are due within this transaction, and stay as they are until its end."""
    return due(part).where(_message.kenmerk.in_(_BATCH)).order_by(_message.kenmerk).with_for_update(of=t.messages)


DETACHED = select(t.attachments).where(_attachment.kenmerk.in_(_BATCH), _attachment.object_key.is_not(None))
"""The attachments of a batch that have their own bytes."""
REPORT_SIZES = select(t.reports.c.kenmerk, func.length(t.reports.c.report).label("size_bytes")).where(
    t.reports.c.kenmerk.in_(_BATCH)
)
REPORTS = select(t.reports).where(t.reports.c.kenmerk.in_(_BATCH))

ADD_FORGOTTEN = insert_into(t.forgotten_parts, ForgottenRow._fields)
FORGOTTEN = (
    select(t.forgotten_parts)
    .where(t.forgotten_parts.c.kenmerk == bindparam("kenmerk"))
    .order_by(t.forgotten_parts.c.at)
)
REMOVE_REPORT = delete_from(t.reports, ("kenmerk",))

FORGET_FILENAMES = "UPDATE attachments SET filename = NULL WHERE kenmerk = ?"
FORGET_PEOPLE = (
    "UPDATE journal SET detail = NULL, "
    "actor = CASE WHEN actor IN (?, ?, ?, ?) THEN actor ELSE 'forgotten' END WHERE kenmerk = ?"
)
"""All that may change in a journal, which the database enforces."""

ADD_ERASURES = insert_or_replace(t.erasures, ErasureRow._fields)
ERASURES = select(t.erasures).order_by(t.erasures.c.object_key, t.erasures.c.object_offset)
REMOVE_ERASURES = delete_from(t.erasures, ("object_key",))

ADD_HOLD = insert(t.legal_holds).returning(_hold.id)
HOLD_LOG = select(t.legal_holds).order_by(_hold.id)

ADD_RUN = insert(t.retention_runs).returning(t.retention_runs.c.id)
NEWEST_RUN = select(func.max(t.retention_runs.c.at))
RUNS = select(t.retention_runs).order_by(t.retention_runs.c.id.desc()).limit(bindparam("limit"))
