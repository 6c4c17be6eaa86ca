"""The pages in a real browser, on a real gateway: on large and small screens, light and dark, in both languages,
nothing overflows, the Content-Security-Policy refuses nothing, and axe-core finds no barrier."""

from pathlib import Path

from gateway.portal.examples import EXAMPLES
from tests.browser import Tab, needs_browser
from tests.flows.conftest import House, numbered, sign_in
from tests.unit.portal.test_pages import PAGES

pytestmark = needs_browser
LOOKS = [(1280, False, "nl"), (390, True, "en")]
"""Width in pixels, whether dark, and language."""


async def look(tab: Tab, address: str) -> None:
    """Looks at a page in every way."""
    for width, is_dark, language in LOOKS:
        await tab.looks(width, is_dark=is_dark)
        await tab.open(f"{address}{'&' if '?' in address else '?'}lang={language}")
        await clean(tab, f"{address} {width} {language}")
    await tab.looks(320)
    assert (address, await tab.overflow()) == (address, [])


async def follow(tab: Tab, script: str) -> None:
    """Runs a script that leads to another page."""
    async with tab.leaving():
        await tab.run(script)


async def put(tab: Tab, files: list[Path]) -> None:
    """Chooses files in the field for them."""
    field = (await tab.call("Runtime.evaluate", expression="document.querySelector('#file')"))["result"][
        "objectId"
    ]
    await tab.call("DOM.setFileInputFiles", objectId=field, files=[str(one) for one in files])


async def choose(tab: Tab, files: list[Path]) -> None:
    """Chooses files where that sends them at once."""
    async with tab.leaving():
        await put(tab, files)


async def clean(tab: Tab, what: str) -> None:
    """Nothing is wrong with the page that the tab shows."""
    assert (what, await tab.barriers()) == (what, [])
    assert (what, await tab.overflow()) == (what, [])
    assert (what, tab.faults) == (what, [])


async def test_a_file_is_checked_without_a_key(portal: House, tab: Tab, tmp_path: Path) -> None:
    for path in ("/", "/examples/wrong-total", "/examples/order"):
        await look(tab, portal.address + path)
    files = [tmp_path / "factuur.xml", tmp_path / "creditnota.xml"]
    for file, example in zip(files, EXAMPLES[4:], strict=False):
        file.write_bytes(example.document)
    await tab.open(f"{portal.address}/?lang=nl")
    await choose(tab, files[:1])
    await clean(tab, "a verdict")
    await follow(
        tab, "document.querySelector('a[href^=\"#r\"]').click(); document.querySelector('.actions button').click()"
    )
    assert (
        await tab.run("document.documentElement.lang + document.querySelector('h1').innerText")
        == "enCheck of a document"
    )
    await tab.open(f"{portal.address}/?lang=nl")
    await choose(tab, files)
    await clean(tab, "a list of verdicts")
    assert "2 van 2 documenten zijn niet geldig." in await tab.run("document.body.innerText")
    assert (await portal.get("operator", "/v1/messages"))["items"] == []


async def test_the_form_works_without_scripts(portal: House, tab: Tab, tmp_path: Path) -> None:
    await tab.call("Emulation.setScriptExecutionDisabled", value=True)
    file = tmp_path / "factuur.xml"
    file.write_bytes(EXAMPLES[0].document)
    await tab.open(f"{portal.address}/?lang=nl")
    await put(tab, [file])
    await follow(tab, "document.querySelector('form.drop button').click()")
    assert "Geldig" in await tab.run("document.querySelector('.verdict').innerText")


