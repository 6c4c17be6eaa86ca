"""From a verdict to what happens to a message: who may send, who receives, which steps follow.

Pure: takes what is known, answers an `Decision`; the store makes it true in one transaction.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from gateway.i18n import Text
from gateway.messages.lifecycle import FIRST_STEPS, Disposition, Foutcode, State, Step, after
from gateway.messages.message import JournalEntry, Waiting
from gateway.messages.participants import Party, Role
from gateway.messages.submission import INTERNAL
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.model.document import DocumentFacts, DocumentParty
from gateway.validator.model.identifiers import PartyIdentifier
from gateway.validator.verdict import Verdict

GATEWAY = "gateway"
"""The actor of what happens by itself."""

_CLAIMED_CHARACTERS_MAX = 200
"""A longer document number is claimed by its hash: an index of PostgreSQL holds 2.7 KB, XML holds any length."""
_TEST_CLAIM = "\x1ftest\x1f"
"""Before the claim of a test; no party id begins so."""

NOTHING_KNOWN = Verdict()
"""The verdict on a document that no check has seen."""


class Register(Protocol):
    """Parties, at hand without waiting."""

    def by_id(self, party_id: str) -> Party | None:
        """The party, or None."""

    def by_identifier(self, identifier: PartyIdentifier) -> Party | None:
        """The party with this identifier, or None."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of a message. `disposition` is None where delivering it decides what it is to the meter.

    `steps` is how many its journal has before `entries`; `claim` names supplier, kind, number and year of a
    document that may come only once.
    """

    kenmerk: str
    verdict: Verdict
    entries: tuple[JournalEntry, ...]
    state: State
    disposition: Disposition | None
    sender: Party | None = None
    recipient: Party | None = None
    recipient_named: str | None = None
    claim: str | None = None
    duplicate_of: str | None = None
    is_test: bool = False
    steps: int = len(FIRST_STEPS)


def decide(judged: Waiting, verdict: Verdict, register: Register, at: datetime) -> Decision:
    """What becomes of a message: refused, returned, or delivered to its recipient's mailbox."""
    facts, submitter = verdict.facts, register.by_id(judged.submitter_id) if judged.submitter_id else None
    if facts is None:
        return _refused(judged, verdict, at, submitter)
    senders = _known(facts.sender, register)
    sender = senders[0] if senders else None
    if wrong := _sender_problem(judged, facts, senders, submitter, register):
        return _refused(judged, verdict, at, None, wrong)  # whom it names has no part in it
    if not verdict.valid:
        return _refused(judged, verdict, at, sender)
    recipient, named = _recipient(judged, facts, register)
    passed = (Step.SENDER_AUTHORISED, Step.SCHEMA_PASSED, Step.RULES_PASSED)
    if recipient is None:
        return _returned(judged, verdict, sender, named, at, passed)
    if recipient.wants_push:
        return _to_be_pushed(judged, verdict, sender, recipient, named, at, passed, facts)
    steps = (*passed, Step.DELIVERY_STARTED, Step.DELIVERED)
    return Decision(
        judged.kenmerk,
        verdict,
        _entries(steps, at),
        State.DELIVERED,
        None,
        sender,
        recipient,
        named,
        _claim(judged, facts, sender),
        is_test=judged.is_test,
        steps=judged.steps,
    )


def as_duplicate(outcome: Decision, first_kenmerk: str, at: datetime) -> Decision:
    """The outcome when another message already holds its claim: not delivered, not metered, and said so."""
    facts = outcome.verdict.facts
    number = (facts.number or "")[:_CLAIMED_CHARACTERS_MAX] if facts else ""
    finding = _party_finding(
        "MP-DUPLICATE",
        Text(
            "This supplier already sent number {number} in this year, as message {first_kenmerk}.",
            number=number,
            first_kenmerk=first_kenmerk,
        ),
        Text("Nothing to do if this was a repeat. A corrected invoice needs a number of its own."),
        found=number,
    )
    entry = JournalEntry(Step.FOUND_DUPLICATE, at, GATEWAY, Foutcode.VAS500, f"duplicate of {first_kenmerk}")
    return replace(
        outcome,
        verdict=_with_finding(outcome.verdict, finding),
        entries=(*outcome.entries[:3], entry),
        state=State.DUPLICATE,
        disposition=Disposition.DUPLICATE,
        duplicate_of=first_kenmerk,
        claim=None,
    )


