"""UBL 2.1 Invoice and CreditNote: which element holds which term of the semantic invoice.

`BINDINGS` says which element becomes which group and which of its descendants fill the group's terms; `DOCUMENT`
says the same of the root. `gateway.validator.ubl.reader` reads a document by these tables.
"""

from typing import Any

from gateway.validator.model import invoice as bg
from gateway.validator.model.invoice import Coded
from gateway.validator.model.terms import Group
from gateway.validator.ubl.binding import (
    Binding,
    Every,
    EveryGroup,
    Fixed,
    Found,
    One,
    OneGroup,
    Parent,
    Source,
    Vocabulary,
    by_indicator,
)
from gateway.validator.ubl.path_rules import UblPathRules
from gateway.validator.xml.namespaces import UBL

_LINES = ("cac:InvoiceLine", "cac:CreditNoteLine")


def _address(*under: str, make: type[Group], element: str = "cac:PostalAddress") -> Binding[Any]:
    fields: dict[str, Source] = {
        "line_1": One("cbc:StreetName"),
        "line_2": One("cbc:AdditionalStreetName"),
        "line_3": One("cac:AddressLine/cbc:Line"),
        "city": One("cbc:CityName"),
        "post_code": One("cbc:PostalZone"),
        "subdivision": One("cbc:CountrySubentity"),
        "country": One("cac:Country/cbc:IdentificationCode"),
    }
    return Binding(element, make, fields, under)


def _party(element: str, make: type[Group], **more: Source) -> Binding[Any]:
    legal = "cac:Party/cac:PartyLegalEntity"
    fields: dict[str, Source] = {
        "name": One(f"{legal}/cbc:RegistrationName"),
        "trading_names": Every("cac:Party/cac:PartyName/cbc:Name"),
        "identifiers": EveryGroup("cac:Party/cac:PartyIdentification"),
        "legal_registration": One(f"{legal}/cbc:CompanyID"),
        "legal_registration_scheme": One(f"{legal}/cbc:CompanyID/@schemeID"),
        "tax_registrations": EveryGroup("cac:Party/cac:PartyTaxScheme"),
        "electronic_address": One("cac:Party/cbc:EndpointID"),
        "electronic_address_scheme": One("cac:Party/cbc:EndpointID/@schemeID"),
        "address": OneGroup("cac:Party/cac:PostalAddress"),
        "contact": OneGroup("cac:Party/cac:Contact"),
    }
    return Binding(element, make, {**fields, **more})


def _contact(party: str, make: type[Group]) -> Binding[Any]:
    fields: dict[str, Source] = {
        "name": One("cbc:Name"),
        "telephone": One("cbc:Telephone"),
        "email": One("cbc:ElectronicMail"),
    }
    return Binding("cac:Contact", make, fields, (party, "cac:Party"))


def _allowance(under: tuple[str, ...], allowance: type[Group], charge: type[Group]) -> Binding[Any]:
    fields: dict[str, Source] = {
        "indicator": One("cbc:ChargeIndicator"),
        "amount": One("cbc:Amount"),
        "base": One("cbc:BaseAmount"),
        "percentage": One("cbc:MultiplierFactorNumeric"),
        "reason": One("cbc:AllowanceChargeReason"),
        "reason_code": One("cbc:AllowanceChargeReasonCode"),
        "vat": EveryGroup("cac:TaxCategory"),
    }
    choice = by_indicator(allowance, charge, bg.AllowanceCharge)
    return Binding("cac:AllowanceCharge", bg.AllowanceCharge, fields, under, choice)


_VAT: dict[str, Source] = {
    "code": One("cbc:ID"),
    "rate": One("cbc:Percent"),
    "schemes": Every("cac:TaxScheme/cbc:ID"),
    "reason": One("cbc:TaxExemptionReason"),
    "reason_code": One("cbc:TaxExemptionReasonCode"),
}


_CLASSIFICATION: dict[str, Source] = {
    "value": One("."),
    "scheme": One("@listID"),
    "version": One("@listVersionID"),
}
_CLASSIFIED = ("cac:Item", "cac:CommodityClassification")


