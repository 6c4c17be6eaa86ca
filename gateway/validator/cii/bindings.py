"""Cross Industry Invoice, D16B and D22B: which element holds which term of the semantic invoice.

The model is that of UBL (`gateway.validator.ubl.bindings`); here are the paths of CII. Two things it writes
otherwise: a day as `20261129` in format 102, and the tax scheme of a registration as `VA` or `FC`. Credit notes
have the same root: their type code (BT-3) says what they are.
"""

import re
from typing import Any

from gateway.validator.cii.path_rules import CiiPathRules
from gateway.validator.model import invoice as bg
from gateway.validator.model.invoice import Coded
from gateway.validator.model.terms import Group
from gateway.validator.ubl.binding import (
    Binding,
    Every,
    EveryGroup,
    Found,
    One,
    OneGroup,
    Parent,
    Source,
    Vocabulary,
    by_indicator,
)
from gateway.validator.xml.namespaces import CII

_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)


def as_day(text: str) -> str:
    """`20261129` as 2026-11-29; what is no such day is left as it is."""
    match = _DAY.fullmatch(text)
    return "-".join(match.groups()) if match else text


def _day(path: str) -> One:
    return One(f"{path}/udt:DateTimeString", as_day)


_AGREEMENT = "ram:ApplicableHeaderTradeAgreement"
_DELIVERY = "ram:ApplicableHeaderTradeDelivery"
_SETTLEMENT = "ram:ApplicableHeaderTradeSettlement"
_LINE_SETTLEMENT = "ram:SpecifiedLineTradeSettlement"
_SCHEMES = {"VA": "VAT", "FC": "FC"}


def _address(party: str, make: type[Group]) -> Binding[Any]:
    fields: dict[str, Source] = {
        "line_1": One("ram:LineOne"),
        "line_2": One("ram:LineTwo"),
        "line_3": One("ram:LineThree"),
        "city": One("ram:CityName"),
        "post_code": One("ram:PostcodeCode"),
        "subdivision": One("ram:CountrySubDivisionName"),
        "country": One("ram:CountryID"),
    }
    return Binding("ram:PostalTradeAddress", make, fields, (party,))


def _party(element: str, make: type[Group], **more: Source) -> Binding[Any]:
    legal = "ram:SpecifiedLegalOrganization"
    fields: dict[str, Source] = {
        "name": One("ram:Name"),
        "trading_names": Every(f"{legal}/ram:TradingBusinessName"),
        "identifiers": EveryGroup("ram:ID|ram:GlobalID"),
        "legal_registration": One(f"{legal}/ram:ID"),
        "legal_registration_scheme": One(f"{legal}/ram:ID/@schemeID"),
        "tax_registrations": EveryGroup("ram:SpecifiedTaxRegistration"),
        "electronic_address": One("ram:URIUniversalCommunication/ram:URIID"),
        "electronic_address_scheme": One("ram:URIUniversalCommunication/ram:URIID/@schemeID"),
        "electronic_addresses": EveryGroup("ram:URIUniversalCommunication"),
        "address": OneGroup("ram:PostalTradeAddress"),
        "contact": OneGroup("ram:DefinedTradeContact"),
    }
    return Binding(element, make, {**fields, **more})


def _identifiers(party: str) -> tuple[Binding[Any], ...]:
    """An identifier of the party's own choice, one under a scheme, and an electronic address."""
    uri: dict[str, Source] = {"value": One("ram:URIID"), "scheme": One("ram:URIID/@schemeID")}
    return (
        Binding("ram:ID", bg.Identifier, {"value": One(".")}, (party,)),
        Binding("ram:GlobalID", bg.Identifier, {"value": One("."), "scheme": One("@schemeID")}, (party,)),
        Binding("ram:URIUniversalCommunication", bg.Identifier, uri, (party,)),
    )


def _contact(party: str, make: type[Group]) -> Binding[Any]:
    fields: dict[str, Source] = {
        "name": One("ram:PersonName|ram:DepartmentName"),
        "telephone": One("ram:TelephoneUniversalCommunication/ram:CompleteNumber"),
        "email": One("ram:EmailURIUniversalCommunication/ram:URIID"),
    }
    return Binding("ram:DefinedTradeContact", make, fields, (party,))


