"""One decision says everything: steps, state, who pays, the claim, mailbox or outbox."""

from dataclasses import replace

import pytest

from gateway.i18n import Text
from gateway.messages.decision import Decision, Move, decide, park
from gateway.messages.lifecycle import Disposition, LifecycleError, State, Step
from gateway.messages.participants import Party, PartyKind
from gateway.metering.entry import UsageKind
from gateway.settings import MeterSettings
from gateway.testing.doubles import MemoryRegister
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.judge import judge
from gateway.validator.report.report import report_of, verdict_of
from gateway.validator.verdict import FAILED_RULE
from tests.unit.messages.examples import (
    NOW,
    PUSHED_TOWN,
    SUPPLIER,
    TOWN,
    VALID,
    received,
    wrong,
)

POLICY = MeterSettings()


def steps(decision: Decision) -> list[str]:
    return [entry.step.value for entry in decision.entries]


def test_a_valid_message_is_put_into_the_mailbox_and_metered() -> None:
    decision = decide(received(), VALID, MemoryRegister(SUPPLIER, TOWN), {}, POLICY, NOW)
    assert (decision.state, decision.message.disposition) == (State.DELIVERED, Disposition.BILLABLE)
    assert [(entry.party_id, entry.kind) for entry in decision.usage] == [("town", UsageKind.DELIVERED_TO)]
    assert decision.moves == (Move.INTO_MAILBOX,)
    assert (decision.message.sender_id, decision.message.recipient_id) == ("supplier", "town")
    assert (decision.message.settled_at, decision.message.steps) == (NOW, 3 + len(decision.entries))


def test_a_message_that_is_pushed_is_neither_settled_nor_metered_yet() -> None:
    decision = decide(received(), VALID, MemoryRegister(SUPPLIER, PUSHED_TOWN), {}, POLICY, NOW)
    assert (decision.state, decision.message.disposition) == (State.CHECKED, Disposition.PENDING)
    assert (decision.usage, decision.moves, decision.message.settled_at) == ((), (Move.INTO_OUTBOX,), None)


@pytest.mark.parametrize("town", [TOWN, PUSHED_TOWN], ids=["mailbox", "push"])
def test_a_message_whose_claim_another_has_is_a_duplicate(town: Party) -> None:
    parties = MemoryRegister(SUPPLIER, town)
    decision = decide(received(), VALID, parties, {}, POLICY, NOW)
    assert decision.claim is not None
    for claims in ({decision.claim: "k-1"}, {"another": "k-0"}):
        assert decide(received(), VALID, parties, claims, POLICY, NOW) == decision
    duplicate = decide(received(), VALID, parties, {decision.claim: "k-0"}, POLICY, NOW)
    assert duplicate.claim is None
    assert (duplicate.state, duplicate.message.disposition) == (State.DUPLICATE, Disposition.DUPLICATE)
    assert (duplicate.usage, duplicate.moves, duplicate.message.duplicate_of) == ((), (), "k-0")
    assert steps(duplicate)[-2:] == ["rules-passed", "found-duplicate"]
    assert duplicate.message.steps == 3 + len(duplicate.entries)
    assert duplicate.verdict is not None
    assert "MP-DUPLICATE" in {finding.rule for finding in duplicate.verdict.fatal}


def test_a_test_has_another_claim_than_the_real_message_and_is_not_metered() -> None:
    register = MemoryRegister(SUPPLIER, TOWN)
    real = decide(received(), VALID, register, {}, POLICY, NOW)
    test = decide(replace(received(), is_test=True), VALID, register, {}, POLICY, NOW)
    assert (test.message.disposition, test.usage) == (Disposition.TEST, ())
    assert real.claim is not None
    assert real.claim != test.claim


def test_an_invalid_message_is_refused_and_claims_nothing() -> None:
    decision = decide(received(), wrong(), MemoryRegister(SUPPLIER, TOWN), {}, POLICY, NOW)
    assert (decision.state, decision.claim, decision.moves) == (State.REFUSED, None, ())
    assert steps(decision) == ["sender-authorised", "schema-passed", "validation-failed"]


def test_what_is_no_document_is_refused() -> None:
    decision = decide(received(), judge(b"<a/>"), MemoryRegister(SUPPLIER, TOWN), {}, POLICY, NOW)
    assert steps(decision) == ["validation-failed"]


def test_a_party_that_a_stranger_names_is_not_recorded_as_its_sender() -> None:
    stranger = Party("stranger", "S", PartyKind.COMPANY)
    register = MemoryRegister(SUPPLIER, TOWN, stranger)
    decision = decide(received(submitter_id="stranger"), VALID, register, {}, POLICY, NOW)
    assert (decision.state, decision.message.sender_id) == (State.REFUSED, None)
    assert steps(decision) == ["sender-not-authorised"]


def test_a_message_for_nobody_is_returned() -> None:
    decision = decide(received(), VALID, MemoryRegister(SUPPLIER), {}, POLICY, NOW)
    assert (decision.state, decision.message.disposition) == (State.RETURNED, Disposition.UNDELIVERABLE)
    assert decision.verdict is not None
    assert [finding.rule for finding in decision.verdict.findings] == ["MP-RECIPIENT-UNKNOWN"]
    assert decision.verdict.valid
    assert verdict_of(report_of(decision.verdict, ""), "en") == "valid, could not be delivered"
    assert decision.entries[-1].foutcode == "AFO100"


def test_a_message_that_cannot_be_judged_is_parked() -> None:
    decision = park(received(), "it died", NOW)
    assert (decision.state, decision.message.disposition) == (State.PARKED, Disposition.PENDING)
    assert steps(decision) == [Step.VALIDATION_BROKE.value]


def test_a_message_of_which_a_rule_failed_technically_is_parked_with_what_was_found() -> None:
    failed = replace(VALID, findings=(Finding(FAILED_RULE, Flag.WARNING, Stage.RULES, Text("a rule failed")),))
    decision = decide(received(), failed, MemoryRegister(SUPPLIER, TOWN), {}, POLICY, NOW)
    assert (decision.state, decision.usage, decision.moves, decision.claim) == (State.PARKED, (), (), None)
    assert decision.verdict is not None
    assert [finding.rule for finding in decision.verdict.findings] == ["MP-TECHNICAL", FAILED_RULE]


def test_a_message_that_was_judged_is_not_judged_again() -> None:
    register = MemoryRegister(SUPPLIER, TOWN)
    delivered = decide(received(), VALID, register, {}, POLICY, NOW).message
    with pytest.raises(LifecycleError):
        decide(delivered, VALID, register, {}, POLICY, NOW)
