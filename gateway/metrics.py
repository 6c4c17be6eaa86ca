"""Metrics for Prometheus. Callers report events; the labels are chosen here, and have few values.

No label contains a party, a kenmerk or anything else from a document: metrics are kept long and read by many. A
label whose value comes from outside (rule, route) is limited to a known set; the rest is `other`. Worker processes
count nothing: they return timings, and the server counts them.
"""

import platform
import re
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import Literal, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from gateway.clock import Clock, utc_now
from gateway.messages.lifecycle import Disposition, State
from gateway.messages.overview import Backlog
from gateway.metering.entry import UsageEntry, UsageKind
from gateway.shared_metrics import LAST_KNOWN, SharedMetrics
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.model.document import DocumentKind

OTHER = "other"
UNKNOWN_DOCUMENT = "unknown"
"""The document of a message that was refused before its kind was known."""

RULES_MAX = 1_000
"""How many rules may become labels. The rule sets have some 800 rules, most of which are never broken."""
RULE_ID = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,39}")
"""The form of the ids of EN 16931, NLCIUS, Peppol, SETU and the gateway itself."""

ROUTES = frozenset(
    {
        "messages",
        "validations",
        "mailbox",
        "deliveries",
        "parties",
        "keys",
        "forecasts",
        "usage",
        "bills",
        "exports",
        "rules",
        "health",
        "metrics",
        "pages",
    }
)
"""Kinds of route, of which one has many paths."""

WORKER_ENDS = frozenset({"memory", "time", "crash", "age"})
"""Why a worker was replaced: it reached a limit, crashed, or judged as many documents as it may."""

FAST_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Buckets for what takes milliseconds: commits, stages, requests."""
WAIT_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0)
"""Buckets for what a sender waits for: from seconds to a day."""
PUSH_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Buckets for a call to a recipient's server, which may take a minute."""
PUSH_OUTCOMES = ("delivered", "troubled", "refused", "expired")
"""Outcomes of an attempt; `troubled` is tried again, `expired` is not."""
PUSH_FAILURES = ("address", "connection", "timeout", "status", "fault", "answer")
GROUP_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)

Kind = TypeVar("Kind", Counter, Gauge, Histogram)

# A `_created` series for each counter would double what a scrape carries.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no annotation there


@dataclass(frozen=True, slots=True)
class Described:
    """A metric on the reference page."""

    name: str
    type: str
    labels: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class ChannelLabels:
    """The values of labels that the channels add."""

    channels: tuple[str, ...] = ()
    """How messages come in."""
    push_methods: tuple[str, ...] = ()
    """How messages are brought to recipients."""
    route_kinds: tuple[str, ...] = ()


