"""The billing year on real databases: who may do what, in which order, and what it bills."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.billing.documents.bill import Bill, BillKind, BillStage
from gateway.billing.rating.policies import DEFAULT, LateForecast
from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import (
    BillRejectedError,
    ConfirmationNeededError,
    ForecastLockedError,
    InputsMovedError,
    NotAllowedError,
    PartyRefusedError,
    StepRefusedError,
    UnknownPartyError,
)
from gateway.billing.runs.run import DecisionKind, RunDecision, RunOrder
from gateway.billing.runs.service import BillingService
from gateway.billing.runs.year import StepKind, YearKey
from gateway.i18n import Text
from gateway.messages.ports import LogEntry
from gateway.store.billing.records import SqlBillingStore
from gateway.store.messages.register import RegisterStore
from gateway.testing.doubles import MemoryBillingStore, MemoryUsageCounts
from gateway.validator.finding import Finding, Flag
from gateway.validator.finding import Stage as FindingStage
from tests.unit.billing.billing_service import (
    ANNA,
    BRAM,
    DEBTORS,
    OPERATOR,
    Ticking,
    agreed,
    billing_service,
    go_to,
    issued,
    prepared,
)
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


async def events(store: SqlBillingStore) -> Sequence[LogEntry]:
    """Everything in the log."""
    return await RegisterStore(store._engines, store._writer, Ticking()).log(None, 0, 1_000)


async def with_debtors(store: SqlBillingStore, meter: MemoryUsageCounts) -> BillingService:
    """A service that knows the debtors."""
    billing = billing_service(store, meter)
    for debtor in DEBTORS:
        await billing.save_debtor(ANNA, debtor)
    return billing


def summary(bills: Sequence[Bill]) -> list[tuple[str, str, str]]:
    """Number, party and amount including tax."""
    return [(bill.number, bill.debtor.party_id, str(bill.amounts.including)) for bill in bills]


async def test_a_whole_year(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    await billing.record_forecast(ANNA, YEAR, 12_000, "e-mail of 3 December")
    await billing.record_agreement(ANNA, YEAR, "letter 2026/17")
    meter.add("krommevliet", 1_000, datetime(2025, 6, 1, tzinfo=UTC))  # no forecast: historic use
    assert summary(await issued(billing, PREPAY)) == [
        ("GD2026-000001", "krommevliet", "590.00"),
        ("GD2026-000002", "zilverstrand", "7080.00"),
    ]
    meter.add("zilverstrand", 13_500, MIDYEAR)
    meter.add("krommevliet", 900, MIDYEAR)
    meter.add("oostmeer", 10, MIDYEAR)
    assert await billing.record_statements(ANNA, Service.DIGIPOORT, 2026, 7) == 3
    assert await billing.record_statements(ANNA, Service.DIGIPOORT, 2026, 7) == 0
    assert summary(await issued(billing, SETTLE)) == [
        ("GD2027-000001", "krommevliet", "-59.00"),  # history is no agreement: no minimum
        ("GD2027-000002", "oostmeer", "5.90"),
        ("GD2027-000003", "zilverstrand", "885.00"),
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
    assert (settled.units, settled.document, str(settled.amount)) == (13_500, "GD2027-000003", "885.00")


async def test_a_second_run_changes_nothing_and_a_late_correction_gives_its_difference(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    await agreed(billing, YEAR, 1_000)
    await issued(billing, PREPAY)
    meter.add("zilverstrand", 1_500, MIDYEAR)
    await issued(billing, SETTLE)
    before = (await billing.year(YEAR)).steps
    assert await issued(billing, SETTLE) == []
    assert (await billing.year(YEAR)).steps == before
    meter.add("zilverstrand", -100, MIDYEAR)
    (credit,) = await issued(billing, SETTLE)
    assert (credit.number, credit.kind, str(credit.amounts.including)) == (
        "GD2027-000002",
        BillKind.CREDIT_NOTE,
        "-59.00",
    )
    assert [reference.number for reference in credit.preceding] == ["GD2026-000001", "GD2027-000001"]
    meter.add("zilverstrand", 100, MIDYEAR)
    (back,) = await issued(billing, SETTLE)
    assert back.amounts == -credit.amounts
    meter.add("zilverstrand", -1_000, MIDYEAR)  # below the forecast: no less than it
    (down,) = await issued(billing, SETTLE)
    every = [*await store.bills(2026), *await store.bills(2027)]
    assert str(sum(bill.amounts.including for bill in every)) == "590.00"
    assert down.kind is BillKind.CREDIT_NOTE


async def test_an_issued_run_is_issued_once(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    await agreed(billing, YEAR, 1_000)
    go_to(billing, PREPAY.issued_on)
    run = await billing.prepare(ANNA, PREPAY)
    assert (await billing.prepare(BRAM, PREPAY)) == run
    await billing.approve(BRAM, run.run_id)
    first = await billing.issue(ANNA, run.run_id)
    assert await billing.issue(BRAM, run.run_id) == first
    assert len(await store.bills(2026)) == 1


async def test_an_approval_holds_for_the_inputs_it_saw(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    await agreed(billing, YEAR, 1_000)
    go_to(billing, PREPAY.issued_on)
    run = await billing.prepare(ANNA, PREPAY)
    await agreed(billing, YEAR, 2_000)
    with pytest.raises(InputsMovedError):
        await billing.approve(BRAM, run.run_id)
    second = await billing.prepare(ANNA, PREPAY)
    await billing.approve(BRAM, second.run_id)
    await agreed(billing, YEAR, 3_000)
    with pytest.raises(InputsMovedError, match=second.run_id):
        await billing.issue(ANNA, second.run_id)
    assert await store.bills(2026) == []


class BusyMeter(MemoryUsageCounts):
    """Records use of these days at each look at its position."""

    days: tuple[datetime, ...] = ()

    async def position(self) -> int:
        for day in self.days:
            self.add("zilverstrand", 1, day)
        return await super().position()


async def test_only_use_that_decides_the_bills_has_to_stand_still(store: SqlBillingStore) -> None:
    """A prepayment needs the year before, a settlement its own year; a gateway goes on counting meanwhile."""
    meter = BusyMeter()
    billing = await with_debtors(store, meter)
    await agreed(billing, YEAR, 1_000)
    meter.days = (MIDYEAR,)
    await issued(billing, PREPAY)
    meter.days = (MIDYEAR.replace(year=2025),)
    with pytest.raises(InputsMovedError, match="the use of 2025"):
        await issued(billing, replace(PREPAY, issued_on=PREPAY.issued_on + timedelta(days=1)))
    meter.days = (MIDYEAR,)
    with pytest.raises(InputsMovedError, match="the use of 2026"):
        await issued(billing, SETTLE)
    meter.days = (MIDYEAR.replace(year=2027),)
    await issued(billing, SETTLE)


async def test_who_may_do_what(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    await agreed(billing, YEAR, 1_000)
    with pytest.raises(NotAllowedError, match="only finance"):
        await billing.record_forecast(OPERATOR, YEAR, 5, "portal")
    go_to(billing, PREPAY.issued_on)
    with pytest.raises(NotAllowedError, match="only finance"):
        await billing.preview(OPERATOR, PREPAY)
    with pytest.raises(NotAllowedError, match="only finance"):
        await billing.prepare(OPERATOR, PREPAY)
    with pytest.raises(NotAllowedError, match="only finance"):
        await billing.close(OPERATOR, YEAR)
    run = await billing.prepare(ANNA, PREPAY)
    with pytest.raises(NotAllowedError, match="another person"):
        await billing.approve(ANNA, run.run_id)
    with pytest.raises(StepRefusedError, match="not approved"):
        await billing.issue(ANNA, run.run_id)
    alone = billing_service(store, meter, policies=replace(DEFAULT, approval_by_another=False))
    go_to(alone, PREPAY.issued_on)
    again = await alone.prepare(ANNA, PREPAY)
    assert (await alone.approve(ANNA, again.run_id)).approved_by == ANNA.name


async def test_a_forecast_does_not_move_after_the_prepayment(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    await agreed(billing, YEAR, 1_000)
    await issued(billing, PREPAY)
    with pytest.raises(ForecastLockedError, match="zilverstrand digipoort 2026"):
        await billing.record_forecast(ANNA, YEAR, 2_000, "portal")
    await billing.record_forecast(ANNA, YEAR, 1_000, "portal")  # the same: nothing to refuse
    lenient = billing_service(store, meter, policies=replace(DEFAULT, late_forecast=LateForecast.DELTA))
    await agreed(lenient, YEAR, 2_000)
    assert summary(await issued(lenient, PREPAY)) == [("GD2026-000002", "zilverstrand", "590.00")]
    await agreed(lenient, YEAR, 500)
    assert await issued(lenient, PREPAY) == []


async def test_what_was_prepaid_on_history_does_not_move_with_it(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    meter.add("zilverstrand", 1_000, datetime(2025, 6, 1, tzinfo=UTC))
    assert summary(await issued(billing, PREPAY)) == [("GD2026-000001", "zilverstrand", "590.00")]
    meter.add("zilverstrand", 500, datetime(2025, 6, 1, tzinfo=UTC))  # late
    assert await issued(billing, PREPAY) == []


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
        await issued(billing, SETTLE)
    assert await store.bills(2027) == []
    assert (await billing.year(YEAR)).steps == ()


async def test_a_party_that_cannot_be_billed_is_named_and_left_out_by_decision(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    meter.add("nergenshuizen", 10, MIDYEAR)
    meter.add("zilverstrand", 10, MIDYEAR)
    meter.add("undone", 10, MIDYEAR)
    meter.add("undone", -10, MIDYEAR)  # it comes to nothing, and is no party of the year
    go_to(billing, SETTLE.issued_on)
    with pytest.raises(PartyRefusedError, match=r"^parties that cannot be billed: nergenshuizen \([^;]*\)$"):
        await billing.prepare(ANNA, SETTLE)
    preview = await billing.preview(ANNA, SETTLE)
    assert [one.party_id for one in preview.outcome.problems] == ["nergenshuizen"]
    with pytest.raises(StepRefusedError, match="needs a reason"):
        await billing.prepare(ANNA, replace(SETTLE, decisions=(leave_out("nergenshuizen", " "),)))
    order = replace(SETTLE, decisions=(leave_out("nergenshuizen", "a wrong event"),))
    assert [bill.party_id for bill in await issued(billing, order)] == ["zilverstrand"]
    assert "leave-out nergenshuizen: a wrong event" in (await events(store))[-3].detail
    with pytest.raises(UnknownPartyError):
        await billing.record_forecast(ANNA, replace(YEAR, party_id="nergenshuizen"), 5, "portal")


def leave_out(party_id: str, reason: str) -> RunDecision:
    """The decision not to bill a party."""
    return RunDecision(DecisionKind.LEAVE_OUT, reason, party_id)


@pytest.mark.parametrize(
    ("today", "issued_on", "message"),
    [
        (date(2026, 11, 29), date(2026, 11, 29), "2026 is not over"),
        (date(2026, 11, 29), date(2027, 3, 1), "2026 is not over"),  # by the clock, whatever the document says
        (date(2026, 12, 31), date(2026, 12, 31), "2026 is not over"),
        (date(2027, 3, 1), date(2027, 3, 2), "in the future"),
        (date(2027, 3, 9), date(2027, 3, 1), "more than 7 days ago"),
    ],
)
async def test_a_run_is_refused_before_its_time_and_with_a_date_that_is_not_near(
    today: date, issued_on: date, message: str
) -> None:
    billing = billing_service(MemoryBillingStore(), MemoryUsageCounts())
    go_to(billing, today)
    with pytest.raises(StepRefusedError, match=message):
        await billing.prepare(ANNA, replace(SETTLE, issued_on=issued_on))


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (RunOrder(BillStage.DISTRIBUTION, Service.FACILITIES, 2018, date(2020, 7, 5)), "charged from 2019"),
        (RunOrder(BillStage.VAT_REFUND, None, 2019, date(2020, 7, 5)), "refunded from 6 July 2020"),  # of week 28
        (RunOrder(BillStage.VAT_REFUND, None, 2020, date(2020, 7, 5)), "over 2020; it is over 2018, 2019"),
        (RunOrder(BillStage.VAT_REFUND, Service.DIGID, 2019, date(2020, 7, 5)), "over all services"),
        (RunOrder(BillStage.PREPAYMENT, Service.GUIDANCE, 2020, date(2020, 7, 5)), "guidance has no prepayment"),
    ],
)
async def test_what_the_sources_do_not_charge_or_refund_is_refused(
    store: SqlBillingStore, meter: MemoryUsageCounts, order: RunOrder, message: str
) -> None:
    billing = await with_debtors(store, meter)
    go_to(billing, order.issued_on)
    with pytest.raises(StepRefusedError, match=message):
        await billing.prepare(ANNA, order)


async def test_dates_follow_numbers(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    meter.add("zilverstrand", 10, MIDYEAR)
    earlier = await prepared(billing, SETTLE)
    await issued(billing, replace(SETTLE, issued_on=date(2027, 2, 16)))
    meter.add("zilverstrand", 10, MIDYEAR)
    again = await prepared(billing, SETTLE)
    with pytest.raises(StepRefusedError, match="GD2027-000001 is dated 16 February 2027"):
        await billing.issue(ANNA, again.run_id)
    assert len(await store.bills(2027)) == 1
    assert earlier.run_id != again.run_id


async def test_the_amsterdam_year_decides(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    meter.add("zilverstrand", 1, datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC))  # 23:59:59 in Amsterdam
    meter.add("zilverstrand", 10, datetime(2025, 12, 31, 23, 30, tzinfo=UTC))  # 00:30 on New Year's Day
    meter.add("zilverstrand", 100, datetime(2026, 12, 31, 22, 30, tzinfo=UTC))
    meter.add("zilverstrand", 1_000, datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    go_to(billing, SETTLE.issued_on)
    preview = await billing.preview(ANNA, SETTLE)
    assert preview.inputs.parties[0].units == 110
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
    await agreed(billing, YEAR, 1_000)
    go_to(billing, PREPAY.issued_on)
    log = await events(store)
    preview = await billing.preview(ANNA, PREPAY, forecasts={"zilverstrand": 2_000})
    assert str(preview.total.including) == "1180.00"
    assert str((await billing.preview(ANNA, PREPAY)).total.including) == "590.00"
    assert await events(store) == log


async def test_two_runs_cannot_bill_the_same_past(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    """Both were approved before either was issued: the later one is refused, or finds its inputs moved."""
    billing = await with_debtors(store, meter)
    meter.add("zilverstrand", 10, MIDYEAR)
    other = replace(SETTLE, issued_on=date(2027, 2, 16))
    both = [await prepared(billing, order) for order in (SETTLE, other)]
    answers = await asyncio.gather(*(billing.issue(ANNA, each.run_id) for each in both), return_exceptions=True)
    assert sum(isinstance(answer, InputsMovedError | StepRefusedError) for answer in answers) == 1
    assert len(await store.bills(2027)) == 1


async def test_a_bill_is_explained_by_what_was_counted_then(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    for _ in range(3):
        meter.add("zilverstrand", 1, MIDYEAR)
    (bill,) = await issued(billing, SETTLE)
    before = await billing.explain(bill.number)
    assert before.bill == bill
    assert sum(entry.quantity for entry in before.entries) == before.counted["delivered-to"] == 3
    assert (before.run.approved_by, before.run.position, before.later) == (BRAM.name, 3, {})
    meter.add("zilverstrand", 110, MIDYEAR)  # late
    meter.add("zilverstrand", -1, MIDYEAR)
    after = await billing.explain(bill.number)
    assert (after.counted, after.entries) == (before.counted, before.entries)
    assert after.later == {"delivered-to": 109}
    first = await billing.explain(bill.number, limit=2)
    rest = await billing.explain(bill.number, after=int(first.entries[-1].entry_id))
    assert [*first.entries, *rest.entries] == after.entries


async def test_a_prepayment_is_explained_by_its_forecast_or_by_history(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    await agreed(billing, YEAR, 1_000)
    meter.add("krommevliet", 20, datetime(2025, 6, 1, tzinfo=UTC))
    history, forecast = await issued(billing, PREPAY)
    meter.add("zilverstrand", 5, MIDYEAR)
    meter.add("krommevliet", 5, MIDYEAR)
    found = await billing.explain(forecast.number)
    assert [(step.kind, step.units, step.by) for step in found.steps] == [
        (StepKind.FORECAST, 1_000, ANNA.name),
        (StepKind.AGREEMENT, 1_000, ANNA.name),
    ]
    assert (found.counted, found.entries) == ({}, ())
    found = await billing.explain(history.number)
    assert (found.counted, found.first) == ({"delivered-to": 20}, date(2025, 1, 1))


async def test_the_agreed_forecast_is_the_minimum_though_it_was_never_prepaid(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    await agreed(billing, YEAR, 1_000)
    await issued(billing, PREPAY)
    late = replace(YEAR, party_id="krommevliet")
    await agreed(billing, late, 1_000)  # joined in May; nobody prepaid again
    meter.add("zilverstrand", 1_200, MIDYEAR)
    meter.add("krommevliet", 200, MIDYEAR)
    go_to(billing, SETTLE.issued_on)
    preview = await billing.preview(ANNA, SETTLE)
    assert [(one.party_id, one.text.en) for one in preview.outcome.remarks] == [
        (
            "krommevliet",
            "The prepayment on the agreed forecast of 1,000 was not billed: it is part of this settlement",
        )
    ]
    assert summary(await issued(billing, SETTLE)) == [
        ("GD2027-000001", "krommevliet", "590.00"),
        ("GD2027-000002", "zilverstrand", "118.00"),
    ]
    with pytest.raises(ForecastLockedError, match="settled"):
        await billing.record_forecast(ANNA, late, 2_000, "letter")


async def test_a_forecast_that_is_not_agreed_is_neither_prepaid_nor_a_minimum(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    await billing.record_forecast(ANNA, YEAR, 1_000, "letter")
    go_to(billing, PREPAY.issued_on)
    preview = await billing.preview(ANNA, PREPAY)
    assert [one.text.en for one in preview.outcome.remarks] == ["forecast 1 is not agreed, so it is not prepaid"]
    assert await issued(billing, PREPAY) == []
    assert not (await billing.year(YEAR)).is_prepaid
    meter.add("zilverstrand", 200, MIDYEAR)
    assert summary(await issued(billing, SETTLE)) == [("GD2027-000001", "zilverstrand", "118.00")]


async def test_a_closed_year_is_opened_again_with_a_reason_before_it_is_billed(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    meter.add("zilverstrand", 100, MIDYEAR)
    await issued(billing, SETTLE)
    await billing.close(ANNA, YEAR)
    assert await issued(billing, SETTLE) == []  # nothing has changed
    meter.add("zilverstrand", 10, MIDYEAR)
    with pytest.raises(PartyRefusedError, match="its year is closed"):
        await billing.prepare(ANNA, SETTLE)
    with pytest.raises(StepRefusedError, match="say why"):
        await billing.reopen(ANNA, YEAR, " ")
    await billing.reopen(ANNA, YEAR, "ten messages came late")
    assert summary(await issued(billing, SETTLE)) == [("GD2027-000002", "zilverstrand", "5.90")]
    await billing.close(ANNA, YEAR)
    assert (await billing.year(YEAR)).is_closed


async def test_what_is_far_from_history_is_confirmed_with_a_reason(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    with pytest.raises(ConfirmationNeededError, match="1,000,000,000,000 is far from the 0 used in 2025"):
        await billing.record_forecast(ANNA, YEAR, 10**12, "letter")
    await billing.record_forecast(ANNA, YEAR, 10**12, "letter", "they meant it")
    await billing.record_agreement(ANNA, YEAR, "letter")
    go_to(billing, PREPAY.issued_on)
    with pytest.raises(ConfirmationNeededError, match=r"zilverstrand \(2026 comes to .*487,603,305,785.12"):
        await billing.prepare(ANNA, PREPAY)
    confirmed = RunDecision(DecisionKind.CONFIRM, "they meant it", "zilverstrand")
    (bill,) = await issued(billing, replace(PREPAY, decisions=(confirmed,)))
    assert str(bill.amounts.including) == "590000000000.00"
