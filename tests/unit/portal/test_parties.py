"""The operator finds parties, adds and changes them; what is wrong is said next to what was entered."""

from gateway.messages.participants import PartyKind
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import browser
from tests.unit.small_gateway import SmallGateway

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
