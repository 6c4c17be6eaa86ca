"""A message as the store holds it, and its journal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from gateway.messages.lifecycle import FIRST_STEPS, STEPS, Disposition, State, Step
from gateway.messages.participants import Role
from gateway.messages.submission import StoredBytes, Submission
from gateway.validator.model.document import Attachment, DocumentKind
from gateway.validator.model.identifiers import PartyIdentifier

T = TypeVar("T")


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
    """One message: what the store knows of it apart from its journal, report and bytes."""

    kenmerk: str
    state: State
    disposition: Disposition
    channel: str
    received_at: datetime
    settled_at: datetime | None
    submitter_id: str | None
    """The party whose key or certificate handed it in."""
    sender_id: str | None = None
    """The party the document is from (the supplier of an invoice), once known."""
    recipient_id: str | None = None
    recipient: str | None = None
    """The recipient as the document names it: `0190:0000…`."""
    kind: DocumentKind | None = None
    number: str | None = None
    issue_date: str | None = None
    profile: str | None = None
    size_bytes: int = 0
    sha256: str = ""
    duplicate_of: str | None = None
    is_test: bool = False
    berichtsoort: str | None = None
    aanleverkenmerk: str | None = None
    idempotency_key: str | None = None


class Acceptance(msgspec.Struct, frozen=True):
    """A submission that is to be stored under its kenmerk."""

    kenmerk: str
    received_at: datetime
    submission: Submission


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is stored and waits to be judged: what judging and deciding need.

    `beside` are the attachments that travelled beside the document, where they stand; `steps` is how many its
    journal has.
    """

    kenmerk: str
    received_at: datetime
    document: StoredBytes
    channel: str
    role: Role
    submitter_id: str | None
    is_test: bool
    wanted_recipient: PartyIdentifier | None
    wanted_profile: str | None
    beside: tuple[StoredAttachment, ...] = ()
    steps: int = len(FIRST_STEPS)
    on_behalf_of: PartyIdentifier | None = None
    """The party that the sender said it acts for."""


@dataclass(frozen=True, slots=True)
class AtRest:
    """A message that came to rest after it had left the desk: by delivery, or by an operator."""

    kind: DocumentKind | None
    state: State
    disposition: Disposition
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """One message taken from a mailbox until `expires_at`; confirm with the token before then."""

    message: Message
    token: str
    expires_at: datetime
    times_taken: int


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages to list; every field that is given must match. `visible_to` are party ids: only
    messages submitted by, sent by or for them are seen; None sees all (operators, finance)."""

    visible_to: frozenset[str] | None = None
    states: frozenset[State] = frozenset()
    kinds: frozenset[DocumentKind] = frozenset()
    sender_id: str | None = None
    recipient_id: str | None = None
    number: str | None = None
    received_from: datetime | None = None
    received_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, newest first, and the cursor of the next."""

    items: tuple[T, ...]
    next_cursor: str | None
