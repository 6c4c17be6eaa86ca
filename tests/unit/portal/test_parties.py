"""The operator finds parties, adds and changes them; what is wrong is said next to what was entered."""

import html
import re

import pytest

from gateway.messages.participants import PartyKind
from gateway.portal import blocks
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import browser
from tests.unit.small_gateway import OTHER_SUPPLIER, SUPPLIER, SmallGateway

FORM = {
    "partyId": "waterschap-x",
    "name": "Waterschap X",
    "kind": "non-rijk",
    "identifiers": "0190:00000001002220647000",
    "settings": "delivery = webhook\nprofile=nlcius",
}


async def test_a_party_is_found_added_and_changed(client: Client, gateway: SmallGateway) -> None:
    async with client.get("/portal/parties?q=de+korst", headers=browser("mp_operator")) as answer:
        page = await answer.text()
    assert "bakkerij-de-korst" in page
    assert "drukkerij" not in page
    form = FORM | {"identifiers": "0106:45678901\n0190:00000001803456789000"}
    async with client.post("/portal/parties", data=form, headers=browser("mp_operator")) as answer:
        assert answer.url.path_qs == "/portal/parties?done=true"
    party = gateway.register.by_id("waterschap-x")
    assert party is not None
    assert (party.kind, len(party.identifiers)) == (PartyKind.NON_RIJK, 2)
    assert party.settings == {"delivery": "webhook", "profile": "nlcius"}


async def test_what_is_wrong_has_a_message_and_what_was_entered_is_kept(
    client: Client, gateway: SmallGateway
) -> None:
    async with client.post("/portal/parties", data=FORM, headers=browser("mp_operator", "en")) as answer:
        assert answer.status == 409
        assert "belongs to gemeente-waterrijk" in await answer.text()
    form = FORM | {"name": "<b>X</b>", "settings": "webhook"}
    async with client.post("/portal/parties", data=form, headers=browser("mp_operator", "en")) as answer:
        page = await answer.text()
    assert '<a href="#f-settings">Settings</a>: each line is a name, = and a value' in page
    assert 'value="&lt;b&gt;X&lt;/b&gt;"' in page
    assert gateway.register.by_id("waterschap-x") is None


async def test_a_long_list_has_pages_both_ways_that_keep_the_search(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "ROWS_MAX", 1)

    async def part(path: str) -> tuple[list[str], dict[str, str]]:
        async with client.get(path, headers=browser("mp_operator")) as answer:
            text = await answer.text()
        links = {rel: html.unescape(href) for href, rel in re.findall(r'<a href="([^"]+)" rel="(\w+)"', text)}
        return re.findall(r'<a href="/portal/parties/([^"]+)">', text)[:1], links

    first, links = await part("/portal/parties?q=b.v.&done=true")
    assert (first, links) == ([SUPPLIER], {"next": "/portal/parties?q=b.v.&page=2"})
    second, links = await part(links["next"])
    assert (second, set(links)) == ([OTHER_SUPPLIER], {"prev", "next"})
    assert (await part(links["prev"]))[0] == first
    assert (await part("/portal/parties?page=999"))[1].keys() == {"prev"}
