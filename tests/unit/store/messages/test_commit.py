"""Decisions are written whole, once, and in the order of their claims; on both databases."""

import asyncio
from datetime import timedelta

import pytest

from gateway.clock import from_microseconds, to_microseconds
from gateway.messages.decision import AlreadyCommittedError, Decision, decide, park
from gateway.messages.delivery import AttemptResult, DeliveryAttempt, decide_delivery, offer, replay
from gateway.messages.lifecycle import State
from gateway.metering.statement import EntrySelection
from gateway.settings import MeterSettings
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.messages.mailbox import MailboxStore
from gateway.store.messages.outbox import OutboxStore
from gateway.store.messages.register import RegisterStore
from gateway.testing.doubles import MemoryRegister
from tests.unit.messages.examples import NOW, PUSHED_TOWN, SUPPLIER, TOWN, VALID, wrong
from tests.unit.store.messages.message_database import MessageDatabase

POLICY = MeterSettings()
REGISTER, PUSHING = MemoryRegister(SUPPLIER, TOWN), MemoryRegister(SUPPLIER, PUSHED_TOWN)


async def used(database: MessageDatabase) -> int:
    """Units of the town."""
    meter = LedgerMeter(database.engines, database.writer, lambda: NOW)
    return (await meter.statement("town", NOW.year)).totals.quantity


async def test_what_is_committed_is_read_back(database: MessageDatabase) -> None:
    decision = decide(await database.received(), VALID, REGISTER, {}, POLICY, NOW)
    assert await database.committer.commit(decision) == decision
    message = await database.store.message(decision.kenmerk, None)
    assert message is not None
    assert (message.state, message.disposition, message.steps) == ("delivered", "billable", 8)
    assert (message.sender_id, message.recipient_id, message.settled_at) == ("supplier", "town", NOW)
    journal = await database.store.journal(decision.kenmerk)
    assert journal[3:] == decision.entries
    assert await database.store.report(decision.kenmerk) is not None
    assert await used(database) == 1
    assert database.committed == [decision]


async def test_what_is_metered_was_recorded_when_it_was_decided(database: MessageDatabase) -> None:
    decisions = [
        decide(await database.received(), verdict, REGISTER, {}, POLICY, NOW + timedelta(seconds=seconds))
        for seconds, verdict in ((0, VALID), (5, wrong()))
    ]
    await database.committer.commit_all(decisions)
    meter = LedgerMeter(database.engines, database.writer, lambda: NOW)
    [[entry]] = [page async for page in meter.entries(EntrySelection())]
    recorded_at = from_microseconds(entry.recorded_at)
    assert entry.at == to_microseconds(NOW)
    assert recorded_at in {NOW, NOW + timedelta(seconds=5)}  # of the group, where both are written together


async def test_a_decision_is_committed_once(database: MessageDatabase) -> None:
    decision = decide(await database.received(), VALID, REGISTER, {}, POLICY, NOW)
    await database.committer.commit(decision)
    with pytest.raises(AlreadyCommittedError, match=decision.kenmerk):
        await database.committer.commit(decision)
    assert (await used(database), len(database.committed)) == (1, 1)


async def test_of_two_messages_with_one_claim_the_second_is_a_duplicate(database: MessageDatabase) -> None:
    decisions = [decide(await database.received(), VALID, REGISTER, {}, POLICY, NOW) for _ in range(3)]
    results = await database.committer.commit_all(decisions[:2])
    results = [*results, await database.committer.commit(decisions[2])]
    assert [isinstance(result, Decision) and result.state for result in results] == [
        State.DELIVERED,
        State.DUPLICATE,
        State.DUPLICATE,
    ]
    message = await database.store.message(decisions[2].kenmerk, None)
    assert message is not None
    assert message.duplicate_of == decisions[0].kenmerk
    assert await used(database) == 1


async def test_a_group_in_which_one_was_committed_before_commits_the_others(database: MessageDatabase) -> None:
    parked = [park(await database.received(), "it died", NOW) for _ in range(3)]
    await database.committer.commit(parked[1])
    results = await database.committer.commit_all(parked)
    assert [isinstance(result, Decision) for result in results] == [True, False, True]
    assert len(database.committed) == 3


async def test_what_is_decided_from_nothing_writes_nothing(database: MessageDatabase) -> None:
    message = await database.received()
    assert await database.committer.commit_from(lambda _: replay(message, "operator", NOW)) is None
    assert database.committed == []


async def test_a_pushed_message_leaves_the_outbox_for_the_mailbox(database: MessageDatabase) -> None:
    register = RegisterStore(database.engines, database.writer, lambda: NOW)
    for party in (SUPPLIER, PUSHED_TOWN):
        await register.save(party, "test")
    outbox = OutboxStore(database.engines, database.writer, register, lambda: NOW, ("mailbox", "webhook"))
    await database.committer.commit(decide(await database.received(), VALID, PUSHING, {}, POLICY, NOW))
    [destination] = await outbox.due(NOW)
    assert (destination.method, destination.url) == ("webhook", "https://town.example/")
    queued = await outbox.first("town")
    assert queued is not None
    message = (await database.committer.commit(offer(queued.message, NOW))).message
    attempt = DeliveryAttempt(AttemptResult.DELIVERED, into_mailbox=True)
    decision = decide_delivery(message, attempt, register, POLICY, NOW)
    delivered = (await database.committer.commit(decision)).message
    assert (delivered.state, await outbox.first("town"), await used(database)) == ("delivered", None, 1)
    mailbox = MailboxStore(database.engines, database.writer, database.committer, lambda: NOW)
    assert [one.kenmerk for one in (await mailbox.waiting("town", None, 10)).items] == [delivered.kenmerk]


async def test_a_message_is_confirmed_once(database: MessageDatabase) -> None:
    kenmerk = (
        await database.committer.commit(decide(await database.received(), VALID, REGISTER, {}, POLICY, NOW))
    ).kenmerk
    mailbox = MailboxStore(database.engines, database.writer, database.committer, lambda: NOW)
    assert not await mailbox.confirm("town", kenmerk, "another token", "town")
    confirmed = await asyncio.gather(*(mailbox.confirm("town", kenmerk, None, "town") for _ in range(3)))
    assert confirmed == [True, True, True]
    assert [decision.state for decision in database.committed] == [State.DELIVERED, State.CONFIRMED]
    assert not await mailbox.confirm("another", kenmerk, None, "another")
