"""The intake with what it accepts counted, and the intake of a sandbox."""

from dataclasses import replace

from gateway.messages.ports import Intake
from gateway.messages.submission import OverloadedError, Receipt, Submission
from gateway.metrics import Metrics


class CountedIntake:
    """Counts what the inner intake accepts, and what it refuses because the queue is full."""

    def __init__(self, inner: Intake, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics
        self.wait_until_settled = inner.wait_until_settled

    async def submit(self, submission: Submission) -> Receipt:
        """Submit to the inner intake."""
        try:
            receipt = await self._inner.submit(submission)
        except OverloadedError:
            self._metrics.submission_turned_away()
            raise
        if receipt.is_repeat:
            self._metrics.message_repeated()
        else:
            attachments_bytes = sum(part.attachment.size_bytes for part in submission.attachments)
            size_bytes = submission.document.size_bytes + attachments_bytes
            self._metrics.message_received(submission.channel, size_bytes)
        return receipt


class SandboxIntake:
    """Marks everything as a test: it is handled in full and never metered."""

    def __init__(self, inner: Intake) -> None:
        self._inner = inner
        self.wait_until_settled = inner.wait_until_settled

    async def submit(self, submission: Submission) -> Receipt:
        """Submit to the inner intake, as a test."""
        if not submission.caller.is_test:
            submission = replace(submission, caller=replace(submission.caller, is_test=True))
        return await self._inner.submit(submission)
