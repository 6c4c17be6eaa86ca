"""BIS Billing 3 of Peppol: its own rules on an invoice, PEPPOL-EN16931-*, and those of self-billing.

Self-billing has the same rules but for the specification, the process and the types of invoice, and none of the
rules of countries. `profile` below is the specification that a pattern is made for.

Source: OpenPEPPOL, validation artefacts 2026.5 (BIS Billing 3.0.21), in force 17 August 2026.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from gateway.i18n import Text
from gateway.validator.model.amounts import is_not_negative, is_not_positive
from gateway.validator.model.codes import LISTS, PEPPOL_LISTS
from gateway.validator.rules.asserts import has_element
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext, Test
from gateway.validator.rules.peppol.amounts import (
    INDICATOR,
    has_base_alone,
    has_its_amount,
    has_percentage_alone,
    has_positive_base,
    is_gross_less_discount,
    is_the_share,
)
from gateway.validator.rules.peppol.asserts import SOURCE, assertion
from gateway.validator.rules.peppol.every_document import DATE_ADVICE, DATES, IDENTIFIERS, empty_elements
from gateway.validator.rules.peppol.peppol_facts import CREDITED, INVOICED, PeppolFacts
from gateway.validator.rules.xpath import date, is_date, normal, normal_text, one, text_nodes, text_nodes_at
from gateway.validator.xml.namespaces import CAC
from gateway.validator.xml.paths import Element, children, has, text_of, texts

_KEY = "PEPPOL-EN16931-"
_DOCUMENT_REFERENCE = f"{CAC}DocumentReference"


@dataclass(frozen=True, slots=True)
class Specification:
    """What BIS Billing and self-billing differ in."""

    customization: str
    """What the specification identifier (BT-24) begins with."""
    process: str
    """The process (BT-23) of the specification."""
    judged_processes: tuple[str, ...]
    """The processes whose types of invoice are prescribed."""
    invoice_types: str
    credit_note_types: str


BILLING = Specification(
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
    ("01", "02"),
    "71 80 82 84 102 218 219 326 331 380 382 383 384 386 388 393 395 553 575 623 780 817 870 875 876 877",
    "381 396 81 83 532",
)
SELF_BILLING = Specification(
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0",
    "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0",
    ("01",),
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


def _has_reference(root: Element, _facts: PeppolFacts) -> bool:
    return has(root, "cbc:BuyerReference") or has(root, "cac:OrderReference/cbc:ID")


def _has_one_project(root: Element, _facts: PeppolFacts) -> bool:
    references = children(root, "cac:AdditionalDocumentReference")
    return sum("50" in texts(each, "cbc:DocumentTypeCode") for each in references) <= 1


def _specification_fits(customization: str) -> Test:
    def fits(root: Element, _facts: PeppolFacts) -> bool:
        given = normal(one(text_nodes_at(root, "cbc:CustomizationID")))
        return given.startswith(customization) and "::" not in given

    return fits


_DOCUMENT = (
    assertion(
        f"{_KEY}R001",
        "BT-23",
        Text("A Peppol invoice names its process (BT-23)."),
        has_element("cbc:ProfileID"),
        Text("Add ProfileID."),
    ),
    assertion(
        f"{_KEY}R002",
        "BT-22",
        Text("An invoice has at most one note (BT-22), unless buyer and seller are in Germany."),
        _has_few_notes,
        Text("Put the texts into one Note."),
        expected="1",
    ),
    assertion(
        f"{_KEY}R003",
        "BT-10 BT-13",
        Text("An invoice has a buyer reference (BT-10) or a purchase order reference (BT-13)."),
        _has_reference,
        Text(
            "Ask the customer for the reference or order number, and give it in BuyerReference or OrderReference."
        ),
    ),
    assertion(
        f"{_KEY}R053",
        "BT-110 BG-23",
        Text("An invoice has one VAT total (BT-110) with a VAT breakdown (BG-23)."),
        _has_one_breakdown,
        Text("Give one TaxTotal with TaxSubtotal in it, for all categories together."),
        expected="1",
    ),
    assertion(
        f"{_KEY}R054",
        "BT-111 BT-6",
        Text(
            "An invoice with a VAT accounting currency (BT-6), and no other, has one VAT total without "
            "breakdown (BT-111)."
        ),
        _has_accounting_total,
        Text("Give TaxCurrencyCode and one TaxTotal without TaxSubtotal, or neither."),
    ),
    assertion(
        f"{_KEY}R055",
        "BT-111 BT-110",
        Text("The VAT totals in both currencies (BT-110, BT-111) have the same sign."),
        _have_one_sign,
        Text("Give both TaxAmounts the sign of the invoice."),
        found="cac:TaxTotal/cbc:TaxAmount",
    ),
)


def _document(profile: Specification) -> RuleContext:
    return RuleContext(
        ("CreditNote", "Invoice"),
        (
            *_DOCUMENT,
            assertion(
                f"{_KEY}R007",
                "BT-23",
                Text("The process (BT-23) is one that Peppol approved."),
                lambda _root, facts: facts.process(profile.process) is not None,
                Text("Copy the expected identifier into ProfileID exactly."),
                found="cbc:ProfileID",
                expected=profile.process,
            ),
            assertion(
                f"{_KEY}R004",
                "BT-24",
                Text("The specification identifier (BT-24) begins as Peppol prescribes and has no `::` in it."),
                _specification_fits(profile.customization),
                Text("Copy the expected identifier into CustomizationID exactly."),
                found="cbc:CustomizationID",
                expected=profile.customization,
            ),
        ),
    )


# Parties, allowances and charges, payment --------------------------------------------------------------------


_ALLOWANCES = ("Invoice/X", "Invoice/cac:InvoiceLine/X", "CreditNote/X", "CreditNote/cac:CreditNoteLine/X")
ALLOWANCES = tuple(path.replace("X", "cac:AllowanceCharge") for path in _ALLOWANCES)


def _indicator_is_plain(allowance: Element, facts: PeppolFacts) -> bool:
    indicators = facts.inside(allowance).elements(INDICATOR)
    return normal(one([each for found in indicators for each in text_nodes(found)])) in ("true", "false")


_ALLOWANCE_RULES = (
    RuleContext(
        ALLOWANCES,
        (
            assertion(
                f"{_KEY}R041",
                "BT-93 BT-100 BT-137 BT-142",
                Text("An allowance or charge with a percentage has a base amount."),
                None,
                Text("Add BaseAmount, or leave MultiplierFactorNumeric out."),
            ),
        ),
        has_percentage_alone,
    ),
    RuleContext(
        ALLOWANCES,
        (
            assertion(
                f"{_KEY}R042",
                "BT-94 BT-101 BT-138 BT-143",
                Text("An allowance or charge with a base amount has a percentage."),
                None,
                Text("Add MultiplierFactorNumeric, or leave BaseAmount out."),
            ),
        ),
        has_base_alone,
    ),
    RuleContext(
        ALLOWANCES,
        (
            assertion(
                f"{_KEY}R040",
                "BT-92 BT-99 BT-136 BT-141",
                Text("The amount of an allowance or charge is its base amount times its percentage, within 0.02."),
                is_the_share,
                Text("Correct the amount, the base amount or the percentage."),
                found="cbc:Amount",
            ),
            assertion(
                f"{_KEY}R043",
                "",
                Text("The indicator of an allowance or charge is true or false."),
                _indicator_is_plain,
                Text("Write false for an allowance, true for a charge."),
                found="cbc:ChargeIndicator",
                expected="true, false",
            ),
        ),
    ),
)


def _is_direct_debit(means: Element, _facts: PeppolFacts) -> bool:
    return normal_text(means, "cbc:PaymentMeansCode") in ("49", "59")


_PARTIES_AND_PAYMENT = (
    RuleContext(
        ("cbc:TaxCurrencyCode",),
        (
            assertion(
                f"{_KEY}R005",
                "BT-6",
                Text("The VAT accounting currency (BT-6) is another one than that of the invoice (BT-5)."),
                lambda code, _facts: _is_another_currency(code),
                Text("Leave TaxCurrencyCode out."),
                found=".",
            ),
        ),
    ),
    RuleContext(
        ("cac:AccountingCustomerParty/cac:Party",),
        (
            assertion(
                f"{_KEY}R010",
                "BT-49",
                Text("The buyer has an electronic address (BT-49)."),
                has_element("cbc:EndpointID"),
                Text("Add EndpointID with the identifier under which the buyer receives over Peppol."),
            ),
        ),
    ),
    RuleContext(
        ("cac:AccountingSupplierParty/cac:Party",),
        (
            assertion(
                f"{_KEY}R020",
                "BT-34",
                Text("The seller has an electronic address (BT-34)."),
                has_element("cbc:EndpointID"),
                Text("Add EndpointID with the identifier under which the seller is known to Peppol."),
            ),
        ),
    ),
    *_ALLOWANCE_RULES,
    RuleContext(
        ("cac:PaymentMeans",),
        (
            assertion(
                f"{_KEY}R061",
                "BT-89",
                Text("A direct debit (49, 59) has a mandate reference (BT-89)."),
                has_element("cac:PaymentMandate/cbc:ID"),
                Text("Add PaymentMandate/ID."),
            ),
        ),
        _is_direct_debit,
    ),
)


def _is_another_currency(code: Element) -> bool:
    above = code.getparent()
    invoice = [] if above is None else text_nodes_at(above, "cbc:DocumentCurrencyCode")
    return normal(one(text_nodes(code))) != normal(one(invoice))


# Currencies and periods --------------------------------------------------------------------------------------

_AMOUNTS = (
    *("Amount", "BaseAmount", "PriceAmount", "TaxableAmount", "LineExtensionAmount", "TaxExclusiveAmount"),
    *("TaxInclusiveAmount", "AllowanceTotalAmount", "ChargeTotalAmount", "PrepaidAmount"),
    *("PayableRoundingAmount", "PayableAmount"),
)
AMOUNTS = tuple(f"cbc:{name}" for name in _AMOUNTS)

_IN_CURRENCY = assertion(
    f"{_KEY}R051",
    "",
    Text("An amount is in the currency of the invoice (BT-5); the VAT total in accounting currency alone is not."),
    lambda amount, facts: amount.get("currencyID") in facts.currencies,
    Text("Make currencyID equal to DocumentCurrencyCode."),
    found="@currencyID",
)


def _is_of_breakdown(amount: Element, _facts: PeppolFacts) -> bool:
    total = amount.getparent()
    return total is not None and has(total, "cac:TaxSubtotal")


def _currencies(profile: Specification) -> tuple[RuleContext, ...]:
    """Self-billing leaves the VAT amounts of the breakdown out."""
    subtotals = ("cac:TaxSubtotal/cbc:TaxAmount",) if profile is BILLING else ()
    return (
        RuleContext((*AMOUNTS, *subtotals), (_IN_CURRENCY,)),
        RuleContext(("cac:TaxTotal/cbc:TaxAmount",), (_IN_CURRENCY,), _is_of_breakdown),
    )


def _period_rule(key: str, terms: str, end: str, sentence: Text, sign: int) -> RuleContext:
    """The start, or the end, of a line's period is within that of the invoice."""

    def bounds(element: Element, facts: PeppolFacts) -> list[str]:
        *_, root = islice(element.iterancestors(), 3)
        return facts.period(root, end)

    def holds(element: Element, facts: PeppolFacts) -> bool:
        own = text_nodes(element)
        return bool(own) and (date(one(own)) - date(one(bounds(element, facts)))) * sign >= 0

    rule = assertion(
        f"{_KEY}{key}",
        terms,
        sentence,
        holds,
        Text("Correct one of the periods."),
        found=".",
    )
    lines = ("Invoice/cac:InvoiceLine", "CreditNote/cac:CreditNoteLine")
    paths = tuple(f"{line}/cac:InvoicePeriod/cbc:{end}" for line in lines)
    return RuleContext(paths, (rule,), lambda element, facts: bool(bounds(element, facts)))


