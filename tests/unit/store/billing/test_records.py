"""Billing on real databases: numbers without gaps, nothing that changes."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gateway.billing.documents.bill import Bill, BillStage
from gateway.billing.documents.pdf import write_pdf
from gateway.billing.documents.ubl import write
from gateway.billing.rating.services import Service
from gateway.billing.runs.run import RunOrder
from gateway.store.billing.records import SqlBillingStore
from gateway.testing.doubles import MemoryBillingStore, MemoryUsageCounts
from tests.unit.billing.billing_service import ANNA, DEBTORS, agreed, billing_service, go_to, issued, prepared
from tests.unit.billing.runs.test_service import MIDYEAR, PREPAY, SETTLE, YEAR, with_debtors
from tests.unit.billing.runs.test_service import meter as meter
from tests.unit.billing.runs.test_service import store as store
from tests.unit.store.billing.billing_database import fresh_billing


async def test_numbers_have_no_gaps_under_concurrency_and_rollback(
    store: SqlBillingStore, meter: MemoryUsageCounts
) -> None:
    billing = await with_debtors(store, meter)
    services = (Service.DIGIPOORT, Service.GUIDANCE)
    await agreed(billing, YEAR, 1_000)
    for number in range(3):
        await billing.record_guidance(ANNA, DEBTORS[number].party_id, date(2026, 1, 10), 1)
    orders = [PREPAY, RunOrder(BillStage.GUIDANCE, services[1], 2026, PREPAY.issued_on)]
    both = [await prepared(billing, order) for order in orders]

    def broken(bill: Bill) -> bytes:
        if bill.debtor.party_id == "zilverstrand" and bill.number != "CONCEPT":
            raise RuntimeError("the power went")
        return write(bill)

    failing = billing_service(store, meter)
    failing._render = broken
    go_to(failing, PREPAY.issued_on)
    with pytest.raises(RuntimeError, match="power"):
        await failing.issue(ANNA, both[1].run_id)
    assert await store.bills(2026) == []
    answers = await asyncio.gather(
        *(billing.issue(ANNA, each.run_id) for each in (*both, *both)), return_exceptions=True
    )
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    numbers = [bill.number for bill in await store.bills(2026)]
    assert numbers == [f"GD2026-{rank:06}" for rank in range(1, 5)]


async def test_every_store_keeps_the_same_documents(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    """On SQLite, on PostgreSQL and in memory: the same bytes under the same numbers."""
    written = []
    for kept in (store, MemoryBillingStore()):
        billing = billing_service(kept, meter)
        for debtor in DEBTORS:
            await billing.save_debtor(ANNA, debtor)
        await agreed(billing, YEAR, 1_000)
        if not meter.lines:
            meter.add("zilverstrand", 1_234, MIDYEAR)
            meter.add("krommevliet", 77, MIDYEAR)
        bills = [bill for order in (PREPAY, SETTLE) for bill in await issued(billing, order)]
        written.append([(bill.number, await kept.xml(bill.number)) for bill in bills])
    assert written[0] == written[1]
    assert len(written[0]) == 3


async def test_the_database_refuses_changes(database_url: str, meter: MemoryUsageCounts) -> None:
    async with fresh_billing(database_url) as (store, engines):
        billing = await with_debtors(store, meter)
        meter.add("zilverstrand", 10, MIDYEAR)
        await issued(billing, SETTLE)
        for statement in (
            "UPDATE billing_documents SET body = '{}'",
            "DELETE FROM register_log",
            "UPDATE billing_steps SET units = 0",
            "DELETE FROM billing_runs",
        ):
            with pytest.raises(DBAPIError, match="insert-only"), engines.write.begin() as connection:
                connection.execute(text(statement))


async def test_xml_and_pdf_are_kept_as_they_were_issued(store: SqlBillingStore, meter: MemoryUsageCounts) -> None:
    billing = await with_debtors(store, meter)
    meter.add("zilverstrand", 10, MIDYEAR)
    (bill,) = await issued(billing, SETTLE)
    assert await store.xml(bill.number) == write(bill)
    assert await store.pdf(bill.number) == write_pdf(bill, write(bill))
    assert await store.bill(bill.number) == bill
