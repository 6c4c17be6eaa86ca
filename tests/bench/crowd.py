"""Honest submissions among idle, slow and too many clients: latencies against a quiet gateway of the same run.

Eight senders submit at a modest rate on kept connections, a tenth of them with `Prefer: wait=10`. Then the same
with 1,000 idle connections, with 512 connections without a key that send a byte each 0.45 s, and among 400 other
senders that pause only after a refusal: 16 of them at once are enough to fill the gateway. Each crowd is in
another process, so that what they wait for each other is not counted as the gateway's.
"""

import asyncio
import itertools
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from aiohttp import ClientError, ClientSession, TCPConnector

from tests.bench.intake import furnish, gateway, numbered
from tests.slow_clients import connect, send_slowly

SENDERS, PAUSE_SECONDS = 8, 0.1
OVERLOAD_SENDERS, REFUSED_SECONDS = 400, 1.0
STARTING_SECONDS = 3.0
"""Until a crowd is complete."""
IDLE, SLOW = 1_000, 512
SECONDS = 15.0
Crowd = Callable[[str], Coroutine[None, None, None]]


def crowd() -> dict[str, object]:
    """Latencies of accepted submissions, and their ratios to a quiet gateway."""
    return asyncio.run(_crowd())


class _Sending:
    """What became of the submissions of one part."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.refused = 0
        self.without_retry_after = 0
        self.unanswered = 0

    def figures(self, quiet: "_Sending | None" = None) -> dict[str, object]:
        found: dict[str, object] = {
            "accepted": len(self.seconds),
            "refused with 503": self.refused,
            "refused without Retry-After": self.without_retry_after,
            "not answered": self.unanswered,
            "p50, ms": round(median(self.seconds) * 1000, 1),
            "p99, ms": round(self.p99 * 1000, 1),
        }
        return found if quiet is None else found | {"p99, ratio to quiet": round(self.p99 / quiet.p99, 2)}

    @property
    def p99(self) -> float:
        """In seconds."""
        return quantiles(self.seconds, n=100)[98]


async def _crowd() -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="meterpoort-bench-") as folder:
        key = await asyncio.to_thread(furnish, Path(folder))
        async with gateway(Path(folder)) as (address, _):
            numbers = itertools.count()
            await _send(address, key, numbers, SENDERS, PAUSE_SECONDS)
            quiet = await _send(address, key, numbers, SENDERS, PAUSE_SECONDS)
            async with _meanwhile(_stay_idle, address, IDLE):
                idle = await _send(address, key, numbers, SENDERS, PAUSE_SECONDS)
            async with _meanwhile(send_slowly, address, SLOW):
                slow = await _send(address, key, numbers, SENDERS, PAUSE_SECONDS)
            swarm = await _swarm(address, key)
            await asyncio.sleep(STARTING_SECONDS)
            among = await _send(address, key, numbers, SENDERS, PAUSE_SECONDS)
            overload = json.loads((await swarm.communicate())[0])
    return {
        "quiet": quiet.figures(),
        f"{IDLE} idle connections": idle.figures(quiet),
        f"{SLOW} slow bodies without a key": slow.figures(quiet),
        f"among {OVERLOAD_SENDERS} senders too many": among.figures(quiet),
        f"the {OVERLOAD_SENDERS} themselves": _figures_of_swarm(overload, quiet),
    }


async def _swarm(address: str, key: str) -> asyncio.subprocess.Process:
    """The senders of an overload, which end a moment after the eight do."""
    seconds = SECONDS + STARTING_SECONDS + 1
    arguments = ("-m", "tests.bench.swarm", address, key, str(OVERLOAD_SENDERS), str(seconds))
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)


def _figures_of_swarm(found: dict[str, Any], quiet: _Sending) -> dict[str, object]:
    sending = _Sending()
    sending.seconds, sending.refused = found["seconds"], found["refused"]
    sending.without_retry_after, sending.unanswered = found["without_retry_after"], found["unanswered"]
    return sending.figures(quiet) | {"accepted": found["accepted"]}


async def _send(
    address: str, key: str, numbers: "itertools.count[int]", senders: int, pause_seconds: float
) -> _Sending:
    sending, until = _Sending(), time.monotonic() + SECONDS
    async with ClientSession(address, connector=TCPConnector(limit=0), headers={"X-API-Key": key}) as session:
        await asyncio.gather(*(_submit(session, sending, numbers, pause_seconds, until) for _ in range(senders)))
    return sending


async def _submit(
    session: ClientSession, sending: _Sending, numbers: "itertools.count[int]", pause_seconds: float, until: float
) -> None:
    while time.monotonic() < until:
        number = next(numbers)
        headers = {"Content-Type": "application/xml"} | ({"Prefer": "wait=10"} if number % 10 == 0 else {})
        began = time.monotonic()
        try:
            async with session.post("/v1/messages", data=numbered(number), headers=headers) as answer:
                await answer.read()
        except (ClientError, OSError):
            sending.unanswered += 1
            continue
        if answer.status < 300:
            sending.seconds.append(time.monotonic() - began)
            await asyncio.sleep(pause_seconds)
        else:
            sending.refused += 1
            sending.without_retry_after += "Retry-After" not in answer.headers
            await asyncio.sleep(REFUSED_SECONDS)


@asynccontextmanager
async def _meanwhile(crowd: Crowd, address: str, count: int) -> AsyncIterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=_be, args=(crowd, address, count), daemon=True)
    process.start()
    await asyncio.sleep(STARTING_SECONDS)
    yield
    process.kill()
    await asyncio.to_thread(process.join)


def _be(crowd: Crowd, address: str, count: int) -> None:
    async def all_of_it() -> None:
        await asyncio.gather(*(crowd(address) for _ in range(count)))

    asyncio.run(all_of_it())


async def _stay_idle(address: str) -> None:
    reader, writer = await connect(address)
    try:
        await reader.read()
    finally:
        writer.transport.abort()


__all__ = ["crowd"]
