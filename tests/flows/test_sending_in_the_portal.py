"""Documents that people send from the portal, on a real gateway: an intermediary for its suppliers, with an
attachment; a government an order and a time card."""

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from gateway.messages.lifecycle import State
from gateway.portal.examples import EXAMPLES
from gateway.settings import HttpSettings, Settings
from tests.flows.conftest import SUPPLIER, House, numbered, opened_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway on SQLite: what pages do does not depend on the database."""
    async with opened_house(Settings(data_directory=tmp_path, http=HttpSettings(port=0))) as made:
        yield made


async def page(house: House, who: str, path: str) -> str:
    headers = house.as_(who) | {"Accept": "text/html", "Accept-Language": "en"}
    async with house.session.get(path, headers=headers) as answer:
        assert answer.status == 200
        return await answer.text()


async def send(house: House, who: str, document: bytes, by: str = "", attachment: bytes = b"") -> str:
    """Choose the document, confirm what the verdict says, and follow it; the kenmerk."""
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(document), filename="document.xml")
    form.add_field("onBehalfOf", by)
    if attachment:
        form.add_field("attachment", io.BytesIO(attachment), filename="bon.pdf", content_type="application/pdf")
    headers = house.as_(who) | {"Accept": "text/html", "Accept-Language": "en"}
    async with house.session.post("/portal/send", data=form, headers=headers) as answer:
        text = await answer.text()
    assert "Send now" in text, re.sub(r"<[^>]+>|\s+", " ", text)
    again = aiohttp.FormData(default_to_multipart=True)
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text):
        again.add_field(name, value)
    async with house.session.post("/portal/send", data=again, headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303
        kenmerk = answer.headers["Location"].rpartition("/")[2]
    await house.settled(kenmerk)
    return kenmerk


async def test_an_intermediary_sends_for_its_suppliers_and_follows_each(house: House) -> None:
    pdf = b"%PDF-1.7 a receipt"
    declared = await send(house, "bridge", numbered("B-1"), str(SUPPLIER), pdf)
    named = await send(house, "bridge", numbered("B-2"))
    for kenmerk in (declared, named):
        message = await house.gateway.store.message(kenmerk, None)
        assert message is not None
        assert (message.state, message.submitter_id, message.sender_id) == (State.DELIVERED, "bridge", "supplier")
    outbox = await page(house, "bridge", "/portal/outbox?sender=supplier")
    assert (outbox.count(declared), outbox.count(named), "for Leverancier" in outbox) == (1, 1, True)
    assert declared not in await page(house, "bridge", "/portal/outbox?sender=bridge")
    assert declared in await page(house, "supplier", "/portal/outbox")
    assert declared not in await page(house, "other", "/portal/outbox")
    received = await page(house, "town", f"/portal/messages/{declared}")
    [href] = re.findall(r'<a href="([^"]+)">bon.pdf</a>', received)
    async with house.session.get(href, headers=house.as_("town")) as answer:
        assert (answer.content_type, await answer.read()) == ("application/pdf", pdf)


@pytest.mark.parametrize("name", ["order", "time-card"])
async def test_a_government_sends_an_order_and_a_time_card(house: House, name: str) -> None:
    document = next(one.document for one in EXAMPLES if one.name == name)
    kenmerk = await send(house, "town", document)
    message = await house.gateway.store.message(kenmerk, None)
    assert message is not None
    assert (message.state, message.sender_id) == (State.DELIVERED, "town"), message
    assert kenmerk in await page(house, "supplier", "/portal/inbox")