_PERIODS = (
    _period_rule(
        "R110",
        "BT-134 BT-73",
        "StartDate",
        Text("The period of a line starts (BT-134) within that of the invoice (BT-73)."),
        1,
    ),
    _period_rule(
        "R111",
        "BT-135 BT-74",
        "EndDate",
        Text("The period of a line ends (BT-135) within that of the invoice (BT-74)."),
        -1,
    ),
)


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


_LINES = (
    RuleContext(
        ("cac:InvoiceLine", "cac:CreditNoteLine"),
        (
            assertion(
                f"{_KEY}R120",
                "BT-131 BT-129 BT-146 BT-149",
                Text(
                    "The net amount of a line (BT-131) is its quantity times its price by base quantity, with its "
                    "charges and without its allowances, within 0.02."
                ),
                has_its_amount,
                Text("Correct the amount, the quantity, the price, or an allowance or charge of the line."),
                found="cbc:LineExtensionAmount",
            ),
            assertion(
                f"{_KEY}R121",
                "BT-149",
                Text("The base quantity of a price (BT-149) is more than 0."),
                has_positive_base,
                Text("Correct BaseQuantity, or leave it out for a price of one."),
                found="cac:Price/cbc:BaseQuantity",
            ),
            assertion(
                f"{_KEY}R100",
                "BT-128",
                Text("A line refers to at most one invoiced object (BT-128)."),
                _object_is_one,
                Text("Leave the other DocumentReference out."),
                found="cac:DocumentReference/cbc:ID",
            ),
            assertion(
                f"{_KEY}R101",
                "BT-128",
                Text("A document reference of a line is the invoiced object (BT-128), of type 130."),
                _reference_is_object,
                Text("Give DocumentTypeCode 130, or leave DocumentReference out."),
                found="cac:DocumentReference/cbc:DocumentTypeCode",
                expected="130",
            ),
        ),
    ),
    RuleContext(
        ("cac:Price/cac:AllowanceCharge",),
        (
            assertion(
                f"{_KEY}R044",
                "BT-147",
                Text("On a price there is a discount (BT-147) and no charge."),
                lambda allowance, facts: normal(facts.inside(allowance).text(INDICATOR) or "") == "false",
                Text("Write false in ChargeIndicator, and put a charge on the line."),
                found="cbc:ChargeIndicator",
                expected="false",
            ),
            assertion(
                f"{_KEY}R046",
                "BT-148 BT-146 BT-147",
                Text("The net price (BT-146) is the gross price (BT-148) less the discount (BT-147)."),
                is_gross_less_discount,
                Text("Correct PriceAmount, or BaseAmount or Amount of the discount."),
                found="cbc:BaseAmount",
            ),
        ),
    ),
    RuleContext(
        ("cac:Price/cbc:BaseQuantity",),
        (
            assertion(
                f"{_KEY}R130",
                "BT-150 BT-130",
                Text("The base quantity of a price is in the unit (BT-150) of the invoiced quantity (BT-130)."),
                _unit_is_that_of_quantity,
                Text("Make both unitCodes the same."),
                found="@unitCode",
            ),
        ),
        lambda base, _facts: base.get("unitCode") is not None,
    ),
)


