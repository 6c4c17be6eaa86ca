"""Peppol BIS Invoice Response 3: the rules of an invoice response (T111) beyond its structure.

Source: OpenPEPPOL, post-award, 2026.5.
"""

from gateway.i18n import Text
from gateway.validator.model.order import InvoiceResponse
from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.forms import unchecked
from gateway.validator.rules.patterns import Test
from gateway.validator.rules.peppol import post_award
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.rules.xpath import normal_text
from gateway.validator.ubl.order_bindings import INVOICE_RESPONSE
from gateway.validator.xml.paths import Element, texts

_CODE = "cbc:StatusReasonCode"


def _has_code(code: str) -> Test:
    return lambda status, _facts: code in texts(status, _CODE)


def _asks_for_more(response: Element, _facts: object) -> bool:
    """The official text searches the code in a list with blanks between."""
    return f" {normal_text(response, 'cbc:ResponseCode')} " in " CA UQ RE "


def _is_of_list(name: str) -> Test:
    return lambda status, _facts: name in texts(status, f"{_CODE}/@listID")


def _code_is_on(name: str) -> post_award.OnList:
    return post_award.OnList(name, lambda status: normal_text(status, _CODE))


_UNCHECKED = unchecked(
    SOURCE,
    {
        "PEPPOL-T111-R005": (
            "tir111-015 tir111-013",
            Text("A clarification tells of a partial payment (PPD) only where the status is paid (PD)."),
        )
    },
)

PEPPOL_INVOICE_RESPONSE = post_award.post_award(
    "T111",
    "Invoice response",
    "peppol-invoice-response",
    InvoiceResponse,
    INVOICE_RESPONSE,
    *read_rules("invoice_response", {**vars(post_award), **globals()}, SOURCE),
    families=(_UNCHECKED,),
)
