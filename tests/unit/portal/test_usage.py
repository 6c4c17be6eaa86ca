"""The page behind the link on a bill: a clerk of the party sees what was counted, and nobody else's."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.api import Services
from gateway.testing.memory import MemoryGateway
from tests.unit.api.billed import billing_services, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.billing.billing_service import ISSUER
from tests.unit.portal.test_portal import _browser

LINK = ISSUER.usage_url.format(
    party="zilverstrand", service="digipoort", first=date(2026, 1, 1), last=date(2026, 12, 31)
)
PAGE = f"{urlsplit(LINK).path}?{urlsplit(LINK).query}"


@pytest.fixture
async def services(gateway: MemoryGateway, tmp_path: Path) -> AsyncIterator[Services]:
    """Zilverstrand received two messages and sent three, of which one was undone."""
    async with billing_services(gateway, used_meter(), f"sqlite+aiosqlite:///{tmp_path}/billing.db") as opened:
        yield opened


async def test_the_link_on_a_bill_shows_what_was_counted(client: Client) -> None:
    async with client.get(PAGE, headers=_browser("mp_zilverstrand")) as answer:
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
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="meterpoort"')
    async with client.get(
        PAGE.replace("zilverstrand", "krommevliet"), headers=_browser("mp_zilverstrand")
    ) as answer:
        assert answer.status == 404
