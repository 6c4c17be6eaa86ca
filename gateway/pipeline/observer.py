"""Counts what becomes of messages, in the metrics."""

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.clock import Clock
from gateway.messages.decision import Decision
from gateway.messages.lifecycle import Disposition, State
from gateway.messages.message import AtRest, Waiting
from gateway.messages.participants import MAILBOX, Party
from gateway.metering.entry import UsageEntry
from gateway.metrics import Metrics
from gateway.pipeline.ports import AttemptResult, Failure

Meter = Callable[[str, Party | None, Party, datetime, bool], tuple[Disposition, tuple[UsageEntry, ...]]]
"""How a delivery is metered: its disposition, and an entry for each party that pays."""


class MetricsObserver:
    """Counts outcomes and wakes delivery. Fulfils `pipeline.queue.QueueObserver`."""

    def __init__(self, metrics: Metrics, meter: Meter, clock: Clock) -> None:
        """`meter` is the one the store uses, so that the metrics agree with what is stored."""
        self._metrics = metrics
        self._clock = clock
        self._meter = meter
        self.wake_delivery: Callable[[], None] = lambda: None

    def message_settled(self, waiting: Waiting, outcome: Decision, seconds: float) -> None:
        """Count an outcome that is on stable storage. A message that is pushed is counted when that has ended."""
        del waiting
        verdict, disposition = outcome.verdict, outcome.disposition or Disposition.PENDING
        if outcome.state is State.CHECKED:
            self.wake_delivery()
        else:
            self._count(outcome, disposition, seconds)
        if verdict.is_broken:
            self._metrics.rule_broke()
        for stage, duration_ns in verdict.durations_ns.items():
            self._metrics.stage_passed(stage, duration_ns / 1e9)

    def _count(self, outcome: Decision, disposition: Disposition, seconds: float) -> None:
        if outcome.state is State.DELIVERED and outcome.recipient is not None:
            at = outcome.entries[-1].at
            disposition, units = self._meter(
                outcome.kenmerk, outcome.sender, outcome.recipient, at, outcome.is_test
            )
            self._metrics.units_metered(units)
        self._metrics.message_settled(outcome.verdict.kind, outcome.state, disposition, seconds)
        if outcome.state is State.REFUSED:
            self._metrics.message_refused(outcome.verdict.findings)

    def came_to_rest(self, rest: AtRest, usage: Sequence[UsageEntry]) -> None:
        """Count a message that was settled after it had left the queue."""
        seconds = (self._clock() - rest.received_at).total_seconds()
        self._metrics.units_metered(usage)
        self._metrics.message_settled(rest.kind, rest.state, rest.disposition, seconds)

    def judging_failed(self, waiting: Waiting, attempts: int) -> None:
        """Do nothing: the queue logs it, and the end of a worker is counted where it is seen."""

    def attempted(self, method: str, outcome: AttemptResult, failure: Failure | None, seconds: float) -> None:
        """Count an attempt to deliver; a message for the mailbox is not sent."""
        if method != MAILBOX:
            self._metrics.push_attempted(method, outcome.value, failure.value if failure else None, seconds)
