"""The operator gets messages going again, and sees what waits."""

import re
from dataclasses import replace

from pytest_aiohttp.plugin import AiohttpClient

from gateway.api.application import build
from gateway.api.services import Services
from gateway.messages.lifecycle import State
from gateway.portal.pages import ROUTES
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import browser
from tests.unit.small_gateway import SmallGateway

SENDING = {"X-API-Key": "mp_supplier", "Content-Type": "application/xml"}
OVERVIEW, STUCK = "/portal/operations", "/portal/operations/stuck"


async def _sent(client: Client, document: bytes) -> str:
    async with client.post("/v1/messages", data=document, headers=SENDING) as answer:
        return str((await answer.json())["kenmerk"])


async def _page(client: Client, path: str) -> str:
    async with client.get(path, headers=browser("mp_operator")) as answer:
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", await answer.text()))


async def test_it_shows_what_waits_and_for_whom(client: Client) -> None:
    assert "set apart for you ✓ 0" in await _page(client, f"{OVERVIEW}?lang=en")
    await _sent(client, b"<poison/>")
    await _sent(client, b"<Invoice/>")
    page = await _page(client, f"{OVERVIEW}?lang=en")
    assert "set apart for you ✗ 1 look" in page
    assert "Gemeente Waterrijk 1 2 Mar 2026, 10:30" in page


async def test_a_message_is_offered_again_or_returned_with_a_reason(client: Client, gateway: SmallGateway) -> None:
    first, second = await _sent(client, b"<poison/>"), await _sent(client, b"<poison/>")
    form = {"kenmerk": first, "action": "replay"}
    async with client.post(STUCK, data=form, headers=browser("mp_operator")) as answer:
        assert answer.url.path_qs == f"{STUCK}?done=true"
    assert gateway.rows[first].message.state is State.RECEIVED
    form = {"kenmerk": second, "action": "return", "reason": " "}
    async with client.post(STUCK, data=form, headers=browser("mp_operator", "en")) as answer:
        page = await answer.text()
        assert answer.status == 400
    assert '<a href="#f-reason">Reason, for the sender</a>: is missing' in page
    assert gateway.rows[second].message.state is State.PARKED
    async with client.post(STUCK, data=form | {"reason": "unreadable"}, headers=browser("mp_operator")) as answer:
        assert answer.status == 200
    assert gateway.rows[second].message.state is State.RETURNED
    assert "unreadable" in str(gateway.rows[second].journal)


async def test_a_sandbox_is_marked_on_every_page(aiohttp_client: AiohttpClient, services: Services) -> None:
    for is_sandbox in (False, True):
        client = await aiohttp_client(build(replace(services, is_sandbox=is_sandbox), routes=ROUTES))
        for path, key in (
            (OVERVIEW, "mp_operator"),
            ("/portal/outbox", "mp_supplier"),
            ("/portal/keys", "mp_supplier"),
        ):
            async with client.get(path, headers=browser(key, "en")) as answer:
                assert ("sandbox: only tests" in await answer.text()) == is_sandbox


async def test_what_cannot_be_done_now_has_a_message_on_the_page(client: Client) -> None:
    kenmerk = await _sent(client, b"<Invoice/>")
    form = {"kenmerk": kenmerk, "action": "replay"}
    async with client.post(STUCK, data=form, headers=browser("mp_operator", "en")) as answer:
        assert (answer.status, "this is for messages that are parked or returned" in await answer.text()) == (
            409,
            True,
        )
