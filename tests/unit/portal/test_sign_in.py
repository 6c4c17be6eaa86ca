"""Signing in: a key for a session, which ends with its key, and forms that only a page of ours can send."""

import re
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from pytest_aiohttp.plugin import AiohttpClient

from gateway.api.application import build
from gateway.api.services import Services
from gateway.http.base_url import BaseUrl
from gateway.http.guesses import TRIES_MAX
from gateway.messages.sessions import IDLE_MAX, SESSION_MAX, Person
from gateway.portal.pages import ROUTES
from gateway.portal.sign_in import safe_target
from tests.unit.api.openapi_watch import Client
from tests.unit.small_gateway import KEYS, SmallGateway

PAGE = {"Accept": "text/html", "Accept-Language": "en"}
FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}


async def token_on(client: Client, path: str) -> str:
    """The token of the forms of a page."""
    async with client.get(path, headers=PAGE) as answer:
        found: list[str] = re.findall(r'name="formToken" value="(\w+)"', await answer.text())
    return found[-1]


async def sign_in(client: Client, key: str, target: str = "") -> tuple[int, str]:
    """Sign in with a key; the status and where it leads."""
    data = {"key": key, "next": target, "formToken": await token_on(client, "/portal/sign-in")}
    async with client.post("/portal/sign-in", data=data, headers=PAGE, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", await answer.text())


def cookies(client: Client) -> dict[str, str]:
    return {
        name: one.value for name, one in client.session.cookie_jar.filter_cookies(client.make_url("/")).items()
    }


async def test_a_key_is_exchanged_for_a_session(client: Client, gateway: SmallGateway) -> None:
    async with client.get("/portal/outbox?q=2026", headers=PAGE) as answer:
        assert answer.url.path_qs == "/portal/sign-in?next=/portal/outbox?q%3D2026"
    assert await sign_in(client, " mp_supplier ", "/portal/outbox?q=2026") == (303, "/portal/outbox?q=2026")
    assert await gateway.signed_in() == [Person(KEYS["mp_supplier"])]
    assert cookies(client).keys() == {"session"}
    async with client.get("/portal", headers=PAGE) as answer:
        page = await answer.text()
    assert "Bakkerij De Korst B.V." in page
    assert "(supplier)" in page
    assert "mp_supplier" not in page
    async with client.get("/rules", headers=PAGE) as answer:
        assert "Bakkerij De Korst B.V." in await answer.text()


async def test_a_key_that_does_not_work_is_reported_to_a_person(client: Client, gateway: SmallGateway) -> None:
    for key, words in (
        ("mp_wrong", "This key does not work"),
        ("é", "This key does not work"),
        ("", "Enter your"),
    ):
        status, page = await sign_in(client, key, "/portal/keys")
        assert status == 422
        assert words in page
        assert 'name="next" value="/portal/keys"' in page
        assert "mp_wrong" not in page
    assert await gateway.signed_in() == []


async def test_guessing_is_slowed(client: Client) -> None:
    statuses = [(await sign_in(client, f"mp_{number}"))[0] for number in range(TRIES_MAX + 1)]
    assert statuses == [*[422] * TRIES_MAX, 429]
    assert (await sign_in(client, "mp_supplier"))[0] == 429


async def test_a_session_ends_with_its_key_without_use_and_after_a_working_day(
    client: Client, gateway: SmallGateway
) -> None:
    async def is_in() -> bool:
        async with client.get("/portal", headers=PAGE) as answer:
            return answer.url.path == "/portal/outbox"

    await sign_in(client, "mp_supplier")
    started_at = gateway.now
    while gateway.now - started_at < SESSION_MAX - IDLE_MAX:
        gateway.now += IDLE_MAX - timedelta(minutes=1)
        assert await is_in()
    gateway.now = started_at + SESSION_MAX
    assert not await is_in()
    await sign_in(client, "mp_supplier")
    gateway.now += IDLE_MAX
    assert not await is_in()
    await sign_in(client, "mp_supplier")
    assert await is_in()
    await gateway.register.revoke_key("key-supplier", "test")
    assert not await is_in()


async def test_signing_in_does_not_take_over_a_session_that_was_planted(
    client: Client, gateway: SmallGateway
) -> None:
    planted = await gateway.sessions.open(Person(KEYS["mp_other"]))
    data = {"key": "mp_supplier", "formToken": await token_on(client, "/portal/sign-in")}
    client.session.cookie_jar.update_cookies({"session": planted}, client.make_url("/"))
    async with client.post("/portal/sign-in", data=data, headers=PAGE, allow_redirects=False) as answer:
        assert answer.status == 303
    assert await gateway.sessions.find(planted) is None
    assert await gateway.signed_in() == [Person(KEYS["mp_supplier"])]
    assert cookies(client)["session"] != planted


async def test_signing_out_ends_the_session_everywhere(client: Client, gateway: SmallGateway) -> None:
    await sign_in(client, "mp_supplier")
    kept = cookies(client)["session"]
    data = {"formToken": await token_on(client, "/portal")}
    async with client.post("/portal/sign-out", data=data, headers=PAGE) as answer:
        assert "You are signed out." in await answer.text()
    assert cookies(client).keys() == {"visit"}
    client.session.cookie_jar.update_cookies({"session": kept}, client.make_url("/"))
    async with client.get("/portal", headers=PAGE) as answer:
        assert answer.url.path == "/portal/sign-in"


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, "none"),
        ({}, "wrong"),
        ({}, "other"),
        ({"Sec-Fetch-Site": "cross-site"}, "right"),
        ({"Sec-Fetch-Site": "same-site"}, "right"),
        ({"Origin": "https://evil.example"}, "right"),
        ({"Origin": "null"}, "right"),
    ],
)
async def test_no_form_of_another_site_is_accepted(
    client: Client, gateway: SmallGateway, headers: dict[str, str], token: str
) -> None:
    """Every form of the portal, also that to sign in, but the one that checks a document, which keeps nothing."""
    tried = 0
    for route in ROUTES:
        if route.method == "GET" or route.tag != "pages" or route.path == "/":
            continue
        await gateway.sign_out_all()
        client.session.cookie_jar.clear()
        role = next((name for name, one in KEYS.items() if route.roles is None or one.role in route.roles), "")
        if route.roles is not None:
            await sign_in(client, role)
        path = re.sub(r"{\w+}", "x", route.path)
        right = await token_on(client, "/problems" if route.roles else "/portal/sign-in")
        found = {"right": right, "wrong": "0" * 64, "other": right[::-1], "none": ""}[token]
        data = {"formToken": found, "key": "mp_supplier", "keyId": "key-supplier", "action": "revoke"}
        sent: dict[str, str] | aiohttp.FormData = data
        if route.body and "multipart/form-data" in route.body.media_types:
            sent = aiohttp.FormData({"formToken": found}, default_to_multipart=True)
        before = await gateway.signed_in(), await gateway.register.api_keys()
        async with client.post(path, data=sent, headers={**PAGE, **headers}, allow_redirects=False) as answer:
            assert answer.status == 403, route.path
        assert (await gateway.signed_in(), await gateway.register.api_keys()) == before, route.path
        tried += 1
    assert tried >= 4


