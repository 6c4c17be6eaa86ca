"""What delivery needs of the other rooms: what waits for whom, and where to write what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.messages.lifecycle import Foutcode
from gateway.messages.message import Message, StoredAttachment
from gateway.messages.submission import StoredBytes


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a recipient's messages go."""

    recipient_id: str
    method: str
    """The delivery method that the recipient chose."""
    url: str
    failures: int = 0
    """Attempts that failed since the last that did not: the recipient's, not one message's."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way to one recipient."""

    kenmerk: str
    recipient_id: str
    queued_at: datetime
    """Since when it waits: the 72 hours count from here."""
    is_offered: bool = False
    """Whether it was offered before."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """A message with its contents, as a recipient gets it."""

    message: Message
    document: StoredBytes
    attachments: tuple[StoredAttachment, ...]


class Outbox(Protocol):
    """What waits, kept on stable storage; every answer of a recipient becomes a step in the message's journal."""

    async def due(self, now: datetime) -> tuple[Destination, ...]:
        """Recipients for whom something waits and that may be called now."""

    async def next_due_at(self) -> datetime | None:
        """When a recipient may be called again; None: nothing waits."""

    async def destination(self, recipient_id: str) -> Destination:
        """Where this recipient's messages go now. Raises LookupError when there is no such recipient."""

    async def first(self, recipient_id: str) -> Parcel | None:
        """The oldest message that waits for this recipient."""

    async def offered(self, parcel: Parcel, at: datetime) -> None:
        """It is being offered (405)."""

    async def delivered(self, parcel: Parcel, at: datetime, *, into_mailbox: bool) -> None:
        """The recipient has the message, or finds it in its mailbox (400); its failures are forgotten."""

    async def troubled(self, parcel: Parcel, at: datetime, again_at: datetime, reason: str) -> None:
        """The recipient could not be reached (420); it is left alone until `again_at`."""

    async def returned(
        self, parcel: Parcel, at: datetime, foutcode: Foutcode, reason: str, again_at: datetime | None = None
    ) -> None:
        """It could not be delivered (410 with its code): out of the outbox; an operator may replay it.

        With `again_at` the recipient is out of reach, and left alone until then.
        """


class Shipments(Protocol):
    """Reads what is to be delivered."""

    async def shipment(self, kenmerk: str) -> Shipment:
        """The message with its contents. Raises LookupError when it is gone."""


class Refusal(StrEnum):
    """Whether it makes sense to try again."""

    TEMPORARY = "temporary"
    PERMANENT = "permanent"


class Failure(StrEnum):
    """What went wrong, for the figures."""

    ADDRESS = "address"
    """The recipient's address may not be called, or is none."""
    CONNECTION = "connection"
    """There was none, TLS included."""
    TIMEOUT = "timeout"
    STATUS = "status"
    """An HTTP status that takes nothing."""
    FAULT = "fault"
    """A SOAP fault."""
    ANSWER = "answer"
    """An answer that cannot be read, is about something else, or is not signed as it should be."""
    GONE = "gone"
    """The message itself is not there any more."""


class NotDeliveredError(Exception):
    """The recipient did not take the message."""

    def __init__(
        self, refusal: Refusal, failure: Failure, reason: str, foutcode: Foutcode = Foutcode.AFO100
    ) -> None:
        super().__init__(reason)
        self.refusal = refusal
        self.failure = failure
        self.foutcode = foutcode


class AttemptResult(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    TROUBLED = "troubled"
    """It is tried again."""
    REFUSED = "refused"
    """The recipient refuses this message for good: returned."""
    EXPIRED = "expired"
    """It was tried for as long as it may be: returned."""


class Observer(Protocol):
    """Told of every attempt."""

    def attempted(self, method: str, outcome: AttemptResult, failure: Failure | None, seconds: float) -> None:
        """One attempt ended so; how long it took."""


class DeliveryMethod(Protocol):
    """One way to bring a message to a recipient."""

    into_mailbox: bool
    """Whether the recipient takes the message from its mailbox afterwards; false: it was sent whole."""

    async def deliver(self, url: str, shipment: Shipment) -> None:
        """Bring it. Raises NotDeliveredError."""
