"""Opens the stores that the command line changes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from gateway.clock import utc_now
from gateway.settings import Settings
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.messages.messages import MessageReader
from gateway.store.messages.outbox import OutboxStore
from gateway.store.messages.register import RegisterStore
from gateway.store.opening import open_database
from gateway.store.writer import Writer

ACTOR = "command-line"
"""Who is recorded as the author of a change."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stores:
    """What the command line changes, opened by another process than the server's."""

    writer: Writer
    register: RegisterStore
    outbox: OutboxStore
    meter: LedgerMeter
    messages: MessageReader


def with_stores(settings: Settings, work: Callable[[Stores], Awaitable[T]]) -> T:
    """Run the work on the stores. A running server sees a change within a second."""

    async def run() -> T:
        async with open_database(settings) as database:
            engines, writer = database.engines, database.writer
            register = RegisterStore(engines, writer, utc_now)
            await register.refresh()
            outbox = OutboxStore(engines, writer, register, utc_now)
            meter = LedgerMeter(engines, writer, utc_now)
            return await work(Stores(writer, register, outbox, meter, MessageReader(engines)))

    return asyncio.run(run())
