"""Our schema of the SETU time card: what it lets pass and what not, and that the official one agrees."""

import os
from pathlib import Path

import pytest
from lxml import etree

import schemas
from gateway.validator.model.document import DocumentKind
from tests.samples.documents import document
from tests.unit.validator.xml.mutation import structural_mutants

TIME_CARD = document(DocumentKind.TIME_CARD)
OFFICIAL = os.environ.get("METERPOORT_SETU_XSD")


@pytest.fixture(scope="module")
def ours() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(schemas.FOLDER / "setu-1.4" / "TimeCard.xsd")))


def test_the_sample_is_valid(ours: etree.XMLSchema) -> None:
    assert ours.validate(etree.fromstring(TIME_CARD)), ours.error_log


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<Duration>8.00</Duration>", b"<Duration>acht</Duration>"),
        (b"<PeriodStartDate>2026-11-02</PeriodStartDate>", b"<PeriodStartDate>2-11-2026</PeriodStartDate>"),
        (b"2026-11-02T08:30:00", b"2026-11-02T08:30:00.5"),
        (b'actionCode="Add"', b'actionCode="Toevoegen"'),
        (b' type="Regular"', b""),
        (b'<RateOrAmount currency="EUR"', b'<RateOrAmount currency="euro"'),
        (b"<StaffingSupplierId", b"<Onbekend/><StaffingSupplierId"),
        (b"<ReportedResource>", b"<ReportedResource/><ReportedResource>"),
        (b"<StaffingAdditionalData>", b"<PersonName/><StaffingExtra>"),
    ],
)
def test_what_breaks_it(ours: etree.XMLSchema, old: bytes, new: bytes) -> None:
    assert old in TIME_CARD
    damaged = TIME_CARD.replace(old, new, 1).replace(b"</StaffingAdditionalData>", b"</StaffingAdditionalData>")
    if b"<StaffingExtra>" in damaged:
        damaged = damaged.replace(b"</StaffingAdditionalData>", b"</StaffingExtra>")
    assert not ours.validate(etree.fromstring(damaged))


@pytest.mark.skipif(
    OFFICIAL is None,
    reason="compares with the official HR-XML schemas: METERPOORT_SETU_XSD=…/SIDES/TimeCardAdditionalData.xsd",
)
def test_the_official_schema_agrees_on_the_sample_and_on_its_mutants(ours: etree.XMLSchema) -> None:
    theirs = etree.XMLSchema(etree.parse(str(Path(str(OFFICIAL)))))
    assert theirs.validate(etree.fromstring(TIME_CARD)), theirs.error_log
    verdicts = []
    for mutant in structural_mutants(TIME_CARD, 20261123, 3_000):
        root = etree.fromstring(mutant)
        verdicts.append(ours.validate(root))
        assert theirs.validate(root) is verdicts[-1], mutant
    assert 300 < sum(verdicts) < 2_700
