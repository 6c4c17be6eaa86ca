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
from tests.unit.portal.test_pages import PAGES

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


async def test_every_page_behind_the_sign_in(house: House, tab: Tab) -> None:
    """One look at each page of each role, in turn large and light, and small and dark."""
    await house.send("supplier", numbered("P-1"))
    await house.send("supplier", numbered("P-2").replace(b"00000001812345678000", b"00000001807777778000"))
    seen, addresses = 0, set()
    for letter, who in (("S", "supplier"), ("G", "town"), ("O", "operator"), ("F", "finance")):
        await sign_in(tab, house, who)
        for address, roles in PAGES.values():
            if letter not in roles or (letter in "SG" and address in addresses):
                continue
            addresses.add(address)
            width, is_dark, language = LOOKS[seen % len(LOOKS)]
            await tab.looks(width, is_dark=is_dark)
            await tab.open(f"{house.address}{address}{'&' if '?' in address else '?'}lang={language}")
            tab.faults[:] = [one for one in tab.faults if "404" not in one]  # what is not there has a page too
            await clean(tab, f"{address} {who} {width} {language}")
            await tab.looks(320)
            assert (address, who, await tab.overflow()) == (address, who, [])
            seen += 1
    assert seen >= 20


async def test_what_is_wrong_with_a_form_gets_the_focus(house: House, tab: Tab) -> None:
    await tab.open(f"{house.address}/portal/sign-in?lang=en")
    await clean(tab, "the page to sign in")
    await tab.run("document.querySelector('#key').value = 'mp_wrong'")
    await tab.follow("document.querySelector('main form button').click()")
    assert "This key does not work" in await tab.run("document.activeElement.innerText")
    tab.faults.clear()  # the console names the status 422
    await clean(tab, "a key that does not work")
    await sign_in(tab, house, "operator")
    await tab.open(f"{house.address}/portal/parties?lang=nl")
    await tab.run("document.querySelector('#f-partyId').value = 'Waterschap X!'")
    await tab.run("document.querySelector('#f-name').value = 'Waterschap X'")
    await tab.follow("document.querySelector('form[method=post][action=\"/portal/parties\"] button').click()")
    assert "Dit moet eerst anders" in await tab.run("document.activeElement.innerText")
    tab.faults.clear()
    await clean(tab, "a form with a fault")
    await tab.run("document.querySelector('.verdict a').click()")
    assert await tab.run("document.querySelector('#f-partyId').value") == "Waterschap X!"
    await tab.follow("document.querySelector('header form button').click()")
    assert "U bent afgemeld." in await tab.run("document.body.innerText")
