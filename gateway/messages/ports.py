"""What other packages ask of messages: protocols, implemented elsewhere and passed in by `gateway.main`."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.messages.message import (
    JournalEntry,
    Lease,
    MailboxEntry,
    Message,
    MessageFilter,
    Page,
    StoredAttachment,
)
from gateway.messages.participants import ApiKey, Caller, KeyRequest, Party, Role
from gateway.messages.retention import ForgottenPart, RetentionReport
from gateway.messages.submission import Content, Receipt, StoredBytes, Submission
from gateway.validator.model.identifiers import PartyIdentifier


class Intake(Protocol):
    """Accepts submissions. Every channel ends here."""

    def require_room(self) -> None:
        """Raises OverloadedError when a submission would be refused now: to be asked before its body is read."""

    async def submit(self, submission: Submission) -> Receipt:
        """Store the submission and return once it is on stable storage.

        Raises IdempotencyConflictError and OverloadedError; in both cases nothing was stored.
        """

    async def wait_until_settled(self, kenmerk: str, timeout_seconds: float) -> bool:
        """Wait until the message is settled (`State.is_settled`), at most so long; whether it is."""


class ContentSink(Protocol):
    """Receives one document or attachment as a stream."""

    async def write(self, chunk: bytes) -> None:
        """Add bytes."""

    async def close(self) -> Content:
        """All is written: the content, in memory when small, else on storage."""

    async def abort(self) -> None:
        """Forget what was written."""


class CheckedBytes(Protocol):
    """A stored content that is what its SHA-256 says."""

    @property
    def size_bytes(self) -> int:
        """Of the whole content."""

    def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from start up to end, in pieces; from the start each time."""


class DocumentStorage(Protocol):
    """Bytes of documents and attachments. Reading compares them with their SHA-256 first: it raises
    DamagedDocumentError, MissingDocumentError or StoreUnavailableError before it gives out a byte."""

    def sink(self) -> ContentSink:
        """A new sink. Its methods raise StoreUnavailableError."""

    async def read(self, where: StoredBytes) -> bytes:
        """All the bytes."""

    async def check(self, where: StoredBytes) -> CheckedBytes:
        """The content, to be streamed."""


class Messages(Protocol):
    """Reads messages."""

    async def message(self, kenmerk: str, visible_to: frozenset[str] | None) -> Message | None:
        """The message, or None when it does not exist or these parties may not see it (None: all)."""

    async def journal(self, kenmerk: str) -> tuple[JournalEntry, ...]:
        """Every step, oldest first."""

    async def report(self, kenmerk: str) -> bytes | None:
        """The verdict on the message as JSON, or None when it was not judged yet."""

    async def attachments(self, kenmerk: str) -> tuple[StoredAttachment, ...]:
        """Every attachment, in order."""

    async def forgotten(self, kenmerk: str) -> tuple[ForgottenPart, ...]:
        """What was forgotten of the message, oldest first."""

    async def page(self, wanted: MessageFilter, cursor: str | None, limit: int) -> Page[Message]:
        """Messages, newest first. Raises ValueError for a cursor that is not ours."""

    async def counterparts(self, visible_to: frozenset[str], newest: int | None = None) -> frozenset[str]:
        """The parties that take part in messages which these parties may see."""


class RetentionRuns(Protocol):
    """Forgets what was kept long enough."""

    async def plan(self) -> RetentionReport:
        """What a run would forget now. Nothing is changed."""

    async def run(self, actor: str) -> RetentionReport:
        """Forget what is due. Raises StoreUnavailableError; a later run goes on."""

    async def runs(self, limit: int) -> tuple[RetentionReport, ...]:
        """The reports of the newest runs, newest first."""


