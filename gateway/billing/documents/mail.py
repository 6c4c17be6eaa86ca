"""The warning to a party as a message that a mail server takes (RFC 5322): Dutch first, English below.

The gateway sends no mail itself: messages are written to a folder or fetched, and whoever sends mail sends them.
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
    """A party that is to be told that it uses, or is on course to use, more than it prepaid."""

    debtor: Debtor
    outlook: Outlook
    mail: Mail

    @property
    def name(self) -> str:
        """Names this warning: the same party, service, year and course give the same name, so that a mail that is
        made again can be told from a new one."""
        seen = self.outlook
        parts = (seen.service, str(seen.year), self.debtor.party_id, seen.status)
        return ".".join(_WORD.sub("-", part.lower()) for part in parts)


def as_message(warned: UsageWarning, issuer: Issuer, at: datetime) -> bytes:
    """The mail, from the issuer to the debtor, with CRLF line ends. Raises ValueError where one has no address."""
    message = EmailMessage(policy=SMTP)
    mail = warned.mail
    message["From"] = _address(issuer.name, issuer.email)
    message["To"] = _address(warned.debtor.name, warned.debtor.email)
    message["Subject"] = mail.subject.nl
    message["Date"] = at
    message["Message-ID"] = f"<{warned.name}@{issuer.email.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "nl, en"
    parts: Sequence[str] = (mail.body.nl, _signature(issuer), "---", mail.subject.en, mail.body.en)
    message.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
    return message.as_bytes()


def _signature(issuer: Issuer) -> str:
    return f"{issuer.name}\n{issuer.contact}\n{issuer.email}  {issuer.phone}"


def _address(name: str, address: str) -> Address:
    """One mailbox. Raises ValueError for no address, several, or one that would carry a header of its own."""
    if not address or any(not character.isprintable() for character in name + address):
        raise ValueError(f"{name} has no e-mail address")
    try:
        return Address(display_name=name, addr_spec=address)
    except (ValueError, MessageError) as wrong:
        raise ValueError(f"the e-mail address of {name} does not work: {wrong}") from wrong
