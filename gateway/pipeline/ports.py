"""What delivery needs: what waits for whom, and where it goes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.messages.contents import Contents
from gateway.messages.lifecycle import Foutcode
from gateway.messages.message import Message


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
class QueuedMessage:
    """A message that waits for its recipient, and since when: the 72 hours count from there."""

    message: Message
    queued_at: datetime


class Outbox(Protocol):
    """What waits, kept on stable storage."""

    async def due(self, now: datetime) -> tuple[Destination, ...]:
        """Recipients for whom something waits and that may be called now."""

    async def next_due_at(self) -> datetime | None:
        """When a recipient may be called again; None: nothing waits."""

    async def destination(self, recipient_id: str) -> Destination:
        """Where this recipient's messages go now. Raises LookupError when there is no such recipient."""

    async def first(self, recipient_id: str) -> QueuedMessage | None:
        """The oldest message that waits for this recipient, with its attachments."""


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


class NotDeliveredError(Exception):
    """The recipient did not take the message."""

    def __init__(
        self, refusal: Refusal, failure: Failure, reason: str, foutcode: Foutcode = Foutcode.AFO100
    ) -> None:
        super().__init__(reason)
        self.refusal = refusal
        self.failure = failure
        self.foutcode = foutcode


class DeliveryMethod(Protocol):
    """One way to bring a message to a recipient."""

    into_mailbox: bool
    """Whether the recipient takes the message from its mailbox afterwards; false: it was sent whole."""

    async def deliver(self, url: str, message: Message, contents: Contents) -> None:
        """Bring it. Raises NotDeliveredError."""
