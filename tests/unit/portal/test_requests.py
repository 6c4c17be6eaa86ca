"""The pages of a sandbox for makers of client programs."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.api.services import Services
from gateway.channels.inspection import CheckOutcome, Inspection, Inspections, SentContent, SignedPart
from gateway.i18n import Text
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import NASTY, _Page, browser
from tests.unit.small_gateway import OTHER_SUPPLIER, SUPPLIER

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
EQUAL = SignedPart("SignedInfo", "AAAA", "AAAA")
CHANGED = SignedPart("Body", "BBBB", "CCCC", f"<s:Body>{NASTY}</s:Body>", Text("the digest is of {x}", x=NASTY))


def inspection(number: int, party_id: str) -> Inspection:
    """A refused request with markup in every place that a client fills."""
    return Inspection(
        number=number,
        party_id=party_id,
        at=NOW,
        operation="aanleveren",
        request_line=f"POST /{NASTY} HTTP/1.1",
        status=500,
        refusal=Text("the {name} is not signed", name=NASTY),
        headers=(("X-Own", NASTY), ("Authorization", None)),
        body=f"<a>{NASTY}</a>",
        body_bytes=70_000,
        contents=(SentContent(NASTY, NASTY, 12_345, True), SentContent("", "", 1, False)),
        checks=(
            CheckOutcome(Text("first"), True),
            CheckOutcome(Text("next"), False),
            CheckOutcome(Text("last"), None),
        ),
        parts=(EQUAL, CHANGED),
    )


@pytest.fixture
def services(services: Services) -> Services:
    """Of a sandbox where two parties sent something."""
    kept = Inspections(lambda: NOW)
    kept.keep(inspection(1, SUPPLIER))
    kept.keep(inspection(2, OTHER_SUPPLIER))
    return replace(services, inspections=kept)


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_a_party_sees_what_differs_and_where_it_failed(client: Client, language: str) -> None:
    async with client.get("/portal/requests/1", headers=browser("mp_supplier", language)) as answer:
        page = await answer.text()
    assert ("Mislukt" if language == "nl" else "Failed") in page
    assert all(one in page for one in ("AAAA", "BBBB", "CCCC", "12.345" if language == "nl" else "12,345"))
    assert page.count('class="mark bad">✗') == 3  # the request, the check and the part


@pytest.mark.parametrize("path", ["/portal/requests", "/portal/requests/1"])
async def test_what_a_client_sent_is_text_and_no_markup(client: Client, path: str) -> None:
    async with client.get(path, headers=browser("mp_supplier")) as answer:
        text = await answer.text()
    page = _Page()
    page.feed(text)
    assert (page.wrong, page.open) == ([], [])
    assert "&lt;script&gt;" in text


async def test_nobody_sees_the_requests_of_another(client: Client) -> None:
    async with client.get("/portal/requests", headers=browser("mp_supplier")) as answer:
        assert re.findall(r"/portal/requests/(\d+)", await answer.text()) == ["1"]
    for path in ("/portal/requests/2", "/portal/requests/3", "/portal/requests/x"):
        async with client.get(path, headers=browser("mp_supplier")) as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("mp_municipality", 200),
        ("mp_intermediary", 200),
        ("mp_operator", 403),
        ("mp_finance", 403),
        ("mp_wrong", 401),
    ],
)
async def test_it_is_for_parties(client: Client, key: str, status: int) -> None:
    async with client.get("/portal/requests", headers=browser(key)) as answer:
        assert answer.status == status
        assert "/portal/requests/1" not in await answer.text()


async def test_the_portal_links_to_it_in_a_sandbox(client: Client) -> None:
    async with client.get("/portal/outbox", headers=browser("mp_supplier")) as answer:
        assert 'href="/portal/requests?lang=nl"' in await answer.text()
