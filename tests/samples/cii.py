"""A sample as a Cross Industry Invoice (UN/CEFACT CII, D16B): what is on the bill is that of the UBL document."""

import base64
from decimal import Decimal

from gateway.validator.xml.namespaces import CII
from tests.samples.document import (
    AllowanceCharge,
    Attachment,
    Delivery,
    Line,
    Payment,
    Period,
    Sample,
    Vat,
    signed_sum,
    vat_amount,
)
from tests.samples.parties import Address, Party
from tests.samples.xml import Element, element, many, write

_POINTS = {"3": "5", "35": "29", "432": "72"}
"""UNTDID 2005, which UBL uses for BT-8, as UNTDID 2475, which CII does."""


def cii(bill: Sample) -> bytes:
    """The document as CII, UTF-8."""
    spaces = {f"xmlns:{prefix}": space for prefix, space in CII.items()}
    return write(Element("rsm:CrossIndustryInvoice", None, tuple(_parts(bill)), spaces))


def _day(tag: str, day: str | None, string: str = "udt:DateTimeString") -> Element | None:
    return element(tag, element(string, day.replace("-", "") if day else None, format="102"))


def _parts(bill: Sample) -> list[Element]:
    return many(
        element(
            "rsm:ExchangedDocumentContext",
            element("ram:BusinessProcessSpecifiedDocumentContextParameter", element("ram:ID", bill.profile)),
            element("ram:GuidelineSpecifiedDocumentContextParameter", element("ram:ID", bill.customization)),
        ),
        element(
            "rsm:ExchangedDocument",
            element("ram:ID", bill.number),
            element("ram:TypeCode", bill.type_code or ("380" if bill.is_invoice else "381")),
            _day("ram:IssueDateTime", bill.issued),
            many(*map(_note, bill.notes)),
        ),
        element(
            "rsm:SupplyChainTradeTransaction",
            many(*(_line(line, number) for number, line in enumerate(bill.lines, 1))),
            _agreement(bill),
            _delivery(bill),
            _settlement(bill),
        ),
    )


def _note(note: str) -> Element | None:
    """UBL writes the subject code before the note: `#AAI#`."""
    subject = note[1:4] if note.startswith("#") and note[4:5] == "#" else None
    text = note[5:] if subject else note
    return element("ram:IncludedNote", element("ram:Content", text), element("ram:SubjectCode", subject))


def _line(line: Line, number: int) -> Element | None:
    return element(
        "ram:IncludedSupplyChainTradeLineItem",
        element(
            "ram:AssociatedDocumentLineDocument",
            element("ram:LineID", str(number)),
            element("ram:IncludedNote", element("ram:Content", line.note)),
        ),
        _product(line),
        element(
            "ram:SpecifiedLineTradeAgreement",
            element("ram:BuyerOrderReferencedDocument", element("ram:LineID", line.order_line)),
            _gross_price(line),
            element(
                "ram:NetPriceProductTradePrice",
                element("ram:ChargeAmount", line.price),
                element("ram:BasisQuantity", line.base_quantity, unitCode=line.unit),
            ),
        ),
        element(
            "ram:SpecifiedLineTradeDelivery", element("ram:BilledQuantity", line.quantity, unitCode=line.unit)
        ),
        element(
            "ram:SpecifiedLineTradeSettlement",
            _tax("ram:ApplicableTradeTax", line.vat),
            _period(line.period),
            many(*(_allowance(item, with_vat=False) for item in line.allowances)),
            element(
                "ram:SpecifiedTradeSettlementLineMonetarySummation", element("ram:LineTotalAmount", line.amount)
            ),
            _document(line.object_identifier, "130", scheme="ABT"),
            _account(line.accounting_cost),
        ),
    )


def _product(line: Line) -> Element | None:
    scheme, standard = line.standard_item or (None, None)
    return element(
        "ram:SpecifiedTradeProduct",
        element("ram:GlobalID", standard, schemeID=scheme),
        element("ram:SellerAssignedID", line.seller_item),
        element("ram:BuyerAssignedID", line.buyer_item),
        element("ram:Name", line.name),
        element("ram:Description", line.description),
        many(
            *(
                element(
                    "ram:ApplicableProductCharacteristic",
                    element("ram:Description", name),
                    element("ram:Value", value),
                )
                for name, value in line.properties
            )
        ),
        many(
            *(
                element("ram:DesignatedProductClassification", element("ram:ClassCode", code, listID=code_list))
                for code_list, code in line.classifications
            )
        ),
        element("ram:OriginTradeCountry", element("ram:ID", line.origin)),
    )


def _gross_price(line: Line) -> Element | None:
    if line.price_discount is None:
        return None
    return element(
        "ram:GrossPriceProductTradePrice",
        element("ram:ChargeAmount", Decimal(line.price) + Decimal(line.price_discount)),
        element(
            "ram:AppliedTradeAllowanceCharge", _indicator(False), element("ram:ActualAmount", line.price_discount)
        ),
    )


def _indicator(is_charge: bool) -> Element | None:
    return element("ram:ChargeIndicator", element("udt:Indicator", "true" if is_charge else "false"))


