"""Digipoort's SOAP interface: signed submissions compared with plain HTTP, and what signatures cost.

Both channels run over mutual TLS with kept connections in one gateway, which has one processor to itself with
everything that it starts; the sender has another. The load is signed beforehand. The channels take turns
in portions, so that noise is in both alike; each turn begins when all that came before was judged.

Two throughputs: of a burst until its last message is accepted, where judging is put off in part; and what one
processor can go on with, accepting and judging, from the processor time of the gateway and its workers until all
is judged, so that others on the machine do not tell.
"""

import asyncio
import io
import os
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession, TCPConnector

from gateway.channels.digipoort.wire.algorithms import SHA256
from gateway.channels.digipoort.wire.answer import Headers, Signer
from gateway.channels.digipoort.wire.cut import Cutter, ReadingLimits
from gateway.channels.digipoort.wire.envelope import read_envelope
from gateway.channels.digipoort.wire.names import AANLEVERSERVICE
from gateway.channels.digipoort.wire.signature import SignaturePolicy, read_security, verify
from gateway.pki.certificates import load_certificates, load_key
from gateway.pki.hierarchy import init_hierarchy
from tests.samples import invoice
from tests.unit.channels.digipoort.wire.xmlsec_client import aanlever_request

TURNS = 6
MESSAGES = 250
"""In one turn of one channel."""
WARM_UP = 100
CONNECTIONS = 32
NUMBER = b"2026-0417"
GATEWAY = {"METERPOORT_QUEUE__STORING_SECONDS_MAX": "10", "METERPOORT_TESTING__SHOWS_REQUESTS": "false"}
"""Settings of a gateway that refuses nobody and, as outside a sandbox, keeps no requests to show them."""
_TICKS = os.sysconf("SC_CLK_TCK")


def digipoort() -> dict[str, object]:
    """Throughput of both services, and milliseconds of a signature."""
    with tempfile.TemporaryDirectory(prefix="meterpoort-bench-") as folder:
        certificates = Path(folder) / "certificates"
        init_hierarchy(certificates)
        return {**_signatures(certificates), **asyncio.run(_channels(certificates, Path(folder) / "data"))}


def client_signer(certificates: Path) -> Signer:
    """Signs as the supplier of these test certificates."""
    clients = certificates / "clients"
    return Signer(load_certificates(clients / "leverancier.pem")[0], load_key(clients / "leverancier-key.pem"))


def signed(signer: Signer, inhoud: bytes, number: int, address: str) -> bytes:
    """A submission with a MessageID of this number."""
    headers = Headers(AANLEVERSERVICE.operations[0].request_action, f"urn:bench:{number}", None, address)
    return signer.sign(headers, aanlever_request(inhoud), SHA256, datetime.now(UTC))


def _signatures(certificates: Path) -> dict[str, object]:
    signer, limits = client_signer(certificates), ReadingLimits()
    message = signed(signer, document(0), 0, "https://localhost/wus/2.0/aanleverservice/1.2")

    def verified() -> None:
        cutter = Cutter(limits, io.BytesIO())
        cutter.feed(message)
        envelope = read_envelope(cutter.close(), cutter.cuts, limits)
        verify(envelope, read_security(envelope), SignaturePolicy(), datetime.now(UTC))

    def sign_answer() -> None:
        signer.sign(Headers("urn:a", "urn:b", "urn:c"), "<x></x>", SHA256, datetime.now(UTC))

    reading, signing = _milliseconds(verified), _milliseconds(sign_answer)
    return {
        "signed message, bytes": len(message),
        "reading and verifying, ms": round(reading, 3),
        "signing an answer, ms": round(signing, 3),
        "together, ms": round(reading + signing, 3),
    }


def _milliseconds(work: Callable[[], None]) -> float:
    """The best of five: processor time, so what other programs do is left out as far as can be."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(50):
            work()
        best = min(best, (time.process_time() - began) / 50)
    return best * 1000


def document(number: int) -> bytes:
    """An invoice of 20 KB with this number."""
    mine = invoice(10).replace(b"90817263", b"27418562").replace(b"00000001812345678000", b"00000099000000001000")
    return mine.replace(NUMBER, b"N-%06d" % number, 1)


async def _channels(certificates: Path, data: Path) -> dict[str, object]:
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
    address = (await process.stdout.readline()).decode().split()[-1]
    try:
        with _apart(process.pid):
            return await _compared(certificates, data, address, process.pid)
    finally:
        process.terminate()
        await process.wait()


@contextmanager
def _apart(pid: int) -> Iterator[None]:
    """The gateway on one processor and we on another, where there are two."""
    ours = os.sched_getaffinity(0)
    if len(ours) < 2:
        yield
        return
    for thread in Path(f"/proc/{pid}/task").iterdir():  # what is started later inherits it
        os.sched_setaffinity(int(thread.name), {min(ours)})
    os.sched_setaffinity(0, {max(ours)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


@dataclass
class _Channel:
    """A channel, what is sent to it, and how long that took."""

    url: str
    headers: dict[str, str]
    status: int
    bodies: list[bytes]
    seconds: list[float] = field(default_factory=list)
    accepting_seconds: list[float] = field(default_factory=list)
    """Of the gateway's main process until all was accepted."""
    processor_seconds: list[float] = field(default_factory=list)
    """Of the gateway and its workers until all was judged."""

    @property
    def accepting_ms(self) -> float:
        return sum(self.accepting_seconds) / (len(self.accepting_seconds) * MESSAGES) * 1000