async def test_an_invoice_goes_from_the_page_of_its_supplier_to_that_of_its_recipient(
    portal: House, tab: Tab, tmp_path: Path
) -> None:
    right, wrong = tmp_path / "factuur.xml", tmp_path / "fout.xml"
    right.write_bytes(numbered("2026-0500"))
    wrong.write_bytes(
        numbered("2026-0501")
        .replace(b"<cbc:IssueDate>", b"<cbc:Issued>")
        .replace(b"</cbc:IssueDate>", b"</cbc:Issued>")
    )
    refused = (await (await portal.send("supplier", wrong.read_bytes())).json())["kenmerk"]
    await sign_in(tab, portal, "supplier")
    await look(tab, f"{portal.address}/portal/send")
    await put(tab, [right])
    await follow(tab, "document.querySelector('form.drop button').click()")
    await clean(tab, "a verdict before sending")
    await follow(tab, "document.querySelector('form.verdict button').click()")
    where = await tab.run("location.pathname")
    for path in (where, f"{where}/proof", f"/portal/messages/{refused}", "/portal/outbox"):
        await look(tab, portal.address + path)
    assert "delivered to the recipient" in await tab.run("document.querySelector('main').innerText")
    await sign_in(tab, portal, "town")
    await look(tab, f"{portal.address}/portal/inbox")
    assert "unread" in await tab.run("document.querySelector('main').innerText")
    await follow(tab, "document.querySelector('main table a').click()")
    await follow(tab, "document.querySelector('button[value=take]').click()")
    await clean(tab, "a message that was taken")
    await follow(tab, "document.querySelector('button[value=confirm]').click()")
    await look(tab, f"{portal.address}/portal/use")
    assert (await portal.get("town", f"/v1/messages/{where.rpartition('/')[2]}"))["state"] == "confirmed"


async def test_every_page_behind_the_sign_in(portal: House, tab: Tab) -> None:
    """Each page of each role, in turn in Dutch and English: large and light, small and dark, and narrow."""
    await portal.send("supplier", numbered("P-1"))
    await portal.send("supplier", numbered("P-2").replace(b"00000001812345678000", b"00000001807777778000"))
    seen, addresses = 0, set()
    for letter, who in (("S", "supplier"), ("G", "town"), ("O", "operator"), ("F", "finance")):
        await sign_in(tab, portal, who)
        for address, roles in PAGES.values():
            if letter not in roles or (letter in "SG" and address in addresses):
                continue
            addresses.add(address)
            language = ("nl", "en")[seen % 2]
            await tab.looks(1280)
            await tab.open(f"{portal.address}{address}{'&' if '?' in address else '?'}lang={language}")
            tab.faults[:] = [one for one in tab.faults if "404" not in one]  # what is not there has a page too
            await clean(tab, f"{address} {who} {language}")
            await tab.looks(390, is_dark=True)
            assert (address, who, await tab.barriers(["color-contrast", "target-size"])) == (address, who, [])
            await tab.looks(320)
            assert (address, who, await tab.overflow()) == (address, who, [])
            seen += 1
    assert seen >= 20


async def test_what_is_wrong_with_a_form_gets_the_focus(portal: House, tab: Tab) -> None:
    await tab.open(f"{portal.address}/portal/sign-in?lang=en")
    await clean(tab, "the page to sign in")
    await tab.run("document.querySelector('#key').value = 'mp_wrong'")
    await follow(tab, "document.querySelector('main form button').click()")
    assert "This key does not work" in await tab.run("document.activeElement.innerText")
    tab.faults.clear()  # the console names the status 422
    await clean(tab, "a key that does not work")
    await sign_in(tab, portal, "operator")
    await tab.open(f"{portal.address}/portal/parties?lang=nl")
    await tab.run("document.querySelector('#f-partyId').value = 'Waterschap X!'")
    await tab.run("document.querySelector('#f-name').value = 'Waterschap X'")
    await follow(tab, "document.querySelector('form[method=post][action=\"/portal/parties\"] button').click()")
    assert "Dit moet eerst anders" in await tab.run("document.activeElement.innerText")
    tab.faults.clear()
    await clean(tab, "a form with a fault")
    await tab.run("document.querySelector('.verdict a').click()")
    assert await tab.run("document.querySelector('#f-partyId').value") == "Waterschap X!"
    await follow(tab, "document.querySelector('header form button').click()")
    assert "U bent afgemeld." in await tab.run("document.body.innerText")
