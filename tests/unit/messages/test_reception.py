"""The reception: what a channel keeps beside a message is there with it or before it, never after it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest
from structlog.testing import capture_logs

from gateway.messages.desk import Desk
from gateway.messages.message import Acceptance, Waiting
from gateway.messages.participants import Caller, Role
from gateway.messages.reception import FrontDesk
from gateway.messages.submission import Channel, Content, Receipt, StoredBytes, Submission

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class GroupingStore:
    """Stores what was begun when the loop comes round, as the writer does."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.groups: list[list[str]] = []

    async def begin(self, what: str) -> None:
        """One work of a group."""
        self.begun.append(what)
        if len(self.begun) == 1:
            asyncio.get_running_loop().call_soon(self._commit)
        await asyncio.sleep(0.01)

    def _commit(self) -> None:
        self.groups.append(self.begun)
        self.begun = []

    async def accept(self, acceptance: Acceptance) -> Receipt:
        """A message."""
        acceptance.submission.document.stored = StoredBytes("packs/x", 0, 1, "")
        await self.begin(f"message {acceptance.kenmerk}")
        return Receipt(acceptance.kenmerk, acceptance.received_at)

    async def waiting_one(self, kenmerk: str) -> Waiting | None:
        """Nothing waits."""


class NoDesk:
    """Nothing waits."""

    waiting_count = 0

    def offer(self, waiting: Waiting, data: bytes | None) -> None:
        """Not judged here."""


def front_desk(store: GroupingStore) -> FrontDesk:
    desk = cast(Desk, NoDesk())
    return FrontDesk(store, desk, lambda: NOW, lambda _: None, waiting_max=9, retry_after_seconds=1)


def submission() -> Submission:
    return Submission(Caller("k", Role.SUPPLIER, "p"), Channel.WUS, Content(1, b"x"))


async def test_a_record_shares_the_commit_of_its_message_and_stands_before_it() -> None:
    store = GroupingStore()

    async def record(kenmerk: str, received_at: datetime) -> None:
        assert received_at == NOW
        await store.begin(f"record {kenmerk}")

    sent = submission()
    receipt = await front_desk(store).submit(Submission(sent.caller, sent.channel, sent.document, record=record))
    assert store.groups == [[f"record {receipt.kenmerk}", f"message {receipt.kenmerk}"]]


async def _not_kept(_kenmerk: str, _received_at: datetime) -> None:
    raise OSError("disk full")


async def test_a_record_that_cannot_be_kept_takes_no_stored_message_with_it() -> None:
    store = GroupingStore()
    with capture_logs() as logs:
        receipt = await front_desk(store).submit(replace(submission(), record=_not_kept))
    assert store.groups == [[f"message {receipt.kenmerk}"]]
    assert [(line["event"], line["kenmerk"]) for line in logs] == [("record_not_kept", receipt.kenmerk)]


async def test_a_message_that_cannot_be_stored_is_told_when_both_have_ended() -> None:
    class Broken(GroupingStore):
        async def accept(self, acceptance: Acceptance) -> Receipt:
            raise ConnectionError("the database restarts")

    store = Broken()

    async def record(kenmerk: str, _received_at: datetime) -> None:
        await store.begin(f"record {kenmerk}")

    with pytest.raises(ConnectionError):
        await front_desk(store).submit(replace(submission(), record=record))
    assert len(store.groups) == 1
