"""Peppol BIS Ordering 3: the rules of an order response (T76) beyond its structure.

Source: OpenPEPPOL, post-award, 2026.5.
"""

from dataclasses import replace

from gateway.i18n import Text
from gateway.validator.model.order import OrderResponse
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext
from gateway.validator.rules.peppol.asserts import assertion
from gateway.validator.rules.peppol.post_award import (
    LineFacts,
    has_one_of,
    has_own_number,
    post_award,
    specification,
)
from gateway.validator.rules.xpath import normal
from gateway.validator.ubl.order_bindings import ORDER_RESPONSE
from gateway.validator.xml.paths import Element, has, text_of, texts


def _party(key: str, path: str, terms: str, sentence: Text) -> RuleContext:
    name, number = "cac:PartyLegalEntity/cbc:RegistrationName", "cac:PartyIdentification/cbc:ID"
    advice = Text("Add cac:PartyLegalEntity with cbc:RegistrationName, or cac:PartyIdentification.")
    return RuleContext(
        (path,),
        (
            assertion(
                f"PEPPOL-{key}", terms, sentence, has_one_of(name, number), advice, expected=f"{name} | {number}"
            ),
        ),
    )


def _ends_after_start(period: Element, _facts: object) -> bool:
    """Dates are compared as texts."""
    starts, ends = texts(period, "cbc:StartDate"), texts(period, "cbc:EndDate")
    return not starts or not ends or max(ends) >= min(starts)


def _lines(key: str, code: str, sentence: Text, advice: Text, *, has_lines: bool) -> PatternRule:
    """A response with this code has lines, or has none."""

    def holds(element: Element, _facts: object) -> bool:
        above = element.getparent()
        return normal(text_of(element)) != code or (above is not None and has(above, "cac:OrderLine")) is has_lines

    return assertion(f"PEPPOL-{key}", "tir76-200", sentence, holds, advice, found=".")


_WITHOUT_LINES = Text("Leave the lines out; CA accepts an order with the changes that its lines say.")

_RESPONSE_CODE = RuleContext(
    ("cbc:OrderResponseCode",),
    (
        _lines(
            "T76-R007",
            "CA",
            Text("A response that accepts an order with changes (CA) has lines."),
            Text("Add the lines that change, or accept the order as it is (AP)."),
            has_lines=True,
        ),
        _lines(
            "T76-R008",
            "AP",
            Text("A response that accepts an order (AP) has no lines."),
            _WITHOUT_LINES,
            has_lines=False,
        ),
        _lines(
            "T76-R009",
            "RE",
            Text("A response that rejects an order (RE) has no lines."),
            _WITHOUT_LINES,
            has_lines=False,
        ),
        _lines(
            "T76-R010",
            "AB",
            Text("A response that confirms the receipt of an order (AB) has no lines."),
            _WITHOUT_LINES,
            has_lines=False,
        ),
    ),
)

_OWN_RULES = Pattern(
    (
        specification("T76-R006", "tir76-001", "order_response"),
        RuleContext(
            ("cbc:PriceAmount",),
            (
                replace(
                    assertion(
                        "PEPPOL-T76-R005",
                        "tir76-130",
                        Text("A price is in the currency of the order response (tir76-007)."),
                        lambda element, facts: element.get("currencyID") in facts.currencies,
                        Text("Give the price in the currency of the order response, or correct currencyID."),
                    ),
                    detail=lambda element, facts: Detail(element.get("currencyID"), ", ".join(facts.currencies)),
                ),
            ),
        ),
        _party(
            "T76-R001",
            "cac:BuyerCustomerParty/cac:Party",
            "tir76-023 tir76-022",
            Text("The buyer has a registered name or a number."),
        ),
        _party(
            "T76-R002",
            "cac:SellerSupplierParty/cac:Party",
            "tir76-060 tir76-059",
            Text("The seller has a registered name or a number."),
        ),
        RuleContext(
            ("cac:PromisedDeliveryPeriod",),
            (
                replace(
                    assertion(
                        "PEPPOL-T76-R004",
                        "",
                        Text("A promised period does not end before it starts."),
                        _ends_after_start,
                        Text("Correct the start date or the end date of the period."),
                    ),
                    detail=lambda period, _facts: Detail(
                        ", ".join(texts(period, "cbc:EndDate")), f">= {', '.join(texts(period, 'cbc:StartDate'))}"
                    ),
                ),
            ),
        ),
        RuleContext(
            ("cac:OrderLine/cac:LineItem",),
            (
                assertion(
                    "PEPPOL-T76-R003",
                    "tir76-120",
                    Text("Each line has its own number."),
                    has_own_number,
                    Text("Number the lines, and use each number once."),
                    found="cbc:ID",
                ),
            ),
        ),
        _RESPONSE_CODE,
    ),
    LineFacts,
)

PEPPOL_ORDER_RESPONSE = post_award(
    "T76", "Order response", "peppol-order-response", OrderResponse, ORDER_RESPONSE, _OWN_RULES
)