def _line(element: str, *, is_credit: bool) -> Binding[Any]:
    fields: dict[str, Source] = {
        "number": One("cbc:ID"),
        "note": One("cbc:Note"),
        "object": One("cac:DocumentReference/cbc:ID"),
        "object_scheme": One("cac:DocumentReference/cbc:ID/@schemeID"),
        "quantity": One("cbc:InvoicedQuantity|cbc:CreditedQuantity"),
        "unit": One("cbc:InvoicedQuantity/@unitCode|cbc:CreditedQuantity/@unitCode"),
        "net_amount": One("cbc:LineExtensionAmount"),
        "order_line": One("cac:OrderLineReference/cbc:LineID"),
        "accounting_reference": One("cbc:AccountingCost"),
        "periods": EveryGroup("cac:InvoicePeriod"),
        "allowances_and_charges": EveryGroup("cac:AllowanceCharge"),
        "price": OneGroup("cac:Price"),
        "vat": EveryGroup("cac:Item/cac:ClassifiedTaxCategory"),
        "item": OneGroup("cac:Item"),
        "is_credit": Fixed(is_credit),
    }
    return Binding(element, bg.InvoiceLine, fields)


BINDINGS = (
    _line("cac:InvoiceLine", is_credit=False),
    _line("cac:CreditNoteLine", is_credit=True),
    *(
        Binding(
            "cac:InvoicePeriod", bg.LinePeriod, {"start": One("cbc:StartDate"), "end": One("cbc:EndDate")}, (line,)
        )
        for line in _LINES
    ),
    Binding(
        "cac:InvoicePeriod",
        bg.InvoicingPeriod,
        {
            "start": One("cbc:StartDate"),
            "end": One("cbc:EndDate"),
            "vat_point_date_codes": Every("cbc:DescriptionCode"),
            "is_empty": Found("*", value=False),
        },
    ),
    _allowance(("/",), bg.DocumentAllowance, bg.DocumentCharge),
    *(_allowance((line,), bg.LineAllowance, bg.LineCharge) for line in _LINES),
    _allowance((), bg.OtherAllowance, bg.OtherCharge),
    Binding(
        "cac:TaxCategory",
        bg.VatCategory,
        {"indicator": Parent("../cbc:ChargeIndicator", "indicator"), **_VAT},
        ("cac:AllowanceCharge",),
        by_indicator(bg.AllowanceVat, bg.ChargeVat, bg.UnsortedVat),
    ),
    Binding(
        "cac:TaxCategory",
        bg.BreakdownVat,
        {**_VAT, "taxable": Parent("../cbc:TaxableAmount", "taxable"), "tax": Parent("../cbc:TaxAmount", "tax")},
        ("/", "cac:TaxTotal", "cac:TaxSubtotal"),
    ),
    Binding("cac:TaxCategory", bg.VatCategory, _VAT),
    *(Binding("cac:ClassifiedTaxCategory", bg.LineVat, _VAT, (line, "cac:Item")) for line in _LINES),
    Binding("cac:ClassifiedTaxCategory", bg.LineVat, {**_VAT, "on_line": Fixed(False)}),
    Binding(
        "cac:TaxSubtotal",
        bg.VatBreakdown,
        {
            "taxable": One("cbc:TaxableAmount"),
            "tax": One("cbc:TaxAmount"),
            "vat": EveryGroup("cac:TaxCategory"),
            "tax_currency": One("cbc:TaxAmount/@currencyID"),
        },
        ("cac:TaxTotal",),
    ),
    Binding(
        "cac:TaxTotal",
        bg.VatTotal,
        {
            "amount": One("cbc:TaxAmount"),
            "currency": One("cbc:TaxAmount/@currencyID"),
            "breakdowns": EveryGroup("cac:TaxSubtotal"),
        },
    ),
    Binding(
        "cac:LegalMonetaryTotal",
        bg.Totals,
        {
            "lines": One("cbc:LineExtensionAmount"),
            "allowances": One("cbc:AllowanceTotalAmount"),
            "charges": One("cbc:ChargeTotalAmount"),
            "without_vat": One("cbc:TaxExclusiveAmount"),
            "with_vat": One("cbc:TaxInclusiveAmount"),
            "paid": One("cbc:PrepaidAmount"),
            "rounding": One("cbc:PayableRoundingAmount"),
            "due": One("cbc:PayableAmount"),
        },
    ),
    _party(
        "cac:AccountingSupplierParty",
        bg.Seller,
        legal_information=One("cac:Party/cac:PartyLegalEntity/cbc:CompanyLegalForm"),
    ),
    _party("cac:AccountingCustomerParty", bg.Buyer, has_legal_entity=Found("cac:Party/cac:PartyLegalEntity")),
    _address("cac:AccountingSupplierParty", "cac:Party", make=bg.SellerAddress),
    _address("cac:AccountingCustomerParty", "cac:Party", make=bg.BuyerAddress),
    _address("cac:TaxRepresentativeParty", make=bg.RepresentativeAddress),
    _address("cac:Delivery", "cac:DeliveryLocation", make=bg.DeliverToAddress, element="cac:Address"),
    _contact("cac:AccountingSupplierParty", bg.SellerContact),
    _contact("cac:AccountingCustomerParty", bg.BuyerContact),
    Binding("cac:PartyIdentification", bg.Identifier, {"value": One("cbc:ID"), "scheme": One("cbc:ID/@schemeID")}),
    Binding(
        "cac:PartyTaxScheme",
        bg.TaxRegistration,
        {"identifier": One("cbc:CompanyID"), "schemes": Every("cac:TaxScheme/cbc:ID")},
    ),
    Binding(
        "cac:PayeeParty",
        bg.Payee,
        {
            "names": Every("cac:PartyName/cbc:Name"),
            "identifiers": EveryGroup("cac:PartyIdentification"),
            "legal_registration": One("cac:PartyLegalEntity/cbc:CompanyID"),
            "legal_registration_scheme": One("cac:PartyLegalEntity/cbc:CompanyID/@schemeID"),
        },
    ),
    Binding(
        "cac:TaxRepresentativeParty",
        bg.TaxRepresentative,
        {
            "name": One("cac:PartyName/cbc:Name"),
            "tax_registrations": EveryGroup("cac:PartyTaxScheme"),
            "address": OneGroup("cac:PostalAddress"),
        },
    ),
    Binding(
        "cac:Delivery",
        bg.Delivery,
        {
            "name": One("cac:DeliveryParty/cac:PartyName/cbc:Name"),
            "location": One("cac:DeliveryLocation/cbc:ID"),
            "location_scheme": One("cac:DeliveryLocation/cbc:ID/@schemeID"),
            "date": One("cbc:ActualDeliveryDate"),
            "address": OneGroup("cac:DeliveryLocation/cac:Address"),
        },
    ),
    Binding(
        "cac:PaymentMeans",
        bg.PaymentInstructions,
        {
            "means": One("cbc:PaymentMeansCode"),
            "means_text": One("cbc:PaymentMeansCode/@name"),
            "remittance": Every("cbc:PaymentID"),
            "identifier": One("cbc:ID"),
            "transfers": EveryGroup("cac:PayeeFinancialAccount"),
            "cards": EveryGroup("cac:CardAccount"),
            "debits": EveryGroup("cac:PaymentMandate"),
        },
    ),
    Binding(
        "cac:PaymentTerms",
        bg.Instalment,
        {"means": One("cbc:PaymentMeansID"), "amount": One("cbc:Amount")},
        ("/",),
    ),
    Binding(
        "cac:PayeeFinancialAccount",
        bg.CreditTransfer,
        {
            "account": One("cbc:ID"),
            "name": One("cbc:Name"),
            "provider": One("cac:FinancialInstitutionBranch/cbc:ID"),
            "means": Parent("../cbc:PaymentMeansCode", "means"),
        },
        ("cac:PaymentMeans",),
    ),
    Binding(
        "cac:CardAccount",
        bg.PaymentCard,
        {"number": One("cbc:PrimaryAccountNumberID"), "holder": One("cbc:HolderName")},
        ("cac:PaymentMeans",),
    ),
    Binding(
        "cac:PaymentMandate",
        bg.DirectDebit,
        {"mandate": One("cbc:ID"), "debited_account": One("cac:PayerFinancialAccount/cbc:ID")},
        ("cac:PaymentMeans",),
    ),
    Binding(
        "cac:BillingReference",
        bg.PrecedingInvoice,
        {
            "number": One("cac:InvoiceDocumentReference/cbc:ID"),
            "issue_date": One("cac:InvoiceDocumentReference/cbc:IssueDate"),
        },
    ),
    Binding(
        "cac:AdditionalDocumentReference",
        bg.SupportingDocument,
        {
            "reference": One("cbc:ID"),
            "reference_scheme": One("cbc:ID/@schemeID"),
            "type_code": One("cbc:DocumentTypeCode"),
            "description": One("cbc:DocumentDescription"),
            "location": One("cac:Attachment/cac:ExternalReference/cbc:URI"),
            "media_type": One("cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@mimeCode"),
            "filename": One("cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@filename"),
        },
    ),
    Binding(
        "cac:DocumentReference",
        bg.ObjectReference,
        {"value": One("cbc:ID"), "scheme": One("cbc:ID/@schemeID"), "type_code": One("cbc:DocumentTypeCode")},
    ),
    *(
        Binding("cac:OrderLineReference", bg.OrderLineReference, {"order_line": One("cbc:LineID")}, (line,))
        for line in ("cac:SubInvoiceLine", "cac:SubCreditNoteLine")
    ),
    Binding("cbc:TaxPointDate", bg.TaxPoint, {"date": One(".")}),
    Binding("cbc:Note", bg.Note, {"text": One(".")}, ("/",)),
    *(
        Binding(
            "cac:Item",
            bg.Item,
            {
                "name": One("cbc:Name"),
                "description": One("cbc:Description"),
                "sellers_identifier": One("cac:SellersItemIdentification/cbc:ID"),
                "buyers_identifier": One("cac:BuyersItemIdentification/cbc:ID"),
                "standard_identifier": One("cac:StandardItemIdentification/cbc:ID"),
                "standard_identifier_scheme": One("cac:StandardItemIdentification/cbc:ID/@schemeID"),
                "classifications": EveryGroup("cac:CommodityClassification/cbc:ItemClassificationCode"),
                "origin_country": One("cac:OriginCountry/cbc:IdentificationCode"),
                "attributes": EveryGroup("cac:AdditionalItemProperty"),
            },
            (line,),
        )
        for line in _LINES
    ),
    *(
        Binding(
            "cac:Price",
            bg.Price,
            {
                "net": One("cbc:PriceAmount"),
                "discount": One("cac:AllowanceCharge/cbc:Amount"),
                "gross": One("cac:AllowanceCharge/cbc:BaseAmount"),
                "base_quantity": One("cbc:BaseQuantity"),
                "base_unit": One("cbc:BaseQuantity/@unitCode"),
            },
            (line,),
        )
        for line in _LINES
    ),
    Binding("cac:AdditionalItemProperty", bg.ItemAttribute, {"name": One("cbc:Name"), "value": One("cbc:Value")}),
    *(
        Binding("cbc:ItemClassificationCode", bg.Classification, _CLASSIFICATION, (line, *_CLASSIFIED))
        for line in _LINES
    ),
    Binding(
        "cbc:ItemClassificationCode",
        bg.Classification,
        {**_CLASSIFICATION, "on_line": Fixed(False)},
        _CLASSIFIED,
    ),
)
"""Which element becomes which group, and which of its descendants fill the terms."""

