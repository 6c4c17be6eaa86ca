"""A disk for documents alone, full and read-only, under a real gateway: reading goes on, and what comes is
refused until there is room again.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from gateway.admin import parties
from gateway.settings import Settings
from tests.bench.intake import furnish
from tests.flows.conftest import numbered

DISK = "8m"


def large(number: str) -> bytes:
    """An invoice that is stored in a separate file."""
    return numbered(number) + b"\n" * 300_000


class Disk:
    """A small file system that only the gateway sees."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self._folder = folder
        self._process = process

    async def run(self, *command: str) -> None:
        """Run a command where the gateway runs."""
        entering = ("nsenter", "--target", str(self._process.pid), "--user", "--mount", "--preserve-credentials")
        await asyncio.to_thread(subprocess.run, (*entering, *command), check=True, capture_output=True)

    async def fill(self) -> None:
        await self.run("sh", "-c", f"cat /dev/zero > {self._folder}/filler 2>/dev/null; true")

    async def empty(self) -> None:
        await self.run("rm", f"{self._folder}/filler")

    async def forbid(self) -> None:
        """Read-only for all that is opened from now on; the open pack can still be written, and is."""
        await self.run("mount", "--bind", str(self._folder), str(self._folder))
        await self.run("mount", "-o", "remount,bind,ro", str(self._folder))

    async def allow(self) -> None:
        await self.run("umount", str(self._folder))


@asynccontextmanager
async def gateway_on_its_own_disk(directory: Path) -> AsyncIterator[tuple[str, Disk]]:
    """Its address, and the disk; in a mount namespace, for which nobody has to be root."""
    folder = directory / "documents"
    folder.mkdir(exist_ok=True)
    serve = f"{sys.executable} -m gateway serve --port 0 --data {directory}"
    script = f"mount -t tmpfs -o size={DISK} tmpfs {folder} && exec {serve}"
    process = await asyncio.create_subprocess_exec(
        *("unshare", "--map-root-user", "--mount", "sh", "-c", script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().split()[-1], Disk(folder, process)
    finally:
        process.kill()
        await process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="file systems of one process are Linux's")
async def test_a_full_and_a_read_only_disk_refuse_and_still_read(tmp_path: Path) -> None:
    key = await asyncio.to_thread(furnish, tmp_path)
    settings = Settings(data_directory=tmp_path)
    town = (await asyncio.to_thread(parties.new_key, settings, "government", "town"))[1]
    async with gateway_on_its_own_disk(tmp_path) as (address, disk), aiohttp.ClientSession(address) as session:

        async def send(number: str, wait: int = 20) -> aiohttp.ClientResponse:
            headers = {"X-API-Key": key, "Content-Type": "application/xml", "Idempotency-Key": number}
            headers["Prefer"] = f"wait={wait}"
            answer = await session.post("/v1/messages", data=large(number), headers=headers)
            await answer.read()
            return answer

        kept = (await (await send("D-0")).json())["kenmerk"]
        trouble: list[tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]]
        trouble = [(disk.fill, disk.empty), (disk.forbid, disk.allow)]
        for name, (begin, end) in zip(("full", "read-only"), trouble, strict=True):
            await begin()
            for number in range(3):
                answer = await send(f"{name}-{number}")
                problem = await answer.json()
                assert (answer.status, problem["type"].rpartition("/")[2]) == (503, "store-unavailable"), problem
                assert int(answer.headers["Retry-After"]) > 0
            ready = await session.get("/readyz")
            assert (ready.status, (await ready.json())["failing"]) == (503, ["storage"])
            read = await session.get(f"/v1/messages/{kept}/document", headers={"X-API-Key": town})
            assert await read.read() == large("D-0")
            await end()
            for number in range(3):
                answer = await send(f"{name}-{number}")
                assert (answer.status, (await answer.json())["state"]) == (201, "delivered")
            await asyncio.sleep(1.1)  # so long the results of the checks are kept
