"""Bytes that cannot be read get one finding with a name and a place; the others get a tree."""

import base64
import gzip
from dataclasses import replace

import pytest
from lxml import etree

from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.xml.parsing import DEFAULT_LIMITS, Limits, Parsed, read
from tests.samples import SAMPLES

INVOICE = SAMPLES["nlcius-invoice-full"].xml()
EMBEDDED = b"<b:EmbeddedDocumentBinaryObject>%b</b:EmbeddedDocumentBinaryObject>"


def refusal(document: bytes, limits: Limits = DEFAULT_LIMITS) -> Finding:
    outcome = read(document, limits)
    assert isinstance(outcome, Finding)
    assert (outcome.flag, outcome.stage) == (Flag.FATAL, Stage.XML)
    assert outcome.advice is not None
    return outcome


def tree(document: bytes, limits: Limits = DEFAULT_LIMITS) -> Parsed:
    outcome = read(document, limits)
    assert isinstance(outcome, Parsed), outcome
    return outcome


NOT_XML = [
    ("MP-XML-EMPTY", b""),
    ("MP-XML-EMPTY", b"\xef\xbb\xbf \n"),
    ("MP-XML-GZIP", gzip.compress(INVOICE)),
    ("MP-XML-ZIP", b"PK\x03\x04" + bytes(40)),
    ("MP-XML-PDF", b"\n%PDF-1.7\n%\xe2\xe3"),
    ("MP-XML-HTML", b"<!DOCTYPE html>\n<html><body>404</body></html>"),
    ("MP-XML-HTML", b"\n<HTML lang='nl'>"),
    ("MP-XML-JSON", b'{"invoice": 1}'),
    ("MP-XML-JSON", b"[1]"),
    ("MP-XML-IMAGE", b"\x89PNG\r\n\x1a\n"),
    ("MP-XML-EDIFACT", b"UNB+UNOC:3+"),
    ("MP-XML-MULTIPART", b"--boundary\r\nContent-Type: text/xml\r\n"),
    ("MP-XML-TEXT-FIRST", b"Factuur 12"),
    ("MP-XML-ENCODING", INVOICE.decode().encode("utf-16")),
    ("MP-XML-ENCODING", INVOICE.decode().encode("utf-16-be")),
    ("MP-XML-ENCODING", INVOICE.decode().encode("utf-32")),
    ("MP-XML-ENCODING", INVOICE.replace(b"UTF-8", b"ISO-8859-1", 1)),
    ("MP-XML-ENCODING", b"\x4c\x6f\xa7\x94\x93"),
    ("MP-XML-VERSION", b'<?xml version="1.1"?><a/>'),
]


@pytest.mark.parametrize(("rule", "document"), NOT_XML)
def test_what_is_not_utf8_xml_is_named(rule: str, document: bytes) -> None:
    assert refusal(document).rule == rule


BROKEN = [
    ("MP-XML-TRUNCATED", 2, 1, b"<a>\n<b"),
    ("MP-XML-TRUNCATED", 2, 5, b"<a>\n<b/>"),
    ("MP-XML-TAGS", 2, 6, b"<a>\n<b></c></a>"),
    ("MP-XML-ENTITY", 1, 9, b"<a>Jan & Piet</a>"),
    ("MP-XML-ENTITY", 1, 4, b"<a>&euro;</a>"),
    ("MP-XML-PREFIX", 1, 1, b"<c:a/>"),
    ("MP-XML-AFTER", 1, 5, b"<a/><b/>"),
    ("MP-XML-DECLARATION", 2, 1, b'\n<?xml version="1.0"?><a/>'),
    ("MP-XML-DECLARATION", 1, 5, b'<a/><?xml version="1.0"?><a/>'),
    ("MP-XML-MARKUP", 1, 7, "<a>é <</a>".encode()),
    ("MP-XML-CHARACTER", 1, 4, b"<a>\x00</a>"),
    ("MP-XML-ATTRIBUTE", 1, 6, b"<a b=1/>"),
    ("MP-XML-ATTRIBUTE-TWICE", 1, 10, b"<a b='1' b='2'/>"),
]


@pytest.mark.parametrize(("rule", "line", "column", "document"), BROKEN)
def test_what_is_not_well_formed_has_its_position(rule: str, line: int, column: int, document: bytes) -> None:
    finding = refusal(document)
    assert (finding.rule, finding.line, finding.column) == (rule, line, column)


def test_tags_that_do_not_match_are_both_named_as_the_document_has_them() -> None:
    document = b"<a xmlns:cbc='urn:x'>\n\n<cbc:ID\n>1</cbc:ID><cbc:ID>2</cbc:Name></a>"
    finding = refusal(document)
    assert finding.message.en == "The end tag </cbc:Name> does not match the start tag <cbc:ID> on line 4."
    assert (finding.found, finding.expected) == ("</cbc:Name>", "</cbc:ID>")


def test_a_windows_character_is_placed_to_the_character_across_the_pieces_it_is_checked_in() -> None:
    before = "<a>\n" + "é" * 40_000 + "x"
    finding = refusal(before.encode() + b"\xe9</a>")
    assert (finding.rule, finding.line, finding.column) == ("MP-XML-BYTES", 2, 40_002)


