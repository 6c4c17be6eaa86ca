"""BIS Billing 3 of Peppol: its own rules on an invoice, PEPPOL-EN16931-*, and those of self-billing.

Self-billing has the same rules but for the specification, the process and the types of invoice, and none of the
rules of countries. `billing.rules` has the rules of both.

Source: OpenPEPPOL, validation artefacts 2026.5 (BIS Billing 3.0.21), in force 17 August 2026.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import islice

from gateway.validator.model.amounts import is_not_negative, is_not_positive
from gateway.validator.model.codes import LISTS, PEPPOL_LISTS
from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.patterns import Pattern, PatternRule, Test
from gateway.validator.rules.peppol import amounts
from gateway.validator.rules.peppol.amounts import INDICATOR
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.rules.peppol.every_document import IDENTIFIERS
from gateway.validator.rules.peppol.peppol_facts import CREDITED, INVOICED, PeppolFacts
from gateway.validator.rules.xpath import date, is_date, normal, normal_text, one, text_nodes, text_nodes_at
from gateway.validator.xml.namespaces import CAC
from gateway.validator.xml.paths import Element, children, has, text_of, texts

_DOCUMENT_REFERENCE = f"{CAC}DocumentReference"


@dataclass(frozen=True, slots=True)
class Specification:
    """What BIS Billing and self-billing differ in."""

    customization: str
    """What the specification identifier (BT-24) begins with."""
    process: str
    """The process (BT-23) of the specification."""
    judged: str
    """The processes whose types of invoice are prescribed."""
    invoice_types: str
    credit_note_types: str
    amount_of_category: str = ""
    """The VAT amounts of a category, where they have to be in the currency of the invoice."""


BILLING = Specification(
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
    "01 02",
    "71 80 82 84 102 218 219 326 331 380 382 383 384 386 388 393 395 553 575 623 780 817 870 875 876 877",
    "381 396 81 83 532",
    "cac:TaxSubtotal/cbc:TaxAmount",
)
SELF_BILLING = Specification(
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0",
    "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0",
    "01",
    "389 527",
    "261",
)


# The document ------------------------------------------------------------------------------------------------


def _tax_totals(root: Element, *, with_subtotals: bool) -> int:
    totals = children(root, "cac:TaxTotal")
    return sum(has(total, "cac:TaxSubtotal") is with_subtotals for total in totals)


def _has_one_breakdown(root: Element, _facts: PeppolFacts) -> bool:
    return _tax_totals(root, with_subtotals=True) == 1


def _has_accounting_total(root: Element, _facts: PeppolFacts) -> bool:
    return _tax_totals(root, with_subtotals=False) == has(root, "cbc:TaxCurrencyCode")


def _have_one_sign(root: Element, _facts: PeppolFacts) -> bool:
    if not has(root, "cbc:TaxCurrencyCode"):
        return True
    amounts = children(root, "cac:TaxTotal/cbc:TaxAmount")

    def any_is(path: str, sign: Callable[[str], bool]) -> bool:
        currency = normal_text(root, path) if amounts else ""
        return any(sign(text_of(each)) for each in amounts if each.get("currencyID") == currency)

    return any(
        any_is("cbc:TaxCurrencyCode", sign) and any_is("cbc:DocumentCurrencyCode", sign)
        for sign in (is_not_positive, is_not_negative)
    )


def _has_few_notes(root: Element, facts: PeppolFacts) -> bool:
    return len(children(root, "cbc:Note")) <= 1 or facts.is_german


def _has_one_project(root: Element, _facts: PeppolFacts) -> bool:
    references = children(root, "cac:AdditionalDocumentReference")
    return sum("50" in texts(each, "cbc:DocumentTypeCode") for each in references) <= 1


def _specification_fits(customization: str) -> Test:
    def fits(root: Element, _facts: PeppolFacts) -> bool:
        given = normal(one(text_nodes_at(root, "cbc:CustomizationID")))
        return given.startswith(customization) and "::" not in given

    return fits


def _has_approved_process(process: str) -> Test:
    return lambda _root, facts: facts.process(process) is not None


# Parties, allowances and charges, payment --------------------------------------------------------------------


def _indicator_is_plain(allowance: Element, facts: PeppolFacts) -> bool:
    indicators = facts.inside(allowance).elements(INDICATOR)
    return normal(one([each for found in indicators for each in text_nodes(found)])) in ("true", "false")


def _is_another_currency(code: Element, _facts: PeppolFacts) -> bool:
    above = code.getparent()
    invoice = [] if above is None else text_nodes_at(above, "cbc:DocumentCurrencyCode")
    return normal(one(text_nodes(code))) != normal(one(invoice))


# Currencies and periods --------------------------------------------------------------------------------------


def _is_of_breakdown(amount: Element, _facts: PeppolFacts) -> bool:
    total = amount.getparent()
    return total is not None and has(total, "cac:TaxSubtotal")


def _bounds(element: Element, facts: PeppolFacts, end: str) -> list[str]:
    """The days at which the period of the invoice of an element starts or ends."""
    *_, root = islice(element.iterancestors(), 3)
    return facts.period(root, end)


def _invoice_has(end: str) -> Test:
    return lambda element, facts: bool(_bounds(element, facts, end))


def _is_within(end: str) -> Test:
    """The start, or the end, of a line's period is within that of the invoice."""
    sign = 1 if end == "StartDate" else -1

    def holds(element: Element, facts: PeppolFacts) -> bool:
        own = text_nodes(element)
        return bool(own) and (date(one(own)) - date(one(_bounds(element, facts, end)))) * sign >= 0

    return holds


