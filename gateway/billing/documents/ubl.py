"""Writes a bill as an NLCIUS e-invoice in UBL 2.1: an Invoice, or a CreditNote where money is refunded.

In Dutch, for its readers. The same bill gives the same bytes. Terms in brackets are those of EN 16931-1; NLCIUS is
NPR 9935: a Dutch supplier is named by KvK number (0106) or OIN (0190) and gives its address and how to pay;
what NLCIUS advises against (BR-NL-19 to -35) is left out.
"""

from collections.abc import Iterator
from decimal import Decimal

from lxml import etree

from gateway.billing.documents.bill import Bill, BillKind
from gateway.billing.documents.reading import ReadLine, belongs_to, document_name, read_lines
from gateway.billing.documents.reference import payment_reference
from gateway.billing.rating.amounts import PriceBasis
from gateway.billing.rating.services import SERVICE_NAMES
from gateway.billing.runs.debtor import Address, Debtor
from gateway.billing.runs.issuer import Issuer
from gateway.i18n import Text

CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC = f"{_UBL}CommonAggregateComponents-2"
_CBC = f"{_UBL}CommonBasicComponents-2"
_OIN, _KVK = "0190", "0106"
_SEPA_TRANSFER = "58"
_ONE = "C62"
_NOT_SUBJECT = Text("Not subject to VAT: settlement within the State")

Node = tuple[str, object] | tuple[str, object, dict[str, str]]


def write(bill: Bill) -> bytes:
    """The e-invoice, UTF-8, with an XML declaration."""
    name = "CreditNote" if bill.kind is BillKind.CREDIT_NOTE else "Invoice"
    root = etree.Element(f"{{{_UBL}{name}-2}}{name}", nsmap={None: f"{_UBL}{name}-2", "cac": _CAC, "cbc": _CBC})
    for node in _document(bill, name):
        _add(root, node)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _add(parent: etree._Element, node: Node) -> None:
    """Add an element: lower case after the prefix rule of UBL, a list of children makes it an aggregate."""
    name, content, attributes = (*node, {})[:3] if len(node) == 2 else node
    namespace = _CAC if isinstance(content, list) else _CBC
    element = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    if isinstance(content, list):
        for child in content:
            _add(element, child)
    else:
        element.text = str(content)


def _document(bill: Bill, name: str) -> Iterator[Node]:
    is_credit = bill.kind is BillKind.CREDIT_NOTE
    yield "CustomizationID", CUSTOMIZATION
    yield "ProfileID", PROFILE
    yield "ID", bill.number
    yield "IssueDate", bill.issued_on
    if not is_credit:
        yield "DueDate", bill.due_on
    yield f"{name}TypeCode", "381" if is_credit else "380"
    yield "Note", _note(bill)
    yield "DocumentCurrencyCode", "EUR"
    yield "BuyerReference", bill.debtor.reference or bill.debtor.party_id
    yield "InvoicePeriod", [("StartDate", bill.first), ("EndDate", bill.last)]
    for earlier in bill.preceding:
        # NLCIUS advises against its date (BT-26, BR-NL-24): the note says it.
        yield "BillingReference", [("InvoiceDocumentReference", [("ID", earlier.number)])]
    yield from _evidence(bill)
    yield "AccountingSupplierParty", [("Party", list(_supplier(bill.issuer, bill.vat_percent)))]
    yield "AccountingCustomerParty", [("Party", list(_customer(bill.debtor, bill.vat_percent)))]
    yield "PaymentMeans", _payment(bill)
    if not is_credit:
        yield "PaymentTerms", [("Note", Text("To be paid by {day:date}", day=bill.due_on).nl)]
    yield "TaxTotal", _tax(bill)
    yield "LegalMonetaryTotal", _totals(bill)
    for line in read_lines(bill):
        yield f"{name}Line", _line(bill, line)


def _note(bill: Bill) -> str:
    """Which document it is (advance or final), of what, what it credits, and the notes on it."""
    sentences = [f"{document_name(bill).nl} {SERVICE_NAMES[bill.service].name.nl} {bill.year}"]
    if sentence := belongs_to(bill):
        sentences.append(sentence.nl)
    return ". ".join((*sentences, *(note.nl for note in bill.notes)))


def _evidence(bill: Bill) -> Iterator[Node]:
    """Where the messages behind the lines are listed (BG-24)."""
    links = dict.fromkeys(line.link for line in bill.lines if line.link)
    for rank, link in enumerate(links, 1):
        yield (
            "AdditionalDocumentReference",
            [
                ("ID", f"{bill.number}-{Text('usage').nl}" + (f"-{rank}" if len(links) > 1 else "")),
                ("DocumentDescription", Text("List of the units that were counted").nl),
                ("Attachment", [("ExternalReference", [("URI", link)])]),
            ],
        )


