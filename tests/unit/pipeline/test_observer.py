"""Each message is counted as settled as often as it was, and by the times of the decisions themselves."""

from datetime import timedelta

import pytest

from gateway.messages.decision import decide, park
from gateway.messages.delivery import (
    AttemptResult,
    DeliveryAttempt,
    confirm,
    decide_delivery,
    offer,
    replay,
    return_to_sender,
)
from gateway.messages.message import Message
from gateway.metrics import Metrics
from gateway.pipeline.observer import MetricsObserver
from gateway.settings import MeterSettings
from gateway.testing.doubles import MemoryRegister
from tests.unit.messages.examples import NOW, PUSHED_TOWN, SUPPLIER, TOWN, VALID, received

POLICY = MeterSettings()
REGISTER, PUSHING = MemoryRegister(SUPPLIER, TOWN), MemoryRegister(SUPPLIER, PUSHED_TOWN)
LATER, LAST = NOW + timedelta(seconds=30), NOW + timedelta(seconds=70)


class Counted:
    """An observer, and what its metrics hold."""

    def __init__(self) -> None:
        self.metrics = Metrics("1")
        self.observer = MetricsObserver(self.metrics)
        self.committed = self.observer.message_committed

    def value(self, name: str, **labels: str) -> float:
        """The sum of the series that have these labels."""
        families = self.metrics.registry.collect()
        found = [
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == f"meterpoort_{name}" and labels.items() <= sample.labels.items()
        ]
        assert found
        return sum(found)


@pytest.fixture
def counted() -> Counted:
    return Counted()


def parked(counted: Counted) -> Message:
    decision = park(received(), "it died", NOW)
    counted.committed(decision)
    return decision.message


def test_the_time_to_be_settled_is_that_of_the_decision(counted: Counted) -> None:
    counted.committed(decide(received(), VALID, REGISTER, {}, POLICY, LATER))
    assert counted.value("settled_after_seconds_sum") == 30
    assert counted.value("dispositions_total", disposition="billable") == 1
    assert counted.value("metered_units_total") == 1


def test_a_parked_message_that_is_replayed_is_accounted_for(counted: Counted) -> None:
    """Settled is what was received and reopened, but for what waits: nothing is counted double."""
    again = replay(parked(counted), "operator", LATER)
    assert again is not None
    counted.committed(again)
    assert counted.value("messages_settled_total") - counted.value("reopened_total") == 0
    counted.committed(decide(again.message, VALID, REGISTER, {}, POLICY, LAST))
    assert counted.value("messages_settled_total") - counted.value("reopened_total") == 1
    for outcome, expected in (("parked", 0), ("delivered", 1)):
        settled = counted.value("messages_settled_total", outcome=outcome)
        reopened = counted.value("reopened_total", was="parked") if outcome == "parked" else 0
        assert settled - reopened == expected
    assert counted.value("dispositions_total") == 1


def test_a_parked_message_that_is_returned_is_settled_once(counted: Counted) -> None:
    returned = return_to_sender(parked(counted), "operator", "too large", LATER)
    assert returned is not None
    counted.committed(returned)
    assert (counted.value("messages_settled_total"), counted.value("reopened_total")) == (1, 0)
    assert counted.value("dispositions_total", disposition="undeliverable") == 1


def test_a_returned_message_that_is_replayed_gets_a_second_disposition(counted: Counted) -> None:
    returned = decide(received(), VALID, MemoryRegister(SUPPLIER), {}, POLICY, NOW)
    again = replay(returned.message, "operator", LATER)
    assert again is not None
    for decision in (returned, again, decide(again.message, VALID, REGISTER, {}, POLICY, LAST)):
        counted.committed(decision)
    assert counted.value("dispositions_total") == 1 + counted.value("reopened_total", was="returned") == 2


def test_a_confirmation_settles_nothing_again_and_its_time_is_measured(counted: Counted) -> None:
    delivered = decide(received(), VALID, REGISTER, {}, POLICY, LATER)
    counted.committed(delivered)
    counted.committed(confirm(delivered.message, "town", LAST))
    assert counted.value("messages_settled_total") == counted.value("dispositions_total") == 1
    assert counted.value("confirmed_after_seconds_sum") == 40


def test_a_pushed_message_is_settled_when_it_is_delivered(counted: Counted) -> None:
    woken: list[bool] = []
    counted.observer.wake_delivery = lambda: woken.append(True)
    checked = decide(received(), VALID, PUSHING, {}, POLICY, NOW)
    offered = offer(checked.message, NOW)
    for decision in (checked, offered):
        counted.committed(decision)
    assert (woken, counted.value("messages_settled_total")) == ([True], 0)
    attempt = DeliveryAttempt(AttemptResult.DELIVERED)
    counted.committed(decide_delivery(offered.message, attempt, PUSHING, POLICY, LAST))
    assert (counted.value("messages_settled_total"), counted.value("settled_after_seconds_sum")) == (1, 70)


def test_a_message_for_the_mailbox_is_no_push(counted: Counted) -> None:
    counted.observer.count_attempt("mailbox", AttemptResult.DELIVERED, None, 0.1)
    counted.observer.count_attempt("webhook", AttemptResult.DELIVERED, None, 0.1)
    assert counted.value("pushes_total") == counted.value("pushes_total", way="webhook") == 1