# Codes -------------------------------------------------------------------------------------------------------

_LISTED = Text("Choose a code of the list.")


def _is_listed(values: frozenset[str]) -> Test:
    return lambda element, _facts: normal(one(text_nodes(element))) in values


def _has_indicator(value: str) -> Test:
    def has_it(code: Element, _facts: PeppolFacts) -> bool:
        above = code.getparent()
        return above is not None and value in texts(above, "cbc:ChargeIndicator")

    return has_it


def _code_rule(key: str, terms: str, sentence: Text, name: str) -> PatternRule:
    codes = LISTS[name]
    holds = _is_listed(codes.values)
    return assertion(f"{_KEY}{key}", terms, sentence, holds, _LISTED, found=".", expected=codes.title)


_REASON = "cac:AllowanceCharge/cbc:AllowanceChargeReasonCode"
_CURRENCIES = PEPPOL_LISTS["currencies"]
_ADDRESS_SCHEMES = PEPPOL_LISTS["electronic_address_schemes"]
_MEDIA_TYPES = LISTS["media_types"]

_CODES = (
    RuleContext(
        ("cbc:EmbeddedDocumentBinaryObject",),
        (
            assertion(
                f"{_KEY}CL001",
                "BT-125",
                Text("The media type of an attachment (BT-125) is one of six."),
                lambda element, _facts: element.get("mimeCode") in _MEDIA_TYPES.values,
                Text("Send the attachment as PDF, PNG, JPEG, CSV, XLSX or ODS."),
                found="@mimeCode",
                expected=", ".join(sorted(_MEDIA_TYPES.values)),
            ),
        ),
        lambda element, _facts: element.get("mimeCode") is not None,
    ),
    RuleContext(
        (_REASON,),
        (
            _code_rule(
                "CL002",
                "BT-98 BT-140",
                Text("The reason code of an allowance (BT-98, BT-140) is of UNTDID 5189."),
                "allowance_reasons",
            ),
        ),
        _has_indicator("false"),
    ),
    RuleContext(
        (_REASON,),
        (
            _code_rule(
                "CL003",
                "BT-105 BT-145",
                Text("The reason code of a charge (BT-105, BT-145) is of UNTDID 7161."),
                "charge_reasons",
            ),
        ),
        _has_indicator("true"),
    ),
    RuleContext(
        ("cac:InvoicePeriod/cbc:DescriptionCode",),
        (
            _code_rule(
                "CL006", "BT-8", Text("The VAT point date code (BT-8) is of UNTDID 2005."), "vat_point_dates"
            ),
        ),
    ),
    RuleContext(
        (*AMOUNTS, "cbc:TaxAmount"),
        (
            assertion(
                f"{_KEY}CL007",
                "",
                Text("The currency of an amount is of ISO 4217."),
                lambda element, _facts: element.get("currencyID") in _CURRENCIES.values,
                _LISTED,
                found="@currencyID",
                expected=_CURRENCIES.title,
            ),
        ),
    ),
)


