"""Every rule has a case that holds and one that breaks, and every case breaks exactly the rules it names.

The official stylesheet is asked too, so that a case is not our engine's opinion of itself.
"""

import os
from functools import cache, lru_cache

import pytest

import gateway
from gateway.validator import reference
from gateway.validator.catalogue import rule_catalogue, rule_entry
from gateway.validator.finding import Finding, Stage
from gateway.validator.report.report import names_of
from gateway.validator.rules.cases import Case, cases
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.en16931_cii import EN16931_CII
from gateway.validator.rules.engine import Form, RuleSet
from tests.conformance import engines
from tests.conformance.dead import CII_DEAD, DEAD, DUTCH_DEAD, OHNL_DEAD, PEPPOL_DEAD, SETU_DEAD
from tests.conformance.schema import is_valid
from tests.rules.documents import document_of
from tests.rules.paths import PATHS

_CASES = cases()


@cache
def _documents(rule: str) -> tuple[tuple[Case, bytes], ...]:
    return tuple((case, document_of(case)) for case in _CASES[rule])


def broken_by(case: Case, document: bytes) -> frozenset[str]:
    """The ids of the rules that a document breaks, judged by the set that the case's rule belongs to."""
    return frozenset(each.rule for each in _findings(document, set_of(case)) if each.stage is Stage.RULES)


def set_of(case: Case) -> str:
    return case.set or rule_entry(case.rule).set


@lru_cache(maxsize=8_192)
def _findings(document: bytes, name: str) -> tuple[Finding, ...]:
    """Hundreds of rules hold in one and the same sample, and several tests ask about each: it is judged once."""
    return gateway.judge(document, name, schema=False).findings


@pytest.mark.parametrize("rule", _CASES)
def test_each_case_breaks_what_it_names_and_nothing_else(rule: str) -> None:
    for case, document in _documents(rule):
        assert broken_by(case, document) == case.expected, case


@pytest.mark.parametrize("rule", _CASES)
def test_each_finding_teaches(rule: str) -> None:
    """The location, what to change in both languages, and the terms by name."""
    for case, document in _documents(rule):
        if not case.breaks:
            continue
        for finding in _findings(document, set_of(case)):
            if finding.rule == rule:
                assert finding.line
                assert finding.location
                assert finding.advice is not None, case
                assert finding.advice.en != finding.advice.nl
                assert all(name.split(" ", 1)[1] for name in names_of(finding.terms, "nl")), case


def test_the_official_stylesheet_says_the_same() -> None:
    assert _compared(reference.en16931(), "en16931") > 1900


@pytest.mark.skipif(not os.environ.get(engines.CII_STYLESHEET), reason=engines.NO_CII)
def test_the_official_stylesheet_of_cii_says_the_same() -> None:
    assert _compared(engines.cii_stylesheet(), "en16931-cii") > 1100


def _compared(stylesheet: reference.Stylesheet, name: str) -> int:
    """How many cases of a set the official stylesheet was asked about; it said the same of each."""
    fired = cache(stylesheet.fired_rules)
    cases = [each for rule in _CASES for each in _documents(rule) if set_of(each[0]) == name]
    compared = 0
    for case, document in cases:
        try:
            assert fired(document) == {each for each in case.expected if not _is_dutch(each)}, case
            compared += 1
        except reference.StylesheetStoppedError:  # a text that is no number stops it; ours says no
            assert case.breaks, case
    return compared


def _is_dutch(rule: str) -> bool:
    return not rule_entry(rule).set.startswith("en16931")


def test_no_rule_lacks_a_case_that_holds_or_one_that_breaks() -> None:
    judged = [entry for entry in rule_catalogue() if entry.is_bound]
    assert [entry.id for entry in judged if not (entry.holds and entry.breaks)] == []
    assert sum(entry.set == "en16931" for entry in judged) == 979 - len(DEAD)


@pytest.mark.parametrize("rules", [EN16931, EN16931_CII], ids=lambda rules: rules.id)
def test_rules_that_the_schema_meets_first_are_the_ones_that_say_so(rules: RuleSet) -> None:
    """By the official schema: no case of theirs follows it, and of every other rule some case does."""
    breaking = {
        rule: [document for case, document in _documents(rule) if case.breaks]
        for rule in _CASES
        if rule_entry(rule).set == rules.id
    }
    refused = {rule for rule, documents in breaking.items() if not any(map(is_valid, documents))}
    assert refused == rules.schema_first
    assert all(is_valid(document) for rule in breaking for case, document in _documents(rule) if not case.breaks)


def test_rules_that_cannot_break_are_the_ones_with_a_proof() -> None:
    unbound = [entry for entry in rule_catalogue() if not entry.is_bound]
    of_cii = {entry.id for entry in unbound if entry.set.endswith("-cii")}
    assert of_cii | {rule.id for rule in EN16931_CII if rule.form is Form.UNCHECKED} == set(CII_DEAD)
    others = {entry.id for entry in unbound if not entry.set.endswith("-cii")}
    listed = (DEAD, DUTCH_DEAD, OHNL_DEAD, PEPPOL_DEAD, SETU_DEAD)
    assert others == set().union(*listed)
    assert not others & {
        case.rule for listed in _CASES.values() for case in listed if not case.set.endswith("-cii")
    }


def test_every_case_is_of_a_rule_that_exists() -> None:
    assert set(_CASES) <= {entry.id for entry in rule_catalogue()}


def test_every_term_that_a_case_names_has_a_path() -> None:
    named = {part for listed in _CASES.values() for case in listed for part in (*case.change, *case.remove)}
    assert {part for part in named if part.startswith("BT-")} <= set(PATHS)


def test_a_case_that_names_the_wrong_rules_is_noticed() -> None:
    wrong = Case("BR-CO-15", True, "nlcius-invoice", {"BT-112": "121.00"})
    assert broken_by(wrong, document_of(wrong)) != wrong.expected
    with pytest.raises(ValueError, match="the sample has no"):
        document_of(Case("BR-01", True, "en16931-everything", remove=("BT-28", "BT-28")))
