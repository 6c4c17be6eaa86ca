"""What becomes of a message that was judged, decided in one place.

`decide` is pure. Its `Decision` holds everything: steps, state, disposition, meter entries, the claim that makes a
later message a duplicate, mailbox or outbox. The store writes it as it is, in one transaction; where it learns
there that another message has the claim, it asks `decide` with that claim and writes the duplicate.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from gateway.i18n import Text
from gateway.messages.authorisation import party_finding, sender_problem
from gateway.messages.lifecycle import Disposition, Foutcode, State, Step
from gateway.messages.message import GATEWAY, JournalEntry, Message
from gateway.messages.metering import meter_delivery
from gateway.messages.participants import Party, Register
from gateway.metering.entry import UsageEntry
from gateway.settings import MeterSettings
from gateway.validator.finding import UNKNOWN_RECIPIENT, Finding, Flag, Stage
from gateway.validator.kinds import definition_of
from gateway.validator.model.document import DocumentFacts, DocumentParty
from gateway.validator.verdict import Verdict

_CLAIMED_CHARACTERS_MAX = 200
"""A longer document number is claimed by its hash: an index of PostgreSQL holds 2.7 KB, XML holds any length."""
_LISTED_CHARACTERS_MAX = 200
"""What a list shows of a document's own words: a sender must not be able to make a recipient's page of 500
messages 100 MB. The document and the report have all of it."""
_TEST_CLAIM = "\x1ftest\x1f"
"""Before the claim of a test; no party id begins so."""

Claims = Mapping[str, str]
"""The kenmerk of the message that has a claim, by claim."""

_PASSED = (Step.SENDER_AUTHORISED, Step.SCHEMA_PASSED, Step.RULES_PASSED)


class Move(StrEnum):
    """Where a message is put for its recipient, or taken away from."""

    INTO_MAILBOX = "into-mailbox"
    OUT_OF_MAILBOX = "out-of-mailbox"
    INTO_OUTBOX = "into-outbox"
    OUT_OF_OUTBOX = "out-of-outbox"


@dataclass(frozen=True, slots=True)
class Contact:
    """What an attempt to deliver showed of the recipient: it answered, or (`again_at`) could not be reached and is
    left alone until then."""

    recipient_id: str
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything that becomes of a message by one event."""

    before: Message
    message: Message
    """The message as it is from now on."""
    entries: tuple[JournalEntry, ...]
    """The steps that lead from the one to the other."""
    usage: tuple[UsageEntry, ...] = ()
    moves: tuple[Move, ...] = ()
    verdict: Verdict | None = None
    """Where it was judged."""
    claim: str | None = None
    """Supplier, kind, number and year of a document that may come only once."""
    contact: Contact | None = None

    @property
    def kenmerk(self) -> str:
        """The kenmerk of the message."""
        return self.before.kenmerk

    @property
    def state(self) -> State:
        """The state of the message from now on."""
        return self.message.state

    @property
    def at(self) -> datetime:
        """When it was decided."""
        return self.entries[-1].at


