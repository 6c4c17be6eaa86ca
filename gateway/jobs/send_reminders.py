"""Mails what is due in the billing year: to parties whose forecast is asked for, and to finance."""

import smtplib
from collections.abc import Mapping
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.billing.delivery import BillDelivery, DeliveryMeans
from gateway.billing.documents.mail import as_message
from gateway.billing.runs.errors import BillingError
from gateway.billing.runs.issuer import Issuer
from gateway.billing.runs.tasks import BillingCalendar
from gateway.jobs.mail import Mailing
from gateway.jobs.periodic import IsMine, everywhere, run_periodically

log = structlog.get_logger(__name__)

CHECK_SECONDS = 3_600.0
"""How often the server looks what is due."""


async def send_reminders(
    calendar: BillingCalendar, mailing: Mailing, issuer: Issuer
) -> Mapping[str, BillDelivery]:
    """Mail the reminders that are due and did not leave this month; answers by name how each left.

    Raises IssuerMissingError, and the errors of a mail server that cannot be reached.
    """
    issuer.check_complete()
    known = await mailing.deliveries.deliveries()
    left = {}
    for one in await calendar.reminders(issuer.portal_url):
        if one.name not in known:
            left[one.name] = await mailing.mail(
                one.name,
                partial(as_message, one.mail, one.debtor, issuer, one.name),
                sent=DeliveryMeans.REMINDER,
                refused=DeliveryMeans.REMINDER_REFUSED,
            )
    return left


async def send_reminders_regularly(
    calendar: BillingCalendar, mailing: Mailing, issuer: Issuer, is_mine: IsMine = everywhere
) -> None:
    """Mail what is due, for as long as this is awaited."""

    async def send_due() -> None:
        for name, delivery in (await send_reminders(calendar, mailing, issuer)).items():
            log.info("reminder_mailed", name=name, means=delivery.means)

    await run_periodically(
        send_due,
        CHECK_SECONDS,
        failure="reminders_not_sent",
        expected=(BillingError, SQLAlchemyError, smtplib.SMTPException, OSError),
        is_mine=is_mine,
    )
