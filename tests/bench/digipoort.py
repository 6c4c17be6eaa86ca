"""The Digipoort door: signed submissions beside plain ones on the same gateway, and what signatures cost.

Both doors run over mutual TLS with kept connections in one gateway; the load is signed before the clock starts.
The processor time of the gateway a message is the figure to compare: it depends little on who else is busy.
"""

import asyncio
import io
import os
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession, TCPConnector

from gateway.koppelvlak.answer import Headers, Signer
from gateway.koppelvlak.cut import Cutter, ReadingLimits, new_spool
from gateway.koppelvlak.envelope import read_envelope
from gateway.koppelvlak.names import AANLEVERSERVICE, operations
from gateway.koppelvlak.signature import SHA256, SignaturePolicy, verify
from gateway.trust.certificates import load_certificates, load_key
from gateway.trust.hierarchy import init_hierarchy
from tests.samples import invoice
from tests.unit.koppelvlak.xmlsec_client import aanlever_request

MESSAGES = 300
CONNECTIONS = 8
NUMBER = b"2026-0417"
_TICKS = os.sysconf("SC_CLK_TCK")


def digipoort() -> dict[str, object]:
    """Throughput of both doors, and milliseconds of a signature."""
    with tempfile.TemporaryDirectory(prefix="meterpoort-bench-") as folder:
        certificates = Path(folder) / "certificates"
        init_hierarchy(certificates)
        return {**_signatures(certificates), **asyncio.run(_doors(certificates, Path(folder) / "data"))}


def _signer(certificates: Path) -> Signer:
    clients = certificates / "clients"
    return Signer(load_certificates(clients / "leverancier.pem")[0], load_key(clients / "leverancier-key.pem"))


def _signed(signer: Signer, document: bytes, number: int, address: str) -> bytes:
    headers = Headers(operations(AANLEVERSERVICE)[0].request_action, f"urn:bench:{number}", None, address)
    return signer.sign(headers, aanlever_request(document), SHA256, datetime.now(UTC))


def _signatures(certificates: Path) -> dict[str, object]:
    signer, limits = _signer(certificates), ReadingLimits()
    message = _signed(signer, _document(0), 0, "https://localhost/wus/2.0/aanleverservice/1.2")

    def verified() -> None:
        with new_spool(limits) as spool:
            cutter = Cutter(limits, spool)
            cutter.feed(message)
            verify(read_envelope(cutter.close(), cutter.cuts, limits), SignaturePolicy(), datetime.now(UTC))

    def signed() -> None:
        signer.sign(Headers("urn:a", "urn:b", "urn:c"), "<x></x>", SHA256, datetime.now(UTC))

    reading, signing = _milliseconds(verified), _milliseconds(signed)
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


def _document(number: int) -> bytes:
    mine = invoice(10).replace(b"90817263", b"27418562").replace(b"00000001812345678000", b"00000099000000001000")
    return mine.replace(NUMBER, b"N-%06d" % number, 1)


async def _doors(certificates: Path, data: Path) -> dict[str, object]:
    arguments = (
        "-m",
        "gateway",
        "serve",
        "--sandbox",
        "--tls",
        str(certificates),
        "--port",
        "0",
        "--data",
        str(data),
    )
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    if process.stdout is None:
        raise RuntimeError("no output")
    address = (await process.stdout.readline()).decode().split()[-1]
    try:
        return await _compared(
            certificates, address, (data / "sandbox-keys" / "leverancier").read_text().strip(), process
        )
    finally:
        process.terminate()
        await process.wait()


async def _compared(
    certificates: Path, address: str, key: str, process: asyncio.subprocess.Process
) -> dict[str, object]:
    soap = f"{address}/wus/2.0/aanleverservice/1.2"
    signer = _signer(certificates)
    documents = [_document(number) for number in range(2 * MESSAGES + 40)]
    messages = [_signed(signer, one, number, soap) for number, one in enumerate(documents[MESSAGES + 40 :])]
    http = {"Content-Type": "application/xml", "Authorization": f"Bearer {key}"}
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    clients = certificates / "clients"
    context.load_cert_chain(clients / "leverancier.pem", clients / "leverancier-key.pem")
    async with ClientSession(connector=TCPConnector(ssl=context, limit=CONNECTIONS)) as session:
        await _sent(session, f"{address}/v1/messages", http, documents[:40], 202)
        plain = await _measured(
            process, session, f"{address}/v1/messages", http, documents[40 : MESSAGES + 40], 202
        )
        signed = await _measured(process, session, soap, {"Content-Type": "text/xml"}, messages, 200)
    return {
        "HTTP door, messages a second": round(MESSAGES / plain[0]),
        "Digipoort door, messages a second": round(MESSAGES / signed[0]),
        "Digipoort door, ratio to the HTTP door": round(plain[0] / signed[0], 2),
        "HTTP door, processor ms a message": round(plain[1] / MESSAGES * 1000, 2),
        "Digipoort door, processor ms a message": round(signed[1] / MESSAGES * 1000, 2),
        "processor time, ratio to the HTTP door": round(plain[1] / signed[1], 2),
    }


async def _measured(
    process: asyncio.subprocess.Process,
    session: ClientSession,
    url: str,
    headers: dict[str, str],
    bodies: Sequence[bytes],
    status: int,
) -> tuple[float, float]:
    """Seconds by the clock and of the gateway's main process, which answers the doors."""
    await asyncio.sleep(2)  # what was handed in before is judged by then
    began, used = time.perf_counter(), _processor_seconds(process.pid)
    await _sent(session, url, headers, bodies, status)
    return time.perf_counter() - began, _processor_seconds(process.pid) - used


async def _sent(
    session: ClientSession, url: str, headers: dict[str, str], bodies: Sequence[bytes], status: int
) -> None:
    waiting = list(reversed(bodies))

    async def connection() -> None:
        while waiting:
            async with session.post(url, data=io.BytesIO(waiting.pop()), headers=headers) as response:
                answer = await response.read()
                if response.status != status:
                    raise RuntimeError(answer[:500].decode())

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