def _type_fits(profile: Specification, codes: str) -> Test:
    listed = frozenset(codes.split())

    def fits(element: Element, facts: PeppolFacts) -> bool:
        is_prescribed = facts.process(profile.process) in profile.judged_processes
        return not is_prescribed or normal(one(text_nodes(element))) in listed

    return fits


def _is_german_type(element: Element, facts: PeppolFacts) -> bool:
    return normal(text_of(element)) not in ("326", "384") or facts.is_german


def _types(profile: Specification) -> tuple[RuleContext, ...]:
    use_another = Text("Use one of the expected types.")
    of_invoices = [
        assertion(
            f"{_KEY}P0100",
            "BT-3",
            Text("The type of an invoice (BT-3) is one that its process knows."),
            _type_fits(profile, profile.invoice_types),
            use_another,
            found=".",
            expected=profile.invoice_types,
        ),
        assertion(
            f"{_KEY}P0112",
            "BT-3",
            Text("Types 326 and 384 (BT-3) are for invoices within Germany."),
            _is_german_type,
            Text("Use 380, or a credit note with a reference to the invoice."),
            found=".",
        ),
    ]
    of_credit_notes = assertion(
        f"{_KEY}P0101",
        "BT-3",
        Text("The type of a credit note (BT-3) is one that its process knows."),
        _type_fits(profile, profile.credit_note_types),
        use_another,
        found=".",
        expected=profile.credit_note_types,
    )
    return (
        RuleContext(("cbc:InvoiceTypeCode",), tuple(of_invoices if profile is BILLING else of_invoices[:1])),
        RuleContext(("cbc:CreditNoteTypeCode",), (of_credit_notes,)),
    )


