"""Valid documents that are made to fill the memory of layouts, or to have it thrown away."""

import gc
import threading
import tracemalloc

import pytest
from lxml import etree

from gateway.validator.judge import judge
from gateway.validator.model.terms import without_collecting
from gateway.validator.ubl import bindings as ubl
from gateway.validator.ubl import library
from gateway.validator.ubl.tokens import Markup
from tests.lookalikes.compare import is_recognised, quick_learner, taught
from tests.samples import SAMPLES, invoice

BASE = invoice(3, notes=2)
_HEAD = b"<cbc:CustomizationID>"


def _extended(content: bytes) -> bytes:
    """The invoice with an extension, where names are free."""
    extension = (
        b'<ext:UBLExtensions xmlns:ext="urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2">'
        b'<ext:UBLExtension><ext:ExtensionContent><q:a xmlns:q="urn:q">' + content + b"</q:a>"
        b"</ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>"
    )
    document = BASE.replace(_HEAD, extension + _HEAD, 1)
    assert judge(document).valid
    return document


@pytest.fixture(autouse=True)
def _fresh_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_LIBRARIES", {})


def _peak_mib(document: bytes) -> float:
    tracemalloc.start()
    judge(document)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / (1 << 20)


def test_names_in_extensions_take_no_memory_however_deep_and_long() -> None:
    names = [b"q:" + b"n" * 440 + b"%d" % depth for depth in range(220)]
    content = b"".join([b"<%b>" % name for name in names]) + b"<q:b/>" * 6_000
    document = _extended(content + b"".join([b"</%b>" % name for name in reversed(names)]))
    assert _peak_mib(document) < 40


def test_names_in_extensions_do_not_fill_the_alphabet() -> None:
    with quick_learner():
        taught([BASE])
        assert is_recognised(BASE)
        judge(_extended(b"".join([b'<q:n%d a%d="x"/>' % (number, number) for number in range(10_100)])))
        assert is_recognised(BASE)


def test_documents_that_break_the_schema_do_not_fill_the_alphabet_of_the_valid() -> None:
    with quick_learner():
        taught([BASE])
        many = b"".join([b"<cbc:N%d/>" % number for number in range(10_100)])
        judge(BASE.replace(_HEAD, many + _HEAD, 1), schema=False)
        assert is_recognised(BASE)


def test_plans_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_PLANS_TOKENS_MAX", 2_000)
    for count in range(60):
        lines = b"<cac:InvoiceLine>" + b"<cbc:Note>x</cbc:Note>" * count + b"</cac:InvoiceLine>"
        document = BASE.replace(b"</Invoice>", lines + b"</Invoice>")
        ubl.read(etree.fromstring(document), Markup.of(document))
    plans = library.library_of(ubl._UBL, of_valid=False).plans
    assert 0 < sum(len(signs) for each in plans.values() for signs in each) <= 2_000


@pytest.mark.parametrize("where", [b"<cac:Item>", b"<cbc:ID>1</cbc:ID>"])
def test_white_space_is_not_learnt_by_the_kilobyte(where: bytes) -> None:
    with quick_learner():
        taught([BASE])
        padded = BASE.replace(where, where + b" " * 9_000)
        for _ in range(8):
            assert judge(padded).valid
        assert not is_recognised(padded)
        assert is_recognised(BASE)
        found = library.library_of(ubl._UBL, of_valid=True)
        assert max(layout.size for _, layout in found._stencils) < 9_000


def test_long_tags_and_openings_are_not_kept() -> None:
    for number in range(4):
        tag = b'<cbc:ID schemeName="%b">2026' % (b"x" * 60_000 + b"%d" % number)
        document = BASE.replace(b"<cbc:ID>2026", tag, 1).replace(b"<Invoice ", b"<Invoice" + b" " * 5_000, 1)
        assert judge(document).kind is not None
        found = library.library_of(ubl._UBL, of_valid=True)
        assert all(len(opening) <= 4_096 for opening in found.openings)
        kept = found.alphabet._lexicons.values()
        assert sum(len(each) for lexicon in kept for each in lexicon) < 130_000


def test_the_collector_goes_on_when_the_last_has_ended() -> None:
    first, second = without_collecting(), without_collecting()
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert not gc.isenabled()
    second.__exit__()
    assert gc.isenabled()

    def often() -> None:
        for _ in range(2_000):
            with without_collecting():
                pass

    threads = [threading.Thread(target=often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.isenabled()


@pytest.mark.parametrize("blank", [b" ", b"&#32;", b"&#x20;", b"&#10;"])
def test_a_blank_is_told_however_it_is_written(blank: bytes) -> None:
    base = SAMPLES["nlcius-invoice"].xml()
    begin = base.index(b"<cbc:BuyerReference>") + len(b"<cbc:BuyerReference>")
    document = base[:begin] + blank + base[base.index(b"<", begin) :]
    for _ in range(3):
        assert "SI-UBL-2" in [finding.rule for finding in judge(document).findings]
