"""The billing year over HTTP, by keys: what one prepares another approves, and whatever is refused is named."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.api.billing import PROBLEMS
from gateway.api.services import Services
from gateway.billing.runs import errors
from gateway.billing.runs.errors import BillingError
from gateway.billing.runs.service import BillingService
from gateway.i18n import Text
from gateway.testing.doubles import MemoryUsageCounts
from gateway.validator.finding import Finding, Flag, Stage
from tests.unit.api.billed import (
    CONTROLLER,
    FINANCE,
    OPERATOR,
    ZILVERSTRAND,
    Now,
    billing_services,
    clock_of,
    used_meter,
)
from tests.unit.api.openapi_watch import Client
from tests.unit.billing.billing_service import ISSUER, satisfied
from tests.unit.small_gateway import SmallGateway

Json = dict[str, Any]  # what JSON holds, at the edge
PREPAY: Json = {"stage": "prepayment", "service": "digipoort", "year": 2026, "issuedOn": "2026-01-15"}
SETTLE = PREPAY | {"stage": "settlement", "issuedOn": "2027-02-15"}
FORECAST = "/v1/parties/zilverstrand/forecasts/2026"
RUNS = "/v1/billing-runs"
LOG = "/v1/register-log"


@pytest.fixture
def meter() -> MemoryUsageCounts:
    return used_meter()


@pytest.fixture
async def services(gateway: SmallGateway, meter: MemoryUsageCounts) -> Services:
    return await billing_services(gateway, meter)


class FinanceClient:
    """Makes requests with the key of finance, or with another."""

    def __init__(self, client: Client, clock: Now) -> None:
        self._client = client
        self.clock = clock

    async def ask(
        self, method: str, path: str, body: object = None, key: Mapping[str, str] = FINANCE
    ) -> tuple[int, Json]:
        """Status and JSON."""
        async with self._client.request(method, path, headers=key, json=body) as answer:
            return answer.status, await answer.json(content_type=None)

    async def done(self, method: str, path: str, body: object = None, key: Mapping[str, str] = FINANCE) -> Json:
        """The JSON; it has to succeed."""
        status, found = await self.ask(method, path, body, key)
        assert status == 200, found
        return found

    async def refused(
        self, method: str, path: str, body: object = None, key: Mapping[str, str] = FINANCE
    ) -> tuple[int, str, str]:
        """Status, kind and detail of the problem."""
        status, found = await self.ask(method, path, body, key)
        return status, str(found["type"]).rpartition("/")[2], str(found["detail"])

    async def agreed(self, units: int) -> None:
        """Record a forecast and the agreement on it, on the day of the prepayment."""
        self.clock.go_to(PREPAY["issuedOn"])
        await self.done("PUT", FORECAST, {"units": units})
        await self.done("PUT", f"{FORECAST}/agreement", {})

    async def issued(self, order: Json) -> list[Json]:
        """Prepared by one key on the day of its documents, approved by another, issued."""
        self.clock.go_to(order["issuedOn"])
        run = await self.done("POST", RUNS, order)
        await self.done("PUT", f"{RUNS}/{run['runId']}/approval", key=CONTROLLER)
        bills: list[Json] = (await self.done("PUT", f"{RUNS}/{run['runId']}/issue"))["items"]
        return bills


@pytest.fixture
def finance(client: Client, services: Services) -> FinanceClient:
    return FinanceClient(client, clock_of(services))


async def test_a_year_from_forecast_to_closing(
    finance: FinanceClient, services: Services, meter: MemoryUsageCounts
) -> None:
    await finance.done("PUT", FORECAST, {"units": 1000, "means": "letter"})
    agreed = await finance.done("PUT", f"{FORECAST}/agreement", {"means": "letter"})
    assert agreed["isAgreed"] is True
    (bill,) = await finance.issued(PREPAY)
    assert (bill["number"], bill["including"], bill["vat"]) == ("GD2026-000001", "590.00", "102.40")
    assert (await finance.done("PUT", "/v1/monthly-statements/2026/3"))["added"] == 2
    assert (await finance.done("PUT", "/v1/monthly-statements/2026/3"))["added"] == 0
    meter.add("zilverstrand", 1_100, datetime(2026, 5, 1, tzinfo=UTC))
    settled = {one["partyId"]: one for one in await finance.issued(SETTLE)}
    assert (settled["zilverstrand"]["including"], settled["krommevliet"]["including"]) == ("61.36", "4.13")
    closing = "/v1/parties/zilverstrand/years/2026/closing"
    assert await finance.done("PUT", closing) == await finance.done("PUT", closing)
    meter.add("zilverstrand", 1, datetime(2026, 5, 1, tzinfo=UTC))
    assert (await finance.refused("POST", RUNS, SETTLE))[:2] == (409, "party-refused")
    left_out = {"kind": "leave-out", "partyId": "zilverstrand", "reason": "one message"}
    assert await finance.issued(SETTLE | {"decisions": [left_out]}) == []
    year = await finance.done("GET", "/v1/parties/zilverstrand/years/2026", key=ZILVERSTRAND)
    kinds = [step["kind"] for step in year["steps"]]
    assert kinds == ["forecast", "agreement", "prepayment", "statement", "settlement", "closed"]
    assert (year["isClosed"], year["steps"][2]["documents"]) == (True, ["GD2026-000001"])
    assert {step["by"] for step in year["steps"]} == {"key-finance"}
    reopening = "/v1/parties/zilverstrand/years/2026/reopening"
    assert (await finance.refused("PUT", reopening, {"reason": " "}))[:2] == (400, "invalid-input")
    assert (await finance.done("PUT", reopening, {"reason": "one message"}))["isClosed"] is False
    (last,) = await finance.issued(SETTLE)
    assert last["including"] == "0.59"


async def test_a_run_is_issued_once_and_says_who_did_what(finance: FinanceClient, services: Services) -> None:
    await finance.agreed(1000)
    run = await finance.done("POST", RUNS, PREPAY)
    assert await finance.done("POST", RUNS, PREPAY) == run
    assert (run["state"], run["preparedBy"], run["approvedBy"]) == ("prepared", "key-finance", None)
    address = f"{RUNS}/{run['runId']}"
    seen = await finance.done("GET", address, key=CONTROLLER)
    assert (seen["hasMoved"], seen["including"], [one["number"] for one in seen["items"]]) == (
        False,
        "590.00",
        [""],
    )
    approved = await finance.done("PUT", f"{address}/approval", key=CONTROLLER)
    assert (approved["state"], approved["approvedBy"]) == ("approved", "key-controller")
    first = await finance.done("PUT", f"{address}/issue")
    assert await finance.done("PUT", f"{address}/issue", key=CONTROLLER) == first
    shown = await finance.done("GET", address)
    assert (shown["state"], shown["issuedBy"], shown["items"]) == ("issued", "key-finance", first["items"])
    assert [one["runId"] for one in (await finance.done("GET", RUNS))["items"]] == [run["runId"]]
    assert len((await finance.done("GET", "/v1/bills?year=2026"))["items"]) == 1


async def test_who_prepared_it_does_not_approve(finance: FinanceClient) -> None:
    await finance.agreed(1000)
    run = await finance.done("POST", RUNS, PREPAY)
    status, kind, detail = await finance.refused("PUT", f"{RUNS}/{run['runId']}/approval")
    assert (status, kind) == (403, "own-approval")
    assert detail.startswith("you prepared run")
    assert (await finance.done("GET", f"{RUNS}/{run['runId']}"))["state"] == "prepared"


async def test_a_run_whose_inputs_moved_is_neither_approved_nor_issued(finance: FinanceClient) -> None:
    await finance.agreed(1000)
    run = await finance.done("POST", RUNS, PREPAY)
    address = f"{RUNS}/{run['runId']}"
    await finance.agreed(1100)
    assert (await finance.refused("PUT", f"{address}/approval", key=CONTROLLER))[:2] == (409, "inputs-moved")
    moved = await finance.done("GET", address)
    assert (moved["hasMoved"], moved["items"], moved["including"]) == (True, [], "0.00")
    address = f"{RUNS}/{(await finance.done('POST', RUNS, PREPAY))['runId']}"
    await finance.done("PUT", f"{address}/approval", key=CONTROLLER)
    await finance.agreed(1200)
    assert (await finance.refused("PUT", f"{address}/issue"))[:2] == (409, "inputs-moved")
    assert (await finance.done("GET", "/v1/bills?year=2026"))["items"] == []


async def test_a_preview_keeps_nothing_and_says_what_if(finance: FinanceClient) -> None:
    await finance.agreed(1000)
    log = await finance.done("GET", LOG)
    plain = await finance.done("POST", f"{RUNS}/previews", PREPAY)
    more = await finance.done("POST", f"{RUNS}/previews", PREPAY | {"forecasts": {"zilverstrand": 2000}})
    tariffs = '[[tariff]]\nservice = "digipoort"\nbasis = "fixed"\nprice = "0.60"\nvat = "including-vat"\n'
    dearer = await finance.done(
        "POST", f"{RUNS}/previews", PREPAY | {"tariffs": tariffs + "valid_from = 2018-01-01\n"}
    )
    assert [one["including"] for one in (plain, more, dearer)] == ["590.00", "1180.00", "600.00"]
    assert len({one["digest"] for one in (plain, more, dearer)}) == 3
    assert await finance.done("GET", LOG) == log
    assert (await finance.done("GET", RUNS))["items"] == []


async def test_everything_done_is_in_the_log_under_its_key(finance: FinanceClient) -> None:
    await finance.agreed(1000)
    await finance.issued(PREPAY)
    found: list[Json] = []
    address: str | None = f"{LOG}?limit=3"
    while address:
        page = await finance.done("GET", address, key=OPERATOR)
        found += page["items"]
        address = page["links"]["next"]
    assert [(one["actor"], one["what"]) for one in found[-4:]] == [
        ("key-finance", "forecast agreed"),
        ("key-finance", "run prepared"),
        ("key-controller", "run approved"),
        ("key-finance", "run issued"),
    ]


async def test_a_party_records_its_own_forecast_and_finance_agrees(finance: FinanceClient) -> None:
    finance.clock.go_to(PREPAY["issuedOn"])
    forecast = await finance.done("PUT", FORECAST, {"units": 1_000, "means": "portal"}, key=ZILVERSTRAND)
    assert (forecast["units"], forecast["isAgreed"]) == (1_000, False)
    assert (await finance.refused("PUT", f"{FORECAST}/agreement", {}, key=ZILVERSTRAND))[0] == 403
    assert (await finance.done("POST", f"{RUNS}/previews", PREPAY))["items"] == []
    other = FORECAST.replace("zilverstrand", "krommevliet")
    assert (await finance.refused("PUT", other, {"units": 1_000}, key=ZILVERSTRAND))[:2] == (404, "unknown-item")
    far = {"units": 10_000_000}
    assert (await finance.refused("PUT", FORECAST, far, key=ZILVERSTRAND))[1] == "confirmation-needed"
    assert (await finance.refused("PUT", FORECAST, far, key=OPERATOR))[0] == 403
    await finance.done("PUT", f"{FORECAST}/agreement", {})
    (bill,) = await finance.issued(PREPAY)
    year = await finance.done("GET", "/v1/parties/zilverstrand/years/2026", key=ZILVERSTRAND)
    assert [(step["kind"], step["by"]) for step in year["steps"]][:2] == [
        ("forecast", "key-z"),
        ("agreement", "key-finance"),
    ]
    assert bill["including"] == "590.00"
    assert (await finance.refused("PUT", FORECAST, {"units": 9}, key=ZILVERSTRAND))[1] == "forecast-locked"


async def test_what_no_way_reaches_is_listed_to_be_printed(finance: FinanceClient) -> None:
    """Krommevliet is registered here, zilverstrand is not and there is no mail server."""
    bills = {bill["partyId"]: bill["number"] for bill in await finance.issued(SETTLE)}
    listed = (await finance.done("GET", "/v1/bills-to-print"))["items"]
    assert [one["number"] for one in listed] == [bills["zilverstrand"]]
    printing = f"/v1/bills/{bills['zilverstrand']}/printing"
    assert (await finance.refused("PUT", printing, key=ZILVERSTRAND))[0] == 403
    for _ in range(2):
        assert (await finance.ask("PUT", printing))[0] == 204
    assert (await finance.done("GET", "/v1/bills-to-print"))["items"] == []
    assert (await finance.refused("PUT", "/v1/bills/GD2026-000099/printing"))[0] == 404


async def test_finance_sees_all_tasks_and_a_party_its_own(finance: FinanceClient) -> None:
    finance.clock.go_to("2026-02-02")
    tasks = (await finance.done("GET", "/v1/billing-tasks"))["items"]
    (settlement,) = [one for one in tasks if (one["kind"], one["service"]) == ("settlement", "digipoort")]
    assert (settlement["year"], settlement["lastDay"], settlement["state"]) == (2025, "2026-03-31", "open")
    assert settlement["title"]["nl"] == "Afrekening van Digipoort e-factureren over 2025"
    own = (await finance.done("GET", "/v1/billing-tasks?year=2026", key=ZILVERSTRAND))["items"]
    assert {party["partyId"] for one in own for party in one["parties"]} == {"zilverstrand"}


async def test_a_tariff_is_proposed_by_one_key_and_approved_by_another(finance: FinanceClient) -> None:
    wanted: Json = {
        "service": "digid",
        "basis": "estimate",
        "validFrom": "2027-01-01",
        "validUntil": "2027-12-31",
        "source": "decision 2026/7",
        "cost": "31900.00",
        "units": 245_000,
    }
    proposal = await finance.done("POST", "/v1/tariffs", wanted)
    assert (proposal["tariff"]["price"], proposal["approvedBy"]) == ("0.13", None)
    approval = f"/v1/tariffs/{proposal['proposalId']}/approval"
    assert (await finance.refused("PUT", approval))[:2] == (403, "own-approval")
    assert (await finance.done("PUT", approval, key=CONTROLLER))["approvedBy"] == "key-controller"
    shown = await finance.done("GET", "/v1/tariffs", key=ZILVERSTRAND)
    assert [one["price"] for one in shown["items"] if one["validFrom"] == "2027-01-01"] == ["0.13"]
    assert shown["proposals"] == []
    assert len((await finance.done("GET", "/v1/tariffs"))["proposals"]) == 1
    unknown = "/v1/tariffs/0/approval"
    assert (await finance.refused("PUT", unknown))[:2] == (409, "tariff-missing")
    assert (await finance.refused("POST", "/v1/tariffs", wanted | {"basis": "fixed"}))[1] == "tariffs-refused"


async def test_guidance_and_the_divided_facilities(finance: FinanceClient) -> None:
    year = await finance.done("PUT", "/v1/parties/oostmeer/guidance/2026-01-15", {"periods": 2})
    assert [step["key"] for step in year["steps"]] == ["2026-01-15#1"]
    guided = await finance.issued(
        {"stage": "guidance", "service": "guidance", "year": 2026, "issuedOn": "2026-05-01"}
    )
    assert [(one["partyId"], one["including"]) for one in guided] == [("oostmeer", "8800.00")]
    for debtor in (await finance.done("GET", "/v1/debtors"))["items"]:
        party, role = debtor.pop("partyId"), {"krommevliet": "vng", "ministerie": "department"}
        if party in role:
            await finance.done("PUT", f"/v1/debtors/{party}", debtor | {"paysFacilities": role[party]})
    weights = [{"partyId": "krommevliet", "weight": "3"}, {"partyId": "ministerie", "weight": "4.5"}]
    order: Json = {"stage": "distribution", "service": "facilities", "year": 2021, "issuedOn": "2026-05-01"}
    shares = await finance.issued(
        order | {"total": "1000.00", "weights": weights, "key": "size in the state budget"}
    )
    assert {one["partyId"]: one["excluding"] for one in shares} == {
        "krommevliet": "400.00",
        "ministerie": "600.00",
    }


async def test_a_debtor_is_recorded_and_read_back(finance: FinanceClient) -> None:
    wanted: Json = {
        "name": "Gemeente Duinkerk",
        "oin": "00000001844443333000",
        "kind": "non-rijk",
        "address": {"street": "Dorpsplein 2", "zipCode": "1799 ZZ", "city": "Duinkerk"},
        "connections": [{"service": "digid", "connectedOn": "2020-05-01", "inUmbrella": True}],
    }
    saved = await finance.done("PUT", "/v1/debtors/duinkerk", wanted)
    await finance.done("PUT", "/v1/debtors/duinkerk", wanted)
    listed = (await finance.done("GET", "/v1/debtors"))["items"]
    assert [one for one in listed if one["partyId"] == "duinkerk"] == [saved]
    assert saved["connections"] == [
        {"service": "digid", "connectedOn": "2020-05-01", "inUmbrella": True, "variant": ""}
    ]
    later = wanted | {"kind": "rijk", "validFrom": "2021-01-01"}
    await finance.done("PUT", "/v1/debtors/duinkerk", later)
    listed = (await finance.done("GET", "/v1/debtors"))["items"]
    assert [(one["kind"], one["validFrom"]) for one in listed if one["partyId"] == "duinkerk"] == [
        ("non-rijk", None),
        ("rijk", "2021-01-01"),
    ]
    log = (await finance.done("GET", LOG))["items"]
    subjects = [one["subject"] for one in log if one["actor"] == "key-finance"]
    assert subjects == ["duinkerk", "duinkerk"]  # the repeat changed nothing


async def test_a_bill_is_explained_to_its_debtor_down_to_the_messages(
    finance: FinanceClient, meter: MemoryUsageCounts
) -> None:
    bills = {bill["partyId"]: bill for bill in await finance.issued(SETTLE)}
    bill = bills["zilverstrand"]
    found = await finance.done("GET", f"/v1/bills/{bill['number']}/explanation", key=ZILVERSTRAND)
    assert (found["bill"], found["run"]["approvedBy"]) == (bill, "key-controller")
    assert (found["counted"], found["later"]) == ({"delivered-to": 2, "submitted-by": 2}, {})
    entries = await finance.done("GET", found["entries"], key=ZILVERSTRAND)
    assert sum(entry["quantity"] for entry in entries["items"]) == 4
    assert Decimal(bill["including"]) == Decimal("0.59") * 4
    meter.add("zilverstrand", 9, datetime(2026, 5, 1, tzinfo=UTC))
    later = await finance.done("GET", f"/v1/bills/{bill['number']}/explanation", key=ZILVERSTRAND)
    assert (later["counted"], later["later"]) == (found["counted"], {"delivered-to": 9})
    assert await finance.done("GET", later["entries"], key=ZILVERSTRAND) == entries
    other = bills["krommevliet"]["number"]
    assert (await finance.refused("GET", f"/v1/bills/{other}/explanation", key=ZILVERSTRAND))[:2] == (
        404,
        "unknown-item",
    )


async def test_a_party_expected_over_its_prepayment_is_listed_with_words(
    finance: FinanceClient, meter: MemoryUsageCounts, gateway: SmallGateway
) -> None:
    await finance.agreed(100)
    await finance.issued(PREPAY)
    meter.add("zilverstrand", 200, datetime(2026, 2, 1, 10, 0, tzinfo=UTC))
    finance.clock.go_to("2026-03-02")
    (warned,) = (await finance.done("GET", "/v1/warnings"))["items"]
    assert (warned["partyId"], warned["status"], warned["to"]) == (
        "zilverstrand",
        "over",
        "crediteuren@zilverstrand.example",
    )
    assert warned["body"]["nl"].startswith("Beste Gemeente Zilverstrand,")
    assert warned["body"]["en"].startswith("Dear Gemeente Zilverstrand,")
    outlook = await finance.done("GET", "/v1/parties/zilverstrand/outlook", key=ZILVERSTRAND)
    assert outlook["warning"] == warned["body"]


async def test_operators_see_who_fell_silent(
    finance: FinanceClient, meter: MemoryUsageCounts, gateway: SmallGateway
) -> None:
    for day in range(1, 29):
        meter.add("oostmeer", 40, datetime(2026, 1, day, 10, 0, tzinfo=UTC))
    for key in (OPERATOR, FINANCE):
        (silent,) = (await finance.done("GET", "/v1/silences", key=key))["items"]
        assert (silent["partyId"], silent["lastSeen"]) == ("oostmeer", "2026-01-28")
    assert (await finance.ask("GET", "/v1/silences", key=ZILVERSTRAND))[0] == 403


PREVIEWS = f"{RUNS}/previews"
DIVIDE: Json = {"stage": "distribution", "service": "facilities", "year": 2021, "total": "10.00"}
TWO_PRICES = """
[[tariff]]
service = "digipoort"
basis = "fixed"
price = "0.59"
vat = "including-vat"
valid_from = 2018-01-01
[[tariff]]
service = "digipoort"
basis = "fixed"
price = "0.61"
vat = "including-vat"
valid_from = 2026-01-01
"""
NO_OIN: Json = {
    "name": "Gemeente Oostmeer",
    "oin": "123",
    "kind": "non-rijk",
    "address": {"street": "Kerkstraat 9", "zipCode": "8499 BB", "city": "Oostmeer"},
}
BLANK = NO_OIN | {"oin": "00000001855667788000", "name": "  "}
REFUSED = [
    ("POST", RUNS, PREPAY | {"year": 2017, "issuedOn": "2026-03-02"}, 409, "tariff-missing", "2017"),
    ("POST", RUNS, SETTLE, 409, "billing-step-refused", "2026 is not over"),
    ("POST", RUNS, PREPAY, 409, "billing-step-refused", "more than 7 days ago"),
    ("POST", RUNS, PREPAY | {"issuedOn": "2026-03-03"}, 409, "billing-step-refused", "in the future"),
    ("POST", RUNS, {"stage": "vat-refund", "year": 2021}, 409, "billing-step-refused", "it is over 2018, 2019"),
    ("POST", RUNS, {"stage": "vat-refund", "year": 2019, "service": "digid"}, 409, "billing-step-refused", "all"),
    ("POST", RUNS, {"stage": "settlement", "year": 2025}, 409, "billing-step-refused", "which service"),
    ("POST", RUNS, DIVIDE | {"year": 2018}, 409, "billing-step-refused", "charged from 2019"),
    ("PUT", FORECAST, {"units": 10**12}, 409, "confirmation-needed", "far from the 1 used in 2025"),
    ("POST", RUNS, PREPAY | {"stage": "guidance"}, 409, "billing-step-refused", "digipoort has no guidance"),
    ("POST", PREVIEWS, PREPAY | {"tariffs": TWO_PRICES}, 400, "tariffs-refused", "two tariffs for the same days"),
    ("POST", PREVIEWS, PREPAY | {"tariffs": "price = "}, 400, "tariffs-refused", "not TOML"),
    ("POST", RUNS, DIVIDE, 400, "distribution-key-refused", "say how"),
    ("POST", RUNS, DIVIDE | {"key": "size"}, 400, "distribution-key-refused", "weight"),
    (
        "POST",
        RUNS,
        DIVIDE | {"key": "size", "weights": [{"partyId": "nergens", "weight": "1"}]},
        409,
        "party-refused",
        "nergens has use",
    ),
    (
        "POST",
        RUNS,
        DIVIDE | {"weights": [{"partyId": "oostmeer", "weight": "1"}, {"partyId": "oostmeer", "weight": "2"}]},
        400,
        "distribution-key-refused",
        "oostmeer more than once",
    ),
    ("POST", RUNS, DIVIDE | {"total": "10.001"}, 400, "invalid-input", "1 thing"),
    ("POST", RUNS, DIVIDE | {"total": "-10"}, 400, "invalid-input", "1 thing"),
    ("POST", RUNS, {"stage": "prepayment"}, 400, "invalid-input", "1 thing"),
    ("POST", RUNS, PREPAY | {"service": "parkeren"}, 400, "invalid-input", "1 thing"),
    ("GET", f"{RUNS}/0000", None, 404, "unknown-item", "no run 0000"),
    ("PUT", f"{RUNS}/0000/approval", None, 404, "unknown-item", "no run 0000"),
    ("PUT", f"{RUNS}/0000/issue", None, 404, "unknown-item", "no run 0000"),
    ("PUT", FORECAST, {"units": 1.5}, 400, "invalid-input", "1 thing"),
    ("PUT", FORECAST, {"units": 10**15}, 400, "invalid-input", "1 thing"),
    ("PUT", f"{FORECAST}/agreement", None, 409, "billing-step-refused", "no forecast to agree on"),
    ("PUT", "/v1/parties/zilverstrand/years/2026/closing", None, 409, "billing-step-refused", "not settled"),
    ("PUT", "/v1/parties/nergens/guidance/2026-01-15", None, 404, "unknown-item", "no debtor nergens"),
    ("PUT", "/v1/parties/oostmeer/guidance/januari", None, 400, "invalid-input", "1 thing"),
    ("PUT", "/v1/monthly-statements/2026/13", None, 400, "invalid-input", "1 thing"),
    ("PUT", "/v1/debtors/Oost%20Meer", {}, 400, "invalid-input", "5 things"),
    ("PUT", "/v1/debtors/oostmeer", NO_OIN, 400, "invalid-input", "1 thing"),
    ("PUT", "/v1/debtors/oostmeer", BLANK, 400, "invalid-input", "1 thing"),
    ("GET", "/v1/bills/GD2026-000077/explanation", None, 404, "unknown-item", "GD2026-000077"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "kind", "message"), REFUSED)
async def test_whatever_is_refused_is_named_and_nothing_is_done(
    finance: FinanceClient, method: str, path: str, body: object, status: int, kind: str, message: str
) -> None:
    log = await finance.done("GET", LOG)
    found = await finance.refused(method, path, body)
    assert found[:2] == (status, kind)
    assert message in found[2]
    assert await finance.done("GET", LOG) == log


@pytest.mark.parametrize("key", [ZILVERSTRAND, OPERATOR])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", RUNS),
        ("POST", PREVIEWS),
        ("GET", RUNS),
        ("GET", f"{RUNS}/x"),
        ("PUT", f"{RUNS}/x/approval"),
        ("PUT", f"{RUNS}/x/issue"),
        ("GET", "/v1/debtors"),
        ("PUT", "/v1/debtors/oostmeer"),
        ("PUT", f"{FORECAST}/agreement"),
        ("PUT", "/v1/parties/zilverstrand/years/2026/closing"),
        ("PUT", "/v1/parties/zilverstrand/guidance/2026-01-01"),
        ("PUT", "/v1/monthly-statements/2026/3"),
        ("GET", "/v1/warnings"),
    ],
)
async def test_only_finance_may(finance: FinanceClient, method: str, path: str, key: Mapping[str, str]) -> None:
    assert (await finance.refused(method, path, {} if method != "GET" else None, key))[:2] == (403, "forbidden")


class TestWithoutFullIssuer:
    """The settings do not say who bills."""

    @pytest.fixture
    async def services(self, gateway: SmallGateway, meter: MemoryUsageCounts) -> Services:
        opened = await billing_services(gateway, meter)
        assert opened.billing is not None
        store = opened.billing.store
        nobody = replace(ISSUER, iban="", kvk="")
        bare = BillingService(store, meter, nobody, opened.clock, judge=satisfied)
        return replace(opened, billing=replace(opened.billing, service=bare))

    async def test_no_run_is_prepared_and_the_settings_are_named(self, finance: FinanceClient) -> None:
        status, kind, detail = await finance.refused("POST", RUNS, PREPAY)
        assert (status, kind) == (409, "issuer-missing")
        assert "billing.kvk, billing.iban" in detail


class TestWithAJudgeThatRefuses:
    """Our own validator finds fault with every bill."""

    @pytest.fixture
    async def services(self, gateway: SmallGateway, meter: MemoryUsageCounts) -> Services:
        async def refusing(document: bytes) -> list[Finding]:
            return [Finding("BR-NL-4", Flag.FATAL, Stage.RULES, Text("no address"))]

        return await billing_services(gateway, meter, judge=refusing)

    async def test_no_bill_gets_a_number(self, finance: FinanceClient) -> None:
        await finance.agreed(1000)
        run = await finance.done("POST", RUNS, PREPAY)
        await finance.done("PUT", f"{RUNS}/{run['runId']}/approval", key=CONTROLLER)
        status, kind, detail = await finance.refused("PUT", f"{RUNS}/{run['runId']}/issue")
        assert (status, kind) == (409, "bill-rejected")
        assert "Gemeente Zilverstrand breaks BR-NL-4: no address" in detail
        assert (await finance.done("GET", "/v1/bills?year=2026"))["items"] == []


def test_every_refusal_of_billing_has_a_problem() -> None:
    """Files and mails come from the command line alone; what is unknown is reported by the path."""
    elsewhere = {
        errors.DebtorFileError,
        errors.MailError,
        errors.PoliciesError,
        errors.UnknownBillError,
        errors.UnknownRunError,
        errors.UnknownServiceError,
    }
    assert _kinds(BillingError) - elsewhere == set(PROBLEMS)


def _kinds(root: type[BillingError]) -> set[type[BillingError]]:
    return {one for child in root.__subclasses__() for one in (child, *_kinds(child))}
