"""What the record costs: the writer's CPU time for each message with and without it, and the audit of a million.

With and without take turns in one run, so that whatever else the machine does meets both. The time is that of the
thread that writes; of PostgreSQL's own there is none in it. The messages of the audit are written by the gateway's
own functions, a thousand to a commit, without waiting for the disk.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, text

from gateway.messages.decision import Decision, decide
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.message import received_message
from gateway.messages.participants import Caller, Party, PartyKind, Role
from gateway.messages.submission import Arrival, Content, StoredBytes, Submission
from gateway.settings import MeterSettings
from gateway.store.documents.storage import Storage
from gateway.store.engine import open_engines
from gateway.store.ledger.seals import SealPolicy, seal
from gateway.store.messages import accept, commit
from gateway.store.messages.accept import Acceptor
from gateway.store.messages.commit import write_decisions
from gateway.store.record import messages
from gateway.store.record.chain import RecordHead
from gateway.store.schema import upgrade
from gateway.store.sql import Question, Rows, ask_together
from gateway.validator.judge import judge
from gateway.validator.model.identifiers import PartyIdentifier
from tests.bench.ledger import audit_of
from tests.postgres import PostgresServer, find_binaries
from tests.samples import invoice

TURNS = 20
MESSAGES = 64
"""In each turn."""
AT_ONCE = (1, 16)
"""Messages in a transaction."""
MILLION = int(os.environ.get("BENCH_MESSAGES", "1000000"))
FILLED_AT_ONCE = 1_000
SUPPLIER = Party("supplier", "L", PartyKind.COMPANY, (PartyIdentifier("0106", "90817263"),))
TOWN = Party("town", "G", PartyKind.NON_RIJK, (PartyIdentifier("0190", "00000001812345678000"),))
BODY = invoice(1)
VALID = judge(BODY)
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class _Register:
    def by_id(self, party_id: str) -> Party | None:
        return next((party for party in (SUPPLIER, TOWN) if party.party_id == party_id), None)

    def by_identifier(self, identifier: PartyIdentifier) -> Party | None:
        return next((party for party in (SUPPLIER, TOWN) if identifier in party.identifiers), None)


@dataclass
class Stage:
    """Messages from their submission to their delivery into a mailbox, in two transactions."""

    conn: Connection
    acceptor: Acceptor
    count: int = 0

    def prepare(self, size: int, at: datetime) -> tuple[list[Arrival], list[Decision]]:
        """What comes in, and what will be decided of it."""
        numbers = range(self.count, self.count + size)
        self.count += size
        caller = Caller("key", Role.SUPPLIER, "supplier")
        arrivals = [
            Arrival(new_kenmerk(), at, Submission(caller, "http", Content(len(BODY), BODY))) for _ in numbers
        ]
        decisions = []
        for number, arrival in zip(numbers, arrivals, strict=True):
            submission = replace(arrival.submission, document=_stored())
            message = received_message(submission, arrival.kenmerk, at)
            facts = VALID.facts and replace(VALID.facts, number=f"N-{number}")
            verdict = replace(VALID, facts=facts)
            decisions.append(decide(message, verdict, _Register(), {}, MeterSettings(), at))
        return arrivals, decisions

    def write(self, arrivals: Sequence[Arrival], decisions: Sequence[Decision]) -> None:
        """Both transactions."""
        with self.conn.begin():
            self.acceptor.accept_group(self.conn, arrivals)
        with self.conn.begin():
            write_decisions(self.conn, decisions)


def _stored() -> Content:
    return Content(len(BODY), None, StoredBytes("packs/x", 0, len(BODY), "0" * 64))


@contextmanager
def stage(address: str) -> Iterator[Stage]:
    """An empty database."""
    engines = open_engines(address)
    upgrade(engines.write)
    with tempfile.TemporaryDirectory() as folder, engines.write.connect() as conn:
        storage = Storage(Path(folder).as_uri(), 1 << 18)
        yield Stage(conn, Acceptor(storage, "bench"))
        storage.close()
    engines.write.dispose()


# With and without


@contextmanager
def without_record() -> Iterator[None]:
    """While the block lasts nothing is recorded: no digest, no question for the record, no row of it."""
    digest = bytes(32)

    def ask_others(conn: Connection, questions: Sequence[Question]) -> list[Rows]:
        others = iter(ask_together(conn, [one for one in questions if not _is_of_record(one)]))
        return [_stand_in(one) if _is_of_record(one) else next(others) for one in questions]

    replaced: list[tuple[Any, str, Any]] = [
        (accept, "ask_together", ask_others),
        (commit, "ask_together", ask_others),
        (accept, "take_head", lambda _conn: RecordHead(0, digest)),
        (commit, "record_changed", lambda *_: []),
        (messages, "add_changes", lambda *_: []),
        *((scene, name, lambda *_: digest) for scene, name in DIGESTS),
    ]
    with ExitStack() as stack:
        for scene, name, stand_in in replaced:
            stack.enter_context(patch.object(scene, name, stand_in))
        yield


DIGESTS: list[tuple[Any, str]] = [
    (commit, "run_on_steps"),
    (commit, "report_digest"),
    (commit, "attachments_digest"),
    (messages, "accepted_digest"),
    (messages, "run_on_steps"),
    (messages, "attachments_digest"),
    (messages, "message_digest"),
]


def _is_of_record(question: Question) -> bool:
    return "record_head" in question.sql or "accepted_digest" in question.sql


def _stand_in(question: Question) -> Rows:
    if "record_head" in question.sql:
        return [(0, b"")]
    return [(kenmerk, 0, b"", b"", None, None, None) for kenmerk in question.values]


def record_share() -> dict[str, object]:
    """By how many percent the writer's CPU time for a message is more with the record: on both engines."""
    found: dict[str, object] = {}
    for at_once in AT_ONCE:
        with tempfile.TemporaryDirectory() as folder:
            found[f"SQLite, {at_once} at once"] = share(f"sqlite:///{Path(folder) / 'share.db'}", at_once)
        if binaries := find_binaries():
            server = PostgresServer(binaries)
            found[f"PostgreSQL, {at_once} at once"] = share(server.new_database(), at_once)
            server.stop()
    return found


