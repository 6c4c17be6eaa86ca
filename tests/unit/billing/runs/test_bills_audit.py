"""Every way to tamper with bills, done straight in SQL with the guards taken away, is found: by the record of
changes alone, and what makes a bill wrong also by computing it again."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from gateway.billing.documents.bill import BillStage
from gateway.billing.documents.pdf import PDF, PdfWriter
from gateway.billing.documents.tables import BillTotals
from gateway.billing.rating.services import Service
from gateway.billing.runs.bills_audit import audit_bills
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.year import YearKey
from gateway.store.billing.records import SqlBillingStore
from gateway.store.record.audit import audit_record
from gateway.testing.doubles import MemoryBillingStore, MemoryUsageCounts
from tests.unit.billing.billing_service import ANNA, DEBTORS, agreed, billing_service, issued
from tests.unit.store.billing.billing_database import fresh_billing
from tests.unit.store.record.record_database import drop_guards

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


async def tampered(database_url: str, *statements: str) -> tuple[list[str], list[str]]:
    """What the record finds after these statements, and what computing the bills again finds."""
    async with fresh_billing(database_url) as (store, engines):
        await billed(store)
        with engines.write.begin() as conn:
            drop_guards(conn)
            for statement in statements:
                conn.execute(text(statement))
        of_record = await asyncio.to_thread(audit_record, engines.url)
        recorded = [f"{one.subject}: {one.sentence}" for one in of_record.findings]
        return recorded, [": ".join(fault) for fault in (await audit_bills(store)).faults]


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


async def test_the_pdf_of_another_version_is_noted_and_no_fault(database_url: str) -> None:
    """It writes other bytes; that nobody altered it shows its hash."""
    async with fresh_billing(database_url) as (store, _):
        await billed(store)
        later = PdfWriter("Typst 9.0", lambda bill, xml: PDF.write(bill, xml) + b"another version")
        found = await audit_bills(store, later)
        same = await audit_bills(store, later._replace(version=PDF.version))
    assert found.faults == ()
    assert found.notes == (("3 PDF", f"made by another version, not compared: {PDF.version}"),)
    assert [fault.subject for fault in same.faults] == ["GD2026-000001", "GD2026-000002", "GD2027-000001"]
    assert same.notes == ()


async def test_no_bills_hold(database_url: str) -> None:
    async with fresh_billing(database_url) as (store, _):
        found = await audit_bills(store)
    assert (found.totals, found.faults) == ({}, ())


FIRST = "number = 'GD2026-000001'"
OF_SECOND = "FROM billing_documents WHERE number = 'GD2026-000002'"
OF_SETTLEMENT = "run_id IN (SELECT run_id FROM billing_documents WHERE number = 'GD2027-000001')"
COPY = f"""INSERT INTO billing_documents SELECT 'GD2026-000003', run_id, 'oostmeer', service, year, 9, issued_in,
3, replace(body, 'GD2026-000001', 'GD2026-000003'), xml, sha256, version, pdf, pdf_sha256, pdf_version
FROM billing_documents WHERE {FIRST}"""
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
        "GD2026-000001: its e-invoice is not the one that was issued",
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
    "edit the PDF": (
        (f"UPDATE billing_documents SET pdf = substr(pdf, 2) WHERE {FIRST}",),
        "GD2026-000001: its PDF is not the one that was issued",
    ),
    "put another's PDF in its place, with its hash": (
        (
            f"UPDATE billing_documents SET pdf = (SELECT pdf {OF_SECOND}), "
            f"pdf_sha256 = (SELECT pdf_sha256 {OF_SECOND}) WHERE {FIRST}",
        ),
        "GD2026-000001: its PDF is not the one that was issued",
    ),
    "have the edited PDF made by another version": (
        (f"UPDATE billing_documents SET pdf = substr(pdf, 2), pdf_version = 'Typst 0.1' WHERE {FIRST}",),
        "GD2026-000001: its PDF is not the one that was issued",
    ),
    "say that another version made the PDF": (("UPDATE billing_documents SET pdf_version = 'Typst 0.1'",), ""),
    "delete a document": (
        (f"DELETE FROM billing_documents WHERE {FIRST}",),
        "bills of 2026: number 1 is missing before GD2026-000002",
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
        "it was issued and nobody approved it",
    ),
    "approve by another name": (
        ("""UPDATE billing_approvals SET "by" = 'Eva Vals'""",),
        "",
    ),
    "edit the year's step": (
        ("UPDATE billing_steps SET amount = '1.00' WHERE document = 'GD2026-000001'",),
        "GD2026-000001: the billing year of krommevliet does not hold its amount",
    ),
    "renumber": (
        ("UPDATE billing_documents SET rank = 7 WHERE number = 'GD2026-000002'",),
        "GD2026-000002: it is number 7 of 2026",
    ),
    "prepare in another name": (("""UPDATE billing_runs SET "by" = 'Eva Vals'""",), ""),
    "issue in another name": (("""UPDATE billing_issues SET "by" = 'Eva Vals'""",), ""),
    "delete an issue": ((f"DELETE FROM billing_issues WHERE {OF_SETTLEMENT}",), ""),
    "change who did it in the log": (("UPDATE register_log SET actor = 'Eva Vals' WHERE id = 3",), ""),
    "delete a line of the log": (("DELETE FROM register_log WHERE id = 3",), ""),
    "delete the newest line of the log": (
        ("DELETE FROM register_log WHERE id = (SELECT max(id) FROM register_log)",),
        "",
    ),
    "swap two lines of the log": (
        (
            "UPDATE register_log SET id = -1 WHERE id = 3",
            "UPDATE register_log SET id = 3 WHERE id = 4",
            "UPDATE register_log SET id = 4 WHERE id = -1",
        ),
        "",
    ),
}


@pytest.mark.parametrize(("statements", "computed"), TAMPERINGS.values(), ids=TAMPERINGS)
async def test_tampering_is_found(database_url: str, statements: tuple[str, ...], computed: str) -> None:
    recorded, faults = await tampered(database_url, *statements)
    assert recorded
    if computed:
        assert any(computed in fault for fault in faults), faults
