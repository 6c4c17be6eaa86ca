"""The calendar of the billing year: what is due when under each regime, and what parties and finance see of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import TariffBasis
from gateway.billing.runs.debtor import Connection
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.service import BillingService
from gateway.billing.runs.tasks import PartyProgress, Task, TaskKind, TaskState
from gateway.billing.runs.year import YearKey
from gateway.testing.doubles import MemoryBillingStore, MemoryUsageCounts
from tests.unit.billing.billing_service import (
    ANNA,
    BRAM,
    DEBTORS,
    KROMME_VLIET,
    ZILVERSTRAND,
    agreed,
    billing_service,
    go_to,
    issued,
)
from tests.unit.billing.runs.test_service import leave_out
from tests.unit.billing.runs.test_tariff_service import DIGID

DIGIPOORT = Service.DIGIPOORT
OPEN, TO_AGREE, DONE = PartyProgress.OPEN, PartyProgress.TO_AGREE, PartyProgress.DONE


@pytest.fixture
async def billing() -> BillingService:
    """In 2025 zilverstrand, krommevliet and the ministry used Digipoort, and krommevliet and oostmeer DigiD."""
    meter = MemoryUsageCounts()
    for party_id in ("zilverstrand", "krommevliet", "ministerie"):
        meter.add(party_id, 1_000, datetime(2025, 5, 1, tzinfo=UTC))
    for party_id in ("krommevliet", "oostmeer"):
        meter.add(party_id, 5_000, datetime(2025, 5, 1, tzinfo=UTC), Service.DIGID, "authentication")
    meter.add("nobody", 9, datetime(2025, 5, 1, tzinfo=UTC))
    service = billing_service(MemoryBillingStore(), meter)
    for debtor in DEBTORS:
        await service.save_debtor(ANNA, debtor)
    return service


def one_of(tasks: Sequence[Task], kind: TaskKind, service: Service) -> Task:
    (found,) = [task for task in tasks if (task.kind, task.service) == (kind, service)]
    return found


async def test_the_calendar_of_each_regime(billing: BillingService) -> None:
    go_to(billing, date(2026, 1, 5))
    tasks = await billing.calendar.tasks(2026)
    assert [(task.first.isoformat(), str(task.last), task.kind, task.service, task.year) for task in tasks] == [
        ("2026-01-01", "2026-01-31", "prepayment", "digipoort", 2026),
        ("2026-01-01", "2026-03-31", "forecast", "digid", 2027),
        ("2026-01-01", "2026-03-31", "forecast", "digipoort", 2027),
        ("2026-01-01", "2026-03-31", "settlement", "digipoort", 2025),
        ("2026-01-01", "2026-05-31", "actual-cost", "digid", 2025),
        ("2026-03-01", "2026-03-31", "prepayment", "digid", 2026),
        ("2026-06-01", "2026-06-30", "settlement", "digid", 2025),
        ("2026-07-01", "2026-07-31", "tariff", "digid", 2027),
    ]
    assert one_of(tasks, TaskKind.SETTLEMENT, DIGIPOORT).parties == {"krommevliet": OPEN, "zilverstrand": OPEN}
    assert one_of(tasks, TaskKind.SETTLEMENT, Service.DIGID).parties == {"krommevliet": OPEN}  # not in an umbrella
    assert await billing.calendar.tasks(2018) == []  # nobody was connected


async def test_the_state_of_a_task_follows_from_the_day_and_from_the_steps(billing: BillingService) -> None:
    go_to(billing, date(2026, 1, 5))
    tasks = await billing.calendar.tasks(2026)
    prepayment = one_of(tasks, TaskKind.PREPAYMENT, Service.DIGID)
    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1))
    assert [prepayment.state(day) for day in days] == [
        TaskState.LATER,
        TaskState.OPEN,
        TaskState.OPEN,
        TaskState.OVERDUE,
    ]
    await agreed(billing, YearKey("zilverstrand", DIGIPOORT, 2026), 1_000)
    order = RunOrder(
        BillStage.PREPAYMENT, DIGIPOORT, 2026, date(2026, 1, 15), decisions=(leave_out("nobody", "unknown"),)
    )
    await issued(billing, order)
    await issued(billing, replace(order, stage=BillStage.SETTLEMENT, year=2025, issued_on=date(2026, 2, 15)))
    after = await billing.calendar.tasks(2026)
    for kind in (TaskKind.PREPAYMENT, TaskKind.SETTLEMENT):
        assert one_of(after, kind, DIGIPOORT).parties == {"krommevliet": DONE, "zilverstrand": DONE}
        assert one_of(after, kind, DIGIPOORT).state(date(2027, 1, 1)) is TaskState.DONE


async def test_a_forecast_is_asked_entered_and_agreed(billing: BillingService) -> None:
    go_to(billing, date(2026, 2, 1))
    key = YearKey("zilverstrand", DIGIPOORT, 2027)
    for expected, act in (
        (OPEN, billing.record_forecast(ANNA, key, 1_100, "portal")),
        (TO_AGREE, billing.record_agreement(ANNA, key, "portal")),
    ):
        own = one_of(await billing.calendar.tasks(2026, "zilverstrand"), TaskKind.FORECAST, DIGIPOORT)
        assert own.parties == {"zilverstrand": expected}
        await act
    own = one_of(await billing.calendar.tasks(2026, "zilverstrand"), TaskKind.FORECAST, DIGIPOORT)
    assert (own.parties, own.state(date(2026, 2, 1))) == ({"zilverstrand": DONE}, TaskState.DONE)
    everybody = one_of(await billing.calendar.tasks(2026), TaskKind.FORECAST, DIGIPOORT)
    assert everybody.open == ["krommevliet"]


async def test_a_party_sees_what_concerns_it_and_no_other(billing: BillingService) -> None:
    go_to(billing, date(2026, 2, 1))
    tasks = await billing.calendar.tasks(2026, "krommevliet")
    assert {party_id for task in tasks for party_id in task.parties} == {"krommevliet"}
    assert {task.service for task in tasks} == {DIGIPOORT, Service.DIGID}
    assert one_of(tasks, TaskKind.TARIFF, Service.DIGID).state(date(2026, 8, 1)) is TaskState.OVERDUE
    assert {task.service for task in await billing.calendar.tasks(2026, "zilverstrand")} == {DIGIPOORT}
    assert await billing.calendar.tasks(2026, "ministerie") == []  # the Rijk is not billed for Digipoort


async def test_a_tariff_and_an_actual_cost_are_done_when_they_hold(billing: BillingService) -> None:
    go_to(billing, date(2026, 7, 1))
    estimate = replace(DIGID, first=date(2027, 1, 1), last=date(2027, 12, 31), price=Decimal("0.13"))
    past = replace(estimate, basis=TariffBasis.ACTUAL, first=date(2025, 1, 1), last=date(2025, 12, 31))
    for kind, request in ((TaskKind.TARIFF, estimate), (TaskKind.ACTUAL_COST, past)):
        before = one_of(await billing.calendar.tasks(2026), kind, Service.DIGID)
        assert before.state(date(2026, 7, 1)) in {TaskState.OPEN, TaskState.OVERDUE}
        proposal = await billing.tariffs.propose(ANNA, request)
        await billing.tariffs.approve(BRAM, proposal.proposal_id)
        after = one_of(await billing.calendar.tasks(2026), kind, Service.DIGID)
        assert after.state(date(2026, 7, 1)) is TaskState.DONE


async def test_a_merged_or_a_new_party_is_asked_as_what_it_is(billing: BillingService) -> None:
    go_to(billing, date(2026, 2, 1))
    await billing.save_debtor(ANNA, replace(KROMME_VLIET, valid_from=date(2026, 7, 1), merged_into="zilverstrand"))
    await billing.save_debtor(ANNA, replace(ZILVERSTRAND, connections=(Connection(Service.MACHTIGEN),)))
    tasks = await billing.calendar.tasks(2026)
    assert one_of(tasks, TaskKind.FORECAST, DIGIPOORT).open == ["zilverstrand"]
    assert "krommevliet" in one_of(tasks, TaskKind.PREPAYMENT, DIGIPOORT).parties  # it still was itself
    assert one_of(tasks, TaskKind.FORECAST, Service.MACHTIGEN).open == ["zilverstrand"]
    await billing.record_forecast(ANNA, YearKey("zilverstrand", Service.MIJNOVERHEID, 2026), 9, "letter")
    of_next_year = one_of(await billing.calendar.tasks(2026), TaskKind.FORECAST, Service.MIJNOVERHEID)
    assert of_next_year.open == ["zilverstrand"]  # who had a forecast of this year is asked for the next


async def test_tax_of_2019_is_refunded_from_week_28() -> None:
    meter = MemoryUsageCounts()
    meter.add("krommevliet", 5_000, datetime(2019, 5, 1, tzinfo=UTC), Service.DIGID, "authentication")
    billing = billing_service(MemoryBillingStore(), meter)
    await billing.save_debtor(ANNA, KROMME_VLIET)
    go_to(billing, date(2020, 6, 1))
    (bill,) = await issued(billing, RunOrder(BillStage.SETTLEMENT, Service.DIGID, 2019, date(2020, 6, 1)))
    (task,) = [one for one in await billing.calendar.tasks(2020) if one.kind is TaskKind.VAT_REFUND]
    assert (task.first, task.last, task.parties) == (date(2020, 7, 6), None, {"krommevliet": OPEN})
    assert [task.state(day) for day in (date(2020, 7, 5), date(2021, 7, 5))] == [TaskState.LATER, TaskState.OPEN]
    refund = RunOrder(BillStage.VAT_REFUND, None, 2019, date(2020, 7, 6), bill.amounts.vat)
    await issued(billing, refund)
    (task,) = [one for one in await billing.calendar.tasks(2020) if one.kind is TaskKind.VAT_REFUND]
    assert task.state(date(2020, 7, 6)) is TaskState.DONE


async def test_reminders_go_to_who_has_no_forecast_and_to_finance(billing: BillingService) -> None:
    go_to(billing, date(2026, 2, 1))
    await billing.record_forecast(ANNA, YearKey("zilverstrand", DIGIPOORT, 2027), 1_100, "letter")
    found = {one.name: one for one in await billing.calendar.reminders("https://poort.delta.example/portal/year")}
    assert sorted(found) == [
        "forecast.digid.2027.krommevliet.2026-02",
        "forecast.digipoort.2027.krommevliet.2026-02",
        "tasks.2026-02",
    ]
    asked = found["forecast.digid.2027.krommevliet.2026-02"]
    assert asked.mail.subject.nl == "Uw prognose van DigiD voor 2027"
    assert "uiterlijk op 31 maart 2026" in asked.mail.body.nl
    assert "https://poort.delta.example/portal/year" in asked.mail.body.nl
    assert asked.debtor is not None
    listed = found["tasks.2026-02"].mail.body.en.splitlines()
    assert "- Prepayment of Digipoort e-invoicing for 2026, until 31 January 2026, too late, 2 parties" in listed
    assert "- Actual cost of DigiD in 2025, until 31 May 2026" in listed
    assert not any("Settlement of DigiD" in line for line in listed)  # it is not June yet
    go_to(billing, date(2025, 12, 1))
    assert {one.debtor for one in await billing.calendar.reminders("")} <= {None, DEBTORS[0], DEBTORS[1]}
