"""The pages in a real browser, on a real gateway: on large and small screens, light and dark, in both languages,
nothing overflows, the Content-Security-Policy refuses nothing, and axe-core finds no barrier."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.portal.examples import EXAMPLES
from gateway.settings import HttpSettings, Settings
from tests.browser import Tab, needs_browser, opened_tab
from tests.flows.conftest import House, numbered, opened_house

pytestmark = needs_browser
LOOKS = [(1280, False, "nl"), (390, True, "en")]
"""Width in pixels, whether dark, and language."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway on SQLite: what pages show does not depend on the database."""
    async with opened_house(Settings(data_directory=tmp_path, http=HttpSettings(port=0))) as made:
        yield made


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    """A tab of a real browser."""
    async with opened_tab(tmp_path / "browser") as made:
        yield made


async def look(tab: Tab, address: str) -> None:
    """Looks at a page in every way."""
    for width, is_dark, language in LOOKS:
        await tab.looks(width, is_dark=is_dark)
        await tab.open(f"{address}{'&' if '?' in address else '?'}lang={language}")
        await clean(tab, f"{address} {width} {language}")
    await tab.looks(320)
    assert (address, await tab.overflow()) == (address, [])


async def clean(tab: Tab, what: str) -> None:
    """Nothing is wrong with the page that the tab shows."""
    assert (what, await tab.barriers()) == (what, [])
    assert (what, await tab.overflow()) == (what, [])
    assert (what, tab.faults) == (what, [])


async def test_a_file_is_checked_without_a_key(house: House, tab: Tab, tmp_path: Path) -> None:
    for path in ("/", "/examples/wrong-total", "/examples/order"):
        await look(tab, house.address + path)
    files = [tmp_path / "factuur.xml", tmp_path / "creditnota.xml"]
    for file, example in zip(files, EXAMPLES[4:], strict=False):
        file.write_bytes(example.document)
    await tab.open(f"{house.address}/?lang=nl")
    await tab.choose("#file", files[:1])
    await clean(tab, "a verdict")
    await tab.follow(
        "document.querySelector('a[href^=\"#r\"]').click(); document.querySelector('.actions button').click()"
    )
    assert (
        await tab.run("document.documentElement.lang + document.querySelector('h1').innerText")
        == "enCheck of a document"
    )
    await tab.open(f"{house.address}/?lang=nl")
    await tab.choose("#file", files)
    await clean(tab, "a list of verdicts")
    assert "2 van 2 documenten zijn niet geldig." in await tab.run("document.body.innerText")
    assert (await house.get("operator", "/v1/messages"))["items"] == []


async def test_the_form_works_without_scripts(house: House, tab: Tab, tmp_path: Path) -> None:
    await tab.call("Emulation.setScriptExecutionDisabled", value=True)
    file = tmp_path / "factuur.xml"
    file.write_bytes(EXAMPLES[0].document)
    await tab.open(f"{house.address}/?lang=nl")
    await tab.put("#file", [file])
    await tab.follow("document.querySelector('form.drop button').click()")
    assert "Geldig" in await tab.run("document.querySelector('.verdict').innerText")


async def sign_in(tab: Tab, house: House, who: str) -> None:
    await tab.call("Network.clearBrowserCookies")
    await tab.open(f"{house.address}/portal/sign-in?lang=nl")
    key = json.dumps(house.keys[who])
    await tab.follow(
        f"document.querySelector('input[name=key]').value = {key}; document.querySelector('main form').submit()"
    )


async def test_an_invoice_goes_from_the_page_of_its_supplier_to_that_of_its_recipient(
    house: House, tab: Tab, tmp_path: Path
) -> None:
    right, wrong = tmp_path / "factuur.xml", tmp_path / "fout.xml"
    right.write_bytes(numbered("2026-0500"))
    wrong.write_bytes(
        numbered("2026-0501")
        .replace(b"<cbc:IssueDate>", b"<cbc:Issued>")
        .replace(b"</cbc:IssueDate>", b"</cbc:Issued>")
    )
    refused = (await (await house.send("supplier", wrong.read_bytes())).json())["kenmerk"]
    await sign_in(tab, house, "supplier")
    await look(tab, f"{house.address}/portal/send")
    await tab.put("#file", [right])
    await tab.follow("document.querySelector('form.drop button').click()")
    await clean(tab, "a verdict before sending")
    await tab.follow("document.querySelector('form.verdict button').click()")
    where = await tab.run("location.pathname")
    for path in (where, f"{where}/proof", f"/portal/messages/{refused}", "/portal/outbox"):
        await look(tab, house.address + path)
    assert "delivered to the recipient" in await tab.run("document.querySelector('main').innerText")
    await sign_in(tab, house, "town")
    await look(tab, f"{house.address}/portal/inbox")
    assert "unread" in await tab.run("document.querySelector('main').innerText")
    await tab.follow("document.querySelector('main table a').click()")
    await tab.follow("document.querySelector('button[value=take]').click()")
    await clean(tab, "a message that was taken")
    await tab.follow("document.querySelector('button[value=confirm]').click()")
    await look(tab, f"{house.address}/portal/use")
    assert (await house.get("town", f"/v1/messages/{where.rpartition('/')[2]}"))["state"] == "confirmed"
