"""What a finding teaches: both sides of a sum, the codes that were meant, the place by its term; in any syntax."""

from typing import Any

import pytest
from lxml import etree

from gateway.i18n import Text
from gateway.validator.catalogue import rule_entry
from gateway.validator.judge import judge as judge_document
from gateway.validator.kinds import KINDS
from gateway.validator.model.codes import LISTS, mistaken, near_misses
from gateway.validator.profiles import profile_named
from gateway.validator.rules.cases import Case, cases
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import Breach, RuleSet, judge
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.reader import Reading, read
from tests.rules.documents import document_of
from tests.samples import sample


def _breach(rule: str, sample: str, *remove: str, **change: str) -> Breach:
    changed = {key.replace("_", "-"): text for key, text in change.items()}
    root = etree.fromstring(document_of(Case(rule, True, sample, changed, remove)))
    return next(each for each in judge(read(root, UBL_INVOICE).document, EN16931).breaches if each.rule.id == rule)


def test_a_sum_shows_both_sides() -> None:
    detail = _breach("BR-CO-15", "nlcius-invoice", BT_112="121.50").detail
    assert detail.found == "BT-112 = 121.50"
    assert detail.expected == "BT-109 + BT-110 = 100.00 + 21.00 = 121.00"
    assert detail.advice is not None
    assert "0.50" in detail.advice.en


def test_a_sum_of_many_shows_the_first_few() -> None:
    detail = _breach("BR-CO-10", "en16931-mixed", BT_106="1.00").detail
    assert detail.expected is not None
    assert str(detail.expected).startswith("Σ BT-131 = ")


def test_an_absent_amount_is_shown_as_absent() -> None:
    assert _breach("BR-CO-16", "nlcius-invoice", "BT-115").detail.found == "BT-115 - BT-114 = – - 0"


def test_too_many_decimals_show_the_amount_rounded() -> None:
    detail = _breach("BR-DEC-23", "nlcius-invoice", BT_131="100.005").detail
    assert (detail.found, detail.expected, detail.term) == ("100.005", "100.01", "BT-131")


@pytest.mark.parametrize(
    ("value", "name", "meant"),
    [
        ("kwh", "units", ["KWH"]),
        ("KWHH", "units", ["KWH"]),
        (" nl", "countries", ["NL"]),
        ("EURO", "currencies", ["EUR"]),
        ("application/pdf ", "media_types", ["application/pdf"]),
        ("", "units", []),
        ("x" * 5000, "units", []),
        ("UK", "countries", ["GB"]),
        ("el", "countries", ["GR"]),
        ("LN", "countries", ["NL"]),
        ("XQ", "countries", []),
        ("PCE", "units", ["C62"]),
        ("uur", "units", ["HUR"]),
        ("NL:KVK", "electronic_address_schemes", ["0106"]),
    ],
)
def test_codes_that_were_meant(value: str, name: str, meant: list[str]) -> None:
    assert near_misses(value, LISTS[name])[:1] == meant


@pytest.mark.parametrize("title", mistaken._MISTAKEN)
def test_what_is_often_mistaken_is_no_code_and_means_one(title: str) -> None:
    [codes] = {codes for codes in LISTS.values() if codes.title == title}
    for written, meant in mistaken._MISTAKEN[title].items():
        assert written == written.upper()
        assert set(meant.split()) <= codes.values, written


@pytest.mark.parametrize("rule", cases())
def test_a_finding_of_every_case_has_its_words(rule: str) -> None:
    rules = profile_named(rule_entry(rule).set).complete
    for case in cases()[rule]:
        root = etree.fromstring(document_of(case))
        [vocabulary] = [each.vocabulary for each in KINDS if each.tag == root.tag]
        assert vocabulary is not None
        _check_findings(read(root, vocabulary), rules)


def _check_findings(reading: Reading[Any], rules: RuleSet) -> None:
    for breach in judge(reading.document, rules).breaches:
        assert breach.at.ordinal >= 0
        found = breach.detail.found
        assert found is None or isinstance(found, Text) or len(found) < 400
        group = reading.elements([breach.at.ordinal])[breach.at.ordinal]
        if breach.detail.term:
            assert reading.vocabulary.element_of(group, breach.detail.term) is not None


def test_an_invoice_in_cii_is_read_and_judged_by_the_same_rules() -> None:
    document = (
        sample("cii-everything")
        .replace(b"<ram:LineID>2<", b"<ram:LineID> <")
        .replace(b"20261031</udt", b"20260930</udt")
        .replace(b"<ram:Name>Straatwerk</ram:Name>", b"")
    )
    by_rule = {finding.rule: finding for finding in judge_document(document).findings}
    assert by_rule.keys() == {"BR-21", "BR-25", "BR-29"}
    trade = "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction"
    line = f"{trade}/ram:IncludedSupplyChainTradeLineItem[2]"
    assert by_rule["BR-21"].location == f"{line}/ram:AssociatedDocumentLineDocument/ram:LineID"
    assert by_rule["BR-25"].terms == ("BT-153",)
    period = f"{trade}/ram:ApplicableHeaderTradeSettlement/ram:BillingSpecifiedPeriod"
    assert by_rule["BR-29"].location == f"{period}/ram:EndDateTime/udt:DateTimeString"
    assert (by_rule["BR-29"].found, by_rule["BR-29"].expected) == ("2026-09-30", ">= 2026-10-01")
