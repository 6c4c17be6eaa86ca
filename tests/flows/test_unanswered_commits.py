"""A commit that was made and not answered, and a message that another gateway settled meanwhile."""

import asyncio
import os
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from gateway.messages.decision import AlreadyCommittedError, Decision, decide
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.lifecycle import State
from gateway.messages.participants import Caller, Role
from gateway.messages.submission import Arrival, ChannelRow, Content, Submission
from gateway.settings import MeterSettings
from gateway.validator.judge import judge
from tests.flows.conftest import House, numbered


async def accepted_unheard(house: House, document: bytes, key: str | None = None) -> str:
    """A message that is stored, of which neither its sender nor the queue heard."""
    caller = Caller("key", Role.SUPPLIER, "supplier")
    submission = Submission(caller, "http", Content(len(document), document), idempotency_key=key)
    arrival = Arrival(new_kenmerk(), house.clock(), submission)
    await house.gateway.store.accept(arrival)
    return arrival.kenmerk


async def decision_about(house: House, kenmerk: str, document: bytes) -> Decision:
    message = await house.gateway.store.unjudged_message(kenmerk)
    assert message is not None
    verdict = await asyncio.to_thread(judge, document)
    return decide(message, verdict, house.gateway.register, {}, MeterSettings(), house.clock())


async def test_a_message_that_was_settled_before_stays_as_it_was(house: House) -> None:
    document = numbered("U-1")
    kenmerk = await accepted_unheard(house, document)
    decision = await decision_about(house, kenmerk, document)
    assert (await house.gateway.committer.commit(decision)).state is State.DELIVERED
    before = await house.gateway.store.journal(kenmerk)
    with pytest.raises(AlreadyCommittedError):
        await house.gateway.committer.commit(decision)
    assert await house.gateway.store.journal(kenmerk) == before
    assert (await house.get("finance", "/v1/usage?year=2026"))["items"]


async def test_others_of_a_group_are_settled_all_the_same(house: House) -> None:
    documents = [numbered(f"U-{number}") for number in (2, 3, 4)]
    decisions = [await decision_about(house, await accepted_unheard(house, one), one) for one in documents]
    await house.gateway.committer.commit(decisions[1])
    done = await house.gateway.committer.commit_all(decisions)
    assert [isinstance(one, Decision) for one in done] == [True, False, True]


async def test_a_repeat_has_a_message_judged_whose_arrival_was_never_answered(house: House) -> None:
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


async def test_what_a_channel_keeps_with_a_message_is_stored_with_it_or_neither_is(house: House) -> None:
    def breaks(_kenmerk: str, _received_at: datetime) -> ChannelRow:
        raise ZeroDivisionError

    document, caller = numbered("U-7"), Caller("key", Role.SUPPLIER, "supplier")
    submission = Submission(caller, "wus", Content(len(document), document), record=breaks)
    arrival = Arrival(new_kenmerk(), house.clock(), submission)
    with pytest.raises(ZeroDivisionError):
        await house.gateway.store.accept(arrival)
    assert await house.gateway.store.unjudged_message(arrival.kenmerk) is None
