"""Counts what becomes of messages, in the metrics."""

from collections.abc import Callable
from datetime import datetime

from gateway.messages.decision import Decision
from gateway.messages.delivery import AttemptResult
from gateway.messages.lifecycle import State
from gateway.messages.message import Message
from gateway.messages.participants import MAILBOX
from gateway.metrics import Metrics
from gateway.pipeline.ports import Failure
from gateway.validator.verdict import Verdict


class MetricsObserver:
    """Counts committed decisions, and wakes delivery when a message is to be pushed."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.wake_delivery: Callable[[], None] = lambda: None

    def message_committed(self, decision: Decision) -> None:
        """Count a decision that is on stable storage."""
        self._metrics.units_metered(decision.usage)
        if decision.verdict is not None:
            self._count_judging(decision.verdict, decision.message.state)
        self._count_settled(decision.before, decision.message, decision.at)
        if decision.message.state is State.CONFIRMED:
            self._count_confirmation(decision)
        elif decision.message.state is State.CHECKED:
            self.wake_delivery()

    def _count_judging(self, verdict: Verdict, state: State) -> None:
        if verdict.is_broken:
            self._metrics.rule_broke()
        for stage, duration_ns in verdict.durations_ns.items():
            self._metrics.stage_passed(stage, duration_ns / 1e9)
        if state is State.REFUSED:
            self._metrics.message_refused(verdict.findings)

    def _count_settled(self, before: Message, message: Message, at: datetime) -> None:
        if message.disposition is not before.disposition:
            self._metrics.disposition_given(message.disposition)
        if message.state.is_settled and not before.state.is_settled:
            seconds = (at - message.received_at).total_seconds()
            self._metrics.message_settled(message.kind, message.state, seconds)
        elif before.state.is_settled and not message.state.is_settled:
            self._metrics.message_reopened(before.state)

    def _count_confirmation(self, decision: Decision) -> None:
        if decision.message.settled_at is not None:
            self._metrics.message_confirmed((decision.at - decision.message.settled_at).total_seconds())

    def count_attempt(self, method: str, result: AttemptResult, failure: Failure | None, seconds: float) -> None:
        """Count an attempt to deliver; a message for the mailbox is not sent."""
        if method != MAILBOX:
            self._metrics.push_attempted(method, result.value, failure.value if failure else None, seconds)
