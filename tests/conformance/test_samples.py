"""The samples are what they claim: the official schema and the official stylesheet find nothing."""

import pytest
from stdnum import iban

from gateway.validator import reference
from gateway.validator.model.identifiers import PartyIdentifier, problem
from tests.conformance.schema import schema_error
from tests.samples import SAMPLES, Sample, invoice
from tests.samples.__main__ import FOLDER, ON_DISK

pytest.importorskip("saxonche", reason="the reference engine is optional: pip install 'meterpoort[reference]'")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_official_artefacts_find_nothing_in_a_sample(name: str) -> None:
    document = SAMPLES[name].xml()
    assert schema_error(document) is None
    assert reference.en16931().assertions(document) == ()


@pytest.mark.parametrize(
    "document",
    [invoice(1), invoice(40), invoice(120, breakdowns=100), invoice(2, notes=30, attachments=3)],
    ids=["one line", "forty lines", "a hundred breakdowns", "notes and attachments"],
)
def test_an_invoice_of_any_size_is_valid(document: bytes) -> None:
    assert schema_error(document) is None
    assert reference.en16931().assertions(document) == ()


@pytest.mark.parametrize("name", ON_DISK)
def test_the_files_for_people_are_what_the_builder_writes(name: str) -> None:
    written = (FOLDER / f"{name}.xml").read_bytes()
    assert written == SAMPLES[name].xml(), "python -m tests.samples writes them anew"


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_numbers_of_parties_pass_their_checks(sample: Sample) -> None:
    for party in (sample.seller, sample.buyer):
        for scheme, value in (party.endpoint, party.legal or party.endpoint):
            assert problem(PartyIdentifier(scheme, value)) is None
        if party.vat and party.vat.startswith("NL"):
            assert problem(PartyIdentifier("9944", party.vat)) is None
    for payment in sample.payments:
        assert all(iban.is_valid(account) for account in payment.accounts)
