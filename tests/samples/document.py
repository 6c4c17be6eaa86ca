"""A typed builder of valid UBL invoices and credit notes: say what is on the bill, the sums follow.

The builder holds no rule of EN 16931 but the arithmetic; that its documents are valid is proven by the
official schema and stylesheet (`tests/conformance/test_samples.py`).
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from gateway.validator.model.document import DocumentKind
from tests.samples.parties import BUYER, SELLER, Address, Party
from tests.samples.xml import (
    CAC,
    CBC,
    CREDIT_NOTE,
    INVOICE,
    Element,
    element,
    many,
    write,
)

NLCIUS = "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"
PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
EN16931 = "urn:cen.eu:en16931:2017"
PEPPOL_PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


@dataclass(frozen=True, slots=True)
class Vat:
    """A VAT category as an invoice names it: code, rate in percent, and why no VAT is charged."""

    code: str
    percent: str | None
    reason: str | None = None
    reason_code: str | None = None


STANDARD = Vat("S", "21.00")
REDUCED = Vat("S", "9.00")
ZERO = Vat("Z", "0.00")
EXEMPT = Vat("E", "0.00", "Vrijgesteld: onderwijs")
REVERSE_CHARGE = Vat("AE", "0.00", "Btw verlegd")
INTRA_COMMUNITY = Vat("K", "0.00", "Intracommunautaire levering", "VATEX-EU-IC")
EXPORT = Vat("G", "0.00", "Uitvoer buiten de EU", "VATEX-EU-G")
OUT_OF_SCOPE = Vat("O", None, "Buiten de heffing van btw", "VATEX-EU-O")
SMALL_BUSINESS = Vat("O", None, "Kleineondernemersregeling")
CANARY_ISLANDS = Vat("L", "7.00")
CEUTA_MELILLA = Vat("M", "4.00")
SPLIT_PAYMENT = Vat("B", "22.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceCharge:
    """An allowance or a charge; `percent` of `base` is shown, `amount` is what counts."""

    amount: str
    charge: bool = False
    reason: str | None = "Korting"
    reason_code: str | None = None
    percent: str | None = None
    base: str | None = None
    vat: Vat = STANDARD


@dataclass(frozen=True, slots=True)
class Period:
    start: str | None = None
    end: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    name: str
    price: str
    quantity: str = "1"
    unit: str = "C62"
    vat: Vat = STANDARD
    description: str | None = None
    allowances: tuple[AllowanceCharge, ...] = ()
    price_discount: str | None = None
    base_quantity: str | None = None
    note: str | None = None
    period: Period | None = None
    order_line: str | None = None
    accounting_cost: str | None = None
    object_identifier: str | None = None
    seller_item: str | None = None
    buyer_item: str | None = None
    standard_item: tuple[str, str] | None = None
    classifications: tuple[tuple[str, str], ...] = ()
    origin: str | None = None
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def amount(self) -> Decimal:
        """Price times quantity per base quantity, less allowances, plus charges (BT-131)."""
        gross = Decimal(self.price) * Decimal(self.quantity) / Decimal(self.base_quantity or "1")
        return cents(gross) + signed_sum(self.allowances)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A supporting document: embedded bytes, or a link."""

    identifier: str
    description: str | None = None
    content: bytes | None = None
    media_type: str = "application/pdf"
    filename: str = "bijlage.pdf"
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How to pay: 58 and 30 name accounts, 59 a mandate and the payer's account, 48 a card. With the G-account
    extension it has an identifier, and says how much is paid so."""

    identifier: str | None = None
    amount: str | None = None
    code: str = "58"
    accounts: tuple[str, ...] = ("NL48MPRT0417164300",)
    account_name: str | None = None
    bank: str | None = None
    remittance: str | None = None
    mandate: str | None = None
    payer_account: str | None = None
    card: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    date: str | None = None
    location: tuple[str, str] | None = None
    address: Address | None = None
    party: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One bill. Every field that is not given leaves its element out."""

    kind: DocumentKind = DocumentKind.INVOICE
    customization: str = NLCIUS
    profile: str | None = None
    number: str = "2026-0417"
    issued: str = "2026-11-02"
    due: str | None = "2026-12-02"
    type_code: str | None = None
    notes: tuple[str, ...] = ()
    tax_point: str | None = None
    currency: str = "EUR"
    tax_currency: tuple[str, str] | None = None
    accounting_cost: str | None = None
    buyer_reference: str | None = "Kostenplaats 4410"
    period: Period | None = None
    order: str | None = "INK-2026-0093"
    sales_order: str | None = None
    preceding: tuple[tuple[str, str | None], ...] = ()
    despatch: str | None = None
    receipt: str | None = None
    originator: str | None = None
    contract: str | None = None
    object_identifier: tuple[str | None, str] | None = None
    attachments: tuple[Attachment, ...] = ()
    project: str | None = None
    seller: Party = SELLER
    creditor: str | None = None
    buyer: Party = BUYER
    payee: tuple[str, str | None, str | None] | None = None
    representative: Party | None = None
    delivery: Delivery | None = None
    payments: tuple[Payment, ...] = (Payment(),)
    terms: str | None = None
    allowances: tuple[AllowanceCharge, ...] = ()
    prepaid: str | None = None
    rounding: str | None = None
    lines: tuple[Line, ...] = (Line(name="Onderhoud plantsoen", price="100.00"),)

    def xml(self) -> bytes:
        """The document as UBL 2.1, UTF-8."""
        return write(self.element())

    def element(self) -> Element:
        """The root element of the document."""
        root = "Invoice" if self.is_invoice else "CreditNote"
        order = _INVOICE_ORDER if self.is_invoice else _CREDIT_NOTE_ORDER
        parts = sorted(_parts(self), key=lambda part: order.index(part.tag.partition(":")[2]))
        spaces = {"xmlns": INVOICE if self.is_invoice else CREDIT_NOTE, "xmlns:cac": CAC, "xmlns:cbc": CBC}
        return Element(root, None, tuple(parts), spaces)

    @property
    def is_invoice(self) -> bool:
        return self.kind is DocumentKind.INVOICE

    @property
    def line_total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal("0.00"))

    @property
    def breakdown(self) -> dict[Vat, Decimal]:
        """Taxable amount (BT-116) by VAT category and rate, in order of appearance."""
        taxable: dict[Vat, Decimal] = {}
        for line in self.lines:
            taxable[line.vat] = taxable.get(line.vat, Decimal("0.00")) + line.amount
        for item in self.allowances:
            taxable[item.vat] = taxable.get(item.vat, Decimal("0.00")) + signed_sum([item])
        return taxable

    @property
    def without_vat(self) -> Decimal:
        return self.line_total + signed_sum(self.allowances)

    @property
    def vat_total(self) -> Decimal:
        return sum((vat_amount(vat, base) for vat, base in self.breakdown.items()), Decimal("0.00"))


