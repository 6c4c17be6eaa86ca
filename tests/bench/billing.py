"""The bill of 400 parties over ten million metered units: preview, preparation, issue.

A preview reads rollups, so they are written as ten million entries leave them; the entries themselves, which it
never reads, are left out.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from gateway import judge
from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.service import BillingService
from gateway.store.billing.usage import SqlUsageCounts
from gateway.store.ledger.tables import usage_rollups
from gateway.validator.finding import Finding
from tests.unit.billing.billing_service import ANNA, BRAM, ISSUER, ZILVERSTRAND, Ticking
from tests.unit.store.billing.billing_database import fresh_billing

T = TypeVar("T")

PARTIES = 400
UNITS_A_DAY = 69
CLOCK = Ticking()
ORDER = RunOrder(BillStage.SETTLEMENT, Service.DIGIPOORT, 2026, date(2027, 2, 15))


def billing() -> dict[str, object]:
    """Seconds on SQLite, judging by our own validator included where a run is issued."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measured(f"sqlite:///{Path(folder) / 'meterpoort.db'}"))


async def _measured(address: str) -> dict[str, object]:
    async with fresh_billing(address) as (store, engines):
        with engines.write.begin() as connection:
            connection.execute(usage_rollups.insert(), _rollups())
        billing = BillingService(store, SqlUsageCounts(engines), ISSUER, CLOCK, judge=_judged)
        CLOCK.go_to(ORDER.issued_on)
        for number in range(PARTIES):
            debtor = replace(ZILVERSTRAND, party_id=f"gemeente-{number:03}", oin=f"0000000181{number:07}000")
            await billing.save_debtor(ANNA, debtor)
        preview, seconds = await _timed(billing.preview(ANNA, ORDER))
        run, preparing = await _timed(billing.prepare(ANNA, ORDER))
        await billing.approve(BRAM, run.run_id)
        bills, issuing = await _timed(billing.issue(ANNA, run.run_id))
    return {
        "parties": len(preview.bills),
        "units": sum(party.units for party in preview.inputs.parties),
        "preview_seconds": round(seconds, 2),
        "prepare_seconds": round(preparing, 2),
        "issue_seconds": round(issuing, 2),
        "bills": len(bills),
    }


def preview_seconds(address: str, order: RunOrder, catalogue: Catalogue) -> dict[str, object]:
    """The preview of a run on a database that has its entries: the median of five."""
    return asyncio.run(_preview(address, order, catalogue))


async def _preview(address: str, order: RunOrder, catalogue: Catalogue) -> dict[str, object]:
    async with fresh_billing(address) as (store, engines):
        billing = BillingService(store, SqlUsageCounts(engines), ISSUER, CLOCK, catalogue=catalogue)
        CLOCK.go_to(order.issued_on)
        for number in range(PARTIES):
            debtor = replace(ZILVERSTRAND, party_id=f"gemeente-{number}", oin=f"0000000181{number:07}000")
            await billing.save_debtor(ANNA, debtor)
        timed = [await _timed(billing.preview(ANNA, order)) for _ in range(5)]
    bills = timed[0][0].bills
    return {"bills": len(bills), "seconds": round(statistics.median(seconds for _, seconds in timed), 2)}


def _rollups() -> list[dict[str, object]]:
    first = date(2026, 1, 1)
    return [
        {
            "party_id": f"gemeente-{number:03}",
            "year": 2026,
            "kind": "delivered-to",
            "day": (first + timedelta(days=day)).isoformat(),
            "quantity": UNITS_A_DAY,
            "entries": UNITS_A_DAY,
            "late": 0,
        }
        for number in range(PARTIES)
        for day in range(365)
    ]


async def _judged(document: bytes) -> tuple[Finding, ...]:
    verdict = await asyncio.to_thread(judge, document)
    return tuple(verdict.findings)


async def _timed(work: Awaitable[T]) -> tuple[T, float]:
    begun = time.perf_counter()
    return await work, time.perf_counter() - begun
