"""What is accepted is stored, queued and counted; what cannot be is refused before anything is stored."""

import asyncio
from dataclasses import replace

import pytest

from gateway.messages.lifecycle import State
from gateway.messages.message import Message
from gateway.messages.participants import Caller, Role
from gateway.messages.submission import (
    Arrival,
    Content,
    IdempotencyConflictError,
    OverloadedError,
    Receipt,
    StoredBytes,
    Submission,
)
from gateway.metrics import Metrics
from gateway.pipeline.intake import WAITED_FOR_MAX, IntakeService
from gateway.pipeline.queue import JudgingQueue
from gateway.pipeline.settled import SettledMessages
from gateway.settings import MeterSettings, QueueSettings
from gateway.testing.doubles import MemoryRegister
from tests.unit.messages.examples import NOW, received
from tests.unit.pipeline.test_queue import Judges, Store

SUBMISSION = Submission(Caller("key", Role.SUPPLIER, "supplier"), "http", Content(10, b"<Invoice/>"))


class Submissions:
    """Stores submissions; answers `receipt` where that is given, and knows `messages`."""

    def __init__(self) -> None:
        self.accepted: list[Arrival] = []
        self.receipt: Receipt | IdempotencyConflictError | None = None
        self.messages: dict[str, Message] = {}

    async def accept(self, arrival: Arrival) -> Receipt:
        if isinstance(self.receipt, IdempotencyConflictError):
            raise self.receipt
        if self.receipt is None:
            self.accepted.append(arrival)
            document = arrival.submission.document
            document.stored = StoredBytes("packs/x", 0, document.size_bytes, "")
        return self.receipt or arrival.receipt

    async def unjudged_message(self, kenmerk: str) -> Message | None:
        message = self.messages.get(kenmerk)
        return message if message and message.state is State.RECEIVED else None

    async def message(self, kenmerk: str, visible_to: frozenset[str] | None) -> Message | None:
        return self.messages.get(kenmerk)


class World:
    """An intake in front of a queue that does not judge, with room for two."""

    def __init__(self) -> None:
        self.store = Submissions()
        self.metrics = Metrics("1")
        self.queue = JudgingQueue(
            Store(),
            MemoryRegister(),
            Judges(),
            MeterSettings(),
            lambda: NOW,
            small_size_bytes_max=1 << 18,
            workers=1,
            attempts_max=3,
        )
        self.intake = IntakeService(
            self.store,
            self.queue,
            SettledMessages(),
            self.metrics,
            QueueSettings(waiting_messages_max=2),
            lambda: NOW,
        )

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"meterpoort_{name}_total", labels) or 0


@pytest.fixture
def world() -> World:
    return World()


async def test_what_is_accepted_is_stored_queued_and_counted(world: World) -> None:
    receipt = await world.intake.submit(SUBMISSION)
    assert (receipt.received_at, receipt.is_repeat) == (NOW, False)
    assert [arrival.kenmerk for arrival in world.store.accepted] == [receipt.kenmerk]
    assert world.queue.waiting_count == 1
    assert world.counted("messages_received", channel="http") == 1
    assert world.counted("received_bytes", channel="http") == 10


async def test_a_full_queue_takes_nothing(world: World) -> None:
    for _ in range(2):
        await world.intake.submit(SUBMISSION)
    with pytest.raises(OverloadedError) as raised:
        await world.intake.submit(SUBMISSION)
    assert raised.value.retry_after_seconds == 30
    assert (len(world.store.accepted), world.counted("turned_away")) == (2, 1)


async def test_who_would_wait_long_to_be_stored_is_refused_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = asyncio.Event()

    async def hang(arrival: Arrival) -> Receipt:
        await release.wait()
        return arrival.receipt

    monkeypatch.setattr(world.store, "accept", hang)
    waiting = [asyncio.create_task(world.intake.submit(SUBMISSION)) for _ in range(400)]
    await asyncio.sleep(0.05)
    refused = [task for task in waiting if task.done()]
    assert 400 - len(refused) == 51
    assert all(isinstance(task.exception(), OverloadedError) for task in refused)
    release.set()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_nobody_waits_for_a_verdict_behind_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.store.messages["k-1"] = replace(received(), state=State.DELIVERED)
    monkeypatch.setattr(JudgingQueue, "waiting_count", WAITED_FOR_MAX + 1)
    assert not await world.intake.wait_until_settled("k-1", 20)


async def test_who_waits_for_a_verdict_is_let_go_when_many_wait_to_be_judged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.messages["k-1"] = received()
    waiting = asyncio.create_task(world.intake.wait_until_settled("k-1", 60))
    await asyncio.sleep(0)
    monkeypatch.setattr(IntakeService, "require_room", lambda _: None)
    for _ in range(WAITED_FOR_MAX):
        await world.intake.submit(SUBMISSION)
    await asyncio.sleep(0)
    assert not waiting.done()
    await world.intake.submit(SUBMISSION)
    assert not await waiting


@pytest.mark.parametrize(("state", "queued"), [(State.RECEIVED, 1), (State.DELIVERED, 0)])
async def test_a_repeat_is_judged_only_where_the_first_was_not(world: World, state: State, queued: int) -> None:
    world.store.receipt = Receipt("k-1", NOW, is_repeat=True)
    world.store.messages["k-1"] = replace(received(), state=state)
    assert await world.intake.submit(SUBMISSION) == world.store.receipt
    assert world.queue.waiting_count == queued
    assert (world.counted("repeats"), world.counted("messages_received", channel="http")) == (1, 0)


async def test_a_key_that_came_with_another_body_stores_and_queues_nothing(world: World) -> None:
    world.store.receipt = IdempotencyConflictError("k-1")
    with pytest.raises(IdempotencyConflictError):
        await world.intake.submit(SUBMISSION)
    assert (world.queue.waiting_count, world.store.accepted) == (0, [])


@pytest.mark.parametrize(
    ("state", "is_settled"), [(State.DELIVERED, True), (State.PARKED, True), (State.OFFERED, False)]
)
async def test_settled_is_what_the_state_says(world: World, state: State, is_settled: bool) -> None:
    world.store.messages["k-1"] = replace(received(), state=state)
    assert await world.intake.wait_until_settled("k-1", 0.02) is is_settled
    assert not await world.intake.wait_until_settled("k-2", 0.02)
