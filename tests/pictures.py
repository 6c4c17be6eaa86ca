"""Pictures of the portal for docs/reference/portal.md: `make pictures`, after a page was changed.

Runs the demo, opens every page in Chromium as somebody who may see it, and saves docs/images/portal/*.webp. Two
runs differ in kenmerken and times: a test asks that each page has a picture, not that it is the newest.
"""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.admin.billing import billing_services
from gateway.channels.channel import OpenChannel
from gateway.channels.inspection import CheckOutcome, Inspection, Inspections, SentContent, SignedPart
from gateway.client import AsyncClient
from gateway.clock import utc_now
from gateway.demo import year as demo_year
from gateway.demo.cast import INSTALLER, OFFICE, TOWN
from gateway.demo.show import play, scenes
from gateway.docs import PICTURES, picture_of
from gateway.i18n import Text
from gateway.main import Gateway, listen, open_gateway
from gateway.messages.message import MessageFilter
from gateway.messages.participants import Caller, Role
from gateway.messages.sessions import Person
from gateway.settings import HttpSettings, Settings
from gateway.store.messages.sessions import SessionStore
from tests.browser import Tab, opened_tab, running_browser

_WIDTH, _PHONE_WIDTH, _HEIGHT_MAX = 1100, 390, 1300
_QUALITY = 72
NOBODY, SUPPLIER, OFFICE_MANAGER, CLERK = "", INSTALLER.party_id, OFFICE.party_id, TOWN.party_id
OPERATOR, FINANCE = Role.OPERATOR.value, Role.FINANCE.value


@dataclass(frozen=True, slots=True)
class Picture:
    """Who sees the page, and at which address where that differs from its path; `{state}` in it is a message."""

    who: str
    address: str = ""


SHOWN: Mapping[str, Picture] = {
    "/": Picture(NOBODY),
    "/examples/{name}": Picture(NOBODY, "/examples/wrong-total"),
    "/portal/sign-in": Picture(NOBODY),
    "/portal/operations": Picture(OPERATOR),
    "/portal/operations/stuck": Picture(OPERATOR),
    "/portal/messages": Picture(OPERATOR),
    "/portal/inbox": Picture(CLERK),
    "/portal/outbox": Picture(OFFICE_MANAGER),
    "/portal/messages/{kenmerk}": Picture(OFFICE_MANAGER, "/portal/messages/{refused}"),
    "/portal/messages/{kenmerk}/proof": Picture(CLERK, "/portal/messages/{confirmed}/proof"),
    "/portal/send": Picture(SUPPLIER),
    "/portal/use": Picture(CLERK),
    "/portal/parties": Picture(OPERATOR),
    "/portal/parties/{partyId}": Picture(OPERATOR, f"/portal/parties/{INSTALLER.party_id}"),
    "/portal/usage": Picture(CLERK, f"/portal/usage?party={CLERK}&firstDay={{first}}&lastDay={{last}}"),
    "/portal/year": Picture(CLERK),
    "/portal/billing/debtors": Picture(FINANCE),
    "/portal/billing/forecasts": Picture(FINANCE),
    "/portal/billing/bills": Picture(FINANCE),
    "/portal/billing/calculator": Picture(FINANCE, "/portal/billing/calculator?forecast=12000&used=13500"),
    "/portal/billing/exports": Picture(FINANCE),
    "/portal/billing/audit": Picture(FINANCE),
    "/portal/billing/runs": Picture(FINANCE),
    "/portal/billing/runs/{runId}": Picture(FINANCE, "/portal/billing/runs/{run}"),
    "/portal/keys": Picture(OPERATOR),
    "/portal/requests": Picture(SUPPLIER),
    "/portal/requests/{number}": Picture(SUPPLIER, "/portal/requests/1"),
    "/docs": Picture(NOBODY),
    "/docs/try": Picture(NOBODY),
}
"""By path of the page."""
IN_DUTCH = ("/", "/portal/inbox", "/portal/messages/{kenmerk}", "/portal/use")
ON_PHONE = ("/", "/portal/inbox", "/portal/use")
"""Also dark, on a phone, in Dutch."""


