"""Header and model read the same of a document; a document that they read differently is refused."""

import pytest
from lxml import etree

from gateway.validator.header import HeaderPaths, read_header
from gateway.validator.model.document import DocumentFacts, DocumentKind
from tests.conformance import readers
from tests.conformance.mutants import mutants
from tests.conformance.readers import Readings, differences, read_twice
from tests.samples import SAMPLES


def test_header_and_model_read_mutants_alike() -> None:
    readings = Readings()
    for mutant in mutants(20261129, 100):
        read_twice(mutant, readings)
    assert readings.differences == []
    assert readings.both > 50


def test_a_header_that_reads_another_number_or_buyer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    document = SAMPLES["nlcius-invoice"].xml()
    other = document.replace(b"2026-0417", b"2026-0418").replace(b"00000001812345678000", b"00000001812345678001")

    def read_other(_root: etree._Element, kind: DocumentKind, paths: HeaderPaths) -> DocumentFacts:
        return read_header(etree.fromstring(other), kind, paths)

    assert list(differences(etree.fromstring(document))) == []
    monkeypatch.setattr(readers, "read_header", read_other)
    assert [each.partition(":")[0] for each in differences(etree.fromstring(document))] == ["number", "buyer"]
