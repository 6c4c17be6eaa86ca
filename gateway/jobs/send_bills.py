"""Sends issued bills: through the gateway itself as any message, else by e-mail. What is left is printed by
finance."""

import smtplib
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import unbind_contextvars

from gateway.billing.delivery import DeliveryMeans, FindParty, is_registered
from gateway.billing.documents.bill import Bill
from gateway.billing.documents.mail import bill_message
from gateway.billing.runs.ports import BillingStore
from gateway.jobs.mail import Mailing
from gateway.jobs.periodic import IsMine, everywhere, run_periodically
from gateway.messages.participants import Caller, Role
from gateway.messages.ports import Intake
from gateway.messages.submission import INTERNAL, Content, OverloadedError, Submission
from gateway.store.billing.queries import SENDER

log = structlog.get_logger(__name__)

CHECK_SECONDS = 30.0
"""How often the server looks for bills that were issued, perhaps by the command line."""


class BillSender:
    """Sends what was issued and not sent yet. `mailing` is None where no mail server is set."""

    def __init__(
        self,
        store: BillingStore,
        intake: Intake,
        find_party: FindParty,
        mailing: Mailing | None = None,
    ) -> None:
        self._store = store
        self._intake = intake
        self._find_party = find_party
        self._mailing = mailing

    async def send_unsent(self) -> None:
        """Send each bill that has not left; one that a busy mail server puts off waits for the next time."""
        unbind_contextvars("kenmerk")  # of the bill that was sent last
        unsent = await self._store.unsent()
        for number, kenmerk in (await send_bills(unsent, self._store, self._intake, self._find_party)).items():
            if kenmerk:
                log.info("bill_sent", number=number, kenmerk=kenmerk)
        for bill in unsent:
            is_mailed = bill.debtor.email and not is_registered(bill, self._find_party)
            if self._mailing is not None and is_mailed:
                await self._mail(bill, self._mailing)

    async def _mail(self, bill: Bill, mailing: Mailing) -> None:
        xml, pdf = await self._store.xml(bill.number) or b"", await self._store.pdf(bill.number) or b""
        delivery = await mailing.mail(
            bill.number,
            lambda at: bill_message(bill, xml, pdf, at),
            sent=DeliveryMeans.EMAIL,
            refused=DeliveryMeans.REFUSED,
        )
        log.info("bill_mailed", number=bill.number, means=delivery.means, to=delivery.to)


async def send_bills_regularly(sender: BillSender, is_mine: IsMine = everywhere) -> None:
    """Send what was issued and not sent yet, for as long as this is awaited."""
    await run_periodically(
        sender.send_unsent,
        CHECK_SECONDS,
        failure="bills_not_sent",
        expected=(OverloadedError, SQLAlchemyError, smtplib.SMTPException, OSError),
        is_mine=is_mine,
    )


async def send_bills(
    bills: Sequence[Bill], store: BillingStore, intake: Intake, find_party: FindParty
) -> Mapping[str, str | None]:
    """Send issued bills as messages; answers by number the kenmerk that each got.

    None for a debtor that the register does not know, so that cannot receive here. Sent again, a bill keeps its
    kenmerk: its number is the idempotency key.
    """
    sent: dict[str, str | None] = {}
    for bill in bills:
        xml = await store.xml(bill.number)
        is_known = is_registered(bill, find_party)
        sent[bill.number] = (await intake.submit(_submission(bill, xml))).kenmerk if xml and is_known else None
    return sent


def _submission(bill: Bill, xml: bytes) -> Submission:
    return Submission(
        caller=Caller(SENDER, Role.FINANCE, None),
        channel=INTERNAL,
        document=Content(len(xml), xml),
        idempotency_key=bill.number,
    )
