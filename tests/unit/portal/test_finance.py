"""Finance records debtors, computes what a year costs, and audits."""

import asyncio
from dataclasses import replace

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from gateway.api.application import build
from gateway.api.services import AuditResult, Services
from gateway.i18n import Text
from gateway.portal.pages import ROUTES
from tests.unit.api.billed import FINANCE, billing_services, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import browser
from tests.unit.portal.test_runs import sent
from tests.unit.small_gateway import SmallGateway

DEBTOR = {
    "partyId": "zilverstrand",
    "name": "Gemeente Zilverstrand aan Zee",
    "oin": "00000001803456789000",
    "kind": "non-rijk",
    "street": "Duinweg 1",
    "postcode": "1234 AB",
    "city": "Zilverstrand",
    "validFrom": "2027-01-01",
}


async def _audit() -> AuditResult:
    return AuditResult([(Text("Seals"), 3)], [("seal 2", "its root is another")])


@pytest.fixture
async def services(gateway: SmallGateway) -> Services:
    opened = await billing_services(gateway, used_meter())
    return replace(opened, audit=_audit)


async def test_a_debtor_changes_from_a_day_on_and_keeps_what_the_form_does_not_have(client: Client) -> None:
    async with client.get("/v1/debtors", headers=FINANCE) as answer:
        before = [one for one in (await answer.json())["items"] if one["partyId"] == "zilverstrand"]
    status, path, page = await sent(client, "/portal/billing/debtors", **DEBTOR | {"oin": before[0]["oin"]})
    assert (status, path) == (200, "/portal/billing/debtors"), page
    async with client.get("/v1/debtors", headers=FINANCE) as answer:
        after = [one for one in (await answer.json())["items"] if one["partyId"] == "zilverstrand"]
    assert after[:-1] == before
    assert after[-1]["address"]["street"] == "Duinweg 1"
    assert after[-1]["connections"] == before[-1]["connections"]


async def test_a_wrong_oin_has_a_message_at_its_field(client: Client) -> None:
    status, _, page = await sent(client, "/portal/billing/debtors", **DEBTOR | {"oin": "123"})
    assert (status, "OIN : " in page) == (400, True)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("year=2026&forecast=12000&used=13500", "€ 7.080,00"),
        ("year=2026&forecast=-1", "moet een geheel getal zijn"),
        ("year=2026", "Rekenhulp"),
    ],
)
async def test_it_computes_what_a_year_costs(client: Client, query: str, words: str) -> None:
    async with client.get(f"/portal/billing/calculator?{query}", headers=browser("mp_finance")) as answer:
        assert words in await answer.text()


async def test_what_was_prepaid_is_taken_off_in_euros_and_not_in_units(client: Client) -> None:
    query = "service=digipoort&year=2026&forecast=1000&used=1500"
    async with client.get(f"/portal/billing/calculator?{query}", headers=browser("mp_finance", "en")) as answer:
        page = await answer.text()
    [row] = [row for row in page.split("<tr") if "Less: prepayment" in row]
    assert "590.00" in row
    assert "-1<" not in row


async def audit_page(client: Client) -> str:
    async with client.get("/portal/billing/audit", headers=browser("mp_finance", "en")) as answer:
        return await answer.text()


async def test_the_newest_audit_says_what_is_wrong_and_when(client: Client) -> None:
    assert "Result of the newest audit" not in await audit_page(client)
    status, path, page = await sent(client, "/portal/billing/audit")
    assert (status, path) == (200, "/portal/billing/audit")
    assert "Something is not as it was recorded." in page
    assert "its root is another" in page
    assert "Audited 2 Mar 2026, 10:30" in page
    assert "its root is another" in await audit_page(client)


async def test_one_audit_runs_at_a_time(aiohttp_client: AiohttpClient, services: Services) -> None:
    begun, end, count = asyncio.Event(), asyncio.Event(), 0

    async def slow() -> AuditResult:
        nonlocal count
        count += 1
        begun.set()
        await end.wait()
        return AuditResult()

    client = await aiohttp_client(build(replace(services, audit=slow), routes=ROUTES))
    first = asyncio.create_task(sent(client, "/portal/billing/audit"))
    await begun.wait()
    status, _, page = await sent(client, "/portal/billing/audit")
    assert (status, "An audit is running since 2 Mar 2026, 10:30." in page, "Audit now" in page) == (
        200,
        True,
        False,
    )
    end.set()
    _, _, page = await first
    assert ("Everything is as it was recorded." in page, "Audit now" in page, count) == (True, True, 1)