def _supplier(issuer: Issuer, percent: Decimal) -> Iterator[Node]:
    yield "EndpointID", issuer.oin, {"schemeID": _OIN}
    yield "PartyName", [("Name", issuer.name)]
    yield "PostalAddress", _address(issuer.address)
    if percent:  # BR-O-02: where nothing is subject to tax, no tax number is given
        yield "PartyTaxScheme", [("CompanyID", issuer.vat_number), ("TaxScheme", [("ID", "VAT")])]
    yield "PartyLegalEntity", [("RegistrationName", issuer.name), ("CompanyID", issuer.kvk, {"schemeID": _KVK})]
    contact: list[Node] = [("Name", issuer.contact), ("Telephone", issuer.phone), ("ElectronicMail", issuer.email)]
    yield "Contact", contact


def _customer(debtor: Debtor, percent: Decimal) -> Iterator[Node]:
    yield "EndpointID", debtor.oin, {"schemeID": _OIN}
    yield "PartyName", [("Name", debtor.name)]
    yield "PostalAddress", _address(debtor.address)
    if debtor.vat_number and percent:
        yield "PartyTaxScheme", [("CompanyID", debtor.vat_number), ("TaxScheme", [("ID", "VAT")])]
    yield "PartyLegalEntity", [("RegistrationName", debtor.name), ("CompanyID", debtor.oin, {"schemeID": _OIN})]


def _address(address: Address) -> list[Node]:
    return [
        ("StreetName", address.street),
        ("CityName", address.city),
        ("PostalZone", address.postcode),
        ("Country", [("IdentificationCode", address.country)]),
    ]


def _payment(bill: Bill) -> list[Node]:
    """How to pay (BG-16). NLCIUS advises against a BIC (BR-NL-31): the IBAN is enough."""
    return [
        ("PaymentMeansCode", _SEPA_TRANSFER),
        ("PaymentID", payment_reference(bill.number)),
        ("PayeeFinancialAccount", [("ID", bill.issuer.iban)]),
    ]


def _category(percent: Decimal, *, with_reason: bool) -> list[Node]:
    """VAT category: standard rated (S), or not subject to tax within the State (O)."""
    scheme: Node = ("TaxScheme", [("ID", "VAT")])
    if percent:
        return [("ID", "S"), ("Percent", percent), scheme]
    reason: list[Node] = [("TaxExemptionReason", _NOT_SUBJECT.nl)] if with_reason else []
    return [("ID", "O"), *reason, scheme]


def _tax(bill: Bill) -> list[Node]:
    vat = _money("TaxAmount", bill, bill.amounts.vat)
    subtotal: list[Node] = [
        _money("TaxableAmount", bill, bill.amounts.excluding),
        vat,
        ("TaxCategory", _category(bill.vat_percent, with_reason=True)),
    ]
    return [vat, ("TaxSubtotal", subtotal)]


def _totals(bill: Bill) -> list[Node]:
    return [
        _money("LineExtensionAmount", bill, sum((line.net for line in bill.lines), Decimal(0))),
        _money("TaxExclusiveAmount", bill, bill.amounts.excluding),
        _money("TaxInclusiveAmount", bill, bill.amounts.including),
        _money("PayableAmount", bill, bill.amounts.including),
    ]


def _line(bill: Bill, one: ReadLine) -> list[Node]:
    quantity = "CreditedQuantity" if bill.kind is BillKind.CREDIT_NOTE else "InvoicedQuantity"
    line = one.line
    basis = Text("including VAT") if bill.basis is PriceBasis.INCLUDING_VAT else Text("excluding VAT")
    return [
        ("ID", line.number),
        ("Note", f"{line.how.nl} ({basis.nl})"),
        (quantity, one.units, {"unitCode": _ONE}),
        _money("LineExtensionAmount", bill, line.net),
        (
            "Item",
            [("Name", one.text), ("ClassifiedTaxCategory", _category(bill.vat_percent, with_reason=False))],
        ),
        ("Price", [("PriceAmount", format(line.net_price, "f"), {"currencyID": "EUR"})]),
    ]


def _money(name: str, bill: Bill, amount: Decimal) -> Node:
    """An amount as the document shows it: a credit note shows what is refunded as positive."""
    shown = -amount if bill.kind is BillKind.CREDIT_NOTE else amount
    return name, f"{shown + 0:.2f}", {"currencyID": "EUR"}
