"""SI-UBL-2 of NLCIUS: a document has no empty elements.

The official text has one pattern for all its rules, and an element meets only the first rule written for it:
an empty element that another NLCIUS rule is about (a payment means code, an address line of a Dutch seller)
is not reported here. `MET_EARLIER` lists those, by the end of their path.

Source: Stichting Peppolautoriteit, SI-UBL 2.0, version 2.0.3.12.
"""

from typing import Any

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.ubl.breaches import SyntaxBreach
from gateway.validator.ubl.reader import Reading
from gateway.validator.ubl.rules import SyntaxRule

SI_UBL_2 = SyntaxRule(
    "SI-UBL-2",
    Flag.WARNING,
    Text("A document has no empty elements."),
    "//*",
    Text("Fill it in, or leave the element out."),
    "SI-UBL 2.0 (NLCIUS) 2.0.3.12",
)
RULES = {SI_UBL_2.id: SI_UBL_2}

MET_EARLIER = (
    "cac:AccountingSupplierParty/cac:Party",
    "cac:AccountingSupplierParty/cac:Party/cac:PostalAddress",
    "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress",
    "cac:TaxRepresentativeParty/cac:PostalAddress",
    "cbc:InvoiceTypeCode",
    "cbc:CreditNoteTypeCode",
    "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity",
    "/Invoice/cac:LegalMonetaryTotal",
    "cac:PaymentMeans",
    "cbc:TaxCurrencyCode",
    "cbc:TaxPointDate",
    "cac:InvoicePeriod/cbc:DescriptionCode",
    "cac:BillingReference/cac:InvoiceDocumentReference/cbc:IssueDate",
    "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme",
    "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyLegalForm",
    "cac:AccountingSupplierParty/cac:Party/cac:PostalAddress/cac:AddressLine/cbc:Line",
    "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cac:AddressLine/cbc:Line",
    "cac:TaxRepresentativeParty/cac:PostalAddress/cac:AddressLine/cbc:Line",
    "cac:Delivery/cac:DeliveryLocation/cac:Address/cac:AddressLine/cbc:Line",
    "cac:AccountingSupplierParty/cac:Party/cac:PostalAddress/cbc:CountrySubentity",
    "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cbc:CountrySubentity",
    "cac:TaxRepresentativeParty/cac:PostalAddress/cbc:CountrySubentity",
    "cac:Delivery/cac:DeliveryLocation/cac:Address/cbc:CountrySubentity",
    "cac:PaymentMeans/cbc:PaymentMeansCode",
    "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:Name",
    "cac:AllowanceCharge/cbc:AllowanceChargeReasonCode",
    "cac:TaxTotal/cbc:TaxAmount",
    "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:TaxExemptionReasonCode",
)
"""Elements that an earlier rule is about, when the seller is Dutch and the document an NLCIUS one."""

ORDER_LINE = "cac:OrderLineReference/cbc:LineID"
"""The same for any seller of an NLCIUS document (BR-NL-13)."""


def breaches(reading: Reading[Any], *, is_nlcius: bool, has_dutch_seller: bool) -> list[SyntaxBreach]:
    """The empty elements of a document that no other NLCIUS rule met first, in document order."""
    met = (ORDER_LINE, *MET_EARLIER) if has_dutch_seller else (ORDER_LINE,)
    return [
        SyntaxBreach(SI_UBL_2, ordinal)
        for ordinal, element in sorted(reading.notes.blanks, key=lambda located: located[0])
        if not (is_nlcius and _ends_in_one_of(_path(element), met))
    ]


def _ends_in_one_of(path: str, ends: tuple[str, ...]) -> bool:
    return any(path == end or path.endswith(f"/{end}") for end in ends)


_PREFIXES = {
    "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2": "cac:",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2": "cbc:",
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2": "",
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2": "",
}


def _path(element: etree._Element) -> str:
    names = []
    for each in (element, *element.iterancestors()):
        name = etree.QName(each)
        names.append(_PREFIXES.get(name.namespace or "", "other:") + name.localname)
    return "/" + "/".join(reversed(names))