# Lines -------------------------------------------------------------------------------------------------------


def _object_is_one(line: Element, facts: PeppolFacts) -> bool:
    return len(facts.line(line).elements(_DOCUMENT_REFERENCE)) <= 1


def _reference_is_object(line: Element, facts: PeppolFacts) -> bool:
    references = facts.line(line).elements(_DOCUMENT_REFERENCE)
    return not references or any("130" in texts(each, "cbc:DocumentTypeCode") for each in references)


def _unit_is_that_of_quantity(base: Element, facts: PeppolFacts) -> bool:
    price = base.getparent()
    above = None if price is None else price.getparent()
    if above is None:
        return True
    line = facts.line(above)
    if not (line.has(INVOICED) or line.has(CREDITED)):
        return True
    return base.get("unitCode") in [each.get("unitCode") for each in line.elements(facts.quantity)]


def _is_discount(allowance: Element, facts: PeppolFacts) -> bool:
    return normal(facts.inside(allowance).text(INDICATOR) or "") == "false"


# Codes -------------------------------------------------------------------------------------------------------

_CODES = {**LISTS, **{name: PEPPOL_LISTS[name] for name in ("currencies", "electronic_address_schemes")}}


def _is_on(name: str) -> Test:
    values = _CODES[name].values
    return lambda element, _facts: normal(one(text_nodes(element))) in values


def _attribute_is_on(attribute: str, name: str) -> Test:
    values = _CODES[name].values
    return lambda element, _facts: element.get(attribute) in values


def _has_indicator(value: str) -> Test:
    def has_it(code: Element, _facts: PeppolFacts) -> bool:
        above = code.getparent()
        return above is not None and value in texts(above, "cbc:ChargeIndicator")

    return has_it


def _type_fits(process: str, judged: str, types: str) -> Test:
    listed = frozenset(types.split())

    def fits(element: Element, facts: PeppolFacts) -> bool:
        is_prescribed = facts.process(process) in judged.split()
        return not is_prescribed or normal(one(text_nodes(element))) in listed

    return fits


def _is_german_type(element: Element, facts: PeppolFacts) -> bool:
    return normal(text_of(element)) not in ("326", "384") or facts.is_german


def _is_exempt_by(reason: str) -> Test:
    return lambda category, _facts: one(texts(category, "cbc:TaxExemptionReasonCode")).upper() == reason


def _is_plain_date(element: Element, _facts: PeppolFacts) -> bool:
    return len(one(text_nodes(element))) == 10 and is_date(text_of(element))


_SHARED: dict[str, PatternRule] = {}
"""The rules that both have."""


def patterns_of(profile: Specification) -> tuple[Pattern, ...]:
    """The patterns of BIS Billing, or of self-billing, without those of countries."""
    names = {name.upper(): text for name, text in asdict(profile).items()}
    words = {**vars(amounts), **globals()}
    empty, project, rules, codes, german_types = read_rules(
        "billing", words, SOURCE, PeppolFacts, _SHARED, **names
    )
    own = (german_types,) if profile is BILLING else ()
    return (empty, project, rules, IDENTIFIERS, codes, *own)