def share(address: str, at_once: int) -> dict[str, object]:
    """Microseconds of CPU time for a message, with and without; medians of the turns, and that of their ratios."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    with stage(address) as scene:
        for turn in range(TURNS + 1):
            for is_recorded in (True, False) if turn % 2 else (False, True):
                groups = [scene.prepare(at_once, START) for _ in range(MESSAGES // at_once)]
                with ExitStack() as stack:
                    if not is_recorded:
                        stack.enter_context(without_record())
                    begun = time.thread_time()
                    for arrivals, decisions in groups:
                        scene.write(arrivals, decisions)
                    taken[is_recorded].append((time.thread_time() - begun) / MESSAGES * 1e6)
    ratios = [a / b for a, b in zip(taken[True][1:], taken[False][1:], strict=True)]
    return {
        "with, microseconds": round(median(taken[True][1:])),
        "without, microseconds": round(median(taken[False][1:])),
        "more, percent": round(100 * (median(ratios) - 1), 1),
    }


# The audit of a million messages


def record_million() -> dict[str, object]:
    """`meterpoort audit` of a million messages that were delivered to a mailbox, as an auditor runs it."""
    found: dict[str, object] = {"messages": MILLION}
    with tempfile.TemporaryDirectory(dir=os.environ.get("METERPOORT_BENCH_DIR")) as folder:
        begun = time.perf_counter()
        fill(f"sqlite:///{Path(folder) / 'meterpoort.db'}", MILLION)
        found["filled in, seconds"] = round(time.perf_counter() - begun)
        found["size_gb"] = round((Path(folder) / "meterpoort.db").stat().st_size / 1e9, 2)
        found["audit"] = audit_of(folder)
    return found


def fill(address: str, count: int, progress: Callable[[int], None] = lambda _done: None) -> None:
    """Write so many messages of a year, a report and an entry of the meter each, and seal them."""
    with stage(address) as scene, patch.object(scene.acceptor, "_store_small"), _carelessly(scene.conn):
        for first in range(0, count, FILLED_AT_ONCE):
            at = START + timedelta(days=300) * first / count
            arrivals, decisions = scene.prepare(min(FILLED_AT_ONCE, count - first), at)
            for arrival in arrivals:
                arrival.submission.document.stored = _stored().stored
            scene.write(arrivals, decisions)
            if first % 20_000 == 0:
                with scene.conn.begin():
                    seal(scene.conn, at, SealPolicy())
                progress(first)


@contextmanager
def _carelessly(conn: Connection) -> Iterator[None]:
    """Without waiting for the disk."""
    if conn.dialect.name == "sqlite":
        driver = conn.connection.dbapi_connection
        assert driver is not None
        driver.execute("PRAGMA synchronous = OFF")
    else:
        conn.execute(text("SET synchronous_commit = off"))
        conn.commit()
    yield
