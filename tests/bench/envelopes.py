"""Hostile envelopes at the SOAP interface: what each costs a worker, and what other clients notice of them.

The messages are those of `tests/unit/channels/digipoort/wire/hostile.py`. First each is read and verified alone,
in processor time. Then four honest clients submit over kept connections, alone and while eight connections send
hostile messages without a pause, in turns. Gateway and load share the processors.
"""

import asyncio
import io
import os
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from aiohttp import ClientError, ClientSession, TCPConnector

from gateway.channels.digipoort.request import SLOW_AFTER_BYTES, SLOW_AFTER_TAGS
from gateway.channels.digipoort.wire.cut import Cutter, ReadingLimits
from gateway.channels.digipoort.wire.envelope import read_envelope
from gateway.channels.digipoort.wire.faults import KoppelvlakError
from gateway.channels.digipoort.wire.signature import SignaturePolicy, read_security, verify
from gateway.pki.hierarchy import init_hierarchy
from tests.bench.digipoort import GATEWAY, client_signer, document, signed
from tests.unit.channels.digipoort.wire.hostile import hostile

CLIENTS, HOSTILE, TURNS, SECONDS, PAUSE_SECONDS = 4, 8, 3, 8.0, 0.05
PIECE_BYTES = 64 * 1024


def envelopes() -> dict[str, object]:
    """The worst of two hundred messages, and the p99 of others while such messages come."""
    messages = list(hostile())
    with tempfile.TemporaryDirectory(prefix="meterpoort-bench-") as folder:
        certificates = Path(folder) / "certificates"
        init_hierarchy(certificates)
        others = asyncio.run(_others(certificates, Path(folder) / "data", [one for _, one in messages]))
    return {**_alone(messages), **others}


def _alone(messages: list[tuple[str, bytes]]) -> dict[str, object]:
    costs = sorted((*min(_cost(message) for _ in range(3)), name, len(message)) for name, message in messages)
    here = max(costs, key=lambda one: one[1])
    return {
        "hostile envelopes": len(costs),
        "the worst, ms of one worker": round(costs[-1][0], 1),
        "… which is": f"{costs[-1][2]}, {costs[-1][3]:,} bytes",
        "median, ms": round(median(one[0] for one in costs), 2),
        "longest in the event loop at once, ms": round(here[1], 1),
        "… which is of": f"{here[2]}, {here[3]:,} bytes",
    }


def _cost(message: bytes) -> tuple[float, float]:
    """Milliseconds in all, and the longest step that the event loop takes part in."""
    limits, began, here = ReadingLimits(), time.process_time(), 0.0
    with suppress(KoppelvlakError):
        cutter = Cutter(limits, io.BytesIO())
        for at in range(0, len(message), PIECE_BYTES):
            step = time.process_time()
            cutter.feed(message[at : at + PIECE_BYTES])
            here = max(here, time.process_time() - step)
        step, skeleton = time.process_time(), cutter.close()
        is_slow = len(message) > SLOW_AFTER_BYTES or skeleton.count(b"<") > SLOW_AFTER_TAGS
        try:
            envelope = read_envelope(skeleton, cutter.cuts, limits)
            verify(envelope, read_security(envelope), SignaturePolicy(), datetime.now(UTC))
        finally:
            here = max(here, 0.0 if is_slow else time.process_time() - step)
    return (time.process_time() - began) * 1000, here * 1000


async def _others(certificates: Path, data: Path, messages: list[bytes]) -> dict[str, object]:
    command = (sys.executable, "-m", "gateway", "serve", "--sandbox", "--port", "0")
    options = ("--tls", str(certificates), "--data", str(data))
    process = await asyncio.create_subprocess_exec(
        *command,
        *options,
        env=os.environ | GATEWAY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if process.stdout is None:
        raise RuntimeError("no output")
    address = f"{(await process.stdout.readline()).decode().split()[-1]}/wus/2.0/aanleverservice/1.2"
    try:
        return await _compared(certificates, address, messages)
    finally:
        process.terminate()
        await process.wait()


async def _compared(certificates: Path, address: str, messages: list[bytes]) -> dict[str, object]:
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    clients = certificates / "clients"
    context.load_cert_chain(clients / "leverancier.pem", clients / "leverancier-key.pem")
    load = _load(certificates, address)
    quiet: list[float] = []
    noisy: list[float] = []
    sent = [0]
    async with ClientSession(connector=TCPConnector(ssl=context, limit=0)) as session:
        await _submit_all(session, address, load, [], 2.0)
        for _ in range(TURNS):
            await _submit_all(session, address, load, quiet, SECONDS)
            async with _meanwhile(session, address, messages, sent):
                await _submit_all(session, address, load, noisy, SECONDS)
    before, during = (quantiles(one, n=100)[98] for one in (quiet, noisy))
    return {
        f"p99 of {CLIENTS} clients, ms": round(before * 1000, 1),
        f"p99 while {HOSTILE} connections send hostile envelopes, ms": round(during * 1000, 1),
        "ratio": round(during / before, 2),
        "p50, ms, before and during": [round(median(one) * 1000, 1) for one in (quiet, noisy)],
        "submissions, before and during": [len(quiet), len(noisy)],
        "hostile envelopes answered": sent[0],
    }


def _load(certificates: Path, address: str) -> Iterator[bytes]:
    """Signed submissions of 20 KB, each when it is asked for."""
    signer, number = client_signer(certificates), 0
    while True:
        number += 1
        yield signed(signer, document(number), number, address)


async def _submit_all(
    session: ClientSession, address: str, load: Iterator[bytes], seconds: list[float], for_seconds: float
) -> None:
    until = time.monotonic() + for_seconds
    await asyncio.gather(*(_submit(session, address, load, seconds, until) for _ in range(CLIENTS)))


async def _submit(
    session: ClientSession, address: str, load: Iterator[bytes], seconds: list[float], until: float
) -> None:
    while time.monotonic() < until:
        body = next(load)
        began = time.monotonic()
        async with session.post(address, data=io.BytesIO(body), headers={"Content-Type": "text/xml"}) as answer:
            await answer.read()
            if answer.status != 200:
                raise RuntimeError(answer.status)
        seconds.append(time.monotonic() - began)
        await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def _meanwhile(
    session: ClientSession, address: str, messages: list[bytes], sent: list[int]
) -> AsyncIterator[None]:
    async def attack(first: int) -> None:
        at = first
        while True:
            at = (at + 1) % len(messages)
            with suppress(ClientError, OSError):
                body = io.BytesIO(messages[at])
                async with session.post(address, data=body, headers={"Content-Type": "text/xml"}) as answer:
                    await answer.read()
                    sent[0] += 1

    tasks = [asyncio.create_task(attack(number * 25)) for number in range(HOSTILE)]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
