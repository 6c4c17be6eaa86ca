"""What is measured of the queues is what is not settled: messages to judge and messages to push."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import insert

from gateway.jobs.measure import measure_messages, measure_queue
from gateway.messages.kenmerk import first_kenmerk_of
from gateway.messages.lifecycle import State
from gateway.metrics import Metrics
from gateway.store.engine import Engines, open_engines
from gateway.store.messages import tables as t
from gateway.store.nodes.node import Node
from gateway.store.schema import upgrade
from gateway.store.writer import Writer
from tests.unit.messages.examples import NOW
from tests.unit.store.messages.test_measures import message

RECEIVED_AT = NOW - timedelta(minutes=9)


@pytest.fixture
async def engines(database_url: str) -> AsyncIterator[Engines]:
    opened = open_engines(database_url)
    upgrade(opened.write)
    yield opened
    await opened.dispose()


async def measured(job: Coroutine[None, None, None], metrics: Metrics, messages: int) -> None:
    """Let the job measure until so many messages are undelivered, twenty seconds at most."""
    task = asyncio.create_task(job)
    for _ in range(2_000):
        if gauge(metrics, "undelivered_messages") == messages:
            break
        await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def gauge(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"meterpoort_{name}", labels)


async def test_what_waits_to_be_judged_and_to_be_pushed_is_undelivered(engines: Engines) -> None:
    """Also what other gateways are to judge, and before this one's own node joins."""
    node = Node(engines, Writer(engines.write, 1))
    with engines.write.begin() as connection:
        waiting = message(NOW - timedelta(minutes=2), "supplier", 1, State.RECEIVED)
        connection.execute(insert(t.messages).values(**waiting, node_id="another"))
        row = {"kenmerk": first_kenmerk_of(RECEIVED_AT), "recipient_id": "town", "queued_at": NOW}
        connection.execute(insert(t.outbox).values(**row))
    metrics = Metrics("1", clock=lambda: NOW)
    await measured(measure_queue(engines, node, metrics), metrics, 1)
    assert gauge(metrics, "undelivered_oldest_seconds") == 120
    await measured(measure_messages(engines, metrics, lambda: NOW), metrics, 2)
    assert gauge(metrics, "undelivered_oldest_seconds") == 540
    assert [gauge(metrics, "queue_messages", queue=name) for name in ("judging", "delivery")] == [1, 1]
    assert gauge(metrics, "queue_oldest_seconds", queue="delivery") == 0
