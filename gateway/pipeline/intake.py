"""The intake service: accepts submissions; every channel ends here."""

import time
from dataclasses import replace
from typing import Protocol

import structlog
from structlog.contextvars import bind_contextvars

from gateway.clock import Clock
from gateway.http.trace import current_trace
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.message import Message, received_message
from gateway.messages.submission import INTERNAL, Arrival, OverloadedError, Receipt, Submission
from gateway.metrics import Metrics
from gateway.pipeline.queue import JudgingQueue
from gateway.pipeline.settled import SettledMessages
from gateway.settings import QueueSettings

log = structlog.get_logger(__name__)

STORING_MIN = 16
"""So many submissions may be stored at the same time in any case."""
SHARING_MIN = 16
FIRST_SECONDS_EACH = 0.001
NEWEST_SHARE = 0.05
"""How much the newest submission counts in the mean."""
WAITED_FOR_MAX = 32
"""Nobody waits for a verdict when more messages than this wait to be judged: it would not come soon."""


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
        limits: QueueSettings,
        clock: Clock,
        *,
        is_sandbox: bool = False,
    ) -> None:
        """`is_sandbox`: everything but the gateway's own bills is a test, handled in full and never metered."""
        self._store = store
        self._queue = queue
        self._settled = settled
        self._metrics = metrics
        self._clock = clock
        self._limits = limits
        self._is_sandbox = is_sandbox
        self._storing = 0
        """Submissions that are being stored..."""
        self._seconds_each = FIRST_SECONDS_EACH
        """... and what one of many took lately."""

    def require_room(self) -> None:
        """Raises OverloadedError when many wait to be judged, or one more would wait long to be stored."""
        if self._queue.waiting_count >= self._limits.waiting_messages_max or self._would_wait_long():
            self._metrics.submission_turned_away()
            raise OverloadedError(self._limits.retry_after_seconds)

    async def submit(self, submission: Submission) -> Receipt:
        """Store the submission and return once it is on stable storage; it is judged later.

        From here on every line that the caller's task logs has the kenmerk; the caller unbinds it. Raises
        IdempotencyConflictError and OverloadedError; in both cases nothing was stored.
        """
        self.require_room()
        submission = replace(submission, traceparent=current_trace())
        if self._is_sandbox and submission.channel != INTERNAL:
            submission = replace(submission, caller=replace(submission.caller, is_test=True))
        arrival = Arrival(new_kenmerk(), self._clock(), submission)
        bind_contextvars(kenmerk=arrival.kenmerk)
        receipt = await self._store_arrival(arrival)
        if not receipt.is_repeat:
            message = received_message(submission, receipt.kenmerk, receipt.received_at)
            self._queue.offer(message, submission.document.data)
            if self._queue.waiting_count > WAITED_FOR_MAX:
                self._settled.wake_all()
            self._metrics.message_received(message.channel, submission.size_bytes, message.received_at)
            log.info("message_accepted", channel=message.channel, size_bytes=submission.size_bytes)
            return receipt
        self._metrics.message_repeated()
        bind_contextvars(kenmerk=receipt.kenmerk)
        if repeated := await self._store.unjudged_message(receipt.kenmerk):
            self._queue.offer(repeated, None)  # its first acceptance may have been committed and not answered
        return receipt

    def _would_wait_long(self) -> bool:
        seconds = self._storing * self._seconds_each
        return self._storing >= STORING_MIN and seconds > self._limits.storing_seconds_max

    async def _store_arrival(self, arrival: Arrival) -> Receipt:
        self._storing += 1
        together, began = self._storing, time.monotonic()
        try:
            receipt = await self._store.accept(arrival)
        finally:
            self._storing -= 1
        if together >= SHARING_MIN:  # fewer share a commit, and say little about many
            seconds_each = (time.monotonic() - began) / together
            self._seconds_each += (seconds_each - self._seconds_each) * NEWEST_SHARE
        return receipt

    async def wait_until_settled(self, kenmerk: str, timeout_seconds: float) -> bool:
        """Wait until the message is settled, at most so long; whether it is.

        A message that is pushed to its recipient is settled when it is delivered or returned. While many messages
        wait to be judged nobody waits here.
        """
        if self._queue.waiting_count > WAITED_FOR_MAX:
            return False

        async def is_settled() -> bool:
            message = await self._store.message(kenmerk, None)
            return message is not None and message.state.is_settled

        return await self._settled.wait(kenmerk, is_settled, timeout_seconds)
