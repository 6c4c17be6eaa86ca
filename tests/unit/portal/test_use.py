"""Use and bills of a government: the chart and its words, the projection, and the way to the bills."""

import re
from datetime import date, timedelta

import pytest

from gateway.api.services import Services
from gateway.billing.rating.outlook import outlook
from gateway.billing.rating.services import Service
from gateway.http.pages import Pages
from gateway.http.viewer import PageContext
from gateway.messages.participants import Caller, Role
from gateway.portal.year_chart import YearChart
from tests.unit.api.billed import billing_services, clock_of, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import _Page, browser
from tests.unit.small_gateway import SmallGateway


@pytest.fixture
async def services(gateway: SmallGateway) -> Services:
    opened = await billing_services(gateway, used_meter())
    clock_of(opened).go_to("2026-02-02")
    return opened


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("year", ["", "?year=2025", "?year=2024"])
async def test_a_government_sees_its_year(client: Client, year: str, language: str) -> None:
    async with client.get(f"/portal/use{year}", headers=browser("mp_zilverstrand", language)) as answer:
        assert answer.status == 200
        text = await answer.text()
    page = _Page()
    page.feed(text)
    assert page.wrong == []
    assert 'role="img"' in text
    assert "krommevliet" not in text
    assert ("firstDay=2025-01-01" in text) == ("2025" in year)


async def test_a_government_chooses_among_its_services_and_earlier_years(
    client: Client, gateway: SmallGateway
) -> None:
    await gateway.add_key("mp_krommevliet", Caller("key-k", Role.GOVERNMENT, "krommevliet"))
    for key, query, services, chosen in (
        ("mp_zilverstrand", "", [], ""),
        ("mp_krommevliet", "", ["digipoort", "digid"], "digipoort"),
        ("mp_zilverstrand", "?service=mijnoverheid&year=2024", ["digipoort", "mijnoverheid"], "mijnoverheid"),
    ):
        async with client.get(f"/portal/use{query}", headers=browser(key, "en")) as answer:
            text = await answer.text()
        offered = re.findall(r'<option value="(\w+)"( selected)?>', text)
        years = re.findall(r"<option( selected)?>(\d+)", text)
        assert [name for name, _ in offered] == services
        assert "".join(name for name, is_chosen in offered if is_chosen) == chosen
        assert [year for _, year in years] == [str(year) for year in range(2026, 2018, -1)]
        assert [year for is_chosen, year in years if is_chosen] == ["2024" if query else "2026"]


def test_the_chart_shows_what_was_used_and_what_is_likely() -> None:
    first, today = date(2026, 1, 1), date(2026, 7, 1)
    by_day = {first - timedelta(days=400) + timedelta(days=nth): 10 for nth in range(400 + 182)}
    seen = outlook("town", Service.DIGIPOORT, 2026, by_day, today, 3000)
    context = PageContext("en", "/", "/", None, False)
    chart = Pages("gateway.portal").render("chart.html", context, chart=YearChart(seen, by_day, 3000))
    assert seen.whole_year is not None
    used, expected = re.findall(r'<polyline class="(?:used|expected)" points="([^"]+)"', chart)
    heights = [float(point.split(",")[1]) for point in f"{used} {expected}".split()]
    assert heights == sorted(heights, reverse=True)
    forecast = float(re.findall(r'class="forecast"[^>]* y1="([\d.]+)"', chart)[0])
    assert heights[-1] < forecast < heights[0]
    assert f"Used until 1 July 2026: {seen.used:,}. Forecast: 3,000." in chart
