"""The audit of the record: its chains, the seals over them, and whether everything is still what was recorded.

Reads one snapshot of the database, in pages, so that memory stays flat: of each change 17 bytes are kept. A large
record is shared with a second process, which reads the same snapshot.
"""

import multiprocessing
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module

from sqlalchemy import Connection

from gateway.progress import Progress, unseen
from gateway.store.engine import open_snapshot, snapshot_name, standing_still
from gateway.store.ledger.audit_pass import FINDINGS_MAX, AuditFinding
from gateway.store.messages.tables import messages
from gateway.store.record import queries
from gateway.store.record.audit_tasks import Newest, PartResult, SealedHead, Stretch, Subjects
from gateway.store.record.chain import (
    CHAINS,
    RecordHead,
    RecordRow,
    chain_of,
    changes_in,
    empty_chain,
    ordinal_of,
    row_name,
    sealed_heads,
)
from gateway.store.record.change_map import ChangeMap
from gateway.store.record.entries import read_heads
from gateway.store.record.subjects import channel_tables, subjects
from gateway.store.sql import ask
from gateway.validator.model.terms import without_collecting

CHANGES_TO_SHARE = 200_000
"""From so many a second process is worth its start and its memory."""
_CHANGES_A_PART, _MESSAGES_A_PART = 50_000, 10_000

Part = Stretch | Subjects


@dataclass(frozen=True, slots=True)
class RecordReport:
    """What was read, and what was found. The record is sound when nothing was found."""

    changes: int
    messages: int
    findings: tuple[AuditFinding, ...]


def audit_record(url: str, progress: Progress = unseen) -> RecordReport:
    """Audit the record of the database at this address, and everything that it is about."""
    with ExitStack() as stack:
        with open_snapshot(url) as conn:
            is_large = sum(ordinal_of(head.position) for head in read_heads(conn)) >= CHANGES_TO_SHARE
        helper = None
        if is_large:
            helper = stack.enter_context(ProcessPoolExecutor(1, multiprocessing.get_context("spawn")))
            helper.submit(_know_tables, [str(table.info["module"]) for table in channel_tables()]).result()
        with standing_still(url):
            conn = stack.enter_context(open_snapshot(url))
            read_heads(conn)  # the snapshot is of this moment
            if helper:
                helper.submit(_join, url, snapshot_name(conn)).result()
        return audit_on(conn, progress, helper)


def audit_on(conn: Connection, progress: Progress = unseen, helper: Executor | None = None) -> RecordReport:
    """The same on a connection, in its transaction. The helper has joined it."""
    with without_collecting():
        audit = _Audit(conn, progress, helper)
        try:
            audit.check_chains()
            audit.check_subjects()
            audit.check_unclaimed()
        finally:
            audit.known.close()
    return RecordReport(audit.changes, audit.messages, tuple(audit.findings))