def main() -> None:
    """Writes every picture, and removes those of pages that are gone."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, running_browser(Path(folder) / "browser") as browser:
        made = asyncio.run(_draw(Path(folder), browser))
    for picture in PICTURES.iterdir():
        if picture not in made:
            picture.unlink()
    sizes = [picture.stat().st_size for picture in made]
    sys.stdout.write(f"{len(made)} pictures, {sum(sizes):,} bytes, the largest {max(sizes):,}\n")


async def _draw(folder: Path, browser: str) -> list[Path]:
    settings = demo_year.with_issuer(Settings(data_directory=folder, http=HttpSettings(port=0)))
    async with open_gateway(settings) as gateway:
        keys = {
            role.value: (await gateway.register.new_key(role, None, "demo"))[1]
            for role in (Role.OPERATOR, Role.FINANCE)
        }
        async with listen(gateway) as address:
            await play(address, keys[OPERATOR])
            await demo_year.bill(gateway)
            await _send_unread(gateway, address)
        with_requests = OpenChannel(inspections=await _requests(gateway))
        async with listen(replace(gateway, channels=(*gateway.channels, with_requests))) as address:
            return await _draw_all(gateway, browser, address)


async def _send_unread(gateway: Gateway, address: str) -> None:
    """Two more invoices, which wait in the inbox of the municipality."""
    _, key = await gateway.register.new_key(Role.SUPPLIER, SUPPLIER, "demo")
    async with AsyncClient(address, key) as client:
        for scene in list(scenes(2, utc_now().date()))[:2]:
            await client.submit(scene.document, wait_seconds=30)


async def _draw_all(gateway: Gateway, browser: str, address: str) -> list[Path]:
    sessions = SessionStore(gateway.engines, gateway.writer, gateway.clock)
    keys = {key.party_id or key.role.value: key for key in await gateway.register.api_keys()}
    places, made = await _places(gateway), []
    for who in dict.fromkeys(page.who for page in SHOWN.values()):
        async with opened_tab(browser) as tab:
            if who:
                key = keys[who]
                caller = Caller(key.key_id, key.role, key.party_id)
                token = await sessions.open(Person(caller), is_link=True)
                await tab.open(f"{address}/portal/links/{token}")
            for path, page in SHOWN.items():
                if page.who == who:
                    made += await _draw_page(tab, path, address + (page.address or path).format(**places))
    return made


async def _draw_page(tab: Tab, path: str, url: str) -> list[Path]:
    """The picture of the page, and of some also those in Dutch and on a phone."""
    looks = [("en", _WIDTH, False)]
    looks += [("nl", _WIDTH, False)] if path in IN_DUTCH else []
    looks += [("nl", _PHONE_WIDTH, True)] if path in ON_PHONE else []
    made = []
    for language, width, is_dark in looks:
        await tab.looks(width, is_dark=is_dark)
        await tab.open(f"{url}{'&' if '?' in url else '?'}lang={language}")
        height = min(_HEIGHT_MAX, await tab.run("document.documentElement.scrollHeight"))
        made.append(PICTURES / picture_of(path, language, is_dark=is_dark))
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        await tab.picture(made[-1], format="webp", quality=_QUALITY, clip=clip)
    return made


async def _places(gateway: Gateway) -> dict[str, str]:
    """What the addresses of `SHOWN` have in braces."""
    day = gateway.clock().date()
    page = await gateway.store.page(MessageFilter(None), None, 100)
    messages = {one.state.value: one.kenmerk for one in page.items}
    billing = billing_services(gateway.settings, gateway.engines, gateway.writer, gateway.clock, gateway.register)
    assert billing is not None
    run = (await billing.store.runs(1))[0].run_id
    return messages | {"run": run, "first": f"{day.year}-01-01", "last": str(day)}


async def _requests(gateway: Gateway) -> Inspections:
    """A SOAP request of the supplier as a sandbox shows it: its document was changed after it was signed."""
    kept = Inspections(gateway.clock)
    kept.keep(
        Inspection(
            number=kept.next_number(),
            party_id=SUPPLIER,
            at=gateway.clock(),
            operation="aanleveren",
            request_line="POST /wus/aanleverservice/1.2 HTTP/1.1",
            status=500,
            refusal=Text("the digest of {part} differs", part="Body"),
            headers=(("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", '""')),
            body="<s:Envelope>…</s:Envelope>",
            body_bytes=14_280,
            contents=(SentContent("factuur.xml", "application/xml", 9_120, False),),
            checks=(
                CheckOutcome(Text("signature"), False),
                CheckOutcome(Text("content"), None),
            ),
            parts=(
                SignedPart("Timestamp", "q2xMXXMCA5xo+R8b0bsPZg==", "q2xMXXMCA5xo+R8b0bsPZg=="),
                SignedPart("Body", "Jm8zr0TtzKHG1mS7yBVUdA==", "9l0sWIH0gTdYwS1Xh0mZfw==", "<s:Body>…</s:Body>"),
            ),
        )
    )
    return kept


if __name__ == "__main__":
    main()
