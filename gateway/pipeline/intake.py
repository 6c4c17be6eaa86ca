"""The intake service: a submission in, a kenmerk out once it is on stable storage. Every channel ends here."""

from typing import Protocol

from structlog.contextvars import bind_contextvars

from gateway.clock import Clock
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.message import Acceptance, StoredAttachment, Waiting
from gateway.messages.ports import Checkpoint
from gateway.messages.submission import OverloadedError, Receipt, Submission
from gateway.pipeline.queue import JudgingQueue


class Accepts(Protocol):
    """Stores submissions."""

    async def accept(self, acceptance: Acceptance) -> Receipt:
        """Answers once it is on stable storage. Raises IdempotencyConflictError."""

    async def waiting_one(self, kenmerk: str) -> Waiting | None:
        """The message if it waits to be judged."""


class IntakeService:
    """Fulfils `messages.ports.Intake`."""

    def __init__(
        self,
        accepts: Accepts,
        queue: JudgingQueue,
        clock: Clock,
        checkpoint: Checkpoint,
        *,
        waiting_max: int,
        retry_after_seconds: int,
    ) -> None:
        self._accepts = accepts
        self._queue = queue
        self._clock = clock
        self._checkpoint = checkpoint
        self._waiting_max = waiting_max
        self._retry_after_seconds = retry_after_seconds

    async def submit(self, submission: Submission) -> Receipt:
        """Store the submission and answer once it is on stable storage; judging follows by itself.

        From here on every line that the caller's task logs has the kenmerk; the caller lets it go. Raises
        IdempotencyConflictError and OverloadedError; in both cases nothing was stored.
        """
        if self._queue.waiting_count >= self._waiting_max:
            raise OverloadedError(self._retry_after_seconds)
        acceptance = Acceptance(new_kenmerk(), self._clock(), submission)
        bind_contextvars(kenmerk=acceptance.kenmerk)
        self._checkpoint("before-accept")
        receipt = await self._accepts.accept(acceptance)
        self._checkpoint("accepted")
        if not receipt.is_repeat:
            self._queue.offer(_waiting(acceptance), submission.document.data)
            return receipt
        bind_contextvars(kenmerk=receipt.kenmerk)
        if waiting := await self._accepts.waiting_one(receipt.kenmerk):
            self._queue.offer(waiting, None)  # its first acceptance may have been committed and not answered
        return receipt

    async def wait_until_settled(self, kenmerk: str, timeout_seconds: float) -> bool:
        """Wait until the message is settled, at most so long; whether it is."""
        return await self._queue.wait_until_settled(kenmerk, timeout_seconds)


def _waiting(acceptance: Acceptance) -> Waiting:
    submission = acceptance.submission
    return Waiting(
        acceptance.kenmerk,
        acceptance.received_at,
        submission.document.place,
        submission.channel,
        submission.caller.role,
        submission.caller.party_id,
        submission.caller.is_test,
        submission.recipient,
        submission.profile,
        tuple(StoredAttachment(one.attachment, one.content.place) for one in submission.attachments),
        on_behalf_of=submission.on_behalf_of,
    )
