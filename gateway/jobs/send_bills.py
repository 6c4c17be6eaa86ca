"""Sends issued bills: through the gateway itself as any message, else by e-mail. What is left is printed by
finance."""

import asyncio
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage

import structlog
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import unbind_contextvars

from gateway.billing.delivery import BillDelivery, DeliveryMeans, DeliveryStore
from gateway.billing.documents.bill import Bill
from gateway.billing.documents.mail import bill_message
from gateway.billing.runs.ports import BillingStore
from gateway.clock import Clock
from gateway.jobs.periodic import IsMine, everywhere, run_periodically
from gateway.messages.participants import Caller, Role
from gateway.messages.ports import Intake
from gateway.messages.submission import INTERNAL, Content, OverloadedError, Submission
from gateway.settings import MailSettings
from gateway.store.billing.queries import SENDER
from gateway.validator.model.identifiers import OIN, PartyIdentifier

log = structlog.get_logger(__name__)

CHECK_SECONDS = 30.0
"""How often the server looks for bills that were issued, perhaps by the command line."""
GATEWAY = "gateway"
"""Who mails bills, in the log."""

FindParty = Callable[[PartyIdentifier], object | None]
"""The party with this identifier, None for one that is not registered."""
SendMail = Callable[[EmailMessage], None]
"""Hands a mail to the mail server. Raises SMTPRecipientsRefused or another error of smtplib, or OSError."""
WritePdf = Callable[[Bill, bytes], bytes]


class BillSender:
    """Sends what was issued and not sent yet. `send_mail` is None where no mail server is set."""

    def __init__(
        self,
        store: BillingStore,
        deliveries: DeliveryStore,
        intake: Intake,
        find_party: FindParty,
        write_pdf: WritePdf,
        clock: Clock,
        send_mail: SendMail | None = None,
    ) -> None:
        self._store = store
        self._deliveries = deliveries
        self._intake = intake
        self._find_party = find_party
        self._write_pdf = write_pdf
        self._clock = clock
        self._send_mail = send_mail

    async def send_unsent(self) -> None:
        """Send each bill that has not left; one that a busy mail server puts off waits for the next time."""
        unbind_contextvars("kenmerk")  # of the bill that was sent last
        unsent = await self._deliveries.unsent()
        for number, kenmerk in (await send_bills(unsent, self._store, self._intake, self._find_party)).items():
            if kenmerk:
                log.info("bill_sent", number=number, kenmerk=kenmerk)
        for bill in unsent:
            is_mailed = bill.debtor.email and not is_registered(bill, self._find_party)
            if self._send_mail is not None and is_mailed:
                await self._mail(bill, self._send_mail)

    async def _mail(self, bill: Bill, send_mail: SendMail) -> None:
        at = self._clock()
        try:
            await asyncio.to_thread(
                self._write_and_mail, bill, await self._store.xml(bill.number) or b"", at, send_mail
            )
        except (ValueError, smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            if _is_temporary(error):
                log.warning("bill_not_mailed", number=bill.number, reason=_reason(error))
                return
            means, to = DeliveryMeans.REFUSED, _reason(error)
        else:
            means, to = DeliveryMeans.EMAIL, bill.debtor.email
        await self._deliveries.add_delivery(BillDelivery(bill.number, means, to, GATEWAY, at))
        log.info("bill_mailed" if means is DeliveryMeans.EMAIL else "bill_refused", number=bill.number)

    def _write_and_mail(self, bill: Bill, xml: bytes, at: datetime, send_mail: SendMail) -> None:
        send_mail(bill_message(bill, xml, self._write_pdf(bill, xml), at))


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


def is_registered(bill: Bill, find_party: FindParty) -> bool:
    """Whether its debtor receives messages here."""
    return find_party(PartyIdentifier(OIN, bill.debtor.oin)) is not None


def mailer(settings: MailSettings) -> SendMail | None:
    """What hands mails to the server in the settings; None where there is none."""
    if not settings.host:
        return None

    def send(message: EmailMessage) -> None:
        patience = settings.answer_seconds_max
        if settings.security == "tls":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=patience, context=context
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=patience)
        with server:
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.username and settings.password_file:
                server.login(settings.username, settings.password_file.read_text(encoding="utf-8").strip())
            server.send_message(message)

    return send


def _is_temporary(error: ValueError | smtplib.SMTPException) -> bool:
    """Whether the server may take it later: codes below 500."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code < 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code < 500


def _reason(error: ValueError | smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {text.decode(errors='replace')}" for code, text in error.recipients.values())
    return str(error)


def _submission(bill: Bill, xml: bytes) -> Submission:
    return Submission(
        caller=Caller(SENDER, Role.FINANCE, None),
        channel=INTERNAL,
        document=Content(len(xml), xml),
        idempotency_key=bill.number,
    )
