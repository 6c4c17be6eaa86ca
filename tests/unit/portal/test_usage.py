"""The page behind the link on a bill: a clerk of the party sees what was counted, and nobody else's."""

import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pytest

from gateway.api.services import Services
from gateway.messages.participants import Caller, Party, PartyKind, Role
from gateway.portal import usage
from gateway.testing.doubles import MemoryUsageCounts
from tests.unit.api.billed import billing_services, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.billing.billing_service import ANNA, ISSUER, KROMME_VLIET, Ticking, issued
from tests.unit.billing.runs.test_service import SETTLE
from tests.unit.portal.test_portal import browser
from tests.unit.small_gateway import SmallGateway

LINK = ISSUER.usage_url.format(
    party="zilverstrand", service="digipoort", first=date(2026, 1, 1), last=date(2026, 12, 31)
)
PAGE = f"{urlsplit(LINK).path}?{urlsplit(LINK).query}"


@pytest.fixture
async def services(gateway: SmallGateway) -> Services:
    """Zilverstrand received two messages and sent three, of which one was undone."""
    return await billing_services(gateway, used_meter())


async def test_the_link_on_a_bill_shows_what_was_counted(client: Client) -> None:
    async with client.get(PAGE, headers=browser("mp_zilverstrand")) as answer:
        page = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/html")
    assert "Gemeente Zilverstrand" in page
    assert "<strong>4</strong> berichten" in page
    assert "1 maart 2026" in page
    assert "kenmerk-2" in page
    assert "kenmerk-1<" not in page  # of the last minutes of 2025
    assert "kenmerk-5" not in page  # of another party


async def test_without_a_key_the_browser_asks_and_another_party_finds_nothing(client: Client) -> None:
    async with client.get(PAGE, headers={"Accept": "text/html"}) as answer:
        assert answer.url.path == "/portal/sign-in"
    async with client.get(
        PAGE.replace("zilverstrand", "krommevliet"), headers=browser("mp_zilverstrand")
    ) as answer:
        assert answer.status == 404


async def test_what_a_bill_was_made_of_stays_what_it_was(client: Client, services: Services) -> None:
    """A bill of four messages; then one more of that year is recorded."""
    assert services.billing is not None
    billing = services.billing.service
    billing._clock = Ticking()
    await issued(billing, SETTLE)
    assert isinstance(services.billing.counts, MemoryUsageCounts)
    services.billing.counts.add("zilverstrand", 5, datetime(2026, 5, 1, tzinfo=UTC))
    async with client.get(PAGE, headers=browser("mp_zilverstrand", "en")) as answer:
        page = await answer.text()
    assert "<strong>9</strong> messages" in page
    assert re.search(r"Counted for bill GD2027-00000\d</dt><dd>4; recorded since, not on this bill: 5</dd>", page)


async def test_a_successor_sees_the_use_of_what_became_part_of_it(
    client: Client, services: Services, gateway: SmallGateway
) -> None:
    """Also over the API; before the merger, and to others, it is not there."""
    await gateway.register.save(Party("krommevliet", "Kromme Vliet", PartyKind.NON_RIJK), "tests")
    api = "/v1/parties/krommevliet/usage/entries?year=2026"
    page = PAGE.replace("zilverstrand", "krommevliet")
    assert services.billing is not None
    for status in (404, 200):
        for path in (api, page):
            async with client.get(path, headers=browser("mp_zilverstrand")) as answer:
                assert answer.status == status
        merged = replace(KROMME_VLIET, valid_from=date(2020, 1, 1), merged_into="zilverstrand")
        await services.billing.service.save_debtor(ANNA, merged)
    other = "/v1/parties/zilverstrand/usage/entries?year=2026"
    await gateway.add_key("mp_kv", Caller("key-kv", Role.GOVERNMENT, "krommevliet"))
    async with client.get(other, headers=browser("mp_kv")) as answer:
        assert answer.status == 404


async def test_a_long_list_has_pages_both_ways(
    client: Client, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "_ENTRIES_SHOWN", 2)
    assert services.billing is not None
    assert isinstance(services.billing.counts, MemoryUsageCounts)
    for minute in range(3):
        services.billing.counts.add("zilverstrand", 1, datetime(2026, 5, 1, 12, minute, tzinfo=UTC))

    async def part(path: str) -> tuple[list[str], dict[str, str]]:
        async with client.get(path, headers=browser("mp_zilverstrand")) as answer:
            text = await answer.text()
        links = {rel: html.unescape(href) for href, rel in re.findall(r'<a href="([^"]+)" rel="(\w+)"', text)}
        return re.findall(r"<td>(kenmerk-\d+)</td>", text), links

    first, links = await part(PAGE)
    assert links.keys() == {"next"}
    second, links = await part(links["next"])
    third, links = await part(links["next"])
    assert (len(first), len(second), len(third), set(links)) == (2, 2, 2, {"prev"})
    again, links = await part(links["prev"])
    assert (again, set(links)) == (second, {"prev", "next"})
    assert (await part(links["next"]))[0] == third
    again, links = await part(links["prev"])
    assert (again, set(links)) == (first, {"next"})
