"""The rule sets. A new set is one module and one line here; nothing else lists them."""

from gateway.validator.model.terms import Document
from gateway.validator.rules.basisfactuur import BASISFACTUUR
from gateway.validator.rules.basisorder import BASISORDER
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.en16931_cii import EN16931_CII
from gateway.validator.rules.engine import RuleSet
from gateway.validator.rules.nlcius import G_ACCOUNT, NLCIUS
from gateway.validator.rules.nlcius_cii import NLCIUS_CII
from gateway.validator.rules.ohnl import OHNL_ORDER, OHNL_ORDER_RESPONSE
from gateway.validator.rules.peppol.billing_sets import PEPPOL, PEPPOL_SELF_BILLING
from gateway.validator.rules.peppol.despatch_advice import PEPPOL_DESPATCH
from gateway.validator.rules.peppol.invoice_response import PEPPOL_INVOICE_RESPONSE
from gateway.validator.rules.peppol.order import PEPPOL_ORDER
from gateway.validator.rules.peppol.order_response import PEPPOL_ORDER_RESPONSE
from gateway.validator.rules.setu import SETU

SETS: tuple[RuleSet, ...] = (
    NLCIUS,
    G_ACCOUNT,
    BASISFACTUUR,
    PEPPOL,
    PEPPOL_SELF_BILLING,
    NLCIUS_CII,
    EN16931_CII,
    EN16931,
    OHNL_ORDER,
    OHNL_ORDER_RESPONSE,
    BASISORDER,
    PEPPOL_ORDER,
    PEPPOL_ORDER_RESPONSE,
    PEPPOL_DESPATCH,
    PEPPOL_INVOICE_RESPONSE,
    SETU,
)
"""A document is judged by the one that it claims, of several the one that it names last (an extension of another),
else by the set that is for all of its model, if there is one. Of sets that share a rule the first one has it."""


def sets_for(document: type[Document]) -> tuple[RuleSet, ...]:
    """The sets for a document model."""
    return tuple(each for each in SETS if each.document is document)
