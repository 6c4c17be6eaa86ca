"""From bytes to verdict, stage by stage."""

import sys

import pytest

from gateway.validator.finding import Stage
from gateway.validator.judge import judge
from gateway.validator.xml.parsing import Limits
from tests.samples import SAMPLES, invoice

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


@pytest.mark.parametrize("parts", ["lines", "notes", "attachments", "groups"])
def test_twice_as_much_takes_twice_as_many_calls(parts: str) -> None:
    """A6: no rule compares each line, note, attachment or VAT group with each other one."""
    judge(grown(parts, 10))  # what is made once
    once, twice = (calls_to_judge(grown(parts, size)) for size in (250, 500))
    assert twice < 2.2 * once


def grown(parts: str, size: int) -> bytes:
    """An invoice with so many lines, notes, attachments, or lines each with a VAT group."""
    sizes = {"lines" if parts == "groups" else parts: size}
    document = invoice(sizes.get("lines", 1), notes=sizes.get("notes", 0), attachments=sizes.get("attachments", 0))
    if parts != "groups":
        return document
    begin, end = document.index(b"<cac:TaxSubtotal>"), document.index(b"</cac:TaxTotal>")
    return document[:begin] + document[begin:end] * size + document[end:]


def calls_to_judge(document: bytes) -> int:
    """How many functions are called, of Python and of C."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        judge(document, limits=Limits(attachments_max=1_000))
    finally:
        sys.setprofile(None)
    return calls
