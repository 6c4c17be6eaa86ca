"""Peppol BIS Despatch Advice 3: the rules of a despatch advice (T16) beyond its structure.

Source: OpenPEPPOL, post-award, 2026.5.
"""

from gateway.validator.model.order import DespatchAdvice
from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.peppol import post_award
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.ubl.order_bindings import DESPATCH_ADVICE
from gateway.validator.xml.paths import Element, has


def _says_why_it_is_outstanding(line: Element, _facts: object) -> bool:
    return has(line, "cbc:OutstandingReason") or not has(line, "cbc:OutstandingQuantity")


PEPPOL_DESPATCH = post_award.post_award(
    "T16",
    "Despatch advice",
    "peppol-despatch",
    DespatchAdvice,
    DESPATCH_ADVICE,
    *read_rules("despatch_advice", {**vars(post_award), **globals()}, SOURCE),
)
