"""Messages that a mail server takes (RFC 5322), Dutch first and English below: a bill, a warning about use."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from gateway.billing.documents.bill import Bill
from gateway.billing.documents.reading import document_name
from gateway.billing.rating.outlook import Mail, Outlook
from gateway.billing.rating.services import SERVICE_NAMES
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.issuer import Issuer
from gateway.i18n import Text

_WORD = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class UsageWarning:
    """A warning to a party that uses, or is expected to use, more than it prepaid."""

    debtor: Debtor
    outlook: Outlook
    mail: Mail

    @property
    def name(self) -> str:
        """The name of this warning, the same for the same party, service, year and status, so that a repeated
        warning can be recognised."""
        outlook = self.outlook
        parts = (outlook.service, str(outlook.year), self.debtor.party_id, outlook.status)
        return ".".join(_WORD.sub("-", part.lower()) for part in parts)


def as_message(mail: Mail, debtor: Debtor | None, issuer: Issuer, name: str, at: datetime) -> EmailMessage:
    """The mail, from the issuer to the debtor, or to the issuer itself, with CRLF line ends. `name` is the same
    for a repetition. Raises ValueError where one has no address."""
    return _message(mail, debtor or issuer, issuer, name, at)


def bill_message(bill: Bill, xml: bytes, pdf: bytes, at: datetime) -> EmailMessage:
    """A bill as a mail to its debtor, with the e-invoice and the PDF. Its Message-ID is the same each time, so
    that a mail program shows a repetition once. Raises ValueError where the debtor has no address."""
    service = SERVICE_NAMES[bill.service].name
    what = Text("{document} {service} {year}", document=document_name(bill), service=service, year=bill.year)
    amount = abs(bill.amounts.including)
    facts = Text(
        "Dear {name},\n\nattached is {number} of {day:date}: {what}, {amount:amount}. The XML file is the "
        "e-invoice, the PDF is for reading and has the same inside.",
        name=bill.debtor.name,
        number=bill.number,
        day=bill.issued_on,
        what=what,
        amount=amount,
    )
    mail = Mail(Text("{what}: {number}", what=what, number=bill.number), facts)
    message = _message(mail, bill.debtor, bill.issuer, bill.number, at)
    message.add_attachment(xml, "application", "xml", filename=f"{bill.number}.xml")
    message.add_attachment(pdf, "application", "pdf", filename=f"{bill.number}.pdf")
    return message


def _message(mail: Mail, to: Debtor | Issuer, issuer: Issuer, name: str, at: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(issuer.name, issuer.email)
    message["To"] = _address(to.name, to.email)
    message["Subject"] = mail.subject.nl
    message["Date"] = at
    message["Message-ID"] = f"<{name}@{issuer.email.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "nl, en"
    parts: Sequence[str] = (mail.body.nl, _signature(issuer), "---", mail.subject.en, mail.body.en)
    message.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
    return message


def _signature(issuer: Issuer) -> str:
    return f"{issuer.name}\n{issuer.contact}\n{issuer.email}  {issuer.phone}"


def _address(name: str, address: str) -> Address:
    """One mailbox. Raises ValueError for no address, several, or one that would add a header."""
    if not address or any(not character.isprintable() for character in name + address):
        raise ValueError(f"{name} has no e-mail address")
    try:
        return Address(display_name=name, addr_spec=address)
    except (ValueError, MessageError) as wrong:
        raise ValueError(f"the e-mail address of {name} does not work: {wrong}") from wrong