def broken(judged: Waiting, at: datetime, detail: str, verdict: Verdict = NOTHING_KNOWN) -> Decision:
    """The outcome when judging failed technically: the message is set apart, with what was found so far."""
    finding = Finding(
        "MP-TECHNICAL",
        Flag.FATAL,
        Stage.XML,
        Text("The gateway could not judge this document. An operator looks at it; you need not send it again."),
    )
    entry = JournalEntry(Step.VALIDATION_BROKE, at, GATEWAY, Foutcode.VAS400, detail)
    verdict = replace(verdict, findings=(finding, *verdict.findings))
    return Decision(
        judged.kenmerk,
        verdict,
        (entry,),
        State.PARKED,
        Disposition.PENDING,
        is_test=judged.is_test,
        steps=judged.steps,
    )


_NOBODY = Text("nobody")


def _sender_problem(
    judged: Waiting, facts: DocumentFacts, senders: Sequence[Party], submitter: Party | None, register: Register
) -> Finding | None:
    """`senders`: who the document is from, by each identifier that is registered."""
    if judged.channel == INTERNAL:
        return None
    parties = {party.party_id for party in senders}
    if submitter is not None and judged.on_behalf_of is None and parties == {submitter.party_id}:
        return None
    named = ", ".join(str(identifier) for identifier in facts.sender.identifiers) or _NOBODY
    if not senders or submitter is None:
        return _party_finding(
            "MP-SENDER-UNKNOWN",
            Text("The party that this document is from is not registered here."),
            Text("Use a registered identifier: KvK number (0106), OIN (0190) or VAT number (9944)."),
            found=named,
        )
    allowed = {submitter.party_id} | (submitter.mandates if judged.role is Role.INTERMEDIARY else frozenset())
    if wrong := _principal_problem(judged, parties, allowed, named, register):
        return wrong
    if parties <= allowed:
        return None
    return _party_finding(
        "MP-SENDER-MANDATE",
        Text("You may not send documents of this party."),
        Text("Send with this party's own key, or have the operator register its mandate for you."),
        found=named,
    )


def _principal_problem(
    judged: Waiting, parties: set[str], allowed: frozenset[str] | set[str], named: str | Text, register: Register
) -> Finding | None:
    """The party for which the sender says it acts must be the one that the document is from, and have given it a
    mandate. `parties`: who the document is from, as far as they are registered; `named`: in its own words."""
    if judged.on_behalf_of is None:
        return None
    principal = register.by_identifier(judged.on_behalf_of)
    if principal is None:
        said, advice = _UNKNOWN_PRINCIPAL
    elif principal.party_id not in parties:
        said, advice = _OTHER_PRINCIPAL
    elif principal.party_id not in allowed:
        said, advice = _PRINCIPAL_WITHOUT_MANDATE
    else:
        return None
    return replace(
        _party_finding("MP-ON-BEHALF-OF", said, advice, found=str(judged.on_behalf_of)),
        expected=named if said is _OTHER_PRINCIPAL[0] else None,
    )


_UNKNOWN_PRINCIPAL = (
    Text("You say that you send for a party that is not registered here."),
    Text("Name it by a registered identifier, or have the operator register it."),
)
_OTHER_PRINCIPAL = (
    Text("You say that you send for one party, and the document is from another."),
    Text("Check which document this is: name the party that it is from, or leave the name out."),
)
_PRINCIPAL_WITHOUT_MANDATE = (
    Text("The party that you say you send for gave you no mandate."),
    Text("Have the operator register its mandate for you, then send the document again."),
)


def _recipient(judged: Waiting, facts: DocumentFacts, register: Register) -> tuple[Party | None, str | None]:
    if judged.wanted_recipient is not None:
        return register.by_identifier(judged.wanted_recipient), str(judged.wanted_recipient)
    known = _known(facts.recipient, register)
    return (known[0] if known else None), _first_named(facts)


def _first_named(facts: DocumentFacts | None) -> str | None:
    """The recipient as the document names it first."""
    return str(facts.recipient.identifiers[0]) if facts and facts.recipient.identifiers else None


def _known(party: DocumentParty, register: Register) -> list[Party]:
    found = (register.by_identifier(identifier) for identifier in party.identifiers)
    return [party for party in found if party is not None]


