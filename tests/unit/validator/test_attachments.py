"""Attachments are decoded strictly, measured exactly, and looked at for what they are."""

import base64
import hashlib
import tracemalloc
from random import Random

import pytest

from gateway.validator.attachments import Base64Error, decode_base64, filename_problem
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.judge import judge
from gateway.validator.model.document import Attachment, DetachedPart
from gateway.validator.xml.parsing import DEFAULT_LIMITS
from tests.samples import SAMPLES

MIB = 1024 * 1024
PDF = b"%PDF-1.7\n" + Random(7).randbytes(3_000)
INVOICE = SAMPLES["nlcius-invoice"].xml()
START = b"<cac:AccountingSupplierParty>"


def with_attachment(encoded: bytes, attributes: str = 'mimeCode="application/pdf" filename="a.pdf"') -> bytes:
    reference = (
        b"<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
        b"<cbc:EmbeddedDocumentBinaryObject %b>%b</cbc:EmbeddedDocumentBinaryObject>"
        b"</cac:Attachment></cac:AdditionalDocumentReference>"
    ) % (attributes.encode(), encoded)
    return INVOICE.replace(START, reference + START, 1)


def findings(document: bytes) -> list[Finding]:
    return [finding for finding in judge(document).findings if finding.stage is Stage.ATTACHMENTS]


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(PDF),
        base64.encodebytes(PDF),
        base64.encodebytes(PDF).replace(b"\n", b"&#13;\n"),
        base64.encodebytes(PDF).replace(b"\n", b"&#xD;&#xA;"),
        b"\n  <![CDATA[" + base64.b64encode(PDF) + b"]]>\n",
        b" ".join(bytes([byte]) for byte in base64.b64encode(PDF)),
        b"".join(b"&#%d;" % byte for byte in base64.b64encode(PDF)),
        b"".join(b"&#x%03X;" % byte for byte in base64.b64encode(PDF)),
        b"JV<!-- a -->BE<?b c?>" + base64.b64encode(PDF)[4:],
        b"<!-- a -->\n" + base64.b64encode(PDF).replace(b"A", b"<![CDATA[A]]>") + b"<!-- </cbc:b> -->",
        b"<![CDATA[" + base64.b64encode(PDF)[:8] + b"]]><![CDATA[" + base64.b64encode(PDF)[8:] + b"]]>",
    ],
)
def test_however_it_is_written_the_content_is_the_same(encoded: bytes) -> None:
    document = with_attachment(encoded)
    verdict = judge(document)
    assert verdict.valid, verdict.findings
    [attachment] = verdict.attachments
    assert (attachment.number, attachment.media_type, attachment.filename) == (1, "application/pdf", "a.pdf")
    assert (attachment.size_bytes, attachment.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    start, end = attachment.start or 0, attachment.end or 0
    assert b"".join(decode_base64(document, start, end)) == PDF
    assert b"".join(decode_base64(memoryview(document), start, end)) == PDF


BAD = [
    ("a character", b"QUJD*UJD", 4),
    ("a letter that is not base64 as reference", b"QUJD&#42;UJD", 4),
    ("a letter beyond ASCII as reference", b"QUJD&#233;UJD", 4),
    ("an entity", b"QUJD&amp;JDQ", 4),
    ("one symbol too many", b"QUJDQ", 4),
    ("padding missing", b"QUJDQQ", 5),
    ("too much padding", b"QUJDQ===", 5),
    ("padding in the middle", b"QQ==QUJD", 2),
    ("padding alone", b"====", 0),
    ("unused bits set", b"QR==", 2),
    ("unused bits set, two bytes", b"QUJ=", 3),
    ("url-safe alphabet", b"QUJD-_JD", 4),
    ("not ascii", "QUJDé".encode(), 4),
]


@pytest.mark.parametrize(("encoded", "offset"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_is_not_base64_is_reported_with_its_position(encoded: bytes, offset: int) -> None:
    document = with_attachment(encoded)
    [finding] = findings(document)
    assert (finding.rule, finding.flag) == ("MP-ATT-BASE64", Flag.FATAL)
    at = document.index(encoded) + offset
    before = document[:at].decode().rsplit("\n", 1)[-1]
    assert (finding.line, finding.column) == (document[:at].count(b"\n") + 1, len(before) + 1)


def test_our_base64_is_pythons_strict_base64() -> None:
    random = Random(20261123)
    for _ in range(3_000):
        text = bytes(random.choices(b"AQZaz09+/=", k=random.randint(0, 12)))
        try:
            expected = base64.b64decode(text, validate=True)
            is_canonical = base64.b64encode(expected) == text
        except ValueError:
            is_canonical = False
        try:
            ours = b"".join(decode_base64(text, 0, len(text)))
        except Base64Error:
            assert not is_canonical, text
        else:
            assert is_canonical, text
            assert ours == expected


@pytest.mark.parametrize("step", [b"", b"\n", b"&#13;\n"])
def test_pieces_meet_at_every_offset(step: bytes) -> None:
    content = Random(3).randbytes(600_001)
    encoded = base64.b64encode(content)
    lines = step.join(encoded[at : at + 76] for at in range(0, len(encoded), 76)) if step else encoded
    assert b"".join(decode_base64(lines, 0, len(lines))) == content


@pytest.mark.parametrize(("more", "is_valid"), [(0, True), (1, False)])
def test_the_limit_is_exact_and_both_figures_are_reported(more: int, is_valid: bool) -> None:
    content = b"%PDF-" + bytes(20 * MIB - 5 + more)
    verdict = judge(with_attachment(base64.b64encode(content)))
    assert verdict.valid is is_valid
    if not is_valid:
        [finding] = [one for one in verdict.findings if one.stage is Stage.ATTACHMENTS]
        assert (finding.rule, finding.found, finding.expected) == ("MP-ATT-SIZE", "20971521", "<= 20971520")
        assert "20,971,521" in finding.message.en
        assert "20.971.521" in finding.message.nl
        assert "20,971,520" in finding.message.en


def test_detached_attachments_count_too() -> None:
    detached = DetachedPart(Attachment(1, "application/pdf", "b.pdf", 20 * MIB - len(PDF), "0" * 64), PDF[:1024])
    document = with_attachment(base64.b64encode(PDF))
    verdict = judge(document, detached=[detached])
    assert verdict.valid
    assert [(one.number, one.size_bytes) for one in verdict.attachments] == [
        (1, 20 * MIB - len(PDF)),
        (2, len(PDF)),
    ]
    one_more = DetachedPart(
        Attachment(1, "application/pdf", "b.pdf", 20 * MIB - len(PDF) + 1, "0" * 64), PDF[:1024]
    )
    assert "MP-ATT-SIZE" in [finding.rule for finding in judge(document, detached=[one_more]).findings]


@pytest.mark.parametrize(
    "content",
    [
        b"MZ" + bytes(100),
        b"<!DOCTYPE html><html></html>",
        b"#!/bin/sh\n",
        b"PK\x03\x04" + bytes(50),
        b"",
        b"no PDF",
        PDF,
        bytes(1_000) + b"%PDF-1.7",
        bytes(1_020) + b"%PDF-1.7",
    ],
)
@pytest.mark.parametrize("media_type", ["application/pdf", "text/csv", "text/plain"])
def test_detached_content_is_judged_as_embedded_content(content: bytes, media_type: str) -> None:
    attributes = f'mimeCode="{media_type}" filename="a.pdf"'
    facts = Attachment(1, media_type, "a.pdf", len(content), hashlib.sha256(content).hexdigest())
    embedded = judge(with_attachment(base64.b64encode(content), attributes))
    detached = judge(INVOICE, detached=[DetachedPart(facts, content[:1024])])
    rules = [{finding.rule for finding in one.findings} - {"SI-UBL-2"} for one in (embedded, detached)]
    assert {rule.replace("BR-CL-24", "MP-ATT-MEDIA-TYPE") for rule in rules[0]} == rules[1]
    assert embedded.valid is detached.valid


def test_twenty_megabytes_are_judged_in_little_memory() -> None:
    document = with_attachment(base64.b64encode(b"%PDF-" + bytes(20 * MIB - 5)))
    judge(INVOICE)
    tracemalloc.start()
    judge(document)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MIB


CONTENT = [
    ("MP-ATT-DANGEROUS", Flag.FATAL, b"MZ\x90\x00" + bytes(80), "application/pdf"),
    ("MP-ATT-DANGEROUS", Flag.FATAL, b"\x7fELF" + bytes(80), "application/pdf"),
    ("MP-ATT-DANGEROUS", Flag.FATAL, b"#!/bin/sh\nrm -rf /", "text/csv"),
    ("MP-ATT-DANGEROUS", Flag.FATAL, b"<!DOCTYPE html><html>", "application/pdf"),
    ("MP-ATT-DANGEROUS", Flag.FATAL, b" <script>alert(1)</script>", "text/csv"),
    ("MP-ATT-CONTENT", Flag.WARNING, b"\x89PNG\r\n\x1a\n" + bytes(9), "application/pdf"),
    ("MP-ATT-CONTENT", Flag.WARNING, PDF, "image/png"),
    ("MP-ATT-CONTENT", Flag.WARNING, b"geen pdf", "application/pdf"),
    ("MP-ATT-CONTENT", Flag.WARNING, b"a;b\x00c", "text/csv"),
]


@pytest.mark.parametrize(("rule", "flag", "content", "media_type"), CONTENT)
def test_content_is_known_by_its_bytes(rule: str, flag: Flag, content: bytes, media_type: str) -> None:
    document = with_attachment(base64.b64encode(content), f'mimeCode="{media_type}" filename="factuur.pdf"')
    assert [(finding.rule, finding.flag) for finding in findings(document)] == [(rule, flag)]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (b"\xef\xbb\xbf\n%PDF-1.4", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"datum;uren\n2026-11-02;8", "text/csv"),
        (b"MZ;uren\n2026-11-02;8" + b" " * 60, "text/csv"),
        (b"PK\x03\x04" + bytes(30), "application/vnd.oasis.opendocument.spreadsheet"),
    ],
)
def test_content_that_is_what_it_claims_to_be_passes(content: bytes, media_type: str) -> None:
    assert findings(with_attachment(base64.b64encode(content), f'mimeCode="{media_type}"')) == []


def test_an_interrupted_or_empty_attachment() -> None:
    encoded = base64.b64encode(PDF)
    [interrupted] = findings(with_attachment(encoded[:40] + b"<cbc:ID/>" + encoded[40:]))
    assert (interrupted.rule, interrupted.flag) == ("MP-ATT-BASE64", Flag.FATAL)
    for nothing in (b"", b" \n ", b"<!-- x -->", b"<![CDATA[ ]]>", b"&#32;"):
        [empty] = findings(with_attachment(nothing))
        assert (empty.rule, empty.flag) == ("MP-ATT-EMPTY", Flag.WARNING)


@pytest.mark.parametrize("nothing", [b"", b" \n ", b"<!-- x -->", b"<![CDATA[ ]]>", b"&#32;", b"<?x y?> <!-- -->"])
def test_an_empty_attachment_is_an_empty_element(nothing: bytes) -> None:
    assert "SI-UBL-2" in [finding.rule for finding in judge(with_attachment(nothing)).findings]


@pytest.mark.parametrize(
    "mention",
    [
        "EmbeddedDocumentBinaryObject ",
        "&lt;cbc:EmbeddedDocumentBinaryObject>QUJD&lt;/cbc:EmbeddedDocumentBinaryObject>",
        "<!--<cbc:EmbeddedDocumentBinaryObject>QUJD</cbc:EmbeddedDocumentBinaryObject>-->",
        "<?x <cbc:EmbeddedDocumentBinaryObject>QUJD</cbc:EmbeddedDocumentBinaryObject>?>",
    ],
)
def test_mentions_of_the_element_are_no_attachments(mention: str) -> None:
    note = f"<cbc:Note>{mention * 90}</cbc:Note>" * 56
    document = with_attachment(base64.b64encode(PDF)).replace(b"<cbc:Note>", note.encode() + b"<cbc:Note>", 1)
    verdict = judge(document)
    assert verdict.valid, verdict.findings
    assert [attachment.sha256 for attachment in verdict.attachments] == [hashlib.sha256(PDF).hexdigest()]


def test_a_section_that_mentions_the_element_5_000_times_is_a_text() -> None:
    mention = "<cbc:EmbeddedDocumentBinaryObject>QUJD</cbc:EmbeddedDocumentBinaryObject>"
    note = f"<cbc:Note><![CDATA[{mention * 3_000}]]></cbc:Note>" * 2
    document = with_attachment(base64.b64encode(PDF)).replace(b"<cbc:Note>", note.encode() + b"<cbc:Note>", 1)
    assert judge(document).valid


@pytest.mark.parametrize(
    ("filename", "reason"),
    [
        ("factuur 12.pdf", None),
        ("é" * 80, None),
        ("../../etc/passwd", "holds a path"),
        ("C:\\a.pdf", "holds a path"),
        ("a\x07.pdf", "holds control characters"),
        ("a\u202efdp.exe", "holds control characters"),
        ("x" * 81, "is longer than 80 characters"),
        (" ", "is empty"),
    ],
)
def test_file_names(filename: str, reason: str | None) -> None:
    problem = filename_problem(filename)
    assert (problem.en if problem else None) == reason


def test_a_bad_file_name_is_a_warning() -> None:
    document = with_attachment(base64.b64encode(PDF), 'mimeCode="application/pdf" filename="../a.pdf"')
    [finding] = findings(document)
    assert (finding.rule, finding.flag) == ("MP-ATT-FILENAME", Flag.WARNING)
    assert finding.location.endswith("cbc:EmbeddedDocumentBinaryObject/@filename")


ENDS = ("exe", "EXE", "js", "html", "svg", "pdf.lnk", "pdf.exe.", "pdf\u202e.bat", "com", "docm", "hta", "ps1")


@pytest.mark.parametrize("end", ENDS)
def test_a_name_that_a_computer_runs_is_refused(end: str) -> None:
    """Whatever the content, embedded or detached."""
    filename = f"a.{end}"
    attributes = f'mimeCode="application/pdf" filename="{filename}"'
    facts = Attachment(1, "application/pdf", filename, len(PDF), hashlib.sha256(PDF).hexdigest())
    for verdict in (
        judge(with_attachment(base64.b64encode(PDF), attributes)),
        judge(INVOICE, detached=[DetachedPart(facts, PDF[:1024])]),
    ):
        assert not verdict.valid
        finding = next(one for one in verdict.findings if one.rule == "MP-ATT-DANGEROUS")
        assert (finding.flag, finding.found, finding.expected) == (Flag.FATAL, filename, ".pdf")
        assert "een computer kan zo'n bestand uitvoeren" in finding.message.nl
        assert finding.advice is not None
        assert "factuur.pdf" in finding.advice.nl


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(9)


@pytest.mark.parametrize(
    ("filename", "content", "media_type", "expected"),
    [
        ("a.xlsx", PDF, "application/pdf", ".pdf"),
        ("a.png", PDF, "application/pdf", ".pdf"),
        ("a.csv", PDF, "application/pdf", ".pdf"),
        ("a.pdf", PNG, "image/png", ".png"),
        ("a.jpg", PNG, "image/png", ".png"),
        ("a.pdf", b"datum;uren", "text/csv", ".csv"),
        ("a.zip.pdf", b"PK\x03\x04" + bytes(30), XLSX, ".xlsx"),
    ],
)
def test_a_name_that_contradicts_the_content_is_a_warning(
    filename: str, content: bytes, media_type: str, expected: str
) -> None:
    attributes = f'mimeCode="{media_type}" filename="{filename}"'
    [finding] = findings(with_attachment(base64.b64encode(content), attributes))
    assert (finding.rule, finding.flag) == ("MP-ATT-EXTENSION", Flag.WARNING)
    assert (finding.found, finding.expected) == (filename, expected)
    assert finding.location.endswith("/@filename")
    assert "eindigt op" in finding.message.nl


@pytest.mark.parametrize(
    ("filename", "content", "media_type"),
    [
        ("a.PDF", PDF, "application/pdf"),
        ("factuur 12.2026", PDF, "application/pdf"),
        ("factuur", PDF, "application/pdf"),
        ("exe", PDF, "application/pdf"),
        ("factuur.exe.pdf", PDF, "application/pdf"),
        ("a.jpeg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.txt", b"datum;uren", "text/csv"),
        ("a.xlsx", b"PK\x03\x04" + bytes(30), XLSX),
    ],
)
def test_a_name_that_fits_the_content_passes(filename: str, content: bytes, media_type: str) -> None:
    attributes = f'mimeCode="{media_type}" filename="{filename}"'
    assert findings(with_attachment(base64.b64encode(content), attributes)) == []


def test_too_many_attachments_are_not_even_decoded() -> None:
    most = DEFAULT_LIMITS.attachments_max
    one = with_attachment(b"QQ==")
    reference = one[one.index(b"<cac:AdditionalDocumentReference>") : one.index(START)]
    document = INVOICE.replace(START, reference * (most + 1) + START, 1)
    assert [finding.rule for finding in findings(document)] == ["MP-ATT-NUMBER"]
