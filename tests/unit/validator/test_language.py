"""A Dutch report is Dutch, an English one English: in every word that a finding can say."""

import re
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

import gateway
from gateway.cli import main
from gateway.i18n import Text
from gateway.validator.catalogue import rule_catalogue
from gateway.validator.finding import Finding
from gateway.validator.judge import judge
from gateway.validator.model.document import DocumentKind
from gateway.validator.report.report import JudgedDocument, render, report_of
from gateway.validator.rules.cases import cases
from tests.rules.documents import document_of
from tests.samples import SAMPLES
from tests.samples.documents import document
from tests.unit.validator.xml.mutation import mutants, structural_mutants

INVOICE = SAMPLES["nlcius-invoice-full"].xml()

_ENGLISH = """the must with not value be are this that and its which from any also only where than there has have
can may should allowed expected missing required between before after but nor their names"""
_DUTCH = """de het een moet met niet waarde zijn dit dat en welke van ook alleen waar dan er heeft hebben kan mag
zou toegestaan verwacht ontbreekt verplicht staat tussen maar noch hun namen voor naar"""
ENGLISH, DUTCH = frozenset(_ENGLISH.split()), frozenset(_DUTCH.split())
"""Words that the other language does not have."""

WORD = re.compile(r"(?<![\w:/@.#“\"<>=-])[a-z]+(?![\w:/@=\"<>”-])")
QUOTED = re.compile(r"“[^”]*”|<[^>]*>|`[^`]*`|\"[^\"]*\"")


def _findings() -> Iterator[Finding]:
    """What is message of hundreds of documents, each wrong in another way."""
    for listed in cases().values():
        case = listed[-1]
        yield from gateway.judge(document_of(case), "nlcius", schema=False).findings
    for wrong in (
        *mutants(INVOICE, 20261125, 300),
        *structural_mutants(INVOICE, 20261125, 100),
        *structural_mutants(document(DocumentKind.TIME_CARD), 20261125, 60),
        *_by_hand(),
    ):
        yield from judge(wrong, also=["basisfactuur-rijk"]).findings


def _by_hand() -> Iterator[bytes]:
    everything = SAMPLES["en16931-everything"].xml()
    yield everything.replace(b"JVBERi0xLjQK", b"TVqQAAMAAAAEAAAA" * 8)
    yield everything.replace(b'mimeCode="application/pdf"', b'mimeCode="image/png"')
    yield everything.replace(b'mimeCode="application/pdf"', b'mimeCode="text/plain"')
    yield everything.replace(b">2026-11-02<", b">2-11-2026<").replace(b">40.00<", b">40,00<")
    yield INVOICE.replace(b"<cbc:ID>", b"<cbc:ID/><cbc:ID>", 1)
    yield INVOICE.replace(b">EUR<", b">EURO<").replace(b">2026-11-02<", b">2025-11-02<")
    yield INVOICE.replace(b":nlcius:v1.0", b":nlcius:v2.0")
    yield document(DocumentKind.ORDER)
    yield b"%PDF-1.4"
    yield b"<StandardBusinessDocument/>"


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    found = list(_findings())
    assert len({finding.rule for finding in found}) > 900
    return found


def words_of(text: str) -> set[str]:
    """The words of a text; names of elements, ids and what is in quotes are left out."""
    return set(WORD.findall(QUOTED.sub(" ", text)))


def test_every_sentence_is_in_two_languages(findings: list[Finding]) -> None:
    texts = {one for finding in findings for one in (finding.message, finding.advice) if one is not None}
    assert {text.en for text in texts if words_of(text.nl) & ENGLISH} == set()
    assert {text.nl for text in texts if words_of(text.en) & DUTCH} == set()
    assert {text.en for text in texts if text.en == text.nl} == set()


def test_what_was_found_and_expected_is_in_the_same_language_or_in_none(findings: list[Finding]) -> None:
    sides = {one for finding in findings for one in (finding.found, finding.expected) if one is not None}
    assert {one.nl for one in sides if isinstance(one, Text) and words_of(one.nl) & ENGLISH} == set()
    assert {one.en for one in sides if isinstance(one, Text) and words_of(one.en) & DUTCH} == set()
    assert {one for one in sides if isinstance(one, str) and words_of(one) & (ENGLISH | DUTCH)} == set()


def test_the_catalogue_is_in_two_languages() -> None:
    entries = (*rule_catalogue(), *rule_catalogue("meterpoort"))
    assert {entry.id for entry in entries if words_of(entry.sentence.nl) & ENGLISH} == set()
    assert {entry.id for entry in entries if words_of(entry.sentence.en) & DUTCH} == set()


def test_a_dutch_report_says_dutch_what_was_expected() -> None:
    wrong = INVOICE.replace(b">2026-11-02</cbc:IssueDate>", b">2-11-2026</cbc:IssueDate>")
    report = [JudgedDocument(report_of(gateway.judge(wrong), "x.xml"))]
    for form in ("text", "html", "junit", "sarif", "svrl"):
        assert "een datum als 2026-11-23" in render(report, form, language="nl"), form
        assert "a date as" not in render(report, form, language="nl"), form
        assert "a date as 2026-11-23" in render(report, form, language="en"), form


def test_the_command_line_speaks_dutch_when_asked() -> None:
    for arguments in (["list"], ["list", "--set", "meterpoort"], ["show", "BR-CO-15"], ["show", "UBL-CR-629"]):
        shown = CliRunner().invoke(main, ["rules", *arguments, "--language", "nl"]).stdout
        words = set().union(*(words_of(line) for line in shown.splitlines() if not line.startswith("(")))
        assert words & (ENGLISH | {"fatal", "warning", "shall"}) == set(), arguments
