"""Reading from the markup says what reading from the tree says, however the markup is written."""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from lxml import etree

from gateway.validator.model.terms import places_of
from gateway.validator.ubl import bindings as ubl
from gateway.validator.ubl import library, reading, tokens
from gateway.validator.ubl.building import Reading
from gateway.validator.ubl.tokens import Markup, UnplainError
from tests.samples import SAMPLES, invoice

DOCUMENTS = {
    "everything": SAMPLES["en16931-everything"].xml(),
    "credit note": SAMPLES["nlcius-credit-note"].xml(),
    "lines": invoice(400),
    "breakdowns": invoice(20, breakdowns=60),
    "notes": invoice(1, notes=200, attachments=30),
}

Style = Callable[[bytes], bytes]


def _replacing(old: bytes, new: bytes) -> Style:
    return lambda document: document.replace(old, new)


def _matching(pattern: bytes, new: bytes) -> Style:
    return lambda document: re.sub(pattern, new, document)


PLAIN: dict[str, Style] = {
    "as it is": lambda document: document,
    "without spaces": _matching(rb">\s+<", b"><"),
    "lines of Windows": _replacing(b"\n", b"\r\n"),
    "single quotes": _matching(rb'="([^"]*)"', rb"='\1'"),
    "spaces in tags": _matching(rb"<(/?)(cbc:\w+)( [^>]*)?>", rb"<\1\2\3 \n>"),
    "spaces about =": _matching(rb'(\w+ID|unitCode)="', rb'\1 = "'),
    "other prefixes": lambda document: document.replace(b"cac:", b"a.b:").replace(b":cac=", b":a.b="),
    "comments": _replacing(b"<cbc:Name>", b"<!-- < > & <a> --><cbc:Name>"),
    "comments in texts": _replacing(b"<cbc:Name>", b"<cbc:Name>x<!-- > -->y"),
    "instructions": _replacing(b"<cac:Item>", b"<?a < b?><cac:Item>"),
    "CDATA": _matching(rb"<cbc:Name>([^<&]*)</cbc:Name>", rb"<cbc:Name>a<![CDATA[\1 <b> &amp; ]]>c</cbc:Name>"),
    "references": _replacing(b"<cbc:Name>", b"<cbc:Name>&#x41;&#66;&amp;&lt;&gt;&quot;&apos;"),
    "references in attributes": _replacing(b'unitCode="', b'unitCode="&#67;&amp;\n\t'),
    "empty elements": _matching(rb"<cbc:(Name|Percent|ID)>[^<]*</cbc:\w+>", rb"<cbc:\1/>"),
    "empty content": _matching(rb"<cbc:(Name|Percent|ID)>[^<]*</cbc:\w+>", rb"<cbc:\1></cbc:\1>"),
    "an attribute more": _replacing(b"<cbc:Percent>", b'<cbc:Percent languageID="nl" xml:lang="nl">'),
    "an element within another": _replacing(b"<cbc:Name>", b"<cbc:Name>x<cbc:Name>y</cbc:Name>z"),
    "a mark before it": lambda document: b"\xef\xbb\xbf" + document,
    "something behind it": lambda document: document + b"<!-- end --><?end?>\n",
    "letters of all kinds": _replacing(b"<cbc:Name>", "<cbc:Name>é€𝄞 ".encode()),
    "every third line another way": lambda document: _each_third(document, b"<cbc:Name>", b"<cbc:Name >"),
    "every third line another shape": lambda document: _each_third(
        document, b"<cbc:Name>", b"<cbc:Note/><cbc:Name>"
    ),
    "every third line with an empty text": lambda document: _each_third(
        document, b"<cbc:LineID>", b"<cbc:UUID>\n </cbc:UUID><cbc:LineID>"
    ),
    "long texts": _replacing(b"<cbc:Note>", b"<cbc:Note>" + b"x " * 40_000),
}
UNPLAIN: dict[str, Style] = {
    "a bare > in a text": _replacing(b"<cbc:Name>", b"<cbc:Name>a > b"),
    "a bare > in an attribute": _replacing(b'currencyID="', b'currencyID=">'),
    "two bare > that look like a tag": _replacing(b"<cbc:Name>", b"<cbc:Name>a>cbc:ID/>b"),
    "a namespace further down": _replacing(b"<cac:Item>", b'<cac:Item xmlns:x="urn:x" x:y="1">'),
    "another meaning further down": _replacing(b"<cac:Item>", b'<cac:Item xmlns:cbc="urn:x">'),
}


def _each_third(document: bytes, old: bytes, new: bytes) -> bytes:
    pieces = document.split(old)
    return b"".join(piece + (new if nth % 3 else old) for nth, piece in enumerate(pieces[:-1])) + pieces[-1]


