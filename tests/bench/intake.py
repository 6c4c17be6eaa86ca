"""Intake over HTTP: submissions a second against a bare aiohttp handler, memory under 50 × 20 MB, start and idle.

The messages are a stream of many senders, each with its own layout (`tests.samples.stream`), and for comparison
one invoice again and again, each time with another number.

Every figure comes from real processes on loopback; the load comes from this process. The bare handler and the
gateway take turns, so that whatever else the machine does meets both; a ratio is the median of the turns.
"""

import asyncio
import base64
import hashlib
import itertools
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from gateway.admin import parties
from gateway.settings import Settings
from tests.samples import invoice
from tests.samples.stream import stream

CONNECTIONS = 16
TURNS = 5
MESSAGES = 2_000
"""In each turn."""
LARGE = 50
LARGE_BYTES = 20 * 1024 * 1024 - 64 * 1024
SUPPLIER, TOWN = "0106:90817263", "0190:00000001812345678000"
NUMBER = b"2026-0417"
BARE = """
from aiohttp import web
async def answer(request):
    body = await request.read()
    return web.json_response({"size": len(body)}, status=202)
async def main():
    app = web.Application(client_max_size=64 << 20)
    app.router.add_post("/v1/messages", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print("bare answers at http://127.0.0.1:%d" % runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()
import asyncio
asyncio.run(main())
"""


def intake() -> dict[str, object]:
    """Throughput, memory, start and idle of a gateway."""
    return asyncio.run(_intake())


async def _intake() -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="meterpoort-bench-") as folder:
        directory = Path(folder)
        key = await asyncio.to_thread(furnish, directory)
        _, other = await asyncio.to_thread(
            parties.new_key, Settings(data_directory=directory), "supplier", "supplier"
        )
        began = time.perf_counter()
        async with gateway(directory) as (address, process):
            started = time.perf_counter() - began
            await asyncio.sleep(1)
            idle = _memory_mib(process)
            async with _process("-c", BARE) as (bare_address, _):
                rates = {}
                for done, (name, documents) in enumerate(_streams().items()):
                    turns = await _turns(bare_address, address, key, directory, documents, done)
                    rates[name] = _rates(turns)
            large = await _large(address, (key, other), process, directory)
    return {
        **rates,
        "start to ready, seconds": round(started, 2),
        "idle, MiB resident": idle,
        **large,
    }


class _Turn(NamedTuple):
    """Mean size, and seconds for all messages: by the bare handler; accepted; accepted, judged and delivered."""

    size_bytes: float
    bare: float
    accepted: float
    settled: float


def _streams() -> dict[str, Iterator[bytes]]:
    """The documents of all turns, by the name of their stream."""
    return {
        "many senders": stream((TURNS + 1) * MESSAGES),
        "one layout": (numbered(number) for number in range((TURNS + 1) * MESSAGES)),
    }


async def _turns(
    bare_address: str, address: str, key: str, directory: Path, documents: Iterator[bytes], streams_before: int
) -> list[_Turn]:
    """One after another, the first of them to warm up."""
    turns, delivered = [], streams_before * (TURNS + 1) * MESSAGES
    for _ in range(TURNS + 1):
        bodies = list(itertools.islice(documents, MESSAGES))
        delivered += len(bodies)
        bare = await post_all(bare_address, "", bodies)
        accepted = await post_all(address, key, bodies)
        settled = await _settled(directory, delivered, time.perf_counter() - accepted)
        turns.append(_Turn(sum(map(len, bodies)) / len(bodies), bare, accepted, settled))
    return turns[1:]


def _rates(turns: Sequence[_Turn]) -> dict[str, object]:
    return {
        "document bytes, mean": round(median(turn.size_bytes for turn in turns)),
        "bare aiohttp, requests a second": round(median(MESSAGES / turn.bare for turn in turns)),
        "accepted, messages a second": round(median(MESSAGES / turn.accepted for turn in turns)),
        "accepted, ratio to bare": round(median(turn.bare / turn.accepted for turn in turns), 3),
        "accepted, judged and delivered, messages a second": round(
            median(MESSAGES / turn.settled for turn in turns)
        ),
        "judged and delivered, ratio to bare": round(median(turn.bare / turn.settled for turn in turns), 3),
    }


def numbered(number: int) -> bytes:
    """The sample invoice with this number."""
    return _TEMPLATE.replace(NUMBER, b"N-%06d" % number, 1)


