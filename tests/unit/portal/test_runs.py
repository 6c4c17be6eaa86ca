"""A billing run in the browser: previewed, prepared, approved by another and issued."""

import re

import pytest

from gateway.api.services import Services
from gateway.messages.sessions import Person
from tests.unit.api.billed import billing_services, clock_of, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.portal.test_portal import browser
from tests.unit.small_gateway import SmallGateway

RUN = {"stage": "prepayment", "service": "digipoort", "year": "2026"}


@pytest.fixture
async def services(gateway: SmallGateway) -> Services:
    opened = await billing_services(gateway, used_meter())
    clock_of(opened).go_to("2026-03-02")
    return opened


async def sent(client: Client, path: str, key: str = "mp_finance", **form: str) -> tuple[int, str, str]:
    """The status, the address and the text of the page that follows."""
    async with client.post(path, data=form, headers=browser(key, "en")) as answer:
        page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", await answer.text()))
        return answer.status, answer.url.path, page


async def test_from_forecast_to_bill(client: Client, gateway: SmallGateway) -> None:
    await gateway.sessions.open(Person(await gateway.caller("mp_controller"), "C. Bakker"))
    form = {"partyId": "zilverstrand", "service": "digipoort", "year": "2026", "units": "1200"}
    assert (await sent(client, "/portal/billing/forecasts", **form))[0] == 200
    await sent(client, "/portal/forecasts", party="zilverstrand", service="digipoort", year="2026")
    status, _, page = await sent(client, "/portal/billing/runs", action="preview", **RUN)
    assert status == 200
    assert "Preview: prepayment Digipoort e-invoicing 2026" in page
    _, path, page = await sent(client, "/portal/billing/runs", action="prepare", **RUN)
    assert "prepared, waits for approval by another" in page
    status, _, page = await sent(client, path, action="approve")
    assert (status, "This must change first" in page) == (403, True)
    _, _, page = await sent(client, path, "mp_controller", action="approve")
    assert "approved, can be issued" in page
    assert re.search(r"Prepared by finance \(mp_finance…\) (key-\S+) Approved by C. Bakker key-", page)
    _, _, page = await sent(client, path, action="issue")
    [number] = set(re.findall(r"GD\d{4}-\d{6}", page))
    async with client.get("/portal/billing/bills?year=2026", headers=browser("mp_finance")) as answer:
        page = await answer.text()
        assert f"/v1/bills/{number}?format=pdf" in page
    async with client.get(f"/v1/bills/{number}?format=pdf", headers=browser("mp_finance")) as answer:
        assert answer.content_type == "application/pdf"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"decisions": "confirm zilverstrand"}, "each line is a kind, the id of a party and a reason"),
        ({"weights": "zilverstrand"}, "each line is the id of a party, = and its weight"),
        ({"weights": "zilverstrand=many"}, "is not like the hint says"),
        ({"service": "gas"}, "is not like the hint says"),
        ({"year": "x"}, "Year of use : must be"),
    ],
)
async def test_what_cannot_be_read_has_a_message(client: Client, change: dict[str, str], words: str) -> None:
    status, _, page = await sent(client, "/portal/billing/runs", action="preview", **(RUN | change))
    assert (status, words in page) == (400, True)
