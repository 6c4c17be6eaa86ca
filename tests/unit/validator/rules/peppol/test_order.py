"""Orders by the rules of Peppol beyond their structure: where they are exact, and where nobody can decide."""

import re
from collections import Counter
from typing import Any

import pytest

import gateway
from gateway.validator.bounds import FINDINGS_MAX
from gateway.validator.business_rules import FINDINGS_EACH_MAX
from gateway.validator.finding import Flag
from gateway.validator.judge import judge
from gateway.validator.model.document import DocumentKind
from tests.samples import sample
from tests.samples.documents import document
from tests.samples.orders import broken_order, order

FULL = sample("peppol-order-full")


def fired(content: bytes) -> set[str]:
    return {each.rule for each in gateway.judge(content, "peppol-order", schema=False).findings}


def test_an_order_that_claims_peppol_is_judged_by_it() -> None:
    verdict = gateway.judge(document(DocumentKind.ORDER))
    assert (verdict.valid, verdict.profile, verdict.findings) == (True, "peppol-order", ())
    assert [(each.name, each.version) for each in verdict.rule_sets] == [("Peppol order", "2026.5")]


def test_another_specification_is_not_judged() -> None:
    claim = b"urn:www.cenbii.eu:transaction:biitrns001:ver2.0"
    other = document(DocumentKind.ORDER).replace(b"urn:fdc:peppol.eu:poacc:trns:order:3", claim)
    verdict = gateway.judge(other)
    [finding] = verdict.findings
    assert (verdict.valid, finding.rule, finding.found) == (True, "MP-RULES-NONE", claim.decode())
    assert "poacc:trns:order:3" in str(finding.expected)


@pytest.mark.parametrize(
    ("line_amount", "is_right"), [("44.98", True), ("45.02", True), ("44.97", False), ("45.03", False)]
)
def test_a_line_may_be_two_cents_off(line_amount: str, is_right: bool) -> None:
    line = f'<cbc:LineExtensionAmount currencyID="EUR">{line_amount}<'.encode()
    before, after = FULL.rsplit(b'<cbc:LineExtensionAmount currencyID="EUR">45.00<', 1)
    assert ("PEPPOL-T01-R024" not in fired(before + line + after)) is is_right


def test_totals_are_exact() -> None:
    wrong = FULL.replace(
        b'<cbc:TaxExclusiveAmount currencyID="EUR">40.50<', b'<cbc:TaxExclusiveAmount currencyID="EUR">40.51<'
    )
    assert fired(wrong) == {"PEPPOL-T01-R011", "PEPPOL-T01-R017"}


def test_without_a_total_with_tax_two_rules_have_nothing_to_say() -> None:
    start, end = FULL.index(b"<cbc:TaxInclusiveAmount"), FULL.index(b"</cbc:TaxInclusiveAmount>") + 25
    assert fired(FULL[:start] + FULL[end:]) == set()


def test_what_is_no_number_cannot_be_decided_and_is_not_valid() -> None:
    wrong = FULL.replace(
        b'<cbc:PayableAmount currencyID="EUR">40.00<', b'<cbc:PayableAmount currencyID="EUR">forty<'
    )
    findings = gateway.judge(wrong, "peppol-order", schema=False).findings
    assert ("MP-RULE-UNDECIDABLE", Flag.FATAL) in {(each.rule, each.flag) for each in findings}


def test_a_finding_has_the_term_of_its_element() -> None:
    wrong = FULL.replace(b"<cbc:IssueDate>2026-10-19<", b"<cbc:IssueDate>2026-10-19Z<")
    [finding] = gateway.judge(wrong).findings
    assert (finding.rule, finding.terms) == ("PEPPOL-COMMON-R030", ("tir01-004",))


def test_each_line_that_shares_its_number_has_a_finding() -> None:
    start, end = FULL.index(b"<cac:OrderLine>"), FULL.index(b"</cac:OrderLine>") + 16
    doubled = FULL[:end] + FULL[start:end] + FULL[end:]
    found = [each for each in gateway.judge(doubled).findings if each.rule == "PEPPOL-T01-R001"]
    assert [each.found for each in found] == ["X240", "X240"]


def test_an_order_that_breaks_many_rules_on_every_line_has_a_bounded_report() -> None:
    """Also one of 10,000 lines: it is judged, not refused for its size."""
    verdict = gateway.judge(broken_order(10_000))
    by_rule = Counter(each.rule for each in verdict.findings)
    assert not verdict.valid
    assert len(verdict.findings) <= FINDINGS_MAX
    assert len(by_rule) > 20
    assert by_rule["MP-RULES-MORE"] >= 1
    assert max(by_rule.values()) <= FINDINGS_EACH_MAX


@pytest.mark.parametrize("asked", [{"profile": "basisorder-rijk"}, {"also": ["basisorder-rijk"]}])
def test_the_basisorder_comes_on_top_of_the_rules_of_peppol(asked: dict[str, Any]) -> None:
    contact = re.compile(rb"<cac:Contact>.*?</cac:Contact>", re.DOTALL)
    without_contact = contact.sub(b"", document(DocumentKind.ORDER), count=1)
    assert gateway.judge(without_contact).valid
    verdict = judge(without_contact.replace(b">2026-10-19<", b">2026-10-19Z<", 1), **asked)
    assert {each.rule for each in verdict.findings} == {"BR-NL-BOR-5", "PEPPOL-COMMON-R030"}
    assert [each.name for each in verdict.rule_sets] == ["Peppol order", "Basisorder Rijk"]
    found = next(each for each in verdict.findings if each.rule == "BR-NL-BOR-5")
    assert (found.terms, found.expected) == (("tir01-050",), "cac:Contact/cbc:Name")


def test_orders_of_any_size_are_valid() -> None:
    verdict = gateway.judge(order(25))
    assert (verdict.valid, verdict.findings) == (True, ())