DOCUMENT: dict[str, Source] = {
    "number": One("cbc:ID"),
    "issue_date": One("cbc:IssueDate"),
    "type_code": One("cbc:InvoiceTypeCode|cbc:CreditNoteTypeCode"),
    "currency": One("cbc:DocumentCurrencyCode"),
    "vat_currency": One("cbc:TaxCurrencyCode"),
    "vat_point_date": One("cbc:TaxPointDate"),
    "due_date": One("cbc:DueDate|cac:PaymentMeans/cbc:PaymentDueDate"),
    "buyer_reference": One("cbc:BuyerReference"),
    "project": One("cac:ProjectReference/cbc:ID"),
    "contract": One("cac:ContractDocumentReference/cbc:ID"),
    "purchase_order": One("cac:OrderReference/cbc:ID"),
    "sales_order": One("cac:OrderReference/cbc:SalesOrderID"),
    "receiving_advice": One("cac:ReceiptDocumentReference/cbc:ID"),
    "despatch_advice": One("cac:DespatchDocumentReference/cbc:ID"),
    "tender": One("cac:OriginatorDocumentReference/cbc:ID"),
    "accounting_reference": One("cbc:AccountingCost"),
    "payment_terms": Every("cac:PaymentTerms/cbc:Note"),
    "process": One("cbc:ProfileID"),
    "specification": One("cbc:CustomizationID"),
    "notes": EveryGroup("cbc:Note"),
    "preceding": EveryGroup("cac:BillingReference"),
    "sellers": EveryGroup("cac:AccountingSupplierParty"),
    "buyers": EveryGroup("cac:AccountingCustomerParty"),
    "payees": EveryGroup("cac:PayeeParty"),
    "representatives": EveryGroup("cac:TaxRepresentativeParty"),
    "deliveries": EveryGroup("cac:Delivery"),
    "periods": EveryGroup("cac:InvoicePeriod"),
    "payments": EveryGroup("cac:PaymentMeans"),
    "instalments": EveryGroup("cac:PaymentTerms"),
    "allowances_and_charges": EveryGroup("cac:AllowanceCharge"),
    "totals": EveryGroup("cac:LegalMonetaryTotal"),
    "vat_totals": EveryGroup("cac:TaxTotal"),
    "documents": EveryGroup("cac:AdditionalDocumentReference"),
    "lines": EveryGroup("cac:InvoiceLine|cac:CreditNoteLine"),
}
"""The terms and groups of the document itself."""

