"""Peppol BIS Ordering 3: the rules of an order (T01) beyond its structure.

Source: OpenPEPPOL, post-award, 2026.5. Totals are compared exactly, lines and allowances within two cents.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import cents, double, is_not_negative
from gateway.validator.model.codes import PEPPOL_LISTS
from gateway.validator.model.order import PurchaseOrder
from gateway.validator.rules.asserts import has_element
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.facts import once
from gateway.validator.rules.forms import not_on_list
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext, Test
from gateway.validator.rules.peppol.amounts import (
    ALLOWANCE,
    LINE_AMOUNT,
    PRICE_AMOUNT,
    amount_or_nil,
    has_base_alone,
    has_its_amount,
    has_percentage_alone,
    has_positive_base,
    is_from_zero,
    is_gross_less_discount,
    is_the_share,
    share,
    sum_of,
    sums,
)
from gateway.validator.rules.peppol.asserts import assertion
from gateway.validator.rules.peppol.post_award import (
    PEPPOL,
    LineFacts,
    has_one_of,
    has_own_number,
    post_award,
    process,
    specification,
)
from gateway.validator.rules.xpath import decimal_at, normal, normal_text, one, text, text_nodes
from gateway.validator.ubl.order_bindings import ORDER
from gateway.validator.xml.namespaces import CBC
from gateway.validator.xml.paths import Element, children, has, text_of, texts

_QUANTITY = f"{CBC}Quantity"


class _OrderFacts(LineFacts):
    """What the rules of an order ask of all of it."""

    quantity = _QUANTITY

    @once
    def lines_total(self) -> Decimal:
        """The sum of the amounts of the lines."""
        return sum_of(self.root, "cac:OrderLine/cac:LineItem/cbc:LineExtensionAmount")

    @once
    def allowances_and_charges(self) -> tuple[Decimal, Decimal]:
        """The sum of the allowances, and that of the charges, on the order."""
        return sums(children(self.root, "cac:AllowanceCharge"))

    @once
    def tax(self) -> Decimal:
        """The tax on the order."""
        return amount_or_nil(self.root, "cac:TaxTotal/cbc:TaxAmount")


# The order and its parties ----------------------------------------------------------------------------------


def _has_few_decimals(element: Element, _facts: object) -> bool:
    if not len(element) and "." not in (element.text or "")[:-3]:
        return True
    is_price = any(str(each.tag).endswith("}Price") for each in element.iterancestors())
    return is_price or len(text_of(element).partition(".")[2]) <= 2


def _is_for_vat(element: Element, _facts: object) -> bool:
    return "VAT" in texts(element, "cac:TaxScheme/cbc:ID")


def _has_country_prefix(element: Element, _facts: object) -> bool:
    """Two letters of the number are searched in the list as it is printed, so blanks are found too."""
    return text(element, "cbc:CompanyID")[:2] in PEPPOL_LISTS["vat_prefixes"].text


_AMOUNTS = RuleContext(
    (
        *("cbc:Amount", "cbc:TaxAmount", "cbc:LineExtensionAmount", "cbc:PriceAmount", "cbc:BaseAmount"),
        "cac:AnticipatedMonetaryTotal/cbc:*",
    ),
    (
        replace(
            assertion(
                "PEPPOL-T01-R003",
                "",
                Text("Every amount is in the currency of the order (tir01-007)."),
                lambda element, facts: (given := element.get("currencyID")) is None or given in facts.currencies,
                Text("Give the amount in the currency of the order, or correct currencyID."),
            ),
            detail=lambda element, facts: Detail(element.get("currencyID"), ", ".join(facts.currencies)),
        ),
        assertion(
            "PEPPOL-T01-R028",
            "",
            Text("An amount that is no price has at most two decimals."),
            _has_few_decimals,
            Text("Round the amount to two decimals and write no zeros or spaces after them."),
            found=".",
        ),
    ),
)

_PARTIES = (
    RuleContext(
        ("Order",),
        (
            assertion(
                "PEPPOL-T01-R002",
                "tir01-009",
                Text("An order says until which day it is valid."),
                has_element("cac:ValidityPeriod/cbc:EndDate"),
                Text("Add cac:ValidityPeriod with cbc:EndDate: the day before which the seller has to answer."),
                expected="cac:ValidityPeriod/cbc:EndDate",
                flag=Flag.WARNING,
            ),
        ),
    ),
    RuleContext(
        ("cac:OriginatorCustomerParty",),
        (
            assertion(
                "PEPPOL-T01-R014",
                "tir01-082 tir01-081",
                Text("The originator has a name or a number."),
                has_one_of("cac:Party/cac:PartyName/cbc:Name", "cac:Party/cac:PartyIdentification/cbc:ID"),
                Text("Add cac:PartyName or cac:PartyIdentification to the party."),
                expected="cac:PartyName/cbc:Name | cac:PartyIdentification/cbc:ID",
            ),
        ),
    ),
    RuleContext(
        ("cac:PartyTaxScheme",),
        (
            assertion(
                "PEPPOL-T01-R026",
                "",
                Text("A VAT number begins with the code of the country that gave it."),
                _has_country_prefix,
                Text("Write the two letters of the country before the number; for Greece EL may be written."),
                found="cbc:CompanyID",
                expected="NL001234567B01",
            ),
        ),
        _is_for_vat,
    ),
)


# Totals -----------------------------------------------------------------------------------------------------

_LINES, _DUE = "cbc:LineExtensionAmount", "cbc:PayableAmount"
_WITH_TAX, _WITHOUT_TAX = "cbc:TaxInclusiveAmount", "cbc:TaxExclusiveAmount"
_OFF, _ON = "cbc:AllowanceTotalAmount", "cbc:ChargeTotalAmount"
Amount = Callable[[Element, Any], Decimal | None]
"""An amount of the totals; None where nothing is there to compute with."""


def _computed_without_tax(totals: Element, _facts: _OrderFacts) -> Decimal | None:
    lines = decimal_at(totals, _LINES)
    return None if lines is None else lines - amount_or_nil(totals, _OFF) + amount_or_nil(totals, _ON)


def _stated_without_tax(totals: Element, facts: _OrderFacts) -> Decimal | None:
    """What is not stated is as it should be."""
    stated = decimal_at(totals, _WITHOUT_TAX)
    return _computed_without_tax(totals, facts) if stated is None else stated


def _computed_with_tax(totals: Element, facts: _OrderFacts) -> Decimal | None:
    without_tax = _stated_without_tax(totals, facts)
    return None if without_tax is None else without_tax + facts.tax


def _computed_due(totals: Element, _facts: _OrderFacts) -> Decimal | None:
    return (
        amount_or_nil(totals, _WITH_TAX)
        - amount_or_nil(totals, "cbc:PrepaidAmount")
        + amount_or_nil(totals, "cbc:PayableRoundingAmount")
    )


def _has_total_with_tax(totals: Element, _facts: _OrderFacts) -> bool:
    return bool(decimal_at(totals, _WITH_TAX))


def _has_tax(totals: Element, facts: _OrderFacts) -> bool:
    return _has_total_with_tax(totals, facts) and has(facts.root, "cac:TaxTotal")


def _always(_totals: Element, _facts: _OrderFacts) -> bool:
    return True


def _equation(
    key: str, terms: str, sentence: Text, stated: Amount, computed: Amount, applies: Test = _always
) -> PatternRule:
    """A total is what the amounts that it is made of come to."""

    def holds(totals: Element, facts: _OrderFacts) -> bool:
        if not applies(totals, facts):
            return True
        found = stated(totals, facts)
        return found is not None and found == computed(totals, facts)

    def detail(totals: Element, facts: _OrderFacts) -> Detail:
        found, right = stated(totals, facts), computed(totals, facts)
        return Detail(None if found is None else f"{found:f}", None if right is None else f"{right:f}")

    return replace(
        assertion(
            f"PEPPOL-{key}", terms, sentence, holds, Text("Correct the total, or the amounts that it is made of.")
        ),
        detail=detail,
    )


def _at(path: str) -> Amount:
    return lambda totals, _facts: decimal_at(totals, path)


def _or_nil(path: str) -> Amount:
    return lambda totals, _facts: amount_or_nil(totals, path)


def _not_negative(key: str, term: str, path: str, sentence: Text) -> PatternRule:
    """An amount is there and not less than 0."""
    return assertion(
        f"PEPPOL-{key}",
        term,
        sentence,
        lambda totals, _facts: (stated := decimal_at(totals, path)) is not None and stated >= 0,
        Text("Write an amount of 0 or more in {path}.", path=path),
        found=path,
        expected=">= 0",
    )


_TOTALS = RuleContext(
    ("cac:AnticipatedMonetaryTotal",),
    (
        _not_negative("T01-R006", "tir01-118", _DUE, Text("The expected amount due is not negative.")),
        _not_negative("T01-R007", "tir01-115", _LINES, Text("The expected sum of the lines is not negative.")),
        _equation(
            "T01-R008",
            "tir01-115 tir01-128",
            Text("The expected sum of the lines is the sum of the line amounts."),
            _at(_LINES),
            lambda _totals, facts: facts.lines_total,
        ),
        _equation(
            "T01-R009",
            "tir01-116 tir01-113",
            Text("The sum of allowances is the sum of the allowances on the order."),
            _or_nil(_OFF),
            lambda _totals, facts: facts.allowances_and_charges[0],
        ),
        _equation(
            "T01-R010",
            "tir01-117 tir01-113",
            Text("The sum of charges is the sum of the charges on the order."),
            _or_nil(_ON),
            lambda _totals, facts: facts.allowances_and_charges[1],
        ),
        _equation(
            "T01-R011",
            "tir01-145 tir01-115 tir01-116 tir01-117",
            Text("The total without tax is the sum of the lines, less the allowances, plus the charges."),
            _stated_without_tax,
            _computed_without_tax,
        ),
        _equation(
            "T01-R016",
            "tir01-118 tir01-147 tir01-148 tir01-146",
            Text("The amount due is the total with tax, less what is prepaid, plus the rounding."),
            _at(_DUE),
            _computed_due,
            _has_total_with_tax,
        ),
        _equation(
            "T01-R017",
            "tir01-147 tir01-145 tir01-114",
            Text("The total with tax is the total without tax plus the tax."),
            _at(_WITH_TAX),
            _computed_with_tax,
            _has_tax,
        ),
    ),
)


# Allowances and charges -------------------------------------------------------------------------------------

_PERCENTAGE, _BASE = "cbc:MultiplierFactorNumeric", "cbc:BaseAmount"
_OWN = ("/Order/cac:AllowanceCharge", "/Order/cac:OrderLine/cac:LineItem/cac:AllowanceCharge")
_ADD_OR_LEAVE_OUT = Text("Give both the base amount and the percentage, or neither.")


def _of(indicator: str) -> Test:
    """Whether a reason code is that of an allowance (`false`) or a charge (`true`)."""
    return lambda element, _facts: indicator in texts(_above(element), "cbc:ChargeIndicator")


def _reason(key: str, indicator: str, name: str, sentence: Text) -> RuleContext:
    codes = PEPPOL_LISTS[name]
    holds = replace(
        assertion(
            f"PEPPOL-{key}",
            "",
            sentence,
            lambda element, _facts: normal(one(text_nodes(element))) in codes.values,
            Text("Choose a code from the list {title}.", title=codes.title),
        ),
        detail=lambda element, _facts: not_on_list(normal(text_of(element)), codes),
    )
    return RuleContext(("cac:AllowanceCharge/cbc:AllowanceChargeReasonCode",), (holds,), _of(indicator))


_ALLOWANCES = (
    RuleContext(
        ("cac:AllowanceCharge",),
        (
            assertion(
                "PEPPOL-T01-R020",
                "",
                Text("An allowance or charge with a percentage has a base amount."),
                None,
                _ADD_OR_LEAVE_OUT,
                expected=_BASE,
            ),
        ),
        has_percentage_alone,
    ),
    RuleContext(
        _OWN,
        (
            assertion(
                "PEPPOL-T01-R021",
                "",
                Text("An allowance or charge with a base amount has a percentage."),
                None,
                _ADD_OR_LEAVE_OUT,
                expected=_PERCENTAGE,
            ),
        ),
        has_base_alone,
    ),
    RuleContext(
        _OWN,
        (
            replace(
                assertion(
                    "PEPPOL-T01-R022",
                    "",
                    Text("An allowance or charge is the percentage of its base amount."),
                    is_the_share,
                    Text("Correct the amount, the base amount or the percentage."),
                ),
                detail=lambda element, facts: Detail(
                    text(element, "cbc:Amount") or None, f"{cents(share(element, facts)):f}"
                ),
            ),
            assertion(
                "PEPPOL-T01-R023",
                "",
                Text("An allowance or charge has a reason, or the code of one."),
                has_one_of("cbc:AllowanceChargeReason", "cbc:AllowanceChargeReasonCode"),
                Text("Add cbc:AllowanceChargeReason, or cbc:AllowanceChargeReasonCode."),
                expected="cbc:AllowanceChargeReason | cbc:AllowanceChargeReasonCode",
            ),
            assertion(
                "PEPPOL-T01-R032",
                "",
                Text("An allowance or charge is not negative."),
                lambda element, _facts: is_from_zero(element, "cbc:Amount"),
                Text("Write an amount of 0 or more; cbc:ChargeIndicator says whether it is taken off or added."),
                found="cbc:Amount",
                expected=">= 0",
            ),
        ),
    ),
)


# Tax, lines and prices --------------------------------------------------------------------------------------


def _has_rate(category: Element, _facts: object) -> bool:
    return has(category, "cbc:Percent") or normal_text(category, "cbc:ID") == "O"


def _has_positive_rate(category: Element, _facts: object) -> bool:
    return normal_text(category, "cbc:ID") != "S" or any(
        double(rate) > 0 for rate in texts(category, "cbc:Percent")
    )


def _line_detail(item: Element, facts: _OrderFacts) -> Detail:
    line = facts.line(item)
    return Detail(line.text(LINE_AMOUNT), f"{cents(line.right_amount):f}")


def _net_price(allowance: Element, _facts: object) -> Detail:
    price = f"{amount_or_nil(allowance, _BASE) - amount_or_nil(allowance, 'cbc:Amount'):f}"
    return Detail(text(_above(allowance), "cbc:PriceAmount") or None, price)


def _above(element: Element) -> Element:
    above = element.getparent()
    return element if above is None else above


_GROSS, _DISCOUNT = f"cac:AllowanceCharge/{_BASE}", "cac:AllowanceCharge/cbc:Amount"


def _is_gross_from_zero(price: Element, facts: _OrderFacts) -> bool:
    if not facts.price(price).has(ALLOWANCE):
        return True
    gross = texts(price, _GROSS)
    return not gross or any(map(is_not_negative, gross))


def _is_discount_from_zero(price: Element, facts: _OrderFacts) -> bool:
    if not facts.price(price).has(ALLOWANCE):
        return True
    return not has(price, _DISCOUNT) or is_from_zero(price, _DISCOUNT)


def _has_quotation(element: Element, _facts: object) -> bool:
    return has(element.getroottree().getroot(), "cac:QuotationDocumentReference/cbc:ID")


_TAX = RuleContext(
    ("cac:TaxCategory", "cac:ClassifiedTaxCategory"),
    (
        assertion(
            "PEPPOL-T01-R029",
            "",
            Text("A VAT category has a rate, unless the order is outside the scope of VAT (O)."),
            _has_rate,
            Text("Add cbc:Percent, 0 for a category without VAT."),
            expected="cbc:Percent",
        ),
        assertion(
            "PEPPOL-T01-R030",
            "",
            Text("The standard rate (S) is more than 0."),
            _has_positive_rate,
            Text("Give the rate in cbc:Percent, or the category that has none: Z, E, AE, K, G or O."),
            found="cbc:Percent",
            expected="> 0",
        ),
    ),
)

_LINE = RuleContext(
    ("cac:OrderLine/cac:LineItem",),
    (
        replace(
            assertion(
                "PEPPOL-T01-R024",
                "tir01-128 tir01-132 tir01-130 tir01-131",
                Text("The amount of a line is quantity times price, plus its charges, less its allowances."),
                has_its_amount,
                Text("Correct the amount of the line, or what it is made of; mind cbc:BaseQuantity of the price."),
            ),
            detail=_line_detail,
        ),
        assertion(
            "PEPPOL-T01-R025",
            "tir01-131",
            Text("The quantity that a price is for is more than 0."),
            has_positive_base,
            Text("Write how many units the price is for in cbc:BaseQuantity, or leave it out: then it is one."),
            found="cac:Price/cbc:BaseQuantity",
            expected="> 0",
        ),
        assertion(
            "PEPPOL-T01-R001",
            "tir01-120",
            Text("Each line has its own number."),
            has_own_number,
            Text("Number the lines, and use each number once."),
            found="cbc:ID",
        ),
        assertion(
            "PEPPOL-T01-R004",
            "tir01-132",
            Text("The quantity of a line is not negative."),
            lambda item, facts: facts.line(item).is_from_zero(_QUANTITY),
            Text("Write a quantity of 0 or more; to take something back is no order."),
            found="cbc:Quantity",
            expected=">= 0",
        ),
        assertion(
            "PEPPOL-T01-R013",
            "tir01-132",
            Text("A line says how much is ordered."),
            has_element("cbc:Quantity"),
            Text("Add cbc:Quantity."),
            expected="cbc:Quantity",
            flag=Flag.WARNING,
        ),
    ),
)

_PRICES = (
    RuleContext(
        ("cac:Price/cac:AllowanceCharge",),
        (
            replace(
                assertion(
                    "PEPPOL-T01-R019",
                    "tir01-130 tir01-152",
                    Text("The net price is the gross price less the discount."),
                    is_gross_less_discount,
                    Text("Correct cbc:PriceAmount, or cbc:BaseAmount and cbc:Amount of its allowance."),
                ),
                detail=_net_price,
            ),
        ),
    ),
    RuleContext(
        ("cac:Price",),
        (
            assertion(
                "PEPPOL-T01-R005",
                "tir01-130",
                Text("The net price is not negative."),
                lambda price, facts: facts.price(price).is_from_zero(PRICE_AMOUNT),
                Text("Write a price of 0 or more; what is taken off is an allowance."),
                found="cbc:PriceAmount",
                expected=">= 0",
            ),
            assertion(
                "PEPPOL-T01-R027",
                "tir01-152",
                Text("The gross price is not negative."),
                _is_gross_from_zero,
                Text("Write a price of 0 or more; what is taken off is an allowance."),
                found=_GROSS,
                expected=">= 0",
            ),
            assertion(
                "PEPPOL-T01-R033",
                "",
                Text("The discount on a price is not negative."),
                _is_discount_from_zero,
                Text("Write a discount of 0 or more, or leave it out."),
                found=_DISCOUNT,
                expected=">= 0",
            ),
        ),
    ),
    RuleContext(
        ("cac:QuotationLineReference/cbc:LineID",),
        (
            assertion(
                "PEPPOL-T01-R035",
                "tir01-010",
                Text("An order that names a line of a quotation names the quotation."),
                _has_quotation,
                Text("Add cac:QuotationDocumentReference with the number of the quotation."),
                expected="cac:QuotationDocumentReference/cbc:ID",
            ),
        ),
    ),
)

_OWN_RULES = Pattern(
    (
        process(
            "T01-R031",
            "tir01-002",
            *(f"{PEPPOL}bis:{name}:3" for name in ("order_only", "ordering", "advanced_ordering")),
        ),
        specification("T01-R034", "tir01-001", "order"),
        _AMOUNTS,
        *_PARTIES,
        _TOTALS,
        *_ALLOWANCES,
        _TAX,
        _LINE,
        *_PRICES,
        _reason(
            "T01-CL001",
            "false",
            "allowance_reasons",
            Text("The reason code of an allowance is one of UNTDID 5189."),
        ),
        _reason("T01-CL002", "true", "charge_reasons", Text("The reason code of a charge is one of UNTDID 7161.")),
    ),
    _OrderFacts,
)

PEPPOL_ORDER = post_award("T01", "Order", "peppol-order", PurchaseOrder, ORDER, _OWN_RULES)