class _Audit:
    """The state of an audit: what was found so far."""

    def __init__(self, conn: Connection, progress: Progress, helper: Executor | None) -> None:
        self._conn = conn
        self._progress = progress
        self._helper = helper
        self.findings: list[AuditFinding] = []
        self._newest: Newest = {}
        self._reached = self._ends()
        self.known = ChangeMap([head.position for head in self._reached])
        self.changes = self.known.size
        [(counted,)] = ask(conn, queries.COUNT_MESSAGES)
        self.messages = int(str(counted))
        self._done = 0

    def _ends(self) -> list[RecordHead]:
        """The last row of each chain, or the head of one without rows."""
        ends, position = [empty_chain(chain) for chain in range(CHAINS)], 1
        while rows := ask(self._conn, queries.ROW_FROM, (position,)):
            first = RecordRow._make(rows[0]).position
            chain = chain_of(first - 1)
            if chain >= CHAINS:
                break
            position = empty_chain(chain + 1).position + 1
            [last] = map(RecordRow._make, ask(self._conn, queries.ROW_UP_TO, (position - 1, first)))
            ends[chain] = RecordHead(last.position, last.link)
        return ends

    def _find(self, check: str, subject: str, sentence: str) -> None:
        self._add([AuditFinding(check, subject, sentence)])

    def _add(self, findings: Sequence[AuditFinding]) -> None:
        self.findings += findings[: FINDINGS_MAX - len(self.findings)]

    def check_chains(self) -> None:
        """Check every row against the row before it, the seals and the heads."""
        self._run(list(self._stretches()))
        self._check_heads()
        beyond = empty_chain(CHAINS).position
        for row in map(queries.PositionRow._make, ask(self._conn, queries.ROWS_ELSEWHERE, (beyond, FINDINGS_MAX))):
            self._find("record", row_name(row.position), "it was never recorded: somebody added it")

    def _stretches(self) -> Iterator[Stretch]:
        sealed = self._read_seals()
        for chain, reached in enumerate(self._reached):
            begin = empty_chain(chain).position
            own = sealed.get(chain, [])
            for one in own:
                if one.head.position > reached.position:
                    covered, end = ordinal_of(one.head.position), ordinal_of(reached.position)
                    sentence = f"it covers {covered} changes of chain {chain}, and the chain ends at {end}"
                    self._find("seal", f"seal {one.number}", sentence)
            for after in range(begin, reached.position, _CHANGES_A_PART):
                until = min(after + _CHANGES_A_PART, reached.position)
                yield Stretch(after, until, [one for one in own if after < one.head.position <= until])

    def _read_seals(self) -> dict[int, list[SealedHead]]:
        """The heads that seals hold, by chain, oldest first; each once."""
        sealed: dict[int, list[SealedHead]] = {}
        for row in map(queries.SealedRow._make, ask(self._conn, queries.SEALED)):
            try:
                heads = sealed_heads(str(row.joined))
            except ValueError:
                self._find("seal", f"seal {row.number}", "what it says of the record cannot be read")
                continue
            for chain, head in heads.items():
                own = sealed.setdefault(chain, [])
                if not own or own[-1].head != head:
                    own.append(SealedHead(row.number, head))
        return sealed

    def _check_heads(self) -> None:
        found = map(queries.HeadRow._make, ask(self._conn, queries.EVERY_HEAD))
        heads = {row.chain: RecordHead(row.position, row.link) for row in found}
        if heads.keys() != set(range(CHAINS)):
            self._find("record", "head", "it was removed, or another was added")
        for chain, reached in enumerate(self._reached):
            head = heads.get(chain, reached)
            if head.position > reached.position:
                rows = f"{row_name(reached.position + 1)} up to {ordinal_of(head.position)}"
                self._find("record", rows, "missing at the end")
            elif head.position < reached.position:
                rows = f"{row_name(head.position + 1)} up to {ordinal_of(reached.position)}"
                self._find("record", rows, "they were never recorded: somebody added them")
            elif head != reached:
                self._find("record", f"head of chain {chain}", "it does not fit the last row")

    def check_subjects(self) -> None:
        """Check every row of every table against its newest change in the record."""
        rows = ask(self._conn, queries.part_ends(messages), (_MESSAGES_A_PART,) * 2)
        keys = [queries.KeyRow._make(row).key for row in rows]
        name = str(messages.name)
        self._run(
            [Subjects(name, after, until) for after, until in zip((None, *keys), (*keys, None), strict=True)]
        )
        others = [str(kind.table.name) for kind in subjects() if kind.table is not messages]
        self._run([Subjects(other, newest=self._newest) for other in others], are_small=True)

    def _run(self, parts: Sequence[Part], *, are_small: bool = False) -> None:
        """Do the parts, here and in the helper; keep what they found, in their order."""
        waiting, done = deque(enumerate(parts)), dict[int, PartResult]()

        def work(do: Callable[[Part], PartResult], progress: Callable[[], None]) -> None:
            with suppress(IndexError):  # nothing is waiting any more
                while True:
                    number, part = waiting.popleft()
                    done[number] = do(part)
                    progress()

        def show() -> None:
            self._progress(
                self._done + sum(one.count for one in list(done.values())), self.changes + self.messages
            )

        with ExitStack() as stack:
            if self._helper and not are_small:
                have_done = partial(_have_done, self._helper, self.known)
                other = threading.Thread(target=work, args=(have_done, lambda: None))
                other.start()
                stack.callback(other.join)
            work(lambda part: part.run(self._conn, self.known), (lambda: None) if are_small else show)
        for number, part in enumerate(parts):
            one = done.get(number) or part.run(self._conn, self.known)  # the other process may have ended
            self._add(one.findings)
            self._newest |= one.newest
            self._done += 0 if are_small else one.count
        self._progress(self._done, self.changes + self.messages)

    def check_unclaimed(self) -> None:
        """Check that everything that was recorded is there."""
        for position in self.known.find_unclaimed():
            if len(self.findings) >= FINDINGS_MAX:
                return
            [row] = map(RecordRow._make, ask(self._conn, queries.ROW_FROM, (position,)))
            change = changes_in(row)[position - row.position - 1]
            self._find(row.kind, f"{row.kind} {change.key}", "it is gone: somebody removed it")


def _have_done(helper: Executor, known: ChangeMap, part: Part) -> PartResult:
    return helper.submit(_do, part, known.ends, known.path).result()


# In the other process


def _know_tables(modules: Sequence[str]) -> None:
    """Import the modules of channels that keep rows with messages."""
    for module in modules:
        import_module(module)


_snapshots = ExitStack()
_snapshot: list[Connection] = []
_maps: dict[str, ChangeMap] = {}


def _join(url: str, name: str) -> None:
    """Open the snapshot of this name, for as long as the process lives."""
    _snapshot.append(_snapshots.enter_context(open_snapshot(url, name)))
    read_heads(_snapshot[0])


def _do(part: Part, ends: Sequence[int], path: str) -> PartResult:
    if path not in _maps:
        _maps[path] = ChangeMap(ends, path)
    with without_collecting():
        return part.run(_snapshot[0], _maps[path])
