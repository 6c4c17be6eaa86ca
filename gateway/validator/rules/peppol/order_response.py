"""Peppol BIS Ordering 3: the rules of an order response (T76) beyond its structure.

Source: OpenPEPPOL, post-award, 2026.5.
"""

from gateway.validator.model.order import OrderResponse
from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.patterns import Test
from gateway.validator.rules.peppol import post_award
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.rules.xpath import normal
from gateway.validator.ubl.order_bindings import ORDER_RESPONSE
from gateway.validator.xml.paths import Element, has, text_of, texts


def _ends_after_start(period: Element, _facts: object) -> bool:
    """Dates are compared as texts."""
    starts, ends = texts(period, "cbc:StartDate"), texts(period, "cbc:EndDate")
    return not starts or not ends or max(ends) >= min(starts)


def _period(period: Element, _facts: object) -> Detail:
    return Detail(", ".join(texts(period, "cbc:EndDate")), f">= {', '.join(texts(period, 'cbc:StartDate'))}")


def _has_lines(element: Element) -> bool:
    above = element.getparent()
    return above is not None and has(above, "cac:OrderLine")


def _has_lines_if(code: str) -> Test:
    return lambda element, _facts: normal(text_of(element)) != code or _has_lines(element)


def _has_no_lines_if(code: str) -> Test:
    return lambda element, _facts: normal(text_of(element)) != code or not _has_lines(element)


PEPPOL_ORDER_RESPONSE = post_award.post_award(
    "T76",
    "Order response",
    "peppol-order-response",
    OrderResponse,
    ORDER_RESPONSE,
    *read_rules("order_response", {**vars(post_award), **globals()}, SOURCE, post_award.LineFacts),
)
