"""The documents of the demo, as the software of a supplier or a municipality writes them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from xml.sax.saxutils import escape

from gateway.demo.cast import Player

NLCIUS = "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"
PEPPOL_ORDER = "urn:fdc:peppol.eu:poacc:trns:order:3"
PEPPOL_ORDERING = "urn:fdc:peppol.eu:poacc:bis:ordering:3"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Line:
    """A line: quantity in a UN/ECE unit, price without VAT in euros, VAT rate in percent."""

    name: str
    quantity: Decimal
    price: Decimal
    unit: str = "C62"
    rate: Decimal = Decimal(21)

    @property
    def amount(self) -> Decimal:
        """Quantity × price, rounded to cents."""
        return (self.quantity * self.price).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Sale:
    """The content of an invoice or credit note."""

    number: str
    supplier: Player
    customer: Player
    lines: Sequence[Line]
    date: str
    due: str
    order: str
    corrects: str | None = None
    """Number of the invoice that a credit note corrects."""
    attachment: bytes | None = None
    total_off: Decimal = Decimal(0)
    """Error added to the total with VAT (BT-112), to show a refusal."""


def invoice(sale: Sale) -> bytes:
    """Return a UBL 2.1 Invoice by NLCIUS."""
    return _document(sale, "Invoice")


def credit_note(sale: Sale) -> bytes:
    """Return a UBL 2.1 CreditNote by NLCIUS."""
    return _document(sale, "CreditNote")


def _document(sale: Sale, root: str) -> bytes:
    due = f"<cbc:DueDate>{sale.due}</cbc:DueDate>" if root == "Invoice" else ""
    type_code = "380" if root == "Invoice" else "381"
    lines = "".join(_line(number, line, root) for number, line in enumerate(sale.lines, 1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="{UBL}{root}-2"
  xmlns:cac="{UBL}CommonAggregateComponents-2"
  xmlns:cbc="{UBL}CommonBasicComponents-2">
  <cbc:CustomizationID>{NLCIUS}</cbc:CustomizationID>
  <cbc:ID>{escape(sale.number)}</cbc:ID>
  <cbc:IssueDate>{sale.date}</cbc:IssueDate>
  {due}
  <cbc:{root}TypeCode>{type_code}</cbc:{root}TypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:OrderReference><cbc:ID>{escape(sale.order)}</cbc:ID></cac:OrderReference>
  {_billing_reference(sale)}{_attachment(sale)}
  <cac:AccountingSupplierParty>{_party(sale.supplier)}</cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty>{_party(sale.customer)}</cac:AccountingCustomerParty>
  <cac:PaymentMeans>
    <cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>
    <cac:PayeeFinancialAccount><cbc:ID>{sale.supplier.iban}</cbc:ID></cac:PayeeFinancialAccount>
  </cac:PaymentMeans>
  {_totals(sale)}
  {lines}
</{root}>
""".encode()


def _billing_reference(sale: Sale) -> str:
    if sale.corrects is None:
        return ""
    reference = f"<cac:InvoiceDocumentReference><cbc:ID>{sale.corrects}</cbc:ID></cac:InvoiceDocumentReference>"
    return f"<cac:BillingReference>{reference}</cac:BillingReference>"


def _attachment(sale: Sale) -> str:
    if sale.attachment is None:
        return ""
    data = base64.b64encode(sale.attachment).decode()
    binary = '<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="werkbonnen.pdf">'
    return f"""<cac:AdditionalDocumentReference>
    <cbc:ID>werkbonnen</cbc:ID>
    <cac:Attachment>{binary}{data}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>
  </cac:AdditionalDocumentReference>"""


