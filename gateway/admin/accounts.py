"""Wires the bill: for the billing commands, and for the server to show bills and use.

On the command line whoever may run it acts as finance, under the name given with `--by`: the audit chain
holds that name. Over the network a key proves the role.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import unbind_contextvars

from gateway import judge
from gateway.api.doors import BillingDoor
from gateway.billing.documents.bill import Bill
from gateway.billing.documents.pdf import write_pdf
from gateway.billing.documents.ubl import write
from gateway.billing.rating.policies import DEFAULT
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import published
from gateway.billing.runs.debtor import Address, Issuer
from gateway.billing.runs.service import Actor, BillingService
from gateway.clock import Clock, billing_date, utc_now
from gateway.messages.participants import Caller, Role
from gateway.messages.ports import Reception
from gateway.messages.submission import Channel, Content, OverloadedError, Submission
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.store.billing.records import SENDER, SqlBillingStore
from gateway.store.billing.usage import SqlUsageCounts
from gateway.store.engine import Engines, open_engines
from gateway.store.schema import upgrade
from gateway.store.writer import Writer
from gateway.validator.finding import Finding
from gateway.validator.model.identifiers import OIN, PartyIdentifier

log = structlog.get_logger(__name__)

T = TypeVar("T")
MEASURING_SECONDS = 3_600.0
SENDING_SECONDS = 30.0
"""How often the server looks for bills that were issued, perhaps by a command beside it."""
_USAGE = "/v1/parties/{party}/usage/entries?service={service}&firstDay={first}&lastDay={last}"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The billing service and what it stores."""

    service: BillingService
    store: SqlBillingStore
    issuer: Issuer


def accounts(settings: Settings, engines: Engines, writer: Writer, clock: Clock) -> Accounts:
    """The bill on an open database."""
    issuer = issuer_of(settings)
    store = SqlBillingStore(engines, writer)
    policies = replace(DEFAULT, approval_by_another=settings.billing.approval_by_another)
    counts = SqlUsageCounts(engines.read)
    return Accounts(
        BillingService(store, counts, issuer, published(), write, _judged, clock, policies), store, issuer
    )


def billing_door(settings: Settings, engines: Engines, writer: Writer, clock: Clock) -> BillingDoor:
    """What the web shows of billing. A gateway without issuer shows use and forecasts, and makes no bills: one
    without its issuer's name and numbers does not pass our own validator."""
    opened = accounts(settings, engines, writer, clock)
    return BillingDoor(opened.service, opened.store, SqlUsageCounts(engines.read), write_pdf)


def billing_chain(engines: Engines, writer: Writer) -> Callable[[], Awaitable[Mapping[str, str]]]:
    """Answers the head of billing's audit chain, for the meter to seal along with its entries."""
    store = SqlBillingStore(engines, writer)

    async def joined() -> Mapping[str, str]:
        number, link = await store.audit_head()
        return {"billing": link} if number else {}

    return joined


def issuer_of(settings: Settings) -> Issuer:
    """Who sends the bills, as far as the settings say."""
    given = settings.billing
    base = settings.http.public_url.rstrip("/")
    return Issuer(
        name=given.name,
        kvk=given.kvk,
        oin=given.oin,
        vat_number=given.vat_number,
        address=Address(given.street, given.postcode, given.city),
        iban=given.iban,
        bic=given.bic,
        email=given.email,
        phone=given.phone,
        contact=given.contact,
        number_prefix=given.number_prefix,
        usage_url=f"{base}{_USAGE}" if base else "",
    )


def finance(name: str) -> Actor:
    """Somebody at the command line, by name."""
    return Actor(name, Role.FINANCE)


def today() -> date:
    """The day it is in Amsterdam."""
    return billing_date(utc_now())


@asynccontextmanager
async def accounts_opened(settings: Settings) -> AsyncIterator[Accounts]:
    """The bill, for as long as the block lasts, beside a running server or without one."""
    async with AsyncExitStack() as stack:
        engines = open_engines(settings.database_url())
        stack.push_async_callback(engines.dispose)
        await asyncio.to_thread(upgrade, engines.write)
        writer = Writer(engines.write, 1)
        writer.start()
        stack.push_async_callback(writer.stop)
        yield accounts(settings, engines, writer, utc_now)


def with_accounts(settings: Settings, work: Callable[[Accounts], Awaitable[T]], *, needs_issuer: bool = True) -> T:
    """Run the work on the bill. Raises BillingError, as when it needs an issuer and the settings name none."""
    if needs_issuer:
        issuer_of(settings).check_complete()

    async def run() -> T:
        async with accounts_opened(settings) as opened:
            return await work(opened)

    return asyncio.run(run())


async def send_bills(
    bills: Sequence[Bill],
    store: SqlBillingStore,
    reception: Reception,
    knows: Callable[[PartyIdentifier], object | None],
) -> Mapping[str, str | None]:
    """Send issued bills through the gateway itself, as any message; by number the kenmerk it got.

    None for a debtor that the register does not know, so that cannot receive here: send it by e-mail. Sent
    again, a bill keeps its kenmerk: its number is the idempotency key.
    """
    sent: dict[str, str | None] = {}
    for bill in bills:
        xml = await store.xml(bill.number)
        is_known = knows(PartyIdentifier(OIN, bill.debtor.oin)) is not None
        sent[bill.number] = (await reception.submit(_submission(bill, xml))).kenmerk if xml and is_known else None
    return sent


async def sending_bills(
    store: SqlBillingStore, reception: Reception, knows: Callable[[PartyIdentifier], object | None]
) -> None:
    """Sends what was issued, wherever it was issued, for as long as it is awaited."""
    while True:
        unbind_contextvars("kenmerk")  # of the bill that was sent last
        try:
            for number, kenmerk in (await send_bills(await store.unsent(), store, reception, knows)).items():
                if kenmerk:
                    log.info("bill_sent", number=number, kenmerk=kenmerk)
        except (OverloadedError, SQLAlchemyError) as error:  # the next turn sends what is left
            log.warning("bills_not_sent", error=type(error).__name__)
        await asyncio.sleep(SENDING_SECONDS)


async def measuring_forecasts(service: BillingService, metrics: Metrics) -> None:
    """Measures Digipoort's year against its forecasts, once an hour, for as long as it is awaited."""
    while True:
        try:
            seen = await service.measure(Service.DIGIPOORT, today())
            metrics.forecast_measured(seen.forecast, seen.used, seen.parties_over)
        except SQLAlchemyError as error:  # the database is in trouble, which others tell
            log.warning("forecasts_not_measured", error=type(error).__name__)
        await asyncio.sleep(MEASURING_SECONDS)


def _submission(bill: Bill, xml: bytes) -> Submission:
    return Submission(
        caller=Caller(SENDER, Role.FINANCE, None),
        channel=Channel.INTERNAL,
        document=Content(len(xml), xml),
        idempotency_key=bill.number,
    )


async def _judged(document: bytes) -> Sequence[Finding]:
    verdict = await asyncio.to_thread(judge, document)
    return verdict.findings
