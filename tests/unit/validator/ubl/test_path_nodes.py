"""What is kept of the paths that documents have: bounded, whatever documents are made of."""

import tracemalloc

import pytest

from gateway.validator.judge import judge
from gateway.validator.ubl import path_nodes, reader
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
def _no_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_nodes", {})


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


def _cached() -> int:
    """Nodes and tags that are kept."""

    def below(node: path_nodes.PathNode) -> int:
        children = {id(child): child for child in node.children.values() if child}
        return len(node.children) + len(node.attributes) + sum(map(below, children.values()))

    return sum(below(nodes.root) for nodes in reader._nodes.values())


def test_names_that_no_rule_has_are_not_kept() -> None:
    judge(BASE)
    before = _cached()
    foreign = b"".join([b'<q:n%d a%d="x"/>' % (number, number) for number in range(2_000)])
    judge(_extended(foreign))
    own = b"".join([b'<cbc:N%d a%d="x"/>' % (number, number) for number in range(2_000)])
    judge(BASE.replace(_HEAD, own + _HEAD, 1), schema=False)
    assert _cached() - before < 20


def test_the_number_of_paths_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_nodes, "NODES_MAX", 400)
    names = (b"cac:Party", b"cac:Item", b"cac:Price", b"cac:Contact", b"cac:TaxTotal")
    for first in names:
        for second in names:
            nested = b"<%b><%b>%b</%b></%b>" % (first, second, b"<cac:Party/><cac:Item/>", second, first)
            judge(BASE.replace(_HEAD, nested + _HEAD, 1), schema=False)
            assert _cached() < 2_000
    expected = judge(BASE).findings
    monkeypatch.setattr(path_nodes, "NODES_MAX", 0)
    monkeypatch.setattr(reader, "_nodes", {})
    assert judge(BASE).findings == expected


@pytest.mark.parametrize("blank", [b" ", b"&#32;", b"&#x20;", b"&#10;"])
def test_a_blank_is_found_however_it_is_written(blank: bytes) -> None:
    base = SAMPLES["nlcius-invoice"].xml()
    begin = base.index(b"<cbc:BuyerReference>") + len(b"<cbc:BuyerReference>")
    document = base[:begin] + blank + base[base.index(b"<", begin) :]
    assert "SI-UBL-2" in [finding.rule for finding in judge(document).findings]
