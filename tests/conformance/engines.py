"""The sets that are compared, each with its two engines: functions from a document to the ids of the rules that
fire."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lxml import etree

from gateway.validator import reference
from gateway.validator.cii import rules as cii_rules
from gateway.validator.judge import judge as judge_document
from gateway.validator.rules.cases import cases
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.en16931_cii import EN16931_CII
from gateway.validator.rules.engine import RuleSet, judge
from gateway.validator.rules.nlcius import G_ACCOUNT, NLCIUS
from gateway.validator.rules.nlcius_cii import NLCIUS_CII
from gateway.validator.rules.patterns import judge_patterns
from gateway.validator.rules.peppol.billing_sets import PEPPOL, PEPPOL_SELF_BILLING
from gateway.validator.ubl import breaches as ubl_breaches
from gateway.validator.ubl import rules as ubl_rules
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.reader import read
from gateway.validator.verdict import FAILED_RULE
from gateway.validator.xml.paths import blank_leaves
from tests.conformance.compare import Pair
from tests.conformance.dead import CII_DEAD, CII_STOPPED, DEAD, DUTCH_DEAD, STOPPED
from tests.samples import CII_SAMPLES, PEPPOL_SAMPLES, SAMPLES
from tests.samples.document import NLCIUS as CLAIM

NLCIUS_STYLESHEET = "METERPOORT_NLCIUS_XSLT"
"""Names the file of SI-UBL's stylesheet: `xsl/si-ubl-2.0.xsl` of peppolautoriteit-nl/validation."""
CII_STYLESHEET = "METERPOORT_CII_XSLT"
"""Names the file of EN 16931's stylesheet for CII: `cii/xslt/EN16931-CII-validation.xslt` of
ConnectingEurope/eInvoicing-EN16931."""
NO_CII = f"EN 16931's stylesheet for CII is not here: name it in {CII_STYLESHEET}"


@dataclass(frozen=True, slots=True)
class ComparedSet:
    """A set of rules: its engines, its ids, the samples that its mutants are made of, the rules that the official
    stylesheet never reports, and the variable that names that stylesheet, if it is not installed."""

    name: str
    pair: Pair
    ids: frozenset[str]
    samples: tuple[str, ...]
    silent: frozenset[str] = frozenset()
    variable: str = ""

    @property
    def is_here(self) -> bool:
        """Whether its official stylesheet is available."""
        return not self.variable or bool(os.environ.get(self.variable))


def ours(document: bytes) -> frozenset[str]:
    """EN 16931 by our own engine: its rules and the rules of the UBL syntax. An internal error of a rule counts as
    a rule of that name, so that it shows as a difference."""
    reading = read(etree.fromstring(document), UBL_INVOICE)
    syntax = {breach.rule.id for breach in ubl_breaches.breaches(reading)}
    judgement = judge(reading.document, EN16931)
    failed = {f"{failure.rule.id} failed: {failure.error}" for failure in judgement.failures}
    return frozenset({breach.rule.id for breach in judgement.breaches} | syntax | failed)


def theirs(document: bytes) -> frozenset[str]:
    """EN 16931 by the official stylesheet."""
    return reference.en16931().fired_rules(document)


def _ids_of(rules: RuleSet) -> frozenset[str]:
    """The ids of a set without those of EN 16931."""
    ids = frozenset(rules.complete.rules) - frozenset(EN16931.rules)
    return (
        ids | {rule.id for pattern in rules.complete.patterns for rule, _ in pattern.all_rules}
    ) - rules.leaves_out


def _on_patterns(rules: RuleSet, variable: str, samples: Iterable[str], silent: Iterable[str] = ()) -> ComparedSet:
    """The rules of a set alone, without those of EN 16931, which the official stylesheet may carry as well."""
    own, ids = rules.complete.patterns, _ids_of(rules)

    def ours_of_set(document: bytes) -> frozenset[str]:
        root = etree.fromstring(document)
        judged = judge_patterns(root, own, UBL_INVOICE.name_of, 1, blank_leaves(root))
        return frozenset(each.rule.id + each.error for each in judged.breaches) - rules.leaves_out

    def theirs_of_set(document: bytes) -> frozenset[str]:
        return _stylesheet(os.environ[variable]).fired_rules(document) & ids

    def refuses(document: bytes) -> frozenset[str]:
        return ours(document) | ours_of_set(document)

    pair = Pair(ours_of_set, theirs_of_set, refuses)
    return ComparedSet(rules.name, pair, ids, tuple(samples), frozenset(silent), variable)


