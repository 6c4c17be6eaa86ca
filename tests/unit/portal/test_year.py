"""The page of the billing year: a clerk enters a forecast in a browser, and no other site can."""

import pytest

from gateway.api.services import Services
from tests.unit.api.billed import billing_services, clock_of, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import _Page, browser
from tests.unit.small_gateway import SmallGateway

YEAR = {"party": "zilverstrand", "service": "digipoort", "year": "2027"}
FORECAST = YEAR | {"units": "1200", "confirmation": "a new task"}


@pytest.fixture
async def services(gateway: SmallGateway) -> Services:
    """It is February 2026; zilverstrand used a little in 2025."""
    opened = await billing_services(gateway, used_meter())
    clock_of(opened).go_to("2026-02-02")
    return opened


async def page_of(client: Client, key: str, language: str = "nl") -> str:
    async with client.get("/portal/year", headers=browser(key, language)) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        text = await answer.text()
    page = _Page()
    page.feed(text)
    assert (page.wrong, page.open) == ([], [])
    return text


async def sent(client: Client, form: dict[str, str], key: str = "mp_zilverstrand", **more: str) -> int:
    """The status of the answer to a form that a browser sends."""
    headers = browser(key) | more
    async with client.post("/portal/forecasts", data=form, headers=headers, allow_redirects=False) as answer:
        return answer.status


async def test_a_party_enters_its_forecast_and_finance_agrees(client: Client) -> None:
    page = await page_of(client, "mp_zilverstrand")
    assert "Prognoses van Digipoort e-factureren voor 2027" in page
    assert "31 maart 2026" in page
    assert "Er is nog geen prognose." in page
    assert "krommevliet" not in page
    async with client.post(
        "/portal/forecasts", data=FORECAST, headers=browser("mp_zilverstrand"), allow_redirects=False
    ) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/portal/year?lang=nl")
    assert "1.200, nog geen akkoord" in await page_of(client, "mp_zilverstrand")
    assert "1,200, not agreed yet" in await page_of(client, "mp_finance", "en")
    assert await sent(client, YEAR) == 400  # the party itself does not agree
    assert await sent(client, YEAR, "mp_finance") == 303
    assert "1.200, akkoord" in await page_of(client, "mp_zilverstrand")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"party": "krommevliet"}, 404),
        ({"units": "-1"}, 400),
        ({"units": "veel"}, 400),
        ({"units": "9999999999", "confirmation": ""}, 409),
        ({"service": "nothing"}, 400),
        ({"other": "1"}, 400),
    ],
)
async def test_a_wrong_form_is_refused(client: Client, change: dict[str, str], status: int) -> None:
    assert await sent(client, FORECAST | change) == status
    assert "Er is nog geen prognose." in await page_of(client, "mp_zilverstrand")


async def test_another_role_has_no_page(client: Client) -> None:
    async with client.get("/portal/year", headers=browser("mp_operator")) as answer:
        assert answer.status == 403
