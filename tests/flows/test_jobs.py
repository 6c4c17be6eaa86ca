"""Whole jobs of people in the portal, in a real browser, from their first page to what they came for."""

from datetime import UTC, datetime
from pathlib import Path

from gateway.messages.participants import Role
from tests.browser import Tab, needs_browser, opened_tab
from tests.flows.conftest import House, numbered, sign_in
from tests.flows.test_billing_runs import PREPAY, agreed, issued
from tests.samples import invoice

pytestmark = needs_browser
DEBTOR = {
    "Id of the party": "town",
    "Name": "Gemeente Zilverstrand",
    "OIN": "00000001812345678000",
    "Street and number": "Raadhuisplein 1",
    "Postcode": "4399 AA",
    "City": "Zilverstrand",
}
CHOOSE = "Invoice or credit note"
SEARCH = "Number, party, amount or day"
TABS_MAX = 40


async def reach(tab: Tab, what: str) -> None:
    """Goes on with the Tab key until this has the focus. Something always has it."""
    for _ in range(TABS_MAX):
        await tab.press("Tab")
        focused = await tab.focused()
        assert focused, (what, await tab.text("body"))
        if focused.startswith(what):
            return
    raise AssertionError(f"the Tab key does not lead to {what}")


async def enter(tab: Tab) -> None:
    """Presses Enter on what leads to another page."""
    async with tab.leaving():
        await tab.press("Enter")


async def second_person_of_finance(house: House) -> None:
    house.keys["controller"] = (await house.gateway.register.new_key(Role.FINANCE, None, "test"))[1]


async def test_a_wrong_invoice_is_corrected_sent_and_confirmed(
    portal: House, browser: str, tab: Tab, tmp_path: Path
) -> None:
    right, wrong = tmp_path / "right.xml", tmp_path / "wrong.xml"
    right.write_bytes(numbered("2026-0600"))
    wrong.write_bytes(numbered("2026-0600").replace(b">6.35</cbc:TaxInclusive", b">6.53</cbc:TaxInclusive"))
    await sign_in(tab, portal, "supplier", "en")
    await tab.go("link", "Send")
    await tab.attach(CHOOSE, wrong)
    await tab.go("button", "Check, and then send")
    verdict = await tab.text()
    assert "The document has not been sent. As it is, it would be refused" in verdict
    assert "Invoice total amount with VAT (BT-112) = Invoice total amount without VAT (BT-109) +" in verdict
    assert "The two sides differ by 0.18: correct one of the amounts." in verdict
    assert "Send now" not in await tab.names("button")
    await tab.go("link", "Choose another document")
    await tab.attach(CHOOSE, right)
    await tab.go("button", "Check, and then send")
    assert "The document is right and has not been sent yet." in await tab.text()
    await tab.go("button", "Send now")
    assert "State\ndelivered to the recipient" in await tab.text()
    async with opened_tab(browser) as clerk:
        await sign_in(clerk, portal, "town", "en")
        await clerk.go("link", "Invoice 2026-0600")
        await clerk.go("link", "Read the document")
        assert "Groenbedrijf De Wilgenroos B.V." in await clerk.text("body")
        await clerk.open(f"{portal.address}/portal/inbox")
        assert "unread" in await clerk.text("tbody")
        await clerk.go("link", "Invoice 2026-0600")
        await clerk.go("button", "Take")
        assert "Taken until" in await clerk.text()
        await clerk.go("button", "Confirm receipt")
        assert "Confirm receipt" not in await clerk.names("button")
    await tab.open(f"{portal.address}/portal/outbox")
    assert "delivered and confirmed by the recipient" in await tab.text("tbody")


async def test_a_forecast_becomes_a_bill(portal: House, browser: str, tab: Tab) -> None:
    await second_person_of_finance(portal)
    portal.clock.now = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
    async with opened_tab(browser) as finance:
        await sign_in(finance, portal, "finance", "en")
        await finance.go("link", "Debtors")
        for label, text in DEBTOR.items():
            await finance.fill(label, text)
        await finance.go("button", "Save")
        await sign_in(tab, portal, "town", "nl")
        await tab.go("link", "Factureringsjaar")
        await tab.fill("Verwacht gebruik Digipoort e-factureren 2026", "1000")
        await tab.go("button", "Opslaan Digipoort e-factureren 2026")
        assert "1.000, nog geen akkoord" in await tab.text()
        await finance.go("link", "Billing year")
        await finance.go("button", "Agree Digipoort e-invoicing 2026: Gemeente")
        await finance.go("link", "Runs")
        await finance.pick("Stage", "prepayment")
        await finance.go("button", "Prepare")
        run = str(await finance.run("location.href"))
        await finance.go("button", "Approve")
        assert "so another person has to approve it" in await finance.focused()
        await approve(browser, portal, run)
        await finance.open(run)
        await finance.go("button", "Issue")
        assert "✓ issued" in await finance.text()
    await tab.go("link", "Verbruik en facturen")
    assert "vooruitbetaling Digipoort e-factureren 2026" in await tab.text()
    assert "€ 590,00" in (await tab.text("table[aria-labelledby=bills]")).replace("\N{NO-BREAK SPACE}", " ")
    for name, media_type in (("PDF", "application/pdf"), ("XML", "application/xml")):
        await tab.find("link", f"{name} 2026-000001")
        link = f"[...document.links].find(one => one.textContent === '{name} 2026-000001')"
        href = await tab.run(f"{link}.getAttribute('href')")
        async with portal.session.get(href, headers=portal.as_("town")) as answer:
            assert (answer.status, answer.content_type) == (200, media_type)


