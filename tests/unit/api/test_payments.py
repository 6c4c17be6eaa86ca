"""Payments over HTTP: a bank file pays bills, and lists and bills tell what is open."""

from datetime import date

import pytest

from gateway.api.services import Services
from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.year import YearKey
from tests.unit.api.billed import FINANCE, OPERATOR, ZILVERSTRAND, billing_services, clock_of, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.billing.billing_service import ANNA, BRAM, agreed
from tests.unit.billing.payments.camt import Line, statement
from tests.unit.small_gateway import SmallGateway

XML = {**FINANCE, "Content-Type": "application/xml"}
PREPAY = RunOrder(BillStage.PREPAYMENT, Service.DIGIPOORT, 2026, date(2026, 1, 15))


@pytest.fixture
async def services(gateway: SmallGateway) -> Services:
    """Two parties have a prepayment: GD2026-000001 of Kromme Vliet, GD2026-000002 of Zilverstrand."""
    opened = await billing_services(gateway, used_meter())
    assert opened.billing is not None
    service = opened.billing.service
    for party_id, units in (("krommevliet", 100), ("zilverstrand", 1000)):
        key = YearKey(party_id, Service.DIGIPOORT, 2026)
        await agreed(service, key, units)
    clock_of(opened).go_to(PREPAY.issued_on)
    run = await service.prepare(ANNA, PREPAY)
    await service.approve(BRAM, run.run_id)
    bills = await service.issue(ANNA, run.run_id)
    assert [bill.number for bill in bills] == ["GD2026-000001", "GD2026-000002"]
    clock_of(opened).go_to("2026-03-02")
    return opened


async def open_items(client: Client, headers: dict[str, str]) -> list[tuple[str, str, str, bool]]:
    async with client.get("/v1/open-items", headers=headers) as answer:
        assert answer.status == 200
        items = (await answer.json())["items"]
    return [(item["number"], item["open"], item["state"], item["isOverdue"]) for item in items]


async def test_a_bank_file_pays_what_it_names_once(client: Client, services: Services) -> None:
    assert await open_items(client, FINANCE) == [
        ("GD2026-000001", "59.00", "open", True),  # it is 2 March
        ("GD2026-000002", "590.00", "open", True),
    ]
    lines = [
        Line("59.00", [("59.00", "RF43GD2026000001", "")], "A1"),
        Line("500.00", [("500.00", "", "deel van GD2026-000002")], "A2"),
        Line("5.00", [("5.00", "", "lidmaatschap")], "A3"),
    ]
    for recorded, states in ((2, ["matched", "partly", "no-bill"]), (0, ["repeated", "repeated", "no-bill"])):
        async with client.post("/v1/bank-files", data=statement(lines), headers=XML) as answer:
            report = await answer.json()
        assert (report["recorded"], [item["state"] for item in report["items"]]) == (recorded, states)
    assert await open_items(client, FINANCE) == [("GD2026-000002", "90.00", "partly-paid", True)]
    assert await open_items(client, ZILVERSTRAND) == await open_items(client, FINANCE)
    async with client.get("/v1/bills?year=2026", headers=FINANCE) as answer:
        items = (await answer.json())["items"]
    assert [(one["paid"], one["paymentState"]) for one in items] == [("59.00", "paid"), ("500.00", "partly-paid")]


async def test_a_payment_by_hand_can_be_undone(client: Client) -> None:
    path = "/v1/bills/GD2026-000002/payments"
    first = {"amount": "590.00", "bookedOn": "2026-02-10", "reference": "journal 12"}
    undone = {"amount": "-590.00", "bookedOn": "2026-02-11", "reference": "journal 12, undone"}
    for body, state in ((first, "paid"), (first, "paid"), (undone, "open")):
        async with client.post(path, json=body, headers=FINANCE) as answer:
            assert (answer.status, (await answer.json())["state"]) == (200, state)
    async with client.get(path, headers=ZILVERSTRAND) as answer:
        shown = await answer.json()
    assert [one["amount"] for one in shown["payments"]] == ["590.00", "-590.00"]
    assert shown["paymentReference"].endswith("GD2026000002")


async def test_a_file_of_another_account_is_refused(client: Client) -> None:
    content = statement([Line("59.00", [("59.00", "RF43GD2026000001", "")])], iban="NL02RABO0123456789")
    async with client.post("/v1/bank-files", data=content, headers=XML) as answer:
        problem = await answer.json()
    assert (answer.status, problem["type"].rpartition("/")[2]) == (400, "bank-file-refused")
    assert "NL02RABO0123456789" in problem["detail"]


async def test_only_finance_records_and_a_party_sees_only_its_own(client: Client) -> None:
    payment = {"amount": "1.00", "bookedOn": "2026-02-10", "reference": "x"}
    for headers in (ZILVERSTRAND, OPERATOR):
        async with client.post("/v1/bills/GD2026-000002/payments", json=payment, headers=headers) as answer:
            assert answer.status == 403
    for path in ("/v1/bills/GD2026-000001/payments", "/v1/open-items?partyId=krommevliet"):
        async with client.get(path, headers=ZILVERSTRAND) as answer:
            assert answer.status == 404