def _told(found: Reading) -> dict[str, object]:
    """All that a reading says, in a form that can be compared."""
    coded = {
        kind: {value: sorted(places_of(value, runs)) for value, runs in values.items()}
        for kind, values in found.invoice.coded.items()
    }
    elements = {
        place + index: (path, names)
        for each in found.shapes
        for place in each.places
        for index, (path, names) in enumerate(zip(each.shape.paths, each.shape.attributes, strict=True))
    }
    has_blanks = found.root.xpath("boolean(//*[not(*)][not(normalize-space())])")
    assert found.may_have_blanks or not has_blanks
    repeats = sorted((node.place, type(node).__name__, attribute) for node, attribute in found.invoice.repeats)
    return {
        "invoice": _plainly(found.invoice),
        "nodes": {kind: _plainly(nodes) for kind, nodes in found.invoice.nodes.items()},
        "coded": coded,
        "elements": elements,
        "long": sorted(found.long_amounts),
        "repeats": repeats,
    }


def _plainly(value: Any) -> object:
    if isinstance(value, (list, tuple)):
        return [_plainly(each) for each in value]
    if is_dataclass(value):
        apart = {"nodes", "coded", "repeats"}
        terms = {
            each.name: _plainly(getattr(value, each.name)) for each in fields(value) if each.name not in apart
        }
        return type(value).__name__, terms
    return getattr(value, "values", value)


@pytest.fixture(autouse=True)
def _fresh_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_LIBRARIES", {})


@pytest.mark.parametrize("style", [*PLAIN, *UNPLAIN])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_markup_says_what_the_tree_says(name: str, style: str) -> None:
    document = (PLAIN | UNPLAIN)[style](DOCUMENTS[name])
    root = etree.fromstring(document)
    wanted = _told(ubl.read(root))
    for _ in range(3):  # anew, by plans kept, and by functions written for them
        assert _told(ubl.read(root, Markup.of(document))) == wanted


@pytest.mark.parametrize("style", PLAIN)
def test_the_ways_that_programs_write_are_read_from_the_markup(
    style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = PLAIN[style](DOCUMENTS["everything"])
    root = etree.fromstring(document)
    monkeypatch.setattr(reading, "TreeTokens", None)
    assert ubl.read(root, Markup.of(document)).invoice.lines


@pytest.mark.parametrize("style", UNPLAIN)
def test_what_cannot_be_cut_at_its_brackets_is_read_from_the_tree(style: str) -> None:
    document = UNPLAIN[style](DOCUMENTS["everything"])
    root = etree.fromstring(document)
    lexicon = library.library_of(ubl._UBL, of_valid=False).alphabet.lexicon(root.nsmap)
    with pytest.raises(UnplainError):
        tokens.MarkupTokens(Markup.of(document), root, lexicon).window(len(document))


def test_only_a_document_with_blanks_is_searched_for_them() -> None:
    for name in ("lines", "notes"):
        root = etree.fromstring(DOCUMENTS[name])
        assert not ubl.read(root, Markup.of(DOCUMENTS[name])).may_have_blanks
        assert not ubl.read(root).may_have_blanks
    assert ubl.read(etree.fromstring(f"<Invoice xmlns='{root.nsmap[None]}'/>")).may_have_blanks


def test_places_are_those_of_the_elements() -> None:
    document = PLAIN["comments"](DOCUMENTS["everything"])
    root = etree.fromstring(document)
    found = ubl.read(root, Markup.of(document))
    elements = list(root.iter())
    for each in found.shapes:
        for place in each.places:
            for index, name in enumerate(each.shape.names):
                element = elements[place + index]
                assert name == (ubl_name(element) if isinstance(element.tag, str) else "#comment")


def ubl_name(element: etree._Element) -> str:
    return tokens.prefixed(ubl._UBL.prefixes, str(element.tag))


def test_lines_of_one_layout_are_read_by_a_stencil(monkeypatch: pytest.MonkeyPatch) -> None:
    document = DOCUMENTS["lines"]
    root = etree.fromstring(document)
    laid: list[int] = []
    read_columns = reading._Reader.read_columns

    def counting(self: Any, plan: Any, container: Any, columns: Any, times: int) -> None:
        laid.append(times)
        read_columns(self, plan, container, columns, times)

    monkeypatch.setattr(reading._Reader, "read_columns", counting)
    monkeypatch.setattr(library, "_STENCIL_PAYS", 10)
    assert len(ubl.read(root, Markup.of(document)).invoice.lines) == 400
    assert max(laid) > 300


def test_a_document_with_tags_of_its_own_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_LEXICON_CHARACTERS_MAX", 2_000)
    document = DOCUMENTS["lines"].replace(b'unitCode="C62"', b'unitCode="C62" unitCodeListID="X"')
    root = etree.fromstring(document)
    assert ubl.read(root, Markup.of(document)).invoice.lines
    assert len(library.library_of(ubl._UBL, of_valid=False).alphabet.lexicon(root.nsmap)) == 0


def test_an_alphabet_that_is_full_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_KINDS_MAX", 10)
    root = etree.fromstring(DOCUMENTS["everything"])
    first = _told(ubl.read(root))
    before = library.library_of(ubl._UBL, of_valid=False)
    assert _told(ubl.read(root)) == first
    assert library.library_of(ubl._UBL, of_valid=False) is not before
