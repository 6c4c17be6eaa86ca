"""What the meter costs: taking events in, statements, a full audit. Rates are of wall time and of CPU time.

CPU time is that of this process; of PostgreSQL's own there is none in it.
"""

import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import TariffBasis, published
from gateway.billing.runs.run import RunOrder
from gateway.clock import utc_now
from gateway.metering.entry import UsageEntry, UsageKind
from gateway.metering.events import BATCHED, meter_events, read_events
from gateway.store.engine import Engines, open_engines
from gateway.store.ledger.entries import append
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.ledger.seals import SealPolicy, seal
from gateway.store.schema import upgrade
from gateway.store.writer import Writer
from tests.bench.billing import preview_seconds
from tests.postgres import PostgresServer, find_binaries

PARTIES = 400
BATCH = 10_000
SOURCE = "urn:nld:oin:00000001002220647000:systeem:digid"
TYPE = "nl.meterpoort.digid-authentications.succeeded.v1"
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
_random = random.Random(2026)


def ledger() -> dict[str, object]:
    """The short measurements."""
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{Path(folder) / 'a.db'}"
        found["ingest on SQLite, ids in order of time"] = ingest(address, batches=20, in_order=True)
        found["ingest on SQLite, random ids"] = ingest(
            f"sqlite:///{Path(folder) / 'b.db'}", batches=20, in_order=False
        )
    if binaries := find_binaries():
        server = PostgresServer(binaries)
        found["ingest on PostgreSQL, random ids"] = ingest(server.new_database(), batches=10, in_order=False)
        server.stop()
    return found


def ingest(address: str, batches: int, *, in_order: bool) -> dict[str, object]:
    """Batches of CloudEvents from their JSON to the disk: decoded, checked, recorded, each batch committed."""
    names = {f"gemeente-{number}": f"gemeente-{number}" for number in range(PARTIES)}
    bodies = [_body(number, in_order=in_order) for number in range(batches)]
    with _opened(address) as engines:
        now = START + timedelta(days=1)
        wall, cpu = time.perf_counter(), time.process_time()
        for body in bodies:
            entries = meter_events(read_events(BATCHED, {}, body), names, now)
            with engines.write.begin() as conn:
                append(conn, entries, recorded_at=now)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    count = batches * BATCH
    return {"events": count, "a_second": round(count / wall), "a_cpu_second": round(count / cpu)}


def _body(number: int, *, in_order: bool) -> bytes:
    return msgspec.json.encode(
        [
            {
                "specversion": "1.0",
                "id": _identifier(number * BATCH + index, in_order=in_order),
                "source": SOURCE,
                "type": TYPE,
                "time": START + timedelta(seconds=index),
                "data": {"party": f"gemeente-{_random.randrange(PARTIES)}", "count": 1},
            }
            for index in range(BATCH)
        ]
    )


def _identifier(number: int, *, in_order: bool) -> str:
    """36 characters, as a UUID of version 7 (in order of time) or 4 (random)."""
    first = number if in_order else _random.getrandbits(48)
    return f"{first:012x}-{_random.getrandbits(92):023x}"


def ten_million(count: int = 10_000_000) -> dict[str, object]:
    """A year of use by 400 parties: how fast it goes in, what a statement takes, what an audit takes and needs."""
    found: dict[str, object] = {"entries": count}
    with tempfile.TemporaryDirectory(dir=os.environ.get("METERPOORT_BENCH_DIR")) as folder:
        with _opened(f"sqlite:///{Path(folder) / 'meterpoort.db'}") as engines:
            found["building"] = _fill(engines, count)
        found["size_gb"] = round((Path(folder) / "meterpoort.db").stat().st_size / 1e9, 2)
        found["statement_ms"] = _statement_ms(folder)
        found["preview"] = _preview(folder)
        found["audit"] = audit_of(folder)
        found["export"] = _exports(folder)
    return found


