"""The warning as a mail: the standard library's parser finds what was put in, in Dutch and in English."""

from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from gateway.billing.documents.mail import UsageWarning, as_message
from gateway.billing.rating.outlook import Outlook, outlook, warning_mail
from gateway.billing.rating.services import Service
from gateway.billing.runs.debtor import Debtor
from tests.unit.billing.billing_service import ISSUER, ZILVERSTRAND

NOW = datetime(2026, 6, 1, 7, 30, tzinfo=UTC)


def warned(debtor: Debtor = ZILVERSTRAND, units: int = 15_000) -> UsageWarning:
    """A party that prepaid 12,000 and used this much in five months."""
    use = {date(2026, 1, 5): units}
    seen: Outlook = outlook(debtor.party_id, Service.DIGIPOORT, 2026, use, date(2026, 6, 1), 12_000)
    mail = warning_mail(debtor.name, seen)
    assert mail is not None
    return UsageWarning(debtor, seen, mail)


def mailed(warning: UsageWarning) -> bytes:
    """The mail with this warning."""
    return as_message(warning.mail, warning.debtor, ISSUER, warning.name, NOW).as_bytes()


def parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def test_another_parser_reads_who_what_and_when() -> None:
    message = parsed(mailed(warned()))
    assert message["To"].addresses[0].addr_spec == "crediteuren@zilverstrand.example"
    assert message["From"].addresses[0].display_name == "Gegevenscentrum Delta"
    assert message["Date"].datetime == NOW
    assert message["Subject"] == "Digipoort e-factureren 2026: u gebruikte meer dan u vooruitbetaalde"
    assert message["Message-ID"] == "<digipoort.2026.zilverstrand.over@delta.example>"


def test_it_speaks_dutch_and_english() -> None:
    text = parsed(mailed(warned())).get_content()
    assert "gebruikte u 15.000 berichten; vooruitbetaald zijn er 12.000." in text
    assert "you used 15,000 messages; you prepaid 12,000." in text
    assert text.index("Beste") < text.index("Dear")


def test_lines_end_as_the_mail_protocol_wants_and_stay_short() -> None:
    lines = mailed(warned()).split(b"\r\n")
    assert not any(b"\n" in line or len(line) > 998 for line in lines)
    assert all(line.isascii() for line in lines)


@pytest.mark.parametrize(
    "debtor",
    [
        replace(ZILVERSTRAND, email=""),
        replace(ZILVERSTRAND, email="a@b.example\r\nBcc: c@d.example"),
        replace(ZILVERSTRAND, email="no address"),
        replace(ZILVERSTRAND, email="a@b.example, c@d.example"),
    ],
)
def test_no_address_or_a_trick_makes_no_mail(debtor: Debtor) -> None:
    with pytest.raises(ValueError, match="Gemeente Zilverstrand"):
        mailed(warned(debtor))


def test_a_name_with_odd_characters_stays_in_its_header() -> None:
    message = parsed(mailed(warned(replace(ZILVERSTRAND, name='Gemeente "Zilver, strand" é <x>'))))
    assert message["To"].addresses[0].display_name == 'Gemeente "Zilver, strand" é <x>'
    assert len(message["To"].addresses) == 1
