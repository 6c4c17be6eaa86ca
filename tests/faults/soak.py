"""Hours of load: `python -m tests.faults.soak --minutes 15` compares memory, open files and latency over time.

A supplier submits at a steady rate, the town leases what it gets and confirms it. Each figure is of a fifth of the
time, after the first tenth, in which everything is loaded. Ends with status 1 where a message is lost, memory or
open files grow, or p99 is more than three times what it was.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, quantiles

from aiohttp import ClientSession

from gateway.admin import parties
from gateway.settings import Settings
from tests.bench.intake import furnish, gateway, numbered

FILES_GROWTH_MAX = 8
MEMORY_GROWTH_MAX = 1.10
LATENCY_GROWTH_MAX = 3.0
SAMPLE_SECONDS = 2.0


@dataclass
class Watched:
    """What was seen, each with the seconds since the start."""

    seconds: float
    memory: list[tuple[float, float]] = field(default_factory=list)
    """MiB resident of the server process."""
    files: list[tuple[float, float]] = field(default_factory=list)
    latencies: list[tuple[float, float]] = field(default_factory=list)
    accepted: int = 0
    confirmed: int = 0
    refused: int = 0

    def fifths(self, figures: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
        """The figures of the first fifth after a tenth of the time, and of the last fifth."""
        first = [value for at, value in figures if 0.1 * self.seconds <= at < 0.3 * self.seconds]
        return first, [value for at, value in figures if at >= 0.8 * self.seconds]


def main() -> int:
    """Run for as long as the arguments say; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--rate", type=float, default=20.0, help="Messages a second.")
    arguments = parser.parse_args()
    watched = asyncio.run(_soak(arguments.minutes * 60, arguments.rate))
    figures, is_steady = compare(watched)
    print(json.dumps(figures, indent=2))
    return 0 if is_steady else 1


def compare(watched: Watched) -> tuple[dict[str, object], bool]:
    """The figures of the start and the end, and whether they are much the same."""
    memory = tuple(round(mean(part), 1) for part in watched.fifths(watched.memory))
    files = tuple(round(mean(part), 1) for part in watched.fifths(watched.files))
    p99 = tuple(round(quantiles(part, n=100)[98] * 1000, 1) for part in watched.fifths(watched.latencies))
    is_steady = (
        watched.confirmed == watched.accepted
        and files[1] - files[0] <= FILES_GROWTH_MAX
        and memory[1] <= memory[0] * MEMORY_GROWTH_MAX
        and p99[1] <= p99[0] * LATENCY_GROWTH_MAX
    )
    return {
        "minutes": round(watched.seconds / 60, 1),
        "accepted": watched.accepted,
        "confirmed by the recipient": watched.confirmed,
        "refused": watched.refused,
        "MiB resident, start and end": memory,
        "open files, start and end": files,
        "p99 of submissions in ms, start and end": p99,
    }, is_steady


async def _soak(seconds: float, rate: float) -> Watched:
    watched = Watched(seconds)
    with tempfile.TemporaryDirectory(prefix="meterpoort-soak-") as folder:
        supplier = await asyncio.to_thread(furnish, Path(folder))
        town = await asyncio.to_thread(_town_key, Path(folder))
        async with gateway(Path(folder)) as (address, process), ClientSession(address) as session:
            began = time.monotonic()
            watching = asyncio.create_task(_watch(process.pid, watched, began))
            receiving = asyncio.create_task(_receive(session, town, watched))
            await _send(session, supplier, watched, began, rate)
            watching.cancel()
            await _until_all_came(watched)
            receiving.cancel()
    return watched


def _town_key(folder: Path) -> str:
    return parties.new_key(Settings(data_directory=folder), "government", "town")[1]


async def _send(session: ClientSession, key: str, watched: Watched, began: float, rate: float) -> None:
    """Submit at the rate, whatever each takes."""
    tasks: set[asyncio.Task[None]] = set()
    for number in range(int(watched.seconds * rate)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        task = asyncio.create_task(_submit(session, key, number, watched, began))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def _submit(session: ClientSession, key: str, number: int, watched: Watched, began: float) -> None:
    headers = {"X-API-Key": key, "Content-Type": "application/xml"}
    sent = time.monotonic()
    async with session.post("/v1/messages", data=numbered(number), headers=headers) as answer:
        await answer.read()
    if answer.status == 202:
        watched.accepted += 1
        watched.latencies.append((sent - began, time.monotonic() - sent))
    else:
        watched.refused += 1


async def _receive(session: ClientSession, key: str, watched: Watched) -> None:
    """What the town does: lease, read, confirm."""
    headers = {"X-API-Key": key}
    while True:
        async with session.post("/v1/mailbox/leases", json={"count": 50}, headers=headers) as answer:
            items = (await answer.json())["items"]
        for item in items:
            kenmerk = item["message"]["kenmerk"]
            async with session.get(f"/v1/messages/{kenmerk}/document", headers=headers) as document:
                await document.read()
            path = f"/v1/mailbox/messages/{kenmerk}/confirmation"
            async with session.put(path, json={"token": item["token"]}, headers=headers) as confirmed:
                watched.confirmed += confirmed.status == 200
        await asyncio.sleep(0.2)


async def _until_all_came(watched: Watched) -> None:
    for _ in range(300):
        if watched.confirmed >= watched.accepted:
            return
        await asyncio.sleep(0.2)


async def _watch(pid: int, watched: Watched, began: float) -> None:
    """Memory and open files of the server, every few seconds."""
    while True:
        at, (memory_mib, files) = time.monotonic() - began, _used(pid)
        watched.memory.append((at, memory_mib))
        watched.files.append((at, files))
        await asyncio.sleep(SAMPLE_SECONDS)


def _used(pid: int) -> tuple[float, int]:
    """Memory in MiB, and open files without sockets: how many connections there are is for the client to say."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    files = [path for path in Path(f"/proc/{pid}/fd").iterdir() if not _is_socket(path)]
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20), len(files)


def _is_socket(path: Path) -> bool:
    try:
        return path.is_socket()
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
