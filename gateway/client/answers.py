"""The answers of the API as values.

A client outlives a release of the gateway: members that it does not know are ignored, and codes are texts. What
each member means is in the reference of the API.
"""

from datetime import date, datetime
from decimal import Decimal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """What a rule says of one place in a document. `flag`: `fatal` or `warning`."""

    rule: str
    flag: str
    message: str
    message_nl: str
    location: str = ""
    line: int | None = None
    column: int | None = None
    terms: list[str] = []
    found: str | None = None
    expected: str | None = None
    advice: str | None = None
    advice_nl: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """The outcome of judging a document."""

    valid: bool
    findings: list[Finding]
    document: str | None = None
    number: str | None = None
    profile: str | None = None
    not_judged: list[str] = []


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """One message, without its content."""

    kenmerk: str
    state: str
    is_settled: bool
    disposition: str
    channel: str
    received_at: datetime
    settled_at: datetime | None
    submitter_id: str | None
    sender_id: str | None
    recipient_id: str | None
    recipient: str | None
    kind: str | None
    number: str | None
    issue_date: date | None
    amount: Decimal | None
    profile: str | None
    size_bytes: int
    sha256: str
    duplicate_of: str | None
    is_test: bool
    berichtsoort: str | None
    aanleverkenmerk: str | None
    report: Verdict | None = None
    """The verdict, where the message was just submitted and is settled."""


class Status(msgspec.Struct, frozen=True, rename="camel"):
    """One step in the life of a message, with Digipoort's code where it has one."""

    step: str
    at: datetime
    actor: str
    statuscode: str
    statusomschrijving: str
    description: str
    foutcode: str | None
    detail: str | None


class Lease(msgspec.Struct, frozen=True, rename="camel"):
    """A message of the mailbox that is yours until `expires_at`; confirm it before then."""

    message: Message
    token: str
    expires_at: datetime
    times_taken: int