class Metrics:
    """The metrics of one gateway, on its own registry: two gateways in one process stay separate."""

    def __init__(
        self,
        version: str,
        known_rules: Collection[str] | None = None,
        data_directory: Path | None = None,
        clock: Clock = utc_now,
        channels: ChannelLabels | None = None,
        shared_directory: Path | None = None,
    ) -> None:
        """`known_rules`: ids that may become labels; None: anything in the form of an id, up to RULES_MAX.
        `data_directory`: an existing directory on the disk to measure. `shared_directory`: where this process and
        others keep their metrics (`shared_metrics.keep_metrics`); what is exposed is that of all together."""
        self.registry = CollectorRegistry()
        self._exposed = SharedMetrics(self.registry, shared_directory) if shared_directory else self.registry
        self.described: list[Described] = []
        self.foreseen = _foreseen(channels or ChannelLabels())
        self._known_rules = None if known_rules is None else frozenset(known_rules)
        self._seen_rules: set[str] = set()
        self._clock = clock
        self._since: dict[str, datetime | None] = {"received": clock()}
        self._waiting_in: dict[str, Backlog] = {}
        self._messages()
        self._pushing()
        self._judging()
        self._meter()
        self._store()
        self._request_metrics()
        self._certificates()
        self._machine(version, data_directory)

    def exposition(self, accept: str = "") -> tuple[str, bytes]:
        """Content type and body for a scrape, in the format of the Accept header."""
        encode, content_type = choose_encoder(accept)
        return content_type, encode(self._exposed)

    # Messages

    def message_received(self, channel: str, size_bytes: int, at: datetime) -> None:
        """A message was stored; `size_bytes` of its document and attachments, decoded."""
        self._received.labels(channel).inc()
        self._received_bytes.labels(channel).inc(size_bytes)
        self._since["received"] = at

    def last_received_measured(self, at: datetime | None) -> None:
        """When a message was last received by any gateway on this database."""
        if at is not None:
            self._since["received"] = at

    def message_repeated(self) -> None:
        """A submission was repeated with the same key and body."""
        self._repeats.inc()

    def message_settled(self, kind: DocumentKind | None, state: State, seconds_since_received: float) -> None:
        """A message was settled (`State.is_settled`): delivered, refused, duplicate, returned or parked."""
        self._settled.labels(kind.value if kind else UNKNOWN_DOCUMENT, state.value).inc()
        self._settled_after.observe(seconds_since_received)

    def disposition_given(self, disposition: Disposition) -> None:
        """The disposition of a message is known; PENDING is not counted."""
        if disposition is not Disposition.PENDING:
            self._dispositions.labels(disposition.value).inc()

    def message_reopened(self, state: State) -> None:
        """A message that was settled in this state is replayed; it will be settled a second time."""
        self._reopened.labels(state.value).inc()

    def message_confirmed(self, seconds_since_delivered: float) -> None:
        """A recipient confirmed a message."""
        self._confirmed_after.observe(seconds_since_delivered)

    def message_refused(self, findings: Iterable[Finding]) -> None:
        """A message was refused for these findings; each rule counts once."""
        broken = {(finding.stage, finding.rule) for finding in findings if finding.flag is Flag.FATAL}
        for stage, rule in broken:
            self._refusals.labels(stage.value, self._known_rule(rule)).inc()

    def queue_measured(self, judging: Backlog) -> None:
        """Messages that wait to be judged."""
        self._measure_queue("judging", judging)

    def nodes_measured(self, nodes: int) -> None:
        """Gateways that run on the database of this one."""
        self._nodes.set(nodes)

    def messages_taken_over(self, messages: int) -> None:
        """Messages that a dead gateway was to judge are judged by this one."""
        self._taken_over.inc(messages)

    def deliveries_measured(self, waiting: Backlog, paused_recipients: int) -> None:
        """Messages that wait to be pushed, and the number of recipients that are paused."""
        self._measure_queue("delivery", waiting)
        self._paused.set(paused_recipients)

    def push_attempted(self, way: str, outcome: str, failure: str | None, seconds: float) -> None:
        """An attempt to push a message ended."""
        self._pushes.labels(way, outcome).inc()
        self._push_seconds.labels(way).observe(seconds)
        if failure is not None:
            self._push_failures.labels(failure if failure in PUSH_FAILURES else OTHER).inc()

    def _measure_queue(self, queue: str, state: Backlog) -> None:
        """What waits in either queue is what is not settled."""
        self._queue.labels(queue).set(state.messages)
        self._since[queue] = state.queued_at or state.oldest_at
        self._waiting_in[queue] = state
        waiting = self._waiting_in.values()
        self._undelivered.set(sum(one.messages for one in waiting))
        received = [one.oldest_at for one in waiting if one.oldest_at]
        self._since["undelivered"] = min(received, default=None)

    def mailboxes_measured(self, waiting: Backlog, parked_messages: int) -> None:
        """Messages that recipients have not confirmed, and messages that are parked."""
        self._mailbox.set(waiting.messages)
        self._since["mailbox"] = waiting.oldest_at
        self._parked.set(parked_messages)

    def damage_found(self, *, is_missing: bool) -> None:
        """Stored content was not given out, because it is damaged or missing."""
        self._damage_found.labels("missing" if is_missing else "damaged").inc()

    def damage_measured(self, messages: int) -> None:
        """Messages whose stored content was found damaged or missing."""
        self._damaged.set(messages)

    # Certificates

    def crls_measured(self, unreadable_files: int, ends: Iterable[datetime]) -> None:
        """Lists of revoked certificates: files that cannot be read, and when each list in use runs out."""
        self._crl_files_unreadable.set(unreadable_files)
        self._crl_ends.set(min((at.timestamp() for at in ends), default=0))

    def revocation_not_known(self) -> None:
        """A certificate was not accepted because nobody could tell whether it was revoked."""
        self._revocation_unknown.inc()

    # Judging

    def stage_passed(self, stage: Stage, seconds: float) -> None:
        """A stage of judging a document ended."""
        self._stage_seconds.labels(stage.value).observe(seconds)

    def rule_broke(self) -> None:
        """A rule raised an error: the rule is wrong, not the document."""
        self._rule_errors.inc()

    def worker_replaced(self, reason: str) -> None:
        """A worker process was replaced; `reason` is one of WORKER_ENDS."""
        self._workers.labels(reason if reason in WORKER_ENDS else OTHER).inc()

    # Meter

    def units_metered(self, entries: Iterable[UsageEntry]) -> None:
        """Entries were written to the meter. A counter never decreases, so reversals have their own."""
        for entry in entries:
            units = self._units if entry.quantity > 0 else self._reversed
            units.labels(entry.kind.value).inc(abs(entry.quantity))

    def forecast_measured(self, forecast_units: int, metered_units: int, parties_over: int) -> None:
        """This year in Amsterdam: units forecast and metered, and parties that exceed their forecast or will."""
        self._forecast.set(forecast_units)
        self._metered_year.set(metered_units)
        self._over_forecast.set(parties_over)

    def tasks_measured(self, overdue: int) -> None:
        """The tasks of the billing year that should have been done."""
        self._overdue_tasks.set(overdue)

    def silence_measured(self, silent_parties: int) -> None:
        """The number of parties that used the gateway regularly and stopped."""
        self._silent.set(silent_parties)

    # Store

    def commit_made(self, seconds: float, submissions: int) -> None:
        """A group of submissions was stored in one commit."""
        self._commit_seconds.observe(seconds)
        self._commit_group.observe(submissions)

    def reaper_passed(self, removed_objects: int, *, held: bool) -> None:
        """The reaper ran. `held`: it found so much to remove that it removed nothing."""
        self._reaped.inc(removed_objects)
        self._reaper_held.set(held)
        self._reaper_passed.set(self._clock().timestamp())

    # Requests

    def request_answered(self, route: str, status: int, seconds: float) -> None:
        """An HTTP request was answered; `route` is one of ROUTES or a channel's."""
        known = route if route in self.foreseen["route"] else OTHER
        self._requests.labels(known, f"{status // 100}xx").inc()
        self._request_seconds.labels(known).observe(seconds)

    def submission_turned_away(self) -> None:
        """A submission was refused because too many messages wait."""
        self._turned_away.inc()

    def connection_too_many(self, became: str) -> None:
        """At the limit of connections an idle one was closed (`evicted`), or the new one (`refused`)."""
        self._too_many.labels(became).inc()

    # The metrics themselves

    def _messages(self) -> None:
        self._received = self._counter("messages_received", "Messages accepted, by channel.", "channel")
        self._received_bytes = self._counter(
            "received_bytes", "Bytes of documents and attachments accepted, decoded, by channel.", "channel"
        )
        self._repeats = self._counter("repeats", "Submissions that were repeated and got their first response.")
        self._settled = self._counter(
            "messages_settled",
            "Messages that were settled, by document and outcome. The sum is received plus reopened, minus "
            "undelivered.",
            "document",
            "outcome",
        )
        self._dispositions = self._counter(
            "dispositions",
            "Messages of which the disposition is known. The sum is received, plus reopened that were returned, "
            "minus undelivered and parked.",
            "disposition",
        )
        self._reopened = self._counter(
            "reopened",
            "Messages that an operator replayed, by what they were; each is settled once more.",
            "was",
        )
        self._settled_after = self._histogram("settled_after_seconds", "From received to settled.", WAIT_SECONDS)
        self._confirmed_after = self._histogram(
            "confirmed_after_seconds", "From delivered to confirmed.", WAIT_SECONDS
        )
        self._refusals = self._counter(
            "refusals", "Refused messages by stage and rule; a message counts once for each rule.", "stage", "rule"
        )
        self._waiting()

    def _waiting(self) -> None:
        self._queue = self._gauge("queue_messages", "Messages that wait, by queue.", "queue")
        oldest = self._gauge("queue_oldest_seconds", "Age of the oldest message that waits, by queue.", "queue")
        for name in ("judging", "delivery"):
            oldest.labels(name).set_function(partial(self._age_seconds, name))
        self._nodes = self._gauge("nodes", "Gateways that run on this database.")
        self._taken_over = self._counter(
            "messages_taken_over", "Messages that this gateway judges in place of one that stopped."
        )
        self._undelivered = self._gauge("undelivered_messages", "Messages accepted and not settled.")
        self._gauge("undelivered_oldest_seconds", "Age of the oldest of these.").set_function(
            partial(self._age_seconds, "undelivered")
        )
        self._mailbox = self._gauge("mailbox_messages", "Messages delivered and not yet confirmed by recipients.")
        self._gauge("mailbox_oldest_seconds", "Time since delivery of the oldest of these.").set_function(
            partial(self._age_seconds, "mailbox")
        )
        self._parked = self._gauge("parked_messages", "Messages parked for an operator.")
        self._damaged = self._gauge("damaged_messages", "Messages whose stored content is damaged or missing.")
        self._damage_found = self._counter(
            "damage_found", "Times that stored content was read and found damaged or missing.", "damage"
        )
        self._gauge(
            "last_received_seconds", "Time since a message was received, or since the start."
        ).set_function(partial(self._age_seconds, "received"))
        self._silent = self._gauge("silent_parties", "Parties that sent or received regularly and no longer do.")

    def _pushing(self) -> None:
        self._pushes = self._counter(
            "pushes", "Attempts to push a message to its recipient, by way and outcome.", "way", "push_outcome"
        )
        self._push_failures = self._counter(
            "push_failures", "Attempts that failed, by kind of failure.", "failure"
        )
        self._push_seconds = self._histogram(
            "push_seconds", "Time of one attempt, including the recipient's response, by way.", PUSH_SECONDS, "way"
        )
        self._paused = self._gauge(
            "paused_recipients", "Recipients with waiting messages whose deliveries are paused after failures."
        )

    def _judging(self) -> None:
        self._stage_seconds = self._histogram("stage_seconds", "Time of judging, by stage.", FAST_SECONDS, "stage")
        self._rule_errors = self._counter("rule_errors", "Times that a rule failed technically.")
        self._workers = self._counter("worker_replacements", "Worker processes replaced, by reason.", "reason")

    def _meter(self) -> None:
        self._units = self._counter("metered_units", "Units written to the meter, by kind.", "kind")
        self._reversed = self._counter("reversed_units", "Units reversed on the meter, by kind.", "kind")
        self._forecast = self._gauge("forecast_units", "Units forecast for this year, all parties.")
        self._metered_year = self._gauge("metered_year_units", "Units metered this year, all parties.")
        self._overdue_tasks = self._gauge("overdue_billing_tasks", "Tasks of the billing year that are overdue.")
        self._over_forecast = self._gauge(
            "over_forecast_parties", "Parties over their forecast of this year, or on course to be."
        )

    def _store(self) -> None:
        self._commit_seconds = self._histogram(
            "commit_seconds", "Time of one commit of submissions.", FAST_SECONDS
        )
        self._commit_group = self._histogram("commit_submissions", "Submissions in one commit.", GROUP_SIZES)
        self._reaped = self._counter("reaped_objects", "Leftover objects removed from document storage.")
        self._reaper_held = self._gauge(
            "reaper_held", "1 when the reaper found too much to remove and held back.", mode=LAST_KNOWN
        )
        self._reaper_passed = self._gauge(
            "reaper_passed_timestamp_seconds", "When the reaper passed last.", mode=LAST_KNOWN
        )

    def _request_metrics(self) -> None:
        self._requests = self._counter(
            "http_requests", "HTTP requests answered, by kind of route and class of status.", "route", "status"
        )
        self._request_seconds = self._histogram(
            "http_request_seconds", "Time to answer a request, by kind of route.", FAST_SECONDS, "route"
        )
        self._turned_away = self._counter("turned_away", "Submissions not taken because too many wait.")
        self._too_many = self._counter(
            "connections_too_many", "Connections closed because there were too many, by what became.", "became"
        )

    def _certificates(self) -> None:
        self._crl_files_unreadable = self._gauge(
            "crl_files_unreadable", "Files of revoked certificates in `crl` that cannot be read."
        )
        self._crl_ends = self._gauge(
            "crl_ends_timestamp_seconds",
            "When the first of the lists of revoked certificates in use runs out; 0 when there is none.",
        )
        self._revocation_unknown = self._counter(
            "revocation_unknown",
            "Requests not accepted because it could not be checked whether their certificate was revoked.",
        )

    def _machine(self, version: str, data_directory: Path | None) -> None:
        build = self._gauge("build_info", "Always 1; the version is in its labels.", "version", "python")
        build.labels(version, platform.python_version()).set(1)
        if data_directory is not None:
            self._gauge("disk_free_bytes", "Free on the disk of the data directory.").set_function(
                lambda: shutil.disk_usage(data_directory).free
            )
            self._gauge("disk_size_bytes", "Size of the disk of the data directory.").set_function(
                lambda: shutil.disk_usage(data_directory).total
            )
        ProcessCollector(registry=self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        metric = Counter(f"meterpoort_{name}", meaning, labels, registry=self.registry)
        return self._start(metric, f"{name}_total", meaning, labels)

    def _gauge(self, name: str, meaning: str, *labels: str, mode: Literal["all", "mostrecent"] = "all") -> Gauge:
        """`mode`: whether every process knows its value, or the one that set it last."""
        metric = Gauge(f"meterpoort_{name}", meaning, labels, registry=self.registry, multiprocess_mode=mode)
        return self._start(metric, name, meaning, labels)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        metric = Histogram(f"meterpoort_{name}", meaning, labels, registry=self.registry, buckets=buckets)
        return self._start(metric, name, meaning, labels)

    def _start(self, metric: Kind, name: str, meaning: str, labels: tuple[str, ...]) -> Kind:
        """Describe the metric, and create each series that can be foreseen: `rate()` does not see the first event
        of a counter that appears with it."""
        self.described.append(Described(f"meterpoort_{name}", type(metric).__name__.lower(), labels, meaning))
        if labels and self.foreseen.keys() >= set(labels):
            for values in product(*(self.foreseen[label] for label in labels)):
                metric.labels(*values)
        return metric

    def _known_rule(self, rule: str) -> str:
        if self._known_rules is not None:
            return rule if rule in self._known_rules else OTHER
        if rule not in self._seen_rules and len(self._seen_rules) < RULES_MAX and RULE_ID.fullmatch(rule):
            self._seen_rules.add(rule)
        return rule if rule in self._seen_rules else OTHER

    def _age_seconds(self, name: str) -> float:
        """Computed at each scrape, so an age also grows when the measuring job hangs."""
        since = self._since.get(name)
        return max(0.0, (self._clock() - since).total_seconds()) if since else 0.0


def _foreseen(channels: ChannelLabels) -> Mapping[str, Collection[str]]:
    """The values a label can take, where they can be listed: not rule, version and python."""
    return {
        "became": ["evicted", "refused"],
        "channel": channels.channels,
        "damage": ["damaged", "missing"],
        "failure": [*PUSH_FAILURES, OTHER],
        "disposition": [one.value for one in Disposition if one is not Disposition.PENDING],
        "document": [*(kind.value for kind in DocumentKind), UNKNOWN_DOCUMENT],
        "kind": [kind.value for kind in UsageKind],
        "outcome": [state.value for state in State if state.is_settled and state is not State.CONFIRMED],
        "push_outcome": PUSH_OUTCOMES,
        "queue": ["judging", "delivery"],
        "reason": sorted({*WORKER_ENDS, OTHER}),
        "route": sorted({*ROUTES, *channels.route_kinds, OTHER}),
        "stage": [stage.value for stage in Stage],
        "status": ["2xx", "3xx", "4xx", "5xx"],
        "was": [State.PARKED.value, State.RETURNED.value],
        "way": channels.push_methods,
    }
