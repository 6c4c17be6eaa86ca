"""What a document says of itself and its parties."""

import pytest
from lxml import etree

from gateway.validator.header import read_header
from gateway.validator.kinds import KINDS, definition_of
from gateway.validator.model.document import DocumentFacts, DocumentKind
from gateway.validator.model.identifiers import compact
from gateway.validator.rules.cases import cases
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.reader import read
from gateway.validator.xml.namespaces import UBL
from tests.rules.documents import document_of
from tests.samples import SAMPLES
from tests.samples.documents import document as sample_document


def root(document: str | bytes) -> etree._Element:
    return etree.fromstring(document)


def header(root: etree._Element, kind: DocumentKind) -> DocumentFacts:
    return read_header(root, kind, definition_of(kind).header)


def test_the_header_of_an_invoice_says_what_its_model_says() -> None:
    documents = {document_of(case) for listed in cases().values() for case in listed}
    documents |= {sample.xml() for sample in SAMPLES.values()}
    invoices = [one for one in map(root, documents) if UBL_INVOICE.name_of(str(one.tag)) in UBL_INVOICE.roots]
    assert len(invoices) > 1_000
    for one in invoices:
        facts = header(one, DocumentKind.INVOICE)
        invoice = read(one, UBL_INVOICE).document
        heads = (invoice.specification, invoice.process, invoice.number, invoice.issue_date)
        assert [(each or "").strip() or None for each in heads] == [
            facts.customization_id,
            facts.profile_id,
            facts.number,
            facts.issue_date,
        ]
        for party, known in ((invoice.seller, facts.sender), (invoice.buyer, facts.recipient)):
            values = {each.value for each in known.identifiers}
            assert {compact("", each.value or "") for each in party.identifiers if each.scheme} <= values
            assert not party.electronic_address_scheme or compact("", party.electronic_address or "") in values


def test_the_parties_of_an_invoice_without_a_valid_structure_are_known() -> None:
    document = SAMPLES["nlcius-invoice"].xml().replace(b"<cbc:DueDate>", b"<cbc:Nonsense/><cbc:DueDate>")
    facts = header(root(document), DocumentKind.INVOICE)
    assert [str(one) for one in facts.sender.identifiers] == ["0106:90817263", "9944:NL859173641B01"]


def test_an_invoice_goes_from_supplier_to_customer() -> None:
    facts = header(root(SAMPLES["nlcius-invoice"].xml()), DocumentKind.INVOICE)
    assert (facts.number, facts.issue_date) == ("2026-0417", "2026-11-02")
    assert facts.customization_id == "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"
    assert [str(one) for one in facts.sender.identifiers] == ["0106:90817263", "9944:NL859173641B01"]
    assert [str(one) for one in facts.recipient.identifiers] == [
        "0190:00000001812345678000",
        "9944:NL812345678B01",
    ]
    assert (facts.sender.name, facts.recipient.name) == (
        "Groenbedrijf De Wilgenroos B.V.",
        "Gemeente Zilverstrand",
    )


def _party(role: str, scheme: str, value: str) -> str:
    party = f'<b:EndpointID schemeID="{scheme}">{value}</b:EndpointID>'
    inner = party if role in {"SenderParty", "ReceiverParty"} else f"<a:Party>{party}</a:Party>"
    return f"<a:{role}>{inner}</a:{role}>"


DIRECTIONS = [
    (DocumentKind.CREDIT_NOTE, "AccountingSupplierParty", "AccountingCustomerParty"),
    (DocumentKind.ORDER, "BuyerCustomerParty", "SellerSupplierParty"),
    (DocumentKind.ORDER_CHANGE, "BuyerCustomerParty", "SellerSupplierParty"),
    (DocumentKind.ORDER_CANCELLATION, "BuyerCustomerParty", "SellerSupplierParty"),
    (DocumentKind.ORDER_RESPONSE, "SellerSupplierParty", "BuyerCustomerParty"),
    (DocumentKind.ORDER_RESPONSE_SIMPLE, "SellerSupplierParty", "BuyerCustomerParty"),
    (DocumentKind.DESPATCH_ADVICE, "SellerSupplierParty", "BuyerCustomerParty"),
    (DocumentKind.DESPATCH_ADVICE, "DespatchSupplierParty", "DeliveryCustomerParty"),
    (DocumentKind.RECEIPT_ADVICE, "BuyerCustomerParty", "SellerSupplierParty"),
    (DocumentKind.RECEIPT_ADVICE, "DeliveryCustomerParty", "DespatchSupplierParty"),
    (DocumentKind.APPLICATION_RESPONSE, "SenderParty", "ReceiverParty"),
]


@pytest.mark.parametrize(("kind", "sender", "recipient"), DIRECTIONS)
def test_each_kind_has_its_direction(kind: DocumentKind, sender: str, recipient: str) -> None:
    document = (
        f'<{kind.value} xmlns="{definition_of(kind).namespace}" xmlns:a="{UBL}CommonAggregateComponents-2" '
        f'xmlns:b="{UBL}CommonBasicComponents-2">'
        f"{_party(recipient, '0190', '00000001812345678000')}{_party(sender, '0106', '90.81.72.63')}"
        f"</{kind.value}>"
    )
    facts = header(root(document), kind)
    assert [str(one) for one in facts.sender.identifiers] == ["0106:90817263"]
    assert [str(one) for one in facts.recipient.identifiers] == ["0190:00000001812345678000"]


@pytest.mark.parametrize("kind", [each.kind for each in KINDS])
def test_what_a_document_leaves_out_is_absent(kind: DocumentKind) -> None:
    facts = header(root(f'<{kind.value} xmlns="{definition_of(kind).namespace}"/>'), kind)
    assert facts == DocumentFacts(kind)


@pytest.mark.parametrize("broken_up", ["INK<!-- x -->-7", "<!-- x -->INK-7", "INK<?x y?>-7", "<![CDATA[INK]]>-7"])
def test_a_text_is_whole_where_comments_break_it_up(broken_up: str) -> None:
    order = f'<Order xmlns="{UBL}Order-2" xmlns:b="{UBL}CommonBasicComponents-2"><b:ID>{broken_up}</b:ID></Order>'
    assert header(root(order), DocumentKind.ORDER).number == "INK-7"


def test_a_time_card_names_its_version_customer_and_supplier() -> None:
    card = sample_document(DocumentKind.TIME_CARD).decode()
    version = '<AdditionalRequirement requirementTitle="VersionId">2.0</AdditionalRequirement>'
    end = "</CustomerReportingRequirements>"
    facts = header(root(card.replace(end, version + end).encode()), DocumentKind.TIME_CARD)
    assert facts.customization_id == "2.0"
    assert facts.profile_id is None
    assert facts.issue_date is not None
    assert len(facts.issue_date) == len("2026-11-02")
    assert facts.sender.identifiers
    assert facts.recipient.identifiers
