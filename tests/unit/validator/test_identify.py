"""What a document is, and what it says of itself."""

import pytest
from lxml import etree

from gateway.validator.finding import Finding
from gateway.validator.identify import NAMESPACES, identify, older_format, read_facts
from gateway.validator.model.document import DocumentKind
from tests.samples import SAMPLES

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


def root(document: str | bytes) -> etree._Element:
    return etree.fromstring(document)


@pytest.mark.parametrize("kind", DocumentKind)
def test_each_kind_is_known_by_its_root_and_namespace(kind: DocumentKind) -> None:
    assert identify(root(f'<x:{kind.value} xmlns:x="{NAMESPACES[kind]}"/>')) is kind


NOT_OURS = [
    (
        "MP-ID-SBDH",
        "StandardBusinessDocument",
        "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader",
    ),
    ("MP-ID-SOAP", "Envelope", "http://schemas.xmlsoap.org/soap/envelope/"),
    ("MP-ID-SOAP", "Envelope", "http://www.w3.org/2003/05/soap-envelope"),
    ("MP-ID-EBXML", "Messaging", "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"),
    ("MP-ID-CII", "CrossIndustryInvoice", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"),
    ("MP-ID-OHNL", "Invoice", "http://www.nltaxonomie.nl/ubl/2.0/NL/1.0/xsd/maindoc/UBL-NL-Invoice"),
    ("MP-ID-UBL1", "Invoice", f"{UBL}Invoice-1.0"),
    ("MP-ID-OAGIS", "Invoice", "http://www.openapplications.org/oagis"),
    ("MP-ID-HRXML", "HumanResource", "http://ns.hr-xml.org/2007-04-15"),
    ("MP-ID-NAMESPACE", "Invoice", "urn:example"),
    ("MP-ID-NAMESPACE", "TimeCard", "urn:example"),
    ("MP-ID-NAMESPACE", "Order", f"{UBL}Invoice-2"),
    ("MP-ID-ROOT", "Catalogue", f"{UBL}Catalogue-2"),
    ("MP-ID-ROOT", "invoice", "urn:example"),
]


@pytest.mark.parametrize(("rule", "name", "namespace"), NOT_OURS)
def test_what_is_not_ours_is_named_and_never_passes(rule: str, name: str, namespace: str) -> None:
    finding = identify(root(f'<{name} xmlns="{namespace}"/>'))
    assert isinstance(finding, Finding)
    assert finding.rule == rule
    assert finding.advice is not None
    assert finding.location.endswith(name)


def test_a_root_without_namespace_says_which_one_to_write() -> None:
    finding = identify(root("<CreditNote/>"))
    assert isinstance(finding, Finding)
    assert finding.expected == f"{UBL}CreditNote-2"


def test_ubl_ohnl_wears_ubls_namespace_and_is_known_by_its_customization() -> None:
    document = SAMPLES["nlcius-invoice"].xml()
    start, end = document.index(b"<cbc:CustomizationID>"), document.index(b"<cbc:ID>")
    old = b"<cbc:CustomizationID>1.9</cbc:CustomizationID><cbc:ProfileID>NL</cbc:ProfileID>"
    finding = older_format(read_facts(root(document[:start] + old + document[end:]), DocumentKind.INVOICE))
    assert finding is not None
    assert finding.rule == "MP-ID-OHNL"
    assert older_format(read_facts(root(document), DocumentKind.INVOICE)) is None


def test_an_invoice_goes_from_supplier_to_customer() -> None:
    facts = read_facts(root(SAMPLES["nlcius-invoice"].xml()), DocumentKind.INVOICE)
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
        f'<{kind.value} xmlns="{NAMESPACES[kind]}" xmlns:a="{UBL}CommonAggregateComponents-2" '
        f'xmlns:b="{UBL}CommonBasicComponents-2">'
        f"{_party(recipient, '0190', '00000001812345678000')}{_party(sender, '0106', '90.81.72.63')}"
        f"</{kind.value}>"
    )
    facts = read_facts(root(document), kind)
    assert [str(one) for one in facts.sender.identifiers] == ["0106:90817263"]
    assert [str(one) for one in facts.recipient.identifiers] == ["0190:00000001812345678000"]


def test_what_a_document_leaves_out_is_absent() -> None:
    facts = read_facts(root(f'<Order xmlns="{NAMESPACES[DocumentKind.ORDER]}"/>'), DocumentKind.ORDER)
    assert (facts.number, facts.issue_date, facts.sender.identifiers) == (None, None, ())
    facts = read_facts(root(f'<TimeCard xmlns="{NAMESPACES[DocumentKind.TIME_CARD]}"/>'), DocumentKind.TIME_CARD)
    assert (facts.number, facts.recipient.identifiers) == (None, ())


@pytest.mark.parametrize("broken_up", ["INK<!-- x -->-7", "<!-- x -->INK-7", "INK<?x y?>-7", "<![CDATA[INK]]>-7"])
def test_a_text_is_whole_where_comments_break_it_up(broken_up: str) -> None:
    order = f'<Order xmlns="{UBL}Order-2" xmlns:b="{UBL}CommonBasicComponents-2"><b:ID>{broken_up}</b:ID></Order>'
    assert read_facts(root(order), DocumentKind.ORDER).number == "INK-7"
