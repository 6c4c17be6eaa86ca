"""What waits for no living node is judged by this one, once; what waits for a living node is left to it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.clock import utc_now
from gateway.messages.decision import park
from gateway.messages.delivery import return_to_sender
from gateway.messages.lifecycle import State
from gateway.metrics import Metrics
from gateway.store.documents.storage import Storage
from gateway.store.messages import takeover as takeover_module
from gateway.store.messages.messages import MessageStore
from gateway.store.messages.operations import record_replay
from gateway.store.messages.takeover import Takeover
from gateway.store.nodes.node import Node
from gateway.testing.doubles import MemoryQueue
from tests.unit.messages.examples import NOW
from tests.unit.store.messages.message_database import MessageDatabase


def counted(metrics: Metrics, name: str, **labels: str) -> float:
    """The count of this name."""
    return metrics.registry.get_sample_value(f"meterpoort_{name}_total", labels) or 0


class World:
    """Two nodes on one database: what one accepted, and the queue of each."""

    def __init__(self, database: MessageDatabase, storage: Storage) -> None:
        self.database = database
        self.storage = storage
        self.nodes = [Node(database.engines, database.writer) for _ in range(2)]
        self.queues = [MemoryQueue(), MemoryQueue()]
        self.metrics = [Metrics("1"), Metrics("1")]
        self.takeovers = [
            Takeover(database.engines, database.writer, database.store, queue, metrics, utc_now, node.node_id)
            for node, queue, metrics in zip(self.nodes, self.queues, self.metrics, strict=True)
        ]

    async def join(self) -> None:
        for node in self.nodes:
            await node.join()
        await self.nodes[0].beat()

    async def accept_at_first(self) -> str:
        """A message that the first node accepted."""
        node_id = self.nodes[0].node_id
        store = MessageStore(self.database.engines, self.database.writer, self.storage, node_id)
        return (await replace(self.database, store=store).accept()).kenmerk

    async def run(self) -> None:
        for takeover in self.takeovers:
            await takeover.run()


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    opened = Storage(tmp_path.as_uri(), 1 << 18)
    yield opened
    opened.close()


async def test_what_waits_for_a_living_node_is_left_to_it(database: MessageDatabase, storage: Storage) -> None:
    world = World(database, storage)
    await world.join()
    await world.accept_at_first()
    await world.run()
    assert [queue.offered for queue in world.queues] == [[], []]


async def test_what_waits_for_a_dead_node_is_taken_over_once(database: MessageDatabase, storage: Storage) -> None:
    world = World(database, storage)
    await world.join()
    accepted = [await world.accept_at_first() for _ in range(3)]
    await world.nodes[0].leave()
    for _ in range(2):
        await world.takeovers[1].run()
    assert (world.queues[1].offered, counted(world.metrics[1], "messages_taken_over")) == (accepted, 3)
    await world.nodes[0].beat()
    await world.takeovers[0].run()
    assert world.queues[0].offered == []


async def test_only_so_much_is_taken_over_at_once(
    database: MessageDatabase, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover_module, "TAKEN_MESSAGES_MAX", 2)
    world = World(database, storage)
    await world.join()
    accepted = [await world.accept_at_first() for _ in range(3)]
    await world.nodes[0].leave()
    for _ in range(2):
        await world.takeovers[1].run()
    assert world.queues[1].offered == accepted[:2]
    world.queues[1].offered.clear()
    await world.takeovers[1].run()
    assert world.queues[1].offered == accepted[2:]


async def test_what_another_process_replayed_is_judged_once(database: MessageDatabase, storage: Storage) -> None:
    world = World(database, storage)
    await world.join()
    parked = await database.committer.commit(park(await database.received(), "it died", NOW))
    returned = return_to_sender(parked.message, "operator", "it cannot be read", NOW)
    assert returned is not None
    await database.committer.commit(returned)
    await world.run()
    assert await record_replay(database.writer, parked.kenmerk, "command-line", NOW)
    assert not await record_replay(database.writer, parked.kenmerk, "command-line", NOW)
    await world.run()
    await world.run()
    assert [queue.offered for queue in world.queues] == [[parked.kenmerk], []]
    reopened = [counted(metrics, "reopened", was=State.RETURNED.value) for metrics in world.metrics]
    assert reopened == [1, 0]
    assert counted(world.metrics[0], "messages_taken_over") == 0


async def test_a_commit_whose_answer_was_lost_is_found(database: MessageDatabase, storage: Storage) -> None:
    world = World(database, storage)
    await world.join()
    accepted = await world.accept_at_first()
    early = timedelta(seconds=1) + takeover_module.FORGOTTEN_AFTER
    later = Takeover(
        database.engines,
        database.writer,
        database.store,
        world.queues[0],
        world.metrics[0],
        lambda: utc_now() + early,
        world.nodes[0].node_id,
    )
    for _ in range(2):
        await later.run()
    assert world.queues[0].offered == [accepted]
