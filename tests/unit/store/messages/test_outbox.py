"""The outbox says whom to call, and leaves alone who could not be reached; on both databases."""

import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import ClauseElement
from sqlalchemy.dialects import sqlite

from gateway.messages.decision import decide
from gateway.messages.delivery import AttemptResult, DeliveryAttempt, decide_delivery, offer
from gateway.settings import MeterSettings
from gateway.store.messages import queries
from gateway.store.messages.commit import Committer
from gateway.store.messages.outbox import OutboxStore
from gateway.store.messages.register import RegisterStore
from gateway.store.nodes.node import Node
from gateway.testing.doubles import MemoryRegister
from tests.unit.messages.examples import NOW, PUSHED_TOWN, SUPPLIER, VALID
from tests.unit.store.messages.message_database import MessageDatabase, message_database

LATER = NOW + timedelta(hours=1)
POLICY = MeterSettings()


async def paused_outbox(database: MessageDatabase) -> tuple[OutboxStore, RegisterStore]:
    """A message waits for the town, which could not be reached and is left alone until later."""
    register = RegisterStore(database.engines, database.writer, lambda: NOW)
    for party in (SUPPLIER, PUSHED_TOWN):
        await register.save(party, "test")
    outbox = OutboxStore(database.engines, database.writer, register, lambda: NOW, ["webhook"])
    parties = MemoryRegister(SUPPLIER, PUSHED_TOWN)
    await database.committer.commit(decide(await database.received(), VALID, parties, {}, POLICY, NOW))
    queued = await outbox.first("town")
    assert queued is not None
    message = (await database.committer.commit(offer(queued.message, NOW))).message
    attempt = DeliveryAttempt(AttemptResult.TROUBLED, "no answer", again_at=LATER)
    await database.committer.commit(decide_delivery(message, attempt, register, POLICY, NOW))
    return outbox, register


async def test_who_could_not_be_reached_is_left_alone_for_a_while(database: MessageDatabase) -> None:
    outbox, _ = await paused_outbox(database)
    assert await outbox.due(NOW) == ()
    assert await outbox.next_due_at() == LATER
    [destination] = await outbox.due(LATER)
    assert (destination.recipient_id, destination.method, destination.failures) == ("town", "webhook", 1)
    [pending] = await outbox.pending()
    assert (pending.recipient_id, pending.waiting_messages, pending.failures) == ("town", 1, 1)
    assert pending.paused_until == LATER


async def test_a_recipient_that_a_living_gateway_calls_is_left_to_it(database: MessageDatabase) -> None:
    _, register = await paused_outbox(database)
    caller = Node(database.engines, database.writer)
    await caller.join()
    here, elsewhere = (
        OutboxStore(database.engines, database.writer, register, lambda: LATER, ["webhook"], node_id=node_id)
        for node_id in (caller.node_id, "another")
    )
    committer = Committer(database.engines, database.writer, register, POLICY, node_id=caller.node_id)
    queued = await here.first("town")
    assert queued is not None
    offered = (await committer.commit(offer(queued.message, LATER))).message
    assert (await elsewhere.due(LATER), await elsewhere.first("town")) == ((), None)
    assert [one.recipient_id for one in await here.due(LATER)] == ["town"]
    assert await here.first("town") is not None
    await caller.leave()
    assert [one.recipient_id for one in await elsewhere.due(LATER)] == ["town"]
    await caller.join()
    attempt = DeliveryAttempt(AttemptResult.TROUBLED, "no answer", again_at=LATER)
    await committer.commit(decide_delivery(offered, attempt, register, POLICY, LATER))
    assert await elsewhere.first("town") is not None


async def test_an_operator_ends_a_pause_once(database: MessageDatabase) -> None:
    outbox, _ = await paused_outbox(database)
    assert await outbox.resume("town", "operator")
    assert not await outbox.resume("town", "operator")
    assert [one.recipient_id for one in await outbox.due(NOW)] == ["town"]


async def test_a_new_address_ends_the_pause_for_the_old_one(database: MessageDatabase) -> None:
    outbox, register = await paused_outbox(database)
    await register.save(replace(PUSHED_TOWN, name="Town"), "operator")
    assert await outbox.due(NOW) == ()
    moved = {"delivery": "webhook", "delivery_url": "https://new.example/"}
    await register.save(replace(PUSHED_TOWN, settings=moved), "operator")
    [destination] = await outbox.due(NOW)
    assert (destination.url, destination.failures) == ("https://new.example/", 0)


async def test_a_pause_is_not_ended_before_the_new_address_is_known(database: MessageDatabase) -> None:
    """Another process changed the address: a gateway that sees that the pause is gone also sees where to call."""
    outbox, _ = await paused_outbox(database)
    elsewhere = RegisterStore(database.engines, database.writer, lambda: NOW)
    moved = {"delivery": "webhook", "delivery_url": "https://new.example/"}
    await elsewhere.save(replace(PUSHED_TOWN, settings=moved), "operator")
    assert [one.url for one in await outbox.due(NOW)] == ["https://new.example/"]


async def test_a_recipient_without_a_usable_method_has_its_mailbox(database: MessageDatabase) -> None:
    outbox, register = await paused_outbox(database)
    await register.save(replace(PUSHED_TOWN, settings={"delivery": "pigeon", "delivery_url": "x"}), "operator")
    assert (await outbox.destination("town")).method == "mailbox"
    with pytest.raises(LookupError):
        await outbox.destination("nobody")


async def test_it_costs_no_more_when_a_hundred_thousand_messages_wait(
    sqlite_with_schema: Path, tmp_path: Path
) -> None:
    """F10: counted in steps of SQLite's virtual machine."""
    path = shutil.copy(sqlite_with_schema, tmp_path / "meterpoort.db")
    async with message_database(f"sqlite+aiosqlite:///{path}", tmp_path) as opened:
        await paused_outbox(opened)
    database = sqlite3.connect(path)
    statements = [
        compiled(queries.FIRST_IN_OUTBOX, recipient_id="town", node_id="here"),
        compiled(queries.RECIPIENTS),
    ]
    before = [steps_of(database, sql) for sql in statements]
    assert min(before) > 0
    waiting = [(f"f{number:035}", "town" if number else "village", 0) for number in range(100_000)]
    database.executemany("INSERT INTO outbox (kenmerk, recipient_id, queued_at) VALUES (?, ?, ?)", waiting)
    after = [steps_of(database, sql) for sql in statements]
    assert all(more <= less + 50 for more, less in zip(after, before, strict=True)), (before, after)
    database.close()


def compiled(statement: ClauseElement, **values: object) -> str:
    """The SQL of a statement with these values."""
    bound = statement.params(**values)
    return str(bound.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


def steps_of(database: sqlite3.Connection, sql: str) -> int:
    """How many steps a statement takes."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    database.set_progress_handler(count, 1)
    database.execute(sql).fetchall()
    database.set_progress_handler(None, 1)
    return steps
