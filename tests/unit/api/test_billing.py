"""Usage, forecasts, bills and exports over HTTP, on a real billing service and a real database."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from pyarrow import parquet

from gateway.api.exports import JOURNAL_TYPES, PARQUET, TABLE_TYPES, XLSX
from gateway.api.services import Services
from gateway.billing.documents.bill import BillStage
from gateway.billing.documents.journals import JournalFormat, write_journal
from gateway.billing.documents.postings import journal
from gateway.billing.rating.services import Service
from gateway.billing.runs.run import RunOrder
from gateway.metering.entry import UsageEntry, UsageKind
from gateway.metering.export import ENTRIES, Format, write_export
from gateway.metering.statement import EntrySelection
from gateway.testing.doubles import MemoryUsageCounts
from tests.unit.api.billed import FINANCE, OPERATOR, ZILVERSTRAND, billing_services, clock_of, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.billing.billing_service import ANNA, BRAM, ISSUER
from tests.unit.small_gateway import SmallGateway

FORECAST = "/v1/parties/zilverstrand/forecasts/2026"
PREPAY = RunOrder(BillStage.PREPAYMENT, Service.DIGIPOORT, 2026, date(2026, 1, 15))


@pytest.fixture
def meter() -> MemoryUsageCounts:
    """Two parties' use around New Year."""
    return used_meter()


@pytest.fixture
async def services(gateway: SmallGateway, meter: MemoryUsageCounts) -> Services:
    """The services, with billing."""
    return await billing_services(gateway, meter)


async def _issued(client: Client, services: Services) -> str:
    """A forecast of 1,000 messages, prepaid; the number of the bill."""
    async with client.put(FORECAST, json={"units": 1000, "means": "brief"}, headers=FINANCE) as answer:
        assert answer.status == 200
    async with client.put(f"{FORECAST}/agreement", json={}, headers=FINANCE) as answer:
        assert answer.status == 200
    assert services.billing is not None
    clock_of(services).go_to(PREPAY.issued_on)
    run = await services.billing.service.prepare(ANNA, PREPAY)
    await services.billing.service.approve(BRAM, run.run_id)
    bills = await services.billing.service.issue(ANNA, run.run_id)
    return next(bill.number for bill in bills if bill.debtor.party_id == "zilverstrand")


async def test_a_party_sees_what_it_used_by_amsterdam_day(client: Client) -> None:
    days = {"firstDay": "2026-01-01", "lastDay": "2026-12-31"}
    async with client.get("/v1/parties/zilverstrand/usage", params=days, headers=ZILVERSTRAND) as answer:
        usage = await answer.json()
    assert (usage["units"], usage["byKind"]) == (4, {"delivered-to": 2, "submitted-by": 2})
    assert usage["days"] == [{"day": "2026-01-01", "units": 2}, {"day": "2026-03-01", "units": 2}]


async def test_without_days_it_is_the_billing_year_so_far(client: Client) -> None:
    async with client.get("/v1/parties/zilverstrand/usage", headers=FINANCE) as answer:
        usage = await answer.json()
    assert (usage["firstDay"], usage["lastDay"], usage["units"]) == ("2026-01-01", "2026-03-02", 4)


async def test_entries_come_in_pages_and_add_up(client: Client) -> None:
    address: str | None = "/v1/parties/zilverstrand/usage/entries?limit=2&firstDay=2025-01-01&lastDay=2026-12-31"
    quantities: list[int] = []
    while address:
        async with client.get(address, headers=ZILVERSTRAND) as answer:
            page = await answer.json()
        quantities += [entry["quantity"] for entry in page["items"]]
        address = page["links"]["next"]
    assert quantities == [1, 2, 3, -1]


def read_table(content: bytes, form: Format, name: str) -> list[dict[str, object]]:
    """The rows of an export, by readers that are not ours."""
    if form is Format.PARQUET:
        return [dict(row) for row in parquet.read_table(io.BytesIO(content)).to_pylist()]
    if form is Format.XLSX:
        heads, *rows = openpyxl.load_workbook(io.BytesIO(content))[name].iter_rows(values_only=True)
        return [dict(zip(map(str, heads), row, strict=True)) for row in rows]
    if form is Format.JSON:
        return [json.loads(line) for line in content.splitlines()]
    separator = ";" if form is Format.CSV_NL else ","
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    rows = [dict(row) for row in csv.DictReader(text, delimiter=separator)]
    return [{name: re.sub(r"^(-?\d+),(\d+)$", r"\1.\2", cell) for name, cell in row.items()} for row in rows]


