"""The audit of the record: its chains, the seals over them, and whether everything is still what was recorded.

Reads one snapshot of the database, in pages, so that memory stays flat: of each change 17 bytes are kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.progress import Progress
from gateway.store.engine import open_snapshot
from gateway.store.ledger.audit_pass import FINDINGS_MAX, AuditFinding
from gateway.store.messages.tables import messages
from gateway.store.record import queries
from gateway.store.record.audit_tasks import Newest, SealedHead, Stretch, Subjects
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
from gateway.store.record.subjects import subjects
from gateway.store.sql import ask
from gateway.validator.model.terms import without_collecting

_CHANGES_A_PART, _MESSAGES_A_PART = 50_000, 10_000


@dataclass(frozen=True, slots=True)
class RecordReport:
    """What was read, and what was found. The record is sound when nothing was found."""

    changes: int
    messages: int
    findings: tuple[AuditFinding, ...]


def audit_record(url: str, progress: Progress = lambda _done, _whole: None) -> RecordReport:
    """Audit the record of the database at this address, and everything that it is about."""
    with open_snapshot(url) as conn:
        return audit_on(conn, progress)


def audit_on(conn: Connection, progress: Progress = lambda _done, _whole: None) -> RecordReport:
    """The same on a connection, in its transaction."""
    read_heads(conn)  # the snapshot is of this moment
    with without_collecting():
        audit = _Audit(conn, progress)
        audit.check_chains()
        audit.check_subjects()
        audit.check_unclaimed()
    return RecordReport(audit.changes, audit.messages, tuple(audit.findings))


class _Audit:
    """The state of an audit: what was found so far."""

    def __init__(self, conn: Connection, progress: Progress) -> None:
        self._conn = conn
        self._progress = progress
        self.findings: list[AuditFinding] = []
        self._newest: Newest = {}
        self._reached = self._ends()
        self._known = ChangeMap([head.position for head in self._reached])
        self.changes = self._known.size
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
        keys = [key for (key,) in rows]
        name = str(messages.name)
        self._run(
            [Subjects(name, after, until) for after, until in zip((None, *keys), (*keys, None), strict=True)]
        )
        others = [str(kind.table.name) for kind in subjects() if kind.table is not messages]
        self._run([Subjects(other, newest=self._newest) for other in others], are_counted=False)

    def _run(self, parts: Sequence[Stretch | Subjects], *, are_counted: bool = True) -> None:
        """Do the parts, and keep what they found."""
        for part in parts:
            done = part.run(self._conn, self._known)
            self._add(done.findings)
            self._newest |= done.newest
            self._done += done.count if are_counted else 0
            self._progress(self._done, self.changes + self.messages)

    def check_unclaimed(self) -> None:
        """Check that everything that was recorded is there."""
        for position in self._known.find_unclaimed():
            if len(self.findings) >= FINDINGS_MAX:
                return
            [row] = map(RecordRow._make, ask(self._conn, queries.ROW_FROM, (position,)))
            change = changes_in(row)[position - row.position - 1]
            self._find(row.kind, f"{row.kind} {change.key}", "it is gone: somebody removed it")
