"""A message that is stuck is replayed or returned; on both databases."""

from gateway.messages.decision import park
from gateway.store.messages.operations import OperatorActions
from gateway.testing.doubles import MemoryQueue
from tests.unit.messages.examples import NOW
from tests.unit.store.messages.message_database import MessageDatabase


async def parked(database: MessageDatabase) -> str:
    decision = park(await database.received(), "it died", NOW)
    return (await database.committer.commit(decision)).kenmerk


async def state_of(database: MessageDatabase, kenmerk: str) -> str:
    message = await database.store.message(kenmerk, None)
    assert message is not None
    return message.state.value


async def test_a_parked_message_is_judged_again_once(database: MessageDatabase) -> None:
    judge, kenmerk = MemoryQueue(), await parked(database)
    actions = OperatorActions(database.committer, database.store, judge, lambda: NOW)
    assert await actions.replay(kenmerk, "operator")
    assert (judge.offered, await state_of(database, kenmerk)) == ([kenmerk], "received")
    assert not await actions.replay(kenmerk, "operator")
    assert not await actions.replay("no-such-message", "operator")


async def test_a_parked_message_is_returned_once(database: MessageDatabase) -> None:
    judge, kenmerk = MemoryQueue(), await parked(database)
    actions = OperatorActions(database.committer, database.store, judge, lambda: NOW)
    assert await actions.return_to_sender(kenmerk, "operator", "it cannot be read")
    assert await state_of(database, kenmerk) == "returned"
    assert not await actions.return_to_sender(kenmerk, "operator", "it cannot be read")