class AlreadyCommittedError(Exception):
    """A message changed since it was read, so that a decision about it was not committed: nothing was written."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        super().__init__(f"committed before: {', '.join(sorted(one.kenmerk for one in decisions))}")


def decide(
    message: Message, verdict: Verdict, parties: Register, claims: Claims, policy: MeterSettings, at: datetime
) -> Decision:
    """What becomes of a message by its verdict: parked where a rule failed technically, else refused, returned,
    a duplicate, delivered to its recipient's mailbox, or to be pushed.

    `claims`: the claims that are known to be taken. One that this message has itself makes no duplicate.
    """
    if verdict.is_broken:
        return park(message, "a rule failed technically", at, verdict)
    facts = verdict.facts
    submitter = parties.by_id(message.submitter_id) if message.submitter_id else None
    if facts is None:
        return _refusal(message, verdict, submitter, at)
    senders = _registered_parties(facts.sender, parties)
    sender = senders[0] if senders else None
    if wrong := sender_problem(message, facts, senders, submitter, parties):
        return _not_authorised(message, verdict, wrong, at)
    if not verdict.valid:
        return _refusal(message, verdict, sender, at)
    recipient, name = _recipient(message, facts, parties)
    judged = _with_verdict(message, verdict, sender, recipient, name)
    if recipient is None:
        return _without_recipient(message, judged, verdict, at)
    claim = _claim(message, facts, sender)
    if claim and (first_kenmerk := claims.get(claim, message.kenmerk)) != message.kenmerk:
        return _duplicate(message, judged, verdict, first_kenmerk, at)
    if recipient.wants_push:
        entries = _entries(_PASSED, at)
        after = judged.after(entries, Disposition.PENDING)
        return Decision(message, after, entries, (), (Move.INTO_OUTBOX,), verdict, claim)
    entries = _entries((*_PASSED, Step.DELIVERY_STARTED, Step.DELIVERED), at)
    disposition, usage = meter_delivery(message.kenmerk, sender, recipient, at, policy, is_test=message.is_test)
    after = judged.after(entries, disposition)
    return Decision(message, after, entries, usage, (Move.INTO_MAILBOX,), verdict, claim)


def park(message: Message, detail: str, at: datetime, verdict: Verdict | None = None) -> Decision:
    """The decision when judging failed technically: the message is parked, with what was found so far."""
    return _park(message, Step.VALIDATION_BROKE, detail, at, verdict or Verdict())


def set_apart(message: Message, detail: str, at: datetime) -> Decision:
    """The decision when the stored content of a message that is not delivered is damaged or missing: parked, and
    taken from where it waits for its recipient. A report that it has stays."""
    if message.state is State.RECEIVED:
        return _park(message, Step.CONTENT_DAMAGED, detail, at, Verdict())
    entries = (JournalEntry(Step.CONTENT_DAMAGED, at, GATEWAY, Foutcode.VAS400, detail),)
    return Decision(message, message.after(entries, Disposition.PENDING), entries, moves=(Move.OUT_OF_OUTBOX,))


def _park(message: Message, step: Step, detail: str, at: datetime, found: Verdict) -> Decision:
    finding = Finding(
        "MP-TECHNICAL",
        Flag.FATAL,
        Stage.XML,
        Text("The gateway could not judge this document. An operator looks at it; you need not send it again."),
    )
    entries = (JournalEntry(step, at, GATEWAY, Foutcode.VAS400, detail),)
    verdict = replace(found, findings=(finding, *found.findings))
    judged = _with_verdict(message, verdict, None, None, None)
    return Decision(message, judged.after(entries, Disposition.PENDING), entries, verdict=verdict)


def _with_verdict(
    message: Message, verdict: Verdict, sender: Party | None, recipient: Party | None, name: str | None
) -> Message:
    """The message with what its document says; `name` is the recipient as the document names it."""
    facts = verdict.facts
    return replace(
        message,
        sender_id=sender.party_id if sender else None,
        recipient_id=recipient.party_id if recipient else None,
        recipient=name,
        kind=verdict.kind,
        number=_shorten_for_list(facts.number) if facts else None,
        issue_date=_shorten_for_list(facts.issue_date) if facts else None,
        amount_cents=_cents(facts.amount) if facts else None,
        profile=verdict.profile,
        duplicate_of=None,
    )


def _cents(amount: str | None) -> int | None:
    """Of an amount as xsd:decimal; None where it is none, or more than a document in earnest has."""
    if amount is None or not re.fullmatch(r"[+-]?\d{1,15}(\.\d*)?", amount, re.ASCII):
        return None
    return int(Decimal(amount).scaleb(2).to_integral_value(ROUND_HALF_UP))


def _refusal(message: Message, verdict: Verdict, sender: Party | None, at: datetime) -> Decision:
    """Refused because it is not valid."""
    passed: tuple[Step, ...] = (Step.SENDER_AUTHORISED,) if verdict.facts else ()
    passed += (Step.SCHEMA_PASSED,) if Stage.RULES in verdict.stages else ()
    detail = verdict.fatal[0].rule if verdict.fatal else None
    failed = JournalEntry(Step.VALIDATION_FAILED, at, GATEWAY, Foutcode.VAS500, detail)
    entries = (*_entries(passed, at), failed)
    judged = _with_verdict(message, verdict, sender, None, _first_named(verdict.facts))
    return Decision(message, judged.after(entries, Disposition.REFUSED), entries, verdict=verdict)


def _not_authorised(message: Message, verdict: Verdict, finding: Finding, at: datetime) -> Decision:
    """Refused because the sender may not send it. The party that it names is not recorded as its sender."""
    entries = (JournalEntry(Step.SENDER_NOT_AUTHORISED, at, GATEWAY, None, finding.rule),)
    judged = _with_verdict(message, verdict, None, None, _first_named(verdict.facts))
    after = judged.after(entries, Disposition.REFUSED)
    return Decision(message, after, entries, verdict=_with_finding(verdict, finding))


def _without_recipient(message: Message, judged: Message, verdict: Verdict, at: datetime) -> Decision:
    """Returned because nobody is registered under the recipient's identifiers; the document itself is valid."""
    finding = party_finding(
        UNKNOWN_RECIPIENT,
        Text(
            "No recipient is registered here under {identifier}.",
            identifier=judged.recipient or Text("the identifiers in this document"),
        ),
        Text("Ask the recipient for its OIN and put it in the buyer's electronic address (BT-49, scheme 0190)."),
        found=judged.recipient,
        flag=Flag.WARNING,
    )
    detail = f"no such recipient: {judged.recipient or 'none named'}"
    failed = JournalEntry(Step.DELIVERY_FAILED, at, GATEWAY, Foutcode.AFO100, detail)
    entries = (*_entries(_PASSED, at), failed)
    after = judged.after(entries, Disposition.UNDELIVERABLE)
    return Decision(message, after, entries, verdict=_with_finding(verdict, finding))


