"""The reference engine reports what the official stylesheet says, and says so when it says nothing."""

from pathlib import Path

import pytest
from lxml import etree

from gateway.model.finding import Flag
from gateway.validation import reference
from tests.samples import SAMPLES

pytest.importorskip("saxonche", reason="the reference engine is optional: pip install 'meterpoort[reference]'")

VALID = SAMPLES["nlcius-invoice"].xml()


def test_a_valid_invoice_has_no_findings() -> None:
    assert reference.en16931().findings(VALID) == []


def test_a_finding_has_rule_flag_and_place() -> None:
    document = VALID.replace(b">21.00</cbc:TaxAmount>", b">22.50</cbc:TaxAmount>", 1)
    [breakdown, total] = sorted(reference.en16931().findings(document), key=lambda finding: finding.rule)
    assert (breakdown.rule, breakdown.flag, breakdown.location) == (
        "BR-CO-14",
        Flag.FATAL,
        "/Invoice/cac:TaxTotal[1]",
    )
    assert (total.rule, total.location) == ("BR-CO-15", "/Invoice")


def test_a_stylesheet_that_ends_in_an_error_gives_no_verdict() -> None:
    entity = VALID[VALID.index(b"<cac:PartyLegalEntity>") : VALID.index(b"<cac:Contact>")]
    with pytest.raises(reference.StylesheetStoppedError, match="more than one item"):
        reference.en16931().fired(VALID.replace(entity, entity + entity, 1))


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("0106")
    doctype = f'<!DOCTYPE Invoice [<!ENTITY e SYSTEM "{secret.as_uri()}">]>\n<Invoice '.encode()
    document = VALID.replace(b"<Invoice ", doctype, 1).replace(b">2026-0417<", b">&e;<", 1)
    with pytest.raises((reference.NoVerdictError, etree.XMLSyntaxError)):
        reference.en16931().fired(document)


def test_a_file_that_is_no_stylesheet_is_named(tmp_path: Path) -> None:
    (tmp_path / "rules.xsl").write_text("<no-stylesheet/>")
    with pytest.raises(reference.NoVerdictError, match=r"rules\.xsl"):
        reference.Stylesheet(tmp_path / "rules.xsl")