def _allowance(under: tuple[str, ...], allowance: type[Group], charge: type[Group]) -> Binding[Any]:
    fields: dict[str, Source] = {
        "indicator": One("ram:ChargeIndicator/udt:Indicator"),
        "amount": One("ram:ActualAmount"),
        "base": One("ram:BasisAmount"),
        "percentage": One("ram:CalculationPercent"),
        "reason": One("ram:Reason"),
        "reason_code": One("ram:ReasonCode"),
        "vat": EveryGroup("ram:CategoryTradeTax"),
    }
    choice = by_indicator(allowance, charge, bg.AllowanceCharge)
    return Binding("ram:SpecifiedTradeAllowanceCharge", bg.AllowanceCharge, fields, under, choice)


def _tax(text: str) -> str:
    """The tax scheme; VAT with white space of XML around it is another one, for all rules but BR-CO-17."""
    bare = text.strip(" \t\r\n")
    return text if text == bare or bare.upper() != "VAT" else bg.PADDED_VAT


_VAT: dict[str, Source] = {
    "code": One("ram:CategoryCode"),
    "rate": One("ram:RateApplicablePercent"),
    "schemes": Every("ram:TypeCode", _tax),
    "reason": One("ram:ExemptionReason"),
    "reason_code": One("ram:ExemptionReasonCode"),
}
_PARTIES = ("ram:SellerTradeParty", "ram:BuyerTradeParty", "ram:PayeeTradeParty")

