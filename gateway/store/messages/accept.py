"""Accepting submissions: bytes, hash and first steps on stable storage, many in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, tuple_

from gateway.clock import to_microseconds
from gateway.messages.decision import GATEWAY
from gateway.messages.lifecycle import FIRST_STEPS, Disposition, State
from gateway.messages.message import Acceptance
from gateway.messages.ports import Checkpoint
from gateway.messages.submission import (
    Content,
    IdempotencyConflictError,
    Receipt,
    StoredBytes,
    Submission,
)
from gateway.store.documents.storage import Storage
from gateway.store.messages import tables as t
from gateway.store.sql import Change, insert_into, insert_new, placeholder, write_together
from gateway.store.tables import metadata
from gateway.validator.model.document import Attachment

_MESSAGE = (
    "kenmerk",
    "state",
    "disposition",
    "channel",
    "submitter_id",
    "key_id",
    "role",
    "idempotency_key",
    "body_sha256",
    "received_at",
    "size_bytes",
    "sha256",
    "object_key",
    "object_offset",
    "is_test",
    "berichtsoort",
    "aanleverkenmerk",
    "on_behalf_of",
    "wanted_recipient",
    "wanted_profile",
)
_FIRST_STEP = ("kenmerk", "position", "step", "at", "actor")
ATTACHMENT = (
    "kenmerk",
    "number",
    "media_type",
    "filename",
    "size_bytes",
    "sha256",
    "start",
    "end",
    "object_key",
    "object_offset",
)
"""The columns of an attachment, in the order of `attachment_row`."""

_First = tuple[str, str, datetime]
"""The kenmerk, hash and time of the message that holds an idempotency key."""


class Accepting:
    """Writes acceptances. `accept_group` is for one thread at a time."""

    def __init__(self, storage: Storage, checkpoint: Checkpoint) -> None:
        self._storage = storage
        self._checkpoint = checkpoint

    def accept_group(
        self, connection: Connection, group: Sequence[Acceptance]
    ) -> list[Receipt | IdempotencyConflictError]:
        """Store those that are new; the answer to each, true once the transaction is committed."""
        firsts = _first_of_keys(connection, group)
        answers = [_answer(acceptance, firsts) for acceptance in group]
        fresh = [
            acceptance
            for acceptance, answer in zip(group, answers, strict=True)
            if isinstance(answer, Receipt) and not answer.is_repeat
        ]
        if fresh:
            self._store_small(fresh)
            _insert_messages(connection, fresh)
            self._checkpoint("accept-written")
            self._storage.sync_pack()  # begun before the rows: most of it is done
            self._checkpoint("bytes-stored")
        return answers

    def _store_small(self, fresh: Sequence[Acceptance]) -> None:
        """Store every content that is still in memory, and note where it stands."""
        small = [c for acceptance in fresh for c in _contents(acceptance.submission) if c.data is not None]
        if not small:
            return
        key, offset = self._storage.pack_now([content.data or b"" for content in small])
        for content in small:
            content.stored = StoredBytes(key, offset, content.size_bytes, content.sha256)
            offset += content.size_bytes


def attachment_row(kenmerk: str, attachment: Attachment, place: StoredBytes | None) -> tuple[object, ...]:
    """An attachment as it stands in the database; `place` is None for one embedded in the document."""
    return (
        kenmerk,
        attachment.number,
        attachment.media_type,
        attachment.filename,
        attachment.size_bytes,
        attachment.sha256,
        attachment.start,
        attachment.end,
        place.key if place else None,
        place.offset if place else None,
    )


def _insert_messages(connection: Connection, fresh: Sequence[Acceptance]) -> None:
    place = placeholder(connection)
    write_together(
        connection,
        [
            (
                insert_into(t.messages, _MESSAGE, place),
                [_message_row(a, a.submission.document.place) for a in fresh],
            ),
            (insert_into(t.journal, _FIRST_STEP, place), [row for a in fresh for row in _first_steps(a)]),
            (
                insert_into(t.attachments, ATTACHMENT, place),
                [
                    attachment_row(a.kenmerk, beside.attachment, beside.content.place)
                    for a in fresh
                    for beside in a.submission.attachments
                ],
            ),
            *_channel_changes(fresh, place),
        ],
    )


def _channel_changes(fresh: Sequence[Acceptance], place: str) -> list[Change]:
    """What the channels keep with these messages, each in its own table."""
    rows: dict[tuple[str, tuple[str, ...]], list[tuple[object, ...]]] = {}
    for a in fresh:
        if a.submission.record is not None:
            table, columns, values = a.submission.record(a.kenmerk, a.received_at).row()
            rows.setdefault((table, columns), []).append(values)
    return [
        (insert_into(metadata.tables[table], columns, place), values) for (table, columns), values in rows.items()
    ]


def _contents(submission: Submission) -> Iterable[Content]:
    yield submission.document
    for beside in submission.attachments:
        yield beside.content


def _key_owner(submission: Submission) -> str:
    """Whose idempotency keys these are. A test must not be the answer to the real message, nor stop it."""
    caller = submission.caller
    owner = caller.party_id or caller.key_id
    return f"{owner}\x1ftest" if caller.is_test else owner


def _first_of_keys(connection: Connection, group: Sequence[Acceptance]) -> Mapping[tuple[str, str], _First]:
    """For each idempotency key in the group the message that holds it, this group's own included."""
    keyed = [
        {
            "submitter_id": _key_owner(a.submission),
            "idempotency_key": a.submission.idempotency_key,
            "kenmerk": a.kenmerk,
            "body_sha256": a.submission.body_sha256,
            "received_at": a.received_at,
        }
        for a in group
        if a.submission.idempotency_key is not None
    ]
    if not keyed:
        return {}
    insert_new(connection, t.idempotency, keyed)
    names = [(row["submitter_id"], row["idempotency_key"]) for row in keyed]
    pair = tuple_(t.idempotency.c.submitter_id, t.idempotency.c.idempotency_key)
    rows = connection.execute(select(t.idempotency).where(pair.in_(names)))
    return {(r.submitter_id, r.idempotency_key): (r.kenmerk, r.body_sha256, r.received_at) for r in rows}


