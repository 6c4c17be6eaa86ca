"""A commit that came true and was not answered, and a message that another gateway settled meanwhile."""

import asyncio
import os
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from gateway.messages.decision import Decision, decide
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.lifecycle import State
from gateway.messages.message import Acceptance
from gateway.messages.participants import Caller, Role
from gateway.messages.submission import ChannelRecord, Content, Submission
from gateway.pipeline.queue import AlreadyCommittedError
from gateway.validator.judge import judge
from tests.flows.conftest import House, numbered


async def accepted_unheard(house: House, document: bytes, key: str | None = None) -> str:
    """A stored message of which neither its sender nor the queue knows."""
    caller = Caller("key", Role.SUPPLIER, "supplier")
    submission = Submission(caller, "http", Content(len(document), document), idempotency_key=key)
    acceptance = Acceptance(new_kenmerk(), house.clock(), submission)
    await house.gateway.store.accept(acceptance)
    return acceptance.kenmerk


async def outcome_of(house: House, kenmerk: str, document: bytes) -> Decision:
    waiting = await house.gateway.store.waiting_one(kenmerk)
    assert waiting is not None
    verdict = await asyncio.to_thread(judge, document)
    return decide(waiting, verdict, house.gateway.register, house.clock())


async def test_a_message_that_was_settled_before_is_reported_and_stays_as_it_was(house: House) -> None:
    document = numbered("U-1")
    kenmerk = await accepted_unheard(house, document)
    outcome = await outcome_of(house, kenmerk, document)
    assert (await house.gateway.store.settle(outcome)).state is State.DELIVERED
    before = await house.gateway.store.journal(kenmerk)
    with pytest.raises(AlreadyCommittedError):
        await house.gateway.store.settle(outcome)
    assert await house.gateway.store.journal(kenmerk) == before
    assert (await house.get("finance", "/v1/usage?year=2026"))["items"]


async def test_others_of_a_group_are_settled_all_the_same(house: House) -> None:
    documents = [numbered(f"U-{number}") for number in (2, 3, 4)]
    outcomes = [await outcome_of(house, await accepted_unheard(house, one), one) for one in documents]
    await house.gateway.store.settle(outcomes[1])
    done = await house.gateway.store.settle_all(outcomes)
    assert [isinstance(one, Decision) for one in done] == [True, False, True]


async def test_a_repeat_has_a_message_judged_whose_acceptance_was_never_answered(house: House) -> None:
    document = numbered("U-5")
    kenmerk = await accepted_unheard(house, document, "the-key")
    answer = await house.send("supplier", document, Idempotency_Key="the-key")
    body = await answer.json()
    assert (answer.status, body["kenmerk"], body["state"]) == (200, kenmerk, "delivered")


async def test_the_bytes_of_a_message_are_on_stable_storage_before_its_rows_are(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    sync = os.fdatasync

    def synced(descriptor: int) -> None:
        happened.append(Path(f"/proc/self/fd/{descriptor}").readlink().parent.parent.name)
        sync(descriptor)

    monkeypatch.setattr("os.fdatasync", synced)
    event.listen(house.gateway.engines.write, "commit", lambda _connection: happened.append("commit"))
    document = numbered("U-6")
    await asyncio.gather(*(accepted_unheard(house, document) for _ in range(5)))
    assert happened[:2] == ["packs", "commit"]
    assert "packs packs" not in " ".join(happened)


async def test_what_a_channel_adds_to_a_message_is_stored_with_it_or_neither_is(house: House) -> None:
    def breaks(_kenmerk: str, _received_at: datetime) -> ChannelRecord:
        raise ZeroDivisionError

    document, caller = numbered("U-7"), Caller("key", Role.SUPPLIER, "supplier")
    submission = Submission(caller, "wus", Content(len(document), document), record=breaks)
    acceptance = Acceptance(new_kenmerk(), house.clock(), submission)
    with pytest.raises(ZeroDivisionError):
        await house.gateway.store.accept(acceptance)
    assert await house.gateway.store.waiting_one(acceptance.kenmerk) is None
