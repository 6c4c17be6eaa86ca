"""Lines and columns are those of the original document; paths have the usual prefixes."""

import pytest
from lxml import etree

from gateway.validator.xml.locations import Position, SourceMap, name_of, xpath_of
from gateway.validator.xml.parsing import Parsed, read
from tests.samples import SAMPLES

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"


def position_of(document: bytes, tag: str, number: int = 0) -> Position:
    parsed = read(document)
    assert isinstance(parsed, Parsed)
    element = list(parsed.root.iter(tag))[number]
    return parsed.source_map.of_elements(parsed.root, [element])[element]


def test_the_column_counts_characters_not_bytes() -> None:
    assert position_of("<a>\n  één <b/></a>".encode(), "b") == Position(2, 7)


def test_lines_beyond_65535_are_right_where_lxml_is_wrong() -> None:
    document = b"<a>" + b"\n" * 70_000 + b" <b/></a>"
    assert position_of(document, "b") == Position(70_001, 2)


def test_an_attachment_before_the_element_shifts_nothing() -> None:
    base64_lines = b"QUJD\n" * 1_000
    document = (
        b"<a>\n<EmbeddedDocumentBinaryObject>" + base64_lines + b"</EmbeddedDocumentBinaryObject>\n <b/></a>"
    )
    assert position_of(document, "b") == Position(1_003, 2)
    assert position_of(document, "EmbeddedDocumentBinaryObject") == Position(2, 1)


def test_a_byte_order_mark_is_no_column() -> None:
    assert position_of(b"\xef\xbb\xbf<a><b/></a>", "b") == Position(1, 4)


def test_comments_and_instructions_are_not_counted_as_elements() -> None:
    assert position_of(b"<!-- x --><?p i?><a><!-- <b/> --><?q?><b/>\n<b/></a>", "b", 1) == Position(2, 1)


def test_every_element_of_an_invoice_stands_where_its_bytes_stand() -> None:
    document = SAMPLES["nlcius-invoice-full"].xml()
    parsed = read(document)
    assert isinstance(parsed, Parsed)
    elements = list(parsed.root.iter("*"))
    positions = parsed.source_map.of_elements(parsed.root, elements)
    lines = document.decode().split("\n")
    for element in elements:
        position = positions[element]
        assert lines[position.line - 1][position.column - 1 :].startswith(f"<{element.prefix or ''}"), position
        assert etree.QName(element).localname in lines[position.line - 1]
        assert position.line == element.sourceline


def test_a_path_numbers_only_where_there_are_others_of_the_name() -> None:
    parsed = read(SAMPLES["nlcius-invoice-full"].xml())
    assert isinstance(parsed, Parsed)
    namespaces = {"cac": CBC.replace("Basic", "Aggregate"), "cbc": CBC}
    for path in (
        "/ubl:Invoice/cac:AccountingSupplierParty/cac:Party/cbc:EndpointID",
        "/ubl:Invoice/cac:InvoiceLine[1]/cbc:ID",
        "/ubl:Invoice/cac:InvoiceLine[2]/cac:Item/cbc:Name",
    ):
        [element] = parsed.root.xpath(path.replace("/ubl:Invoice", "/*"), namespaces=namespaces)
        assert xpath_of(element) == path
    assert xpath_of(parsed.root, "currencyID") == "/ubl:Invoice/@currencyID"


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (f"{{{CBC}}}ID", "cbc:ID"),
        ("{urn:oasis:names:specification:ubl:schema:xsd:Order-2}Order", "ubl:Order"),
        ("{http://ns.hr-xml.org/2007-04-15}TimeCard", "hr:TimeCard"),
        ("{http://example.org}Foo", "*:Foo"),
        ("Foo", "Foo"),
    ],
)
def test_names_have_the_prefixes_of_the_trade(tag: str, name: str) -> None:
    assert name_of(tag) == name


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_ends_in_either_character_or_both(end: str) -> None:
    document = end.join(["<a>", " <b/>", "", "  <c/></a>"]).encode()
    assert position_of(document, "b") == Position(2, 2)
    assert position_of(document, "c") == Position(4, 3)


@pytest.mark.parametrize("text", ["\r\n\r\n", "\r\r\n", "\n\r\n\r", "\r", "x\r\ny\rz\n", "\r\n"])
def test_every_position_is_that_of_a_count_from_the_start(text: str) -> None:
    """Asked for all bytes in turn, as many findings do, the places are those that normalised line ends give."""
    document = text.encode()
    offsets = [at for at in range(len(document) + 1) if document[at - 1 : at + 1] != b"\r\n" or not at]
    found = list(SourceMap(document, document).of_offsets(offsets))
    for at, position in zip(offsets, found, strict=True):
        before = document[:at].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        assert position == Position(before.count(b"\n") + 1, at - _line_start(document[:at]) + 1)


def _line_start(document: bytes) -> int:
    return max(document.rfind(b"\n"), document.rfind(b"\r")) + 1
