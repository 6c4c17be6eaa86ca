"""From the identities of the interface to the parties of the register."""

import pytest

from gateway.channels.digipoort.parties import candidates, find_party, identiteit_of, recipient_of
from gateway.channels.digipoort.wire.faults import RefusedError
from gateway.channels.proces import Identiteit
from tests.unit.channels.digipoort.conftest import PARTIES, wus_gateway


@pytest.mark.parametrize(
    ("nummer", "kind"),
    [
        ("27418562", "KvK"),
        ("274185620000", "KvK"),
        ("00000003274185620000", "OIN"),
        ("00000003274185620000", "hrn"),
    ],
)
async def test_a_company_is_found_by_its_kvk_number_in_every_form(nummer: str, kind: str) -> None:
    async with wus_gateway() as gateway:
        party = await find_party(gateway.register, Identiteit(nummer, kind))
    assert party is not None
    assert party.party_id == "van-dijk"


def test_a_tax_number_is_looked_for_as_vat_number_and_as_oin() -> None:
    found = [str(one) for one in candidates(Identiteit("NL001234567B01", "BTW"))]
    assert found == ["9944:NL001234567B01", "0190:00000002001234567000", "0190:00000001001234567000"]


def test_an_unknown_type_has_no_candidates() -> None:
    assert candidates(Identiteit("1", "ISBN")) == ()


async def test_a_recipient_of_an_unknown_type_is_refused_and_an_unregistered_one_is_named() -> None:
    async with wus_gateway() as gateway:
        with pytest.raises(RefusedError, match="identiteitOntvanger"):
            await recipient_of(gateway.register, Identiteit("1", "ISBN"))
        named = await recipient_of(gateway.register, Identiteit("00000099000000009999", "OIN"))
        assert str(named) == "0190:00000099000000009999"
        assert await recipient_of(gateway.register, None) is None


def test_a_party_is_named_by_oin_then_kvk_number() -> None:
    parties = {party.party_id: party for party in PARTIES}
    assert identiteit_of(parties["waterkant"]) == Identiteit("00000099000000001000", "OIN")
    assert identiteit_of(parties["van-dijk"]) == Identiteit("27418562", "KvK")
    assert identiteit_of(None, "x") == Identiteit("x", "OIN")
