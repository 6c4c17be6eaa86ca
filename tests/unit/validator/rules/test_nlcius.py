"""The Dutch rules: when they apply, what they say, and that they read as published.

That they agree with SI-UBL's stylesheet is proven in `tests/conformance`, where that is available.
"""

from collections import Counter

import pytest
from lxml import etree

from gateway.validator.finding import Flag
from gateway.validator.judge import judge
from gateway.validator.rules.basisfactuur import BASISFACTUUR
from gateway.validator.rules.nlcius import G_ACCOUNT, NLCIUS
from gateway.validator.rules.patterns import PatternBreach, judge_patterns
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.xml.paths import blank_leaves
from tests.samples import SAMPLES, sample

INVOICE = SAMPLES["nlcius-invoice"].xml()


def breaches(document: bytes) -> tuple[PatternBreach, ...]:
    root = etree.fromstring(document)
    return judge_patterns(root, NLCIUS.patterns, UBL_INVOICE.name_of, 100, blank_leaves(root)).breaches


def fired(document: bytes) -> list[str]:
    return [breach.rule.id for breach in breaches(document)]


def test_twelve_are_fatal_and_twenty_three_warn_as_published() -> None:
    rules = [*NLCIUS, *(rule for pattern in NLCIUS.patterns for rule, _ in pattern.all_rules)]
    published = [rule for rule in rules if rule.id.startswith("BR-NL") or rule.id == "SI-UBL-2"]
    assert Counter(rule.flag for rule in published) == {Flag.FATAL: 12, Flag.WARNING: 23}


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.startswith("nlcius-") and "disc" not in name])
def test_our_dutch_samples_break_none(name: str) -> None:
    assert fired(SAMPLES[name].xml()) == []


def test_a_seller_without_kvk_or_oin_is_refused() -> None:
    assert fired(INVOICE.replace(b'CompanyID schemeID="0106"', b'CompanyID schemeID="0060"')) == ["BR-NL-1"]


def test_a_seller_elsewhere_is_left_alone() -> None:
    abroad = INVOICE.replace(b'CompanyID schemeID="0106"', b'CompanyID schemeID="0060"')
    abroad = abroad.replace(b">NL</cbc:IdentificationCode>", b">BE</cbc:IdentificationCode>", 1)
    assert fired(abroad) == []


def test_a_suffix_of_the_specification_still_counts() -> None:
    longer = INVOICE.replace(b"nlcius:v1.0<", b"nlcius:v1.0#conformant#urn:fdc:nen.nl:gaccount:v1.0<")
    wrong = longer.replace(b">380<", b">326<")
    assert fired(wrong) == ["BR-NL-7"]


def test_a_corrected_invoice_names_what_it_corrects() -> None:
    assert fired(INVOICE.replace(b">380<", b">384<")) == ["BR-NL-9"]


def test_a_reason_code_warns_once_for_each_position() -> None:
    assert Counter(fired(SAMPLES["nlcius-discouraged"].xml()))["BR-NL-32-1"] == 2


def empty(document: bytes) -> list[str]:
    found = (breach for breach in breaches(document) if breach.rule.id == "SI-UBL-2")
    return [etree.QName(breach.element).localname for breach in found]


def test_an_empty_element_is_reported_unless_another_rule_met_it() -> None:
    document = INVOICE.replace(b">2026-12-02<", b"> <").replace(b">58<", b"><")
    assert empty(document) == ["DueDate"]
    abroad = document.replace(b">NL</cbc:IdentificationCode>", b">BE</cbc:IdentificationCode>", 1)
    assert empty(abroad) == ["DueDate", "PaymentMeansCode"]


@pytest.mark.parametrize("inside", [b"", b" \n", b"<!-- leeg -->", b"<!-- leeg --> <?x y?>"])
def test_white_space_and_comments_are_empty_and_a_hard_space_is_not(inside: bytes) -> None:
    assert empty(INVOICE.replace(b"+31 113 555 019", inside)) == ["Telephone"]
    assert empty(INVOICE.replace(b"+31 113 555 019", inside + "\u00a0".encode())) == []


def test_two_parties_in_the_seller_are_both_judged() -> None:
    party = INVOICE.partition(b"<cac:AccountingSupplierParty>")[2].partition(b"</cac:AccountingSupplierParty>")[0]
    second = b"<cac:Party><cac:PartyLegalEntity/></cac:Party>"
    assert fired(INVOICE.replace(party, party + second, 1)) == ["BR-NL-1", "SI-UBL-2"]


def test_what_stands_twice_is_not_decided_and_never_valid() -> None:
    code = b"<cbc:PaymentMeansCode>58</cbc:PaymentMeansCode>"
    twice = INVOICE.replace(code, code * 2)
    assert twice != INVOICE
    verdict = judge(twice, schema=False)
    assert not verdict.valid
    assert "MP-RULE-UNDECIDABLE" in {finding.rule for finding in verdict.findings}


def test_the_g_account_extension_allows_what_en16931_has_no_use_for() -> None:
    document = sample("nlcius-gaccount")
    assert judge(document).findings == ()
    assert judge(document).profile == "nlcius-gaccount"
    as_nlcius = {finding.rule for finding in judge(document, profile="nlcius").findings}
    assert as_nlcius == {"UBL-CR-411", "UBL-CR-453", "UBL-CR-459"}
    assert as_nlcius < G_ACCOUNT.leaves_out
    on_top = judge(document, also=["basisfactuur-rijk"])
    assert [used.name for used in on_top.rule_sets] == [
        "EN 16931",
        "NLCIUS",
        "NLCIUS G-account",
        "Basisfactuur Rijk",
    ]
    assert on_top.findings == ()


def test_sets_hold_each_other() -> None:
    assert set(NLCIUS.rules) < set(NLCIUS.complete.rules)
    assert NLCIUS.complete.syntax == {"UBL"}
    assert [part.name for part in NLCIUS.complete.parts] == ["EN 16931", "NLCIUS"]
    assert [part.name for part in BASISFACTUUR.complete.parts] == ["EN 16931", "Basisfactuur Rijk"]
