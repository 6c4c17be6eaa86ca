"""The XML in a PDF: found where programs put it, or a finding that says why not."""

import logging
import re
import zlib
from collections.abc import Callable
from io import BytesIO

import facturx
import pikepdf
import pytest

from gateway.validator.finding import Finding
from gateway.validator.judge import judge
from gateway.validator.model.document import DocumentKind
from gateway.validator.verdict import Verdict
from gateway.validator.xml import pdf as module
from gateway.validator.xml.pdf import OBJECTS_MAX, STRUCTURE_BYTES_MAX, CarriedXml, carried_xml, xml_of
from tests.samples import sample
from tests.samples.pdf import carrying, factur_x, page

XML = sample("cii-invoice")
UBL = sample("nlcius-invoice-full")
MAX = 4 * 1024 * 1024
NAMED = b"<< /Names [(factur-x.xml) 3 0 R] >>"
SPECIFICATION = b"<< /F (factur-x.xml) /AFRelationship /Data /EF << /F 4 0 R >> >>"


def rules(verdict: Verdict) -> list[str]:
    """The fatal findings by rule."""
    return [finding.rule for finding in verdict.fatal]


def written(names: bytes, *more: bytes) -> bytes:
    """A PDF by hand: the catalog with these names, no pages, and more objects from number 3 on."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles " + names + b" >> >>"
    objects = (catalog, b"<< /Type /Pages /Kids [] /Count 0 >>", *more)
    out, lines = bytearray(b"%PDF-1.7\n"), [b"0000000000 65535 f \n"]
    for number, content in enumerate(objects, 1):
        lines.append(b"%010d 00000 n \n" % len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(lines), len(out))
    return bytes(out) + b"xref\n0 %d\n" % len(lines) + b"".join(lines) + trailer


def stream(content: bytes, more: bytes = b"/Filter /FlateDecode") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), more, content)


def bomb(size_bytes: int) -> bytes:
    """So many spaces, deflated."""
    packer = zlib.compressobj(9)
    mebibyte = b" " * (1 << 20)
    return b"".join(packer.compress(mebibyte) for _ in range(size_bytes >> 20)) + packer.flush()


# --- what is found -----------------------------------------------------------------------------------------


def test_the_xml_is_that_which_the_factur_x_package_finds() -> None:
    made = factur_x(XML)
    carried = carried_xml(made, MAX)
    assert isinstance(carried, CarriedXml)
    assert carried.findings == ()
    assert carried.xml == XML == xml_of(made, MAX)
    assert facturx.get_xml_from_pdf(made, check_xsd=False)[1] == carried.xml


@pytest.mark.parametrize(
    "name", ["factur-x.xml", "Factur-X.xml", "zugferd-invoice.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml"]
)
@pytest.mark.parametrize("relationship", ["/Data", "/Source", "/Alternative"])
def test_every_name_and_relationship_of_the_standards_is_taken(name: str, relationship: str) -> None:
    carried = carried_xml(carrying([(name, XML), ("hours.csv", b"a;b")], relationship), MAX)
    assert carried == CarriedXml(XML)


@pytest.mark.parametrize("streams", list(pikepdf.ObjectStreamMode))
def test_objects_in_streams_are_read_too(streams: pikepdf.ObjectStreamMode) -> None:
    assert carried_xml(carrying([("factur-x.xml", XML)], object_stream_mode=streams), MAX) == CarriedXml(XML)


def test_a_file_that_is_only_associated_with_the_document_is_found() -> None:
    with pikepdf.open(BytesIO(carrying([("factur-x.xml", XML)]))) as pdf:
        pdf.Root.AF = pikepdf.Array([pdf.Root.Names.EmbeddedFiles.Names[1]])
        del pdf.Root.Names
        target = BytesIO()
        pdf.save(target)
    assert carried_xml(target.getvalue(), MAX) == CarriedXml(XML)


def test_the_names_may_be_in_a_tree() -> None:
    tree = (b"<< /Kids [5 0 R] >>", SPECIFICATION, stream(zlib.compress(XML)), b"<< /Kids [6 0 R] >>", NAMED)
    assert carried_xml(written(*tree), MAX) == CarriedXml(XML)


def test_the_verdict_on_a_pdf_is_that_on_its_xml() -> None:
    broken = re.sub(rb"(<ram:GrandTotalAmount>)\d", rb"\g<1>9", XML)
    for xml in (XML, broken):
        alone, carried = judge(xml), judge(factur_x(xml))
        assert (carried.findings, carried.facts, carried.profile) == (alone.findings, alone.facts, alone.profile)
    assert judge(factur_x(broken)).fatal


# --- what is refused ---------------------------------------------------------------------------------------

REFUSED: list[tuple[str, Callable[[], bytes]]] = [
    ("MP-PDF-NO-XML", page),
    ("MP-PDF-NO-XML", lambda: carrying([("hours.csv", b"a;b")])),
    ("MP-PDF-SEVERAL", lambda: carrying([("factur-x.xml", XML), ("xrechnung.xml", XML)])),
    ("MP-PDF-SEVERAL", lambda: carrying([("a.xml", XML), ("b.xml", XML)])),
    ("MP-PDF-NAME", lambda: carrying([("invoice.xml", XML)])),
    ("MP-PDF-RELATIONSHIP", lambda: carrying([("factur-x.xml", XML)], "/Supplement")),
    ("MP-PDF-RELATIONSHIP", lambda: carrying([("factur-x.xml", XML)], None)),
    ("MP-PDF-UBL", lambda: carrying([("factur-x.xml", UBL)])),
    ("MP-PDF-ENCRYPTED", lambda: carrying([("factur-x.xml", XML)], encryption=pikepdf.Encryption("", ""))),
    ("MP-PDF-ENCRYPTED", lambda: carrying([("factur-x.xml", XML)], encryption=pikepdf.Encryption("a", "b"))),
    ("MP-PDF-BROKEN", lambda: b"%PDF-1.7\n"),
    ("MP-PDF-BROKEN", lambda: b"%PDF-1.7\n" + b"x" * 50_000),
    ("MP-PDF-BROKEN", lambda: factur_x(XML)[:-2000]),
    ("MP-PDF-BROKEN", lambda: written(NAMED, SPECIFICATION)),
    ("MP-PDF-BROKEN", lambda: written(NAMED, SPECIFICATION, b"[]")),
    ("MP-PDF-BROKEN", lambda: written(NAMED, SPECIFICATION, stream(b"zz>", b"/Filter /ASCIIHexDecode"))),
    ("MP-PDF-BROKEN", lambda: written(b"3 0 R", b"3 0 R")),
    ("MP-XML-PDF", lambda: b"\n" + factur_x(XML)),
    ("MP-XML-PDF", lambda: carrying([("factur-x.xml", page())])),
    ("MP-XML-EMPTY", lambda: carrying([("factur-x.xml", b"")])),
    ("MP-ID-CII", lambda: carrying([("ZUGFeRD-invoice.xml", b'<CrossIndustryDocument xmlns="urn:ferd:1p0"/>')])),
]


@pytest.mark.parametrize(("rule", "make"), REFUSED, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(REFUSED)])
def test_what_cannot_be_an_invoice_says_why(rule: str, make: Callable[[], bytes]) -> None:
    verdict = judge(make())
    assert not verdict.valid
    assert rules(verdict)[:1] == [rule]
    finding = verdict.fatal[0]
    assert finding.message.en != finding.message.nl
    assert finding.advice is not None


def test_a_wrong_name_is_no_reason_to_keep_silent_about_the_rest() -> None:
    broken = XML.replace(b"<ram:GrandTotalAmount>", b"<ram:GrandTotalAmount>9", 1)
    verdict = judge(carrying([("invoice.xml", broken)], "/Unspecified"))
    assert rules(verdict) == ["MP-PDF-NAME", "MP-PDF-RELATIONSHIP", *rules(judge(broken))]


def test_the_name_of_ubl_in_a_pdf_is_not_complained_of() -> None:
    verdict = judge(carrying([("invoice.xml", UBL)], "/Unspecified"))
    assert rules(verdict) == ["MP-PDF-UBL"]
    assert verdict.facts is not None
    assert verdict.facts.number


BOMBS: list[Callable[[], bytes]] = [
    lambda: written(NAMED, SPECIFICATION, stream(bomb(2 * MAX))),
    lambda: written(NAMED, SPECIFICATION, stream(b" " * 2 * MAX, b"")),
    lambda: written(b"[" * 50_000),
    lambda: written(b"<</a" * 50_000),
    lambda: written(b"[" + b"1 " * 200_000 + b"]"),
    lambda: written(b"<< /Names [" + b"(a) 3 0 R " * 1_000 + b"] >>", SPECIFICATION),
    lambda: written(b"3 0 R", b"<< /Kids [3 0 R 3 0 R] >>"),
    lambda: written(NAMED).replace(
        b"xref\n0", b"xref\n0000 00000 n \n" + b"0000000015 00000 n \n" * OBJECTS_MAX, 1
    ),
    lambda: written(NAMED).replace(b"xref\n0 3", b"xref\n0 999999999"),
    lambda: _table_in_stream(bomb(2 * STRUCTURE_BYTES_MAX), b"/Size 100000000"),
]


def _table_in_stream(packed: bytes, more: bytes) -> bytes:
    table = b"<< /Type /XRef /W [1 4 2] /Root 1 0 R /Filter /FlateDecode /Length %d %b >>" % (len(packed), more)
    return b"%%PDF-1.7\n1 0 obj\n%b\nstream\n%b\nendstream\nendobj\nstartxref\n9\n%%%%EOF\n" % (table, packed)


@pytest.mark.parametrize("make", BOMBS, ids=range(len(BOMBS)))
def test_a_bomb_is_not_unpacked(make: Callable[[], bytes]) -> None:
    found = carried_xml(make(), MAX)
    assert isinstance(found, Finding)
    assert found.rule == "MP-PDF-SIZE"


def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_MAX", -1)
    found = carried_xml(factur_x(XML), MAX)
    assert isinstance(found, Finding)
    assert found.rule == "MP-PDF-SIZE"


def test_a_pdf_that_is_cut_or_changed_anywhere_is_a_verdict() -> None:
    """No byte of a PDF makes it an error, and none of its text reaches the log."""
    whole = carrying([("factur-x.xml", XML)])
    for at in range(9, len(whole), len(whole) // 150):
        for changed in (whole[:at], whole[:at] + b"<(" + whole[at + 2 :], whole[:at] + whole[at + 1 :]):
            assert isinstance(carried_xml(changed, MAX), CarriedXml | Finding)


def test_what_pypdf_warns_of_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    document = factur_x(XML)[:-2000]
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        carried_xml(document, MAX)
    assert caplog.records == []


# --- profiles ----------------------------------------------------------------------------------------------

GUIDELINE = re.search(rb"urn:cen\.eu:en16931:2017[^<]*", XML)
BASIC, EXTENDED = "#compliant#urn:factur-x.eu:1p0:basic", "#conformant#urn:factur-x.eu:1p0:extended"
XRECHNUNG = "#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
NLCIUS = "#compliant#urn:fdc:nen.nl:nlcius:v1.0"


def with_guideline(specification: str) -> bytes:
    assert GUIDELINE is not None
    return XML.replace(GUIDELINE[0], specification.encode(), 1)


@pytest.mark.parametrize(
    ("claims", "profile", "not_judged"),
    [
        ("", "en16931-cii", ""),
        (NLCIUS, "nlcius-cii", ""),
        (BASIC, "en16931-cii", "Factur-X"),
        (EXTENDED, "en16931-cii", "Factur-X"),
        (XRECHNUNG, "en16931-cii", "XRechnung"),
    ],
)
def test_the_profile_chooses_the_rules(claims: str, profile: str, not_judged: str) -> None:
    verdict = judge(carrying([("factur-x.xml", with_guideline("urn:cen.eu:en16931:2017" + claims))]))
    assert (verdict.valid, verdict.profile) == (True, profile)
    assert [not_judged in text.en for text in verdict.not_judged] == ([True] if not_judged else [])


@pytest.mark.parametrize(
    ("urn", "name"),
    [
        ("urn:factur-x.eu:1p0:minimum", "MINIMUM"),
        ("urn:factur-x.eu:1p0:basicwl", "BASIC WL"),
        ("urn:zugferd.de:2p0:minimum", "MINIMUM"),
    ],
)
def test_a_profile_without_lines_is_no_invoice(urn: str, name: str) -> None:
    for document in (with_guideline(urn), carrying([("factur-x.xml", with_guideline(urn))])):
        verdict = judge(document)
        assert rules(verdict) == ["MP-ID-NO-LINES"]
        assert name in verdict.fatal[0].message.en
        assert verdict.kind is DocumentKind.CII
