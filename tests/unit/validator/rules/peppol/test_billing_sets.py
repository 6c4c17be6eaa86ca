"""BIS Billing and self-billing as sets, and findings of theirs as a sender meets them."""

import pytest

from gateway.validator.finding import Finding
from gateway.validator.judge import judge
from gateway.validator.rules.engine import RuleSet
from gateway.validator.rules.peppol.billing_sets import PEPPOL, PEPPOL_SELF_BILLING
from tests.samples import PEPPOL_SAMPLES, SAMPLES


def _ids(rules: RuleSet) -> set[str]:
    return {rule.id for pattern in rules.patterns for rule, _ in pattern.all_rules}


def test_the_sets_have_as_many_rules_as_are_published() -> None:
    assert (len(_ids(PEPPOL)), len(_ids(PEPPOL_SELF_BILLING))) == (165, 62)
    assert _ids(PEPPOL_SELF_BILLING) < _ids(PEPPOL)


def _found(document: bytes, rule: str) -> Finding:
    [finding] = [each for each in judge(document).findings if each.rule == rule]
    return finding


def test_a_finding_says_where_what_and_what_to_change() -> None:
    document = PEPPOL_SAMPLES["peppol-within-germany"].xml().replace(b"DE02701500000000594937", b"DE03")
    finding = _found(document, "DE-R-019")
    assert (finding.terms, finding.found) == (("BT-84",), "DE03")
    assert finding.location.endswith("cac:PaymentMeans")
    assert finding.message.nl == (
        "Binnen Duitsland is de rekening van betaalwijze 58 een IBAN: Rekeningnummer (IBAN) (BT-84)."
    )


def test_a_finding_on_one_of_many_amounts_names_its_term() -> None:
    document = SAMPLES["peppol-invoice"].xml()
    wrong = document.replace(b'<cbc:PayableAmount currencyID="EUR">', b'<cbc:PayableAmount currencyID="USD">')
    finding = _found(wrong, "PEPPOL-EN16931-R051")
    assert (finding.terms, finding.found) == (("BT-115",), "USD")


def test_an_amount_of_an_allowance_is_that_of_an_allowance() -> None:
    document = PEPPOL_SAMPLES["peppol-everything"].xml()
    wrong = document.replace(b'<cbc:Amount currencyID="EUR">40.00', b'<cbc:Amount currencyID="USD">40.00')
    assert _found(wrong, "PEPPOL-EN16931-R051").terms == ("BT-92",)


def test_what_the_official_text_cannot_decide_is_not_valid() -> None:
    """A period of a line without a day in it: the official stylesheet ends in an error there."""
    document = PEPPOL_SAMPLES["peppol-everything"].xml()
    wrong = document.replace(b"<cbc:StartDate>2026-10-05<", b"<cbc:StartDate>October<")
    verdict = judge(wrong, schema=False)
    assert not verdict.valid
    assert not verdict.is_broken
    assert "MP-RULE-UNDECIDABLE" in {finding.rule for finding in verdict.findings}


@pytest.mark.parametrize("name", PEPPOL_SAMPLES)
def test_every_sample_is_valid_without_a_remark(name: str) -> None:
    verdict = judge(PEPPOL_SAMPLES[name].xml())
    assert verdict.findings == ()
    assert verdict.profile == ("peppol-self-billing" if "self" in name else "peppol")
