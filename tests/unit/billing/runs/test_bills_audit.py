"""The audit of the bills finds every way to tamper with them, done straight in SQL with the guards taken away."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from gateway.billing.documents.bill import BillStage
from gateway.billing.documents.tables import BillTotals
from gateway.billing.rating.services import Service
from gateway.billing.runs.bills_audit import BillsAudit, audit_bills
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.year import YearKey
from gateway.store.billing.records import SqlBillingStore
from gateway.store.tables import metadata
from gateway.testing.billing import MemoryBillingStore, MemoryUsageCounts
from tests.unit.billing.billing_service import ANNA, DEBTORS, agreed, billing_service, issued
from tests.unit.store.billing.billing_database import fresh_billing

PREPAY = RunOrder(BillStage.PREPAYMENT, Service.DIGIPOORT, 2026, date(2026, 1, 15))
SETTLE = RunOrder(BillStage.SETTLEMENT, Service.DIGIPOORT, 2026, date(2027, 2, 15))
MIDYEAR = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


async def billed(store: SqlBillingStore | MemoryBillingStore) -> None:
    """Prepaid 590.00 and 1,180.00; then settled: 295.00 more and nothing more."""
    meter = MemoryUsageCounts()
    billing = billing_service(store, meter)
    for debtor in DEBTORS:
        await billing.save_debtor(ANNA, debtor)
    for party_id, units in (("zilverstrand", 1_000), ("krommevliet", 2_000)):
        await agreed(billing, YearKey(party_id, Service.DIGIPOORT, 2026), units)
    await issued(billing, PREPAY)
    meter.add("zilverstrand", 1_500, MIDYEAR)
    meter.add("krommevliet", 1_900, MIDYEAR)
    await issued(billing, SETTLE)


def disarm(conn: Connection) -> None:
    """Take the insert-only guards away, as somebody with all rights in the database could."""
    for table in [
        one for one in metadata.sorted_tables if one.name.startswith("billing_") and one.name != "billing_counters"
    ]:
        if conn.dialect.name == "postgresql":
            conn.execute(text(f"DROP TRIGGER {table.name}_guard ON {table.name}"))
        else:
            for verb in ("UPDATE", "DELETE"):
                conn.execute(text(f"DROP TRIGGER {table.name}_{verb}"))


async def tampered(database_url: str, *statements: str) -> BillsAudit:
    async with fresh_billing(database_url) as (store, engines):
        await billed(store)
        with engines.write.begin() as conn:
            disarm(conn)
            for statement in statements:
                conn.execute(text(statement))
        return await audit_bills(store)


async def test_untouched_bills_hold_and_their_totals_are_those_of_the_exports(database_url: str) -> None:
    async with fresh_billing(database_url) as (store, _):
        await billed(store)
        found = await audit_bills(store)
    assert found.faults == ()
    assert found.totals == {
        2026: BillTotals(2, Decimal("1462.81"), Decimal("307.19"), Decimal("1770.00")),
        2027: BillTotals(1, Decimal("243.80"), Decimal("51.20"), Decimal("295.00")),
    }


async def test_bills_in_memory_hold_too() -> None:
    store = MemoryBillingStore()
    await billed(store)
    assert (await audit_bills(store)).faults == ()


async def test_no_bills_hold(database_url: str) -> None:
    async with fresh_billing(database_url) as (store, _):
        found = await audit_bills(store)
    assert (found.records, found.totals, found.faults) == (0, {}, ())


FIRST = "number = 'GD2026-000001'"
OF_SECOND = "FROM billing_documents WHERE number = 'GD2026-000002'"
OF_SETTLEMENT = "run_id IN (SELECT run_id FROM billing_documents WHERE number = 'GD2027-000001')"
COPY = f"""INSERT INTO billing_documents SELECT 'GD2026-000003', run_id, 'oostmeer', service, year, 9, issued_in,
3, replace(body, 'GD2026-000001', 'GD2026-000003'), xml, sha256 FROM billing_documents WHERE {FIRST}"""
TAMPERINGS = {
    "lower an amount": (
        (f"UPDATE billing_documents SET body = replace(body, '1180.00', '1080.00') WHERE {FIRST}",),
        "GD2026-000001: it is not what its inputs give",
    ),
    "bill another": (
        (f"UPDATE billing_documents SET body = replace(body, 'Kromme Vliet', 'Rechte Vliet') WHERE {FIRST}",),
        "GD2026-000001: it is not what its inputs give",
    ),
    "have it paid to another account": (
        (
            "UPDATE billing_documents SET body = replace(body, 'NL48MPRT0417164300', 'NL02RABO0123456789') "
            f"WHERE {FIRST}",
        ),
        "GD2026-000001: its e-invoice is not what its facts give",
    ),
    "put another's e-invoice in its place and ask the chain": (
        (
            f"UPDATE billing_documents SET xml = (SELECT xml {OF_SECOND}), "
            f"sha256 = (SELECT sha256 {OF_SECOND}) WHERE {FIRST}",
        ),
        "its e-invoices are not those that the chain holds",
    ),
    "edit the e-invoice": (
        (f"UPDATE billing_documents SET xml = substr(xml, 2) WHERE {FIRST}",),
        "GD2026-000001: its e-invoice is not the one that was issued",
    ),
    "put another's e-invoice in its place, with its hash": (
        (
            f"UPDATE billing_documents SET xml = (SELECT xml {OF_SECOND}), "
            f"sha256 = (SELECT sha256 {OF_SECOND}) WHERE {FIRST}",
        ),
        "GD2026-000001: its e-invoice is not the one that was issued",
    ),
    "delete a document": (
        (f"DELETE FROM billing_documents WHERE {FIRST}",),
        "2026: number 1 is missing before GD2026-000002",
    ),
    "delete the last document": (
        ("DELETE FROM billing_documents WHERE number = 'GD2027-000001'",),
        "the document of zilverstrand is missing",
    ),
    "add a document": ((COPY,), "its run gives no such document"),
    "edit the inputs": (
        (f"UPDATE billing_runs SET inputs = replace(inputs, '1500', '1400') WHERE {OF_SETTLEMENT}",),
        "its inputs are not those that it was approved on",
    ),
    "spoil the inputs": (
        (f"UPDATE billing_runs SET inputs = 'x' WHERE {OF_SETTLEMENT}",),
        "its inputs give no bills",
    ),
    "delete a run": (
        (f"DELETE FROM billing_runs WHERE {OF_SETTLEMENT}",),
        "its inputs are not those that it was approved on",
    ),
    "delete an approval": (
        (f"DELETE FROM billing_approvals WHERE {OF_SETTLEMENT}",),
        "the chain does not hold run-approved by anybody",
    ),
    "approve by another name": (
        ("""UPDATE billing_approvals SET "by" = 'Eva Vals'""",),
        "the chain does not hold run-approved by Eva Vals",
    ),
    "edit the year's step": (
        ("UPDATE billing_steps SET amount = '1.00' WHERE document = 'GD2026-000001'",),
        "GD2026-000001: the billing year of krommevliet does not hold its amount",
    ),
    "renumber": (
        ("UPDATE billing_documents SET rank = 7 WHERE number = 'GD2026-000002'",),
        "GD2026-000002: it is number 7 of 2026",
    ),
    "delete a record of the chain": (("DELETE FROM billing_audit WHERE number = 3",), "record 3 is missing"),
}


@pytest.mark.parametrize(("statements", "message"), TAMPERINGS.values(), ids=TAMPERINGS)
async def test_tampering_is_found(database_url: str, statements: tuple[str, ...], message: str) -> None:
    found = await tampered(database_url, *statements)
    assert any(message in fault for fault in found.faults), found.faults
