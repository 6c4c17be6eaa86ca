"""Every scenario of the sandbox, as the how-to page has them; the content does not matter then."""

from pathlib import Path

import pytest

from gateway.channels.digipoort.sandbox import open_sandbox
from tests.unit.channels.digipoort.conftest import STATUS, Open, wus_gateway
from tests.unit.channels.digipoort.wire.xmlsec_client import K, aanlever_request

START = ["105", "100", "110", "200", "301", "301", "405"]
STATUSES = {
    "Happyflow": [*START, "400", "500"],
    "ZwaarbelastAanleveren": [*START, "400", "500"],
    "ZwaarbelastStatusInformatie": [*START, "400", "500"],
    "Afleverfout": [*START, "410", "AFS400"],
    "Foutuitvragendepartij": [*START, "410", "AFO100"],
    "TechnischProbleemAfleveren": [*START, "420", "405", "400"],
    "MaximaalAantalAfleverpogingen": [*START, "420", "405", "420", "405", "420", "405", "420", "AFS600"],
}
AANLEVER_FAULTS = {"AanleverFault": "ALS100", "OverbelastAanleveren": "ALS400"}
STATUS_FAULTS = {"StatusInformatieFault": "STS100", "OverbelastStatusInformatie": "STS400"}


def question(kenmerk: str) -> str:
    return (
        f'<getStatussenProcesRequest xmlns="{K}"><kenmerk>{kenmerk}</kenmerk>'
        "<autorisatieAdres>http://geenausp.nl</autorisatieAdres></getStatussenProcesRequest>"
    )


@pytest.mark.parametrize("aanleverkenmerk", STATUSES)
async def test_statuses(open_endpoint: Open, aanleverkenmerk: str) -> None:
    server = await open_endpoint(is_sandbox=True)
    for spelling in (aanleverkenmerk, aanleverkenmerk.lower()):
        handed_in = await server.call("aanleveren", aanlever_request(aanleverkenmerk=spelling))
        kenmerk = handed_in.text("kenmerk") or ""
        answer = await server.call("getStatussenProces", question(kenmerk), STATUS)
        assert answer.texts("statuscode") + answer.texts("foutcode") == STATUSES[aanleverkenmerk]
        assert server.gateway.rows[kenmerk].message.is_test


@pytest.mark.parametrize("aanleverkenmerk", AANLEVER_FAULTS)
async def test_faults_of_aanleveren(open_endpoint: Open, aanleverkenmerk: str) -> None:
    server = await open_endpoint(is_sandbox=True)
    answer = await server.call("aanleveren", aanlever_request(aanleverkenmerk=aanleverkenmerk))
    assert (answer.status, answer.foutcode) == (500, AANLEVER_FAULTS[aanleverkenmerk])
    assert not server.gateway.rows


@pytest.mark.parametrize("aanleverkenmerk", STATUS_FAULTS)
async def test_faults_of_statusinformatie(open_endpoint: Open, aanleverkenmerk: str) -> None:
    server = await open_endpoint(is_sandbox=True)
    handed_in = await server.call("aanleveren", aanlever_request(aanleverkenmerk=aanleverkenmerk))
    answer = await server.call("getStatussenProces", question(handed_in.text("kenmerk") or ""), STATUS)
    assert (answer.status, answer.foutcode) == (500, STATUS_FAULTS[aanleverkenmerk])


@pytest.mark.parametrize(
    ("type_", "nummer", "berichtsoort"),
    [
        ("Fi", "001000044B37", "Omzetbelasting"),
        ("LHnr", "000000000L01", "Aangifte_LH"),
        ("OIN", "00000001820029336000", "E-Factuur-UBL"),
    ],
)
async def test_a_program_brings_its_own_belanghebbende(
    open_endpoint: Open, type_: str, nummer: str, berichtsoort: str
) -> None:
    """What the example programs for Digipoort are made with: tax numbers that no register here knows."""
    server = await open_endpoint(is_sandbox=True)
    request = aanlever_request(aanleverkenmerk="Happyflow", type=type_, nummer=nummer, berichtsoort=berichtsoort)
    handed_in = await server.call("aanleveren", request)
    assert (handed_in.text("nummer"), handed_in.text("type")) == (nummer, type_)
    about = (
        f'<getNieuweStatussenRequest xmlns="{K}"><berichtsoort>{berichtsoort}</berichtsoort>'
        f"<identiteitBelanghebbende><nummer>{nummer}</nummer><type>{type_}</type></identiteitBelanghebbende>"
        "<autorisatieAdres>http://geenausp.nl</autorisatieAdres></getNieuweStatussenRequest>"
    )
    answer = await server.call("getNieuweStatussen", about, STATUS)
    assert answer.texts("statuscode") == STATUSES["Happyflow"]
    outside = await open_endpoint()
    refused = await outside.call("aanleveren", request)
    assert (refused.status, refused.foutcode) == (500, "ALS100")
    assert not outside.gateway.rows


@pytest.mark.parametrize("shows_requests", [True, False])
async def test_requests_are_kept_unless_the_settings_say_no(tmp_path: Path, shows_requests: bool) -> None:
    async with wus_gateway([]) as gateway:
        sandbox = await open_sandbox(gateway.register, tmp_path, gateway.clock, shows_requests=shows_requests)
    assert (sandbox.inspections is not None) == shows_requests
