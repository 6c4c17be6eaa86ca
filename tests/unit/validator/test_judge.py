"""From bytes to verdict, stage by stage."""

import pytest

from gateway.validator.finding import Stage
from gateway.validator.judge import judge
from tests.samples import SAMPLES

INVOICE = SAMPLES["nlcius-invoice"].xml()


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_valid(name: str) -> None:
    verdict = judge(SAMPLES[name].xml())
    assert verdict.valid, verdict.findings
    assert verdict.facts is not None
    assert verdict.facts.number


def test_what_cannot_be_read_goes_no_further() -> None:
    verdict = judge(b"Factuur")
    assert not verdict.valid
    assert verdict.stages == (Stage.XML,)
    assert verdict.kind is None


def test_what_is_not_known_goes_no_further() -> None:
    verdict = judge(b"<Invoice/>")
    assert [finding.rule for finding in verdict.findings] == ["MP-ID-NAMESPACE"]
    assert verdict.stages == (Stage.XML, Stage.IDENTIFY)


def test_the_schema_can_be_left_out() -> None:
    document = INVOICE.replace(b"<cbc:IssueDate>", b"<cbc:IssueDate>x", 1)
    assert [finding.rule for finding in judge(document).findings] == ["MP-XSD-VALUE"]
    assert judge(document, schema=False).valid


def test_the_rules_judge_what_the_schema_lets_pass() -> None:
    document = INVOICE.replace(b">21.00</cbc:TaxAmount>", b">22.50</cbc:TaxAmount>", 1)
    verdict = judge(document)
    assert [finding.rule for finding in verdict.findings] == ["BR-CO-14", "BR-CO-15"]
    for finding in verdict.findings:
        element = finding.location.rpartition("/")[2].encode()
        line = document.split(b"\n")[(finding.line or 0) - 1]
        assert line[(finding.column or 0) - 1 :].startswith(b"<" + element)
    assert verdict.findings[0].location.startswith("/ubl:Invoice/cac:TaxTotal")
    assert verdict.profile == "nlcius"
    assert verdict.rule_sets[0].name == "EN 16931"


def test_the_rules_do_not_run_on_what_breaks_the_schema() -> None:
    verdict = judge(INVOICE.replace(b"<cbc:IssueDate>", b"<cbc:IssueDate>x", 1))
    assert Stage.RULES not in verdict.stages
    assert verdict.rule_sets == ()


def test_a_rule_broken_on_every_line_is_reported_a_hundred_times() -> None:
    line = INVOICE[INVOICE.index(b"<cac:InvoiceLine>") : INVOICE.index(b"</Invoice>")]
    bad = line.replace(b"<cac:Item>", b"<cac:Item><cbc:PackQuantity>1</cbc:PackQuantity>", 1)
    verdict = judge(INVOICE.replace(line, bad.replace(b"</cbc:Name>", b"</cbc:Name>", 1) * 150, 1), schema=False)
    lines = [finding for finding in verdict.findings if finding.rule == "MP-RULES-MORE"]
    assert len(lines) <= 1
    assert max(sum(one.rule == other.rule for one in verdict.findings) for other in verdict.findings) <= 100


def test_a_wrong_media_type_is_reported_once() -> None:
    document = (
        SAMPLES["nlcius-invoice-full"].xml().replace(b'mimeCode="application/pdf"', b'mimeCode="text/plain"')
    )
    rules = [finding.rule for finding in judge(document).findings]
    assert rules.count("BR-CL-24") == 1
    assert "MP-ATT-MEDIA-TYPE" not in rules


def test_a_profile_that_does_not_exist_is_a_wrong_call() -> None:
    with pytest.raises(ValueError, match="en16931"):
        judge(INVOICE, profile="factuur")


def test_text_is_distinguished_from_bytes() -> None:
    with pytest.raises(TypeError, match="bytes, as they came in, and not str"):
        judge(SAMPLES["nlcius-invoice"].xml().decode())  # type: ignore[arg-type]  # what a caller does by mistake