def _answer(
    acceptance: Acceptance, firsts: Mapping[tuple[str, str], _First]
) -> Receipt | IdempotencyConflictError:
    submission = acceptance.submission
    if submission.idempotency_key is None:
        return Receipt(acceptance.kenmerk, acceptance.received_at)
    first = firsts.get((_key_owner(submission), submission.idempotency_key))
    if first is None or first[0] == acceptance.kenmerk:
        return Receipt(acceptance.kenmerk, acceptance.received_at)
    if first[1] != submission.body_sha256:
        return IdempotencyConflictError(first[0])
    return Receipt(first[0], first[2], is_repeat=True)


def _message_row(acceptance: Acceptance, place: StoredBytes) -> tuple[object, ...]:
    s = acceptance.submission
    return (
        acceptance.kenmerk,
        State.RECEIVED.value,
        Disposition.PENDING.value,
        s.channel,
        s.caller.party_id,
        s.caller.key_id,
        s.caller.role.value,
        s.idempotency_key,
        s.body_sha256,
        to_microseconds(acceptance.received_at),
        place.size_bytes,
        place.sha256,
        place.key,
        place.offset,
        s.caller.is_test,
        s.berichtsoort,
        s.aanleverkenmerk,
        str(s.on_behalf_of) if s.on_behalf_of else None,
        str(s.recipient) if s.recipient else None,
        s.profile,
    )


def _first_steps(acceptance: Acceptance) -> Iterable[tuple[object, ...]]:
    caller = acceptance.submission.caller
    at, actor = to_microseconds(acceptance.received_at), caller.party_id or caller.key_id
    for position, step in enumerate(FIRST_STEPS):  # the sender begins, the gateway does the rest
        yield acceptance.kenmerk, position, step.value, at, GATEWAY if position else actor