_TEMPLATE = invoice(10)


def furnish(directory: Path) -> str:
    """Register a supplier and a municipality; the supplier's key."""
    settings = Settings(data_directory=directory)
    parties.save_party(settings, "supplier", name="L", kind="company", identifiers=(SUPPLIER,))
    parties.save_party(settings, "town", name="G", kind="non-rijk", identifiers=(TOWN,))
    return parties.new_key(settings, "supplier", "supplier")[1]


@asynccontextmanager
async def _process(*arguments: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    if process.stdout is None:
        raise RuntimeError("no output")
    line = (await process.stdout.readline()).decode()
    try:
        yield line.split()[-1], process
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def gateway(directory: Path) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """A running gateway: its address and its process."""
    arguments = ("-m", "gateway", "serve", "--port", "0", "--data", str(directory))
    async with _process(*arguments) as running:
        yield running


async def post_all(address: str, key: str, bodies: Sequence[bytes]) -> float:
    """Seconds to submit all over kept connections, each waiting for its answer before the next."""
    waiting = list(reversed(bodies))
    began = time.perf_counter()
    await asyncio.gather(*(_connection(address, key, waiting) for _ in range(CONNECTIONS)))
    return time.perf_counter() - began


async def _connection(address: str, key: str, waiting: list[bytes]) -> None:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 20)
    head = f"POST /v1/messages HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/xml\r\n"
    head += f"Authorization: Bearer {key}\r\n" if key else ""
    while waiting:
        body = waiting.pop()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 202"):
            raise RuntimeError(answer.decode())
        lower = answer.lower()
        length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()


async def _settled(directory: Path, messages: int, began: float) -> float:
    """Seconds from `began` until so many are delivered."""
    while True:
        with sqlite3.connect(f"file:{directory / 'meterpoort.db'}?mode=ro", uri=True) as database:
            found = database.execute("SELECT count(*) FROM mailbox").fetchone()[0]
        if found >= messages:
            return time.perf_counter() - began
        await asyncio.sleep(0.05)


async def _large(
    address: str, keys: tuple[str, str], process: asyncio.subprocess.Process, directory: Path
) -> dict[str, object]:
    """Submit 50 invoices of 20 MB at once with two keys, as one may use half of the room, and watch the memory of
    the gateway and its workers."""
    peak = 0
    body = _heavy()

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, _memory_mib(process))
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    began = time.perf_counter()
    await asyncio.gather(*(_heavy_one(address, keys[number % 2], body, number) for number in range(LARGE)))
    accepted = time.perf_counter() - began
    seconds = await _settled(directory, len(_streams()) * MESSAGES * (TURNS + 1) + LARGE, began)
    watching.cancel()
    return {
        f"{LARGE} × {len(body) / 1e6:.0f} MB at once, MiB resident at most, workers included": peak,
        "… accepted within, seconds": round(accepted, 1),
        "… judged and delivered within, seconds": round(seconds, 1),
    }


def _heavy() -> bytes:
    content = b"%PDF-1.4\n" + hashlib.sha256(b"bench").digest() * (LARGE_BYTES // 32)
    binary = (
        b"<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
        b'<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="a.pdf">'
        + base64.b64encode(content)
        + b"</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )
    return _TEMPLATE.replace(b"<cac:AccountingSupplierParty>", binary + b"<cac:AccountingSupplierParty>", 1)


async def _heavy_one(address: str, key: str, body: bytes, number: int) -> None:
    before, after = body.split(NUMBER, 1)
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    name = b"L-%07d" % number
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/xml\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {len(before) + len(name) + len(after)}\r\n\r\n"
    )
    writer.write(head.encode() + before + name)
    view = memoryview(after)
    for start in range(0, len(view), 1 << 18):
        writer.write(view[start : start + (1 << 18)])
        await writer.drain()
    answer = await reader.readuntil(b"\r\n\r\n")
    if not answer.startswith(b"HTTP/1.1 202"):
        raise RuntimeError(answer.decode())
    writer.close()


def _memory_mib(process: asyncio.subprocess.Process) -> int:
    """Resident memory of a process and its children, in MiB."""
    pids = [process.pid]
    for pid in pids:
        try:
            pids += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            continue
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return total * os.sysconf("SC_PAGE_SIZE") >> 20


__all__ = ["furnish", "gateway", "intake", "numbered", "post_all"]
