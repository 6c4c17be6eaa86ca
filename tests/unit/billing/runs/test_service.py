"""The billing year on real databases: who may do what, in which order, and what it bills."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gateway.billing.documents.bill import Bill, BillKind, BillStage
from gateway.billing.rating.policies import DEFAULT, LateForecast
from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import (
    BillRejectedError,
    ForecastLockedError,
    InputsMovedError,
    NotAllowedError,
    StepRefusedError,
    UnknownPartyError,
)
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.service import BillingService
from gateway.billing.runs.year import StepKind, YearKey
from gateway.i18n import Text
from gateway.store.billing.records import SqlBillingStore
from gateway.testing.billing import MemoryUsageCounts
from gateway.validator.finding import Finding, Flag
from gateway.validator.finding import Stage as FindingStage
from tests.unit.billing.billing_service import ANNA, BRAM, DEBTORS, OPERATOR, billing_service
from tests.unit.store.billing.billing_database import fresh_billing

PREPAY = RunOrder(BillStage.PREPAYMENT, Service.DIGIPOORT, 2026, date(2026, 1, 15))
SETTLE = RunOrder(BillStage.SETTLEMENT, Service.DIGIPOORT, 2026, date(2027, 2, 15))
YEAR = YearKey("zilverstrand", Service.DIGIPOORT, 2026)
MIDYEAR = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlBillingStore]:
    """A store on a fresh database."""
    async with fresh_billing(database_url) as (store, _):
        yield store


@pytest.fixture
def meter() -> MemoryUsageCounts:
    """A meter that has counted nothing."""
    return MemoryUsageCounts()


async def with_debtors(store: SqlBillingStore, meter: MemoryUsageCounts) -> BillingService:
    """A service that knows the debtors."""
    billing = billing_service(store, meter)
    for debtor in DEBTORS:
        await billing.save_debtor(ANNA, debtor)
    return billing


async def run(billing: BillingService, order: RunOrder) -> Sequence[Bill]:
    """Prepare, approve and issue."""
    prepared = await billing.prepare(ANNA, order)
    await billing.approve(BRAM, prepared.run_id)
    return await billing.issue(ANNA, prepared.run_id)


def summary(bills: Sequence[Bill]) -> list[tuple[str, str, str]]:
    """Number, party and amount including tax."""
    return [(bill.number, bill.debtor.party_id, str(bill.amounts.including)) for bill in bills]


async def test_a_whole_year(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    await billing.record_forecast(ANNA, YEAR, 12_000, "e-mail of 3 December")
    await billing.record_agreement(ANNA, YEAR, "letter 2026/17")
    meter.add("krommevliet", 1_000, datetime(2025, 6, 1, tzinfo=UTC))  # no forecast: historic use
    assert summary(await run(billing, PREPAY)) == [
        ("GD2026-000001", "krommevliet", "590.00"),
        ("GD2026-000002", "zilverstrand", "7080.00"),
    ]
    meter.add("zilverstrand", 13_500, MIDYEAR)
    meter.add("krommevliet", 900, MIDYEAR)
    meter.add("oostmeer", 10, MIDYEAR)
    assert await billing.record_statements(ANNA, Service.DIGIPOORT, 2026, 7) == 3
    assert await billing.record_statements(ANNA, Service.DIGIPOORT, 2026, 7) == 0
    assert summary(await run(billing, SETTLE)) == [
        ("GD2027-000001", "oostmeer", "5.90"),
        ("GD2027-000002", "zilverstrand", "885.00"),
    ]
    await billing.close(ANNA, YEAR)
    kinds = [step.kind for step in (await billing.year(YEAR)).steps]
    assert kinds == [
        StepKind.FORECAST,
        StepKind.AGREEMENT,
        StepKind.PREPAYMENT,
        StepKind.STATEMENT,
        StepKind.SETTLEMENT,
        StepKind.CLOSED,
    ]
    settled = (await billing.year(YEAR)).of_kind(StepKind.SETTLEMENT)[0]
    assert (settled.units, settled.document, str(settled.amount)) == (13_500, "GD2027-000002", "885.00")


async def test_a_second_run_changes_nothing_and_a_late_correction_gives_its_difference(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    await billing.record_forecast(ANNA, YEAR, 1_000, "portal")
    await run(billing, PREPAY)
    meter.add("zilverstrand", 1_500, MIDYEAR)
    await run(billing, SETTLE)
    before = (await billing.year(YEAR)).steps
    assert await run(billing, SETTLE) == []
    assert (await billing.year(YEAR)).steps == before
    meter.add("zilverstrand", -100, MIDYEAR)
    (credit,) = await run(billing, SETTLE)
    assert (credit.number, credit.kind, str(credit.amounts.including)) == (
        "GD2027-000002",
        BillKind.CREDIT_NOTE,
        "-59.00",
    )
    assert [reference.number for reference in credit.preceding] == ["GD2026-000001", "GD2027-000001"]
    meter.add("zilverstrand", 100, MIDYEAR)
    (back,) = await run(billing, SETTLE)
    assert back.amounts == -credit.amounts
    meter.add("zilverstrand", -1_000, MIDYEAR)  # below the forecast: no less than it
    (down,) = await run(billing, SETTLE)
    issued = [*await store.bills(2026), *await store.bills(2027)]
    assert str(sum(bill.amounts.including for bill in issued)) == "590.00"
    assert down.kind is BillKind.CREDIT_NOTE


async def test_an_issued_run_is_issued_once(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    await billing.record_forecast(ANNA, YEAR, 1_000, "portal")
    prepared = await billing.prepare(ANNA, PREPAY)
    assert (await billing.prepare(BRAM, PREPAY)) == prepared
    await billing.approve(BRAM, prepared.run_id)
    first = await billing.issue(ANNA, prepared.run_id)
    assert await billing.issue(BRAM, prepared.run_id) == first
    assert len(await store.bills(2026)) == 1


async def test_an_approval_holds_for_the_inputs_it_saw(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    await billing.record_forecast(ANNA, YEAR, 1_000, "portal")
    prepared = await billing.prepare(ANNA, PREPAY)
    await billing.record_forecast(ANNA, YEAR, 2_000, "portal")
    with pytest.raises(InputsMovedError):
        await billing.approve(BRAM, prepared.run_id)
    second = await billing.prepare(ANNA, PREPAY)
    await billing.approve(BRAM, second.run_id)
    await billing.record_forecast(ANNA, YEAR, 3_000, "portal")
    with pytest.raises(InputsMovedError, match=second.run_id):
        await billing.issue(ANNA, second.run_id)
    assert await store.bills(2026) == []


async def test_who_may_do_what(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    await billing.record_forecast(ANNA, YEAR, 1_000, "portal")
    with pytest.raises(NotAllowedError, match="only finance"):
        await billing.record_forecast(OPERATOR, YEAR, 5, "portal")
    with pytest.raises(NotAllowedError, match="only finance"):
        await billing.preview(OPERATOR, PREPAY)
    with pytest.raises(NotAllowedError, match="only finance"):
        await billing.prepare(OPERATOR, PREPAY)
    with pytest.raises(NotAllowedError, match="only finance"):
        await billing.close(OPERATOR, YEAR)
    prepared = await billing.prepare(ANNA, PREPAY)
    with pytest.raises(NotAllowedError, match="another person"):
        await billing.approve(ANNA, prepared.run_id)
    with pytest.raises(StepRefusedError, match="not approved"):
        await billing.issue(ANNA, prepared.run_id)
    alone = billing_service(store, meter, policies=replace(DEFAULT, approval_by_another=False))
    again = await alone.prepare(ANNA, PREPAY)
    assert (await alone.approve(ANNA, again.run_id)).approved_by == ANNA.name


async def test_a_forecast_does_not_move_after_the_prepayment(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    await billing.record_forecast(ANNA, YEAR, 1_000, "portal")
    await run(billing, PREPAY)
    with pytest.raises(ForecastLockedError, match="zilverstrand digipoort 2026"):
        await billing.record_forecast(ANNA, YEAR, 2_000, "portal")
    await billing.record_forecast(ANNA, YEAR, 1_000, "portal")  # the same: nothing to refuse
    lenient = billing_service(store, meter, policies=replace(DEFAULT, late_forecast=LateForecast.DELTA))
    await lenient.record_forecast(ANNA, YEAR, 2_000, "letter")
    assert summary(await run(lenient, PREPAY)) == [("GD2026-000002", "zilverstrand", "590.00")]
    await lenient.record_forecast(ANNA, YEAR, 500, "letter")
    assert await run(lenient, PREPAY) == []


async def test_what_was_prepaid_on_history_does_not_move_with_it(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    meter.add("zilverstrand", 1_000, datetime(2025, 6, 1, tzinfo=UTC))
    assert summary(await run(billing, PREPAY)) == [("GD2026-000001", "zilverstrand", "590.00")]
    meter.add("zilverstrand", 500, datetime(2025, 6, 1, tzinfo=UTC))  # late
    assert await run(billing, PREPAY) == []


async def test_a_bill_our_validator_rejects_gets_no_number(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    async def strict(document: bytes) -> Sequence[Finding]:
        sentence = Text("the supplier has no street")
        return [Finding("BR-NL-3", Flag.FATAL, FindingStage.RULES, sentence)] if b"Oostmeer" in document else []

    await with_debtors(store, meter)
    billing = billing_service(store, meter, judge=strict)
    meter.add("zilverstrand", 10, MIDYEAR)
    meter.add("oostmeer", 10, MIDYEAR)
    with pytest.raises(BillRejectedError, match="BR-NL-3"):
        await run(billing, SETTLE)
    assert await store.bills(2027) == []
    assert (await billing.year(YEAR)).steps == ()


async def test_a_party_that_finance_does_not_know_stops_the_run(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    meter.add("nergenshuizen", 10, MIDYEAR)
    with pytest.raises(UnknownPartyError, match="nergenshuizen"):
        await billing.prepare(ANNA, SETTLE)
    with pytest.raises(UnknownPartyError):
        await billing.record_forecast(ANNA, replace(YEAR, party_id="nergenshuizen"), 5, "portal")


async def test_a_year_that_is_not_over_is_not_settled(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    with pytest.raises(StepRefusedError, match="2026 is not over"):
        await billing.prepare(ANNA, replace(SETTLE, issued_on=date(2026, 12, 31)))


async def test_the_amsterdam_year_decides(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    meter.add("zilverstrand", 1, datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC))  # 23:59:59 in Amsterdam
    meter.add("zilverstrand", 10, datetime(2025, 12, 31, 23, 30, tzinfo=UTC))  # 00:30 on New Year's Day
    meter.add("zilverstrand", 100, datetime(2026, 12, 31, 22, 30, tzinfo=UTC))
    meter.add("zilverstrand", 1_000, datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    preview = await billing.preview(ANNA, SETTLE)
    assert preview.inputs.parties[0].used == (110,)
    assert await billing.record_statements(ANNA, Service.DIGIPOORT, 2026, 6) == 1
    assert (await billing.year(YEAR)).of_kind(StepKind.STATEMENT)[0].units == 10


async def test_the_outlook_of_a_year_that_is_over_is_its_use(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    meter.add("zilverstrand", 40, datetime(2026, 1, 2, tzinfo=UTC))
    meter.add("zilverstrand", 60, MIDYEAR)
    seen = await billing.outlook(YEAR, date(2027, 3, 1))
    assert (seen.used, seen.as_of) == (100, date(2026, 12, 31))
    assert seen.whole_year is not None
    assert seen.whole_year.expected == 100


async def test_what_if_keeps_nothing(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    await billing.record_forecast(ANNA, YEAR, 1_000, "portal")
    head = await store.audit_head()
    preview = await billing.preview(ANNA, PREPAY, forecasts={"zilverstrand": 2_000})
    assert str(preview.total.including) == "1180.00"
    assert str((await billing.preview(ANNA, PREPAY)).total.including) == "590.00"
    assert await store.audit_head() == head


async def test_two_runs_cannot_bill_the_same_past(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    """Both were approved before either was issued: the later one is refused, or finds its inputs moved."""
    billing = await with_debtors(store, meter)
    meter.add("zilverstrand", 10, MIDYEAR)
    other = replace(SETTLE, issued_on=date(2027, 3, 1))
    prepared = [await billing.prepare(ANNA, order) for order in (SETTLE, other)]
    for each in prepared:
        await billing.approve(BRAM, each.run_id)
    answers = await asyncio.gather(
        *(billing.issue(ANNA, each.run_id) for each in prepared), return_exceptions=True
    )
    assert sum(isinstance(answer, InputsMovedError) for answer in answers) == 1
    assert len(await store.bills(2027)) == 1


async def test_a_bill_is_explained_down_to_its_messages(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    for _ in range(3):
        meter.add("zilverstrand", 1, MIDYEAR)
    (bill,) = await run(billing, SETTLE)
    explanation = await billing.explain(bill.number)
    assert explanation.bill == bill
    assert sum(entry.quantity for entry in explanation.entries) == explanation.counted["delivered-to"] == 3
    assert explanation.run.approved_by == BRAM.name
    first = await billing.explain(bill.number, limit=2)
    rest = await billing.explain(bill.number, after=first.entries[-1].entry_id)
    assert [*first.entries, *rest.entries] == explanation.entries
