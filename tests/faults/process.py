"""A gateway in another process that is killed: by its parent, or by itself at a named point.

Its jobs run every moment instead of every minute, and its clock is some days ahead, one more at each start, so
that seals, drops and pauses fall due.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from gateway import log
from gateway.jobs.reap import reap_regularly
from gateway.main import listen, open_gateway
from gateway.settings import Settings
from gateway.store.ledger.seals import SealPolicy
from tests.faults.points import STEPS, KillSwitch

START_SECONDS_MAX = 60
END_SECONDS_MAX = 60
DYING_SECONDS_MAX = 3.0

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.faults.process", "gateway.channels.registry", "sqlalchemy.dialects.sqlite"])


@dataclass
class Running:
    """A gateway that runs."""

    address: str
    process: ForkServerProcess
    pipe: Connection

    def arm(self, point: str, passings: int = 1) -> None:
        """Have it kill itself at the nth passing of the point from now on."""
        self.pipe.send((point, passings))

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.process.kill()

    async def end(self) -> int | None:
        """The exit code, negative for a signal; None when it goes on."""
        await asyncio.to_thread(self.process.join, DYING_SECONDS_MAX)
        return self.process.exitcode


@asynccontextmanager
async def running(
    settings: Settings, days_ahead: int, armed: tuple[str, int] | None = None
) -> AsyncIterator[Running]:
    """A gateway with these settings, killed at the end of the block. `armed`: a point from its start on.

    Raises EndedError when it ends before it runs.
    """
    here, there = context.Pipe()
    process = context.Process(target=run, args=(settings, days_ahead, there, armed), daemon=True)
    await asyncio.to_thread(process.start)
    there.close()
    try:
        yield Running(await asyncio.to_thread(_address, here), process, here)
    finally:
        process.kill()
        await asyncio.to_thread(process.join, END_SECONDS_MAX)
        here.close()


async def start_and_kill(settings: Settings, days_ahead: int, after_seconds: float) -> None:
    """Kill a gateway while it starts."""
    here, there = context.Pipe()
    process = context.Process(target=run, args=(settings, days_ahead, there, None), daemon=True)
    await asyncio.to_thread(process.start)
    there.close()
    await asyncio.sleep(after_seconds)
    process.kill()
    await asyncio.to_thread(process.join, END_SECONDS_MAX)
    here.close()


class EndedError(Exception):
    """The gateway ended before it ran."""


def _address(pipe: Connection) -> str:
    if not pipe.poll(START_SECONDS_MAX):
        raise TimeoutError("the gateway did not start")
    try:
        address: str = pipe.recv()
    except EOFError:
        raise EndedError from None
    return address


def run(settings: Settings, days_ahead: int, pipe: Connection, armed: tuple[str, int] | None) -> None:
    """What the process does: serve until it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log.configure("critical")
    switch = KillSwitch()
    switch.wrap_all([name for names in STEPS.values() for name in names])
    _hurry()
    if armed:
        switch.arm(*armed)
    asyncio.run(_serve(settings, timedelta(days=days_ahead), pipe, switch))


async def _serve(settings: Settings, ahead: timedelta, pipe: Connection, switch: KillSwitch) -> None:
    def obey() -> None:
        try:
            switch.arm(*pipe.recv())
        except EOFError:  # the parent is gone
            os._exit(1)

    async with (
        open_gateway(settings, clock=lambda: datetime.now(UTC) + ahead) as gateway,
        listen(replace(gateway, certificates=None)) as address,
    ):
        asyncio.get_running_loop().add_reader(pipe.fileno(), obey)
        pipe.send(address)
        await asyncio.Event().wait()


def _hurry() -> None:
    """Jobs that run by the clock run all the time, and two entries are enough for a seal."""
    for job in ("seal", "drop", "send_bills"):
        vars(import_module(f"gateway.jobs.{job}"))["CHECK_SECONDS"] = 0.1
    vars(import_module("gateway.store.ledger.meter"))["SealPolicy"] = partial(SealPolicy, entries_max=2)
    vars(import_module("gateway.store.documents.packs"))["PACK_SECONDS_MAX"] = 20.0
    at_once = partial(reap_regularly, first_after=timedelta(seconds=0.1))
    vars(import_module("gateway.main"))["reap_regularly"] = at_once
