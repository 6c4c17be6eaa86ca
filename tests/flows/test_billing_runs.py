"""A billing year over HTTP on a whole gateway: messages are counted, billed by two keys, sent to the mailbox."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from gateway.admin.billing import billing_service
from gateway.billing.rating.services import Service
from gateway.billing.runs.bills_audit import audit_bills
from gateway.billing.runs.service import BillingService
from gateway.cli.billing_year import _write_mail
from gateway.messages.participants import Role
from gateway.settings import DatabaseSettings, HttpSettings, Settings
from tests.flows.conftest import ISSUER, TOWN, House, numbered, opened_house
from tests.waiting import WAIT_SECONDS_MAX

Json = dict[str, Any]  # what JSON holds, at the edge
RUNS = "/v1/billing-runs"
SERVICE = Service.DIGIPOORT
DEBTOR: Json = {
    "name": "Gemeente Zilverstrand",
    "oin": TOWN.value,
    "kind": "non-rijk",
    "address": {"street": "Raadhuisplein 1", "zipCode": "4399 AA", "city": "Zilverstrand"},
    "email": "crediteuren@zilverstrand.example",
}
PREPAY: Json = {"stage": "prepayment", "service": "digipoort", "year": 2026, "issuedOn": "2026-01-15"}
PREPAID_AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SETTLE: Json = PREPAY | {"stage": "settlement", "issuedOn": "2027-02-15"}


@pytest.fixture
async def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A gateway that says who bills and sends it soon, with a second key for finance."""
    monkeypatch.setattr(import_module("gateway.jobs.send_bills"), "CHECK_SECONDS", 0.2)
    settings = Settings(
        data_directory=tmp_path,
        database=DatabaseSettings(url=database_url),
        http=HttpSettings(port=0, public_url="https://poort.delta.example"),
        billing=ISSUER,
    )
    async with opened_house(settings) as made:
        made.keys["controller"] = (await made.gateway.register.new_key(Role.FINANCE, None, "test"))[1]
        yield made


async def ask(house: House, method: str, path: str, body: object = None, who: str = "finance") -> Json:
    """The JSON of an answer that has to succeed."""
    async with house.session.request(method, path, json=body, headers=house.as_(who)) as answer:
        assert answer.status == 200, await answer.text()
        found: Json = await answer.json()
        return found


async def agreed(house: House, units: int) -> None:
    """A forecast of the town, agreed on."""
    await ask(house, "PUT", "/v1/debtors/town", DEBTOR)
    await ask(house, "PUT", "/v1/parties/town/forecasts/2026", {"units": units, "means": "letter"})
    await ask(house, "PUT", "/v1/parties/town/forecasts/2026/agreement", {})


async def issued(house: House, order: Mapping[str, object]) -> list[Json]:
    house.clock.now = datetime.fromisoformat(f"{order['issuedOn']}T12:00:00+00:00")
    run = await ask(house, "POST", RUNS, order)
    await ask(house, "PUT", f"{RUNS}/{run['runId']}/approval", who="controller")
    bills: list[Json] = (await ask(house, "PUT", f"{RUNS}/{run['runId']}/issue"))["items"]
    return bills


async def test_from_messages_to_bills_in_the_mailbox(house: House) -> None:
    await agreed(house, 2)
    (prepaid,) = await issued(house, PREPAY)
    house.clock.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    for number in ("F-1", "F-2", "F-3"):
        assert (await house.send("supplier", numbered(number))).status == 201
    (settled,) = await issued(house, SETTLE)
    assert (prepaid["including"], settled["including"]) == ("1.18", "0.59")
    explained = await ask(house, "GET", f"/v1/bills/{settled['number']}/explanation", who="town")
    assert explained["counted"] == {"delivered-to": 3}
    entries = await ask(house, "GET", explained["entries"], who="town")
    sent = {entry["kenmerk"] for entry in entries["items"]}
    boxes = await mailbox(house, messages=5)
    assert sent < {item["kenmerk"] for item in boxes}
    assert {prepaid["number"], settled["number"]} <= {item["number"] for item in boxes}
    (link,) = {line["link"] for line in settled["lines"] if line["link"]}
    assert "firstDay=2026-01-01&lastDay=2026-12-31" in link
    assert "firstDay=2026-01-01&lastDay=2026-12-31" in explained["entries"]
    assert (await audit_bills(billing_of(house).store)).faults == ()


def billing_of(house: House) -> BillingService:
    """Billing on the gateway's database."""
    gateway = house.gateway
    return billing_service(gateway.settings, gateway.engines, gateway.writer, house.clock, gateway.register.by_id)


async def mailbox(house: House, messages: int) -> list[Json]:
    """The town's mailbox once it holds so many messages: the server sends bills by itself."""
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while True:
            items: list[Json] = (await ask(house, "GET", "/v1/mailbox/messages", who="town"))["items"]
            if len(items) >= messages:
                return items
            await asyncio.sleep(0.2)


async def test_two_that_issue_at_once_issue_once(house: House) -> None:
    await agreed(house, 1000)
    house.clock.now = PREPAID_AT
    run = await ask(house, "POST", RUNS, PREPAY)
    await ask(house, "PUT", f"{RUNS}/{run['runId']}/approval", who="controller")
    address = f"{RUNS}/{run['runId']}/issue"
    answers = await asyncio.gather(*(ask(house, "PUT", address, who=who) for who in ("finance", "controller") * 3))
    assert all(answer == answers[0] for answer in answers)
    assert [bill["number"] for bill in answers[0]["items"]] == ["2026-000001"]
    assert len((await ask(house, "GET", "/v1/bills?year=2026"))["items"]) == 1


async def test_a_bill_that_our_own_validator_refuses_gets_no_number(house: House) -> None:
    """A country that is in no list (BR-CL-14)."""
    nowhere = DEBTOR | {"address": DEBTOR["address"] | {"country": "XX"}}
    await agreed(house, 1000)
    await ask(house, "PUT", "/v1/debtors/town", nowhere)
    house.clock.now = PREPAID_AT
    run = await ask(house, "POST", RUNS, PREPAY)
    await ask(house, "PUT", f"{RUNS}/{run['runId']}/approval", who="controller")
    async with house.session.put(f"{RUNS}/{run['runId']}/issue", headers=house.as_("finance")) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["type"].rpartition("/")[2]) == (409, "bill-rejected")
    assert "BR-CL-14" in problem["detail"]
    assert (await ask(house, "GET", "/v1/bills?year=2026"))["items"] == []


async def test_a_warning_becomes_a_mail_once(house: House, tmp_path: Path) -> None:
    await agreed(house, 1)
    await issued(house, PREPAY)
    house.clock.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    for number in ("F-1", "F-2"):
        assert (await house.send("supplier", numbered(number))).status == 201
    (warned,) = (await ask(house, "GET", "/v1/warnings"))["items"]
    assert (warned["status"], warned["used"], warned["prepaid"]) == ("over", 2, 1)
    billing = billing_of(house)
    (found,) = await billing.warnings(SERVICE, house.clock().date())
    for written in ("digipoort.2026.town.over.eml", "written before"):
        assert _write_mail(found, billing.issuer, tmp_path) == written
    message = message_from_bytes((tmp_path / f"{found.name}.eml").read_bytes(), policy=policy.default)
    assert "Beste Gemeente Zilverstrand" in message.get_content()