async def test_the_api_changes_nothing_for_who_is_only_signed_in(client: Client) -> None:
    await sign_in(client, "mp_operator")
    for path in ("/v1/keys", "/v1/messages/x/replays"):
        async with client.post(path, json={}, headers={"Accept": "application/json"}) as answer:
            assert answer.status == 401
    async with client.delete("/v1/keys/key-supplier") as answer:
        assert answer.status == 401
    async with client.get("/v1/keys") as answer:
        assert answer.status == 200


async def test_a_link_opens_once(client: Client, gateway: SmallGateway) -> None:
    link = await gateway.sessions.open(Person(KEYS["mp_municipality"]), is_link=True)
    async with client.head(f"/portal/links/{link}", headers=PAGE, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/portal/sign-in"
    async with client.get(f"/portal/links/{link}", headers=PAGE) as answer:
        assert "Gemeente Waterrijk" in await answer.text()
        assert link not in str(answer.url)
    async with client.get(f"/portal/links/{link}", headers=PAGE) as answer:
        assert answer.status == 404
        assert "it works once" in await answer.text()
    assert await gateway.signed_in() == [Person(KEYS["mp_municipality"])]


async def test_on_tls_the_cookies_are_for_this_host_and_tls_alone(
    aiohttp_client: AiohttpClient, services: Services
) -> None:
    secure = await aiohttp_client(
        build(replace(services, base_url=BaseUrl("https://gateway.example")), routes=ROUTES)
    )
    async with secure.get("/portal/sign-in", headers=PAGE) as answer:
        [cookie] = answer.headers.getall("Set-Cookie")
    name, *attributes = cookie.split("; ")
    assert name.startswith("__Host-visit=")
    assert {one.lower() for one in attributes} == {"httponly", "path=/", "samesite=lax", "secure"}


@pytest.mark.parametrize(
    ("target", "is_ours"),
    [
        ("/portal", True),
        ("/portal?q=https://a.example", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example/portal", False),
        ("javascript:alert(1)", False),
        ("/a\r\nSet-Cookie: x=y", False),
        ("", False),
    ],
)
def test_one_only_goes_on_to_a_page_of_this_gateway(target: str, is_ours: bool) -> None:
    assert safe_target(target) == (target if is_ours else "")


async def test_the_language_that_was_chosen_is_kept_with_the_filters(client: Client) -> None:
    await sign_in(client, "mp_supplier")
    async with client.get("/portal/outbox?q=x&state=refused", headers=PAGE) as answer:
        assert 'href="/portal/outbox?q=x&amp;state=refused&amp;lang=nl"' in await answer.text()
    async with client.get("/portal/outbox?q=x&state=refused&lang=nl", headers=PAGE) as answer:
        assert '<html lang="nl">' in await answer.text()
    async with client.get("/portal", headers=PAGE) as answer:
        assert '<html lang="nl">' in await answer.text()