def cii_stylesheet() -> reference.Stylesheet:
    """EN 16931's official stylesheet for CII. Raises KeyError where none is named."""
    return _stylesheet(os.environ[CII_STYLESHEET])


@cache
def _stylesheet(path: str) -> reference.Stylesheet:
    return reference.Stylesheet(Path(path))


EN_16931 = ComparedSet(
    "EN 16931",
    Pair(ours, theirs, refuses=ours),
    frozenset(EN16931.rules) | frozenset(ubl_rules.RULES),
    tuple(SAMPLES),
    frozenset(DEAD) | frozenset(STOPPED),
)
DUTCH_SAMPLES = tuple(name for name, sample in SAMPLES.items() if sample.customization == CLAIM)
DUTCH = _on_patterns(NLCIUS, NLCIUS_STYLESHEET, DUTCH_SAMPLES, DUTCH_DEAD)


def _on_cii(rules: RuleSet, variable: str, ids: frozenset[str], silent: Iterable[str]) -> ComparedSet:
    """A set for Cross Industry Invoices, as the gateway judges them."""

    def ours_of_set(document: bytes) -> frozenset[str]:
        found = judge_document(document, profile=rules.id, schema=False).findings
        return frozenset(each.rule for each in found if each.rule in ids or each.rule == FAILED_RULE)

    def theirs_of_set(document: bytes) -> frozenset[str]:
        return _stylesheet(os.environ[variable]).fired_rules(document) & ids

    def refuses(document: bytes) -> frozenset[str]:
        return frozenset(each.rule for each in judge_document(document, profile=rules.id).fatal)

    samples = (name for name, bill in CII_SAMPLES.items() if rules is EN16931_CII or bill.customization == CLAIM)
    pair = Pair(ours_of_set, theirs_of_set, refuses)
    return ComparedSet(rules.name, pair, ids, tuple(samples), frozenset(silent), variable)


SETS: dict[str, ComparedSet] = {
    "en16931": EN_16931,
    "nlcius": DUTCH,
    "nlcius-gaccount": _on_patterns(
        G_ACCOUNT, "METERPOORT_GACCOUNT_XSLT", (*DUTCH_SAMPLES, "nlcius-gaccount"), DUTCH_DEAD
    ),
    "en16931-cii": _on_cii(
        EN16931_CII,
        CII_STYLESHEET,
        frozenset(EN16931_CII.rules) | frozenset(cii_rules.RULES),
        frozenset(CII_DEAD) | frozenset(CII_STOPPED),
    ),
    "nlcius-cii": _on_cii(NLCIUS_CII, "METERPOORT_NLCIUS_CII_XSLT", _ids_of(NLCIUS_CII), CII_DEAD),
    "peppol": _on_patterns(
        PEPPOL,
        "METERPOORT_PEPPOL_XSLT",
        (*(name for name in PEPPOL_SAMPLES if "self" not in name), "peppol-invoice", "peppol-credit-note"),
    ),
    "peppol-self-billing": _on_patterns(
        PEPPOL_SELF_BILLING, "METERPOORT_PEPPOL_SELF_BILLING_XSLT", PEPPOL_SAMPLES
    ),
}
"""By the id of the rule set."""


def documents_of_cases(name: str) -> Iterable[bytes]:
    """The documents of the cases of a set's own rules, in the syntax of the set: an id may be in both."""
    from tests.rules.documents import document_of

    ids, is_cii = SETS[name].ids, name.endswith("-cii")
    documents = (document_of(case) for rule, listed in cases().items() if rule in ids for case in listed)
    return (each for each in documents if (b"CrossIndustryInvoice" in each) == is_cii)