BINDINGS: tuple[Binding[Any], ...] = (
    Binding(
        "ram:IncludedSupplyChainTradeLineItem",
        bg.InvoiceLine,
        {
            "number": One("ram:AssociatedDocumentLineDocument/ram:LineID"),
            "note": One("ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content"),
            "object": One(f"{_LINE_SETTLEMENT}/ram:AdditionalReferencedDocument/ram:IssuerAssignedID"),
            "object_scheme": One(f"{_LINE_SETTLEMENT}/ram:AdditionalReferencedDocument/ram:ReferenceTypeCode"),
            "quantity": One("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity"),
            "unit": One("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity/@unitCode"),
            "net_amount": One(
                f"{_LINE_SETTLEMENT}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
            ),
            "order_line": One("ram:SpecifiedLineTradeAgreement/ram:BuyerOrderReferencedDocument/ram:LineID"),
            "accounting_reference": One(
                f"{_LINE_SETTLEMENT}/ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"
            ),
            "periods": EveryGroup(f"{_LINE_SETTLEMENT}/ram:BillingSpecifiedPeriod"),
            "allowances_and_charges": EveryGroup(f"{_LINE_SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge"),
            "price": OneGroup("ram:SpecifiedLineTradeAgreement"),
            "vat": EveryGroup(f"{_LINE_SETTLEMENT}/ram:ApplicableTradeTax"),
            "item": OneGroup("ram:SpecifiedTradeProduct"),
        },
    ),
    *(
        Binding(
            "ram:BillingSpecifiedPeriod",
            kind,
            {
                "start": One("ram:StartDateTime/udt:DateTimeString|ram:StartDateTime/udt:DateTime", as_day),
                "end": One("ram:EndDateTime/udt:DateTimeString|ram:EndDateTime/udt:DateTime", as_day),
                **more,
            },
            (under,),
        )
        for under, kind, more in (
            (_LINE_SETTLEMENT, bg.LinePeriod, {}),
            (_SETTLEMENT, bg.InvoicingPeriod, {"is_empty": Found("*", value=False)}),
        )
    ),
    _allowance((_SETTLEMENT,), bg.DocumentAllowance, bg.DocumentCharge),
    _allowance((_LINE_SETTLEMENT,), bg.LineAllowance, bg.LineCharge),
    _allowance((), bg.OtherAllowance, bg.OtherCharge),
    Binding(
        "ram:CategoryTradeTax",
        bg.VatCategory,
        {"indicator": Parent("../ram:ChargeIndicator/udt:Indicator", "indicator"), **_VAT},
        ("ram:SpecifiedTradeAllowanceCharge",),
        by_indicator(bg.AllowanceVat, bg.ChargeVat, bg.UnsortedVat),
    ),
    Binding("ram:CategoryTradeTax", bg.UnsortedVat, _VAT),
    Binding("ram:ApplicableTradeTax", bg.LineVat, _VAT, (_LINE_SETTLEMENT,)),
    Binding(
        "ram:ApplicableTradeTax",
        bg.VatBreakdown,
        {
            "taxable": One("ram:BasisAmount"),
            "tax": One("ram:CalculatedAmount"),
            "vat": EveryGroup("ram:CategoryCode"),
            **{name: source for name, source in _VAT.items() if name != "code"},
        },
        (_SETTLEMENT,),
    ),
    Binding(
        "ram:CategoryCode",
        bg.BreakdownVat,
        {
            "code": One("."),
            "taxable": Parent("../ram:BasisAmount", "taxable"),
            "tax": Parent("../ram:CalculatedAmount", "tax"),
            **{
                name: Parent(f"../{source.path}", name)
                for name, source in _VAT.items()
                if name != "code" and isinstance(source, One | Every)
            },
        },
        (_SETTLEMENT, "ram:ApplicableTradeTax"),
    ),
    Binding("ram:ApplicableTradeTax", bg.VatCategory, _VAT),
    Binding(
        "ram:TaxTotalAmount",
        bg.VatTotal,
        {"amount": One("."), "currency": One("@currencyID")},
        ("ram:SpecifiedTradeSettlementHeaderMonetarySummation",),
    ),
    Binding(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        bg.Totals,
        {
            "lines": One("ram:LineTotalAmount"),
            "allowances": One("ram:AllowanceTotalAmount"),
            "charges": One("ram:ChargeTotalAmount"),
            "without_vat": One("ram:TaxBasisTotalAmount"),
            "with_vat": One("ram:GrandTotalAmount"),
            "paid": One("ram:TotalPrepaidAmount"),
            "rounding": One("ram:RoundingAmount"),
            "due": One("ram:DuePayableAmount"),
        },
    ),
    _party("ram:SellerTradeParty", bg.Seller, legal_information=One("ram:Description")),
    _party("ram:BuyerTradeParty", bg.Buyer, has_legal_entity=Found("ram:SpecifiedLegalOrganization")),
    _address("ram:SellerTradeParty", bg.SellerAddress),
    _address("ram:BuyerTradeParty", bg.BuyerAddress),
    _address("ram:SellerTaxRepresentativeTradeParty", bg.RepresentativeAddress),
    _address("ram:ShipToTradeParty", bg.DeliverToAddress),
    _contact("ram:SellerTradeParty", bg.SellerContact),
    _contact("ram:BuyerTradeParty", bg.BuyerContact),
    *(binding for party in _PARTIES for binding in _identifiers(party)),
    Binding(
        "ram:SpecifiedTaxRegistration",
        bg.TaxRegistration,
        {
            "identifier": One("ram:ID"),
            "schemes": Every("ram:ID/@schemeID", lambda code: _SCHEMES.get(code, f"other: {code}")),
        },
    ),
    Binding(
        "ram:PayeeTradeParty",
        bg.Payee,
        {
            "names": Every("ram:Name"),
            "identifiers": EveryGroup("ram:ID|ram:GlobalID"),
            "legal_registration": One("ram:SpecifiedLegalOrganization/ram:ID"),
            "legal_registration_scheme": One("ram:SpecifiedLegalOrganization/ram:ID/@schemeID"),
        },
    ),
    Binding(
        "ram:SellerTaxRepresentativeTradeParty",
        bg.TaxRepresentative,
        {
            "name": One("ram:Name"),
            "tax_registrations": EveryGroup("ram:SpecifiedTaxRegistration"),
            "address": OneGroup("ram:PostalTradeAddress"),
        },
    ),
    Binding(
        _DELIVERY,
        bg.Delivery,
        {
            "name": One("ram:ShipToTradeParty/ram:Name"),
            "location": One("ram:ShipToTradeParty/ram:ID|ram:ShipToTradeParty/ram:GlobalID"),
            "location_scheme": One("ram:ShipToTradeParty/ram:GlobalID/@schemeID"),
            "date": _day("ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime"),
            "address": OneGroup("ram:ShipToTradeParty/ram:PostalTradeAddress"),
        },
    ),
    Binding(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        bg.PaymentInstructions,
        {
            "means": One("ram:TypeCode"),
            "means_text": One("ram:Information"),
            "transfers": EveryGroup("ram:PayeePartyCreditorFinancialAccount"),
            "cards": EveryGroup("ram:ApplicableTradeSettlementFinancialCard"),
            "debits": EveryGroup("ram:PayerPartyDebtorFinancialAccount"),
            "provider": One("ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"),
        },
    ),
    Binding(
        "ram:PayeePartyCreditorFinancialAccount",
        bg.CreditTransfer,
        {
            "account": One("ram:IBANID|ram:ProprietaryID"),
            "name": One("ram:AccountName"),
            "provider": Parent("../ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID", "provider"),
            "means": Parent("../ram:TypeCode", "means"),
        },
        ("ram:SpecifiedTradeSettlementPaymentMeans",),
    ),
    Binding(
        "ram:ApplicableTradeSettlementFinancialCard",
        bg.PaymentCard,
        {"number": One("ram:ID"), "holder": One("ram:CardholderName")},
    ),
    Binding(
        "ram:PayerPartyDebtorFinancialAccount",
        bg.DirectDebit,
        {"debited_account": One("ram:IBANID")},
        ("ram:SpecifiedTradeSettlementPaymentMeans",),
    ),
    Binding(
        "ram:InvoiceReferencedDocument",
        bg.PrecedingInvoice,
        {
            "number": One("ram:IssuerAssignedID"),
            "issue_date": One("ram:FormattedIssueDateTime/qdt:DateTimeString", as_day),
        },
        (_SETTLEMENT,),
    ),
    Binding(
        "ram:AdditionalReferencedDocument",
        bg.SupportingDocument,
        {
            "reference": One("ram:IssuerAssignedID"),
            "reference_scheme": One("ram:ReferenceTypeCode"),
            "type_code": One("ram:TypeCode"),
            "description": One("ram:Name"),
            "location": One("ram:URIID"),
            "media_type": One("ram:AttachmentBinaryObject/@mimeCode"),
            "filename": One("ram:AttachmentBinaryObject/@filename"),
        },
    ),
    Binding("ram:TaxPointDate", bg.TaxPoint, {"date": One("udt:DateString", as_day)}),
    Binding(
        "ram:IncludedNote",
        bg.Note,
        {"text": One("ram:Content"), "subject": One("ram:SubjectCode")},
        ("rsm:ExchangedDocument",),
    ),
    Binding(
        "ram:SpecifiedTradeProduct",
        bg.Item,
        {
            "name": One("ram:Name"),
            "description": One("ram:Description"),
            "sellers_identifier": One("ram:SellerAssignedID"),
            "buyers_identifier": One("ram:BuyerAssignedID"),
            "standard_identifier": One("ram:GlobalID"),
            "standard_identifier_scheme": One("ram:GlobalID/@schemeID"),
            "classifications": EveryGroup("ram:DesignatedProductClassification"),
            "origin_country": One("ram:OriginTradeCountry/ram:ID"),
            "attributes": EveryGroup("ram:ApplicableProductCharacteristic"),
        },
        ("ram:IncludedSupplyChainTradeLineItem",),
    ),
    Binding(
        "ram:SpecifiedLineTradeAgreement",
        bg.Price,
        {
            "net": One("ram:NetPriceProductTradePrice/ram:ChargeAmount"),
            "discount": One("ram:GrossPriceProductTradePrice/ram:AppliedTradeAllowanceCharge/ram:ActualAmount"),
            "gross": One("ram:GrossPriceProductTradePrice/ram:ChargeAmount"),
            "base_quantity": One("ram:NetPriceProductTradePrice/ram:BasisQuantity"),
            "base_unit": One("ram:NetPriceProductTradePrice/ram:BasisQuantity/@unitCode"),
        },
    ),
    Binding(
        "ram:ApplicableProductCharacteristic",
        bg.ItemAttribute,
        {"name": One("ram:Description"), "value": One("ram:Value")},
    ),
    Binding(
        "ram:DesignatedProductClassification",
        bg.Classification,
        {
            "value": One("ram:ClassCode"),
            "scheme": One("ram:ClassCode/@listID"),
            "version": One("ram:ClassCode/@listVersionID"),
        },
    ),
)
"""Which element becomes which group, and which of its descendants fill the terms. A VAT breakdown and its category
are one element of CII: the breakdown is bound to it, the category to the code inside."""

