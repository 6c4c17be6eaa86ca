"""Every page of the portal, and every role: who may see it, and that no party sees what is another's.

A new page needs a line in `PAGES`.
"""

import re

import aiohttp
import pytest

from gateway.api.services import Services
from gateway.messages.sessions import Person
from gateway.portal.pages import PAGES as MODULES
from gateway.portal.pages import ROUTES
from tests.unit.api.billed import billing_services, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.billing.billing_service import Ticking, issued
from tests.unit.billing.runs.test_service import SETTLE
from tests.unit.small_gateway import KEYS, MUNICIPALITY, OTHER_SUPPLIER, SUPPLIER, SmallGateway

SIGNED_IN = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "nl"}
PAGES = {
    "/": ("/", "*"),
    "/docs": ("/docs", "*"),
    "/docs/try": ("/docs/try", "*"),
    "/examples/{name}": ("/examples/none", "*"),
    "/portal/sign-in": ("/portal/sign-in", "*"),
    "/portal/sign-in/{provider}": ("/portal/sign-in/none", "*"),
    "/portal/sign-in/{provider}/back": ("/portal/sign-in/none/back", "*"),
    "/portal/links/{token}": ("/portal/links/none", "*"),
    "/portal": ("/portal", "SIGOF"),
    "/portal/messages": ("/portal/messages", "OF"),
    "/portal/inbox": ("/portal/inbox", "SIG"),
    "/portal/outbox": ("/portal/outbox", "SIG"),
    "/portal/send": ("/portal/send", "SIG"),
    "/portal/messages/{kenmerk}": ("/portal/messages/none", "SIGO"),
    "/portal/messages/{kenmerk}/proof": ("/portal/messages/none/proof", "SIGO"),
    "/portal/use": ("/portal/use", "G"),
    "/portal/keys": ("/portal/keys", "SIGO"),
    "/portal/requests": ("/portal/requests", "SIG"),
    "/portal/requests/{number}": ("/portal/requests/1", "SIG"),
    "/portal/usage": (f"/portal/usage?party={MUNICIPALITY}&firstDay=2026-01-01&lastDay=2026-12-31", "SIGF"),
    "/portal/year": ("/portal/year", "SIGF"),
    "/portal/operations": ("/portal/operations", "O"),
    "/portal/operations/stuck": ("/portal/operations/stuck", "O"),
    "/portal/parties": ("/portal/parties", "O"),
    "/portal/parties/{partyId}": (f"/portal/parties/{SUPPLIER}", "O"),
    "/portal/billing/debtors": ("/portal/billing/debtors", "F"),
    "/portal/billing/forecasts": ("/portal/billing/forecasts", "F"),
    "/portal/billing/bills": ("/portal/billing/bills", "F"),
    "/portal/billing/calculator": ("/portal/billing/calculator?forecast=100&used=90", "F"),
    "/portal/billing/exports": ("/portal/billing/exports", "F"),
    "/portal/billing/audit": ("/portal/billing/audit", "F"),
    "/portal/billing/runs": ("/portal/billing/runs", "F"),
    "/portal/billing/runs/{runId}": ("/portal/billing/runs/none", "F"),
}
"""By path: an address of the page, and who may see it: suppliers, intermediaries, governments, operators and
finance; `*` everyone."""
ROLES = {
    "S": "mp_supplier",
    "I": "mp_intermediary",
    "G": "mp_municipality",
    "O": "mp_operator",
    "F": "mp_finance",
}


@pytest.fixture
async def services(gateway: SmallGateway) -> Services:
    return await billing_services(gateway, used_meter())


async def enter(client: Client, gateway: SmallGateway, key: str) -> None:
    token = await gateway.sessions.open(Person(await gateway.caller(key)))
    client.session.cookie_jar.update_cookies({"session": token}, client.make_url("/"))


async def token_of(client: Client) -> str:
    async with client.get("/problems", headers=SIGNED_IN) as answer:
        found: list[str] = re.findall(r'name="formToken" value="(\w+)"', await answer.text())
    return found[0]


def test_every_page_has_a_line() -> None:
    routes = [route for module in MODULES for route in module.routes]
    assert {route.path for route in routes if route.is_page and route.method == "GET"} == PAGES.keys()


@pytest.mark.parametrize("letter", ROLES)
async def test_a_role_sees_its_pages_and_no_other(client: Client, gateway: SmallGateway, letter: str) -> None:
    await enter(client, gateway, ROLES[letter])
    for path, (address, who) in PAGES.items():
        async with client.get(address, headers=SIGNED_IN) as answer:
            wanted = {200, 404} if who == "*" or letter in who else {403}
            assert answer.status in wanted, path
            policy = answer.headers["Content-Security-Policy"].split("; ")
            assert "default-src 'none'" in policy, path
            assert not [one for one in policy if one.startswith("script-src") and "unsafe" in one], path


