"""Peppol BIS Invoice Response 3: the rules of an invoice response (T111) beyond its structure.

Source: OpenPEPPOL, post-award, 2026.5.
"""

from dataclasses import replace

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.codes import PEPPOL_LISTS
from gateway.validator.model.order import InvoiceResponse
from gateway.validator.rules.asserts import has_element
from gateway.validator.rules.forms import not_on_list, unchecked
from gateway.validator.rules.patterns import Pattern, RuleContext, Test
from gateway.validator.rules.peppol.asserts import SOURCE, assertion
from gateway.validator.rules.peppol.post_award import (
    PEPPOL,
    post_award,
    process,
    specification,
)
from gateway.validator.rules.xpath import normal_text
from gateway.validator.ubl.order_bindings import INVOICE_RESPONSE
from gateway.validator.xml.paths import Element, texts

_CODE, _REASON = "cbc:StatusReasonCode", "cbc:StatusReason"


def _has_code(code: str) -> Test:
    return lambda status, _facts: code in texts(status, _CODE)


def _asks_for_more(response: Element, _facts: object) -> bool:
    """The official text searches the code in a list with blanks between."""
    return f" {normal_text(response, 'cbc:ResponseCode')} " in " CA UQ RE "


def _coded(key: str, list_id: str, name: str, sentence: Text) -> RuleContext:
    codes = PEPPOL_LISTS[name]
    holds = replace(
        assertion(
            f"PEPPOL-{key}",
            "tir111-015",
            sentence,
            lambda status, _facts: normal_text(status, _CODE) in codes.values,
            Text("Choose a code from the list {title}.", title=codes.title),
        ),
        detail=lambda status, _facts: not_on_list(normal_text(status, _CODE), codes),
    )
    return RuleContext(
        ("cac:Status",), (holds,), lambda status, _facts: list_id in texts(status, f"{_CODE}/@listID")
    )


_OWN_RULES = Pattern(
    (
        RuleContext(
            ("cac:Response",),
            (
                assertion(
                    "PEPPOL-T111-R001",
                    "tir111-015 tir111-013",
                    Text("A response that asks for more, accepts with changes or rejects (UQ, CA, RE) says why."),
                    has_element(f"cac:Status/{_CODE}"),
                    Text("Add cac:Status with a reason or an action in cbc:StatusReasonCode."),
                    expected=f"cac:Status/{_CODE}",
                ),
            ),
            _asks_for_more,
        ),
        RuleContext(
            ("cac:Status",),
            (
                assertion(
                    "PEPPOL-T111-R002",
                    "tir111-016",
                    Text("A clarification with the code for other reasons (OTH) says which in words."),
                    has_element(_REASON),
                    Text("Add cbc:StatusReason."),
                    expected=_REASON,
                    flag=Flag.WARNING,
                ),
            ),
            _has_code("OTH"),
        ),
        specification("T111-R003", "tir111-006", "invoice_response"),
        RuleContext(
            ("cac:Status",),
            (
                assertion(
                    "PEPPOL-T111-R004",
                    "tir111-016",
                    Text("A clarification that tells of a partial payment (PPD) explains it in words."),
                    has_element(_REASON),
                    Text("Add cbc:StatusReason."),
                    expected=_REASON,
                ),
            ),
            _has_code("PPD"),
        ),
        process(
            "T111-R008", "tir111-005", f"{PEPPOL}bis:invoice_response:3", "urn:peppol:bis:billing_with_response"
        ),
    )
)

_LISTS = Pattern(
    (
        _coded(
            "T111-R006",
            "OPStatusAction",
            "status_actions",
            Text("The code of an action that is asked for is on its list."),
        ),
        _coded("T111-R007", "OPStatusReason", "status_reasons", Text("The code of a reason is on its list.")),
    )
)

_UNCHECKED = unchecked(
    SOURCE,
    {
        "PEPPOL-T111-R005": (
            "tir111-015 tir111-013",
            Text("A clarification tells of a partial payment (PPD) only where the status is paid (PD)."),
        )
    },
)

PEPPOL_INVOICE_RESPONSE = post_award(
    "T111",
    "Invoice response",
    "peppol-invoice-response",
    InvoiceResponse,
    INVOICE_RESPONSE,
    _OWN_RULES,
    _LISTS,
    families=(_UNCHECKED,),
)
