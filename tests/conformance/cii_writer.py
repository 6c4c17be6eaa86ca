"""Writes a document model as a Cross Industry Invoice: the bindings of CII, read the other way round.

So one invoice is there in both syntaxes, with whatever is wrong with it. Texts are written as they are.
"""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from gateway.validator.cii.bindings import CII_INVOICE, as_day
from gateway.validator.model import invoice as bg
from gateway.validator.model.terms import Group, every
from gateway.validator.ubl.binding import Every, EveryGroup, One, OneGroup
from gateway.validator.xml.namespaces import CII
from tests.conformance.ubl import children, expanded, insert

_TRADE = "rsm:SupplyChainTradeTransaction"
_SETTLEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeSettlement"
_POINTS = {"3": "5", "35": "29", "432": "72"}
"""UNTDID 2005, which UBL uses for BT-8, as UNTDID 2475, which CII does."""


def write(invoice: bg.Invoice) -> bytes:
    """The invoice as CII, UTF-8."""
    root = etree.Element(expanded("rsm:CrossIndustryInvoice"), nsmap=CII)
    fields = CII_INVOICE.document.fields.items()
    _fill(root, invoice, {name: source for name, source in fields if "vat_point" not in name}, ("/",))
    _make(root, f"{_TRADE}/ram:ApplicableHeaderTradeDelivery")
    _write_what_ubl_has_elsewhere(root, invoice)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _fill(element: etree._Element, group: Group, fields: Any, names: tuple[str, ...]) -> None:
    for name, source in fields.items():
        value = getattr(group, name, None)
        if isinstance(source, One | Every) and value is not None:
            for text in value if isinstance(source, Every) else every(value):
                _write_text(element, source, text, again=isinstance(source, Every))
        elif isinstance(source, OneGroup | EveryGroup) and value:
            for each in value if isinstance(source, EveryGroup) else (value,):
                if not _is_elsewhere(each):
                    _write_group(element, source, each, names)


def _is_elsewhere(group: Group) -> bool:
    """Whether CII has another part for it, or none: the creditor is no identifier, a registration has a number."""
    if isinstance(group, bg.Identifier):
        return group.scheme == "SEPA"
    return isinstance(group, bg.TaxRegistration) and group.identifier is None


def _write_text(element: etree._Element, source: One | Every, text: str, *, again: bool) -> None:
    path, _, attribute = source.path.split("|")[0].partition("@")
    node = _make(element, path.rstrip("/") or ".", again=again and not attribute)
    if attribute:
        node.set(
            attribute, "VA" if text == "VAT" else "FC" if attribute == "schemeID" and source.convert else text
        )
    elif source.convert is as_day or path.startswith(("ram:StartDateTime", "ram:EndDateTime")):
        node.text = re.sub(r"(?<=\d)-", "", text)
        node.set("format", "102")
    else:
        node.text = text


def _write_group(
    element: etree._Element, source: OneGroup | EveryGroup, group: Group, names: tuple[str, ...]
) -> None:
    if group.ordinal < 0 and not isinstance(group, bg.InvoiceLine):
        return
    path = source.path.split("|")
    chosen = path[-1] if getattr(group, "scheme", None) is not None else path[0]
    node = _make(element, chosen, again=isinstance(source, EveryGroup))
    steps = (*names, *chosen.split("/"))
    binding = CII_INVOICE.binding_of(steps)
    if binding is None:
        raise LookupError(f"nothing is bound to {chosen}")
    _fill(node, group, binding.fields, steps)


def _make(element: etree._Element, path: str, *, again: bool = False) -> etree._Element:
    """The element at a path, made where it is not there; a new one at its end, if it is asked for `again`."""
    node = element
    steps = [] if path == "." else path.split("/")
    for nth, step in enumerate(steps, 1):
        found = node.find(step, CII)
        if found is None or (again and nth == len(steps)):
            found = etree.Element(expanded(step))
            if found.tag in {child.tag for child in children(str(node.tag))}:
                insert(node, found)
            else:
                node.append(found)
        node = found
    return node


# --- what is in another part of UBL ------------------------------------------------------------------------


def _write_what_ubl_has_elsewhere(root: etree._Element, invoice: bg.Invoice) -> None:
    for breakdown in invoice.breakdowns():
        _write_breakdown(_make(root, f"{_SETTLEMENT}/ram:ApplicableTradeTax", again=True), breakdown, invoice)
    for path, text in _texts(invoice):
        if text is not None:
            _make(root, path).text = text
    for note, node in zip(
        invoice.notes, root.iterfind("rsm:ExchangedDocument/ram:IncludedNote", CII), strict=True
    ):
        if note.subject_code is not None:
            _make(node, "ram:SubjectCode").text = note.subject_code
    for document in root.iter(expanded("ram:AdditionalReferencedDocument")):
        if document.find("ram:TypeCode", CII) is None:
            _make(document, "ram:TypeCode").text = "916"
    lines = root.iterfind(f"{_TRADE}/ram:IncludedSupplyChainTradeLineItem", CII)
    for line, node in zip(invoice.lines, lines, strict=True):
        _write_rest_of_line(line, node)


def _texts(invoice: bg.Invoice) -> Iterator[tuple[str, str | None]]:
    payments = invoice.payments
    yield (
        f"{_SETTLEMENT}/ram:PaymentReference",
        next((text for each in payments for text in each.remittance), None),
    )
    yield f"{_SETTLEMENT}/ram:CreditorReferenceID", invoice.seller.creditor
    mandate = next((debit.mandate for each in payments for debit in each.debits), None)
    yield f"{_SETTLEMENT}/ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID", mandate


def _write_breakdown(node: etree._Element, breakdown: bg.VatBreakdown, invoice: bg.Invoice) -> None:
    vat = breakdown.vat[0] if breakdown.vat else bg.BreakdownVat()
    codes = [code for period in invoice.periods for code in period.vat_point_date_codes]
    texts = {
        "ram:CalculatedAmount": breakdown.tax,
        "ram:TypeCode": next(iter(vat.schemes), None),
        "ram:ExemptionReason": vat.reason,
        "ram:BasisAmount": breakdown.taxable,
        "ram:CategoryCode": vat.code,
        "ram:ExemptionReasonCode": vat.reason_code,
        "ram:TaxPointDate/udt:DateString": (invoice.vat_point_date or "").replace("-", "") or None,
        "ram:DueDateTypeCode": _POINTS.get(codes[0], codes[0]) if codes else None,
        "ram:RateApplicablePercent": vat.rate,
    }
    for path, text in texts.items():
        if text is not None:
            _make(node, path).text = text


def _write_rest_of_line(line: bg.InvoiceLine, node: etree._Element) -> None:
    if line.object is not None:
        document = _make(node, "ram:SpecifiedLineTradeSettlement/ram:AdditionalReferencedDocument")
        _make(document, "ram:IssuerAssignedID").text = line.object
        _make(document, "ram:TypeCode").text = "130"
        if line.object_scheme is not None:
            _make(document, "ram:ReferenceTypeCode").text = line.object_scheme
    for discount in node.iter(expanded("ram:AppliedTradeAllowanceCharge")):
        _make(discount, "ram:ChargeIndicator/udt:Indicator").text = "false"
