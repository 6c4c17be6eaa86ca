"""A message and its steps as JSON, also for the command line, which needs nothing else of the API."""

from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from gateway.api.schema import DayOrNone, Schema, Timestamp
from gateway.messages.lifecycle import Disposition, State, Step
from gateway.messages.message import JournalEntry, Message
from gateway.messages.retention import MessagePart
from gateway.validator.model.document import DocumentKind


class MessageLinks(Schema):
    """Where the parts of a message are."""

    self: str
    statuses: str
    report: str
    rendering: str
    document: str
    attachments: str


class ForgottenResource(Schema):
    """A part of a message that was forgotten: when, by which setting, and the hash of what it was."""

    part: MessagePart
    at: Timestamp
    rule: str
    sha256: str
    size_bytes: int


class MessageResource(Schema):
    """One message, without its content."""

    kenmerk: str
    state: State
    is_settled: bool
    disposition: Disposition
    channel: str
    received_at: Timestamp
    settled_at: Timestamp | None
    submitter_id: str | None
    sender_id: str | None
    recipient_id: str | None
    recipient: str | None
    kind: DocumentKind | None
    number: str | None
    issue_date: DayOrNone
    amount: Decimal | None
    """The total with VAT, in the document's currency."""
    profile: str | None
    size_bytes: int
    sha256: str
    duplicate_of: str | None
    is_test: bool
    berichtsoort: str | None
    aanleverkenmerk: str | None
    links: MessageLinks
    report: msgspec.Raw | UnsetType = UNSET
    """The verdict; only in the answer to a submission that waited for it."""
    forgotten: list[ForgottenResource] | UnsetType = UNSET
    """What is kept no longer; only when one message is asked for, and something was forgotten of it."""


class StatusResource(Schema):
    """One step in the life of a message, with Digipoort's code where it has one."""

    step: Step
    at: Timestamp
    actor: str
    statuscode: str
    statusomschrijving: str
    description: str
    foutcode: str | None
    detail: str | None


def status_resource(entry: JournalEntry, actor: str | None = None) -> StatusResource:
    """A step, with its actor as the reader may know it."""
    return StatusResource.of(entry, actor=actor or entry.actor, description=entry.plain)


def links_of(kenmerk: str) -> MessageLinks:
    """Where the parts of this message are."""
    own = f"/v1/messages/{kenmerk}"
    return MessageLinks(
        self=own,
        statuses=f"{own}/statuses",
        report=f"{own}/report",
        rendering=f"{own}/rendering",
        document=f"{own}/document",
        attachments=f"{own}/attachments",
    )


def message_resource(message: Message, report: bytes | None = None) -> MessageResource:
    """A message as its parties see it."""
    return MessageResource.of(
        message,
        is_settled=message.state.is_settled,
        issue_date=message.issued_on,
        amount=message.amount,
        links=links_of(message.kenmerk),
        report=msgspec.Raw(report) if report is not None else UNSET,
    )
