"""Documents in which all of a structure occurs, once, made of the structure itself: the parties do not exist.

The order is one line of ten at 5.00, less 10 % on the line and 10 % on the order, with 21 % VAT and 9.00 prepaid.
"""

from base64 import b64encode
from functools import cache

from lxml import etree

from gateway.validator.ubl import order_bindings as structures
from gateway.validator.ubl.structure import StructurePart
from tests.samples.catalogue import SMALL_PDF
from tests.samples.xml import CAC, CBC

_SPACES = {"cac": CAC, "cbc": CBC}
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"
_TRANSACTION = "urn:fdc:peppol.eu:poacc:trns:{}:3"

_STRUCTURES: dict[str, tuple[StructurePart, dict[str, str]]] = {
    "peppol-order-full": (
        structures.ORDER,
        {
            "/Order/cbc:CustomizationID": _TRANSACTION.format("order"),
            "/Order/cbc:ProfileID": "urn:fdc:peppol.eu:poacc:bis:ordering:3",
        },
    ),
    "peppol-order-response-full": (
        structures.ORDER_RESPONSE,
        {"/OrderResponse/cbc:CustomizationID": _TRANSACTION.format("order_response")},
    ),
    "peppol-despatch-advice-full": (
        structures.DESPATCH_ADVICE,
        {"/DespatchAdvice/cbc:CustomizationID": _TRANSACTION.format("despatch_advice")},
    ),
    "peppol-invoice-response-full": (
        structures.INVOICE_RESPONSE,
        {
            "/ApplicationResponse/cbc:CustomizationID": _TRANSACTION.format("invoice_response"),
            "/ApplicationResponse/cbc:ProfileID": "urn:fdc:peppol.eu:poacc:bis:invoice_response:3",
        },
    ),
}
NAMES = tuple(_STRUCTURES)

_CODES = {
    "currencies": "EUR",
    "countries": "NL",
    "units": "C62",
    "electronic_address_schemes": "0106",
    "identifier_schemes": "0106",
    "media_types": "application/pdf",
    "order_types": "220",
    "indicators": "false",
    "allowance_reasons": "95",
    "charge_reasons": "95",
    "classification_schemes": "STI",
    "shipping_priorities": "3",
    "order_response_codes": "CA",
    "line_statuses": "3",
    "transport_modes": "3",
    "hazard_codes": "ADR",
    "trace_schemes": "UDI",
    "handling_unit_schemes": "SSCC",
    "package_types": "PX",
    "measured_attributes": "AAB",
    "document_types": "380",
    "invoice_statuses": "RE",
    "status_reasons": "REF",
    "clarification_lists": "OPStatusReason",
}
_VALUES = {
    "cbc:EndpointID": "90817263",
    "cac:PartyIdentification/cbc:ID": "90817263",
    "cac:PartyLegalEntity/cbc:CompanyID": "90817263",
    "cac:PartyTaxScheme/cbc:CompanyID": "NL859173641B01",
    "cac:TaxScheme/cbc:ID": "VAT",
    "cac:TaxCategory/cbc:ID": "S",
    "cac:ClassifiedTaxCategory/cbc:ID": "S",
    "cbc:Percent": "21",
    "cbc:IssueDate": "2026-10-19",
    "cbc:ElectronicMail": "verkoop@wilgenroos.example",
    "cbc:Telephone": "+31 113 555 018",
    "cbc:URI": "https://wilgenroos.example/bestek/2026-11",
    "cbc:EmbeddedDocumentBinaryObject": b64encode(SMALL_PDF).decode(),
    "/Order/cac:AllowanceCharge/cbc:Amount": "4.50",
    "/Order/cac:AllowanceCharge/cbc:BaseAmount": "45.00",
    "cac:LineItem/cac:AllowanceCharge/cbc:Amount": "5.00",
    "cac:LineItem/cac:AllowanceCharge/cbc:BaseAmount": "50.00",
    "cac:Price/cac:AllowanceCharge/cbc:Amount": "1.00",
    "cac:Price/cac:AllowanceCharge/cbc:BaseAmount": "6.00",
    "cac:AllowanceCharge/cbc:ChargeIndicator": "false",
    "cbc:MultiplierFactorNumeric": "10",
    "cbc:PriceAmount": "5.00",
    "cbc:BaseQuantity": "1",
    "cbc:Quantity": "10",
    "cbc:LineExtensionAmount": "45.00",
    "cbc:AllowanceTotalAmount": "4.50",
    "cbc:ChargeTotalAmount": "0.00",
    "cbc:TaxExclusiveAmount": "40.50",
    "cbc:TaxAmount": "8.51",
    "cbc:TaxInclusiveAmount": "49.01",
    "cbc:PrepaidAmount": "9.00",
    "cbc:PayableRoundingAmount": "-0.01",
    "cbc:PayableAmount": "40.00",
    "cbc:StartDate": "2026-11-02",
    "@filename": "bestek.pdf",
}
"""By the end of the path; the longest that fits counts."""
_ENDINGS = {"Date": "2026-11-06", "Time": "10:30:00", "Indicator": "true", "Quantity": "2", "Measure": "12.5"}


def full(name: str) -> bytes:
    """The document of this name."""
    root, values = _STRUCTURES[name]
    return _document(root, tuple(values.items()))


@cache
def _document(root: StructurePart, values: tuple[tuple[str, str], ...]) -> bytes:
    space = _UBL.format(root.name)
    spaces: dict[str | None, str] = {None: space, "cac": CAC, "cbc": CBC}
    made = etree.Element(f"{{{space}}}{root.name}", nsmap=spaces)
    _fill(made, root, {**_VALUES, **dict(values)})
    etree.indent(made)
    return etree.tostring(made, xml_declaration=True, encoding="UTF-8")


def _fill(element: etree._Element, part: StructurePart, values: dict[str, str]) -> None:
    for attribute in part.attributes:
        element.set(attribute.name[1:], _value(attribute, values))
    if not part.elements:
        element.text = _value(part, values)
    for each in part.elements:
        prefix, local = each.name.split(":")
        _fill(etree.SubElement(element, f"{{{_SPACES[prefix]}}}{local}"), each, values)


def _value(part: StructurePart, values: dict[str, str]) -> str:
    fitting = [end for end in values if part.path.endswith(end)]
    if part.fixed or fitting:
        return part.fixed or values[max(fitting, key=len)]
    if part.lists:
        return _CODES[part.lists[0]]
    return next((text for end, text in _ENDINGS.items() if part.name.endswith(end)), f"X{part.number}")
