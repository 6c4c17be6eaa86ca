"""Messages in the database: accepted and settled in groups, read one by one and in pages."""

from collections.abc import Sequence

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.exc import DBAPIError

from gateway.messages.decision import Decision
from gateway.messages.lifecycle import Disposition, State, Step
from gateway.messages.message import (
    Acceptance,
    JournalEntry,
    Message,
    MessageFilter,
    Page,
    StoredAttachment,
    Waiting,
)
from gateway.messages.participants import Role
from gateway.messages.ports import Checkpoint
from gateway.messages.submission import IdempotencyConflictError, Receipt, StoredBytes
from gateway.pipeline.ports import Shipment
from gateway.pipeline.queue import AlreadyCommittedError
from gateway.store.documents.storage import Storage
from gateway.store.engine import Engines
from gateway.store.messages import tables as t
from gateway.store.messages.accept import Accepting
from gateway.store.messages.commit import EncodeReport, MeterDelivery, Settling
from gateway.store.writer import Writer
from gateway.validator.model.document import Attachment, DocumentKind
from gateway.validator.model.identifiers import PartyIdentifier


class MessageStore:
    """Messages, on one database and one document storage. Fulfils `messages.ports.Messages`."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        storage: Storage,
        meter: MeterDelivery,
        encode_report: EncodeReport,
        checkpoint: Checkpoint,
    ) -> None:
        self._engines = engines
        self._writer = writer
        self._accept_group = Accepting(storage, checkpoint).accept_group
        self._settle_group = Settling(meter, encode_report, checkpoint).settle_group

    async def accept(self, acceptance: Acceptance) -> Receipt:
        """Store a submission; answers once bytes, hash and journal are on stable storage.

        Raises IdempotencyConflictError when its key came before with another body: nothing was stored.
        """
        answer = await self._writer.submit(self._accept_group, acceptance)
        if isinstance(answer, IdempotencyConflictError):
            raise answer
        return answer

    async def settle(self, outcome: Decision) -> Decision:
        """Make an outcome true, in one transaction: state, journal, report, mailbox and meter.

        Answers the outcome that came true: a duplicate where another message holds the claim. Raises
        AlreadyCommittedError when it was settled before, by another gateway or by a commit that was not answered.
        """
        try:
            return await self._writer.submit(self._settle_group, outcome)
        except DBAPIError as error:  # also a step that is in the journal already
            waiting = await self.waiting_one(outcome.kenmerk)
            if waiting is None or waiting.steps != outcome.steps:
                raise AlreadyCommittedError(f"settled before: {outcome.kenmerk}") from error
            raise

    async def settle_all(self, outcomes: Sequence[Decision]) -> Sequence[Decision | BaseException]:
        """The same for several; what goes wrong with one is its answer."""
        return await self._writer.submit_all(self._settle_group, outcomes)

    # -- reading -----------------------------------------------------------------------------

    async def waiting(self) -> tuple[Waiting, ...]:
        """Every message that is accepted and not judged, oldest first: what a restart goes on with."""
        query = _with_steps.where(t.is_waiting).order_by(t.messages.c.kenmerk)
        return tuple([await self._waiting(row) for row in await self._rows(query)])

    async def waiting_one(self, kenmerk: str) -> Waiting | None:
        """The message if it waits to be judged."""
        query = _with_steps.where(t.messages.c.kenmerk == kenmerk, t.messages.c.state == State.RECEIVED.value)
        rows = await self._rows(query)
        return await self._waiting(rows[0]) if rows else None

    async def message(self, kenmerk: str, visible_to: frozenset[str] | None) -> Message | None:
        """The message, or None when it does not exist or these parties may not see it (None: all)."""
        query = _visible(select(t.messages).where(t.messages.c.kenmerk == kenmerk), visible_to)
        rows = await self._rows(query)
        return as_message(rows[0]) if rows else None

    async def journal(self, kenmerk: str) -> tuple[JournalEntry, ...]:
        """Every step, oldest first."""
        query = select(t.journal).where(t.journal.c.kenmerk == kenmerk).order_by(t.journal.c.position)
        return tuple(
            JournalEntry(Step(row.step), row.at, row.actor, row.foutcode, row.detail)
            for row in await self._rows(query)
        )

    async def report(self, kenmerk: str) -> bytes | None:
        """The verdict as JSON, or None when the message was not judged yet."""
        rows = await self._rows(select(t.reports.c.report).where(t.reports.c.kenmerk == kenmerk))
        return bytes(rows[0].report) if rows else None

    async def document(self, kenmerk: str) -> StoredBytes | None:
        """Where the original bytes stand."""
        rows = await self._rows(select(t.messages).where(t.messages.c.kenmerk == kenmerk))
        return _document_place(rows[0]) if rows else None

    async def shipment(self, kenmerk: str) -> Shipment:
        """The message with its contents, for delivery. Raises LookupError when it is gone."""
        message, document = await self.message(kenmerk, None), await self.document(kenmerk)
        if message is None or document is None:
            raise LookupError(f"no message {kenmerk}")
        return Shipment(message, document, await self.attachments(kenmerk))

    async def attachments(self, kenmerk: str) -> tuple[StoredAttachment, ...]:
        """Every attachment, in order."""
        query = select(t.attachments).where(t.attachments.c.kenmerk == kenmerk).order_by(t.attachments.c.number)
        return tuple(_stored_attachment(row) for row in await self._rows(query))

    async def page(self, wanted: MessageFilter, cursor: str | None, limit: int) -> Page[Message]:
        """Messages, newest first. Raises ValueError for a cursor that is not ours."""
        query = _filtered(select(t.messages), wanted)
        if cursor is not None:
            if len(cursor) != 36:
                raise ValueError("the cursor is not one that this gateway gave")
            query = query.where(t.messages.c.kenmerk < cursor)
        rows = await self._rows(query.order_by(t.messages.c.kenmerk.desc()).limit(limit + 1))
        more = len(rows) > limit
        items = tuple(as_message(row) for row in rows[:limit])
        return Page(items, items[-1].kenmerk if more else None)

    async def _waiting(self, row: Row[tuple[object, ...]]) -> Waiting:
        beside = await self.attachments(row.kenmerk)
        return Waiting(
            row.kenmerk,
            row.received_at,
            _document_place(row),
            row.channel,
            Role(row.role),
            row.submitter_id,
            bool(row.is_test),
            _identifier(row.wanted_recipient),
            row.wanted_profile,
            tuple(found for found in beside if found.stored is not None),
            row.steps,
            _identifier(row.on_behalf_of),
        )

    async def _rows(self, query: Select[tuple[object, ...]]) -> Sequence[Row[tuple[object, ...]]]:
        async with self._engines.read.connect() as connection:
            return (await connection.execute(query)).all()


_steps = select(func.count()).where(t.journal.c.kenmerk == t.messages.c.kenmerk).scalar_subquery()
_with_steps = select(t.messages, _steps.label("steps"))
"""Messages, and how many steps the journal of each has."""


def as_message(row: Row[tuple[object, ...]]) -> Message:
    """A message from its row."""
    return Message(
        row.kenmerk,
        State(row.state),
        Disposition(row.disposition),
        row.channel,
        row.received_at,
        row.settled_at,
        row.submitter_id,
        row.sender_id,
        row.recipient_id,
        row.recipient,
        DocumentKind(row.kind) if row.kind else None,
        row.number,
        row.issue_date,
        row.profile,
        row.size_bytes,
        row.sha256,
        row.duplicate_of,
        bool(row.is_test),
        row.berichtsoort,
        row.aanleverkenmerk,
        row.idempotency_key,
    )


def _identifier(text: str | None) -> PartyIdentifier | None:
    return PartyIdentifier(*text.split(":", 1)) if text else None


def _document_place(row: Row[tuple[object, ...]]) -> StoredBytes:
    return StoredBytes(row.object_key, row.object_offset, row.size_bytes, row.sha256)


def _stored_attachment(row: Row[tuple[object, ...]]) -> StoredAttachment:
    attachment = Attachment(
        row.number, row.media_type, row.filename, row.size_bytes, row.sha256, row.start, row.end
    )
    if row.object_key is None:
        return StoredAttachment(attachment)
    return StoredAttachment(attachment, StoredBytes(row.object_key, row.object_offset, row.size_bytes, row.sha256))


def _visible(query: Select[tuple[object, ...]], visible_to: frozenset[str] | None) -> Select[tuple[object, ...]]:
    """Only what these parties handed in, sent, or were delivered: a recipient does not see what was refused."""
    if visible_to is None:
        return query
    parties = sorted(visible_to)
    mine = t.messages.c.submitter_id.in_(parties) | t.messages.c.sender_id.in_(parties)
    states = [State.DELIVERED.value, State.CONFIRMED.value, State.OFFERED.value]
    return query.where(or_(mine, t.messages.c.recipient_id.in_(parties) & t.messages.c.state.in_(states)))


def _filtered(query: Select[tuple[object, ...]], wanted: MessageFilter) -> Select[tuple[object, ...]]:
    columns = t.messages.c
    query = _visible(query, wanted.visible_to)
    if wanted.states:
        query = query.where(columns.state.in_(sorted(state.value for state in wanted.states)))
    if wanted.kinds:
        query = query.where(columns.kind.in_(sorted(kind.value for kind in wanted.kinds)))
    equal = ((columns.sender_id, wanted.sender_id), (columns.recipient_id, wanted.recipient_id))
    for column, value in (*equal, (columns.number, wanted.number)):
        if value is not None:
            query = query.where(column == value)
    if wanted.received_from is not None:
        query = query.where(columns.received_at >= wanted.received_from)
    if wanted.received_until is not None:
        query = query.where(columns.received_at < wanted.received_until)
    return query
