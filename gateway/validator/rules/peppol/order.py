"""Peppol BIS Ordering 3: the rules of an order (T01) beyond its structure.

Source: OpenPEPPOL, post-award, 2026.5. Totals are compared exactly, lines and allowances within two cents.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from gateway.validator.model.amounts import cents, double, is_not_negative
from gateway.validator.model.codes import PEPPOL_LISTS
from gateway.validator.model.order import PurchaseOrder
from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.facts import once
from gateway.validator.rules.patterns import Test
from gateway.validator.rules.peppol import amounts, post_award
from gateway.validator.rules.peppol.amounts import (
    ALLOWANCE,
    LINE_AMOUNT,
    PRICE_AMOUNT,
    amount_or_nil,
    is_from_zero,
    share,
    sum_of,
    sums,
)
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.rules.xpath import decimal_at, normal, normal_text, one, text, text_nodes
from gateway.validator.ubl.order_bindings import ORDER
from gateway.validator.xml.namespaces import CBC
from gateway.validator.xml.paths import Element, children, has, text_of, texts

_QUANTITY = f"{CBC}Quantity"


class _OrderFacts(post_award.LineFacts):
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


def _is_in_currency_if_any(amount: Element, facts: _OrderFacts) -> bool:
    given = amount.get("currencyID")
    return given is None or given in facts.currencies


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


# Totals -----------------------------------------------------------------------------------------------------

_LINES, _BASE = "cbc:LineExtensionAmount", "cbc:BaseAmount"
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


def _lines_total(_totals: Element, facts: _OrderFacts) -> Decimal:
    return facts.lines_total


def _allowances(_totals: Element, facts: _OrderFacts) -> Decimal:
    return facts.allowances_and_charges[0]


def _charges(_totals: Element, facts: _OrderFacts) -> Decimal:
    return facts.allowances_and_charges[1]


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


class _Equation:
    """The test whether a total, in totals to which it applies, is what the amounts that it is made of come to."""

    def __init__(self, stated: Amount, computed: Amount, applies: Test) -> None:
        self.stated = stated
        self.computed = computed
        self.applies = applies

    def __call__(self, totals: Element, facts: _OrderFacts) -> bool:
        if not self.applies(totals, facts):
            return True
        found = self.stated(totals, facts)
        return found is not None and found == self.computed(totals, facts)

    def detail(self, totals: Element, facts: _OrderFacts) -> Detail:
        """Both amounts."""
        found, right = self.stated(totals, facts), self.computed(totals, facts)
        return Detail(None if found is None else f"{found:f}", None if right is None else f"{right:f}")


def _equals(stated: str, computed: str, applies: str = "always") -> _Equation:
    """Amounts are what a function of their name computes, or what is at a path; with `?` 0 where nothing is."""
    return _Equation(_amount(stated), _amount(computed), globals()[f"_{applies}"])


def _amount(name: str) -> Amount:
    if name.endswith("?"):
        return lambda totals, _facts: amount_or_nil(totals, name[:-1])
    if ":" in name:
        return lambda totals, _facts: decimal_at(totals, name)
    named: Amount = globals()[f"_{name}"]
    return named


def _is_not_negative(path: str) -> Test:
    """An amount is there and not less than 0."""
    return lambda totals, _facts: (stated := decimal_at(totals, path)) is not None and stated >= 0


# Allowances and charges -------------------------------------------------------------------------------------


def _is_of(indicator: str) -> Test:
    """Whether a reason code is that of an allowance (`false`) or a charge (`true`)."""
    return lambda element, _facts: indicator in texts(_above(element), "cbc:ChargeIndicator")


def _is_on(name: str) -> post_award.OnList:
    return post_award.OnList(name, lambda element: normal(one(text_nodes(element))))


def _share_detail(allowance: Element, facts: _OrderFacts) -> Detail:
    return Detail(text(allowance, "cbc:Amount") or None, f"{cents(share(allowance, facts)):f}")


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


def _quantity_is_from_zero(item: Element, facts: _OrderFacts) -> bool:
    return facts.line(item).is_from_zero(_QUANTITY)


def _price_is_from_zero(price: Element, facts: _OrderFacts) -> bool:
    return facts.price(price).is_from_zero(PRICE_AMOUNT)


PEPPOL_ORDER = post_award.post_award(
    "T01",
    "Order",
    "peppol-order",
    PurchaseOrder,
    ORDER,
    *read_rules("order", {**vars(amounts), **vars(post_award), **globals()}, SOURCE, _OrderFacts),
)
