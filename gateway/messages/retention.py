"""Which parts of a settled message may be forgotten, and what stops that: its term and legal holds.

What remains of every message is its row with the hashes and sizes, the steps with their times, and its meter
entries.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from gateway.clock import AMSTERDAM, billing_date
from gateway.messages.lifecycle import HANDLED, Disposition, State
from gateway.settings import RetentionSettings

FINAL = frozenset({State.DELIVERED, State.CONFIRMED, State.REFUSED, State.DUPLICATE, State.RETURNED})
"""Only messages in these states are forgotten, and not while one is in a mailbox."""
_REFUSED = frozenset({Disposition.REFUSED, Disposition.DUPLICATE, Disposition.UNDELIVERABLE, Disposition.TEST})


class MessagePart(StrEnum):
    """What can be forgotten of a message."""

    CONTENTS = "contents"
    """The bytes of the document and of its attachments."""
    REPORT = "report"
    """The verdict, which quotes the document."""
    PERSONAL_DATA = "personal-data"
    """Who acted for the operator, details of steps, and names of files."""


@dataclass(frozen=True, slots=True)
class RetentionTerm:
    """One rule of retention: messages with these dispositions that were settled before a time lose this part."""

    part: MessagePart
    dispositions: frozenset[Disposition]
    before: datetime
    rule: str
    """The setting and its value: `retention.refused_contents_months = 12`."""


@dataclass(frozen=True, slots=True)
class ForgottenPart:
    """A part of a message that is gone: since when, by which rule, and the SHA-256 and size in bytes of what it
    was."""

    part: MessagePart
    at: datetime
    rule: str
    sha256: str
    size_bytes: int


class HoldScope(StrEnum):
    """What a legal hold is on."""

    MESSAGE = "message"
    PARTY = "party"
    """Every message that it submitted, that is from it or that is to it."""
    YEAR = "year"
    """Every message received in this Amsterdam year."""


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A hold that was set: nothing of its messages is forgotten until it is lifted."""

    scope: HoldScope
    subject: str
    """A kenmerk, a party id or a year."""
    at: datetime
    actor: str
    reason: str


class DueMessage(msgspec.Struct, frozen=True):
    """A message whose term is over, and the size in bytes of the part that would go."""

    kenmerk: str
    received_at: datetime
    submitter_id: str | None
    sender_id: str | None
    recipient_id: str | None
    size_bytes: int


class Holds:
    """The holds that are in force."""

    def __init__(self, holds: Iterable[LegalHold]) -> None:
        self._held = frozenset((hold.scope, hold.subject) for hold in holds)

    def on(self, message: DueMessage) -> bool:
        """Whether one of them is on the message."""
        if not self._held:
            return False
        parties = (message.submitter_id, message.sender_id, message.recipient_id)
        subjects = {(HoldScope.PARTY, party) for party in parties if party}
        subjects.add((HoldScope.MESSAGE, message.kenmerk))
        subjects.add((HoldScope.YEAR, str(billing_date(message.received_at).year)))
        return not self._held.isdisjoint(subjects)


class Tally(msgspec.Struct, frozen=True):
    """Messages received in one Amsterdam year that lose one part by one rule, and those that a hold keeps."""

    part: MessagePart
    rule: str
    year: int
    messages: int
    size_bytes: int
    held_messages: int


class RetentionReport(msgspec.Struct, frozen=True):
    """What a run forgot, or what it would forget (`is_dry_run`)."""

    at: datetime
    is_dry_run: bool
    tallies: tuple[Tally, ...]
    objects_removed: int = 0
    """Objects that are gone from document storage whole."""
    bytes_erased: int = 0
    """Bytes of documents and attachments that are gone from document storage."""
    objects_failed: int = 0
    """Objects that could not be reached; the next run tries again."""

    @property
    def messages(self) -> int:
        """Parts of messages that were forgotten."""
        return sum(tally.messages for tally in self.tallies)


def terms_at(settings: RetentionSettings, now: datetime) -> tuple[RetentionTerm, ...]:
    """The rules that the settings give, without those that keep forever."""
    rules = (
        ("delivered_contents_months", settings.delivered_contents_months, MessagePart.CONTENTS, HANDLED),
        ("delivered_reports_months", settings.delivered_reports_months, MessagePart.REPORT, HANDLED),
        ("refused_contents_months", settings.refused_contents_months, MessagePart.CONTENTS, _REFUSED),
        ("refused_reports_months", settings.refused_reports_months, MessagePart.REPORT, _REFUSED),
        (
            "personal_data_months",
            settings.personal_data_months,
            MessagePart.PERSONAL_DATA,
            HANDLED | _REFUSED,
        ),
    )
    return tuple(
        RetentionTerm(part, dispositions, months_before(now, months), f"retention.{name} = {months}")
        for name, months, part, dispositions in rules
        if months
    )


def months_before(now: datetime, months: int) -> datetime:
    """The same time of an Amsterdam day so many months ago; the last day of a month that is shorter."""
    here = now.astimezone(AMSTERDAM)
    year, month = divmod(here.year * 12 + here.month - 1 - months, 12)
    day = min(here.day, monthrange(year, month + 1)[1])
    return here.replace(year=year, month=month + 1, day=day).astimezone(now.tzinfo)
