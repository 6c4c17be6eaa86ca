"""Debtors out of a file."""

import pytest

from gateway.billing.rating.services import Service
from gateway.billing.runs.debtor import read_debtors
from gateway.billing.runs.errors import DebtorFileError
from gateway.messages.participants import PartyKind

TOWN = """
[[debtor]]
party_id = "zilverstrand"
name = "Gemeente Zilverstrand"
oin = "00000001812345678000"
kind = "non-rijk"
address = { street = "Raadhuisplein 1", postcode = "4399 AA", city = "Zilverstrand" }
connections = [{ service = "digid", connected_on = 2020-05-01, in_umbrella = true }]
"""


def test_a_debtor_is_read_with_its_connections() -> None:
    (debtor,) = read_debtors(TOWN)
    assert (debtor.party_id, debtor.kind, debtor.address.city) == (
        "zilverstrand",
        PartyKind.NON_RIJK,
        "Zilverstrand",
    )
    assert debtor.connection(Service.DIGID).in_umbrella
    assert not debtor.connection(Service.DIGIPOORT).in_umbrella


def test_its_status_depends_on_the_year_of_its_connection() -> None:
    (debtor,) = read_debtors(TOWN)
    assert debtor.payer_status(Service.DIGID, 2020).is_first_year
    assert not debtor.payer_status(Service.DIGID, 2021).is_first_year
    assert not debtor.payer_status(Service.MIJNOVERHEID, 2020).is_first_year


def test_a_file_without_debtors_has_none() -> None:
    assert read_debtors("") == ()


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (TOWN.replace("00000001812345678000", "123"), "zilverstrand"),
        (TOWN.replace('"non-rijk"', '"town"'), "cannot be read"),
        ("[[debtor]", "cannot be read"),
        (TOWN + "# \x07", "cannot be read|control"),
    ],
)
def test_a_file_that_is_wrong_is_refused(toml: str, message: str) -> None:
    with pytest.raises(DebtorFileError, match=message):
        read_debtors(toml)
