"""What metering adds to the cost of a message's transactions: the same message to a recipient that pays and to one
that does not, turn by turn in one run of a whole gateway."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import ParamSpec, TypeVar

import aiohttp

from gateway.main import listen, open_gateway
from gateway.messages.participants import Party, PartyKind
from gateway.settings import DatabaseSettings, HttpSettings, Settings
from gateway.store.writer import Writer
from gateway.validator.model.identifiers import PartyIdentifier
from tests.flows.conftest import TOWN, HeldClock, House, furnish, numbered
from tests.postgres import PostgresServer, find_binaries

P = ParamSpec("P")
R = TypeVar("R")

MINISTRY = PartyIdentifier("0190", "00000001003214345000")
TURNS = 24
MESSAGES = 32
"""In each turn."""


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
def watched() -> Iterator[Stopwatch]:
    """While the block lasts: the time in transactions."""
    transactions = Stopwatch()
    perform = Writer._perform
    Writer._perform = transactions.timed(perform)  # type: ignore[method-assign]  # a bench looks inside
    try:
        yield transactions
    finally:
        Writer._perform = perform  # type: ignore[method-assign]


async def added(url: str, at_once: int) -> float:
    """By how many percent the transactions of a message cost more when it is metered: the median of the turns."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data_directory=Path(folder), database=DatabaseSettings(url=url), http=HttpSettings(port=0)
        )
        async with AsyncExitStack() as stack:
            running = await stack.enter_async_context(open_gateway(settings))
            address = await stack.enter_async_context(listen(running))
            session = await stack.enter_async_context(aiohttp.ClientSession(address))
            house = House(running, address, session, HeldClock())
            await furnish(house)
            await running.register.save(Party("ministry", "M", PartyKind.RIJK, (MINISTRY,)), "test")
            return await _compared(house, at_once)


async def _compared(house: House, at_once: int) -> float:
    ratios = []
    for turn in range(TURNS + 1):
        numbers = range(turn * MESSAGES, (turn + 1) * MESSAGES)
        seconds = {}
        for recipient in (TOWN, MINISTRY) if turn % 2 else (MINISTRY, TOWN):
            with watched() as transactions:
                await _send(house, recipient, numbers, at_once)
            seconds[recipient] = transactions.seconds
        ratios.append(seconds[TOWN] / seconds[MINISTRY])
    return round(100 * (median(ratios[1:]) - 1), 1)


async def _send(house: House, recipient: PartyIdentifier, numbers: Sequence[int], at_once: int) -> None:
    room = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        document = numbered(f"{recipient.value[-12:-8]}-{number}").replace(
            TOWN.value.encode(), recipient.value.encode()
        )
        async with room:
            answer = await house.send("supplier", document)
            assert answer.status == 201
            assert (await answer.json())["state"] == "delivered"

    await asyncio.gather(*(one(number) for number in numbers))


def metering_share() -> dict[str, object]:
    """On both engines, one message at a time and sixteen at once."""
    found: dict[str, object] = {}
    for at_once in (1, 16):
        with tempfile.TemporaryDirectory() as folder:
            address = f"sqlite:///{Path(folder) / 'share.db'}"
            found[f"SQLite, {at_once} at once, percent"] = asyncio.run(added(address, at_once))
        if binaries := find_binaries():
            server = PostgresServer(binaries)
            found[f"PostgreSQL, {at_once} at once, percent"] = asyncio.run(added(server.new_database(), at_once))
            server.stop()
    return found