@pytest.mark.parametrize(
    ("accept", "media_type", "begins"),
    [
        (XLSX, XLSX, b"PK"),
        (PARQUET, PARQUET, b"PAR1"),
        ("text/csv", "text/csv", b"number,"),
        ("*/*", "text/csv", b"number,"),
        ("application/jsonl;q=0.5, text/csv;q=0.1", "application/jsonl", b"{"),
    ],
)
@pytest.mark.parametrize("what", ["bills", "journal"])
async def test_accept_chooses_the_format(
    client: Client, services: Services, what: str, accept: str, media_type: str, begins: bytes
) -> None:
    await _issued(client, services)
    if what == "journal" and "jsonl" in accept:
        accept, media_type = "application/json", "application/json"
    headers = FINANCE | {"Accept": accept}
    async with client.get(f"/v1/exports/{what}", params={"year": "2026"}, headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, media_type)
        assert "Accept" in answer.headers["Vary"]
        assert (await answer.read()).startswith(begins)


async def test_a_type_that_no_export_has_is_not_acceptable(client: Client) -> None:
    async with client.get("/v1/exports/bills", headers=FINANCE | {"Accept": "image/png"}) as answer:
        assert answer.status == 406


async def test_usage_and_its_export_say_the_same(client: Client) -> None:
    async with client.get("/v1/usage", headers=FINANCE) as answer:
        items = (await answer.json())["items"]
    async with client.get("/v1/exports/usage", headers=FINANCE) as answer:
        rows = list(csv.DictReader(io.StringIO(await answer.text())))
    assert [(row["partyId"], row["kind"], int(row["units"])) for row in rows] == [
        (item["partyId"], item["kind"], item["units"]) for item in items
    ]
    assert sum(int(row["units"]) for row in rows) == 11


async def test_a_forecast_holds_and_saying_it_again_changes_nothing(client: Client) -> None:
    for _ in range(2):
        async with client.put(FORECAST, json={"units": 1000, "means": "brief"}, headers=FINANCE) as answer:
            forecast = await answer.json()
    assert (forecast["units"], forecast["isPrepaid"]) == (1000, False)
    async with client.get("/v1/forecasts", params={"year": "2026"}, headers=ZILVERSTRAND) as answer:
        assert (await answer.json())["items"] == [forecast]


async def test_a_bill_is_shown_to_its_debtor(client: Client, services: Services) -> None:
    """1,000 messages at EUR 0.59 including VAT are 590.00: 487.60 and 102.40 (Logius, catalogue of 2017)."""
    number = await _issued(client, services)
    async with client.get(f"/v1/bills/{number}", headers=ZILVERSTRAND) as answer:
        bill = await answer.json()
    assert (bill["excluding"], bill["vat"], bill["including"]) == ("487.60", "102.40", "590.00")
    for media_type, begins in (("application/xml", b"<?xml"), ("application/pdf", b"%PDF")):
        async with client.get(f"/v1/bills/{number}", headers={**ZILVERSTRAND, "Accept": media_type}) as answer:
            assert answer.content_type == media_type
            assert (await answer.read()).startswith(begins)


async def test_bills_and_their_export_say_the_same(client: Client, services: Services) -> None:
    number = await _issued(client, services)
    async with client.get("/v1/bills", headers=ZILVERSTRAND) as answer:
        assert [bill["number"] for bill in (await answer.json())["items"]] == [number]
    async with client.get("/v1/exports/bills", headers=FINANCE) as answer:
        rows = list(csv.DictReader(io.StringIO(await answer.text())))
    assert ("590.00", number) in {(row["including"], row["number"]) for row in rows}


@pytest.mark.parametrize("form", Format)
async def test_entries_come_as_the_export_writes_them(client: Client, services: Services, form: Format) -> None:
    at = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    kind = UsageKind.DIGID_AUTHENTICATION
    await services.meter.record(
        [UsageEntry(f"e{number}", "zilverstrand", kind, at, source="x") for number in (1, 2)]
    )
    expected = io.BytesIO()
    totals = await write_export(ENTRIES, services.meter.entries(EntrySelection()), form, expected)
    assert totals.entries == 2
    async with client.get("/v1/exports/entries", params={"format": form.value}, headers=FINANCE) as answer:
        assert (answer.status, answer.content_type) == (200, TABLE_TYPES[form])
        assert await answer.read() == expected.getvalue()