def _duplicate(message: Message, judged: Message, verdict: Verdict, first_kenmerk: str, at: datetime) -> Decision:
    """Another message has the claim: this one is neither delivered nor metered, and its report says so."""
    number = judged.number or ""
    finding = party_finding(
        "MP-DUPLICATE",
        Text(
            "This supplier already sent number {number} in this year, as message {first_kenmerk}.",
            number=number,
            first_kenmerk=first_kenmerk,
        ),
        Text("Nothing to do if this was a repeat. A corrected invoice needs its own number."),
        found=number,
    )
    detail = f"duplicate of {first_kenmerk}"
    found = JournalEntry(Step.FOUND_DUPLICATE, at, GATEWAY, Foutcode.VAS500, detail)
    entries = (*_entries(_PASSED, at), found)
    after = replace(judged, duplicate_of=first_kenmerk).after(entries, Disposition.DUPLICATE)
    return Decision(message, after, entries, verdict=_with_finding(verdict, finding))


def _recipient(message: Message, facts: DocumentFacts, parties: Register) -> tuple[Party | None, str | None]:
    if message.wanted_recipient is not None:
        return parties.by_identifier(message.wanted_recipient), str(message.wanted_recipient)
    found = _registered_parties(facts.recipient, parties)
    return (found[0] if found else None), _first_named(facts)


def _first_named(facts: DocumentFacts | None) -> str | None:
    """The recipient as the document names it first."""
    return str(facts.recipient.identifiers[0]) if facts and facts.recipient.identifiers else None


def _registered_parties(party: DocumentParty, parties: Register) -> list[Party]:
    found = (parties.by_identifier(identifier) for identifier in party.identifiers)
    return [party for party in found if party is not None]


def _claim(message: Message, facts: DocumentFacts, sender: Party | None) -> str | None:
    """Tests have their own claims: an invoice that was tried out may come for real, and the other way round."""
    if not definition_of(facts.kind).has_unique_number or sender is None or not facts.number:
        return None
    year = (facts.issue_date or "")[:4]
    claim = "\x1f".join((sender.party_id, facts.kind.value, *_number_in_claim(facts.number.strip()), year))
    return f"{_TEST_CLAIM}{claim}" if message.is_test else claim


def _number_in_claim(number: str) -> tuple[str, ...]:
    """The number, or the SHA-256 of one so long that a database could not index it. XML has no U+001F, so that no
    number reads as the two parts of a long one."""
    if len(number) <= _CLAIMED_CHARACTERS_MAX:
        return (number,)
    return "sha256", hashlib.sha256(number.encode()).hexdigest()


def _shorten_for_list(text: str | None) -> str | None:
    return text and text[:_LISTED_CHARACTERS_MAX]


def _entries(steps: tuple[Step, ...], at: datetime) -> tuple[JournalEntry, ...]:
    return tuple([JournalEntry(step, at, GATEWAY) for step in steps])


def _with_finding(verdict: Verdict, finding: Finding) -> Verdict:
    return replace(verdict, findings=(*verdict.findings, finding), stages=(*verdict.stages, Stage.PARTIES))
