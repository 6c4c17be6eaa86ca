"""A document that is written as valid ones before it is known to be valid; any doubt, and it is parsed."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from lxml import etree

from gateway.validator import identify
from gateway.validator.finding import Flag
from gateway.validator.judge import judge
from gateway.validator.model.document import DocumentKind
from gateway.validator.ubl import bindings as ubl
from gateway.validator.ubl import library, recognition
from gateway.validator.ubl.building import Reading
from gateway.validator.xml import parsing as xml
from gateway.validator.xml import tree
from gateway.validator.xml.parsing import Limits
from tests.lookalikes.compare import difference, is_recognised, quick_learner, taught, unknowing
from tests.samples import SAMPLES, invoice

BASE = invoice(3, notes=2, attachments=2)


Change = Callable[[bytes], bytes]


def _with(old: bytes, new: bytes) -> Change:
    return lambda document: document.replace(old, new, 1)


@pytest.fixture(autouse=True)
def _quick_learner() -> Iterator[None]:
    with quick_learner():
        yield


def _recognised(document: bytes) -> recognition.Recognised:
    parsed = xml.read(document, recognise=ubl.recognise)
    assert isinstance(parsed, xml.Parsed)
    assert parsed.recognised is not None
    return parsed.recognised


def test_nothing_is_recognised_that_was_not_seen() -> None:
    assert not is_recognised(BASE)
    judge(BASE, schema=False)
    assert not is_recognised(BASE)
    judge(BASE)
    assert is_recognised(BASE)


def test_another_document_of_the_same_layout_is_recognised() -> None:
    taught([BASE])
    other = invoice(9, notes=4, attachments=3, number="2026-0418", first=40)
    assert is_recognised(other)
    assert difference(other) is None


def test_pieces_are_recognised_in_another_company() -> None:
    taught([SAMPLES["nlcius-invoice-full"].xml(), SAMPLES["nlcius-invoice"].xml()])
    full = SAMPLES["nlcius-invoice-full"].xml()
    without = re.sub(rb"(?s)\n  <cac:(Delivery|AllowanceCharge|PaymentTerms)>.*?\n  </cac:\1>", b"", full)
    assert without != full
    assert is_recognised(without)


def test_a_document_is_seen_a_few_times_before_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_SEEN_FIRST", 4)
    monkeypatch.setattr(library, "_SEEN_AGAIN", 16)
    known = []
    for _ in range(5):
        known.append(is_recognised(BASE))
        judge(BASE)
    assert known == [False, False, False, False, True]


def test_what_breaks_its_schema_teaches_nothing() -> None:
    wrong = BASE.replace(b"<cbc:IssueDate>2026-11-02</cbc:IssueDate>", b"")
    for _ in range(5):
        judge(wrong)
    assert not is_recognised(wrong)
    assert not is_recognised(BASE)


def test_what_was_not_held_to_its_schema_teaches_nothing() -> None:
    taught([BASE])
    endpoint = re.search(rb"<cbc:EndpointID[^>]*>[^<]*</cbc:EndpointID>", BASE)
    assert endpoint
    disordered = BASE.replace(endpoint[0], b"", 1).replace(
        b"</cac:PartyName>", b"</cac:PartyName>" + endpoint[0], 1
    )
    for _ in range(5):
        judge(disordered, schema=False)
    assert any(finding.rule.startswith("MP-XSD") for finding in judge(disordered).findings)
    assert not is_recognised(disordered)


_XSI = b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_EXTENSIONS = b' xmlns:ext="urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"'
UNUSUAL: dict[str, tuple[Change, Change]] = {
    "a type of its own": (
        lambda document: _with(b"<cbc:Note>", b'<cbc:Note xsi:type="cbc:NoteType">')(_declaring(document, _XSI)),
        _with(b"cbc:NoteType", b"cbc:IDsType"),
    ),
    "a place of its schema": (
        lambda document: _with(b"<cbc:Note>", b'<cbc:Note xsi:schemaLocation="a b">')(_declaring(document, _XSI)),
        _with(b"xsi:schemaLocation", b"xsi:location"),
    ),
    "extensions": (
        lambda document: _with(
            b"<cbc:CustomizationID>",
            b"<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent><cbc:Note>x</cbc:Note></ext:ExtensionContent>"
            b"</ext:UBLExtension></ext:UBLExtensions><cbc:CustomizationID>",
        )(_declaring(document, _EXTENSIONS)),
        _with(b"<cbc:Note>x</cbc:Note>", b""),
    ),
}
"""What a schema allows and a stencil does not: how it is written, and how it is wrong."""


def _declaring(document: bytes, spaces: bytes) -> bytes:
    return document.replace(b"<Invoice", b"<Invoice" + spaces, 1)


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_does_not_follow_from_names_and_datatypes_is_parsed(name: str) -> None:
    write, spoil = UNUSUAL[name]
    document = write(BASE)
    for _ in range(5):
        assert not any(finding.rule.startswith("MP-XSD") for finding in judge(document).findings)
        assert not is_recognised(document)
    wrong = spoil(document)
    assert any(finding.rule.startswith("MP-XSD") for finding in judge(wrong).findings)


def test_an_attachment_that_is_not_cut_out_is_counted_by_the_parser() -> None:
    document = re.sub(rb">AAAA[^<]*<", b">0123456789abcdef00000000<", invoice(1, attachments=3))
    taught([document])
    limits = Limits(attachments_max=1)
    assert not is_recognised(document, limits)
    assert difference(document, limits) is None


def test_no_tree_is_built_of_what_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = SAMPLES["nlcius-invoice"].xml()
    taught([clean])
    monkeypatch.setattr(tree, "parsed", None)
    verdict = judge(clean)
    assert verdict.findings == ()
    assert verdict.facts is not None


def test_findings_have_their_places_all_the_same() -> None:
    taught([BASE])
    wrong = BASE.replace(b"<cbc:DocumentCurrencyCode>EUR", b"<cbc:DocumentCurrencyCode>ZZZ")
    assert is_recognised(wrong)
    assert any(finding.rule == "BR-CL-04" and finding.line for finding in judge(wrong).findings)
    assert difference(wrong) is None


@pytest.mark.parametrize("name", SAMPLES)
def test_the_facts_are_those_of_the_tree(name: str) -> None:
    document = SAMPLES[name].xml()
    taught([document])
    found = _recognised(document)
    kind = DocumentKind(found.kind)
    assert identify.facts_of(found.reading.invoice, kind) == identify.read_facts(etree.fromstring(document), kind)


def test_facts_of_several_legal_entities_are_left_to_the_tree() -> None:
    entity = re.search(rb"<cac:PartyLegalEntity>.*?</cac:PartyLegalEntity>", BASE, re.DOTALL)
    assert entity
    document = BASE.replace(entity[0], entity[0] * 2)
    taught([document])
    assert identify.facts_of(_recognised(document).reading.invoice, DocumentKind.INVOICE) is None
    assert difference(document) is None


FOREIGN: dict[str, Change] = {
    "a comment": _with(b"<cbc:ID>", b"<!-- --><cbc:ID>"),
    "a comment in a text": _with(b"Opmerking", b"Op<!-- -->merking"),
    "an instruction": _with(b"<cbc:ID>", b"<?x?><cbc:ID>"),
    "CDATA": _with(b"Opmerking 1", b"<![CDATA[Opmerking 1]]>"),
    "a bare >": _with(b"Opmerking", b"Op>merking"),
    "an end of CDATA": _with(b"Opmerking", b"]]>"),
    "a numeric reference": _with(b"Opmerking", b"&#65;"),
    "an unknown reference": _with(b"Opmerking", b"&nbsp;"),
    "a bare &": _with(b"Opmerking", b"A & B"),
    "a control character": _with(b"Opmerking", b"\x0b"),
    "no character": _with(b"Opmerking", "\ufffe".encode()),
    "no UTF-8": _with(b"Opmerking", b"\xe9"),
    "half a character": _with(b"Opmerking", b"\xed\xa0\x80"),
    "a text between elements": _with(b"<cac:Party>", b"x<cac:Party>"),
    "an attribute more": _with(b"<cbc:IssueDate>", b'<cbc:IssueDate a="b">'),
    "an attribute twice": _with(
        b'<cbc:EndpointID schemeID="0106"', b'<cbc:EndpointID schemeID="0106" schemeID="0106"'
    ),
    "an attribute less": _with(b'<cbc:TaxAmount currencyID="EUR">', b"<cbc:TaxAmount>"),
    "an unquoted attribute": _with(b'currencyID="EUR"', b"currencyID=EUR"),
    "a bracket in an attribute": _with(b'unitCode="C62"', b'unitCode="<C62"'),
    "a quote in an attribute": _with(b'unitCode="C62"', b'unitCode="C6"2"'),
    "a namespace further down": _with(b"<cac:Item>", b'<cac:Item xmlns:cbc="urn:x">'),
    "another namespace": _with(b"CommonBasicComponents-2", b"CommonBasicComponents-3"),
    "no such day": _with(b"2026-11-02", b"2026-02-30"),
    "white space about a day": _with(b"2026-11-02", b" 2026-11-02 "),
    "no number": _with(b">21.00<", b">21,00<"),
    "an empty number": _with(b">21.00<", b"><"),
    "no element": _with(b"<cbc:IssueDate>2026-11-02</cbc:IssueDate>", b""),
    "an element twice": lambda document: re.sub(rb"(<cbc:IssueDate>.*?</cbc:IssueDate>)", rb"\1\1", document),
    "another order": lambda document: re.sub(
        rb"(?s)(<cbc:ID>.*?)(<cbc:IssueDate>.*?\n)", rb"\2\1", document, count=1
    ),
    "an end tag of another": _with(b"</cbc:ID>", b"</cbc:IDs>"),
    "no end tag": _with(b"</cbc:ID>", b""),
    "no end": lambda document: document[:-12],
    "a second root": lambda document: document + document.partition(b"\n")[2],
    "something behind it": lambda document: document + b"x",
    "something before it": lambda document: b" " + document,
    "a comment before it": _with(b"<Invoice", b"<!-- --><Invoice"),
    "a DOCTYPE": _with(b"<Invoice", b"<!DOCTYPE Invoice><Invoice"),
    "another encoding": _with(b'encoding="UTF-8"', b'encoding="ISO-8859-1"'),
    "an attachment with a comment": _with(b"JVBE", b"<!-- -->JVBE"),
    "an empty attachment": lambda document: re.sub(rb">JVBE[^<]*<", b"><", document, count=1),
}


@pytest.mark.parametrize("change", FOREIGN)
def test_any_doubt_and_it_is_parsed(change: str) -> None:
    taught([BASE])
    document = FOREIGN[change](BASE)
    assert document != BASE
    assert not is_recognised(document)


ALIKE: dict[str, Change] = {
    "another text": _with(b"Opmerking 1", "Ünïcode 𝄞 \u3000".encode()),
    "named references": _with(b"Opmerking 1", b"&lt;A&gt; &amp; &quot;B&quot; &apos;"),
    "references in attributes": _with(b'unitCode="C62"', b'unitCode="&quot;&amp;"'),
    "lines in a text": _with(b"Opmerking 1", b"\n Op\r\nmerking\t1 \r"),
    "white space behind it": lambda document: document + b"\r\n\t ",
    "white space between pieces": _with(b"\n  <cbc:IssueDate>", b"<cbc:IssueDate>"),
    "a negative number": _with(b">21.00<", b">-21<"),
}


@pytest.mark.parametrize("change", ALIKE)
def test_other_values_are_read_as_the_parser_reads_them(change: str) -> None:
    taught([BASE])
    document = ALIKE[change](BASE)
    assert document != BASE
    assert is_recognised(document)
    assert difference(document) is None


def _too_tight() -> dict[str, Limits]:
    elements = sum(1 for _ in etree.fromstring(BASE).iter())
    none = Limits()
    return {
        "bytes": replace(none, document_bytes_max=len(BASE)),
        "markup": replace(none, markup_bytes_max=2_000),
        "elements": replace(none, elements_max=elements - 1),
        "elements, the declaration one of them": replace(none, elements_max=elements),
        "attributes": replace(none, attributes_max=20),
        "attributes of an element": replace(none, attributes_per_element_max=2, name_length_max=200),
        "names": replace(none, name_length_max=20),
        "depth": replace(none, depth_max=5),
        "text": replace(none, text_bytes_max=1_000),
        "references": replace(none, references_max=0),
        "attachments": replace(none, attachments_max=1),
        "bytes of attachments": replace(none, attachments_bytes_max=1_000),
    }


@pytest.mark.parametrize("limit", _too_tight())
def test_every_cap_holds_for_what_is_recognised(limit: str) -> None:
    taught([BASE])
    document = _with(b"Opmerking", b"&amp;" + b"x" * 3_000)(BASE)
    limits = _too_tight()[limit]
    verdict = judge(document, limits=limits)
    with unknowing():
        wanted = judge(document, limits=limits)
    assert replace(verdict, durations_ns={}) == replace(wanted, durations_ns={})
    assert any(finding.flag is Flag.FATAL for finding in wanted.findings), limit


def test_a_text_that_the_parser_refuses_is_not_recognised() -> None:
    taught([BASE])
    document = _with(b"Opmerking", b"x" * 10_000_001)(BASE)
    limits = Limits(text_bytes_max=20_000_000)
    assert not is_recognised(document, limits)
    assert [finding.rule for finding in judge(document, limits=limits).findings] == ["MP-XML-TEXT"]


def test_a_large_document_is_recognised_in_stretches() -> None:
    taught([invoice(40)])
    document = invoice(2_500)
    assert len(document) > 3 << 20
    assert is_recognised(document)
    assert difference(document) is None
    assert not is_recognised(document.replace(b"ART-002400", b"ART-\x1b2400"))


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_STENCILS_CHARACTERS_MAX", 30_000)
    monkeypatch.setattr(library, "_OPENINGS_MAX", 4)
    for number in range(12):
        document = BASE.replace(b"<Invoice ", b"<Invoice" + b" " * (number + 1))
        judge(document)
        found = library.library_of(ubl._UBL, of_valid=True)
        assert len(found.openings) <= 4
        assert sum(layout.size for _, layout in found._stencils) <= 30_000 + len(document)


def test_layouts_hold_no_value_of_a_document() -> None:
    taught([BASE])
    kept = repr([layout for _, layout in library.library_of(ubl._UBL, of_valid=True)._stencils])
    for value in ("2026-0417", "Wilgenroos", "90817263", "EUR", "Opmerking", "bijlage-1.pdf"):
        assert value.encode() in BASE
        assert value not in kept


def test_threads_may_learn_and_recognise_at_once() -> None:
    documents = [invoice(1 + nth % 5, notes=nth % 3, attachments=nth % 2, first=nth) for nth in range(60)]
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(judge, documents * 2))
    with unknowing():
        wanted = [judge(document) for document in documents * 2]
    assert [replace(one, durations_ns={}) for one in verdicts] == [replace(one, durations_ns={}) for one in wanted]


def test_a_reading_has_its_tree_when_it_is_asked_for() -> None:
    taught([BASE])
    reading: Reading = _recognised(BASE).reading
    assert not reading.tree.is_built
    assert etree.tostring(reading.root).count(b"<cbc:Note>") == 3
    assert reading.tree.is_built
