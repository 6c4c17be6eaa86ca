"""What becomes of a message after it was judged: attempts to push it, confirmation, an operator's actions."""

from datetime import timedelta

import pytest

from gateway.messages.decision import Contact, Decision, Move, decide, park
from gateway.messages.delivery import (
    AttemptResult,
    DeliveryAttempt,
    confirm,
    decide_delivery,
    offer,
    replay,
    return_to_sender,
)
from gateway.messages.lifecycle import Disposition, Foutcode, State
from gateway.messages.message import Message
from gateway.settings import MeterSettings
from gateway.testing.doubles import MemoryRegister
from tests.unit.messages.examples import NOW, PUSHED_TOWN, SUPPLIER, TOWN, VALID, received

POLICY, REGISTER = MeterSettings(), MemoryRegister(SUPPLIER, PUSHED_TOWN)
LATER = NOW + timedelta(hours=1)


def offered() -> Message:
    """A message that is being offered."""
    return offer(decide(received(), VALID, REGISTER, {}, POLICY, NOW).message, NOW).message


def decided(attempt: DeliveryAttempt) -> Decision:
    return decide_delivery(offered(), attempt, REGISTER, POLICY, LATER)


@pytest.mark.parametrize("into_mailbox", [True, False])
def test_a_delivered_message_is_metered_and_leaves_the_outbox(into_mailbox: bool) -> None:
    decision = decided(DeliveryAttempt(AttemptResult.DELIVERED, into_mailbox=into_mailbox))
    assert (decision.state, decision.message.disposition) == (State.DELIVERED, Disposition.BILLABLE)
    assert [entry.party_id for entry in decision.usage] == ["town"]
    assert Move.OUT_OF_OUTBOX in decision.moves
    assert (Move.INTO_MAILBOX in decision.moves) is into_mailbox
    assert decision.contact == Contact("town")
    assert decision.message.settled_at == LATER


def test_a_recipient_that_is_not_reached_is_left_alone_and_the_message_stays() -> None:
    decision = decided(DeliveryAttempt(AttemptResult.TROUBLED, "no connection", None, LATER))
    assert (decision.state, decision.moves, decision.usage) == (State.OFFERED, (), ())
    assert decision.contact == Contact("town", LATER)
    assert decision.entries[0].statuscode == "420"


@pytest.mark.parametrize("again_at", [None, LATER])
def test_a_message_that_is_not_accepted_is_returned_and_not_metered(again_at: object) -> None:
    result = AttemptResult.EXPIRED if again_at else AttemptResult.REFUSED
    decision = decided(DeliveryAttempt(result, "no", Foutcode.AFS600, LATER if again_at else None))
    assert (decision.state, decision.message.disposition) == (State.RETURNED, Disposition.UNDELIVERABLE)
    assert (decision.moves, decision.usage) == ((Move.OUT_OF_OUTBOX,), ())
    assert decision.contact == (Contact("town", LATER) if again_at else None)
    assert decision.entries[0].foutcode == "AFS600"


def test_a_recipient_that_is_not_registered_any_more_is_an_error() -> None:
    attempt = DeliveryAttempt(AttemptResult.DELIVERED)
    with pytest.raises(LookupError, match="town"):
        decide_delivery(offered(), attempt, MemoryRegister(SUPPLIER), POLICY, NOW)


def test_a_confirmed_message_stays_settled_since_it_was_delivered() -> None:
    delivered = decide(received(), VALID, MemoryRegister(SUPPLIER, TOWN), {}, POLICY, NOW).message
    decision = confirm(delivered, "town", LATER)
    assert (decision.state, decision.message.disposition) == (State.CONFIRMED, Disposition.BILLABLE)
    assert decision.message.settled_at == NOW
    assert (decision.moves, decision.usage) == ((Move.OUT_OF_MAILBOX,), ())


def test_an_operator_replays_what_is_parked_or_returned() -> None:
    parked = park(received(), "it died", NOW).message
    returned = decide(received(), VALID, MemoryRegister(SUPPLIER), {}, POLICY, NOW).message
    for message in (parked, returned):
        decision = replay(message, "operator", LATER)
        assert decision is not None
        assert (decision.state, decision.message.disposition) == (State.RECEIVED, Disposition.PENDING)
        assert decision.message.settled_at is None
    assert replay(offered(), "operator", LATER) is None


def test_an_operator_returns_only_what_is_parked() -> None:
    decision = return_to_sender(park(received(), "it died", NOW).message, "operator", "too large", LATER)
    assert decision is not None
    assert (decision.state, decision.message.disposition) == (State.RETURNED, Disposition.UNDELIVERABLE)
    assert (decision.entries[0].actor, decision.entries[0].detail) == ("operator", "too large")
    assert return_to_sender(offered(), "operator", "too large", LATER) is None
