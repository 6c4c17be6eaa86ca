"""Identifiers of parties: how they are read, and what is said of one that is wrong."""

import pytest

from gateway.validator.finding import WrongValueError
from gateway.validator.model.identifiers import PartyIdentifier


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("OIN:00000001002220647000", "0190:00000001002220647000"),
        ("0106:1234 5678", "0106:12345678"),
        ("btw:nl0044.95.445b01", "9944:NL004495445B01"),  # elfproef
        ("9944:NL002455799B11", "9944:NL002455799B11"),  # mod 97, as sole traders have them since 2020
        ("GLN:8714231156536", "0088:8714231156536"),
        ("0208:anything", "0208:anything"),
    ],
)
def test_an_identifier_is_read_as_people_write_it(text: str, identifier: str) -> None:
    assert str(PartyIdentifier.parse(text)) == identifier


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("12345678", "is not scheme:value"),
        ("OIN:12345678", "is not an OIN: 20 positions"),
        ("KvK:1234567", "is not a KvK number: 8 digits"),
        ("btw:NL004495445", "is not a Dutch VAT number: NL, 9 digits"),
        ("btw:NL004495446B01", "its check digits are wrong"),
        ("GLN:8714231156537", "its check digit is wrong"),
        ("GLN:871423115653", "is not a GLN: 13 digits"),
    ],
)
def test_a_wrong_identifier_is_explained(text: str, message: str) -> None:
    with pytest.raises(WrongValueError, match=message):
        PartyIdentifier.parse(text)
