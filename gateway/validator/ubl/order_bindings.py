"""Where the fields of orders, order responses, despatch advices and invoice responses are in UBL 2.1.

Their terms are in `structures`, by their place: a vocabulary here enters them in the list of terms.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from gateway.validator.model import order
from gateway.validator.model.document import DocumentKind
from gateway.validator.model.terms import Document
from gateway.validator.ubl.binding import Binding, EveryGroup, One, OneGroup, Source, Vocabulary
from gateway.validator.ubl.structure import StructurePart, enter_terms, read_structure, terms_of
from gateway.validator.xml.namespaces import OHNL, PREFIXES, UBL

_D = TypeVar("_D", bound=Document)


def _party(element: str, inside: str = "") -> Binding[Any]:
    """A party: the element itself, or the Party in it."""
    legal = f"{inside}cac:PartyLegalEntity"
    return Binding(
        element,
        order.TradeParty,
        {
            "trading_name": One(f"{inside}cac:PartyName/cbc:Name"),
            "registered_name": One(f"{legal}/cbc:RegistrationName"),
            "identifiers": EveryGroup(f"{inside}cac:PartyIdentification"),
            "registration": OneGroup(f"{legal}/cbc:CompanyID"),
            "tax_number": One(f"{inside}cac:PartyTaxScheme/cbc:CompanyID"),
            "electronic_address": OneGroup(f"{inside}cbc:EndpointID"),
            "address": OneGroup(f"{inside}cac:PostalAddress|{inside}cac:PhysicalLocation/cac:Address"),
            "contact": OneGroup(f"{inside}cac:Contact"),
        },
    )


def _address(element: str) -> Binding[Any]:
    return Binding(
        element,
        order.TradeAddress,
        {
            "line_1": One("cbc:StreetName"),
            "line_2": One("cbc:AdditionalStreetName|cbc:BuildingNumber"),
            "line_3": One("cac:AddressLine/cbc:Line"),
            "city": One("cbc:CityName"),
            "post_code": One("cbc:PostalZone"),
            "region": One("cbc:CountrySubentity"),
            "country": One("cac:Country/cbc:IdentificationCode"),
        },
    )


def _item(element: str, under: tuple[str, ...] = ()) -> Binding[Any]:
    return Binding(
        element,
        order.OrderedItem,
        {
            "name": One("cbc:Name"),
            "description": One("cbc:Description"),
            "buyers_number": One("cac:BuyersItemIdentification/cbc:ID"),
            "sellers_number": One("cac:SellersItemIdentification/cbc:ID"),
            "manufacturers_number": One("cac:ManufacturersItemIdentification/cbc:ID"),
            "standard_number": One("cac:StandardItemIdentification/cbc:ID"),
            "vat_category": One("cac:ClassifiedTaxCategory/cbc:ID"),
            "vat_rate": One("cac:ClassifiedTaxCategory/cbc:Percent"),
            "properties": EveryGroup("cac:AdditionalItemProperty"),
        },
        under,
    )


def _period(element: str) -> Binding[Any]:
    return Binding(
        element,
        order.TradePeriod,
        {
            "start_date": One("cbc:StartDate"),
            "start_time": One("cbc:StartTime"),
            "end_date": One("cbc:EndDate"),
            "end_time": One("cbc:EndTime"),
        },
    )


_IDENTIFIER: dict[str, Source] = {"value": One("."), "scheme": One("@schemeID")}

_BINDINGS: tuple[Binding[Any], ...] = (
    *(
        _party(f"cac:{role}", "cac:Party/")
        for role in (
            *("BuyerCustomerParty", "SellerSupplierParty", "OriginatorCustomerParty", "AccountingCustomerParty"),
            *("DespatchSupplierParty", "DeliveryCustomerParty"),
        )
    ),
    *(
        _party(f"cac:{role}")
        for role in (
            "SenderParty",
            "ReceiverParty",
            "IssuerParty",
            "RecipientParty",
            "DeliveryParty",
            "CarrierParty",
        )
    ),
    _address("cac:PostalAddress"),
    _address("cac:Address"),
    _address("cac:DeliveryAddress"),
    Binding(
        "cac:Contact",
        order.TradeContact,
        {"name": One("cbc:Name"), "telephone": One("cbc:Telephone"), "email": One("cbc:ElectronicMail")},
    ),
    Binding("cbc:EndpointID", order.TradeIdentifier, _IDENTIFIER),
    Binding("cbc:CompanyID", order.TradeIdentifier, _IDENTIFIER, ("cac:PartyLegalEntity",)),
    Binding(
        "cac:PartyIdentification",
        order.TradeIdentifier,
        {"value": One("cbc:ID"), "scheme": One("cbc:ID/@schemeID|cbc:ID/@schemeAgencyName")},
    ),
    Binding(
        "cac:AdditionalDocumentReference",
        order.TradeReference,
        {
            "number": One("cbc:ID"),
            "description": One("cbc:DocumentType"),
            "filename": One("cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@filename"),
            "web_address": One("cac:Attachment/cac:ExternalReference/cbc:URI"),
        },
    ),
    Binding("cac:OrderReference", order.TradeReference, {"number": One("cbc:ID")}, ("/",)),
    Binding(
        "cac:AllowanceCharge",
        order.OrderAllowance,
        {
            "indicator": One("cbc:ChargeIndicator"),
            "reason": One("cbc:AllowanceChargeReason"),
            "reason_code": One("cbc:AllowanceChargeReasonCode"),
            "percentage": One("cbc:MultiplierFactorNumeric"),
            "amount": One("cbc:Amount"),
            "base_amount": One("cbc:BaseAmount"),
        },
    ),
    Binding(
        "cac:Price",
        order.OrderPrice,
        {
            "amount": One("cbc:PriceAmount"),
            "base_quantity": One("cbc:BaseQuantity"),
            "discount": One("cac:AllowanceCharge/cbc:Amount"),
            "gross_amount": One("cac:AllowanceCharge/cbc:BaseAmount"),
        },
    ),
    Binding(
        "cac:AdditionalItemProperty", order.ItemProperty, {"name": One("cbc:Name"), "value": One("cbc:Value")}
    ),
    _item("cac:Item"),
    *map(_period, ("cac:RequestedDeliveryPeriod", "cac:PromisedDeliveryPeriod", "cac:EstimatedDeliveryPeriod")),
    Binding(
        "cac:Delivery",
        order.OrderDelivery,
        {
            "location": One("cac:DeliveryLocation/cbc:Name"),
            "address": OneGroup("cac:DeliveryLocation/cac:Address|cac:DeliveryAddress"),
            "period": OneGroup(
                "cac:RequestedDeliveryPeriod|cac:PromisedDeliveryPeriod|cac:EstimatedDeliveryPeriod"
            ),
            "party": OneGroup("cac:DeliveryParty"),
            "tracking_number": One("cbc:TrackingID"),
        },
    ),
    Binding(
        "cac:AnticipatedMonetaryTotal",
        order.OrderTotals,
        {
            "lines": One("cbc:LineExtensionAmount"),
            "allowances": One("cbc:AllowanceTotalAmount"),
            "charges": One("cbc:ChargeTotalAmount"),
            "without_tax": One("cbc:TaxExclusiveAmount"),
            "with_tax": One("cbc:TaxInclusiveAmount"),
            "prepaid": One("cbc:PrepaidAmount"),
            "rounding": One("cbc:PayableRoundingAmount"),
            "due": One("cbc:PayableAmount"),
        },
    ),
    Binding(
        "cac:OrderLine",
        order.OrderLine,
        {
            "number": One("cac:LineItem/cbc:ID"),
            "note": One("cbc:Note|cac:LineItem/cbc:Note"),
            "status": One("cac:LineItem/cbc:LineStatusCode"),
            "order_line": One("cac:OrderLineReference/cbc:LineID"),
            "quantity": One("cac:LineItem/cbc:Quantity"),
            "unit": One("cac:LineItem/cbc:Quantity/@unitCode"),
            "net_amount": One("cac:LineItem/cbc:LineExtensionAmount"),
            "accounting_reference": One("cac:LineItem/cbc:AccountingCost"),
            "period": OneGroup(
                "cac:LineItem/cac:Delivery/cac:RequestedDeliveryPeriod"
                "|cac:LineItem/cac:Delivery/cac:PromisedDeliveryPeriod"
            ),
            "allowances_and_charges": EveryGroup("cac:LineItem/cac:AllowanceCharge"),
            "price": OneGroup("cac:LineItem/cac:Price"),
            "item": OneGroup("cac:LineItem/cac:Item"),
            "replacement": OneGroup("cac:SellerSubstitutedLineItem/cac:Item"),
        },
    ),
    Binding(
        "cac:DespatchLine",
        order.DespatchLine,
        {
            "number": One("cbc:ID"),
            "note": One("cbc:Note"),
            "quantity": One("cbc:DeliveredQuantity"),
            "unit": One("cbc:DeliveredQuantity/@unitCode"),
            "outstanding_quantity": One("cbc:OutstandingQuantity"),
            "outstanding_reason": One("cbc:OutstandingReason"),
            "order_line": One("cac:OrderLineReference/cbc:LineID"),
            "item": OneGroup("cac:Item"),
        },
    ),
    Binding(
        "cac:Shipment",
        order.Shipment,
        {
            "number": One("cbc:ID"),
            "gross_weight": One("cbc:GrossWeightMeasure"),
            "gross_volume": One("cbc:GrossVolumeMeasure"),
            "transport_units": One("cbc:TotalTransportHandlingUnitQuantity"),
            "carrier": OneGroup("cac:Consignment/cac:CarrierParty"),
            "delivery": OneGroup("cac:Delivery"),
        },
        ("/",),
    ),
    Binding(
        "cac:Status",
        order.Clarification,
        {
            "code": One("cbc:StatusReasonCode"),
            "code_list": One("cbc:StatusReasonCode/@listID"),
            "reason": One("cbc:StatusReason"),
        },
    ),
)

_HEAD: dict[str, Source] = {
    "specification": One("cbc:CustomizationID"),
    "process": One("cbc:ProfileID"),
    "number": One("cbc:ID"),
    "issue_date": One("cbc:IssueDate"),
    "issue_time": One("cbc:IssueTime"),
    "note": One("cbc:Note"),
}


def _vocabulary(
    kind: DocumentKind, model: type[_D], fields: Mapping[str, Source], *structures: StructurePart
) -> Vocabulary[_D]:
    prefixes = {PREFIXES["cac"]: "cac:", PREFIXES["cbc"]: "cbc:", f"{UBL}{kind.value}-2": "", OHNL: "nl-cbc:"}
    document = Binding("/", model, {**_HEAD, **fields})
    made = Vocabulary(prefixes, (kind.value,), _BINDINGS, document, terms=terms_of(*structures))
    for structure in structures:
        enter_terms(structure, made)
    return made


ORDER = read_structure("peppol-T01")
ORDER_RESPONSE = read_structure("peppol-T76")
DESPATCH_ADVICE = read_structure("peppol-T16")
INVOICE_RESPONSE = read_structure("peppol-T111")

UBL_ORDER = _vocabulary(
    DocumentKind.ORDER,
    order.PurchaseOrder,
    {
        "order_type": One("cbc:OrderTypeCode"),
        "currency": One("cbc:DocumentCurrencyCode"),
        "buyer_reference": One("cbc:CustomerReference"),
        "accounting_reference": One("cbc:AccountingCost|cbc:AccountingCostCode"),
        "valid_until": One("cac:ValidityPeriod/cbc:EndDate"),
        "quotation": One("cac:QuotationDocumentReference/cbc:ID"),
        "earlier_order": One("cac:OrderDocumentReference/cbc:ID"),
        "contract": One("cac:Contract/cbc:ID"),
        "project": One("cac:ProjectReference/cbc:ID"),
        "documents": EveryGroup("cac:AdditionalDocumentReference"),
        "buyer": OneGroup("cac:BuyerCustomerParty"),
        "seller": OneGroup("cac:SellerSupplierParty"),
        "originator": OneGroup("cac:OriginatorCustomerParty"),
        "invoicee": OneGroup("cac:AccountingCustomerParty"),
        "delivery": OneGroup("cac:Delivery"),
        "delivery_terms": One("cac:DeliveryTerms/cbc:SpecialTerms|cac:DeliveryTerms/cbc:ID"),
        "payment_terms": One("cac:PaymentTerms/cbc:Note"),
        "allowances_and_charges": EveryGroup("cac:AllowanceCharge"),
        "tax_amount": One("cac:TaxTotal/cbc:TaxAmount"),
        "totals": OneGroup("cac:AnticipatedMonetaryTotal"),
        "lines": EveryGroup("cac:OrderLine"),
    },
    ORDER,
)

UBL_ORDER_RESPONSE = _vocabulary(
    DocumentKind.ORDER_RESPONSE,
    order.OrderResponse,
    {
        "sales_order": One("cbc:SalesOrderID"),
        "response": One("cbc:OrderResponseCode"),
        "currency": One("cbc:DocumentCurrencyCode"),
        "buyer_reference": One("cbc:CustomerReference"),
        "order": One("cac:OrderReference/cbc:ID"),
        "seller": OneGroup("cac:SellerSupplierParty"),
        "buyer": OneGroup("cac:BuyerCustomerParty"),
        "delivery": OneGroup("cac:Delivery"),
        "lines": EveryGroup("cac:OrderLine"),
    },
    ORDER_RESPONSE,
)

UBL_DESPATCH_ADVICE = _vocabulary(
    DocumentKind.DESPATCH_ADVICE,
    order.DespatchAdvice,
    {
        "orders": EveryGroup("cac:OrderReference"),
        "documents": EveryGroup("cac:AdditionalDocumentReference"),
        "despatcher": OneGroup("cac:DespatchSupplierParty"),
        "consignee": OneGroup("cac:DeliveryCustomerParty"),
        "buyer": OneGroup("cac:BuyerCustomerParty"),
        "seller": OneGroup("cac:SellerSupplierParty"),
        "originator": OneGroup("cac:OriginatorCustomerParty"),
        "shipment": OneGroup("cac:Shipment"),
        "lines": EveryGroup("cac:DespatchLine"),
    },
    DESPATCH_ADVICE,
)

_RESPONSE = "cac:DocumentResponse"
UBL_INVOICE_RESPONSE = _vocabulary(
    DocumentKind.APPLICATION_RESPONSE,
    order.InvoiceResponse,
    {
        "sender": OneGroup("cac:SenderParty"),
        "receiver": OneGroup("cac:ReceiverParty"),
        "status": One(f"{_RESPONSE}/cac:Response/cbc:ResponseCode"),
        "status_date": One(f"{_RESPONSE}/cac:Response/cbc:EffectiveDate"),
        "clarifications": EveryGroup(f"{_RESPONSE}/cac:Response/cac:Status"),
        "invoice": One(f"{_RESPONSE}/cac:DocumentReference/cbc:ID"),
        "invoice_date": One(f"{_RESPONSE}/cac:DocumentReference/cbc:IssueDate"),
        "seller": OneGroup(f"{_RESPONSE}/cac:IssuerParty"),
        "buyer": OneGroup(f"{_RESPONSE}/cac:RecipientParty"),
    },
    INVOICE_RESPONSE,
)
