"""Billing on a database: for the billing commands, and for the server to show bills and use.

Who acts is an API key, at the command line as over the network: the log holds its id.
"""

import asyncio
import smtplib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gateway.billing.delivery import BillDelivery, PrintList, is_registered
from gateway.billing.documents.bill import Bill
from gateway.billing.documents.chart import chart_from
from gateway.billing.payments.service import PaymentService
from gateway.billing.rating.policies import DEFAULT, Policies, read_policies
from gateway.billing.runs.actor import Actor, check_finance
from gateway.billing.runs.errors import MailError, NotAllowedError, PoliciesError
from gateway.billing.runs.issuer import issuer_from
from gateway.billing.runs.ports import Registered
from gateway.billing.runs.service import BillingService
from gateway.clock import Clock, utc_now
from gateway.i18n import Text
from gateway.settings import Settings
from gateway.store.billing.records import SqlBillingStore
from gateway.store.billing.usage import SqlUsageCounts
from gateway.store.engine import Engines
from gateway.store.messages.register import RegisterStore
from gateway.store.opening import Database, open_database
from gateway.store.writer import Writer

if TYPE_CHECKING:
    from gateway.api.services import BillingServices

T = TypeVar("T")


def policies_of(settings: Settings) -> Policies:
    """The policies of this installation. Raises PoliciesError."""
    file = settings.billing.policies_file
    try:
        return read_policies(file.read_text("utf-8")) if file else DEFAULT
    except OSError as error:
        raise PoliciesError(Text("the policies cannot be read: {wrong}", wrong=str(error))) from error


def billing_service(
    settings: Settings, engines: Engines, writer: Writer, clock: Clock, registered: Registered
) -> BillingService:
    """The billing service on an open database; `registered` is what the register knows of a party."""
    return BillingService(
        SqlBillingStore(engines, writer),
        SqlUsageCounts(engines),
        issuer_from(settings),
        clock,
        policies_of(settings),
        registered=registered,
    )


def billing_services(
    settings: Settings, engines: Engines, writer: Writer, clock: Clock, register: RegisterStore
) -> "BillingServices":
    """What the web shows of billing. A gateway without issuer shows use and forecasts, and makes no bills."""
    from gateway.api.services import BillingServices  # here, as commands do without

    service = billing_service(settings, engines, writer, clock, register.by_id)
    payments = payment_service(settings, engines, writer, clock)
    prints = _print_list(settings, engines, writer, clock, register)
    counts = SqlUsageCounts(engines)
    return BillingServices(service, service.store, counts, payments, prints, chart_from(settings))


def payment_service(settings: Settings, engines: Engines, writer: Writer, clock: Clock) -> PaymentService:
    """What was paid and what is open, on an open database."""
    return PaymentService(SqlBillingStore(engines, writer), issuer_from(settings), clock)


def _run(settings: Settings, work: Callable[[Database, RegisterStore], Awaitable[T]]) -> T:
    """Run the work on the database of these settings, with the parties and keys of its register."""

    async def run() -> T:
        async with open_database(settings) as database:
            register = RegisterStore(database.engines, database.writer, utc_now)
            await register.refresh()
            return await work(database, register)

    return asyncio.run(run())


async def _holder(register: RegisterStore, key: str) -> Actor:
    """Who holds an API key. Raises NotAllowedError for a key that does not work."""
    caller = await register.authenticate(key)
    if caller is None:
        raise NotAllowedError(Text("this API key does not work"))
    return Actor(caller.key_id, caller.role)


def with_billing(
    settings: Settings, work: Callable[[BillingService], Awaitable[T]], *, needs_issuer: bool = True
) -> T:
    """Run the work. Raises BillingError, also where it needs an issuer and the settings name none."""
    if needs_issuer:
        issuer_from(settings).check_complete()
    return _run(settings, lambda database, register: work(_billing(settings, database, register)))


def with_finance(settings: Settings, key: str, work: Callable[[BillingService, Actor], Awaitable[T]]) -> T:
    """Run the work as the holder of an API key. Raises BillingError, also where the settings name no issuer."""
    issuer_from(settings).check_complete()

    async def run(database: Database, register: RegisterStore) -> T:
        return await work(_billing(settings, database, register), await _holder(register, key))

    return _run(settings, run)


def _billing(settings: Settings, database: Database, register: RegisterStore) -> BillingService:
    return billing_service(settings, database.engines, database.writer, utc_now, register.by_id)


def with_payments(settings: Settings, work: Callable[[PaymentService], Awaitable[T]]) -> T:
    """Run the work on payments. Raises BillingError."""
    return _run(settings, lambda database, _: work(_payments(settings, database)))


def record_payments(settings: Settings, key: str, work: Callable[[PaymentService, Actor], Awaitable[T]]) -> T:
    """Run the work on payments as the holder of an API key. Raises BillingError."""

    async def run(database: Database, register: RegisterStore) -> T:
        return await work(_payments(settings, database), await _holder(register, key))

    return _run(settings, run)


def _payments(settings: Settings, database: Database) -> PaymentService:
    return payment_service(settings, database.engines, database.writer, utc_now)


def _print_list(
    settings: Settings, engines: Engines, writer: Writer, clock: Clock, register: RegisterStore
) -> PrintList:
    return PrintList(
        SqlBillingStore(engines, writer),
        clock,
        lambda bill: is_registered(bill, register.by_identifier),
        can_mail=bool(settings.mail.host),
    )


def bills_to_print(settings: Settings) -> Sequence[Bill]:
    """The bills that neither the gateway nor a mail server delivers."""
    return _run(
        settings,
        lambda opened, register: _print_list(settings, opened.engines, opened.writer, utc_now, register).bills(),
    )


def record_printed(settings: Settings, number: str, key: str) -> bool:
    """Record that a bill was printed and sent on paper; False when it was before. Raises UnknownBillError."""

    async def run(opened: Database, register: RegisterStore) -> bool:
        listed = _print_list(settings, opened.engines, opened.writer, utc_now, register)
        return await listed.record(await _holder(register, key), number)

    return _run(settings, run)


def mail_reminders(settings: Settings, key: str, folder: Path | None) -> Mapping[str, BillDelivery]:
    """Mail what is due as the holder of an API key, or write it to a folder; how each left, by its name.

    Raises BillingError, also where the settings name no mail server, and for one that cannot be reached.
    """
    from gateway.jobs.mail import Mailing, file_writer, mailer  # here, so that other commands start fast
    from gateway.jobs.send_reminders import send_reminders

    send = file_writer(folder) if folder else mailer(settings.mail)
    if send is None:
        raise MailError(Text("the settings name no mail server (mail.host): give --folder"))

    async def run(opened: Database, register: RegisterStore) -> Mapping[str, BillDelivery]:
        actor = await _holder(register, key)
        check_finance(actor)
        billing = _billing(settings, opened, register)
        deliveries = SqlBillingStore(opened.engines, opened.writer)
        return await send_reminders(
            billing.calendar, Mailing(send, deliveries, utc_now, actor.name), billing.issuer
        )

    try:
        return _run(settings, run)
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(Text("the mail server cannot be reached: {wrong}", wrong=str(error))) from error
