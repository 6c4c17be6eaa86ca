"""What a message is for the record: digests of its parts, and one over them and its state.

The digests of the parts are kept with the message, so that a change of its state reads nothing else; when a part
is forgotten, its digest stays and stands for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from operator import attrgetter

from sqlalchemy import Connection

from gateway.messages.submission import ChannelRow
from gateway.store.messages.queries import (
    NAME_FORGOTTEN,
    MessageChange,
    MessageRow,
    RecordedRow,
    RecordedState,
    find_recorded_states,
)
from gateway.store.messages.tables import attachments, journal, messages
from gateway.store.record.chain import RecordHead, SubjectDigest, digest_of, rows_after, run_on_steps
from gateway.store.record.entries import changes
from gateway.store.record.queries import parts_of
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
_accepted_values = attrgetter(*ACCEPTED)
_changing_values = attrgetter(*STATE[:-1])


def accepted_digest(message: MessageRow, channel: ChannelRow | None) -> bytes:
    """Of a message as it is accepted, and of the row that its channel keeps."""
    values = _accepted_values(message)
    if channel is None:
        return accepted_digest_of(values, ())
    known = dict(zip(channel.columns, channel.values, strict=True))
    columns = metadata.tables[channel.table].columns.keys()
    return accepted_digest_of(values, [[str(channel.table), *map(known.get, columns)]])


def accepted_digest_of(values: Sequence[object], channels: Iterable[Sequence[object]]) -> bytes:
    """The same of values, and of rows of channels, each after the name of its table."""
    return digest_of((*values, *channels))


def report_digest(report: bytes) -> bytes:
    """SHA-256 of the report as it is stored."""
    return sha256(report).digest()


def attachments_digest(rows: Iterable[Sequence[object]]) -> bytes | None:
    """Of the rows of the attachments, by number; None where there are none."""
    ordered = sorted(rows, key=_number_of)
    return digest_of(ordered) if ordered else None


def _number_of(attachment: Sequence[object]) -> str:
    _kenmerk, number, *_ = attachment
    return str(number).zfill(6)


def message_digest(kenmerk: str, state: Sequence[object], parts: Sequence[bytes | None]) -> bytes:
    """Of everything that a message is, by the values of `STATE` and `PARTS`."""
    return digest_of((kenmerk, *state, *parts))


def record_received(head: RecordHead, at: int, rows: Sequence[MessageRow]) -> list[Change]:
    """Records messages that are accepted, the first at the position after the head."""
    return changes(rows_after(head, at, [_digest_of_new(row) for row in rows]))


def record_changed(
    head: RecordHead, at: int, changed: Sequence[tuple[RecordedRow, MessageChange]]
) -> list[Change]:
    """Records what became of messages, each with what it was before; the first at the position after the head."""
    return changes(rows_after(head, at, [_digest_of_change(before, change) for before, change in changed]))


def record_forgotten(conn: Connection, head: RecordHead, at: int, forgotten: Mapping[str, str]) -> None:
    """Name what was forgotten of messages, by kenmerk, and record what they are now, with journal and attachments
    as they are now. The head is locked."""
    before = ask(conn, find_recorded_states(len(forgotten)), list(forgotten))
    now = [_with_parts_now(conn, RecordedState._make(row)) for row in before]
    subjects = [
        SubjectDigest(
            MESSAGES,
            row.kenmerk,
            row.recorded,
            message_digest(
                row.kenmerk,
                (*_changing_values(row), forgotten[row.kenmerk]),
                (row.accepted_digest, row.journal_digest, row.report_digest, row.attachments_digest),
            ),
        )
        for row in now
    ]
    rows = rows_after(head, at, subjects)
    named = [
        (forgotten[one.kenmerk], one.journal_digest, one.attachments_digest, row.position, one.kenmerk)
        for one, row in zip(now, rows, strict=True)
    ]
    write_together(conn, [Change(NAME_FORGOTTEN, named), *changes(rows)])


def _with_parts_now(conn: Connection, row: RecordedState) -> RecordedState:
    steps, found = [ask(conn, parts_of(part, "kenmerk"), (row.kenmerk,)) for part in (journal, attachments)]
    steps.sort(key=lambda step: int(str(step[1])))
    return row._replace(journal_digest=run_on_steps(b"", steps), attachments_digest=attachments_digest(found))


def _digest_of_new(row: MessageRow) -> SubjectDigest:
    state = [getattr(row, name, None) for name in STATE]
    digests = row.accepted_digest, row.journal_digest, None, row.attachments_digest
    return SubjectDigest(MESSAGES, row.kenmerk, 0, message_digest(row.kenmerk, state, digests))


def _digest_of_change(before: RecordedRow, change: MessageChange) -> SubjectDigest:
    state = (*_changing_values(change), before.forgotten)
    digests = before.accepted_digest, change.journal_digest, change.report_digest, change.attachments_digest
    digest = message_digest(change.kenmerk, state, digests)
    return SubjectDigest(MESSAGES, change.kenmerk, before.recorded, digest)
