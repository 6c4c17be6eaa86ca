"""From bytes to verdict, stage by stage."""

import pytest

from gateway.model.finding import Stage
from gateway.validation.judge import judge
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