_AMOUNTS = (
    *("cbc:Amount", "cbc:BaseAmount", "cbc:PriceAmount", "cbc:TaxAmount", "cbc:TaxableAmount"),
    *("cbc:LineExtensionAmount", "cbc:TaxExclusiveAmount", "cbc:TaxInclusiveAmount", "cbc:AllowanceTotalAmount"),
    *("cbc:ChargeTotalAmount", "cbc:PrepaidAmount", "cbc:PayableRoundingAmount", "cbc:PayableAmount"),
)
_CODED = {
    "cbc:InvoiceTypeCode": ("", "", Coded.INVOICE_TYPE),
    "cbc:CreditNoteTypeCode": ("", "", Coded.CREDIT_NOTE_TYPE),
    "cbc:DocumentCurrencyCode": ("", "", Coded.CURRENCY),
    "cbc:TaxCurrencyCode": ("", "", Coded.VAT_CURRENCY),
    "cbc:DescriptionCode": ("cac:InvoicePeriod", "", Coded.VAT_POINT_DATE),
    "cbc:PaymentMeansCode": ("cac:PaymentMeans", "", Coded.PAYMENT_MEANS),
    "cbc:TaxExemptionReasonCode": ("", "", Coded.EXEMPTION_REASON),
    "cbc:ItemClassificationCode": ("cac:CommodityClassification", "listID", Coded.CLASSIFICATION_SCHEME),
    "cbc:InvoicedQuantity": ("", "unitCode", Coded.UNIT),
    "cbc:CreditedQuantity": ("", "unitCode", Coded.UNIT),
    "cbc:BaseQuantity": ("", "unitCode", Coded.UNIT),
    "cbc:EmbeddedDocumentBinaryObject": ("", "mimeCode", Coded.MEDIA_TYPE),
    "cbc:EndpointID": ("", "schemeID", Coded.ELECTRONIC_SCHEME),
    "cbc:CompanyID": ("cac:PartyLegalEntity", "schemeID", Coded.LEGAL_SCHEME),
}
_CODED_BY_PARENT = {
    ("cac:TaxCategory", "cbc:ID"): ("", Coded.VAT_CATEGORY),
    ("cac:ClassifiedTaxCategory", "cbc:ID"): ("", Coded.ITEM_VAT_CATEGORY),
    ("cac:StandardItemIdentification", "cbc:ID"): ("schemeID", Coded.STANDARD_ITEM_SCHEME),
    ("cac:DeliveryLocation", "cbc:ID"): ("schemeID", Coded.LOCATION_SCHEME),
    ("cac:Country", "cbc:IdentificationCode"): ("", Coded.COUNTRY),
    ("cac:OriginCountry", "cbc:IdentificationCode"): ("", Coded.ORIGIN_COUNTRY),
}