def _tax(tag: str, vat: Vat) -> Element | None:
    return element(
        tag,
        element("ram:TypeCode", "VAT"),
        element("ram:CategoryCode", vat.code),
        element("ram:RateApplicablePercent", vat.percent),
    )


def _period(period: Period | None) -> Element | None:
    if period is None:
        return None
    return element(
        "ram:BillingSpecifiedPeriod",
        _day("ram:StartDateTime", period.start),
        _day("ram:EndDateTime", period.end),
    )


def _allowance(item: AllowanceCharge, *, with_vat: bool) -> Element | None:
    return element(
        "ram:SpecifiedTradeAllowanceCharge",
        _indicator(item.charge),
        element("ram:CalculationPercent", item.percent),
        element("ram:BasisAmount", item.base),
        element("ram:ActualAmount", item.amount),
        element("ram:ReasonCode", item.reason_code),
        element("ram:Reason", item.reason),
        _tax("ram:CategoryTradeTax", item.vat) if with_vat else None,
    )


def _document(number: str | None, code: str, scheme: str | None = None) -> Element | None:
    if number is None:
        return None
    return element(
        "ram:AdditionalReferencedDocument",
        element("ram:IssuerAssignedID", number),
        element("ram:TypeCode", code),
        element("ram:ReferenceTypeCode", scheme),
    )


def _account(reference: str | None) -> Element | None:
    return element("ram:ReceivableSpecifiedTradeAccountingAccount", element("ram:ID", reference))


def _referenced(name: str, number: str | None) -> Element | None:
    return element(f"ram:{name}ReferencedDocument", element("ram:IssuerAssignedID", number))


def _agreement(bill: Sample) -> Element | None:
    scheme, invoiced = bill.object_identifier or (None, None)
    return element(
        "ram:ApplicableHeaderTradeAgreement",
        element("ram:BuyerReference", bill.buyer_reference),
        _party("ram:SellerTradeParty", bill.seller),
        _party("ram:BuyerTradeParty", bill.buyer),
        _representative(bill.representative),
        _referenced("SellerOrder", bill.sales_order),
        _referenced("BuyerOrder", bill.order),
        _referenced("Contract", bill.contract),
        many(*map(_attachment, bill.attachments)),
        _document(bill.originator, "50"),
        _document(invoiced, "130", scheme),
        element(
            "ram:SpecifiedProcuringProject",
            element("ram:ID", bill.project),
            element("ram:Name", "Project" if bill.project else None),
        ),
    )


def _party(tag: str, party: Party) -> Element | None:
    scheme, number = party.identifier or (None, None)
    legal_scheme, legal = party.legal or (None, None)
    return element(
        tag,
        element("ram:GlobalID" if scheme else "ram:ID", number, schemeID=scheme),
        element("ram:Name", party.name),
        element("ram:Description", party.legal_form),
        element(
            "ram:SpecifiedLegalOrganization",
            element("ram:ID", legal, schemeID=legal_scheme),
            element("ram:TradingBusinessName", party.trading_name),
        ),
        _contact(party.contact),
        _address(party.address),
        element(
            "ram:URIUniversalCommunication", element("ram:URIID", party.endpoint[1], schemeID=party.endpoint[0])
        ),
        element("ram:SpecifiedTaxRegistration", element("ram:ID", party.vat, schemeID="VA")),
        element("ram:SpecifiedTaxRegistration", element("ram:ID", party.tax_registration, schemeID="FC")),
    )


def _contact(contact: tuple[str, str, str] | None) -> Element | None:
    if contact is None:
        return None
    name, telephone, mail = contact
    return element(
        "ram:DefinedTradeContact",
        element("ram:PersonName", name),
        element("ram:TelephoneUniversalCommunication", element("ram:CompleteNumber", telephone)),
        element("ram:EmailURIUniversalCommunication", element("ram:URIID", mail)),
    )


def _address(address: Address | None) -> Element | None:
    if address is None:
        return None
    return element(
        "ram:PostalTradeAddress",
        element("ram:PostcodeCode", address.postal_zone),
        element("ram:LineOne", address.street),
        element("ram:LineTwo", address.additional_street),
        element("ram:LineThree", address.line),
        element("ram:CityName", address.city),
        element("ram:CountryID", address.country),
        element("ram:CountrySubDivisionName", address.subdivision),
    )


def _representative(party: Party | None) -> Element | None:
    if party is None:
        return None
    return element(
        "ram:SellerTaxRepresentativeTradeParty",
        element("ram:Name", party.name),
        _address(party.address),
        element("ram:SpecifiedTaxRegistration", element("ram:ID", party.vat, schemeID="VA")),
    )


def _attachment(item: Attachment) -> Element | None:
    encoded = base64.b64encode(item.content).decode() if item.content is not None else None
    return element(
        "ram:AdditionalReferencedDocument",
        element("ram:IssuerAssignedID", item.identifier),
        element("ram:URIID", item.link),
        element("ram:TypeCode", "916"),
        element("ram:Name", item.description),
        element("ram:AttachmentBinaryObject", encoded, mimeCode=item.media_type, filename=item.filename),
    )


