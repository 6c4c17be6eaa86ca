"""Metrics: every event counts where it should, labels stay few, and Prometheus's own tool finds nothing to say."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import values
from prometheus_client.parser import text_string_to_metric_families

from gateway import metrics as metrics_module
from gateway.channels.registry import LABELS
from gateway.i18n import Text
from gateway.messages.lifecycle import Disposition, State
from gateway.messages.overview import Backlog
from gateway.metering.entry import UsageEntry, UsageKind
from gateway.metrics import Metrics
from gateway.shared_metrics import keep_metrics
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.model.document import DocumentKind
from tests.deploy.promtool import needs_promtool

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class StillClock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def metrics(clock: StillClock, tmp_path: Path) -> Metrics:
    return Metrics("1.2.3", {"BR-01", "MP-XML-SIZE"}, tmp_path, clock, channels=LABELS)


def samples(metrics: Metrics) -> Samples:
    """What a scrape sees, read back from the text."""
    _, body = metrics.exposition()
    return {
        (sample.name.removeprefix("meterpoort_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
        if sample.name.startswith("meterpoort_")
    }


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return samples(metrics)[name, tuple(sorted(labels.items()))]


def finding(rule: str, flag: Flag = Flag.FATAL, stage: Stage = Stage.RULES) -> Finding:
    return Finding(rule, flag, stage, Text("wrong"))


def every_event(metrics: Metrics) -> None:
    """Each event once, with values that differ from zero."""
    metrics.message_received("http", 20_000, NOON)
    metrics.message_repeated()
    metrics.message_settled(DocumentKind.INVOICE, State.DELIVERED, 3)
    metrics.disposition_given(Disposition.BILLABLE)
    metrics.message_confirmed(7)
    metrics.message_reopened(State.RETURNED)
    metrics.message_refused([finding("BR-01")])
    waiting = Backlog(3, NOON - timedelta(seconds=90))
    metrics.queue_measured(waiting)
    metrics.nodes_measured(3)
    metrics.messages_taken_over(2)
    metrics.deliveries_measured(waiting, 1)
    metrics.push_attempted("webhook", "troubled", "timeout", 0.3)
    metrics.mailboxes_measured(waiting, 2)
    metrics.damage_measured(1)
    metrics.damage_found(is_missing=True)
    metrics.crls_measured(1, [NOON])
    metrics.revocation_not_known()
    metrics.stage_passed(Stage.SCHEMA, 0.01)
    metrics.rule_broke()
    metrics.worker_replaced("time")
    metrics.units_metered([UsageEntry("k", "p", UsageKind.DELIVERED_TO, NOON)])
    metrics.units_metered([UsageEntry("k", "p", UsageKind.DELIVERED_TO, NOON, -1)])
    metrics.forecast_measured(100, 40, 1)
    metrics.tasks_measured(2)
    metrics.silence_measured(1)
    metrics.commit_made(0.002, 5)
    metrics.reaper_passed(1, held=True)
    metrics.request_answered("messages", 202, 0.003)
    metrics.submission_turned_away()
    metrics.connection_too_many("evicted")


def test_every_metric_is_moved_by_an_event(metrics: Metrics, clock: StillClock) -> None:
    before = samples(metrics)
    every_event(metrics)
    clock.now += timedelta(seconds=1)
    after = samples(metrics)
    moved = {name for (name, labels), number in after.items() if before.get((name, labels)) != number}
    always_there = {"build_info", "disk_free_bytes", "disk_size_bytes"}
    for described in metrics.described:
        name = described.name.removeprefix("meterpoort_")
        if name not in always_there:
            assert name in moved or f"{name}_count" in moved, name


def test_a_message_counts_once_for_each_rule_that_refused_it(metrics: Metrics) -> None:
    metrics.message_refused([finding("BR-01"), finding("BR-01"), finding("BR-01", Flag.WARNING)])
    metrics.message_refused([finding("BR-01"), finding("MP-XML-SIZE", stage=Stage.XML)])
    assert value(metrics, "refusals_total", stage="rules", rule="BR-01") == 2
    assert value(metrics, "refusals_total", stage="xml", rule="MP-XML-SIZE") == 1


def test_a_warning_refuses_nothing(metrics: Metrics) -> None:
    metrics.message_refused([finding("BR-01", Flag.WARNING)])
    assert [name for name, _ in samples(metrics) if name == "refusals_total"] == []


def test_rules_and_routes_that_are_not_known_share_one_label(metrics: Metrics) -> None:
    before = len(samples(metrics))
    for number in range(50):
        metrics.message_refused([finding(f"made-up-{number}")])
        metrics.request_answered(f"/v1/messages/{number}", 404, 0.001)
        metrics.worker_replaced(f"made-up-{number}")
    assert value(metrics, "refusals_total", stage="rules", rule="other") == 50
    assert value(metrics, "http_requests_total", route="other", status="4xx") == 50
    assert value(metrics, "worker_replacements_total", reason="other") == 50
    assert len(samples(metrics)) == before + 1


def test_rules_become_labels_while_they_are_few_and_look_like_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_module, "RULES_MAX", 3)
    metrics = Metrics("1")
    for rule in ("BR-01", "a sentence, from nowhere", "", "BR-02", "PEPPOL-EN16931-R001", "BR-03", "BR-01"):
        metrics.message_refused([finding(rule)])
    counted = {
        dict(labels)["rule"]: n for (name, labels), n in samples(metrics).items() if name == "refusals_total"
    }
    assert counted == {"BR-01": 2, "BR-02": 1, "PEPPOL-EN16931-R001": 1, "other": 3}


def test_a_parked_message_has_no_disposition_yet(metrics: Metrics) -> None:
    metrics.message_settled(None, State.PARKED, 1)
    for disposition in (Disposition.PENDING, Disposition.REFUSED):
        metrics.disposition_given(disposition)
    assert value(metrics, "messages_settled_total", document="unknown", outcome="parked") == 1
    counted = {labels: n for (name, labels), n in samples(metrics).items() if name == "dispositions_total" and n}
    assert counted == {(("disposition", "refused"),): 1}


def test_ages_grow_even_when_nobody_measures(metrics: Metrics, clock: StillClock) -> None:
    metrics.queue_measured(Backlog(1, NOON - timedelta(seconds=30)))
    assert value(metrics, "queue_oldest_seconds", queue="judging") == 30
    assert value(metrics, "queue_oldest_seconds", queue="delivery") == 0
    clock.now += timedelta(hours=1)
    assert value(metrics, "queue_oldest_seconds", queue="judging") == 3_630
    assert value(metrics, "last_received_seconds") == 3_600
    metrics.message_received("wus", 1, clock.now)
    assert value(metrics, "last_received_seconds") == 0


def test_what_waits_to_be_pushed_is_not_settled_either(metrics: Metrics, clock: StillClock) -> None:
    metrics.queue_measured(Backlog(2, NOON - timedelta(seconds=30)))
    assert value(metrics, "undelivered_messages") == 2
    queued_at, received_at = NOON - timedelta(seconds=20), NOON - timedelta(minutes=5)
    metrics.deliveries_measured(Backlog(3, received_at, queued_at), 0)
    assert value(metrics, "queue_oldest_seconds", queue="delivery") == 20
    assert (value(metrics, "undelivered_messages"), value(metrics, "undelivered_oldest_seconds")) == (5, 300)
    metrics.queue_measured(Backlog(0))
    assert value(metrics, "undelivered_messages") == 3
    metrics.deliveries_measured(Backlog(0), 0)
    assert (value(metrics, "undelivered_messages"), value(metrics, "undelivered_oldest_seconds")) == (0, 0)


def test_a_clock_set_back_makes_no_negative_age(metrics: Metrics, clock: StillClock) -> None:
    metrics.queue_measured(Backlog(1, NOON))
    clock.now -= timedelta(minutes=5)
    assert value(metrics, "queue_oldest_seconds", queue="judging") == 0
    assert value(metrics, "last_received_seconds") == 0


def test_every_attempt_to_push_counts_once(metrics: Metrics) -> None:
    metrics.push_attempted("webhook", "delivered", None, 0.1)
    metrics.push_attempted("webhook", "troubled", "timeout", 60)
    metrics.push_attempted("afleverservice", "refused", "from nowhere", 0.1)
    assert value(metrics, "pushes_total", way="webhook", push_outcome="delivered") == 1
    assert value(metrics, "pushes_total", way="webhook", push_outcome="troubled") == 1
    assert value(metrics, "push_failures_total", failure="timeout") == 1
    assert value(metrics, "push_failures_total", failure="other") == 1
    assert value(metrics, "push_seconds_count", way="webhook") == 2


def test_two_gateways_do_not_mix(metrics: Metrics) -> None:
    other = Metrics("1.2.3", channels=LABELS)
    metrics.message_repeated()
    assert (value(metrics, "repeats_total"), value(other, "repeats_total")) == (1, 0)


def test_counters_with_foreseen_labels_begin_at_zero() -> None:
    fresh = samples(Metrics("1", channels=LABELS))
    for kind in Metrics("1").foreseen["kind"]:
        assert fresh["metered_units_total", (("kind", kind),)] == 0


def test_no_label_can_hold_a_party_or_a_kenmerk(metrics: Metrics) -> None:
    labels = {label for described in metrics.described for label in described.labels}
    assert labels <= {*metrics.foreseen, "rule", "version", "python"}


def test_openmetrics_when_asked(metrics: Metrics) -> None:
    content_type, body = metrics.exposition("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


@needs_promtool
def test_prometheus_has_nothing_to_say_about_the_names(metrics: Metrics) -> None:
    every_event(metrics)
    result = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics.exposition()[1], capture_output=True, check=False
    )
    assert result.stderr == b""
    assert result.stdout == b""
    assert result.returncode == 0


def test_processes_of_one_machine_count_together_and_each_measures_the_cluster(
    monkeypatch: pytest.MonkeyPatch, clock: StillClock, tmp_path: Path
) -> None:
    alone = Metrics("1.2.3", {"BR-01"}, tmp_path, clock, channels=LABELS)
    every_event(alone)
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    def of_process(number: int) -> Metrics:
        keep_metrics(tmp_path, number)
        return Metrics("1.2.3", {"BR-01"}, tmp_path, clock, channels=LABELS, shared_directory=tmp_path)

    dies, other = of_process(1), of_process(2)
    every_event(dies)
    again = of_process(1)  # takes its place
    for one in (other, again):
        every_event(one)
    for one in (other, again):
        found = samples(one)
        assert found.keys() == samples(alone).keys()
        for (name, labels), counted in samples(alone).items():
            is_gauge = any(
                gauge.name == f"meterpoort_{name}" and gauge.type == "gauge" for gauge in alone.described
            )
            if not name.startswith("disk_"):
                assert found[name, labels] == pytest.approx(counted * (1 if is_gauge else 3)), (name, labels)


def test_what_only_the_process_that_ran_a_job_knows_is_exposed_by_all(
    monkeypatch: pytest.MonkeyPatch, clock: StillClock, tmp_path: Path
) -> None:
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    both = []
    for number in (1, 2):
        keep_metrics(tmp_path, number)
        both.append(Metrics("1.2.3", clock=clock, channels=LABELS, shared_directory=tmp_path))
    both[1].reaper_passed(5, held=True)
    for one in both:
        assert value(one, "reaper_held") == 1
        assert value(one, "reaper_passed_timestamp_seconds") == NOON.timestamp()
        _, body = one.exposition()
        names = {"process_open_fds", "process_resident_memory_bytes"}
        of_processes = {
            (sample.name, sample.labels["process"])
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples
            if sample.name in names
        }
        assert of_processes == {(name, number) for name in names for number in ("1", "2")}


def test_the_last_message_is_that_of_any_gateway(metrics: Metrics, clock: StillClock) -> None:
    clock.now += timedelta(hours=2)
    metrics.last_received_measured(clock.now - timedelta(minutes=10))
    assert value(metrics, "last_received_seconds") == 600
    metrics.last_received_measured(None)
    assert value(metrics, "last_received_seconds") == 600