def _party(player: Player) -> str:
    tax = _tax_registration(player.vat) if player.vat else ""
    return f"""
    <cac:Party>
      <cbc:EndpointID schemeID="{player.scheme}">{player.number}</cbc:EndpointID>
      <cac:PartyName><cbc:Name>{escape(player.name)}</cbc:Name></cac:PartyName>
      <cac:PostalAddress>
        <cbc:StreetName>{escape(player.street)}</cbc:StreetName>
        <cbc:CityName>{escape(player.city)}</cbc:CityName>
        <cbc:PostalZone>{player.postcode}</cbc:PostalZone>
        <cac:Country><cbc:IdentificationCode>NL</cbc:IdentificationCode></cac:Country>
      </cac:PostalAddress>{tax}
      <cac:PartyLegalEntity>
        <cbc:RegistrationName>{escape(player.name)}</cbc:RegistrationName>
        <cbc:CompanyID schemeID="{player.scheme}">{player.number}</cbc:CompanyID>
      </cac:PartyLegalEntity>
      <cac:Contact>
        <cbc:Name>Administratie</cbc:Name>
        <cbc:ElectronicMail>administratie@{player.domain}</cbc:ElectronicMail>
      </cac:Contact>
    </cac:Party>"""


def _tax_registration(vat: str) -> str:
    scheme = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    return f"""
      <cac:PartyTaxScheme><cbc:CompanyID>{vat}</cbc:CompanyID>{scheme}</cac:PartyTaxScheme>"""


def _category(element: str, rate: Decimal) -> str:
    return f"""<cac:{element}>
        <cbc:ID>S</cbc:ID>
        <cbc:Percent>{rate}</cbc:Percent>
        <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
      </cac:{element}>"""


def _totals(sale: Sale) -> str:
    bases: dict[Decimal, Decimal] = {}
    for line in sale.lines:
        bases[line.rate] = bases.get(line.rate, Decimal(0)) + line.amount
    taxes = {rate: (base * rate / 100).quantize(CENT, ROUND_HALF_UP) for rate, base in bases.items()}
    subtotals = "".join(
        f"""
    <cac:TaxSubtotal>
      <cbc:TaxableAmount currencyID="EUR">{bases[rate]}</cbc:TaxableAmount>
      <cbc:TaxAmount currencyID="EUR">{tax}</cbc:TaxAmount>
      {_category("TaxCategory", rate)}
    </cac:TaxSubtotal>"""
        for rate, tax in taxes.items()
    )
    base, tax = sum(bases.values(), Decimal(0)), sum(taxes.values(), Decimal(0))
    total = base + tax + sale.total_off
    return f"""<cac:TaxTotal>
    <cbc:TaxAmount currencyID="EUR">{tax}</cbc:TaxAmount>{subtotals}
  </cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="EUR">{base}</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount currencyID="EUR">{base}</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="EUR">{total}</cbc:TaxInclusiveAmount>
    <cbc:PayableAmount currencyID="EUR">{total}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>"""


def _line(number: int, line: Line, root: str) -> str:
    quantity = "InvoicedQuantity" if root == "Invoice" else "CreditedQuantity"
    return f"""
  <cac:{root}Line>
    <cbc:ID>{number}</cbc:ID>
    <cbc:{quantity} unitCode="{line.unit}">{line.quantity}</cbc:{quantity}>
    <cbc:LineExtensionAmount currencyID="EUR">{line.amount}</cbc:LineExtensionAmount>
    <cac:Item>
      <cbc:Name>{escape(line.name)}</cbc:Name>
      {_category("ClassifiedTaxCategory", line.rate)}
    </cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="EUR">{line.price}</cbc:PriceAmount></cac:Price>
  </cac:{root}Line>"""