def cents(amount: Decimal) -> Decimal:
    """Rounded to two decimals, halves away from zero; samples hold no negative halves."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def vat_amount(vat: Vat, taxable: Decimal) -> Decimal:
    return cents(taxable * Decimal(vat.percent or "0") / 100)


def signed_sum(items: Iterable[AllowanceCharge]) -> Decimal:
    """Charges less allowances."""
    return sum((Decimal(i.amount) if i.charge else -Decimal(i.amount) for i in items), Decimal("0.00"))


def _parts(bill: Sample) -> list[Element]:
    return [*_header(bill), *_references(bill), *_parties(bill), *_settlement(bill), *_lines(bill)]


def _header(bill: Sample) -> list[Element]:
    kind = "cbc:InvoiceTypeCode" if bill.is_invoice else "cbc:CreditNoteTypeCode"
    return many(
        element("cbc:CustomizationID", bill.customization),
        element("cbc:ProfileID", bill.profile),
        element("cbc:ID", bill.number),
        element("cbc:IssueDate", bill.issued),
        element("cbc:DueDate", bill.due) if bill.is_invoice else None,
        element(kind, bill.type_code or ("380" if bill.is_invoice else "381")),
        *(element("cbc:Note", note) for note in bill.notes),
        element("cbc:TaxPointDate", bill.tax_point),
        element("cbc:DocumentCurrencyCode", bill.currency),
        element("cbc:TaxCurrencyCode", bill.tax_currency[0] if bill.tax_currency else None),
        element("cbc:AccountingCost", bill.accounting_cost),
        element("cbc:BuyerReference", bill.buyer_reference),
        _period(bill.period),
    )


def _period(period: Period | None) -> Element | None:
    if period is None:
        return None
    return element(
        "cac:InvoicePeriod",
        element("cbc:StartDate", period.start),
        element("cbc:EndDate", period.end),
        element("cbc:DescriptionCode", period.code),
    )


def _references(bill: Sample) -> list[Element]:
    return many(
        element(
            "cac:OrderReference", element("cbc:ID", bill.order), element("cbc:SalesOrderID", bill.sales_order)
        ),
        *(
            element(
                "cac:BillingReference",
                element(
                    "cac:InvoiceDocumentReference", element("cbc:ID", number), element("cbc:IssueDate", issued)
                ),
            )
            for number, issued in bill.preceding
        ),
        element("cac:DespatchDocumentReference", element("cbc:ID", bill.despatch)),
        element("cac:ReceiptDocumentReference", element("cbc:ID", bill.receipt)),
        element("cac:OriginatorDocumentReference", element("cbc:ID", bill.originator)),
        element("cac:ContractDocumentReference", element("cbc:ID", bill.contract)),
        _object(bill),
        *(_attachment(attachment) for attachment in bill.attachments),
        _project(bill),
    )


def _object(bill: Sample) -> Element | None:
    if bill.object_identifier is None:
        return None
    scheme, value = bill.object_identifier
    identifier = element("cbc:ID", value, schemeID=scheme)
    return element("cac:AdditionalDocumentReference", identifier, element("cbc:DocumentTypeCode", "130"))


def _project(bill: Sample) -> Element | None:
    """A credit note of UBL 2.1 has no ProjectReference: there it is a document of type 50."""
    if bill.project is None:
        return None
    if bill.is_invoice:
        return element("cac:ProjectReference", element("cbc:ID", bill.project))
    return element(
        "cac:AdditionalDocumentReference", element("cbc:ID", bill.project), element("cbc:DocumentTypeCode", "50")
    )


def _attachment(item: Attachment) -> Element | None:
    encoded = base64.b64encode(item.content).decode() if item.content is not None else None
    return element(
        "cac:AdditionalDocumentReference",
        element("cbc:ID", item.identifier),
        element("cbc:DocumentDescription", item.description),
        element(
            "cac:Attachment",
            element("cbc:EmbeddedDocumentBinaryObject", encoded, mimeCode=item.media_type, filename=item.filename),
            element("cac:ExternalReference", element("cbc:URI", item.link)),
        ),
    )


def _parties(bill: Sample) -> list[Element]:
    return many(
        element("cac:AccountingSupplierParty", _party(bill.seller, creditor=bill.creditor)),
        element("cac:AccountingCustomerParty", _party(bill.buyer)),
        _payee(bill.payee),
        _representative(bill.representative),
        _delivery(bill.delivery),
    )


def _party(party: Party, creditor: str | None = None) -> Element | None:
    scheme, value = party.identifier or (None, None)
    return element(
        "cac:Party",
        element("cbc:EndpointID", party.endpoint[1], schemeID=party.endpoint[0]),
        element("cac:PartyIdentification", element("cbc:ID", value, schemeID=scheme)),
        element("cac:PartyIdentification", element("cbc:ID", creditor, schemeID="SEPA")),
        element("cac:PartyName", element("cbc:Name", party.trading_name)),
        _address("cac:PostalAddress", party.address),
        _tax_scheme(party.vat, "VAT"),
        _tax_scheme(party.tax_registration, party.tax_scheme),
        element(
            "cac:PartyLegalEntity",
            element("cbc:RegistrationName", party.name),
            element("cbc:CompanyID", party.legal[1], schemeID=party.legal[0]) if party.legal else None,
            element("cbc:CompanyLegalForm", party.legal_form),
        ),
        _contact(party.contact),
    )


def _tax_scheme(number: str | None, scheme: str) -> Element | None:
    if number is None:
        return None
    return element(
        "cac:PartyTaxScheme",
        element("cbc:CompanyID", number),
        element("cac:TaxScheme", element("cbc:ID", scheme)),
    )


def _contact(contact: tuple[str, str, str] | None) -> Element | None:
    if contact is None:
        return None
    name, telephone, mail = contact
    return element(
        "cac:Contact",
        element("cbc:Name", name),
        element("cbc:Telephone", telephone),
        element("cbc:ElectronicMail", mail),
    )


def _address(tag: str, address: Address | None) -> Element | None:
    if address is None:
        return None
    return element(
        tag,
        element("cbc:StreetName", address.street),
        element("cbc:AdditionalStreetName", address.additional_street),
        element("cbc:CityName", address.city),
        element("cbc:PostalZone", address.postal_zone),
        element("cbc:CountrySubentity", address.subdivision),
        element("cac:AddressLine", element("cbc:Line", address.line)),
        element("cac:Country", element("cbc:IdentificationCode", address.country)),
    )


def _payee(payee: tuple[str, str | None, str | None] | None) -> Element | None:
    """Name (BT-59), identifier (BT-60), legal number at the KvK (BT-61)."""
    if payee is None:
        return None
    name, identifier, legal = payee
    return element(
        "cac:PayeeParty",
        element("cac:PartyIdentification", element("cbc:ID", identifier)),
        element("cac:PartyName", element("cbc:Name", name)),
        element("cac:PartyLegalEntity", element("cbc:CompanyID", legal, schemeID="0106")),
    )


def _representative(party: Party | None) -> Element | None:
    if party is None:
        return None
    return element(
        "cac:TaxRepresentativeParty",
        element("cac:PartyName", element("cbc:Name", party.name)),
        _address("cac:PostalAddress", party.address),
        _tax_scheme(party.vat, "VAT"),
    )


def _delivery(delivery: Delivery | None) -> Element | None:
    if delivery is None:
        return None
    scheme, identifier = delivery.location or (None, None)
    return element(
        "cac:Delivery",
        element("cbc:ActualDeliveryDate", delivery.date),
        element(
            "cac:DeliveryLocation",
            element("cbc:ID", identifier, schemeID=scheme),
            _address("cac:Address", delivery.address),
        ),
        element("cac:DeliveryParty", element("cac:PartyName", element("cbc:Name", delivery.party))),
    )


def _settlement(bill: Sample) -> list[Element]:
    return many(
        *_payment_means(bill),
        *(_payment_terms(bill, payment) for payment in bill.payments if payment.amount),
        element("cac:PaymentTerms", element("cbc:Note", bill.terms)),
        *(_allowance(bill, item, with_vat=True) for item in bill.allowances),
        _tax_total(bill),
        _tax_total_in_tax_currency(bill),
        _totals(bill),
    )


def _payment_means(bill: Sample) -> list[Element]:
    """A credit note keeps its due date (BT-9) here, and may say it once."""
    accounts = [(payment, account) for payment in bill.payments for account in payment.accounts or (None,)]
    due = None if bill.is_invoice else bill.due
    return many(*(_payment(*pair, None if index else due) for index, pair in enumerate(accounts)))


def _payment_terms(bill: Sample, payment: Payment) -> Element | None:
    return element(
        "cac:PaymentTerms",
        element("cbc:PaymentMeansID", payment.identifier),
        element("cbc:Amount", payment.amount, currencyID=bill.currency),
    )


def _payment(payment: Payment, account: str | None, due: str | None) -> Element | None:
    return element(
        "cac:PaymentMeans",
        element("cbc:ID", payment.identifier),
        element("cbc:PaymentMeansCode", payment.code),
        element("cbc:PaymentDueDate", due),
        element("cbc:PaymentID", payment.remittance),
        _card(payment.card),
        _account(payment, account),
        _mandate(payment),
    )


def _card(card: tuple[str, str, str] | None) -> Element | None:
    if card is None:
        return None
    number, network, holder = card
    return element(
        "cac:CardAccount",
        element("cbc:PrimaryAccountNumberID", number),
        element("cbc:NetworkID", network),
        element("cbc:HolderName", holder),
    )


def _account(payment: Payment, account: str | None) -> Element | None:
    if account is None:
        return None
    return element(
        "cac:PayeeFinancialAccount",
        element("cbc:ID", account),
        element("cbc:Name", payment.account_name),
        element("cac:FinancialInstitutionBranch", element("cbc:ID", payment.bank)),
    )


def _mandate(payment: Payment) -> Element | None:
    return element(
        "cac:PaymentMandate",
        element("cbc:ID", payment.mandate),
        element("cac:PayerFinancialAccount", element("cbc:ID", payment.payer_account)),
    )


def _allowance(bill: Sample, item: AllowanceCharge, *, with_vat: bool) -> Element | None:
    return element(
        "cac:AllowanceCharge",
        element("cbc:ChargeIndicator", "true" if item.charge else "false"),
        element("cbc:AllowanceChargeReasonCode", item.reason_code),
        element("cbc:AllowanceChargeReason", item.reason),
        element("cbc:MultiplierFactorNumeric", item.percent),
        element("cbc:Amount", item.amount, currencyID=bill.currency),
        element("cbc:BaseAmount", item.base, currencyID=bill.currency),
        _category("cac:TaxCategory", item.vat) if with_vat else None,
    )


def _category(tag: str, vat: Vat, *, reasons: bool = False) -> Element | None:
    return element(
        tag,
        element("cbc:ID", vat.code),
        element("cbc:Percent", vat.percent),
        element("cbc:TaxExemptionReasonCode", vat.reason_code) if reasons else None,
        element("cbc:TaxExemptionReason", vat.reason) if reasons else None,
        element("cac:TaxScheme", element("cbc:ID", "VAT")),
    )


def _tax_total(bill: Sample) -> Element | None:
    return element(
        "cac:TaxTotal",
        element("cbc:TaxAmount", bill.vat_total, currencyID=bill.currency),
        many(*(_subtotal(bill, vat, taxable) for vat, taxable in bill.breakdown.items())),
    )


def _subtotal(bill: Sample, vat: Vat, taxable: Decimal) -> Element | None:
    return element(
        "cac:TaxSubtotal",
        element("cbc:TaxableAmount", taxable, currencyID=bill.currency),
        element("cbc:TaxAmount", vat_amount(vat, taxable), currencyID=bill.currency),
        _category("cac:TaxCategory", vat, reasons=True),
    )


def _tax_total_in_tax_currency(bill: Sample) -> Element | None:
    if bill.tax_currency is None:
        return None
    currency, amount = bill.tax_currency
    return element("cac:TaxTotal", element("cbc:TaxAmount", amount, currencyID=currency))


def _totals(bill: Sample) -> Element | None:
    with_vat = bill.without_vat + bill.vat_total
    payable = with_vat - Decimal(bill.prepaid or "0") + Decimal(bill.rounding or "0")
    amounts = {
        "LineExtensionAmount": bill.line_total,
        "TaxExclusiveAmount": bill.without_vat,
        "TaxInclusiveAmount": with_vat,
        "AllowanceTotalAmount": _total(item for item in bill.allowances if not item.charge),
        "ChargeTotalAmount": _total(item for item in bill.allowances if item.charge),
        "PrepaidAmount": bill.prepaid,
        "PayableRoundingAmount": bill.rounding,
        "PayableAmount": payable,
    }
    parts = (element(f"cbc:{name}", amount, currencyID=bill.currency) for name, amount in amounts.items())
    return element("cac:LegalMonetaryTotal", many(*parts))


def _total(items: Iterable[AllowanceCharge]) -> Decimal | None:
    amounts = [Decimal(item.amount) for item in items]
    return sum(amounts, Decimal("0.00")) if amounts else None


def _lines(bill: Sample) -> list[Element]:
    return many(*(_line(bill, line, number) for number, line in enumerate(bill.lines, 1)))


def _line(bill: Sample, line: Line, number: int) -> Element | None:
    noun = "Invoice" if bill.is_invoice else "CreditNote"
    quantity = "cbc:InvoicedQuantity" if bill.is_invoice else "cbc:CreditedQuantity"
    return element(
        f"cac:{noun}Line",
        element("cbc:ID", str(number)),
        element("cbc:Note", line.note),
        element(quantity, line.quantity, unitCode=line.unit),
        element("cbc:LineExtensionAmount", line.amount, currencyID=bill.currency),
        element("cbc:AccountingCost", line.accounting_cost),
        _period(line.period),
        element("cac:OrderLineReference", element("cbc:LineID", line.order_line)),
        _line_object(line),
        many(*(_allowance(bill, item, with_vat=False) for item in line.allowances)),
        _item(line),
        _price(bill, line),
    )


def _line_object(line: Line) -> Element | None:
    if line.object_identifier is None:
        return None
    return element(
        "cac:DocumentReference",
        element("cbc:ID", line.object_identifier, schemeID="ABT"),
        element("cbc:DocumentTypeCode", "130"),
    )


def _item(line: Line) -> Element | None:
    scheme, standard = line.standard_item or (None, None)
    return element(
        "cac:Item",
        element("cbc:Description", line.description),
        element("cbc:Name", line.name),
        element("cac:BuyersItemIdentification", element("cbc:ID", line.buyer_item)),
        element("cac:SellersItemIdentification", element("cbc:ID", line.seller_item)),
        element("cac:StandardItemIdentification", element("cbc:ID", standard, schemeID=scheme)),
        element("cac:OriginCountry", element("cbc:IdentificationCode", line.origin)),
        many(*(_classification(name, code) for name, code in line.classifications)),
        _category("cac:ClassifiedTaxCategory", line.vat),
        many(*(_property(name, value) for name, value in line.properties)),
    )


def _classification(code_list: str, code: str) -> Element | None:
    return element("cac:CommodityClassification", element("cbc:ItemClassificationCode", code, listID=code_list))


def _property(name: str, value: str) -> Element | None:
    return element("cac:AdditionalItemProperty", element("cbc:Name", name), element("cbc:Value", value))


def _price(bill: Sample, line: Line) -> Element | None:
    return element(
        "cac:Price",
        element("cbc:PriceAmount", line.price, currencyID=bill.currency),
        element("cbc:BaseQuantity", line.base_quantity, unitCode=line.unit),
        _price_discount(bill, line),
    )


def _price_discount(bill: Sample, line: Line) -> Element | None:
    """Gross price (BT-148) less discount (BT-147) is the net price (BT-146)."""
    if line.price_discount is None:
        return None
    gross = Decimal(line.price) + Decimal(line.price_discount)
    return element(
        "cac:AllowanceCharge",
        element("cbc:ChargeIndicator", "false"),
        element("cbc:Amount", line.price_discount, currencyID=bill.currency),
        element("cbc:BaseAmount", gross, currencyID=bill.currency),
    )


# UBL 2.1 orders the parts of the two documents differently; names this builder does not write are left out.
_INVOICE_ORDER = (
    *("CustomizationID", "ProfileID", "ID", "IssueDate", "DueDate", "InvoiceTypeCode", "Note", "TaxPointDate"),
    *("DocumentCurrencyCode", "TaxCurrencyCode", "AccountingCost", "BuyerReference", "InvoicePeriod"),
    *("OrderReference", "BillingReference", "DespatchDocumentReference", "ReceiptDocumentReference"),
    *("OriginatorDocumentReference", "ContractDocumentReference", "AdditionalDocumentReference"),
    *("ProjectReference", "AccountingSupplierParty", "AccountingCustomerParty", "PayeeParty"),
    *("TaxRepresentativeParty", "Delivery", "PaymentMeans", "PaymentTerms", "AllowanceCharge", "TaxTotal"),
    *("LegalMonetaryTotal", "InvoiceLine"),
)
_CREDIT_NOTE_ORDER = (
    *("CustomizationID", "ProfileID", "ID", "IssueDate", "TaxPointDate", "CreditNoteTypeCode", "Note"),
    *("DocumentCurrencyCode", "TaxCurrencyCode", "AccountingCost", "BuyerReference", "InvoicePeriod"),
    *("OrderReference", "BillingReference", "DespatchDocumentReference", "ReceiptDocumentReference"),
    *("ContractDocumentReference", "AdditionalDocumentReference", "OriginatorDocumentReference"),
    *("AccountingSupplierParty", "AccountingCustomerParty", "PayeeParty", "TaxRepresentativeParty", "Delivery"),
    *("PaymentMeans", "PaymentTerms", "AllowanceCharge", "TaxTotal", "LegalMonetaryTotal", "CreditNoteLine"),
)
