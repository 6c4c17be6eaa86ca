"""Submissions are stored once for each idempotency key; on both databases."""

import asyncio

import pytest

from gateway.messages.submission import IdempotencyConflictError
from gateway.store.messages.measures import Measures
from tests.unit.messages.examples import NOW
from tests.unit.store.messages.message_database import MessageDatabase


async def test_an_accepted_message_waits_to_be_judged(database: MessageDatabase) -> None:
    receipt = await database.accept(b"<a/>", "the-key")
    assert (receipt.received_at, receipt.is_repeat) == (NOW, False)
    message = await database.store.unjudged_message(receipt.kenmerk)
    assert message is not None
    assert (message.kenmerk, message.submitter_id, message.size_bytes) == (receipt.kenmerk, "supplier", 4)
    assert (message.steps, message.idempotency_key, message.detached_attachments) == (3, "the-key", ())
    actors = [entry.actor for entry in await database.store.journal(receipt.kenmerk)]
    assert actors == ["supplier", "gateway", "gateway"]


async def test_the_same_key_and_body_get_the_first_answer(database: MessageDatabase) -> None:
    first = await database.accept(b"<a/>", "the-key")
    again = await database.accept(b"<a/>", "the-key")
    assert (again.kenmerk, again.received_at, again.is_repeat) == (first.kenmerk, first.received_at, True)
    assert (await Measures(database.engines).to_judge()).messages == 1


async def test_of_those_that_come_at_once_with_one_key_one_is_stored(database: MessageDatabase) -> None:
    receipts = await asyncio.gather(*(database.accept(b"<a/>", "the-key") for _ in range(5)))
    assert len({receipt.kenmerk for receipt in receipts}) == 1
    assert [receipt.is_repeat for receipt in receipts].count(False) == 1


async def test_the_same_key_with_another_body_is_refused(database: MessageDatabase) -> None:
    first = await database.accept(b"<a/>", "the-key")
    with pytest.raises(IdempotencyConflictError, match=first.kenmerk):
        await database.accept(b"<b/>", "the-key")
    assert (await Measures(database.engines).to_judge()).messages == 1


async def test_the_key_of_a_test_is_another(database: MessageDatabase) -> None:
    await database.accept(b"<a/>", "the-key")
    assert not (await database.accept(b"<b/>", "the-key", is_test=True)).is_repeat
