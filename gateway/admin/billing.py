"""Billing on a database: for the billing commands, and for the server to show bills and use.

At the command line the caller acts as finance, under the name given with `--by`: the audit chain holds that name.
Over the network a key proves the role.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from gateway.api.services import BillingServices
from gateway.billing.documents.bill import Bill
from gateway.billing.documents.chart import chart_from
from gateway.billing.rating.policies import DEFAULT
from gateway.billing.runs.issuer import issuer_from
from gateway.billing.runs.service import BillingService
from gateway.clock import Clock, utc_now
from gateway.settings import Settings
from gateway.store.billing.records import SqlBillingStore
from gateway.store.billing.usage import SqlUsageCounts
from gateway.store.engine import Engines
from gateway.store.opening import open_database
from gateway.store.writer import Writer

T = TypeVar("T")


def billing_service(settings: Settings, engines: Engines, writer: Writer, clock: Clock) -> BillingService:
    """The billing service on an open database."""
    return BillingService(
        SqlBillingStore(engines, writer),
        SqlUsageCounts(engines),
        issuer_from(settings),
        clock,
        replace(DEFAULT, approval_by_another=settings.billing.approval_by_another),
    )


def billing_services(settings: Settings, engines: Engines, writer: Writer, clock: Clock) -> BillingServices:
    """What the web shows of billing. A gateway without issuer shows use and forecasts, and makes no bills."""
    service = billing_service(settings, engines, writer, clock)
    return BillingServices(service, service.store, SqlUsageCounts(engines), _write_pdf, chart_from(settings))


def _write_pdf(bill: Bill) -> bytes:
    from gateway.billing.documents.pdf import write_pdf  # reportlab takes 0.1 s to import and is seldom needed

    return write_pdf(bill)


def with_billing(
    settings: Settings, work: Callable[[BillingService], Awaitable[T]], *, needs_issuer: bool = True
) -> T:
    """Run the work. Raises BillingError, also where it needs an issuer and the settings name none."""
    if needs_issuer:
        issuer_from(settings).check_complete()

    async def run() -> T:
        async with open_database(settings) as database:
            return await work(billing_service(settings, database.engines, database.writer, utc_now))

    return asyncio.run(run())
