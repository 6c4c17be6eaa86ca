"""An outbox in memory: the lifecycle's own rules decide which steps may follow."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from gateway.messages.lifecycle import Disposition, Foutcode, State, Step, after
from gateway.messages.message import JournalEntry, Message, StoredAttachment
from gateway.messages.submission import StoredBytes
from gateway.pipeline.ports import Destination, Parcel, Shipment
from gateway.validator.model.document import Attachment

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class MemoryOutbox:
    """Outbox and contents, on dictionaries."""

    destinations: dict[str, Destination] = field(default_factory=dict)
    waiting: dict[str, list[Parcel]] = field(default_factory=dict)
    again_at: dict[str, datetime] = field(default_factory=dict)
    journal: dict[str, list[JournalEntry]] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    into_mailbox: dict[str, bool] = field(default_factory=dict)
    now: datetime = START

    def add(self, recipient_id: str, kenmerk: str, document: bytes = b"<Invoice/>") -> None:
        """A message that was judged and waits."""
        self.waiting.setdefault(recipient_id, []).append(Parcel(kenmerk, recipient_id, self.now))
        self.journal[kenmerk] = []
        self.documents[kenmerk] = document

    def send_to(self, recipient_id: str, method: str, url: str) -> None:
        """The recipient's choice."""
        self.destinations[recipient_id] = Destination(recipient_id, method, url)

    def codes(self, kenmerk: str) -> list[str]:
        """The statuscodes of a message."""
        return [entry.statuscode for entry in self.journal[kenmerk]]

    def _step(
        self, parcel: Parcel, step: Step, foutcode: Foutcode | None = None, detail: str | None = None
    ) -> None:
        state = State.CHECKED
        for entry in self.journal[parcel.kenmerk]:
            state = after(state, entry.step)
        after(state, step)
        self.journal[parcel.kenmerk].append(JournalEntry(step, self.now, "gateway", foutcode, detail))

    def _drop(self, parcel: Parcel) -> None:
        self.waiting[parcel.recipient_id] = [
            one for one in self.waiting[parcel.recipient_id] if one.kenmerk != parcel.kenmerk
        ]

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

    async def first(self, recipient_id: str) -> Parcel | None:
        """Outbox."""
        return next(iter(self.waiting.get(recipient_id, ())), None)

    async def offered(self, parcel: Parcel, at: datetime) -> None:
        """Outbox."""
        del at
        self._step(parcel, Step.DELIVERY_STARTED)

    async def delivered(self, parcel: Parcel, at: datetime, *, into_mailbox: bool) -> None:
        """Outbox."""
        del at
        self.into_mailbox[parcel.kenmerk] = into_mailbox
        self._step(parcel, Step.DELIVERED)
        self._drop(parcel)
        name = parcel.recipient_id
        self.destinations[name] = replace(self.destinations[name], failures=0)

    async def troubled(self, parcel: Parcel, at: datetime, again_at: datetime, reason: str) -> None:
        """Outbox."""
        del at
        self._step(parcel, Step.DELIVERY_TROUBLE, None, reason)
        name = parcel.recipient_id
        self.again_at[name] = again_at
        self.destinations[name] = replace(self.destinations[name], failures=self.destinations[name].failures + 1)

    async def returned(
        self, parcel: Parcel, at: datetime, foutcode: Foutcode, reason: str, again_at: datetime | None = None
    ) -> None:
        """Outbox."""
        del at
        if again_at is not None:
            self.again_at[parcel.recipient_id] = again_at
        self._step(parcel, Step.DELIVERY_FAILED, foutcode, reason)
        self._drop(parcel)

    async def shipment(self, kenmerk: str) -> Shipment:
        """Contents."""
        if kenmerk not in self.documents:
            raise LookupError(f"no message {kenmerk}")
        message = Message(
            kenmerk=kenmerk,
            state=State.CHECKED,
            disposition=Disposition.PENDING,
            channel="http",
            received_at=START,
            settled_at=None,
            submitter_id="van-dijk",
        )
        beside = StoredAttachment(
            Attachment(1, "application/pdf", "urenstaat.pdf", 4, ""), _stored("pdf", b"%PDF")
        )
        return Shipment(message, _stored(kenmerk, self.documents[kenmerk]), (beside,))

    async def stream(self, where: StoredBytes) -> AsyncIterator[bytes]:
        """Contents."""
        data = b"%PDF" if where.key == "pdf" else self.documents[where.key]
        for at in range(0, len(data), 10_007):
            yield data[at : at + 10_007]


def _stored(key: str, data: bytes) -> StoredBytes:
    return StoredBytes(key, 0, len(data), hashlib.sha256(data).hexdigest())
