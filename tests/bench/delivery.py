"""Delivery while another recipient is unavailable: latency with and without 100,000 messages waiting for it."""

import asyncio
import ssl
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from sqlalchemy import Connection

from gateway.main import open_gateway
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.participants import Caller, Party, PartyKind, Role
from gateway.messages.submission import Content, Submission
from gateway.pki.hierarchy import init_hierarchy
from gateway.settings import Settings
from gateway.store.messages.tables import journal, messages, outbox
from gateway.validator.model.identifiers import PartyIdentifier
from tests.samples import invoice

WAITING = 100_000
MEASURED = 300
NUMBER = b"2026-0417"
SUPPLIER = Party("supplier", "L", PartyKind.COMPANY, (PartyIdentifier("0106", "90817263"),))
TOWN = Party("town", "G", PartyKind.NON_RIJK, (PartyIdentifier("0190", "00000001812345678000"),))


def delivery() -> dict[str, object]:
    """p99 of a push, alone and while another recipient is unavailable."""
    with tempfile.TemporaryDirectory(prefix="meterpoort-bench-") as folder:
        certificates = Path(folder) / "certificates"
        init_hierarchy(certificates)
        return asyncio.run(_measured(certificates, Path(folder) / "data"))


async def _measured(certificates: Path, data: Path) -> dict[str, object]:
    arrived: dict[str, float] = {}
    runner, url = await _recipient(certificates, arrived)
    settings = Settings(data_directory=data)
    settings = msgspec.structs.replace(
        settings,
        digipoort=msgspec.structs.replace(settings.digipoort, tls_directory=certificates),
        delivery=msgspec.structs.replace(settings.delivery, hosts_allowed="localhost", pause_seconds_max=10.0),
    )
    async with open_gateway(settings) as gateway:
        await gateway.register.save(SUPPLIER, "bench")
        party_settings = {"delivery": "webhook", "delivery_url": url}
        await gateway.register.save(replace(TOWN, settings=party_settings), "bench")
        await _pushes(gateway, arrived, 0, 50)
        alone = await _pushes(gateway, arrived, 50, MEASURED)
        await _let_wait(gateway)
        memory = _memory_mib()
        with_backlog = await _pushes(gateway, arrived, 50 + MEASURED, MEASURED)
        grown = _memory_mib() - memory
    await runner.cleanup()
    return {
        "push alone, p50 and p99 ms": [round(one * 1000, 1) for one in alone],
        f"push with {WAITING} waiting for another recipient, p50 and p99 ms": [
            round(one * 1000, 1) for one in with_backlog
        ],
        "p99, ratio": round(with_backlog[1] / alone[1], 2),
        "memory grown meanwhile, MiB": grown,
    }


async def _recipient(certificates: Path, arrived: dict[str, float]) -> tuple[web.AppRunner, str]:
    async def receive(request: web.Request) -> web.Response:
        event = msgspec.json.decode(await request.read())
        arrived[event["id"]] = time.perf_counter()
        return web.Response(status=204)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem", certificates / "server-key.pem")
    app = web.Application()
    app.router.add_post("/bericht", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    return runner, f"https://localhost:{runner.addresses[0][1]}/bericht"


async def _let_wait(gateway: Any) -> None:
    """A dead recipient, with messages that wait: only the first of them is ever read."""
    party_settings = {"delivery": "webhook", "delivery_url": "https://localhost:1/"}
    await gateway.register.save(Party("dead", "D", PartyKind.NON_RIJK, settings=party_settings), "bench")
    now = datetime.now(UTC)
    rows = [{"kenmerk": new_kenmerk(), "recipient_id": "dead", "queued_at": now} for _ in range(WAITING)]

    empty: dict[str, object] = {column.name: None for column in messages.columns}
    empty |= {"state": "checked", "disposition": "pending", "channel": "http", "submitter_id": "supplier"}
    empty |= {
        "key_id": "k",
        "role": "supplier",
        "body_sha256": "",
        "received_at": now,
        "size_bytes": 0,
        "sha256": "",
    }
    empty |= {"object_key": "none", "object_offset": 0, "steps": 3, "is_test": False, "recipient_id": "dead"}
    step = {"position": 0, "step": "rules-passed", "at": now, "actor": "bench"}

    def write(connection: Connection) -> None:
        connection.execute(outbox.insert(), rows)
        connection.execute(messages.insert(), [empty | {"kenmerk": row["kenmerk"]} for row in rows])
        connection.execute(journal.insert(), [step | {"kenmerk": row["kenmerk"]} for row in rows])

    await gateway.writer.call(write)


async def _pushes(gateway: Any, arrived: dict[str, float], first: int, count: int) -> tuple[float, float]:
    """Seconds from submission to the recipient, median and 99th percentile; one message at a time."""
    took: list[float] = []
    for number in range(first, first + count):
        document = invoice(1).replace(NUMBER, b"N-%06d" % number, 1)
        content = Content(len(document), document)
        caller = Caller("key", Role.SUPPLIER, "supplier")
        began = time.perf_counter()
        receipt = await gateway.intake.submit(Submission(caller, "http", content))
        while receipt.kenmerk not in arrived:  # noqa: ASYNC110  # the recipient is another program
            await asyncio.sleep(0.0005)
        took.append(arrived[receipt.kenmerk] - began)
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.99)]


def _memory_mib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024
