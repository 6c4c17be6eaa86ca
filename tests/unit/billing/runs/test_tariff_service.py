"""Tariffs of an installation: computed from a cost, approved by another person, and then those that are billed."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Tariff, TariffBasis
from gateway.billing.runs.errors import (
    InputsMovedError,
    NotAllowedError,
    OwnApprovalError,
    TariffCatalogueError,
    TariffMissingError,
)
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.service import BillingService
from gateway.billing.runs.tariff_service import TariffRequest
from gateway.billing.runs.year import YearKey
from gateway.store.billing.records import SqlBillingStore
from gateway.testing.doubles import MemoryUsageCounts
from tests.unit.billing.billing_service import ANNA, BRAM, OPERATOR, agreed, go_to, issued, prepared
from tests.unit.billing.runs.test_service import events, with_debtors
from tests.unit.billing.runs.test_service import meter as meter
from tests.unit.billing.runs.test_service import store as store

DIGID = TariffRequest(
    service=Service.DIGID,
    basis=TariffBasis.ESTIMATE,
    first=date(2026, 1, 1),
    last=date(2026, 12, 31),
    source="decision 2025/7",
    cost=Decimal("30000.00"),
)
DIGIPOORT = replace(
    DIGID, service=Service.DIGIPOORT, basis=TariffBasis.FIXED, last=None, price=Decimal("0.60"), cost=Decimal(0)
)


async def hold(billing: BillingService, request: TariffRequest) -> Tariff:
    """Anna proposes it, Bram approves it."""
    proposal = await billing.tariffs.propose(ANNA, request)
    return (await billing.tariffs.approve(BRAM, proposal.proposal_id)).tariff


async def test_a_price_is_the_cost_over_what_the_parties_expect_or_used_before(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    """Zilverstrand expects 100,000; krommevliet says nothing and used 120,001 in the last whole year."""
    billing = await with_debtors(store, meter)
    go_to(billing, date(2025, 7, 1))
    meter.add("krommevliet", 120_001, datetime(2024, 5, 1, tzinfo=UTC), Service.DIGID, "authentication")
    meter.add("zilverstrand", 777, datetime(2024, 5, 1, tzinfo=UTC), Service.DIGID, "authentication")
    meter.add("krommevliet", 5, datetime(2025, 5, 1, tzinfo=UTC), Service.DIGID, "authentication")
    await billing.record_forecast(ANNA, YearKey("zilverstrand", Service.DIGID, 2026), 100_000, "letter", "it grew")
    proposal = await billing.tariffs.propose(ANNA, DIGID)
    assert (proposal.units, str(proposal.tariff.price)) == (220_001, "0.14")  # 0.13636…, in cents
    actual = replace(DIGID, basis=TariffBasis.ACTUAL, first=date(2024, 1, 1), last=date(2024, 12, 31))
    counted = await billing.tariffs.propose(ANNA, actual)
    assert (counted.units, str(counted.tariff.price)) == (120_778, "0.25")  # 0.24839…
    earlier = replace(DIGID, first=date(2020, 1, 1), last=date(2020, 12, 31), units=217_391)
    assert str((await billing.tariffs.propose(ANNA, earlier)).tariff.price) == "0.138"  # three decimals in 2020


async def test_another_person_approves_and_then_it_is_billed(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    go_to(billing, date(2026, 1, 5))
    key = YearKey("zilverstrand", Service.DIGID, 2026)
    await agreed(billing, key, 10_999)
    order = RunOrder(BillStage.PREPAYMENT, Service.DIGID, 2026, date(2026, 1, 15))
    with pytest.raises(TariffMissingError):
        await billing.preview(ANNA, replace(order, issued_on=date(2026, 1, 5)))
    proposal = await billing.tariffs.propose(ANNA, replace(DIGID, units=200_000))
    assert await billing.tariffs.propose(ANNA, replace(DIGID, units=200_000)) == proposal
    for actor in (ANNA, OPERATOR):
        with pytest.raises(OwnApprovalError if actor is ANNA else NotAllowedError):
            await billing.tariffs.approve(actor, proposal.proposal_id)
    with pytest.raises(TariffMissingError):
        await billing.preview(ANNA, replace(order, issued_on=date(2026, 1, 5)))
    approved = await billing.tariffs.approve(BRAM, proposal.proposal_id)
    assert (approved.approved_by, approved.by) == (BRAM.name, ANNA.name)
    (bill,) = await issued(billing, order)
    assert str(bill.amounts.excluding) == "1500.00"  # 10,000 above the free ones, at 0.15
    assert bill.lines[0].source == "decision 2025/7"
    actions = [(one.actor, one.what) for one in await events(store) if one.what.startswith("tariff")]
    assert actions == [(ANNA.name, "tariff proposed"), (BRAM.name, "tariff approved")]


async def test_a_tariff_replaces_for_its_days_what_held(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    await hold(billing, DIGIPOORT)
    await hold(billing, replace(DIGIPOORT, first=date(2026, 7, 1), last=date(2026, 7, 31), price=Decimal("0.10")))
    await hold(billing, replace(DIGIPOORT, price=Decimal("0.61")))
    again = await hold(billing, DIGIPOORT)  # the first price once more is another proposal
    catalogue = await billing.tariffs.catalogue()
    prices = [
        (str(one.price), one.valid_from, one.valid_until)
        for one in catalogue.tariffs
        if one.service is Service.DIGIPOORT
    ]
    assert prices == [
        ("0.59", date(2018, 1, 1), date(2025, 12, 31)),
        ("0.60", date(2026, 1, 1), None),
    ]
    assert again in catalogue.tariffs
    await hold(billing, replace(DIGIPOORT, first=date(2026, 7, 1), last=date(2026, 7, 31), price=Decimal("0.10")))
    in_july = [one for one in (await billing.tariffs.catalogue()).tariffs if one.service is Service.DIGIPOORT]
    assert [str(one.price) for one in in_july] == ["0.59", "0.60", "0.10", "0.60"]


async def test_an_approved_tariff_stops_a_run_that_was_prepared_without_it(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    await agreed(billing, YearKey("zilverstrand", Service.DIGIPOORT, 2026), 1_000)
    run = await prepared(billing, RunOrder(BillStage.PREPAYMENT, Service.DIGIPOORT, 2026, date(2026, 1, 15)))
    await hold(billing, DIGIPOORT)
    with pytest.raises(InputsMovedError):
        await billing.issue(ANNA, run.run_id)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (replace(DIGID, basis=TariffBasis.FIXED), "digid has no fixed tariff"),
        (replace(DIGIPOORT, basis=TariffBasis.ACTUAL), "digipoort has no actual tariff"),
        (replace(DIGIPOORT, service=Service.FACILITIES), "facilities has no fixed tariff"),
        (DIGID, "a price needs a cost and units: 30000.00 / 0"),
        (replace(DIGID, cost=Decimal(0), units=9), "a price needs a cost and units: 0 / 9"),
        (replace(DIGID, price=Decimal(-1)), "a price below zero"),
        (replace(DIGID, price=Decimal(1), last=date(2025, 1, 1)), "it ends before it starts"),
        (replace(DIGID, price=Decimal("0.123"), basis=TariffBasis.ACTUAL), "have two decimals"),
    ],
)
async def test_what_cannot_be_a_tariff_is_refused(
    store: SqlBillingStore, meter: MemoryUsageCounts, request_: TariffRequest, message: str
) -> None:
    billing = await with_debtors(store, meter)
    with pytest.raises(TariffCatalogueError, match=message):
        await billing.tariffs.propose(ANNA, request_)
    with pytest.raises(NotAllowedError):
        await billing.tariffs.propose(OPERATOR, request_)
    assert await billing.tariffs.proposals() == []
