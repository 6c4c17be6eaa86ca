"""Whatever was recorded, no cell of a CSV file is a formula: every route that answers in CSV."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.api.resources import ROUTES
from gateway.api.services import Services
from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.year import YearKey
from gateway.http.answers import CSV
from gateway.metering.entry import UsageEntry, UsageKind
from gateway.testing.doubles import MemoryUsageCounts
from tests.unit.api.billed import FINANCE, billing_services, clock_of, used_meter
from tests.unit.api.openapi_watch import Client
from tests.unit.billing.billing_service import ANNA, BRAM
from tests.unit.billing.billing_service import ZILVERSTRAND as DEBTOR
from tests.unit.small_gateway import SmallGateway

EVIL = "=cmd|'/c calc'!A0"
AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
IN_CSV = [route for route in ROUTES if any(CSV in returned.media_types for returned in route.returns)]


@pytest.fixture
async def services(gateway: SmallGateway) -> Services:
    """Everything that others can fill in holds a formula."""
    counts: MemoryUsageCounts = used_meter()
    counts.add("zilverstrand", 5, AT, kind=EVIL)
    opened = await billing_services(gateway, counts)
    assert opened.billing is not None
    entry = UsageEntry(EVIL, "zilverstrand", UsageKind.DIGID_AUTHENTICATION, AT)
    await opened.meter.record([entry])
    await opened.meter.reverse(1, EVIL, "@SUM(A1)")
    service = opened.billing.service
    await service.save_debtor(ANNA, replace(DEBTOR, name=EVIL))
    await service.record_forecast(ANNA, YearKey("zilverstrand", Service.DIGIPOORT, 2026), 1000, EVIL)
    await service.record_agreement(ANNA, YearKey("zilverstrand", Service.DIGIPOORT, 2026), EVIL)
    clock_of(opened).go_to("2026-01-15")
    run = await service.prepare(ANNA, RunOrder(BillStage.PREPAYMENT, Service.DIGIPOORT, 2026, date(2026, 1, 15)))
    await service.approve(BRAM, run.run_id)
    await service.issue(ANNA, run.run_id)
    return opened


def _is_number(cell: str) -> bool:
    try:
        Decimal(cell)
    except ArithmeticError:
        return False
    return True


async def test_no_cell_of_any_file_is_a_formula(client: Client) -> None:
    cells: dict[str, list[str]] = {}
    for route in IN_CSV:
        address = route.path.format(partyId="zilverstrand")
        async with client.get(address, params={"year": 2026}, headers={**FINANCE, "Accept": CSV}) as answer:
            assert (answer.status, answer.content_type) == (200, CSV), address
            cells[address] = [
                cell for row in csv.reader(io.StringIO(await answer.text(), newline="")) for cell in row
            ]
    found = [cell for row in cells.values() for cell in row]
    assert [cell for cell in found if cell.startswith(("=", "+", "-", "@")) and not _is_number(cell)] == []
    assert {address for address, row in cells.items() if f"'{EVIL}" in row} == {
        "/v1/exports/bills",
        "/v1/exports/entries",
        "/v1/exports/journal",
        "/v1/exports/usage",
        "/v1/parties/zilverstrand/usage/entries",
    }
    assert "'@SUM(A1)" in cells["/v1/exports/entries"]
    assert len(cells) == 7
