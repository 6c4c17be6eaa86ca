"""Messages in the database: accepted in groups, read one by one and in pages."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from gateway.messages.lifecycle import Disposition, State, Step
from gateway.messages.message import JournalEntry, Message, MessageFilter, Page, StoredAttachment
from gateway.messages.participants import Role
from gateway.messages.retention import ForgottenPart
from gateway.messages.submission import Arrival, IdempotencyConflictError, Receipt, StoredBytes
from gateway.store.documents.storage import Storage
from gateway.store.engine import Engines
from gateway.store.messages import queries
from gateway.store.messages.accept import Acceptor
from gateway.store.messages.retention import forgotten_parts, parts_named
from gateway.store.nodes.tables import NOBODY
from gateway.store.writer import Writer
from gateway.validator.model.document import Attachment, DocumentKind
from gateway.validator.model.identifiers import PartyIdentifier

_KENMERK_CHARACTERS = 36


class MessageReader:
    """Messages in one database, to read."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def message(self, kenmerk: str, visible_to: frozenset[str] | None) -> Message | None:
        """The message, or None when it does not exist or these parties may not see it (None: all)."""
        rows = await self._engines.rows(queries.visible(queries.MESSAGE, visible_to), kenmerk=kenmerk)
        return as_message(rows[0]) if rows else None

    async def journal(self, kenmerk: str) -> tuple[JournalEntry, ...]:
        """Every step, oldest first."""
        return tuple(
            JournalEntry(Step(row.step), row.at, row.actor, row.foutcode, row.detail)
            for row in await self._engines.rows(queries.JOURNAL, kenmerk=kenmerk)
        )

    async def report(self, kenmerk: str) -> bytes | None:
        """The verdict as JSON, or None when the message was not judged yet."""
        rows = await self._engines.rows(queries.REPORT, kenmerk=kenmerk)
        return bytes(rows[0].report) if rows else None

    async def attachments(self, kenmerk: str) -> tuple[StoredAttachment, ...]:
        """Every attachment, in order."""
        rows = await self._engines.rows(queries.ATTACHMENTS, kenmerk=kenmerk)
        return tuple(stored_attachment(row) for row in rows)

    async def forgotten(self, kenmerk: str) -> tuple[ForgottenPart, ...]:
        """What was forgotten of the message, oldest first."""
        return await forgotten_parts(self._engines, kenmerk)

    async def page(self, wanted: MessageFilter, cursor: str | None, limit: int) -> Page[Message]:
        """Messages, newest first. Raises ValueError for a cursor that is not ours."""
        if cursor is not None and len(cursor) != _KENMERK_CHARACTERS:
            raise ValueError("the cursor is not one that this gateway gave")
        floor: str | None = None
        if wanted.searched_max is not None and wanted.is_search and not wanted.newer_than:
            floor = await self._engines.scalar(queries.search_floor(wanted, cursor))
        rows = await self._engines.rows(queries.page(wanted, cursor, limit + 1, floor))
        has_more = len(rows) > limit
        if wanted.newer_than:  # they came with the newest first, and the one too many is the newest
            items = tuple(as_message(row) for row in rows[has_more:])
            return Page(items, _last(items), items[0].kenmerk if has_more else None)
        items = tuple(as_message(row) for row in rows[:limit])
        newer = items[0].kenmerk if cursor and items else None
        return Page(items, _last(items), newer) if has_more else Page(items, floor, newer, searched_to=floor)

    async def counterparts(self, visible_to: frozenset[str], newest: int | None = None) -> frozenset[str]:
        """The parties that take part in messages which these parties may see; in so many of the newest, or all."""
        rows = await self._engines.rows(queries.counterparts(visible_to, newest))
        return frozenset(str(party) for row in rows for party in row if party is not None)

    async def with_attachments(self, row: Row[tuple[object, ...]]) -> Message:
        """The message of a row, with its attachments."""
        return as_message(row, await self.attachments(row.kenmerk))


def _last(items: Sequence[Message]) -> str | None:
    return items[-1].kenmerk if items else None


class MessageStore(MessageReader):
    """The same with what comes in: on one database and one document storage."""

    def __init__(self, engines: Engines, writer: Writer, storage: Storage, node_id: str = NOBODY) -> None:
        """`node_id`: the node that is to judge what is accepted."""
        super().__init__(engines)
        self._writer = writer
        self._accept_group = Acceptor(storage, node_id).accept_group

    async def accept(self, arrival: Arrival) -> Receipt:
        """Store a submission; returns once bytes, hash and journal are on stable storage.

        Raises IdempotencyConflictError when its key came before with another body: nothing was stored.
        """
        try:
            answer = await self._writer.submit(self._accept_group, arrival)
        except IntegrityError:  # also a commit that was made and not answered, so that it was written again
            if await self.message(arrival.kenmerk, None) is None:
                raise
            return arrival.receipt
        if isinstance(answer, IdempotencyConflictError):
            raise answer
        return answer

    async def unjudged_message(self, kenmerk: str) -> Message | None:
        """The message, with its attachments, if it waits to be judged."""
        rows = await self._engines.rows(queries.MESSAGE, kenmerk=kenmerk)
        return await self.with_attachments(rows[0]) if rows and rows[0].state == State.RECEIVED.value else None


def message_in(connection: Connection, kenmerk: str) -> Message | None:
    """The message as it is in this transaction."""
    row = connection.execute(queries.MESSAGE, {"kenmerk": kenmerk}).one_or_none()
    return as_message(row) if row else None


def as_message(row: Row[tuple[object, ...]], attachments: tuple[StoredAttachment, ...] = ()) -> Message:
    """A message from its row."""
    return Message(
        kenmerk=row.kenmerk,
        state=State(row.state),
        disposition=Disposition(row.disposition),
        channel=row.channel,
        received_at=row.received_at,
        document=StoredBytes(row.object_key, row.object_offset, row.size_bytes, row.sha256),
        submitter_id=row.submitter_id,
        role=Role(row.role),
        steps=row.steps,
        settled_at=row.settled_at,
        is_test=bool(row.is_test),
        berichtsoort=row.berichtsoort,
        aanleverkenmerk=row.aanleverkenmerk,
        idempotency_key=row.idempotency_key,
        wanted_recipient=_identifier(row.wanted_recipient),
        wanted_profile=row.wanted_profile,
        traceparent=row.traceparent,
        on_behalf_of=_identifier(row.on_behalf_of),
        sender_id=row.sender_id,
        recipient_id=row.recipient_id,
        recipient=row.recipient,
        kind=DocumentKind(row.kind) if row.kind else None,
        number=row.number,
        issue_date=row.issue_date,
        amount_cents=row.amount_cents,
        profile=row.profile,
        duplicate_of=row.duplicate_of,
        forgotten_parts=parts_named(row.forgotten),
        attachments=attachments,
    )


def _identifier(text: str | None) -> PartyIdentifier | None:
    return PartyIdentifier(*text.split(":", 1)) if text else None


def stored_attachment(row: Row[tuple[object, ...]]) -> StoredAttachment:
    """An attachment from its row."""
    attachment = Attachment(
        row.number, row.media_type, row.filename, row.size_bytes, row.sha256, row.start, row.end
    )
    if row.object_key is None:
        return StoredAttachment(attachment)
    return StoredAttachment(attachment, StoredBytes(row.object_key, row.object_offset, row.size_bytes, row.sha256))
