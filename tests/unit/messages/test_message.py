"""What a submission becomes, and a message after some steps."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.messages.lifecycle import Disposition, LifecycleError, State, Step
from gateway.messages.message import JournalEntry, StoredAttachment, first_entries, received_message
from gateway.messages.participants import Caller, Role
from gateway.messages.submission import Content, DetachedAttachment, StoredBytes, Submission
from gateway.validator.model.document import Attachment
from gateway.validator.model.identifiers import PartyIdentifier
from tests.unit.messages.examples import NOW, received

LATER = NOW + timedelta(minutes=1)
CALLER = Caller("key", Role.INTERMEDIARY, "software", is_test=True)
STORED = StoredBytes("packs/x", 7, 10, "0" * 64)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
FACTS = Attachment(1, "application/pdf", "a.pdf", 4, "1" * 64)


def submission(stored: StoredBytes | None = STORED) -> Submission:
    attachment = DetachedAttachment(FACTS, Content(4, stored=StoredBytes("packs/x", 17, 4, "1" * 64)))
    supplier, town = PartyIdentifier("0106", "90817263"), PartyIdentifier("0190", "00000001812345678000")
    return Submission(
        CALLER,
        "http",
        Content(10, b"<Invoice/>", stored),
        (attachment,),
        "the key",
        town,
        "nlcius",
        None,
        "A-1",
        supplier,
        TRACE,
    )


def test_a_message_has_everything_that_its_sender_gave() -> None:
    message = received_message(submission(), "k-1", NOW)
    assert (message.state, message.disposition, message.settled_at) == (State.RECEIVED, Disposition.PENDING, None)
    assert (message.submitter_id, message.role, message.is_test) == ("software", Role.INTERMEDIARY, True)
    assert (message.wanted_profile, message.aanleverkenmerk, message.idempotency_key) == (
        "nlcius",
        "A-1",
        "the key",
    )
    assert (str(message.on_behalf_of), str(message.wanted_recipient)) == (
        "0106:90817263",
        "0190:00000001812345678000",
    )
    assert (message.document, message.size_bytes, message.sha256) == (STORED, 10, "0" * 64)
    assert message.log_context == {"kenmerk": "k-1", "traceparent": TRACE}
    assert [(one.attachment, one.stored and one.stored.offset) for one in message.attachments] == [(FACTS, 17)]


def test_what_is_not_stored_becomes_no_message() -> None:
    with pytest.raises(LookupError):
        received_message(submission(stored=None), "k-1", NOW)


def test_the_sender_begins_the_journal_and_the_gateway_goes_on() -> None:
    entries = first_entries(CALLER, NOW)
    assert [(entry.actor, entry.statuscode) for entry in entries] == [
        ("software", "105"),
        ("gateway", "100"),
        ("gateway", "110"),
    ]
    assert first_entries(replace(CALLER, party_id=None), NOW)[0].actor == "key"
    assert len(entries) == received().steps


def test_the_last_step_says_when_a_message_was_settled() -> None:
    refused = received().after((JournalEntry(Step.VALIDATION_FAILED, LATER, "gateway"),), Disposition.REFUSED)
    assert (refused.state, refused.disposition, refused.settled_at) == (State.REFUSED, Disposition.REFUSED, LATER)
    checked = received().after((JournalEntry(Step.RULES_PASSED, LATER, "gateway"),), Disposition.PENDING)
    assert (checked.state, checked.settled_at, checked.steps) == (State.CHECKED, None, received().steps + 1)


def test_a_step_that_cannot_follow_is_an_error() -> None:
    with pytest.raises(LifecycleError):
        received().after((JournalEntry(Step.DELIVERED, LATER, "gateway"),), Disposition.BILLABLE)


def test_an_embedded_attachment_did_not_come_apart() -> None:
    detached = StoredAttachment(FACTS, STORED)
    message = replace(received(), attachments=(StoredAttachment(replace(FACTS, start=3, end=9)), detached))
    assert message.detached_attachments == (detached,)


@pytest.mark.parametrize(
    ("written", "day"),
    [("2026-11-02", "2026-11-02"), ("2026-11-02+01:00", "2026-11-02"), ("2026-02-30", None), ("soon", None)],
)
def test_the_issue_date_is_a_day_of_the_calendar(written: str, day: str | None) -> None:
    """Whatever the document says: a client reads it as a date."""
    issued = replace(received(), issue_date=written).issued_on
    assert (issued and issued.isoformat()) == day
