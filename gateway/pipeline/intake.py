"""The intake service: accepts submissions; every channel ends here."""

from typing import Protocol

from structlog.contextvars import bind_contextvars

from gateway.clock import Clock
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.message import Message, received_message
from gateway.messages.ports import Checkpoint
from gateway.messages.submission import Arrival, OverloadedError, Receipt, Submission
from gateway.metrics import Metrics
from gateway.pipeline.queue import JudgingQueue
from gateway.pipeline.settled import SettledMessages


class SubmissionStore(Protocol):
    """Stores submissions."""

    async def accept(self, arrival: Arrival) -> Receipt:
        """Returns once it is on stable storage. Raises IdempotencyConflictError."""

    async def unjudged_message(self, kenmerk: str) -> Message | None:
        """The message if it waits to be judged."""

    async def message(self, kenmerk: str, visible_to: frozenset[str] | None) -> Message | None:
        """The message, or None when it does not exist."""


class IntakeService:
    """Implements `messages.ports.Intake`."""

    def __init__(
        self,
        store: SubmissionStore,
        queue: JudgingQueue,
        settled: SettledMessages,
        metrics: Metrics,
        clock: Clock,
        checkpoint: Checkpoint,
        *,
        waiting_max: int,
        retry_after_seconds: int,
    ) -> None:
        self._store = store
        self._queue = queue
        self._settled = settled
        self._metrics = metrics
        self._clock = clock
        self._checkpoint = checkpoint
        self._waiting_max = waiting_max
        self._retry_after_seconds = retry_after_seconds

    async def submit(self, submission: Submission) -> Receipt:
        """Store the submission and return once it is on stable storage; it is judged later.

        From here on every line that the caller's task logs has the kenmerk; the caller unbinds it. Raises
        IdempotencyConflictError and OverloadedError; in both cases nothing was stored.
        """
        if self._queue.waiting_count >= self._waiting_max:
            self._metrics.submission_turned_away()
            raise OverloadedError(self._retry_after_seconds)
        arrival = Arrival(new_kenmerk(), self._clock(), submission)
        bind_contextvars(kenmerk=arrival.kenmerk)
        self._checkpoint("before-accept")
        receipt = await self._store.accept(arrival)
        self._checkpoint("accepted")
        if not receipt.is_repeat:
            message = received_message(submission, receipt.kenmerk, receipt.received_at)
            self._queue.offer(message, submission.document.data)
            self._metrics.message_received(message.channel, submission.size_bytes, message.received_at)
            return receipt
        self._metrics.message_repeated()
        bind_contextvars(kenmerk=receipt.kenmerk)
        if repeated := await self._store.unjudged_message(receipt.kenmerk):
            self._queue.offer(repeated, None)  # its first acceptance may have been committed and not answered
        return receipt

    async def wait_until_settled(self, kenmerk: str, timeout_seconds: float) -> bool:
        """Wait until the message is settled, at most so long; whether it is.

        A message that is pushed to its recipient is settled when it is delivered or returned.
        """

        async def is_settled() -> bool:
            message = await self._store.message(kenmerk, None)
            return message is not None and message.state.is_settled

        return await self._settled.wait(kenmerk, is_settled, timeout_seconds)
