"""Who may send a document: its own party, or an intermediary with that party's mandate."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.i18n import Text
from gateway.messages.message import Message
from gateway.messages.participants import Party, Register, Role
from gateway.messages.submission import INTERNAL
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.model.document import DocumentFacts

_NOBODY = Text("nobody")


def party_finding(
    rule: str, message: Text, advice: Text, found: Text | str | None, flag: Flag = Flag.FATAL
) -> Finding:
    """A finding about a party of the document."""
    return Finding(rule, flag, Stage.PARTIES, message, found=found, advice=advice)


def sender_problem(
    message: Message, facts: DocumentFacts, senders: Sequence[Party], submitter: Party | None, register: Register
) -> Finding | None:
    """Why this message may not be sent by its submitter, or None.

    `senders`: who the document is from, by each identifier that is registered.
    """
    if message.channel == INTERNAL:
        return None
    parties = {party.party_id for party in senders}
    if submitter is not None and message.on_behalf_of is None and parties == {submitter.party_id}:
        return None
    found = ", ".join(str(identifier) for identifier in facts.sender.identifiers) or _NOBODY
    if not senders or submitter is None:
        return party_finding(
            "MP-SENDER-UNKNOWN",
            Text("The party that this document is from is not registered here."),
            Text("Use a registered identifier: KvK number (0106), OIN (0190) or VAT number (9944)."),
            found=found,
        )
    allowed = {submitter.party_id} | (submitter.mandates if message.role is Role.INTERMEDIARY else frozenset())
    if wrong := _principal_problem(message, parties, allowed, found, register):
        return wrong
    if parties <= allowed:
        return None
    return party_finding(
        "MP-SENDER-MANDATE",
        Text("You may not send documents of this party."),
        Text("Send with this party's own key, or have the operator register its mandate for you."),
        found=found,
    )


def _principal_problem(
    message: Message, parties: set[str], allowed: frozenset[str] | set[str], found: str | Text, register: Register
) -> Finding | None:
    """The party for which the submitter says it acts must be the one that the document is from, and have given it
    a mandate. `parties`: who the document is from, as far as they are registered; `found`: as it names itself."""
    if message.on_behalf_of is None:
        return None
    principal = register.by_identifier(message.on_behalf_of)
    if principal is None:
        sentence, advice = _UNKNOWN_PRINCIPAL
    elif principal.party_id not in parties:
        sentence, advice = _OTHER_PRINCIPAL
    elif principal.party_id not in allowed:
        sentence, advice = _PRINCIPAL_WITHOUT_MANDATE
    else:
        return None
    return replace(
        party_finding("MP-ON-BEHALF-OF", sentence, advice, found=str(message.on_behalf_of)),
        expected=found if sentence is _OTHER_PRINCIPAL[0] else None,
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
