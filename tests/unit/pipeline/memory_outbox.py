"""An outbox in memory."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from gateway.messages.contents import Contents, check_contents
from gateway.messages.decision import Contact, Decision, Move
from gateway.messages.lifecycle import Disposition, State
from gateway.messages.message import JournalEntry, Message, StoredAttachment
from gateway.messages.participants import Role
from gateway.messages.ports import CheckedBytes
from gateway.messages.stored_errors import MissingDocumentError
from gateway.messages.submission import StoredBytes
from gateway.pipeline.ports import Destination, QueuedMessage
from gateway.store.documents.checked import HeldContent
from gateway.validator.model.document import Attachment

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class MemoryOutbox:
    """Outbox and contents, on dictionaries."""

    destinations: dict[str, Destination] = field(default_factory=dict)
    waiting: dict[str, list[QueuedMessage]] = field(default_factory=dict)
    again_at: dict[str, datetime] = field(default_factory=dict)
    journal: dict[str, list[JournalEntry]] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    mailboxes: list[str] = field(default_factory=list)
    """Delivered messages that their recipients collect."""
    now: datetime = START

    def add(self, recipient_id: str, kenmerk: str, document: bytes = b"<Invoice/>") -> None:
        """A message that was judged and waits."""
        message = _message(recipient_id, kenmerk, document)
        self.waiting.setdefault(recipient_id, []).append(QueuedMessage(message, self.now))
        self.journal[kenmerk] = []
        self.documents[kenmerk] = document

    def send_to(self, recipient_id: str, method: str, url: str) -> None:
        """The recipient's choice."""
        self.destinations[recipient_id] = Destination(recipient_id, method, url)

    def codes(self, kenmerk: str) -> list[str]:
        """The statuscodes of a message."""
        return [entry.statuscode for entry in self.journal[kenmerk]]

    async def due(self, now: datetime) -> tuple[Destination, ...]:
        """Outbox."""
        return tuple(
            destination
            for name, destination in self.destinations.items()
            if self.waiting.get(name) and self.again_at.get(name, START) <= now
        )

    async def next_due_at(self) -> datetime | None:
        """Outbox."""
        return min(
            (self.again_at.get(name, self.now) for name, left in self.waiting.items() if left), default=None
        )

    async def destination(self, recipient_id: str) -> Destination:
        """Outbox."""
        return self.destinations[recipient_id]

    async def first(self, recipient_id: str) -> QueuedMessage | None:
        """Outbox."""
        return next(iter(self.waiting.get(recipient_id, ())), None)

    async def commit(self, decision: Decision) -> Decision:
        """As the store commits a decision."""
        message = decision.message
        recipient_id = message.recipient_id or ""
        self.journal[message.kenmerk].extend(decision.entries)
        left = [one for one in self.waiting[recipient_id] if one.message.kenmerk != message.kenmerk]
        if Move.OUT_OF_OUTBOX not in decision.moves:
            left.insert(0, replace(self.waiting[recipient_id][0], message=message))
        self.waiting[recipient_id] = left
        if Move.INTO_MAILBOX in decision.moves:
            self.mailboxes.append(message.kenmerk)
        if decision.contact is not None:
            self._note_contact(decision.contact)
        return decision

    def _note_contact(self, contact: Contact) -> None:
        destination = self.destinations[contact.recipient_id]
        if contact.again_at is None:
            self.destinations[contact.recipient_id] = replace(destination, failures=0)
        else:
            self.again_at[contact.recipient_id] = contact.again_at
            self.destinations[contact.recipient_id] = replace(destination, failures=destination.failures + 1)

    def message(self, kenmerk: str) -> Message:
        """One that waits."""
        return next(
            one.message for left in self.waiting.values() for one in left if one.message.kenmerk == kenmerk
        )

    async def ready(self, kenmerk: str) -> tuple[Message, Contents]:
        """One that waits, as a delivery method gets it."""
        message = self.message(kenmerk)
        return message, await check_contents(self, message.document, message.attachments)

    async def check(self, where: StoredBytes) -> CheckedBytes:
        """Contents. Raises MissingDocumentError when they are gone."""
        if where.key not in {"pdf", *self.documents}:
            raise MissingDocumentError(where)
        return HeldContent(b"%PDF" if where.key == "pdf" else self.documents[where.key])


def _message(recipient_id: str, kenmerk: str, document: bytes) -> Message:
    attached = Attachment(1, "application/pdf", "urenstaat.pdf", 4, "")
    return Message(
        kenmerk=kenmerk,
        state=State.CHECKED,
        disposition=Disposition.PENDING,
        channel="http",
        received_at=START,
        document=_stored_bytes(kenmerk, document),
        submitter_id="van-dijk",
        role=Role.SUPPLIER,
        recipient_id=recipient_id,
        attachments=(StoredAttachment(attached, _stored_bytes("pdf", b"%PDF")),),
    )


def _stored_bytes(key: str, data: bytes) -> StoredBytes:
    return StoredBytes(key, 0, len(data), hashlib.sha256(data).hexdigest())
