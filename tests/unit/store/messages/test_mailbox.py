"""A message is in a mailbox until it is confirmed, and leased to one at a time; on both databases."""

from datetime import datetime, timedelta

from gateway.messages.decision import decide
from gateway.messages.message import MailboxEntry
from gateway.settings import MeterSettings
from gateway.store.messages.mailbox import MailboxStore
from gateway.testing.doubles import MemoryRegister
from tests.unit.messages.examples import NOW, SUPPLIER, TOWN, VALID
from tests.unit.store.messages.message_database import MessageDatabase

MINUTE = timedelta(minutes=1)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


async def deliver(database: MessageDatabase) -> str:
    """A message that is delivered to the town."""
    decision = decide(await database.received(), VALID, MemoryRegister(SUPPLIER, TOWN), {}, MeterSettings(), NOW)
    return (await database.committer.commit(decision)).kenmerk


async def test_a_leased_message_is_free_again_when_the_lease_ends(database: MessageDatabase) -> None:
    clock = Hands()
    mailbox = MailboxStore(database.engines, database.writer, database.committer, clock)
    kenmerk = await deliver(database)
    [lease] = await mailbox.take("town", 10, MINUTE)
    assert (lease.message.kenmerk, lease.expires_at, lease.times_taken) == (kenmerk, NOW + MINUTE, 1)
    assert await mailbox.take("town", 10, MINUTE) == ()
    clock.now += MINUTE
    [again] = await mailbox.take("town", 10, MINUTE)
    assert (again.message.kenmerk, again.times_taken) == (kenmerk, 2)
    assert again.token != lease.token


async def test_confirming_takes_a_message_out_once_and_only_by_its_recipient(database: MessageDatabase) -> None:
    mailbox = MailboxStore(database.engines, database.writer, database.committer, lambda: NOW)
    kenmerk = await deliver(database)
    [lease] = await mailbox.take("town", 10, MINUTE)
    assert not await mailbox.confirm("town", kenmerk, "another token", "town")
    assert not await mailbox.confirm("supplier", kenmerk, None, "supplier")
    assert await mailbox.confirm("town", kenmerk, lease.token, "town")
    assert await mailbox.confirm("town", kenmerk, None, "town")  # as before
    assert not await mailbox.confirm("supplier", kenmerk, None, "supplier")
    assert (await mailbox.waiting("town", None, 10)).items == ()
    message = await database.store.message(kenmerk, None)
    assert message is not None
    assert message.state == "confirmed"


async def test_one_message_is_taken_and_released(database: MessageDatabase) -> None:
    clock = Hands()
    mailbox = MailboxStore(database.engines, database.writer, database.committer, clock)
    kenmerk = await deliver(database)
    assert await mailbox.waiting_among({"town"}, [kenmerk]) == {kenmerk: MailboxEntry(0)}
    assert not await mailbox.take_one("supplier", kenmerk, MINUTE)
    assert await mailbox.take_one("town", kenmerk, MINUTE)
    assert not await mailbox.take_one("town", kenmerk, MINUTE)
    assert await mailbox.take("town", 10, MINUTE) == ()
    assert await mailbox.waiting_among({"town"}, [kenmerk]) == {kenmerk: MailboxEntry(1, NOW + MINUTE)}
    assert not await mailbox.release("supplier", kenmerk)
    assert await mailbox.release("town", kenmerk)
    assert await mailbox.waiting_among({"town"}, [kenmerk]) == {kenmerk: MailboxEntry(1)}
    [lease] = await mailbox.take("town", 10, MINUTE)
    assert lease.times_taken == 2
    clock.now += MINUTE
    assert await mailbox.waiting_among({"town"}, [kenmerk]) == {kenmerk: MailboxEntry(2)}
    assert await mailbox.waiting_among({"supplier"}, [kenmerk]) == {}
