"""Opens the stores that the command line changes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from gateway.clock import utc_now
from gateway.settings import Settings
from gateway.store.engine import Engines
from gateway.store.messages.register import RegisterStore
from gateway.store.opening import Database, open_database
from gateway.store.writer import Writer

ACTOR = "command-line"
"""Who is recorded as the author of a change."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stores:
    """An open database with its register of parties, opened by another process than the server's."""

    engines: Engines
    writer: Writer
    register: RegisterStore


class CommandRefusedError(Exception):
    """The command cannot be carried out; the message says why. Nothing was changed, unless it says so."""


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run the work on the database."""

    async def run() -> T:
        async with open_database(settings) as database:
            return await work(database)

    return asyncio.run(run())


def with_stores(settings: Settings, work: Callable[[Stores], Awaitable[T]]) -> T:
    """Run the work on the stores. A running server sees a change within a second."""

    async def run(database: Database) -> T:
        engines, writer = database.engines, database.writer
        register = RegisterStore(engines, writer, utc_now)
        await register.refresh()
        return await work(Stores(engines, writer, register))

    return with_database(settings, run)