def _claim(judged: Waiting, facts: DocumentFacts, sender: Party | None) -> str | None:
    """Tests have claims of their own: an invoice that was tried out may come for real, and the other way round."""
    if not facts.kind.is_billing or sender is None or not facts.number:
        return None
    year = (facts.issue_date or "")[:4]
    claim = "\x1f".join((sender.party_id, facts.kind.value, *_number_in_claim(facts.number.strip()), year))
    return f"{_TEST_CLAIM}{claim}" if judged.is_test else claim


def _number_in_claim(number: str) -> tuple[str, ...]:
    """The number, or the SHA-256 of one so long that a database could not index it. XML has no U+001F, so that no
    number reads as the two parts of a long one."""
    if len(number) <= _CLAIMED_CHARACTERS_MAX:
        return (number,)
    return "sha256", hashlib.sha256(number.encode()).hexdigest()


def _to_be_pushed(
    judged: Waiting,
    verdict: Verdict,
    sender: Party | None,
    recipient: Party,
    named: str | None,
    at: datetime,
    passed: tuple[Step, ...],
    facts: DocumentFacts,
) -> Decision:
    """Valid, and on its way: delivery makes it delivered or returned, and only then it is metered."""
    return Decision(
        judged.kenmerk,
        verdict,
        _entries(passed, at),
        State.CHECKED,
        Disposition.PENDING,
        sender,
        recipient,
        named,
        _claim(judged, facts, sender),
        is_test=judged.is_test,
        steps=judged.steps,
    )


def _refused(
    judged: Waiting, verdict: Verdict, at: datetime, sender: Party | None, no_right: Finding | None = None
) -> Decision:
    """Refused: the sender has no right to send it (`no_right` says why), else because it is not valid."""
    if no_right is not None:
        verdict = _with_finding(verdict, no_right)
        entries: tuple[JournalEntry, ...] = (
            JournalEntry(Step.SENDER_NOT_AUTHORISED, at, GATEWAY, None, no_right.rule),
        )
    else:
        passed: tuple[Step, ...] = (Step.SENDER_AUTHORISED,) if verdict.facts else ()
        passed += (Step.SCHEMA_PASSED,) if Stage.RULES in verdict.stages else ()
        detail = verdict.fatal[0].rule if verdict.fatal else None
        failed = JournalEntry(Step.VALIDATION_FAILED, at, GATEWAY, Foutcode.VAS500, detail)
        entries = (*_entries(passed, at), failed)
    return Decision(
        judged.kenmerk,
        verdict,
        entries,
        State.REFUSED,
        Disposition.REFUSED,
        sender,
        recipient_named=_first_named(verdict.facts),
        is_test=judged.is_test,
        steps=judged.steps,
    )


def _returned(
    judged: Waiting,
    verdict: Verdict,
    sender: Party | None,
    named: str | None,
    at: datetime,
    passed: tuple[Step, ...],
) -> Decision:
    finding = _party_finding(
        "MP-RECIPIENT-UNKNOWN",
        Text(
            "No recipient is registered here under {named}.",
            named=named or Text("the identifiers in this document"),
        ),
        Text("Ask the recipient for its OIN and put it in the buyer's electronic address (BT-49, scheme 0190)."),
        found=named,
    )
    failed = JournalEntry(
        Step.DELIVERY_FAILED, at, GATEWAY, Foutcode.AFO100, f"no such recipient: {named or 'none named'}"
    )
    return Decision(
        judged.kenmerk,
        _with_finding(verdict, finding),
        (*_entries(passed, at), failed),
        State.RETURNED,
        Disposition.UNDELIVERABLE,
        sender,
        None,
        named,
        is_test=judged.is_test,
        steps=judged.steps,
    )


def _entries(steps: tuple[Step, ...], at: datetime) -> tuple[JournalEntry, ...]:
    return tuple(JournalEntry(step, at, GATEWAY) for step in steps)


def _with_finding(verdict: Verdict, finding: Finding) -> Verdict:
    return replace(verdict, findings=(*verdict.findings, finding), stages=(*verdict.stages, Stage.PARTIES))


def _party_finding(rule: str, message: Text, advice: Text, found: Text | str | None) -> Finding:
    return Finding(rule, Flag.FATAL, Stage.PARTIES, message, found=found, advice=advice)


def check_steps(state: State | None, entries: tuple[JournalEntry, ...]) -> State:
    """The state after these steps. Raises LifecycleError where one may not follow the one before."""
    for entry in entries:
        state = after(state, entry.step)
    if state is None:
        raise ValueError("no steps")
    return state