_SELLING = {"cac:AccountingSupplierParty", "cac:PayeeParty"}


_CODED_NAMES = frozenset(
    {
        *(*_AMOUNTS, *_CODED, *_SELLING, "cac:PartyIdentification"),
        *(name for pair in _CODED_BY_PARENT for name in pair),
        *(under for under, _, _ in _CODED.values() if under),
        *("currencyID", "schemeID", "listID", "unitCode", "mimeCode"),
    }
)


def _code_lists_of(names: tuple[str, ...]) -> dict[str, Coded]:
    """The code list of an element, by the attribute that holds the code, "" for its text."""
    name, parent = names[-1], names[-2] if len(names) > 1 else ""
    if name in _AMOUNTS:
        return {"currencyID": Coded.AMOUNT_CURRENCY}
    if parent == "cac:PartyIdentification" and name == "cbc:ID":
        return {"schemeID": Coded.PARTY_SCHEME if _SELLING.isdisjoint(names) else Coded.SELLER_PARTY_SCHEME}
    if found := _CODED_BY_PARENT.get((parent, name)):
        return {found[0]: found[1]}
    if name == "cbc:IdentificationCode":
        return {"": Coded.OTHER_COUNTRY}
    under, attribute, kind = _CODED.get(name, ("", "", None))
    return {attribute: kind} if kind and under in {"", parent} else {}


UBL_INVOICE = Vocabulary(
    prefixes={
        f"{UBL}CommonAggregateComponents-2": "cac:",
        f"{UBL}CommonBasicComponents-2": "cbc:",
        f"{UBL}CommonExtensionComponents-2": "ext:",
        f"{UBL}Invoice-2": "",
        f"{UBL}CreditNote-2": "",
    },
    roots=("Invoice", "CreditNote"),
    bindings=BINDINGS,
    document=Binding("/", bg.Invoice, DOCUMENT),
    coded=_code_lists_of,
    coded_names=_CODED_NAMES,
    required_codes=frozenset({Coded.AMOUNT_CURRENCY}),
    path_rules=UblPathRules(),
)