def _delivery(bill: Sample) -> Element:
    delivery = bill.delivery or Delivery()
    scheme, location = delivery.location or (None, None)
    parts = many(
        element(
            "ram:ShipToTradeParty",
            element("ram:GlobalID" if scheme else "ram:ID", location, schemeID=scheme),
            element("ram:Name", delivery.party),
            _address(delivery.address),
        ),
        element("ram:ActualDeliverySupplyChainEvent", _day("ram:OccurrenceDateTime", delivery.date)),
        _referenced("DespatchAdvice", bill.despatch),
        _referenced("ReceivingAdvice", bill.receipt),
    )
    return Element("ram:ApplicableHeaderTradeDelivery", None, tuple(parts))


def _settlement(bill: Sample) -> Element | None:
    first = bill.payments[0] if bill.payments else Payment()
    return element(
        "ram:ApplicableHeaderTradeSettlement",
        element("ram:CreditorReferenceID", bill.creditor),
        element("ram:PaymentReference", first.remittance),
        element("ram:TaxCurrencyCode", bill.tax_currency[0] if bill.tax_currency else None),
        element("ram:InvoiceCurrencyCode", bill.currency),
        _payee(bill),
        many(
            *(_payment(payment, account) for payment in bill.payments for account in payment.accounts or (None,))
        ),
        many(*(_breakdown(bill, vat, taxable) for vat, taxable in bill.breakdown.items())),
        _period(bill.period) if bill.period and (bill.period.start or bill.period.end) else None,
        many(*(_allowance(item, with_vat=True) for item in bill.allowances)),
        element(
            "ram:SpecifiedTradePaymentTerms",
            element("ram:Description", bill.terms),
            _day("ram:DueDateDateTime", bill.due),
            element("ram:DirectDebitMandateID", first.mandate),
        ),
        _totals(bill),
        many(
            *(
                element(
                    "ram:InvoiceReferencedDocument",
                    element("ram:IssuerAssignedID", number),
                    _day("ram:FormattedIssueDateTime", issued, "qdt:DateTimeString"),
                )
                for number, issued in bill.preceding
            )
        ),
        _account(bill.accounting_cost),
    )


def _payee(bill: Sample) -> Element | None:
    if bill.payee is None:
        return None
    name, identifier, legal = bill.payee
    return element(
        "ram:PayeeTradeParty",
        element("ram:ID", identifier),
        element("ram:Name", name),
        element("ram:SpecifiedLegalOrganization", element("ram:ID", legal, schemeID="0106")),
    )


def _payment(payment: Payment, account: str | None) -> Element | None:
    number, _network, holder = payment.card or (None, None, None)
    return element(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        element("ram:TypeCode", payment.code),
        element(
            "ram:ApplicableTradeSettlementFinancialCard",
            element("ram:ID", number),
            element("ram:CardholderName", holder),
        ),
        element("ram:PayerPartyDebtorFinancialAccount", element("ram:IBANID", payment.payer_account)),
        element(
            "ram:PayeePartyCreditorFinancialAccount",
            element("ram:IBANID", account),
            element("ram:AccountName", payment.account_name if account else None),
        ),
        element("ram:PayeeSpecifiedCreditorFinancialInstitution", element("ram:BICID", payment.bank)),
    )


def _breakdown(bill: Sample, vat: Vat, taxable: Decimal) -> Element | None:
    return element(
        "ram:ApplicableTradeTax",
        element("ram:CalculatedAmount", vat_amount(vat, taxable)),
        element("ram:TypeCode", "VAT"),
        element("ram:ExemptionReason", vat.reason),
        element("ram:BasisAmount", taxable),
        element("ram:CategoryCode", vat.code),
        element("ram:ExemptionReasonCode", vat.reason_code),
        _day("ram:TaxPointDate", bill.tax_point, "udt:DateString"),
        element("ram:DueDateTypeCode", _POINTS[bill.period.code] if bill.period and bill.period.code else None),
        element("ram:RateApplicablePercent", vat.percent),
    )


def _totals(bill: Sample) -> Element | None:
    with_vat = bill.without_vat + bill.vat_total
    currency, in_currency = bill.tax_currency or (None, None)
    charges = [item for item in bill.allowances if item.charge]
    allowances = [item for item in bill.allowances if not item.charge]
    return element(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        element("ram:LineTotalAmount", bill.line_total),
        element("ram:ChargeTotalAmount", signed_sum(charges) if charges else None),
        element("ram:AllowanceTotalAmount", -signed_sum(allowances) if allowances else None),
        element("ram:TaxBasisTotalAmount", bill.without_vat),
        element("ram:TaxTotalAmount", bill.vat_total, currencyID=bill.currency),
        element("ram:TaxTotalAmount", in_currency, currencyID=currency),
        element("ram:RoundingAmount", bill.rounding),
        element("ram:GrandTotalAmount", with_vat),
        element("ram:TotalPrepaidAmount", bill.prepaid),
        element("ram:DuePayableAmount", with_vat - Decimal(bill.prepaid or "0") + Decimal(bill.rounding or "0")),
    )
