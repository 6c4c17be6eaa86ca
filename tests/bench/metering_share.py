"""How much of the cost of a message's transactions is the meter's: both timed in one run of a whole gateway."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

import aiohttp

import gateway.app
from gateway.app import listening, opened
from gateway.settings import Database, Http, Settings
from gateway.store.ledger import append
from gateway.store.writer import Writer
from tests.flows.conftest import HeldClock, House, furnish, numbered
from tests.postgres import PostgresServer, find_binaries

P = ParamSpec("P")
R = TypeVar("R")


class Stopwatch:
    """Adds up how long one function takes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function, timed."""

        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            begun = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - begun

        return run


@contextmanager
def watched() -> Iterator[tuple[Stopwatch, Stopwatch]]:
    """While the block lasts: the time in transactions, and in the meter's part of them."""
    transactions, metering = Stopwatch(), Stopwatch()
    perform = Writer._perform
    Writer._perform = transactions.timed(perform)  # type: ignore[method-assign]  # a bench looks inside
    setattr(gateway.app, "append", metering.timed(append))  # noqa: B010 - the name that the gateway calls
    try:
        yield transactions, metering
    finally:
        Writer._perform = perform  # type: ignore[method-assign]
        setattr(gateway.app, "append", append)  # noqa: B010


async def share(url: str, messages: int, at_once: int) -> float:
    """The meter's share, in percent, of the transactions of messages that are all billable."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_directory=Path(folder), database=Database(url=url), http=Http(port=0))
        async with AsyncExitStack() as stack:
            running = await stack.enter_async_context(opened(settings))
            address = await stack.enter_async_context(listening(running))
            session = await stack.enter_async_context(aiohttp.ClientSession(address))
            house = House(running, session, HeldClock())
            await furnish(house)
            await _send(house, range(20), at_once)
            with watched() as (transactions, metering):
                await _send(house, range(20, 20 + messages), at_once)
    return round(100 * metering.seconds / transactions.seconds, 1)


async def _send(house: House, numbers: Sequence[int], at_once: int) -> None:
    room = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        async with room:
            answer = await house.send("supplier", numbered(f"B-{number}"))
            assert answer.status == 201

    await asyncio.gather(*(one(number) for number in numbers))


def metering_share() -> dict[str, object]:
    """On both engines, one message at a time and sixteen at once."""
    found: dict[str, object] = {}
    for at_once in (1, 16):
        with tempfile.TemporaryDirectory() as folder:
            address = f"sqlite:///{Path(folder) / 'share.db'}"
            found[f"SQLite, {at_once} at once, percent"] = asyncio.run(share(address, 120, at_once))
        if binaries := find_binaries():
            server = PostgresServer(binaries)
            measured = asyncio.run(share(server.new_database(), 120, at_once))
            found[f"PostgreSQL, {at_once} at once, percent"] = measured
            server.stop()
    return found