def test_utf8_with_a_mark_and_us_ascii_are_read() -> None:
    assert tree(b"\xef\xbb\xbf<a/>").root.tag == "a"
    assert tree(b'<?xml version="1.0" encoding="us-ascii"?><a/>').root.tag == "a"


@pytest.mark.parametrize("name", ["US-ASCII", "us-ascii", "ASCII"])
@pytest.mark.parametrize("content", ["<a>é</a>", "<a b='é'/>", "<!-- é --><a/>", "<a/><?b é?>", "<é/>"])
def test_a_document_that_declares_ascii_holds_nothing_else(name: str, content: str) -> None:
    document = f'<?xml version="1.0" encoding="{name}"?>{content}'
    assert refusal(document.encode()).rule == "MP-XML-ENCODING"
    ascii_only = document.replace("<é/>", "<e/>").replace("é", "&#233;")
    assert tree(ascii_only.encode()).root.tag in {"a", "e"}


@pytest.mark.parametrize("name", ["UTF-8", "utf-8", "Utf-8"])
def test_utf8_is_known_in_any_case(name: str) -> None:
    assert tree(f"<?xml version='1.0' encoding='{name}'?><a>é</a>".encode()).root.text == "é"


@pytest.mark.parametrize("name", ["ISO-8859-1", "windows-1252", "UTF-16", "UTF-7", "IBM037", "x" * 200])
def test_every_other_declared_encoding_is_refused_whatever_the_bytes(name: str) -> None:
    for content in ("<a/>", "<a>é</a>"):
        document = f'<?xml version="1.0" encoding="{name}"?>{content}'.encode()
        assert refusal(document).rule == "MP-XML-ENCODING"


DOCTYPES = [
    b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    b'<?xml version="1.0"?>\n<!-- c --><?p i?>\n<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>',
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
]


@pytest.mark.parametrize("document", DOCTYPES)
def test_a_doctype_is_refused_unread(document: bytes) -> None:
    assert refusal(document).rule == "MP-XML-DOCTYPE"


def test_a_comment_or_a_text_may_speak_of_a_doctype() -> None:
    assert tree(b"<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE html>]]></a>").root.text == "<!DOCTYPE html>"


def test_xinclude_schema_locations_and_instructions_are_left_alone() -> None:
    document = (
        b'<?xml-stylesheet href="http://example.org/a.xsl"?>'
        b'<a xmlns:xi="http://www.w3.org/2001/XInclude" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'xsi:noNamespaceSchemaLocation="http://example.org/a.xsd">'
        b'<xi:include href="/etc/passwd" parse="text"/></a>'
    )
    assert [child.tag for child in tree(document).root] == ["{http://www.w3.org/2001/XInclude}include"]


CAPS = [
    ("MP-XML-SIZE", b"<a>" + b" " * 100 + b"</a>", {"document_bytes_max": 100}),
    ("MP-XML-SIZE", b"<a>" + b" " * 100 + b"</a>", {"markup_bytes_max": 100}),
    ("MP-XML-ELEMENTS", b"<a>" + b"<b/>" * 10 + b"</a>", {"elements_max": 10}),
    ("MP-XML-ATTRIBUTES", b"<a>" + b"<b c = 'd'/>" * 11 + b"</a>", {"attributes_max": 10}),
    ("MP-XML-ATTRIBUTES", b"<a>" + b"<b c='d'/>" * 6 + b'<b c="d"/>' * 5 + b"</a>", {"attributes_max": 10}),
    ("MP-XML-ATTRIBUTES", b"<a b='' c='' d=''/>", {"attributes_per_element_max": 2}),
    ("MP-XML-ATTRIBUTES", b"<a b='>' c='>' d='>'/>", {"attributes_per_element_max": 2}),
    ("MP-XML-NAME", b"<abcdefghijk/>", {"name_length_max": 10}),
    ("MP-XML-NAME", b"<a abcdefghijk='1'/>", {"name_length_max": 10}),
    ("MP-XML-NAME", b"<a>><abcdefghijk/></a>", {"name_length_max": 10}),
    ("MP-XML-TEXT", b"<a>" + b"x" * 2_000 + b"</a>", {"text_bytes_max": 1_000}),
    ("MP-XML-TEXT", b"<a>>" + b"x" * 2_000 + b"</a>", {"text_bytes_max": 1_000}),
    ("MP-XML-TEXT", b"<a>><!--" + b"x" * 2_000 + b"--></a>", {"text_bytes_max": 1_000}),
    ("MP-XML-DEPTH", b"<a>" * 11 + b"</a>" * 11, {"depth_max": 10}),
]


@pytest.mark.parametrize(("rule", "document", "caps"), CAPS)
def test_each_cap_refuses_just_beyond_it(rule: str, document: bytes, caps: dict[str, int]) -> None:
    limits = replace(DEFAULT_LIMITS, **caps)
    assert refusal(document, limits).rule == rule
    assert isinstance(read(document), Parsed)


