"""The reference engine reports what the official stylesheet says, and says so when it says nothing."""

from pathlib import Path

import pytest
from lxml import etree

from gateway.validator import reference
from gateway.validator.finding import Flag
from gateway.validator.judge import judge
from gateway.validator.xml import parsing as xml
from gateway.validator.xml.parsing import Parsed
from tests.samples import SAMPLES, invoice

pytest.importorskip("saxonche", reason="the reference engine is optional: pip install 'meterpoort[reference]'")

VALID = SAMPLES["nlcius-invoice"].xml()


def parsed(document: bytes) -> Parsed:
    """The document as the first stage leaves it."""
    read = xml.read(document)
    assert isinstance(read, Parsed)
    return read


def test_a_valid_invoice_has_no_findings() -> None:
    assert reference.en16931().findings(parsed(VALID)) == []


def test_a_finding_has_rule_flag_and_position() -> None:
    document = VALID.replace(b">21.00</cbc:TaxAmount>", b">22.50</cbc:TaxAmount>", 1)
    found = sorted(reference.en16931().findings(parsed(document)), key=lambda finding: finding.rule)
    assert [(each.rule, each.flag, each.location) for each in found] == [
        ("BR-CO-14", Flag.FATAL, "/ubl:Invoice/cac:TaxTotal"),
        ("BR-CO-15", Flag.FATAL, "/ubl:Invoice"),
    ]
    assert found[0].line == 1 + document[: document.index(b"<cac:TaxTotal>")].count(b"\n")


def test_the_positions_are_those_of_our_own_engine() -> None:
    document = invoice(3).replace(b"<cbc:Name>Artikel 2</cbc:Name>", b"<cbc:Name> </cbc:Name>")
    [theirs] = reference.en16931().findings(parsed(document))
    [ours] = judge(document).findings
    assert theirs.rule == ours.rule == "BR-25"
    assert theirs.location == "/ubl:Invoice/cac:InvoiceLine[2]"
    assert ours.location.startswith(theirs.location)


def test_a_stylesheet_that_ends_in_an_error_gives_no_verdict() -> None:
    entity = VALID[VALID.index(b"<cac:PartyLegalEntity>") : VALID.index(b"<cac:Contact>")]
    with pytest.raises(reference.StylesheetStoppedError, match="more than one item"):
        reference.en16931().fired_rules(VALID.replace(entity, entity + entity, 1))
    [finding] = reference.check(parsed(VALID.replace(entity, entity + entity, 1)))
    assert (finding.rule, finding.flag) == ("MP-REFERENCE-STOPPED", Flag.FATAL)


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("0106")
    doctype = f'<!DOCTYPE Invoice [<!ENTITY e SYSTEM "{secret.as_uri()}">]>\n<Invoice '.encode()
    document = VALID.replace(b"<Invoice ", doctype, 1).replace(b">2026-0417<", b">&e;<", 1)
    with pytest.raises((reference.NoVerdictError, etree.XMLSyntaxError)):
        reference.en16931().fired_rules(document)


def test_a_file_that_is_no_stylesheet_is_named(tmp_path: Path) -> None:
    (tmp_path / "rules.xsl").write_text("<no-stylesheet/>")
    with pytest.raises(reference.NoVerdictError, match=r"rules\.xsl"):
        reference.Stylesheet(tmp_path / "rules.xsl")
