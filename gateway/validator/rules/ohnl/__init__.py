"""UBL-OHNL 1.9: the rules of orders and of responses to them.

The official stylesheets give their asserts no ids: OHNL-ORD-nnn and OHNL-RSP-nnn are the nth of the order and
of the response, OHNL-CL-nn is the nth code list. `order.txt` and `order_response.txt` are the first two's tables.

Source: Logius, UBL-OHNL 1.9, Schematron and genericode of November 2014.
"""

from datetime import date

from gateway.validator.model.order import OrderResponse, PurchaseOrder
from gateway.validator.rules.engine import Claim, RulePage, RuleSet, rule_set
from gateway.validator.rules.ohnl.lists import CODES
from gateway.validator.rules.ohnl.table import read_table, table_patterns

_CLAIM = Claim("1.9", is_whole=True)
_VALID_FROM = date(2014, 11, 1)
ORDER = read_table("order", "OHNL-ORD")
ORDER_RESPONSE = read_table("order_response", "OHNL-RSP")

OHNL_ORDER: RuleSet = rule_set(
    "UBL-OHNL Order",
    "1.9",
    id="ohnl-order",
    document=PurchaseOrder,
    claim=_CLAIM,
    pages=(
        RulePage("ohnl-codes", "Rules: UBL-OHNL code lists", "The codes of orders and responses.", r"OHNL-CL-\d+"),
        RulePage(
            "ohnl-order",
            "Rules: UBL-OHNL order",
            "What Digipoort asks of an order in UBL-OHNL 1.9.",
            r"OHNL-ORD-\d+",
            is_table=True,
        ),
    ),
    patterns=(*table_patterns(ORDER), *CODES),
    valid_from=_VALID_FROM,
)

OHNL_ORDER_RESPONSE: RuleSet = rule_set(
    "UBL-OHNL Order Response",
    "1.9",
    id="ohnl-order-response",
    document=OrderResponse,
    claim=_CLAIM,
    pages=(
        RulePage("ohnl-codes", "Rules: UBL-OHNL code lists", "The codes of orders and responses.", r"OHNL-CL-\d+"),
        RulePage(
            "ohnl-order-response",
            "Rules: UBL-OHNL order response",
            "What Digipoort asks of a response to an order in UBL-OHNL 1.9.",
            r"OHNL-RSP-\d+",
            is_table=True,
        ),
    ),
    patterns=(*table_patterns(ORDER_RESPONSE), *CODES),
    valid_from=_VALID_FROM,
)