_CATEGORIES = {
    "P0104": ("VATEX-EU-G", "G"),
    "P0105": ("VATEX-EU-O", "O"),
    "P0106": ("VATEX-EU-IC", "K"),
    "P0107": ("VATEX-EU-AE", "AE"),
    "P0108": ("VATEX-EU-D", "E"),
    "P0109": ("VATEX-EU-F", "E"),
    "P0110": ("VATEX-EU-I", "E"),
    "P0111": ("VATEX-EU-J", "E"),
}
"""The VAT category that goes with a reason of exemption."""


def _category_rule(key: str, reason: str, category: str) -> RuleContext:
    rule = assertion(
        f"{_KEY}{key}",
        "BT-118 BT-121",
        Text(
            "The exemption reason {reason} (BT-121) goes with VAT category {category} (BT-118).",
            reason=reason,
            category=category,
        ),
        lambda element, _facts: normal_text(element, "cbc:ID") == category,
        Text("Correct the category, or the reason of exemption."),
        found="cbc:ID",
        expected=category,
    )
    return RuleContext(
        ("cac:TaxCategory",),
        (rule,),
        lambda element, _facts: one(texts(element, "cbc:TaxExemptionReasonCode")).upper() == reason,
    )


def _is_plain_date(element: Element, _facts: PeppolFacts) -> bool:
    return len(one(text_nodes(element))) == 10 and is_date(text_of(element))


