"""What every channel submits, a `Submission`, and the answer to it, a `Receipt`."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec

from gateway.messages.participants import Caller
from gateway.validator.model.document import Attachment
from gateway.validator.model.identifiers import PartyIdentifier

INTERNAL = "internal"
"""The channel of the gateway's own bills, which are submitted like any other message."""


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Where bytes are in document storage: part of an object. Sizes in bytes."""

    key: str
    offset: int
    size_bytes: int
    sha256: str


@dataclass(slots=True)
class Content:
    """A document or attachment that is being received: a small one has its bytes in `data`, a large one was
    streamed to storage already. `stored` says where; of a small one once its message is accepted.
    """

    size_bytes: int
    data: bytes | None = None
    stored: StoredBytes | None = None
    _sha256: str = field(default="", init=False, repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, hexadecimal. It is computed when it is first asked for: in the writer's thread, so
        that requests do not wait for it."""
        if not self._sha256:
            self._sha256 = self.stored.sha256 if self.stored else hashlib.sha256(self.data or b"").hexdigest()
        return self._sha256

    @property
    def location(self) -> StoredBytes:
        """Where it is stored. Raises LookupError while it is not."""
        if self.stored is None:
            raise LookupError("the content is not stored yet")
        return self.stored


@dataclass(frozen=True, slots=True)
class DetachedAttachment:
    """An attachment that came with the document, decoded."""

    attachment: Attachment
    content: Content


class ChannelRow(NamedTuple):
    """A row of a channel's own table. Plain values, times in microseconds since 1970."""

    table: str
    columns: tuple[str, ...]
    values: tuple[object, ...]


Record = Callable[[str, datetime], ChannelRow]
"""Makes what a channel keeps with a message, from its kenmerk and the time it was received; it is written in the
message's transaction."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One submitted document, before anything is known of what it says.

    `idempotency_key` is the sender's. `recipient` overrides the document's own recipient where the channel names
    one (`identiteitOntvanger`). `traceparent` is the trace of the request (W3C Trace Context). The Dutch fields
    are Digipoort's, echoed unchanged.
    """

    caller: Caller
    channel: str
    document: Content
    attachments: tuple[DetachedAttachment, ...] = ()
    idempotency_key: str | None = None
    recipient: PartyIdentifier | None = None
    profile: str | None = None
    berichtsoort: str | None = None
    aanleverkenmerk: str | None = None
    on_behalf_of: PartyIdentifier | None = None
    traceparent: str | None = None
    record: Record | None = field(default=None, compare=False)
    """For a channel that keeps its own table."""

    @property
    def size_bytes(self) -> int:
        """Of the document and every detached attachment."""
        return self.document.size_bytes + sum(one.content.size_bytes for one in self.attachments)

    @property
    def body_sha256(self) -> str:
        """One hash over the document and every detached attachment, in order: it shows whether the same key came
        with another body."""
        if not self.attachments:
            return self.document.sha256
        every = [self.document.sha256, *(attachment.content.sha256 for attachment in self.attachments)]
        return hashlib.sha256("\n".join(every).encode()).hexdigest()


class Receipt(msgspec.Struct, frozen=True):
    """The answer to a submission that is on stable storage. `is_repeat`: the same key and body came before,
    and this is the first answer again."""

    kenmerk: str
    received_at: datetime
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """A submission, with the kenmerk it gets if it is new."""

    kenmerk: str
    received_at: datetime
    submission: Submission

    @property
    def receipt(self) -> Receipt:
        """The answer when it is stored."""
        return Receipt(self.kenmerk, self.received_at)


class IdempotencyConflictError(Exception):
    """The same Idempotency-Key came before with another body."""

    def __init__(self, first_kenmerk: str) -> None:
        super().__init__(f"this Idempotency-Key was used before with another body, for message {first_kenmerk}")
        self.first_kenmerk = first_kenmerk


class OverloadedError(Exception):
    """The gateway holds as many waiting messages as it may; nothing was stored. Try again later."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("the gateway is busy; nothing was stored")
        self.retry_after_seconds = retry_after_seconds
