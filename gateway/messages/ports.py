"""What other packages ask of messages: protocols, implemented elsewhere and passed in by `gateway.main`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.messages.retention import RetentionReport
from gateway.messages.submission import Content, Receipt, Submission


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


class RetentionRuns(Protocol):
    """Forgets what was kept long enough."""

    async def plan(self) -> RetentionReport:
        """What a run would forget now. Nothing is changed."""

    async def run(self, actor: str) -> RetentionReport:
        """Forget what is due. Raises StoreUnavailableError; a later run goes on."""

    async def runs(self, limit: int) -> tuple[RetentionReport, ...]:
        """The reports of the newest runs, newest first."""


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
