"""The warning to a party as a message that a mail server takes (RFC 5322): Dutch first, English below.

The gateway sends no mail itself: messages are written to a folder or fetched, and another program sends them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from gateway.billing.rating.outlook import Mail, Outlook
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.issuer import Issuer

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


def as_message(warning: UsageWarning, issuer: Issuer, at: datetime) -> bytes:
    """The mail, from the issuer to the debtor, with CRLF line ends. Raises ValueError where one has no address."""
    message = EmailMessage(policy=SMTP)
    mail = warning.mail
    message["From"] = _address(issuer.name, issuer.email)
    message["To"] = _address(warning.debtor.name, warning.debtor.email)
    message["Subject"] = mail.subject.nl
    message["Date"] = at
    message["Message-ID"] = f"<{warning.name}@{issuer.email.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "nl, en"
    parts: Sequence[str] = (mail.body.nl, _signature(issuer), "---", mail.subject.en, mail.body.en)
    message.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
    return message.as_bytes()


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