def _fill(engines: Engines, count: int) -> dict[str, object]:
    year_seconds, wall, cpu, sealing = 365 * 86_400, 0.0, 0.0, 0.0
    for first in range(0, count, 50_000):
        entries = [
            UsageEntry(
                _identifier(number, in_order=True),
                f"gemeente-{_random.randrange(PARTIES)}",
                UsageKind.DIGID_AUTHENTICATION,
                START + timedelta(seconds=number * year_seconds // count),
                source=SOURCE,
            )
            for number in range(first, first + 50_000)
        ]
        wall_from, cpu_from = time.perf_counter(), time.process_time()
        with engines.write.begin() as conn:
            append(conn, entries, recorded_at=entries[-1].at)
        wall, cpu = wall + time.perf_counter() - wall_from, cpu + time.process_time() - cpu_from
        sealing_from = time.process_time()
        with engines.write.begin() as conn:
            seal(conn, entries[-1].at, SealPolicy())
        sealing += time.process_time() - sealing_from
    return {
        "a_second": round(count / wall),
        "a_cpu_second": round(count / cpu),
        "sealed_a_cpu_second": round(count / sealing),
    }


def _statement_ms(folder: str) -> float:
    """The median of the statements of 40 parties, from the question to the typed answer."""

    async def measure() -> list[float]:
        engines = open_engines(f"sqlite:///{Path(folder) / 'meterpoort.db'}")
        meter, times = LedgerMeter(engines, Writer(engines.write, 1), utc_now), []
        for number in range(0, PARTIES, 10):
            begun = time.perf_counter()
            assert (await meter.statement(f"gemeente-{number}", 2026)).lines
            times.append((time.perf_counter() - begun) * 1000)
        await engines.dispose()
        return times

    return round(statistics.median(asyncio.run(measure())), 1)


def _preview(folder: str) -> dict[str, object]:
    """The settlement of all parties, as finance sees it before it is prepared."""
    actual = published().on(Service.DIGID, date(2021, 1, 1), TariffBasis.ACTUAL)
    catalogue = published().with_tariff(replace(actual, valid_from=date(2026, 1, 1), valid_until=None))
    order = RunOrder(BillStage.SETTLEMENT, Service.DIGID, 2026, date(2027, 6, 15))
    return preview_seconds(f"sqlite:///{Path(folder) / 'meterpoort.db'}", order, catalogue)


def audit_of(folder: str) -> dict[str, object]:
    """`meterpoort audit` as an auditor runs it, in separate processes."""
    output, measured = _run("audit", "--format", "json", "--data", folder)
    return {"holds": json.loads(output)["holds"], **measured}


def _run(*words: str) -> tuple[bytes, dict[str, object]]:
    """What a command prints, and what it took: seconds, CPU seconds, memory of all its processes together."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = subprocess.Popen([sys.executable, "-m", "gateway", *words], stdout=subprocess.PIPE)
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.2):
            peak = max(peak, _memory_kb(command.pid))

    watching = threading.Thread(target=watch)
    watching.start()
    output = command.communicate()[0]
    done.set()
    watching.join()
    assert command.returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return output, {
        "seconds": round(time.perf_counter() - begun, 1),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "memory_mb": peak // 1024,
    }


def _memory_kb(pid: int) -> int:
    """Resident memory of a process and those below it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it ended meanwhile
        return 0
    own = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
    return own + sum(_memory_kb(int(child)) for child in children)


def _exports(folder: str) -> dict[str, object]:
    """Every entry as CSV and as Parquet, as finance asks for them."""
    found: dict[str, object] = {}
    for form in ("csv", "parquet"):
        path = Path(folder) / f"entries.{form}"
        output, measured = _run("export", "entries", "--format", form, "--out", str(path), "--data", folder)
        found[form] = {
            "entries": json.loads(output)["entries"],
            "size_mb": round(path.stat().st_size / 1e6),
            **measured,
        }
        path.unlink()
    return found


@contextmanager
def _opened(address: str) -> Iterator[Engines]:
    engines = open_engines(address)
    upgrade(engines.write)
    try:
        yield engines
    finally:
        engines.write.dispose()
