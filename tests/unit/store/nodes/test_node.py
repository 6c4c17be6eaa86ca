"""Nodes of one database: who lives, and who runs a job; the database's clock decides."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from gateway.store.engine import Engines, open_engines
from gateway.store.nodes import node as node_module
from gateway.store.nodes.node import Node
from gateway.store.schema import upgrade
from gateway.store.writer import Writer


class World:
    """A database, and a writer that its nodes share."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self.writer = Writer(engines.write, 64)

    def node(self) -> Node:
        return Node(self.engines, self.writer)

    async def shift_heartbeat(self, node: Node, seconds: int) -> None:
        """As if the node had written its heartbeat at another time."""
        with self.engines.write.begin() as connection:
            values = {"node_id": node.node_id, "shift": seconds * 1_000_000}
            connection.execute(
                text("UPDATE nodes SET seen_at = seen_at + :shift WHERE node_id = :node_id"), values
            )


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    engines = open_engines(database_url)
    upgrade(engines.write)
    made = World(engines)
    made.writer.start()
    yield made
    await made.writer.stop()
    await engines.dispose()


async def two_nodes(world: World) -> tuple[Node, Node]:
    """Two that live, also on SQLite, where the second to come would forget the first."""
    first, second = world.node(), world.node()
    await first.join()
    await second.join()
    await first.beat()
    return first, second


async def test_a_node_lives_from_joining_to_leaving(world: World) -> None:
    first, second = await two_nodes(world)
    assert (first.is_alive(), await first.count_alive()) == (True, 2)
    await first.leave()
    assert (first.is_alive(), await second.count_alive()) == (False, 1)


@pytest.mark.parametrize("seconds", [-16, 20])
async def test_a_node_whose_heartbeat_is_old_or_in_the_future_is_dead(world: World, seconds: int) -> None:
    first, second = await two_nodes(world)
    await world.shift_heartbeat(first, seconds)
    assert await second.count_alive() == 1
    await first.beat()
    assert await second.count_alive() == 2


async def test_a_node_that_was_forgotten_joins_again(world: World) -> None:
    first, second = world.node(), world.node()
    await first.join()
    await world.shift_heartbeat(first, -60)
    await second.join()
    await first.beat()
    assert await first.count_alive() == 2


async def test_a_node_that_could_not_write_for_long_does_not_count_itself_alive(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = world.node()
    assert not node.is_alive()
    await node.join()
    now = node_module._now() + node_module.OWN_LIFE_SECONDS
    monkeypatch.setattr(node_module, "_now", lambda: now)
    assert not node.is_alive()
    assert not await node.runs("seal")()
    await node.beat()
    assert node.is_alive()


async def test_a_job_is_one_node_s_until_that_node_dies(world: World) -> None:
    first, second = await two_nodes(world)
    assert [await node.runs("seal")() for node in (first, second, first)] == [True, False, True]
    assert await second.runs("reap")()
    await world.shift_heartbeat(first, -16)
    assert [await node.runs("seal")() for node in (second, first)] == [True, False]
    await second.leave()
    assert await first.runs("seal")()


async def test_a_job_is_nobody_s_while_the_database_does_not_answer(world: World) -> None:
    node = world.node()
    await node.join()
    with world.engines.write.begin() as connection:
        connection.execute(text("DROP TABLE node_jobs"))
    assert not await node.runs("seal")()


async def test_a_node_that_replaces_another_ends_its_life(world: World) -> None:
    dead = Node(world.engines, world.writer, "1-a")
    await dead.join()
    heir = Node(world.engines, world.writer, "1-b", replaces="1-a")
    await heir.join()
    await heir.beat()
    assert await heir.count_alive() == 1
    with world.engines.write.begin() as connection:
        assert list(connection.scalars(text("SELECT node_id FROM nodes"))) == [heir.node_id]
