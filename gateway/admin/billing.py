"""Billing on a database: for the billing commands, and for the server to show bills and use.

Who acts is an API key, at the command line as over the network: the log holds its id.
"""

import smtplib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

from gateway.admin.stores import Stores, with_stores
from gateway.billing.delivery import BillDelivery, PrintList, is_registered
from gateway.billing.documents.chart import chart_from
from gateway.billing.payments.service import PaymentService
from gateway.billing.rating.policies import DEFAULT, Policies, read_policies
from gateway.billing.runs.actor import Actor, check_finance
from gateway.billing.runs.errors import MailError, NotAllowedError, PoliciesError
from gateway.billing.runs.issuer import issuer_from
from gateway.billing.runs.ports import Registered
from gateway.billing.runs.service import BillingService
from gateway.billing.services import BillingServices
from gateway.clock import Clock, utc_now
from gateway.i18n import Text
from gateway.settings import Settings
from gateway.store.billing.records import SqlBillingStore
from gateway.store.billing.usage import SqlUsageCounts
from gateway.store.engine import Engines
from gateway.store.messages.register import RegisterStore
from gateway.store.writer import Writer

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
) -> BillingServices:
    """What the web and the commands show of billing. A gateway without issuer shows use and forecasts, and makes
    no bills."""
    service = billing_service(settings, engines, writer, clock, register.by_id)
    store = SqlBillingStore(engines, writer)
    payments = PaymentService(store, service.issuer, clock)
    prints = PrintList(
        store,
        clock,
        lambda bill: is_registered(bill, register.by_identifier),
        can_mail=bool(settings.mail.host),
    )
    return BillingServices(service, store, SqlUsageCounts(engines), payments, prints, chart_from(settings))


def with_billing(settings: Settings, work: Callable[[BillingServices], Awaitable[T]]) -> T:
    """Run the work. Raises BillingError."""
    return with_stores(settings, lambda stores: work(_billing(settings, stores)))


def with_finance(
    settings: Settings,
    key: str,
    work: Callable[[BillingServices, Actor], Awaitable[T]],
    *,
    needs_issuer: bool = True,
) -> T:
    """Run the work as the holder of an API key. Raises BillingError, also for a key that does not work, and where
    it needs an issuer and the settings name none."""
    if needs_issuer:
        issuer_from(settings).check_complete()

    async def run(stores: Stores) -> T:
        return await work(_billing(settings, stores), await _holder(stores, key))

    return with_stores(settings, run)


def _billing(settings: Settings, stores: Stores) -> BillingServices:
    return billing_services(settings, stores.engines, stores.writer, utc_now, stores.register)


async def _holder(stores: Stores, key: str) -> Actor:
    """Who holds an API key. Raises NotAllowedError for a key that does not work."""
    caller = await stores.register.authenticate(key)
    if caller is None:
        raise NotAllowedError(Text("this API key does not work"))
    return Actor(caller.key_id, caller.role)


def mail_reminders(settings: Settings, key: str, folder: Path | None) -> Mapping[str, BillDelivery]:
    """Mail what is due as the holder of an API key, or write it to a folder; how each left, by its name.

    Raises BillingError, also where the settings name no mail server, and for one that cannot be reached.
    """
    from gateway.jobs.mail import Mailing, file_writer, mailer  # here, so that other commands start fast
    from gateway.jobs.send_reminders import send_reminders

    send = file_writer(folder) if folder else mailer(settings.mail)
    if send is None:
        raise MailError(Text("the settings name no mail server (mail.host): give --folder"))

    async def run(stores: Stores) -> Mapping[str, BillDelivery]:
        actor = await _holder(stores, key)
        check_finance(actor)
        billing = _billing(settings, stores).service
        mailing = Mailing(send, SqlBillingStore(stores.engines, stores.writer), utc_now, actor.name)
        return await send_reminders(billing.calendar, mailing, billing.issuer)

    try:
        return with_stores(settings, run)
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(Text("the mail server cannot be reached: {wrong}", wrong=str(error))) from error
