"""Whatever the bytes, the answer is a verdict, and one that makes sense."""

import pytest
from lxml import etree

import schemas
from gateway.validator.finding import Stage
from gateway.validator.judge import judge
from gateway.validator.model.document import DocumentKind
from gateway.validator.report.report import encode_report
from gateway.validator.verdict import Verdict
from tests.samples import SAMPLES
from tests.samples.documents import FILES, document
from tests.unit.validator.xml.mutation import mutants

SEED = 20261123
EACH = 143
DOCUMENTS = {kind.value: document(kind) for kind in FILES} | {
    "Invoice": SAMPLES["nlcius-invoice-full"].xml(),
    "CreditNote": SAMPLES["nlcius-credit-note"].xml(),
    "small": SAMPLES["nlcius-invoice"].xml(),
    "attachments": SAMPLES["en16931-everything"].xml(),
    "large": SAMPLES["nlcius-invoice-full"].xml().replace(b"<cbc:Note>", b"<cbc:Note>" + b"x " * 35_000, 1),
}


def test_there_are_two_thousand_mutants() -> None:
    assert len(DOCUMENTS) * EACH >= 2_000


@pytest.mark.parametrize("name", DOCUMENTS)
def test_any_damage_gets_a_verdict(name: str) -> None:
    for mutant in mutants(DOCUMENTS[name], SEED, EACH):
        verdict = judge(mutant)
        assert not verdict.is_broken, verdict.findings
        assert encode_report(verdict, "x")
        lines = mutant.split(b"\n")
        for finding in verdict.findings:
            assert finding.message.en
            assert finding.message.nl
            if finding.line is not None:
                assert 1 <= finding.line <= len(lines)
                assert 1 <= (finding.column or 0) <= len(lines[finding.line - 1]) + 1


def _in_attachments(verdict: Verdict) -> bool:
    """The base64 of attachments is judged apart, before the schema, which does not see it."""
    return any(finding.stage is Stage.ATTACHMENTS for finding in verdict.findings)


@pytest.mark.parametrize("name", ["Invoice", "CreditNote", "large"])
def test_the_verdict_on_the_schema_is_that_of_the_official_file_alone(name: str) -> None:
    kind = "Invoice" if name == "large" else name
    official = etree.XMLSchema(etree.parse(str(schemas.ubl_file(DocumentKind(kind)))))
    judged = 0
    for mutant in mutants(DOCUMENTS[name], SEED + 1, 100):
        verdict = judge(mutant)
        has_findings = any(finding.stage is Stage.SCHEMA for finding in verdict.findings)
        try:
            root = etree.fromstring(mutant)
        except etree.XMLSyntaxError:
            assert not verdict.valid
            continue
        if Stage.SCHEMA in verdict.stages and not _in_attachments(verdict):
            assert official.validate(root) is not has_findings
            judged += 1
    assert judged > 20
