"""Hands mails to a mail server, or writes them as files, and records how each left."""

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from gateway.billing.delivery import BillDelivery, DeliveryMeans, DeliveryStore
from gateway.clock import Clock
from gateway.settings import MailSettings

GATEWAY = "gateway"
"""Who mails bills and reminders by the clock, in the log."""

SendMail = Callable[[EmailMessage], None]
"""Hands a mail to the mail server. Raises SMTPRecipientsRefused or another error of smtplib, or OSError."""


@dataclass(frozen=True, slots=True)
class Mailing:
    """Mails, and records each mail that left or was refused for good."""

    send: SendMail
    deliveries: DeliveryStore
    clock: Clock
    by: str = GATEWAY

    async def mail(
        self,
        name: str,
        message_at: Callable[[datetime], EmailMessage],
        *,
        sent: DeliveryMeans,
        refused: DeliveryMeans,
    ) -> BillDelivery:
        """Mail a bill or reminder by its number or name; how it left, or that a busy server puts it off.

        `message_at` may raise ValueError for a recipient without address. Raises other errors of smtplib, and
        OSError, for a server that cannot be reached.
        """
        at = self.clock()
        try:
            to = await asyncio.to_thread(self._send, message_at, at)
        except (ValueError, smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            means = DeliveryMeans.LATER if _is_temporary(error) else refused
            delivery = BillDelivery(name, means, _reason(error), self.by, at)
        else:
            delivery = BillDelivery(name, sent, to, self.by, at)
        if delivery.means is not DeliveryMeans.LATER:
            await self.deliveries.add_delivery(delivery)
        return delivery

    def _send(self, message_at: Callable[[datetime], EmailMessage], at: datetime) -> str:
        """Send it; to whom it went."""
        message = message_at(at)
        self.send(message)
        return str(message["To"].addresses[0].addr_spec)


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


def file_writer(folder: Path) -> SendMail:
    """What writes mails as files of a folder, for another program to send. The name of a file is that in the
    Message-ID."""

    def write(message: EmailMessage) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{message['Message-ID'].strip('<>').rpartition('@')[0]}.eml"
        part = path.with_suffix(".part")
        part.write_bytes(message.as_bytes())
        part.replace(path)

    return write


def _is_temporary(error: ValueError | smtplib.SMTPException) -> bool:
    """Whether the server may take it later: codes below 500."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code < 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code < 500


def _reason(error: ValueError | smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {text.decode(errors='replace')}" for code, text in error.recipients.values())
    return str(error)
