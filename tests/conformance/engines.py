"""The engines that are compared, each as a function from a document to the ids of the rules that fire."""

import os
from functools import cache
from pathlib import Path

from lxml import etree

from gateway.validator import reference
from gateway.validator.model.invoice import Invoice
from gateway.validator.rules import nlcius
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import RuleSet, judge
from gateway.validator.rules.nlcius import has_dutch_seller, is_nlcius
from gateway.validator.ubl import breaches as ubl_breaches
from gateway.validator.ubl import rules as ubl_rules
from gateway.validator.ubl import si_ubl
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.reader import Reading, read
from tests.conformance.compare import Pair
from tests.samples import SAMPLES
from tests.samples.document import NLCIUS

NLCIUS_STYLESHEET = "METERPOORT_NLCIUS_XSLT"
"""Names the file of SI-UBL's stylesheet: `xsl/si-ubl-2.0.xsl` of peppolautoriteit-nl/validation."""
CII_STYLESHEET = "METERPOORT_CII_XSLT"
"""Names the file of EN 16931's stylesheet for CII: `cii/xslt/EN16931-CII-validation.xslt` of
ConnectingEurope/eInvoicing-EN16931."""
NO_CII = f"EN 16931's stylesheet for CII is not here: name it in {CII_STYLESHEET}"


def ours(document: bytes) -> frozenset[str]:
    """EN 16931 by our own engine: its rules and the rules of the UBL syntax."""
    reading = read(etree.fromstring(document), UBL_INVOICE)
    syntax = {breach.rule.id for breach in ubl_breaches.breaches(reading)}
    return _fired(reading, EN16931) | syntax


def ours_nlcius(document: bytes) -> frozenset[str]:
    """The Dutch rules alone, by our own engine."""
    reading = read(etree.fromstring(document), UBL_INVOICE)
    empty = si_ubl.breaches(
        reading,
        is_nlcius=is_nlcius(reading.document),
        has_dutch_seller=has_dutch_seller(reading.document),
    )
    return _fired(reading, nlcius.NLCIUS) | {breach.rule.id for breach in empty}


def _fired(reading: Reading[Invoice], rules: RuleSet) -> frozenset[str]:
    """An internal error of a rule counts as a rule of that name, so that it shows as a difference."""
    judgement = judge(reading.document, rules)
    failed = {f"{failure.rule.id} failed: {failure.error}" for failure in judgement.failures}
    return frozenset({breach.rule.id for breach in judgement.breaches} | failed)


def theirs(document: bytes) -> frozenset[str]:
    """EN 16931 by the official stylesheet."""
    return reference.en16931().fired_rules(document)


def theirs_nlcius(document: bytes) -> frozenset[str]:
    """The Dutch rules by the official stylesheet; the EN 16931 it carries is an older one and left out."""
    path = os.environ[NLCIUS_STYLESHEET]
    fired = _stylesheet(path).fired_rules(document)
    return frozenset(rule for rule in fired if rule in nlcius.NLCIUS.rules or rule in si_ubl.RULES)


EN_16931 = Pair(ours, theirs, refuses=ours)
DUTCH = Pair(ours_nlcius, theirs_nlcius, refuses=ours)
DUTCH_SAMPLES = tuple(name for name, sample in SAMPLES.items() if sample.customization == NLCIUS)


def rules_of(pair: Pair) -> frozenset[str]:
    """Every rule of the set that a pair judges."""
    if pair is DUTCH:
        return frozenset(nlcius.NLCIUS.rules) | frozenset(si_ubl.RULES)
    return frozenset(EN16931.rules) | frozenset(ubl_rules.RULES)


def cii_stylesheet() -> reference.Stylesheet:
    """EN 16931's official stylesheet for CII. Raises KeyError where none is named."""
    return _stylesheet(os.environ[CII_STYLESHEET])


@cache
def _stylesheet(path: str) -> reference.Stylesheet:
    return reference.Stylesheet(Path(path))
