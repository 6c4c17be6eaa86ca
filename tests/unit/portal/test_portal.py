"""The portal: what a person with a browser and a key sees."""

import html
import re
from html.parser import HTMLParser

import pytest

from gateway.portal import portal
from gateway.portal.portal import HOMES
from tests.unit.api.openapi_watch import Client
from tests.unit.small_gateway import KEYS, SmallGateway

NASTY = '<script>alert("x")</script>'


def browser(key: str, language: str = "nl") -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Accept": "text/html,*/*;q=0.8", "Accept-Language": language}


async def _send(client: Client, document: bytes = b"<Invoice/>", **more: str) -> str:
    headers = {"X-API-Key": "mp_supplier", "Content-Type": "application/xml"} | more
    async with client.post("/v1/messages", data=document, headers=headers) as answer:
        return str((await answer.json())["kenmerk"])


async def test_it_shows_ones_own_and_links_to_each(client: Client) -> None:
    own = await _send(client)
    async with client.get("/portal/outbox", headers=browser("mp_supplier")) as answer:
        page = await answer.text()
    assert f"/portal/messages/{own}" in page
    assert "afgeleverd bij de ontvanger" in page
    async with client.get("/portal/outbox", headers=browser("mp_other")) as answer:
        assert own not in await answer.text()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=refused", False),
        ("state=delivered", True),
        ("state=&q=", True),
        ("q=9999", False),
        ("q=26-0", True),
    ],
)
async def test_it_can_be_searched(client: Client, query: str, shown: bool) -> None:
    own = await _send(client)
    async with client.get(f"/portal/outbox?{query}", headers=browser("mp_supplier")) as answer:
        assert (own in await answer.text()) == shown


@pytest.mark.parametrize("key", ["mp_supplier", "mp_intermediary", "mp_municipality", "mp_operator", "mp_finance"])
async def test_every_role_has_its_first_page(client: Client, key: str) -> None:
    home = HOMES[KEYS[key].role]
    for query in ("", "?lang=nl"):
        async with client.get(f"/portal{query}", headers=browser(key), allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, f"{home}{query}")


async def test_the_operator_finds_every_message(client: Client) -> None:
    own = await _send(client)
    for query, is_shown in (("", True), ("?q=9999", False)):
        async with client.get(f"/portal/messages{query}", headers=browser("mp_operator")) as answer:
            assert (f"/portal/messages/{own}" in await answer.text()) == is_shown


class _Page(HTMLParser):
    """Collects what a page asks for and which elements it leaves open."""

    VOID = frozenset({"meta", "link", "br", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asks_for: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        is_inline = tag == "script" and "src" not in named
        if (
            is_inline
            or tag in {"img", "iframe", "object", "embed"}
            or any(name.startswith("on") for name in named)
        ):
            self.wrong.append(tag)
        self.asks_for += [value for name in ("src", "href", "action") if (value := named.get(name))]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    "path", ["/", "/docs", "/problems", "/problems/overloaded", "/rules/UBL-SR-19", "/portal/outbox", "report"]
)
async def test_pages_are_whole_and_ask_for_nothing_from_elsewhere(
    client: Client, gateway: SmallGateway, path: str, language: str
) -> None:
    kenmerk = await _send(client, f"<a>{NASTY}\n<wrong/></a>".encode(), **{"Meterpoort-Berichtsoort": NASTY})
    path = f"/v1/messages/{kenmerk}/report" if path == "report" else path
    async with client.get(path, headers=browser("mp_supplier", language)) as answer:
        text = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    page = _Page()
    page.feed(text)
    assert (page.wrong, page.open) == ([], [])
    assert [address for address in page.asks_for if not re.match(r"[/#?]|data:,$", address)] == []
    assert ("script-src 'self'" in policy) == (path == "/")
    assert ("unsafe" in policy, policy.count("'self'") > 2) == (False, False)
    assert "default-src 'none'" in policy
    assert f'<html lang="{language}">' in text


async def test_what_a_document_says_is_text_and_no_markup(client: Client, gateway: SmallGateway) -> None:
    kenmerk = await _send(client, f"<a>{NASTY}<wrong/></a>".encode())
    async with client.get(f"/v1/messages/{kenmerk}/report", headers=browser("mp_supplier")) as answer:
        page = await answer.text()
    assert "&lt;script&gt;" in page
    assert "<script" not in page


async def test_operators_do_not_see_the_document_on_the_page(client: Client) -> None:
    kenmerk = await _send(client, b"<a>secret<wrong/></a>")
    for key, sees in (("mp_supplier", True), ("mp_operator", False)):
        async with client.get(f"/v1/messages/{kenmerk}/report", headers=browser(key)) as answer:
            assert ("secret" in await answer.text()) == sees


async def test_outside_a_sandbox_no_requests_are_shown(client: Client) -> None:
    async with client.get("/portal/outbox", headers=browser("mp_supplier")) as answer:
        assert "/portal/requests" not in await answer.text()
    async with client.get("/portal/requests", headers=browser("mp_supplier")) as answer:
        assert answer.status == 404


async def test_a_long_list_has_pages_both_ways(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal, "_MESSAGES_SHOWN", 2)
    sent = [await _send(client) for _ in range(5)][::-1]

    async def list_at(path: str) -> tuple[list[str], dict[str, str]]:
        async with client.get(path, headers=browser("mp_supplier")) as answer:
            page = await answer.text()
        links = re.findall(r'<a href="([^"]+)" rel="(\w+)"', page)
        found = re.findall(r'href="/portal/messages/([^"]+)"', page)
        return found, {rel: html.unescape(href) for href, rel in links}

    first, links = await list_at("/portal/outbox?q=2026")
    assert (first, set(links)) == (sent[:2], {"next"})
    second, links = await list_at(links["next"])
    third, links = await list_at(links["next"])
    assert (second, third, set(links)) == (sent[2:4], sent[4:], {"prev"})
    assert "q=2026" in links["prev"]
    assert (await list_at(links["prev"]))[0] == second
    again, links = await list_at((await list_at(links["prev"]))[1]["prev"])
    assert (again, set(links)) == (first, {"next"})
