"""A message as the store holds it, and its journal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from gateway.messages.lifecycle import FIRST_STEPS, STEPS, Disposition, State, Step, after
from gateway.messages.participants import Caller, Role
from gateway.messages.retention import MessagePart
from gateway.messages.submission import StoredBytes, Submission
from gateway.validator.model.document import Attachment, DocumentKind
from gateway.validator.model.identifiers import PartyIdentifier

T = TypeVar("T")
GATEWAY = "gateway"
"""The actor of what happens by itself."""


class JournalEntry(msgspec.Struct, frozen=True):
    """One step in a message's life: what, when, by whom (a party id, `gateway`, or an operator's key id)."""

    step: Step
    at: datetime
    actor: str
    foutcode: str | None = None
    detail: str | None = None

    @property
    def statuscode(self) -> str:
        """Digipoort's code for this step; empty where it has none."""
        return STEPS[self.step].statuscode

    @property
    def statusomschrijving(self) -> str:
        """Digipoort's description of the code."""
        return STEPS[self.step].statusomschrijving

    @property
    def plain(self) -> str:
        """What happened, in plain words."""
        return STEPS[self.step].plain.en


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """An attachment of a stored message; `stored` is None for one embedded in the document."""

    attachment: Attachment
    stored: StoredBytes | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is stored, apart from its journal, report and bytes."""

    kenmerk: str
    state: State
    disposition: Disposition
    channel: str
    received_at: datetime
    document: StoredBytes
    submitter_id: str | None
    """The party whose key or certificate submitted it."""
    role: Role
    """The role of that key or certificate."""
    steps: int = len(FIRST_STEPS)
    """How many entries its journal has."""
    settled_at: datetime | None = None
    is_test: bool = False
    berichtsoort: str | None = None
    aanleverkenmerk: str | None = None
    idempotency_key: str | None = None
    wanted_recipient: PartyIdentifier | None = None
    """The recipient that the channel named, instead of the document's own."""
    wanted_profile: str | None = None
    """The rules that the sender asked for, on top of those that the document claims."""
    traceparent: str | None = None
    """The trace of the request that it came with (W3C Trace Context)."""
    on_behalf_of: PartyIdentifier | None = None
    """The party for which the submitter says it acts."""
    sender_id: str | None = None
    """The party the document is from (the supplier of an invoice), once known."""
    recipient_id: str | None = None
    recipient: str | None = None
    """The recipient as the document names it: `0190:0000…`."""
    kind: DocumentKind | None = None
    number: str | None = None
    issue_date: str | None = None
    amount_cents: int | None = None
    """The total with VAT, in hundredths of the document's currency."""
    profile: str | None = None
    duplicate_of: str | None = None
    forgotten_parts: frozenset[MessagePart] = frozenset()
    """What was removed when its term was over."""
    attachments: tuple[StoredAttachment, ...] = ()
    """As far as they were read from the store: for judging and for delivery."""

    @property
    def issued_on(self) -> date | None:
        """The issue date; None where it is not a day of the calendar."""
        try:
            return date.fromisoformat((self.issue_date or "")[:10])
        except ValueError:
            return None

    @property
    def amount(self) -> Decimal | None:
        """The total with VAT, in the document's currency."""
        return None if self.amount_cents is None else Decimal(self.amount_cents).scaleb(-2)

    @property
    def detached_attachments(self) -> tuple[StoredAttachment, ...]:
        """The attachments that came with the document, not in it."""
        return tuple([one for one in self.attachments if one.stored is not None])

    @property
    def log_context(self) -> Mapping[str, str]:
        """What every line of the log about this message has."""
        return {"kenmerk": self.kenmerk} | ({"traceparent": self.traceparent} if self.traceparent else {})

    @property
    def has_contents(self) -> bool:
        """Whether the bytes of document and attachments are kept."""
        return MessagePart.CONTENTS not in self.forgotten_parts

    @property
    def size_bytes(self) -> int:
        """Size of the document."""
        return self.document.size_bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of the document, hexadecimal."""
        return self.document.sha256

    def after(self, entries: tuple[JournalEntry, ...], disposition: Disposition) -> "Message":
        """The message after these steps. Raises LifecycleError where one may not follow the one before."""
        state = self.state
        for entry in entries:
            state = after(state, entry.step)
        return replace(
            self,
            state=state,
            disposition=disposition,
            settled_at=entries[-1].at if state.is_settled else None,
            steps=self.steps + len(entries),
        )


def received_message(submission: Submission, kenmerk: str, received_at: datetime) -> Message:
    """The message that a submission becomes. Its contents are stored; LookupError where one is not."""
    caller = submission.caller
    return Message(
        kenmerk,
        State.RECEIVED,
        Disposition.PENDING,
        submission.channel,
        received_at,
        submission.document.location,
        caller.party_id,
        caller.role,
        is_test=caller.is_test,
        berichtsoort=submission.berichtsoort,
        aanleverkenmerk=submission.aanleverkenmerk,
        idempotency_key=submission.idempotency_key,
        wanted_recipient=submission.recipient,
        wanted_profile=submission.profile,
        traceparent=submission.traceparent,
        on_behalf_of=submission.on_behalf_of,
        attachments=tuple(
            [StoredAttachment(one.attachment, one.content.location) for one in submission.attachments]
        ),
    )


def first_entries(caller: Caller, at: datetime) -> tuple[JournalEntry, ...]:
    """What every journal begins with: the sender begins, the gateway does the rest."""
    begun, *rest = FIRST_STEPS
    sender = caller.party_id or caller.key_id
    return JournalEntry(begun, at, sender), *(JournalEntry(step, at, GATEWAY) for step in rest)


@dataclass(frozen=True, slots=True)
class Lease:
    """One message taken from a mailbox until `expires_at`; confirm with the token before then."""

    message: Message
    token: str
    expires_at: datetime
    times_taken: int


@dataclass(frozen=True, slots=True)
class MailboxEntry:
    """A message that is in a mailbox: how often it was taken, and until when it is, if it is now."""

    times_taken: int
    taken_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a search. A message has it when one of these holds: its number or kenmerk contains the text, one
    of the parties takes part in it, its total is this amount, or it is dated or was received on this day."""

    text: str
    """In lower case."""
    parties: frozenset[str] = frozenset()
    amount_cents: int | None = None
    day: date | None = None
    """In Amsterdam."""


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages to list; every field that is given must match, and every word. `visible_to` are party ids:
    only messages submitted by, sent by or for them are seen; None sees all (operators, finance)."""

    visible_to: frozenset[str] | None = None
    states: frozenset[State] = frozenset()
    kinds: frozenset[DocumentKind] = frozenset()
    sender_id: str | None = None
    recipient_id: str | None = None
    number: str | None = None
    received_from: datetime | None = None
    received_until: datetime | None = None
    words: tuple[Word, ...] = ()
    is_incoming: bool | None = None
    """Only what these parties received, or only what they submitted or sent."""
    newer_than: str | None = None
    """Only messages with a higher kenmerk: a page of them is the one next to it, newest first like any other."""
    searched_max: int | None = None
    """A search looks at so many messages at most for one page; None: at all of them."""

    @property
    def is_search(self) -> bool:
        """Whether some of the messages that these parties may see are not wanted."""
        plain = MessageFilter(self.visible_to, is_incoming=self.is_incoming, newer_than=self.newer_than)
        return replace(self, searched_max=None) != plain


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, newest first, and the cursor of the next. `newer`: what the page before it is newer
    than; None on the first."""

    items: tuple[T, ...]
    next_cursor: str | None
    newer: str | None = None
    searched_to: str | None = None
    """Where a search stopped that looked at as many as it may; the next page goes on from there."""
