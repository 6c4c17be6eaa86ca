"""Accepting submissions: bytes, hash and first steps on stable storage, many in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection

from gateway.clock import from_microseconds, to_microseconds
from gateway.messages.message import JournalEntry, Message, first_entries, received_message
from gateway.messages.submission import (
    Arrival,
    ChannelRow,
    Content,
    IdempotencyConflictError,
    Receipt,
    StoredBytes,
    Submission,
)
from gateway.store.documents.storage import Storage
from gateway.store.messages import queries
from gateway.store.messages.queries import AttachmentRow, IdempotencyRow, MessageRow, StepRow
from gateway.store.record.chain import RecordHead
from gateway.store.record.entries import ask_head, head_from, take_head
from gateway.store.record.messages import record_received
from gateway.store.sql import Change, Question, ask_together, insert_into, write_together
from gateway.store.tables import metadata
from gateway.validator.model.document import Attachment


class Acceptor:
    """Stores submissions. `accept_group` is for one thread at a time."""

    def __init__(self, storage: Storage, node_id: str) -> None:
        """`node_id`: the node that is to judge what is accepted."""
        self._storage = storage
        self._node_id = node_id

    def accept_group(
        self, connection: Connection, group: Sequence[Arrival]
    ) -> list[Receipt | IdempotencyConflictError]:
        """Store those that are new; the answer to each, which holds once the transaction is committed."""
        holders, head = _keep_idempotency_keys(connection, group)
        answers = [_answer(arrival, holders) for arrival in group]
        new = [
            arrival
            for arrival, answer in zip(group, answers, strict=True)
            if isinstance(answer, Receipt) and not answer.is_repeat
        ]
        if new:
            self._store_small(new)
            write_together(connection, _changes(connection.dialect.name, new, head, self._node_id))
            self._storage.sync_pack()  # begun before the rows: most of it is done
        return answers

    def _store_small(self, new: Sequence[Arrival]) -> None:
        """Store every content that is still in memory, and note where it is."""
        small = [c for arrival in new for c in _contents(arrival.submission) if c.data is not None]
        if not small:
            return
        key, offset = self._storage.pack_now([content.data or b"" for content in small])
        for content in small:
            content.stored = StoredBytes(key, offset, content.size_bytes, content.sha256)
            offset += content.size_bytes


def attachment_row(kenmerk: str, attachment: Attachment, stored: StoredBytes | None) -> AttachmentRow:
    """The row of an attachment; `stored` is None for one embedded in the document."""
    return AttachmentRow(
        kenmerk,
        attachment.number,
        attachment.media_type,
        attachment.filename,
        attachment.size_bytes,
        attachment.sha256,
        attachment.start,
        attachment.end,
        stored.key if stored else None,
        stored.offset if stored else None,
    )


class _New(NamedTuple):
    """The rows of a message that is accepted; `message` without its digests."""

    message: MessageRow
    steps: list[StepRow]
    attachments: list[AttachmentRow]
    channel: ChannelRow | None


def _new(arrival: Arrival, node_id: str) -> _New:
    submission = arrival.submission
    message = received_message(submission, arrival.kenmerk, arrival.received_at)
    return _New(
        _message_row(message, submission, node_id),
        step_rows(message.kenmerk, first_entries(submission.caller, arrival.received_at)),
        [attachment_row(message.kenmerk, one.attachment, one.stored) for one in message.attachments],
        submission.record(arrival.kenmerk, arrival.received_at) if submission.record else None,
    )


def _changes(dialect_name: str, arrivals: Sequence[Arrival], head: RecordHead, node_id: str) -> list[Change]:
    new = [_new(arrival, node_id) for arrival in arrivals]
    at = to_microseconds(arrivals[-1].received_at)
    messages, recorded = record_received(dialect_name, head, at, new)
    return [
        Change(queries.ADD_MESSAGES, messages),
        Change(queries.ADD_STEPS, [step for one in new for step in one.steps]),
        Change(queries.ADD_ATTACHMENTS, [row for one in new for row in one.attachments]),
        *_channel_changes([one.channel for one in new if one.channel]),
        *recorded,
    ]


def _channel_changes(rows: Sequence[ChannelRow]) -> list[Change]:
    """What the channels keep with these messages, each in its own table."""
    found: dict[tuple[str, tuple[str, ...]], list[tuple[object, ...]]] = {}
    for row in rows:
        found.setdefault((row.table, row.columns), []).append(row.values)
    return [
        Change(insert_into(metadata.tables[table], columns), values) for (table, columns), values in found.items()
    ]


def _contents(submission: Submission) -> Iterable[Content]:
    yield submission.document
    for attachment in submission.attachments:
        yield attachment.content


def _key_owner(submission: Submission) -> str:
    """Whose idempotency keys these are. A test must not be the answer to the real message, nor stop it."""
    caller = submission.caller
    owner = caller.party_id or caller.key_id
    return f"{owner}\x1ftest" if caller.is_test else owner


def _keep_idempotency_keys(
    connection: Connection, group: Sequence[Arrival]
) -> tuple[Mapping[tuple[str, str], IdempotencyRow], RecordHead]:
    """For each idempotency key in the group the message that holds it, this group's own included; and the head of
    a chain of the record."""
    rows = [
        IdempotencyRow(
            _key_owner(arrival.submission),
            arrival.submission.idempotency_key,
            arrival.kenmerk,
            arrival.submission.body_sha256,
            to_microseconds(arrival.received_at),
        )
        for arrival in group
        if arrival.submission.idempotency_key is not None
    ]
    if not rows:
        return {}, take_head(connection)
    rows.sort(key=itemgetter(0, 1))  # so that two transactions with the same keys do not wait for each other
    keep = Question(queries.keep_idempotency_keys(len(rows)), [value for row in rows for value in row])
    keys = [value for row in rows for value in (row.submitter_id, row.idempotency_key)]
    find = Question(queries.find_idempotency_keys(len(rows)), keys)
    heads, _, found = ask_together(connection, [ask_head(connection), keep, find])
    holders = [IdempotencyRow._make(row) for row in found]
    return {(holder.submitter_id, holder.idempotency_key): holder for holder in holders}, head_from(heads)


def _answer(
    arrival: Arrival, holders: Mapping[tuple[str, str], IdempotencyRow]
) -> Receipt | IdempotencyConflictError:
    submission = arrival.submission
    if submission.idempotency_key is None:
        return arrival.receipt
    holder = holders.get((_key_owner(submission), submission.idempotency_key))
    if holder is None or holder.kenmerk == arrival.kenmerk:
        return arrival.receipt
    if holder.body_sha256 != submission.body_sha256:
        return IdempotencyConflictError(holder.kenmerk)
    return Receipt(holder.kenmerk, from_microseconds(holder.received_at), is_repeat=True)


def _message_row(message: Message, submission: Submission, node_id: str) -> MessageRow:
    return MessageRow(
        kenmerk=message.kenmerk,
        state=message.state.value,
        disposition=message.disposition.value,
        channel=message.channel,
        submitter_id=message.submitter_id,
        key_id=submission.caller.key_id,
        role=message.role.value,
        idempotency_key=message.idempotency_key,
        body_sha256=submission.body_sha256,
        received_at=to_microseconds(message.received_at),
        size_bytes=message.document.size_bytes,
        sha256=message.document.sha256,
        object_key=message.document.key,
        object_offset=message.document.offset,
        is_test=message.is_test,
        berichtsoort=message.berichtsoort,
        aanleverkenmerk=message.aanleverkenmerk,
        on_behalf_of=str(message.on_behalf_of) if message.on_behalf_of else None,
        wanted_recipient=str(message.wanted_recipient) if message.wanted_recipient else None,
        wanted_profile=message.wanted_profile,
        traceparent=message.traceparent,
        steps=message.steps,
        node_id=node_id,
    )


def step_rows(kenmerk: str, entries: Sequence[JournalEntry], first: int = 0) -> list[StepRow]:
    """The rows of steps that follow each other, the first at this position in the journal."""
    return [
        StepRow(
            kenmerk,
            position,
            entry.step.value,
            to_microseconds(entry.at),
            entry.actor,
            str(entry.foutcode) if entry.foutcode else None,
            entry.detail,
        )
        for position, entry in enumerate(entries, first)
    ]