@pytest.mark.parametrize("form", JournalFormat)
async def test_the_journal_comes_as_billing_writes_it(
    client: Client, services: Services, form: JournalFormat
) -> None:
    number = await _issued(client, services)
    params = {"format": form.value, "year": "2026"}
    async with client.get("/v1/exports/journal", params=params, headers=FINANCE) as answer:
        assert (answer.status, answer.content_type) == (200, JOURNAL_TYPES[form])
        got, reported = await answer.read(), json.loads(answer.headers["Meterpoort-Control-Total"])
    assert services.billing is not None
    expected = io.BytesIO()
    booked = journal(ISSUER, 2026, await services.billing.store.bills(2026))
    totals = write_journal(booked, form, expected)
    assert got == expected.getvalue()
    assert reported == {"entries": 13, "debit": str(totals.debit), "credit": str(totals.debit)}
    async with client.get("/v1/exports/journal", params=params | {"year": "2025"}, headers=FINANCE) as answer:
        assert number.encode() not in await answer.read()


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("what", ["statements", "bills", "bill-lines"])
async def test_tables_come_in_every_format(client: Client, services: Services, what: str, form: Format) -> None:
    await _issued(client, services)
    at, kind = datetime(2026, 3, 1, 10, 0, tzinfo=UTC), UsageKind.DIGID_AUTHENTICATION
    await services.meter.record([UsageEntry("e1", "zilverstrand", kind, at, 5, source="x")])
    year = {"year": "2026"}
    async with client.get(f"/v1/exports/{what}", params=year | {"format": form}, headers=FINANCE) as answer:
        assert (answer.status, answer.content_type) == (200, TABLE_TYPES[form])
        rows = read_table(await answer.read(), form, what)
        reported = json.loads(answer.headers["Meterpoort-Control-Total"])
    if what == "statements":
        assert [(row["party_id"], int(float(str(row["quantity"])))) for row in rows] == [("zilverstrand", 5)]
        assert reported["quantity"] == 5
        return
    column = "net" if what == "bill-lines" else "excluding"
    assert sum(Decimal(str(row[column])) for row in rows) == Decimal(reported["excluding"]) > 0
    assert {str(row["number"]) for row in rows} == {"GD2026-000001"}
    assert reported["documents"] == 1


async def test_a_partys_bills_alone(client: Client, services: Services) -> None:
    number = await _issued(client, services)
    params = {"year": "2026", "partyId": "zilverstrand"}
    async with client.get("/v1/exports/bills", params=params, headers=FINANCE) as answer:
        rows = read_table(await answer.read(), Format.CSV, "bills")
    assert [row["number"] for row in rows] == [number]


def test_every_format_is_offered() -> None:
    assert set(JOURNAL_TYPES) == set(JournalFormat)
    assert set(TABLE_TYPES) == set(Format)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/parties/krommevliet/usage", ZILVERSTRAND, 404),
        ("/v1/parties/none-such/usage", FINANCE, 404),
        ("/v1/parties/zilverstrand/usage", OPERATOR, 403),
        ("/v1/usage", ZILVERSTRAND, 403),
        ("/v1/exports/bills", ZILVERSTRAND, 403),
        ("/v1/exports/entries", ZILVERSTRAND, 403),
        ("/v1/exports/entries", OPERATOR, 403),
        ("/v1/exports/journal", ZILVERSTRAND, 403),
        ("/v1/exports/statements", ZILVERSTRAND, 403),
        ("/v1/exports/bill-lines", ZILVERSTRAND, 403),
        ("/v1/exports/entries?format=doc", FINANCE, 400),
        ("/v1/bills/GD2026-000099", ZILVERSTRAND, 404),
        ("/v1/bills?partyId=krommevliet", ZILVERSTRAND, 404),
        ("/v1/usage?firstDay=2026-02-01&lastDay=2026-01-01", FINANCE, 400),
        ("/v1/usage?service=parkeren", FINANCE, 400),
        ("/v1/parties/zilverstrand/usage/entries?cursor=x", ZILVERSTRAND, 400),
    ],
)
async def test_who_sees_what(client: Client, path: str, headers: dict[str, str], status: int) -> None:
    async with client.get(path, headers=headers) as answer:
        assert answer.status == status


async def test_another_party_does_not_see_the_bill(client: Client, services: Services) -> None:
    number = await _issued(client, services)
    async with client.get(f"/v1/bills/{number}", headers={"X-API-Key": "mp_municipality"}) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        (FORECAST.replace("zilverstrand", "krommevliet"), {"units": 5}, ZILVERSTRAND, 404),
        (FORECAST, {"units": -5}, FINANCE, 400),
        ("/v1/parties/none-such/forecasts/2026", {"units": 5}, FINANCE, 404),
        ("/v1/parties/zilverstrand/forecasts/99", {"units": 5}, FINANCE, 400),
    ],
)
async def test_forecasts_that_are_refused(
    client: Client, path: str, body: dict[str, int], headers: dict[str, str], status: int
) -> None:
    async with client.put(path, json=body, headers=headers) as answer:
        assert answer.status == status


async def test_a_locked_forecast_is_a_conflict(client: Client, services: Services) -> None:
    await _issued(client, services)
    async with client.put(FORECAST, json={"units": 2000}, headers=FINANCE) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["type"].rpartition("/")[2]) == (409, "forecast-locked")
