"""Who may send a document: its own party, or an intermediary with that party's mandate."""

from dataclasses import replace

import pytest

from gateway.messages.authorisation import sender_problem
from gateway.messages.message import Message
from gateway.messages.participants import Party, PartyKind, Role
from gateway.messages.submission import INTERNAL
from gateway.testing.doubles import MemoryRegister
from gateway.validator.model.document import DocumentFacts, DocumentKind, DocumentParty
from gateway.validator.model.identifiers import PartyIdentifier
from tests.unit.messages.examples import SUPPLIER, TOWN, received

SOFTWARE = Party("software", "S", PartyKind.COMPANY, mandates=frozenset({"supplier"}))
REGISTER = MemoryRegister(SUPPLIER, TOWN, SOFTWARE)
OF_SUPPLIER, OF_TOWN = SUPPLIER.identifiers[0], TOWN.identifiers[0]
UNKNOWN = PartyIdentifier("0106", "11111111")


def problem(message: Message, *senders: PartyIdentifier) -> str | None:
    """The rule that forbids it, for a document from the party of these identifiers."""
    facts = DocumentFacts(DocumentKind.INVOICE, sender=DocumentParty(senders))
    parties = [party for one in senders if (party := REGISTER.by_identifier(one))]
    submitter = REGISTER.by_id(message.submitter_id or "")
    finding = sender_problem(message, facts, parties, submitter, REGISTER)
    return finding.rule if finding else None


def by_software(role: Role = Role.INTERMEDIARY, on_behalf_of: PartyIdentifier | None = None) -> Message:
    return replace(received(submitter_id="software"), role=role, on_behalf_of=on_behalf_of)


def test_a_party_sends_its_own_documents() -> None:
    assert problem(received(), OF_SUPPLIER) is None
    assert problem(replace(received(), on_behalf_of=OF_SUPPLIER), OF_SUPPLIER) is None


@pytest.mark.parametrize("senders", [(), (UNKNOWN,)])
def test_a_document_of_nobody_that_is_registered_is_not_sent(senders: tuple[PartyIdentifier, ...]) -> None:
    assert problem(received(), *senders) == "MP-SENDER-UNKNOWN"


def test_a_submitter_that_is_registered_no_more_sends_nothing() -> None:
    assert problem(received(submitter_id="gone"), OF_SUPPLIER) == "MP-SENDER-UNKNOWN"


def test_an_intermediary_needs_a_mandate_of_every_party_that_the_document_names() -> None:
    assert problem(by_software(), OF_SUPPLIER) is None
    assert problem(by_software(), OF_TOWN) == "MP-SENDER-MANDATE"
    assert problem(by_software(), OF_SUPPLIER, OF_TOWN) == "MP-SENDER-MANDATE"


def test_a_mandate_is_worth_nothing_with_the_key_of_a_supplier() -> None:
    assert problem(by_software(Role.SUPPLIER), OF_SUPPLIER) == "MP-SENDER-MANDATE"


@pytest.mark.parametrize(
    ("principal", "sender", "rule"),
    [
        (OF_SUPPLIER, OF_SUPPLIER, None),
        (UNKNOWN, OF_SUPPLIER, "MP-ON-BEHALF-OF"),
        (OF_TOWN, OF_SUPPLIER, "MP-ON-BEHALF-OF"),
        (OF_TOWN, OF_TOWN, "MP-ON-BEHALF-OF"),
    ],
)
def test_the_principal_is_who_the_document_is_from_and_gave_a_mandate(
    principal: PartyIdentifier, sender: PartyIdentifier, rule: str | None
) -> None:
    assert problem(by_software(on_behalf_of=principal), sender) == rule


def test_the_gateway_sends_its_own_bills() -> None:
    assert problem(replace(received(submitter_id=""), channel=INTERNAL), UNKNOWN) is None
