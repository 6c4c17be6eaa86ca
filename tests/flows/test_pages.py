"""The pages in a real browser, on a real gateway: on large and small screens, light and dark, in both languages,
nothing overflows, the Content-Security-Policy refuses nothing, and axe-core finds no barrier."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.portal.examples import EXAMPLES
from gateway.settings import HttpSettings, Settings
from tests.browser import Tab, needs_browser, opened_tab
from tests.flows.conftest import House, opened_house

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
    assert (address, await tab.overflow()) == (address, 0)


async def clean(tab: Tab, what: str) -> None:
    """Nothing is wrong with the page that the tab shows."""
    assert (what, await tab.barriers()) == (what, [])
    assert (what, await tab.overflow()) == (what, 0)
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
