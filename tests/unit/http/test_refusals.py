"""What a person reads when something does not work: what happened and what to do, in plain words."""

import re

import pytest

from gateway.http.problems import all_kinds
from gateway.http.refusals import _ELSE, _OF_KIND, _OF_STATUS
from gateway.messages.stored_errors import StoreUnavailableError
from gateway.store.messages.messages import MessageStore
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import _send, browser
from tests.unit.portal.test_sign_in import PAGE, cookies, sign_in, token_on
from tests.unit.small_gateway import SmallGateway

OF_PROGRAMS = re.compile(r"API|\bkey\b|Idempotency|Retry-After|request|verzoek|sleutel|`|HTTP")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_refusal_is_for_people(language: str) -> None:
    for refusal in (*_OF_KIND.values(), *_OF_STATUS.values(), _ELSE):
        text = " ".join(one.in_language(language) for one in refusal if one)
        assert not OF_PROGRAMS.search(text)
        assert len(refusal.remedy.in_language(language)) > 20
    known = {kind.status for kind in all_kinds().values() if 400 <= kind.status < 500}
    assert {400, 403, 404, 409, 413, 429} <= known & _OF_STATUS.keys()


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/portal/parties", 403, "Dit is voor beheerder, en uw rol is leverancier."),
        ("/portal/nothing", 404, "Op dit adres is geen pagina."),
        ("/portal/messages/none", 404, "Het bestaat niet, of het is niet voor u bedoeld."),
        ("/portal/outbox?state=odd", 400, "Ga terug, verbeter wat hier staat"),
    ],
)
async def test_it_says_what_happened_and_what_to_do(client: Client, path: str, status: int, words: str) -> None:
    await sign_in(client, "mp_supplier")
    async with client.get(path, headers=PAGE | {"Accept-Language": "nl"}) as answer:
        page = await answer.text()
    assert (answer.status, words in page) == (status, True)
    assert ("Bakkerij De Korst" in page) == (status != 404 or "messages" in path)
    assert 'href="/portal' in page


async def test_a_form_of_before_is_opened_again(client: Client) -> None:
    await sign_in(client, "mp_supplier")
    async with client.post("/portal/keys", data={"action": "revoke"}, headers=PAGE) as answer:
        page = await answer.text()
    assert (answer.status, "Open a form again that is from before you signed in." in page) == (403, True)


async def test_after_the_session_one_signs_in_and_comes_back_to_the_page_of_the_form(
    client: Client, gateway: SmallGateway
) -> None:
    kenmerk = await _send(client)
    await sign_in(client, "mp_municipality")
    data = {"action": "confirm", "formToken": await token_on(client, f"/portal/messages/{kenmerk}")}
    await gateway.sessions.close(cookies(client)["session"])
    path = f"/portal/messages/{kenmerk}"
    referer = {"Referer": str(client.make_url(f"{path}?lang=nl"))}
    async with client.post(f"{path}/mailbox", data=data, headers=PAGE | referer) as answer:
        assert answer.url.path_qs == f"/portal/sign-in?next={path}"
        assert "what you sent after that was not done" in await answer.text()
    elsewhere = {"Referer": "https://elsewhere.example/x"}
    async with client.post(f"{path}/mailbox", data=data, headers=PAGE | elsewhere) as answer:
        assert answer.url.path_qs == "/portal/sign-in?next=/portal"


async def test_a_storage_that_is_full_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise StoreUnavailableError("No space left on device")

    monkeypatch.setattr(MessageStore, "page", full)
    async with client.get("/portal/outbox", headers=browser("mp_supplier", "en")) as answer:
        page = await answer.text()
    assert (answer.status, "The gateway cannot store anything now" in page) == (503, True)
