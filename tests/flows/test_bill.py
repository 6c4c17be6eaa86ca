"""A municipality's bill, all the way: its messages are counted, billed, and the bill comes through the gateway."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.admin.billing import billing_service
from gateway.billing.delivery import DeliveryMeans, PrintList
from gateway.billing.documents.bill import Bill, BillStage
from gateway.billing.rating.services import Service
from gateway.billing.runs.actor import Actor
from gateway.billing.runs.debtor import Address, Debtor
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.service import BillingService
from gateway.billing.runs.year import YearKey
from gateway.jobs.mail import Mailing, SendMail, mailer
from gateway.jobs.send_bills import BillSender, send_bills, send_bills_regularly
from gateway.jobs.send_reminders import send_reminders, send_reminders_regularly
from gateway.messages.participants import PartyKind
from gateway.settings import MailSettings
from gateway.store.billing.records import SqlBillingStore
from tests.flows.conftest import ISSUER, TOWN, House, numbered
from tests.waiting import WAIT_SECONDS_MAX, until

ANNA, BRAM = Actor.finance("Anna"), Actor.finance("Bram")
ADDRESS = Address("Raadhuisplein 1", "4399 AA", "Zilverstrand")
TOWN_DEBTOR = Debtor("town", "Gemeente Zilverstrand", TOWN.value, PartyKind.NON_RIJK, ADDRESS)
SETTLE = RunOrder(BillStage.SETTLEMENT, Service.DIGIPOORT, 2026, date(2027, 2, 15))


async def settled(house: House, email: str = "", forecast: int = 0) -> tuple[BillingService, Bill]:
    """Two invoices are delivered to the town, and the year is settled."""
    for number in ("F-1", "F-2"):
        assert (await house.send("supplier", numbered(number))).status == 201
    gateway = house.gateway
    settings = msgspec.structs.replace(gateway.settings, billing=ISSUER)
    billing = billing_service(settings, gateway.engines, gateway.writer, house.clock, gateway.register.by_id)
    house.clock.now = datetime(2027, 2, 15, 12, 0, tzinfo=UTC)
    await billing.save_debtor(ANNA, replace(TOWN_DEBTOR, email=email))
    if forecast:
        await billing.record_forecast(ANNA, YearKey("town", Service.DIGIPOORT, 2026), forecast, "letter")
    prepared = await billing.prepare(ANNA, SETTLE)
    await billing.approve(BRAM, prepared.run_id)
    (bill,) = await billing.issue(ANNA, prepared.run_id)
    return billing, bill


async def test_what_was_delivered_is_what_is_billed(house: House) -> None:
    billing, bill = await settled(house)
    assert str(bill.amounts.including) == "1.18"
    explanation = await billing.explain(bill.number)
    mailbox = await house.get("town", "/v1/mailbox/messages")
    items = mailbox["items"]
    assert isinstance(items, list)
    assert {entry.kenmerk for entry in explanation.entries} == {item["kenmerk"] for item in items}


async def test_the_bill_lies_in_the_mailbox_once(house: House) -> None:
    billing, bill = await settled(house)
    gateway = house.gateway
    knows = gateway.register.by_identifier
    first = await send_bills([bill], billing.store, gateway.intake, knows)
    again = await send_bills([bill], billing.store, gateway.intake, knows)
    kenmerk = first[bill.number]
    assert kenmerk is not None
    assert again == first
    assert await gateway.intake.wait_until_settled(kenmerk, WAIT_SECONDS_MAX)
    mailbox = await house.get("town", "/v1/mailbox/messages")
    items = mailbox["items"]
    assert isinstance(items, list)
    assert [item["kenmerk"] for item in items].count(kenmerk) == 1
    answer = await house.session.get(f"/v1/messages/{kenmerk}/document", headers=house.as_("town"))
    assert await answer.read() == await billing.store.xml(bill.number)


async def test_the_server_sends_what_was_issued(house: House) -> None:
    billing, bill = await settled(house)
    assert [one.number for one in await billing.store.unsent()] == [bill.number]
    gateway = house.gateway
    knows = gateway.register.by_identifier
    task = asyncio.create_task(send_bills_regularly(sender(house, billing)))

    async def all_are_sent() -> bool:
        return not await billing.store.unsent()

    await until(all_are_sent)
    task.cancel()
    sent = await send_bills([bill], billing.store, gateway.intake, knows)  # again: the kenmerk that it has
    assert await gateway.intake.wait_until_settled(sent[bill.number] or "", WAIT_SECONDS_MAX)
    mailbox = await house.get("town", "/v1/mailbox/messages")
    items = mailbox["items"]
    assert isinstance(items, list)
    assert len(items) == 3


def sender(
    house: House, billing: BillingService, send_mail: SendMail | None = None, *, knows: bool = True
) -> BillSender:
    """What sends bills; with `knows` false nobody is registered."""
    gateway = house.gateway
    store = SqlBillingStore(gateway.engines, gateway.writer)
    find_party = gateway.register.by_identifier if knows else lambda _: None
    mailing = Mailing(send_mail, store, house.clock) if send_mail else None
    return BillSender(billing.store, gateway.intake, find_party, mailing)


class Mailbox:
    """Takes mail for everybody but those who moved away (550) and those who are full (452). For aiosmtpd."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]
    ) -> str:
        for word, answer in (("moved", "550 gone"), ("full", "452 later")):
            if to.startswith(word):
                return answer
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, SendMail]]:
    """A real mail server, and what hands mails to it."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    send = mailer(MailSettings(host="127.0.0.1", port=port, security="none"))
    assert send is not None
    yield box, send
    controller.stop()


@pytest.mark.parametrize(
    ("email", "means", "mails"),
    [
        ("crediteuren@zilverstrand.example", [DeliveryMeans.EMAIL], 1),
        ("moved@zilverstrand.example", [DeliveryMeans.REFUSED], 0),
        ("full@zilverstrand.example", [], 0),
        ("geen adres", [DeliveryMeans.REFUSED], 0),
        ("", [], 0),
    ],
)
async def test_who_cannot_receive_here_gets_a_mail_with_both_files(
    house: House, mailbox: tuple[Mailbox, SendMail], email: str, means: list[DeliveryMeans], mails: int
) -> None:
    billing, bill = await settled(house, email)
    box, send_mail = mailbox
    posting = sender(house, billing, send_mail, knows=False)
    for _ in range(2):
        await posting.send_unsent()
    deliveries = SqlBillingStore(house.gateway.engines, house.gateway.writer)
    found = await deliveries.deliveries()
    assert [one.means for one in found.get(bill.number, ())] == means
    assert len(box.mails) == mails
    for mail in box.mails:
        assert mail["Message-ID"] == f"<{bill.number}@delta.example>"
        xml, pdf = [part.get_content() for part in mail.iter_attachments()]
        assert xml == await billing.store.xml(bill.number)
        assert pdf == await billing.store.pdf(bill.number)
    listed = await PrintList(deliveries, house.clock, lambda _: False, can_mail=True).bills()
    assert [one.number for one in listed] == (
        [bill.number] if email in {"", "geen adres", "moved@zilverstrand.example"} else []
    )


REMINDERS = ["forecast.digipoort.2028.town", "tasks"]


@pytest.mark.parametrize(
    ("email", "means"),
    [
        ("crediteuren@zilverstrand.example", DeliveryMeans.REMINDER),
        ("moved@zilverstrand.example", DeliveryMeans.REMINDER_REFUSED),
        ("", DeliveryMeans.REMINDER_REFUSED),
        ("full@zilverstrand.example", DeliveryMeans.LATER),
    ],
)
async def test_a_reminder_is_mailed_once_a_month(
    house: House, mailbox: tuple[Mailbox, SendMail], email: str, means: DeliveryMeans
) -> None:
    """One that the server puts off is tried again; one that is refused waits for the next month."""
    billing, _ = await settled(house, email)
    box, send_mail = mailbox
    mailing = Mailing(send_mail, SqlBillingStore(house.gateway.engines, house.gateway.writer), house.clock)
    for month in (2, 3):
        house.clock.now = datetime(2027, month, 16, 12, 0, tzinfo=UTC)
        first = await send_reminders(billing.calendar, mailing, billing.issuer)
        assert list(first) == [f"{one}.2027-{month:02}" for one in REMINDERS]
        (asked, listed) = first.values()
        assert asked.means == means
        assert (listed.means, listed.to) == (DeliveryMeans.REMINDER, ISSUER.email)
        again = await send_reminders(billing.calendar, mailing, billing.issuer)
        assert list(again) == [f"{one}.2027-{month:02}" for one in REMINDERS[: means is DeliveryMeans.LATER]]
    own = [mail for mail in box.mails if mail["To"].addresses[0].addr_spec == email]
    assert [mail["Message-ID"] for mail in own] == [
        f"<{REMINDERS[0]}.2027-{month:02}@delta.example>" for month in (2, 3) if means is DeliveryMeans.REMINDER
    ]
    logged = [one for one in await house.gateway.register.log(None, 0, 100) if one.what == "reminder delivered"]
    assert len(logged) == (2 if means is DeliveryMeans.LATER else 4)
    assert {one.actor for one in logged} == {"gateway"}
    prints = PrintList(mailing.deliveries, house.clock, lambda _: True, can_mail=True)
    assert await prints.bills() == []


async def test_the_server_mails_what_is_due(house: House, mailbox: tuple[Mailbox, SendMail]) -> None:
    billing, _ = await settled(house, "crediteuren@zilverstrand.example")
    box, send_mail = mailbox
    mailing = Mailing(send_mail, SqlBillingStore(house.gateway.engines, house.gateway.writer), house.clock)
    task = asyncio.create_task(send_reminders_regularly(billing.calendar, mailing, billing.issuer))

    async def all_are_there() -> bool:
        return len(box.mails) == len(REMINDERS)

    await until(all_are_there)
    task.cancel()
    subjects = [mail["Subject"] for mail in box.mails]
    assert subjects == [
        "Uw prognose van Digipoort e-factureren voor 2028",
        "Taken van het factureringsjaar op 15 februari 2027",
    ]
    assert await billing.calendar.count_overdue() == 1  # nobody made the prepayment in January


async def test_a_debtor_that_cannot_receive_here_is_distinguished(house: House) -> None:
    billing, bill = await settled(house)
    stranger = replace(bill, debtor=replace(bill.debtor, oin="00000001899988877000"))
    gateway = house.gateway
    sent = await send_bills([stranger], billing.store, gateway.intake, gateway.register.by_identifier)
    assert sent == {bill.number: None}


async def test_the_town_sees_its_bill_and_its_outlook_and_no_other_does(house: House) -> None:
    billing, bill = await settled(house)
    await billing.record_forecast(ANNA, YearKey("town", Service.DIGIPOORT, 2027), 10, "letter")
    listed = await house.get("town", "/v1/bills?year=2027")
    items = listed["items"]
    assert isinstance(items, list)
    assert [item["number"] for item in items] == [bill.number]
    pdf = await house.session.get(
        f"/v1/bills/{bill.number}", headers=house.as_("town") | {"Accept": "application/pdf"}
    )
    assert await pdf.read() == await billing.store.pdf(bill.number)
    outlook = await house.get("town", "/v1/parties/town/outlook")
    assert (outlook["status"], outlook["prepaid"], outlook["year"]) == ("unknown", None, 2027)
    for path in (f"/v1/bills/{bill.number}", "/v1/parties/town/outlook"):
        refused = await house.session.get(path, headers=house.as_("supplier"))
        assert refused.status in {403, 404}


async def test_the_year_is_measured_against_its_forecast(house: House) -> None:
    billing, _ = await settled(house, forecast=1)
    seen = await billing.measure(Service.DIGIPOORT, date(2026, 11, 23))
    assert (seen.forecast, seen.used, seen.parties_over) == (1, 2, 1)
