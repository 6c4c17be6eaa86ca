"""Our counters and histograms say what prometheus-client's own say of the same events."""

import prometheus_client
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import choose_encoder
from prometheus_client.parser import text_string_to_metric_families

from gateway.tally import Counter, Histogram

BOUNDS = (0.0005, 0.1, 1.0, 2.5, 10.0, 86_400.0)
AMOUNTS = st.one_of(st.sampled_from(BOUNDS), st.floats(0, 1e6), st.integers(0, 10**6))
EVENTS = st.lists(st.tuples(st.sampled_from(["a", 'b"\\\n']), AMOUNTS), max_size=30)

OPENMETRICS, _ = choose_encoder("application/openmetrics-text")
# The moment each series began, as a series of its own: twice the answer, which is why ours do not tell it.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it without types


@given(EVENTS)
def test_the_exposition_is_that_of_the_library(events: list[tuple[str, float]]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    counters = (
        Counter("c", "Meaning.", ["x"], ours),
        prometheus_client.Counter("c", "Meaning.", ["x"], registry=theirs),
    )
    histograms = (
        Histogram("h", "Meaning.", ["x"], ours, BOUNDS),
        prometheus_client.Histogram("h", "Meaning.", ["x"], registry=theirs, buckets=BOUNDS),
    )
    plain = (Counter("p", "Meaning.", [], ours), prometheus_client.Counter("p", "Meaning.", registry=theirs))
    whole = (
        Histogram("w", "Meaning.", [], ours, BOUNDS),
        prometheus_client.Histogram("w", "Meaning.", registry=theirs, buckets=BOUNDS),
    )
    for label, amount in events:
        for counter in counters:
            counter.labels(label).inc(amount)
        for histogram in histograms:
            histogram.labels(label).observe(amount)
        for one in plain:
            one.inc()
        for observed in whole:
            observed.observe(amount)
    assert generate_latest(ours).decode() == generate_latest(theirs).decode()
    assert OPENMETRICS(ours).decode() == OPENMETRICS(theirs).decode()
    assert list(text_string_to_metric_families(generate_latest(ours).decode()))


def test_a_counter_never_goes_down() -> None:
    counter = Counter("c", "Meaning.", [], CollectorRegistry())
    with pytest.raises(ValueError, match="cannot go down"):
        counter.inc(-1)


def test_a_series_has_a_value_for_every_label() -> None:
    counter = Counter("c", "Meaning.", ["x"], CollectorRegistry())
    with pytest.raises(ValueError, match="1 labels"):
        counter.labels()
    with pytest.raises(ValueError, match="has labels"):
        counter.inc()


def test_a_name_is_used_once() -> None:
    registry = CollectorRegistry()
    Counter("c", "Meaning.", [], registry)
    with pytest.raises(ValueError, match="Duplicated"):
        Histogram("c", "Meaning.", [], registry, BOUNDS)