async def _compared(certificates: Path, data: Path, address: str, pid: int) -> dict[str, object]:
    http, wus = _both(certificates, data, address)
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    clients = certificates / "clients"
    context.load_cert_chain(clients / "leverancier.pem", clients / "leverancier-key.pem")
    async with ClientSession(connector=TCPConnector(ssl=context, limit=CONNECTIONS)) as session:
        for channel in (http, wus):
            await _sent(session, channel, WARM_UP)
        for turn in range(TURNS):
            for channel in (http, wus) if turn % 2 else (wus, http):
                await _measured(pid, session, channel)
    return {
        **_compare("accepted and judged a second by one processor", http.processor_seconds, wus.processor_seconds),
        **_compare("accepted a second in a burst", http.seconds, wus.seconds),
        "main process until accepted, HTTP, ms a message": round(http.accepting_ms, 2),
        "main process until accepted, Digipoort, ms a message": round(wus.accepting_ms, 2),
    }


def _compare(what: str, http: list[float], wus: list[float]) -> dict[str, object]:
    count = len(http) * MESSAGES
    ratios = sorted(round(plain / signed, 2) for plain, signed in zip(http, wus, strict=True))
    return {
        f"{what}, HTTP channel": round(count / sum(http)),
        f"{what}, Digipoort channel": round(count / sum(wus)),
        f"{what}, ratio": round(sum(http) / sum(wus), 2),
        f"{what}, ratio of each turn": ratios,
    }


def _both(certificates: Path, data: Path, address: str) -> tuple[_Channel, _Channel]:
    """The two channels with their load: every document once."""
    soap = f"{address}/wus/2.0/aanleverservice/1.2"
    signer = client_signer(certificates)
    count = WARM_UP + TURNS * MESSAGES
    envelopes = [signed(signer, document(number), number, soap) for number in range(count)]
    key = (data / "sandbox-keys" / "leverancier").read_text().strip()
    headers = {"Content-Type": "application/xml", "Authorization": f"Bearer {key}"}
    plain = [document(number) for number in range(count, 2 * count)]
    return (
        _Channel(f"{address}/v1/messages", headers, 202, plain),
        _Channel(soap, {"Content-Type": "text/xml"}, 200, envelopes),
    )


async def _measured(pid: int, session: ClientSession, channel: _Channel) -> None:
    """One turn."""
    await _quiet(pid)
    began, main, every = time.perf_counter(), _processor_seconds(pid), _all_seconds(pid)
    await _sent(session, channel, MESSAGES)
    channel.seconds.append(time.perf_counter() - began)
    channel.accepting_seconds.append(_processor_seconds(pid) - main)
    await _quiet(pid)
    channel.processor_seconds.append(_all_seconds(pid) - every)


async def _quiet(pid: int) -> None:
    """Wait until the gateway and its workers have nothing to do: all that came in is judged."""
    quiet, used = 0, -1.0
    while quiet < 3:
        await asyncio.sleep(0.25)
        now = _all_seconds(pid)
        quiet, used = (quiet + 1 if now - used < 0.03 else 0), now


def _all_seconds(pid: int) -> float:
    return sum(_processor_seconds(one) for one in (pid, *_children(pid)))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for one in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (one / "children").read_text().split()]
    return found


async def _sent(session: ClientSession, channel: _Channel, count: int) -> None:
    """Send the next so many over all connections at once."""
    waiting = [channel.bodies.pop() for _ in range(count)]

    async def connection() -> None:
        while waiting:
            async with session.post(
                channel.url, data=io.BytesIO(waiting.pop()), headers=channel.headers
            ) as response:
                answer = await response.read()
                if response.status != channel.status:
                    raise RuntimeError(answer[:500].decode())

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