_DATES_AND_SCHEMES = (
    RuleContext(
        tuple(f"cbc:{name}" for name in DATES),
        (
            assertion(
                f"{_KEY}F001",
                "",
                Text("A date is written YYYY-MM-DD."),
                _is_plain_date,
                DATE_ADVICE,
                found=".",
                expected="2026-01-31",
            ),
        ),
    ),
    RuleContext(
        ("cbc:EndpointID",),
        (
            assertion(
                f"{_KEY}CL008",
                "",
                Text("The scheme of an electronic address is one that Peppol routes by."),
                lambda element, _facts: element.get("schemeID") in _ADDRESS_SCHEMES.values,
                Text("Use 0106 with the KvK number, 0190 with the OIN or 9944 with the VAT number."),
                found="@schemeID",
                expected=_ADDRESS_SCHEMES.title,
            ),
        ),
        lambda element, _facts: element.get("schemeID") is not None,
    ),
    *(_category_rule(key, reason, category) for key, (reason, category) in _CATEGORIES.items()),
)

_NOT_EMPTY = empty_elements(f"{_KEY}R008", SOURCE)
_ONE_PROJECT = assertion(
    f"{_KEY}R080",
    "BT-11",
    Text("A credit note refers to at most one project (BT-11, document type 50)."),
    _has_one_project,
    Text("Leave the other references of type 50 out."),
    expected="1",
)


def patterns_of(profile: Specification) -> tuple[Pattern, ...]:
    """The patterns of BIS Billing, or of self-billing, without those of countries."""
    rules = (_document(profile), *_PARTIES_AND_PAYMENT, *_currencies(profile), *_PERIODS, *_LINES)
    codes = (*_CODES, *_types(profile), *_DATES_AND_SCHEMES)
    return (
        _NOT_EMPTY,
        Pattern((RuleContext(("CreditNote",), (_ONE_PROJECT,)),), PeppolFacts),
        Pattern(rules, PeppolFacts),
        IDENTIFIERS,
        Pattern(codes, PeppolFacts),
    )
