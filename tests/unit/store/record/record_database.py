"""A database in which every table that the record is about has rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection, text

from gateway.billing.delivery import BillDelivery, DeliveryMeans
from gateway.billing.payments.service import PaymentService
from gateway.messages.decision import decide, park
from gateway.messages.delivery import replay
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.message import Message
from gateway.messages.participants import Caller, Role
from gateway.messages.retention import HoldScope, RetentionReport
from gateway.messages.submission import (
    Arrival,
    ChannelRow,
    Content,
    DetachedAttachment,
    Submission,
)
from gateway.settings import MeterSettings
from gateway.store.billing.records import SqlBillingStore
from gateway.store.engine import Engines
from gateway.store.messages.channel_tables import processen
from gateway.store.messages.mailbox import MailboxStore
from gateway.store.messages.register import RegisterStore
from gateway.store.messages.retention import RetentionStore
from gateway.store.schema import metadata
from gateway.testing.doubles import MemoryRegister, MemoryUsageCounts
from gateway.validator.model.document import Attachment
from tests.unit.billing.billing_service import ANNA, ISSUER, issued
from tests.unit.billing.runs.test_service import MIDYEAR, SETTLE, with_debtors
from tests.unit.billing.runs.test_tariff_service import DIGIPOORT
from tests.unit.messages.examples import NOW, SUPPLIER, TOWN, VALID, wrong
from tests.unit.store.messages.message_database import MessageDatabase, message_database

PARTIES = MemoryRegister(SUPPLIER, TOWN)


def _proces(kenmerk: str) -> ChannelRow:
    values = {column.name: "x" for column in processen.columns if not column.nullable}
    known: dict[str, object] = {
        **values,
        "kenmerk": kenmerk,
        "berichtkenmerk": kenmerk,
        "tijdstempel_aangeleverd": 1,
    }
    return ChannelRow(processen.name, tuple(known), tuple(known.values()))


@asynccontextmanager
async def filled_database(url: str, directory: Path) -> AsyncIterator[Engines]:
    """Messages in every stage, a register, and a billing year."""
    async with message_database(url, directory) as database:
        await _fill_register(database)
        await _fill_messages(database)
        await _fill_retention(database)
        counts = MemoryUsageCounts()
        counts.add("zilverstrand", 10, MIDYEAR)
        counts.add("krommevliet", 10, MIDYEAR)
        store = SqlBillingStore(database.engines, database.writer)
        billing = await with_debtors(store, counts)
        bills = await issued(billing, SETTLE)
        for price in ("0.60", "0.61"):
            await billing.tariffs.propose(ANNA, replace(DIGIPOORT, price=Decimal(price)))
        payments = PaymentService(store, ISSUER, lambda: NOW)
        for bill, amount in zip(bills, ("1.00", "2.00"), strict=True):
            await payments.record(ANNA, bill.number, Decimal(amount), NOW.date(), "journal 12")
            await store.add_delivery(BillDelivery(bill.number, DeliveryMeans.PRINT, "desk", "Anna", NOW))
        yield database.engines


async def _fill_register(database: MessageDatabase) -> None:
    register = RegisterStore(database.engines, database.writer, lambda: NOW)
    for party in (SUPPLIER, TOWN, TOWN):
        await register.save(party, "test")
    await register.new_key(Role.SUPPLIER, "supplier", "test")
    key, _ = await register.new_key(Role.GOVERNMENT, "town", "test")
    await register.revoke_key(key, "test")


async def _fill_retention(database: MessageDatabase) -> None:
    store = RetentionStore(database.engines, database.writer)
    await store.set_hold(HoldScope.YEAR, "2026", "jurist", "audit", NOW)
    await store.lift_hold(HoldScope.YEAR, "2026", "jurist", "closed", NOW)
    for actor in ("gateway", "command-line"):
        await store.add_run(RetentionReport(NOW, is_dry_run=False, tallies=()), actor)


async def _fill_messages(database: MessageDatabase) -> None:
    policy, commit = MeterSettings(), database.committer.commit
    await _accept(database)
    delivered, refused, parked = [await _accept(database) for _ in range(3)]
    await commit(decide(delivered, VALID, PARTIES, {}, policy, NOW))
    await commit(decide(refused, wrong(), PARTIES, {}, policy, NOW))
    await commit(park(parked, "broken", NOW))
    stored = await database.store.message(parked.kenmerk, None)
    assert stored is not None
    decision = replay(stored, "operator", NOW + timedelta(hours=1))
    assert decision is not None
    await commit(decision)
    waiting = await database.store.unjudged_message(parked.kenmerk)
    assert waiting is not None
    await commit(decide(waiting, wrong(), PARTIES, {}, policy, NOW + timedelta(hours=2)))
    mailbox = MailboxStore(database.engines, database.writer, database.committer, lambda: NOW)
    assert await mailbox.confirm("town", delivered.kenmerk, None, "town")


async def _accept(database: MessageDatabase) -> Message:
    """A message with two attachments, of a channel that keeps a row."""
    found = [Attachment(number, "application/pdf", f"{number}.pdf", 1, "0" * 64) for number in (1, 2)]
    attachments = tuple(DetachedAttachment(one, Content(1, b"a")) for one in found)
    kenmerk = new_kenmerk()
    submission = Submission(
        Caller("key", Role.SUPPLIER, "supplier"),
        "http",
        Content(4, b"<a/>"),
        attachments,
        record=lambda kenmerk, _at: _proces(kenmerk),
    )
    await database.store.accept(Arrival(kenmerk, NOW, submission))
    message = await database.store.unjudged_message(kenmerk)
    assert message is not None
    return message


def drop_guards(conn: Connection) -> None:
    """Take away every guard, as somebody with all rights in the database could."""
    if conn.dialect.name == "sqlite":
        found = conn.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        for name in found:
            conn.execute(text(f"DROP TRIGGER {name}"))
    else:
        for table in metadata.tables:
            for guard in (f"{table}_guard", f"{table}_guard_update"):
                conn.execute(text(f"DROP TRIGGER IF EXISTS {guard} ON {table}"))
