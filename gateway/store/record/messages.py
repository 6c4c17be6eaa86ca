"""What a message is for the record: digests of its parts, and one over them and its state.

The digests of the parts are kept with the message, so that a change of its state reads nothing else; when a part
is forgotten, its digest stays and stands for it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from gateway.messages.submission import ChannelRow
from gateway.store.messages.queries import (
    NAME_FORGOTTEN,
    MessageChange,
    MessageRow,
    RecordedRow,
    StepRow,
)
from gateway.store.messages.tables import attachments, journal, messages
from gateway.store.record.chain import RecordHead, SubjectChange, digest_of, run_on_steps
from gateway.store.record.entries import add_changes
from gateway.store.record.queries import parts_of, row_of
from gateway.store.sql import Change, ask, write_together
from gateway.store.tables import metadata

STATE = (
    "state",
    "disposition",
    "settled_at",
    "steps",
    "sender_id",
    "recipient_id",
    "recipient",
    "kind",
    "number",
    "issue_date",
    "amount_cents",
    "profile",
    "duplicate_of",
    "forgotten",
)
"""The columns that change in a message's life."""
MESSAGES = str(messages.name)
PARTS = ("accepted_digest", "journal_digest", "report_digest", "attachments_digest")
NOT_RECORDED = {"recorded", "node_id"}
"""Where the newest row of the record is, and which gateway works on the message: that changes by itself."""
ACCEPTED = tuple(column.name for column in messages.columns if column.name not in {*STATE, *PARTS, *NOT_RECORDED})
"""The other columns: they never change."""
_accepted_values = itemgetter(*map(MessageRow._fields.index, ACCEPTED))
_changed_values = itemgetter(*map(MessageChange._fields.index, STATE[:-1]))
_UNKNOWN = (None,) * (len(STATE) - STATE.index("steps") - 1)
"""Of a message that was not judged."""


def record_received(
    dialect_name: str,
    head: RecordHead,
    at: int,
    accepted: Iterable[tuple[MessageRow, Sequence[StepRow], Sequence[Sequence[object]], ChannelRow | None]],
) -> tuple[list[MessageRow], list[Change]]:
    """Messages that are accepted, each with its steps, its attachments and the row that its channel keeps: their
    rows with digests, and what records them, the first at the position after the head."""
    rows, changes = list[MessageRow](), list[SubjectChange]()
    for position, (message, steps, found, channel) in enumerate(accepted, head.position + 1):
        parts = accepted_digest(message, channel), run_on_steps(b"", steps), attachments_digest(found)
        state = (message.state, message.disposition, None, message.steps, *_UNKNOWN)
        digest = message_digest(message.kenmerk, state, (*parts[:2], None, parts[2]))
        changes.append(SubjectChange(message.kenmerk, 0, digest))
        rows.append(MessageRow._make((*message[: -len(parts) - 1], *parts, position)))
    return rows, add_changes(dialect_name, head, MESSAGES, at, changes)


def accepted_digest(message: MessageRow, channel: ChannelRow | None) -> bytes:
    """Of a message as it is accepted, and of the row that its channel keeps."""
    values = _accepted_values(message)
    if channel is None:
        return digest_of(values)
    known = dict(zip(channel.columns, channel.values, strict=True))
    columns = metadata.tables[channel.table].columns.keys()
    return accepted_digest_of(values, [[str(channel.table), *map(known.get, columns)]])


def accepted_digest_of(values: Sequence[object], channels: Iterable[Sequence[object]]) -> bytes:
    """The same of values, and of rows of channels, each after the name of its table."""
    return digest_of((*values, *channels))


def report_digest(report: bytes) -> bytes:
    """SHA-256 of the report as it is stored."""
    return sha256(report).digest()


def attachments_digest(rows: Collection[Sequence[object]]) -> bytes | None:
    """Of the rows of the attachments, by number; None where there are none."""
    return digest_of(sorted(rows, key=_number_of)) if rows else None


def _number_of(attachment: Sequence[object]) -> str:
    _kenmerk, number, *_ = attachment
    return str(number).zfill(6)


def message_digest(kenmerk: str, state: Sequence[object], parts: Sequence[bytes | None]) -> bytes:
    """Of everything that a message is, by the values of `STATE` and `PARTS`."""
    return digest_of((kenmerk, *state, *parts))


def record_changed(
    dialect_name: str, head: RecordHead, at: int, changed: Sequence[tuple[RecordedRow, MessageChange]]
) -> list[Change]:
    """Records what became of messages, each with what it was before; the first at the position after the head."""
    changes = [_change_of(before, change) for before, change in changed]
    return add_changes(dialect_name, head, MESSAGES, at, changes)


def _change_of(before: RecordedRow, change: MessageChange) -> SubjectChange:
    state = (*_changed_values(change), before.forgotten)
    digests = before.accepted_digest, change.journal_digest, change.report_digest, change.attachments_digest
    return SubjectChange(change.kenmerk, before.recorded, message_digest(change.kenmerk, state, digests))


def record_forgotten(conn: Connection, head: RecordHead, at: int, forgotten: Mapping[str, str]) -> None:
    """Name what was forgotten of messages, by kenmerk, and record what they are now, with journal and attachments
    as they are now. Their rows are locked."""
    named, changes = list[tuple[object, ...]](), list[SubjectChange]()
    for position, (kenmerk, words) in enumerate(forgotten.items(), head.position + 1):
        [values] = ask(conn, row_of(messages), (kenmerk,))
        row: dict[str, Any] = dict(zip(messages.columns.keys(), values, strict=True))
        steps, files = [ask(conn, parts_of(part, "kenmerk"), (kenmerk,)) for part in (journal, attachments)]
        steps.sort(key=lambda step: int(str(step[1])))
        run, files_digest = run_on_steps(b"", steps), attachments_digest(files)
        parts = row["accepted_digest"], run, row["report_digest"], files_digest
        digest = message_digest(kenmerk, (*(row[name] for name in STATE[:-1]), words), parts)
        changes.append(SubjectChange(kenmerk, row["recorded"], digest))
        named.append((words, run, files_digest, position, kenmerk))
    write_together(
        conn, [Change(NAME_FORGOTTEN, named), *add_changes(conn.dialect.name, head, MESSAGES, at, changes)]
    )
