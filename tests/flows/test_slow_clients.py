"""A gateway as its own process among clients that are slow or stay: nobody else waits, and it stops in time."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession

from gateway.admin import parties
from gateway.settings import Settings
from tests.flows.conftest import numbered
from tests.slow_clients import connect, send_slowly

SLOW = 512
"""As many as there are connections."""
HONEST = 10


@dataclass
class Running:
    """A gateway process, and a supplier's key."""

    address: str
    key: str
    process: asyncio.subprocess.Process

    async def stopped(self) -> float:
        """Seconds from SIGTERM to the end."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert await self.process.wait() == 0
        return time.monotonic() - began


def _furnish(directory: Path) -> str:
    settings = Settings(data_directory=directory)
    parties.save_party(settings, "supplier", name="L", kind="company", identifiers=("0106:90817263",))
    parties.save_party(settings, "town", name="G", kind="non-rijk", identifiers=("0190:00000001812345678000",))
    return parties.new_key(settings, "supplier", "supplier")[1]


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Running]:
    key = await asyncio.to_thread(_furnish, directory)
    arguments = ("-m", "gateway", "serve", "--port", "0", "--data", str(directory))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        yield Running((await process.stdout.readline()).decode().split()[-1], key, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def send_honestly(gateway: Running) -> tuple[list[int], list[int]]:
    """The answers to submissions, and to questions about health."""
    posts, health = [], []
    headers = {"X-API-Key": gateway.key, "Content-Type": "application/xml"}
    for number in range(HONEST):
        async with ClientSession(gateway.address) as session:
            async with session.post("/v1/messages", data=numbered(f"S-{number}"), headers=headers) as answer:
                posts.append(answer.status)
            async with session.get("/healthz") as answer:
                health.append(answer.status)
    return posts, health


async def test_slow_senders_without_a_key_keep_nobody_else_out(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        slow = [asyncio.create_task(send_slowly(gateway.address)) for _ in range(SLOW)]
        await asyncio.sleep(3)
        assert await send_honestly(gateway) == ([202] * HONEST, [200] * HONEST)
        assert await gateway.stopped() < 20
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_silent_connections_keep_nobody_else_out(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        silent = [await connect(gateway.address) for _ in range(700)]
        assert await send_honestly(gateway) == ([202] * HONEST, [200] * HONEST)
        for _, writer in silent:
            writer.transport.abort()


async def test_a_gateway_that_stops_tells_who_sends_and_answers_everything(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        answered: list[tuple[int, str | None]] = []

        async def keep_sending(name: int) -> None:
            """On one connection, until an answer says that it ends."""
            headers = {"X-API-Key": gateway.key, "Content-Type": "application/xml", "Prefer": "wait=60"}
            async with ClientSession(gateway.address) as session:
                for number in range(10_000):
                    document = numbered(f"{name}-{number}")
                    async with session.post("/v1/messages", data=document, headers=headers) as answer:
                        await answer.read()
                        answered.append((answer.status, answer.headers.get("Connection")))
                    if answer.headers.get("Connection") == "close":
                        return
                    await asyncio.sleep(0.05)

        sending = [asyncio.create_task(keep_sending(name)) for name in range(8)]
        await asyncio.sleep(2)
        stopping = asyncio.create_task(gateway.stopped())
        await asyncio.gather(*sending)
        assert await stopping < 20
        assert {status for status, _ in answered} <= {201, 202}
        assert [connection for _, connection in answered].count("close") == len(sending)