def order(number: str, buyer: Player, seller: Player, lines: Sequence[Line], date: str) -> bytes:
    """Return a UBL 2.1 Order by Peppol ordering, with what the basisorder Rijk requires. The seller may answer
    until the end of the year; Peppol has no VAT number of the seller there."""
    items = "".join(_order_line(position, line) for position, line in enumerate(lines, 1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Order xmlns="{UBL}Order-2"
  xmlns:cac="{UBL}CommonAggregateComponents-2"
  xmlns:cbc="{UBL}CommonBasicComponents-2">
  <cbc:CustomizationID>{PEPPOL_ORDER}</cbc:CustomizationID>
  <cbc:ProfileID>{PEPPOL_ORDERING}</cbc:ProfileID>
  <cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>{date}</cbc:IssueDate>
  <cbc:OrderTypeCode>220</cbc:OrderTypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:ValidityPeriod><cbc:EndDate>{date[:4]}-12-31</cbc:EndDate></cac:ValidityPeriod>
  <cac:BuyerCustomerParty>{_party(buyer)}</cac:BuyerCustomerParty>
  <cac:SellerSupplierParty>{_party(replace(seller, vat=""))}</cac:SellerSupplierParty>{items}
</Order>
""".encode()


def _order_line(position: int, line: Line) -> str:
    return f"""
  <cac:OrderLine>
    <cac:LineItem>
      <cbc:ID>{position}</cbc:ID>
      <cbc:Quantity unitCode="{line.unit}">{line.quantity}</cbc:Quantity>
      <cbc:LineExtensionAmount currencyID="EUR">{line.amount}</cbc:LineExtensionAmount>
      <cac:Price><cbc:PriceAmount currencyID="EUR">{line.price}</cbc:PriceAmount></cac:Price>
      <cac:Item><cbc:Name>{escape(line.name)}</cbc:Name></cac:Item>
    </cac:LineItem>
  </cac:OrderLine>"""


def time_card(number: str, customer: Player, supplier: Player, order_number: str) -> bytes:
    """Return a SETU (HR-XML 2.5) TimeCard: a week of a hired electrician."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<TimeCard xmlns="http://ns.hr-xml.org/2007-04-15">
  <Id idOwner="StaffingCustomer"><IdValue>{number}</IdValue></Id>
  <ReportedResource>
    <Person>
      <Id idOwner="StaffingCompany"><IdValue>MW-0381</IdValue></Id>
      <PersonName><FormattedName>Sanne Wouterlood</FormattedName></PersonName>
    </Person>
  </ReportedResource>
  <ReportedTime status="">
    <PeriodStartDate>2026-11-09</PeriodStartDate>
    <PeriodEndDate>2026-11-15</PeriodEndDate>
    <TimeInterval type="Regular" actionCode="Add" billable="true">
      <Id idOwner="StaffingCustomer"><IdValue>{number}-1</IdValue></Id>
      <StartDateTime>2026-11-09T08:00:00</StartDateTime>
      <Duration>36.00</Duration>
      <RateOrAmount currency="EUR" type="hourly" multiplier="100">58.50</RateOrAmount>
    </TimeInterval>
  </ReportedTime>
  <AdditionalData>
    <StaffingAdditionalData>
      <CustomerReportingRequirements>
        <PurchaseOrderNumber>{order_number}</PurchaseOrderNumber>
        <AdditionalRequirement requirementTitle="VersionId">1.4.2</AdditionalRequirement>
      </CustomerReportingRequirements>
      <ReferenceInformation>
        <StaffingSupplierId idOwner="KvK"><IdValue>{supplier.number}</IdValue></StaffingSupplierId>
        <StaffingCustomerId idOwner="OIN"><IdValue>{customer.number}</IdValue></StaffingCustomerId>
      </ReferenceInformation>
    </StaffingAdditionalData>
  </AdditionalData>
</TimeCard>
""".encode()


def pdf(size_bytes: int) -> bytes:
    """Return a PDF of exactly this size: one page of text, and comments to fill it up."""
    text = b"BT /F1 18 Tf 60 760 Td (Werkbonnen november 2026) Tj ET"
    head = (
        b"%%PDF-1.4\n"
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n" % (len(text), text)
    )
    tail = b"\ntrailer<</Root 1 0 R/Size 5>>\n%%EOF\n"
    fill = size_bytes - len(head) - len(tail)
    pattern = b"%werkbon " + bytes(range(48, 123)) + b"\n"
    return head + (pattern * (fill // len(pattern) + 1))[:fill] + tail
