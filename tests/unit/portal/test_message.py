"""The page of a message: what its sender must change, and what its recipient can do with it."""

import re

import pytest

from gateway.messages.lifecycle import State
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import _send, browser
from tests.unit.small_gateway import KEYS, SmallGateway


async def page_of(client: Client, path: str, key: str = "mp_municipality") -> str:
    async with client.get(path, headers=browser(key, "en")) as answer:
        assert answer.status == 200
        return await answer.text()


async def act(client: Client, kenmerk: str, action: str, key: str = "mp_municipality") -> int:
    path = f"/portal/messages/{kenmerk}/mailbox"
    async with client.post(
        path, data={"action": action}, headers=browser(key, "en"), allow_redirects=False
    ) as answer:
        return answer.status


async def test_its_recipient_takes_gives_back_and_confirms(client: Client, gateway: SmallGateway) -> None:
    kenmerk = await _send(client)
    path = f"/portal/messages/{kenmerk}"
    assert "unread" in await page_of(client, "/portal/inbox")
    assert await act(client, kenmerk, "take") == 303
    assert "taken, not confirmed" in await page_of(client, "/portal/inbox")
    assert re.search(r"Taken until <time[^>]*>2 Mar 2026, 1", await page_of(client, path))
    assert await gateway.mailbox.take(gateway.recipient_id, 1, gateway.now - gateway.now) == ()
    assert await act(client, kenmerk, "release") == 303
    assert "This message waits for you" in await page_of(client, path)
    assert await act(client, kenmerk, "confirm") == 303
    assert gateway.rows[kenmerk].message.state is State.CONFIRMED
    page = await page_of(client, path)
    assert "Confirm receipt" not in page
    assert "Proof of delivery" in page
    assert gateway.rows[kenmerk].message.sha256 in await page_of(client, f"{path}/proof")


@pytest.mark.parametrize("key", ["mp_supplier", "mp_other"])
async def test_nobody_else_confirms_it(client: Client, gateway: SmallGateway, key: str) -> None:
    kenmerk = await _send(client)
    assert await act(client, kenmerk, "confirm", key) == 404
    assert gateway.rows[kenmerk].message.state is State.DELIVERED


async def test_its_sender_reads_what_to_change(client: Client) -> None:
    kenmerk = await _send(client, b"<Invoice>\n<wrong/></Invoice>")
    page = await page_of(client, f"/portal/messages/{kenmerk}", "mp_supplier")
    assert "the findings below say what to change" in page
    assert 'href="/portal/send"' in page
    assert "MP-TEST-1" in page
    async with client.get(f"/portal/messages/{kenmerk}", headers=browser("mp_municipality")) as answer:
        assert answer.status == 404


async def test_who_acted_has_a_name_for_operators_alone(client: Client, gateway: SmallGateway) -> None:
    kenmerk = await _send(client, b"<poison/>")
    key = KEYS["mp_operator"]
    form = {"kenmerk": kenmerk, "action": "return", "reason": "unreadable"}
    async with client.post("/portal/operations/stuck", data=form, headers=browser("mp_operator")) as answer:
        assert answer.status == 200
    page = await page_of(client, f"/portal/messages/{kenmerk}", "mp_operator")
    assert f"operator (mp_operator…)<br><code>{key.key_id}</code>" in page
    page = await page_of(client, f"/portal/messages/{kenmerk}", "mp_supplier")
    assert "the operator" in page
    assert key.key_id not in page