@pytest.mark.parametrize("letter", ROLES)
async def test_a_role_sends_its_forms_and_no_other(client: Client, gateway: SmallGateway, letter: str) -> None:
    await enter(client, gateway, ROLES[letter])
    role, token = KEYS[ROLES[letter]].role, await token_of(client)
    for route in ROUTES:
        if route.is_page and route.method == "POST" and route.roles and not route.path.endswith("sign-out"):
            path = re.sub(r"{\w+}", "none", route.path)
            async with client.post(path, data={"formToken": token, "x": "y"}, headers=SIGNED_IN) as answer:
                is_refused = answer.status == 403
            assert is_refused == (role not in route.roles), route.path


async def test_without_a_session_every_page_of_a_role_leads_to_signing_in(client: Client) -> None:
    for path, (address, who) in PAGES.items():
        async with client.get(address, headers=SIGNED_IN, allow_redirects=False) as answer:
            leads = answer.headers.get("Location", "").startswith("/portal/sign-in?next=")
        assert leads == (who != "*"), path


async def test_no_page_of_a_party_shows_what_is_anothers(client: Client, gateway: SmallGateway) -> None:
    kenmerken = {}
    for key in ("mp_supplier", "mp_other"):
        sending = {"X-API-Key": key, "Content-Type": "application/xml"}
        async with client.post("/v1/messages", data=b"<Invoice/>", headers=sending) as answer:
            kenmerken[key] = (await answer.json())["kenmerk"]
    secrets = {
        "mp_supplier": [kenmerken["mp_other"], OTHER_SUPPLIER, "Drukkerij", "key-other", "zilverstrand"],
        "mp_other": [kenmerken["mp_supplier"], SUPPLIER, "Bakkerij", "key-supplier", "zilverstrand"],
        "mp_zilverstrand": [*kenmerken.values(), "Bakkerij", "Drukkerij", "Waterrijk", "key-o", "krommevliet"],
    }
    for key, others in secrets.items():
        await enter(client, gateway, key)
        seen = 0
        for path, (address, _) in PAGES.items():
            async with client.get(address, headers=SIGNED_IN) as answer:
                page = await answer.text()
                seen += answer.status == 200
            text = page.replace(address.replace("&", "&amp;"), "")
            assert not [one for one in others if one in text], (key, path)
        assert seen >= 5


async def test_a_message_and_its_files_are_for_its_parties_and_never_shown_as_a_page_of_ours(
    client: Client, gateway: SmallGateway
) -> None:
    form = aiohttp.FormData()
    form.add_field("document", b"<Invoice/>", content_type="application/xml", filename="a.xml")
    form.add_field("attachment", b"<script>alert(1)</script>", content_type="text/html", filename="a.html")
    async with client.post("/v1/messages", data=form, headers={"X-API-Key": "mp_supplier"}) as answer:
        kenmerk = (await answer.json())["kenmerk"]
    pages = (f"/portal/messages/{kenmerk}", f"/portal/messages/{kenmerk}/proof")
    files = tuple(
        f"/v1/messages/{kenmerk}/{one}" for one in ("document", "attachments/1", "attachments/1?view=true")
    )
    wanted = {
        "mp_supplier": (200, 200),
        "mp_intermediary": (200, 200),
        "mp_municipality": (200, 200),
        "mp_other": (404, 404),
        "mp_operator": (200, 403),
        "mp_finance": (403, 403),
    }
    for key, statuses in wanted.items():
        await enter(client, gateway, key)
        for paths, status in zip((pages, files), statuses, strict=True):
            for path in paths:
                async with client.get(path, headers=SIGNED_IN) as answer:
                    assert (answer.status, path, key) == (status, path, key)
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"
                    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                    if status == 200 and paths is files:
                        assert answer.headers["Content-Disposition"].startswith("attachment; "), path
        data = {"formToken": await token_of(client), "action": "confirm"}
        async with client.post(f"/portal/messages/{kenmerk}/mailbox", data=data, headers=SIGNED_IN) as answer:
            assert answer.status == {"mp_municipality": 200}.get(key, 403 if statuses[1] == 403 else 404), key


async def test_files_of_bills_and_exports_are_downloads_of_who_may_have_them(
    client: Client, gateway: SmallGateway, services: Services
) -> None:
    assert services.billing is not None
    services.billing.service._clock = Ticking()
    bill = next(one for one in await issued(services.billing.service, SETTLE) if one.party_id == "zilverstrand")
    paths = [f"/v1/bills/{bill.number}?format={form}" for form in ("xml", "pdf")]
    exports = [f"/v1/exports/{one}?year=2026&format=csv" for one in ("bills", "entries", "journal")]
    for key in ("mp_finance", "mp_zilverstrand", "mp_municipality", "mp_supplier", "mp_operator"):
        await enter(client, gateway, key)
        for path in (*paths, *exports):
            async with client.get(path, headers=SIGNED_IN) as answer:
                may_have = key == "mp_finance" or (key == "mp_zilverstrand" and path in paths)
                assert (answer.status == 200, path, key) == (may_have, path, key)
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                if may_have:
                    assert answer.headers["Content-Disposition"].startswith("attachment; "), path