_LONG = b"<a>" + b"x> " * 400 + b"</a>"
_NAMED = b"<a b='" + b"> " * 400 + b"' abcdefghijk='1'/>"


@pytest.mark.parametrize("around", [b"", b"<!-- <<<<<<<< -->", b"<!-- > --><?x <<< ?>"])
@pytest.mark.parametrize(
    ("rule", "document", "caps"),
    [
        ("MP-XML-TEXT", _LONG, {"text_bytes_max": 1_000}),
        ("MP-XML-NAME", _NAMED, {"name_length_max": 10}),
        ("MP-XML-ATTRIBUTES", b"<a b='" + b"> " * 400 + b"' c='' d=''/>", {"attributes_per_element_max": 2}),
    ],
)
def test_signs_that_are_no_tags_hide_nothing(
    around: bytes, rule: str, document: bytes, caps: dict[str, int]
) -> None:
    limits = replace(DEFAULT_LIMITS, **caps)
    assert refusal(around + document, limits).rule == rule
    assert refusal(document + around, limits).rule == rule


@pytest.mark.parametrize(("pieces", "is_read"), [(100, True), (101, False)])
@pytest.mark.parametrize("aside", [b"<!-- <b> -->", b"<![CDATA[<b>]]>", b"<?x y?>"])
def test_a_large_document_has_no_text_in_many_pieces(pieces: int, is_read: bool, aside: bytes) -> None:
    document = b"<a><b>%b</b>%b</a>" % (b"x" * 70_000, b"x".join([aside] * pieces))
    assert isinstance(read(document), Parsed) is is_read


@pytest.mark.parametrize(
    ("document", "caps"),
    [
        (b"<a>" + b"<b/>" * 9 + b"</a>", {"elements_max": 10}),
        (b"<a b='' c=''/>", {"attributes_per_element_max": 2}),
        (b"<abcdefghij abcdefghij=''/>", {"name_length_max": 10}),
        (b"<a>" + b"x" * 1_000 + b"</a>", {"text_bytes_max": 1_000}),
        (b"<a>" * 10 + b"</a>" * 10, {"depth_max": 10}),
    ],
)
def test_at_the_cap_a_document_passes(document: bytes, caps: dict[str, int]) -> None:
    tree(document, replace(DEFAULT_LIMITS, **caps))


def test_the_parsers_own_depth_guard_speaks_as_ours() -> None:
    finding = refusal(b"<a>" * 300 + b"</a>" * 300)
    assert (finding.rule, finding.expected) == ("MP-XML-DEPTH", "256")


def test_attachments_are_cut_out_and_found_back() -> None:
    content = base64.b64encode(bytes(9_000))
    document = b"<a xmlns:b='c'>" + EMBEDDED % content + EMBEDDED % b"QQ==" + b"</a>"
    parsed = tree(document)
    assert len(parsed.markup) < 250
    assert [document[cut.start : cut.end] for cut in parsed.attachments.values()] == [content, b"QQ=="]
    assert list(parsed.attachments) == list(parsed.root)


@pytest.mark.parametrize(
    "wrapping",
    [b"<!--%b-->", b"<n><![CDATA[%b]]></n>", b"<?pi %b?>"],
)
def test_what_only_looks_like_an_attachment_is_read_as_it_stands(wrapping: bytes) -> None:
    inside = EMBEDDED % (b"QUJD" * 10)
    document = b"<a xmlns:b='c'>" + wrapping % inside + EMBEDDED % b"QQ==" + b"</a>"
    parsed = tree(document)
    assert etree.tostring(parsed.root[0]).count(b"QUJD") == 10 or parsed.root[0].text == inside.decode()
    assert [document[cut.start : cut.end] for cut in parsed.attachments.values()] == [b"QQ=="]


def test_a_20_mb_attachment_passes_where_libxml2_alone_would_refuse_it() -> None:
    document = b"<a xmlns:b='c'>" + EMBEDDED % (b"QUJD" * 6_990_507) + b"</a>"
    assert len(document) > 27_962_028
    assert len(tree(document).attachments) == 1
    with pytest.raises(etree.XMLSyntaxError, match="too long"):
        etree.fromstring(document)


def test_a_start_tag_with_a_greater_than_sign_in_its_file_name_is_understood() -> None:
    document = (
        b'<EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="a>b.pdf">QQ=='
        b"</EmbeddedDocumentBinaryObject>"
    )
    [cut] = tree(document).attachments.values()
    assert document[cut.start : cut.end] == b"QQ=="


@pytest.mark.parametrize("last", [b"<!-- end -->", b"<?end?>", b"<!-- one --><!-- two -->\n"])
def test_a_large_document_may_end_with_a_comment_or_an_instruction(last: bytes) -> None:
    document = b"<a>" + b"<b>text</b>" * (DEFAULT_LIMITS.uncounted_bytes // 10) + b"</a>" + last
    assert len(document) > DEFAULT_LIMITS.uncounted_bytes
    assert isinstance(read(document, DEFAULT_LIMITS), Parsed)