_TRADE = "rsm:SupplyChainTradeTransaction"
_AGREED, _DELIVERED, _SETTLED = (f"{_TRADE}/{part}" for part in (_AGREEMENT, _DELIVERY, _SETTLEMENT))
_CONTEXT = "rsm:ExchangedDocumentContext"

DOCUMENT: dict[str, Source] = {
    "number": One("rsm:ExchangedDocument/ram:ID"),
    "issue_date": _day("rsm:ExchangedDocument/ram:IssueDateTime"),
    "type_code": One("rsm:ExchangedDocument/ram:TypeCode"),
    "currency": One(f"{_SETTLED}/ram:InvoiceCurrencyCode"),
    "vat_currency": One(f"{_SETTLED}/ram:TaxCurrencyCode"),
    "vat_point_date": One(f"{_SETTLED}/ram:ApplicableTradeTax/ram:TaxPointDate/udt:DateString", as_day),
    "vat_point_date_codes": Every(f"{_SETTLED}/ram:ApplicableTradeTax/ram:DueDateTypeCode"),
    "due_date": _day(f"{_SETTLED}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime"),
    "buyer_reference": One(f"{_AGREED}/ram:BuyerReference"),
    "project": One(f"{_AGREED}/ram:SpecifiedProcuringProject/ram:ID"),
    "contract": One(f"{_AGREED}/ram:ContractReferencedDocument/ram:IssuerAssignedID"),
    "purchase_order": One(f"{_AGREED}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID"),
    "sales_order": One(f"{_AGREED}/ram:SellerOrderReferencedDocument/ram:IssuerAssignedID"),
    "receiving_advice": One(f"{_DELIVERED}/ram:ReceivingAdviceReferencedDocument/ram:IssuerAssignedID"),
    "despatch_advice": One(f"{_DELIVERED}/ram:DespatchAdviceReferencedDocument/ram:IssuerAssignedID"),
    "accounting_reference": One(f"{_SETTLED}/ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
    "payment_terms": Every(f"{_SETTLED}/ram:SpecifiedTradePaymentTerms/ram:Description"),
    "remittance": Every(f"{_SETTLED}/ram:PaymentReference"),
    "mandates": Every(f"{_SETTLED}/ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID"),
    "creditors": Every(f"{_SETTLED}/ram:CreditorReferenceID"),
    "process": One(f"{_CONTEXT}/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"),
    "specification": One(f"{_CONTEXT}/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"),
    "notes": EveryGroup("rsm:ExchangedDocument/ram:IncludedNote"),
    "preceding": EveryGroup(f"{_SETTLED}/ram:InvoiceReferencedDocument"),
    "sellers": EveryGroup(f"{_AGREED}/ram:SellerTradeParty"),
    "buyers": EveryGroup(f"{_AGREED}/ram:BuyerTradeParty"),
    "payees": EveryGroup(f"{_SETTLED}/ram:PayeeTradeParty"),
    "representatives": EveryGroup(f"{_AGREED}/ram:SellerTaxRepresentativeTradeParty"),
    "deliveries": EveryGroup(_DELIVERED),
    "periods": EveryGroup(f"{_SETTLED}/ram:BillingSpecifiedPeriod"),
    "payments": EveryGroup(f"{_SETTLED}/ram:SpecifiedTradeSettlementPaymentMeans"),
    "allowances_and_charges": EveryGroup(f"{_SETTLED}/ram:SpecifiedTradeAllowanceCharge"),
    "totals": EveryGroup(f"{_SETTLED}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"),
    "vat_totals": EveryGroup(f"{_SETTLED}/ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:TaxTotalAmount"),
    "vat_breakdowns": EveryGroup(f"{_SETTLED}/ram:ApplicableTradeTax"),
    "documents": EveryGroup(f"{_AGREED}/ram:AdditionalReferencedDocument"),
    "lines": EveryGroup(f"{_TRADE}/ram:IncludedSupplyChainTradeLineItem"),
}
"""The terms and groups of the document itself."""

_CODED = {
    "ram:TypeCode": ("rsm:ExchangedDocument", "", Coded.INVOICE_TYPE),
    "ram:TaxTotalAmount": ("", "currencyID", Coded.AMOUNT_CURRENCY),
    "ram:InvoiceCurrencyCode": ("", "", Coded.CURRENCY),
    "ram:TaxCurrencyCode": ("", "", Coded.VAT_CURRENCY),
    "ram:DueDateTypeCode": ("", "", Coded.VAT_POINT_DATE),
    "ram:ReferenceTypeCode": ("", "", Coded.OBJECT_SCHEME),
    "ram:SubjectCode": ("", "", Coded.NOTE_SUBJECT),
    "ram:ClassCode": ("", "listID", Coded.CLASSIFICATION_SCHEME),
    "ram:CountryID": ("", "", Coded.COUNTRY),
    "ram:ExemptionReasonCode": ("", "", Coded.EXEMPTION_REASON),
    "ram:BasisQuantity": ("", "unitCode", Coded.UNIT),
    "ram:BilledQuantity": ("", "unitCode", Coded.UNIT),
    "ram:AttachmentBinaryObject": ("", "mimeCode", Coded.MEDIA_TYPE),
    "ram:URIID": ("ram:URIUniversalCommunication", "schemeID", Coded.ELECTRONIC_SCHEME),
}
_CODED_BY_PARENT = {
    ("ram:OriginTradeCountry", "ram:ID"): ("", Coded.ORIGIN_COUNTRY),
    ("ram:SpecifiedTradeSettlementPaymentMeans", "ram:TypeCode"): ("", Coded.PAYMENT_MEANS),
    ("ram:CategoryTradeTax", "ram:CategoryCode"): ("", Coded.VAT_CATEGORY),
    ("ram:ApplicableTradeTax", "ram:CategoryCode"): ("", Coded.ITEM_VAT_CATEGORY),
    ("ram:SpecifiedTradeProduct", "ram:GlobalID"): ("schemeID", Coded.STANDARD_ITEM_SCHEME),
}
_CODED_NAMES = frozenset(
    {
        *_CODED,
        *(name for pair in _CODED_BY_PARENT for name in pair),
        *(under for under, _, _ in _CODED.values() if under),
        *("ram:SpecifiedTaxRegistration", "ram:ShipToTradeParty", _DELIVERY),
        *("currencyID", "schemeID", "listID", "unitCode", "mimeCode"),
    }
)


def _code_lists_of(names: tuple[str, ...]) -> dict[str, Coded]:
    """The code lists of an element, by the attribute that holds the code, "" for its text."""
    name, parent = names[-1], names[-2] if len(names) > 1 else ""
    found = {}
    if by_parent := _CODED_BY_PARENT.get((parent, name)):
        found[by_parent[0]] = by_parent[1]
    elif name in _CODED:
        under, attribute, kind = _CODED[name]
        found = {attribute: kind} if under in {"", parent} else {}
    if name == "ram:ID" and "ram:SpecifiedTaxRegistration" not in names:
        found["schemeID"] = Coded.LEGAL_SCHEME
    if name == "ram:GlobalID" and (scheme := _scheme_of_party(names)):
        found["schemeID"] = scheme
    return found


def _scheme_of_party(names: tuple[str, ...]) -> Coded | None:
    if names[-3:-1] == (_DELIVERY, "ram:ShipToTradeParty"):
        return Coded.LOCATION_SCHEME
    if {"ram:SpecifiedTradeProduct", "ram:ShipToTradeParty"} & set(names):
        return None
    return Coded.PARTY_SCHEME


CII_INVOICE = Vocabulary(
    prefixes={namespace: f"{prefix}:" for prefix, namespace in CII.items()},
    roots=("rsm:CrossIndustryInvoice",),
    bindings=BINDINGS,
    document=Binding("/", bg.Invoice, DOCUMENT),
    syntax="CII",
    coded=_code_lists_of,
    coded_names=_CODED_NAMES,
    path_rules=CiiPathRules(),
    only_where=dict.fromkeys(("udt:DateTimeString", "udt:DateTime"), ("format", "102")),
)