async def approve(browser: str, house: House, run: str) -> None:
    """The other person of finance looks at the amount and approves it."""
    async with opened_tab(browser) as controller:
        await sign_in(controller, house, "controller", "en")
        await controller.open(run)
        assert "€590.00" in await controller.text()
        await controller.go("button", "Approve")
        assert "approved, can be issued" in await controller.text()


async def test_the_operator_finds_what_a_caller_asks_about(portal: House, tab: Tab) -> None:
    await portal.send("supplier", numbered("2026-0611"))
    await portal.send("supplier", numbered("2026-0722", invoice(3)))
    await portal.send("other", numbered("2026-0833").replace(b"90817263", b"11223344"))
    await sign_in(tab, portal, "operator", "en")
    await tab.go("link", "Messages")
    found = {
        "0722": ["2026-0722"],
        "andere": ["2026-0833"],
        "47,80": ["2026-0722"],
        "6.35": ["2026-0833", "2026-0611"],
    }
    for words, numbers in found.items():
        await tab.fill(SEARCH, words, role="searchbox")
        await tab.go("button", "Search")
        shown = [name for name in await tab.names("link") if name.startswith("Invoice ")]
        assert (words, shown) == (words, [f"Invoice {number}" for number in numbers])


async def test_the_keyboard_is_enough_to_send_a_document(portal: House, tab: Tab, tmp_path: Path) -> None:
    right = tmp_path / "right.xml"
    right.write_bytes(numbered("2026-0601"))
    await tab.open(f"{portal.address}/portal/sign-in?lang=en")
    await reach(tab, "To the content")
    await tab.press("Enter")
    await tab.press("Tab")
    assert await tab.focused() == "API key"
    await tab.type("mp_wrong")
    await enter(tab)
    assert (await tab.focused()).startswith("You are not signed in")
    await reach(tab, "This key does not work")
    await tab.press("Enter")
    assert await tab.focused() == "API key"
    await tab.type(portal.keys["supplier"])
    await enter(tab)
    await reach(tab, "Send")
    await enter(tab)
    await reach(tab, CHOOSE)
    await tab.attach(CHOOSE, right)  # from here the dialog of the system has the keyboard
    await reach(tab, "Check, and then send")
    await enter(tab)
    assert "✓ Valid" in await tab.text()
    await reach(tab, "Send now")
    await enter(tab)
    assert "State\ndelivered to the recipient" in await tab.text()
    await reach(tab, "Sign out")
    await enter(tab)
    assert "You are signed out." in await tab.text()


async def test_paper_has_the_document_and_no_navigation(portal: House, tab: Tab) -> None:
    await second_person_of_finance(portal)
    await agreed(portal, 1000)
    await issued(portal, PREPAY)
    kenmerk = (await (await portal.send("supplier", numbered("2026-0602"))).json())["kenmerk"]
    await sign_in(tab, portal, "town", "en")
    around = ("navigation", "button", "combobox", "contentinfo", "banner")
    for path, shown in (
        (f"messages/{kenmerk}", "Levering uit voorraad volgens opdracht"),
        ("use?year=2026", "2026-000001"),
    ):
        await tab.looks(1280)
        await tab.open(f"{portal.address}/portal/{path}")
        assert all([await tab.names("navigation"), await tab.names("button")]), path
        await tab.looks(1280, media="print")
        assert (path, [one for role in around for one in await tab.names(role)]) == (path, [])
        assert shown in await tab.names("StaticText")


async def test_the_chart_of_use_says_its_numbers(portal: House, tab: Tab) -> None:
    await agreed(portal, 1000)
    for number in ("2026-0603", "2026-0604"):
        await portal.send("supplier", numbered(number))
    await sign_in(tab, portal, "town", "en")
    await tab.go("link", "Use and bills")
    [label] = await tab.names("image")
    assert label == "Used until 23 November 2026: 2. Forecast: 1,000."
    assert "Used until 23 November 2026\n2\nForecast\n1,000" in await tab.text()
    await tab.click("DisclosureTriangle", "By month")
    assert "November 2026\t2" in await tab.text()