class Mailbox(Protocol):
    """What is available for recipients to collect."""

    async def waiting(self, party_id: str, cursor: str | None, limit: int) -> Page[Message]:
        """Delivered, not confirmed; oldest first; leased ones included."""

    async def take(self, party_id: str, limit: int, lease: timedelta) -> tuple[Lease, ...]:
        """Lease the oldest messages that nobody has leased."""

    async def take_one(self, party_id: str, kenmerk: str, lease: timedelta) -> bool:
        """Lease this message; False when it is not in the mailbox, or somebody has leased it."""

    async def give_back(self, party_id: str, kenmerk: str) -> bool:
        """End the lease, so that it is available again; False when it is not in the mailbox."""

    async def waiting_among(
        self, party_ids: Collection[str], kenmerken: Collection[str]
    ) -> Mapping[str, MailboxEntry]:
        """Those of these messages that are in the mailbox of one of these parties."""

    async def confirm(self, party_id: str, kenmerk: str, token: str | None, actor: str) -> bool:
        """The recipient has it. True also when it was confirmed before; False when the token is not the
        current lease's or the message is not in this mailbox."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the register's log: who did what to a party, a key or a message. `detail` is a JSON object."""

    number: int
    at: datetime
    actor: str
    what: str
    subject: str
    detail: str


DOCUMENT_READ = "document read"
"""What the register's log calls it when an operator reads a document, an attachment or a report."""


class Directory(Protocol):
    """Parties and their keys."""

    async def party(self, party_id: str) -> Party | None:
        """The party, or None."""

    async def parties(self) -> tuple[Party, ...]:
        """All parties, by id."""

    async def find(self, identifier: PartyIdentifier) -> Party | None:
        """The party that has this identifier, or None."""

    async def save(self, party: Party, actor: str) -> None:
        """Add a party or replace what is known of it. Raises ValueError when another party has an identifier."""

    async def authenticate(self, key: str) -> Caller | None:
        """Who holds this API key, or None."""

    async def holder(self, key_id: str) -> Caller | None:
        """Who holds the API key with this id; None when it works no longer."""

    async def api_keys(self) -> tuple[ApiKey, ...]:
        """Every key, the newest first, revoked ones too."""

    async def new_key(
        self, role: Role, party_id: str | None, actor: str, *, is_test: bool = False
    ) -> tuple[str, str]:
        """As `make_key`, without a label and an expiry."""

    async def make_key(self, wanted: KeyRequest, actor: str) -> tuple[str, str]:
        """A new key: its public key id and the secret, which is shown once and stored hashed."""

    async def rotate_key(self, key_id: str, until: datetime, actor: str) -> tuple[str, str] | None:
        """A key for the same, for its holder to change to, with the same expiry; the old one works until then, and
        no longer than before. None when there is none of this id, or it works no longer."""

    async def revoke_key(self, key_id: str, actor: str) -> bool:
        """The key works no longer; False when there is none of this id."""

    async def record_reading(self, kenmerk: str, part: str, actor: str) -> None:
        """Record that an operator reads this part of a message; returns once it is on stable storage."""

    async def log(self, subject: str | None, after: int, limit: int) -> Sequence[LogEntry]:
        """The log after this number, oldest first: of one party, key or message, or of all."""


class Operations(Protocol):
    """What an operator does to a message that is stuck."""

    async def replay(self, kenmerk: str, actor: str) -> bool:
        """Offer a parked or returned message again; False when it is not in such a state."""

    async def return_to_sender(self, kenmerk: str, actor: str, reason: str) -> bool:
        """Return a parked message to its sender; False when it is not parked."""


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """What waits to be pushed to one recipient, and whether it is left alone for now."""

    recipient_id: str
    waiting_messages: int
    oldest_kenmerk: str
    """Its statuses say what went wrong at the last attempt."""
    oldest_queued_at: datetime
    failures: int
    """Attempts that failed since the last that did not."""
    paused_until: datetime | None
    """None: it may be called now."""


class Deliveries(Protocol):
    """What waits for recipients that want to be called."""

    async def pending(self) -> tuple[PendingDelivery, ...]:
        """Every recipient for whom something waits, by id."""

    async def resume(self, recipient_id: str, actor: str) -> bool:
        """End the pause of a recipient; False when it has none."""
