"""The audit of the record: its chains, the seals over them, and whether everything is still what was recorded.

Reads one snapshot of the database, in pages, so that memory stays flat: of each change 17 bytes are kept. First
the chains are read, and the changes in them are noted in a map. Then every subject is compared with the map.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.progress import Progress, unseen
from gateway.store.engine import open_snapshot
from gateway.store.ledger.audit_pass import FINDINGS_MAX, AuditFinding
from gateway.store.messages.tables import messages
from gateway.store.record import queries
from gateway.store.record.chain import (
    CHAINS,
    RecordHead,
    RecordRow,
    chain_of,
    changes_in,
    empty_chain,
    link_after,
    ordinal_of,
    row_name,
    sealed_heads,
)
from gateway.store.record.change_map import ChangeMap
from gateway.store.record.entries import plain, position_in, read_heads
from gateway.store.record.growth import rows_between
from gateway.store.record.subjects import PartRows, SubjectKind, subjects
from gateway.store.sql import ask
from gateway.store.tables import metadata
from gateway.validator.model.terms import without_collecting

_SUBJECTS_A_PAGE = 1_000
_CHANGES_A_REPORT = 10_000
"""After so many changes progress is reported."""
Subject = tuple[object, Sequence[object]]
"""The key of a row, and the row."""


@dataclass(frozen=True, slots=True)
class RecordReport:
    """What was read, and what was found. The record is sound when nothing was found."""

    changes: int
    messages: int
    findings: tuple[AuditFinding, ...]


def audit_record(url: str, progress: Progress = unseen) -> RecordReport:
    """Audit the record of the database at this address, and everything that it is about."""
    with open_snapshot(url) as conn:
        return audit_on(conn, progress)


def audit_on(conn: Connection, progress: Progress = unseen) -> RecordReport:
    """The same on a connection, in its transaction."""
    read_heads(conn)  # the snapshot is of this moment
    with without_collecting():
        audit = _Audit(conn, progress)
        audit.check_chains()
        audit.check_subjects()
        audit.check_unclaimed()
    return RecordReport(audit.changes, audit.messages, tuple(audit.findings))


@dataclass(frozen=True, slots=True)
class _SealedHead:
    """The head of a chain that a seal holds."""

    number: int
    head: RecordHead


class _Audit:
    """The state of an audit: what was found so far."""

    def __init__(self, conn: Connection, progress: Progress) -> None:
        self._conn = conn
        self._progress = progress
        self.findings: list[AuditFinding] = []
        self._newest: dict[tuple[str, str], int] = {}
        """The position of the change of each subject that never changes again, by kind and key."""
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
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(AuditFinding(check, subject, sentence))

    def _advance(self, done: int) -> None:
        """So many changes or messages more were looked at."""
        self._done += done
        self._progress(self._done, self.changes + self.messages)

    # Chains

    def check_chains(self) -> None:
        """Check every row against the row before it, the seals and the heads."""
        sealed = self._read_seals()
        for chain, reached in enumerate(self._reached):
            self._check_chain(empty_chain(chain), reached, sealed.get(chain, []))
        self._check_heads()
        beyond = empty_chain(CHAINS).position
        for row in map(queries.PositionRow._make, ask(self._conn, queries.ROWS_ELSEWHERE, (beyond, FINDINGS_MAX))):
            self._find("record", row_name(row.position), "it was never recorded: somebody added it")

    def _check_chain(self, last: RecordHead, reached: RecordHead, sealed: Sequence[_SealedHead]) -> None:
        """Check the rows after the last one and the seals, oldest first, and note the changes in the map."""
        waiting, noted_from = list(reversed(sealed)), last.position
        for row in rows_between(self._conn, last.position, reached.position):
            self._note(row, last)
            last = RecordHead(row.position, row.link)
            while waiting and waiting[-1].head.position <= row.position:
                self._check_seal(waiting.pop(), last)
            if row.position - noted_from >= _CHANGES_A_REPORT:
                self._advance(row.position - noted_from)
                noted_from = row.position
        if last.position > noted_from:
            self._advance(last.position - noted_from)
        for one in reversed(waiting):
            chain, covered = chain_of(one.head.position), ordinal_of(one.head.position)
            end = ordinal_of(reached.position)
            sentence = f"it covers {covered} changes of chain {chain}, and the chain ends at {end}"
            self._find("seal", f"seal {one.number}", sentence)

    def _note(self, row: RecordRow, last: RecordHead) -> None:
        """Note the changes of a row in the map, and what is wrong with it."""
        try:
            changes = changes_in(row)
        except ValueError:
            changes = []
        first, expected = row.position - len(changes) + 1, last.position + 1
        if first > expected:
            upto = f" up to {ordinal_of(first - 1)}" if first - 1 > expected else ""
            self._find("record", row_name(expected) + upto, "missing: somebody removed it")
        elif first < expected or not changes or link_after(last.link, *row[:-1]) != row.link:
            subject = f"{row_name(row.position)} ({row.kind} {changes[0].key if changes else ''})"
            self._find("record", subject, "it is not what was recorded, or does not follow the row before it")
        self._known.keep(first, [change.digest for change in changes])
        has_own_positions = row.kind in metadata.tables and "recorded" in metadata.tables[row.kind].columns
        for position, change in enumerate(changes, first):
            self._known.supersede(change.previous)
            if not has_own_positions:
                self._newest[row.kind, change.key] = position

    def _check_seal(self, one: _SealedHead, last: RecordHead) -> None:
        if one.head != last:
            sentence = f"{row_name(one.head.position)} of the record is not the one that was sealed"
            self._find("seal", f"seal {one.number}", sentence)

    def _read_seals(self) -> dict[int, list[_SealedHead]]:
        """The heads that seals hold, by chain, oldest first; each once."""
        sealed: dict[int, list[_SealedHead]] = {}
        for row in map(queries.SealedRow._make, ask(self._conn, queries.SEALED)):
            try:
                heads = sealed_heads(str(row.joined))
            except ValueError:
                self._find("seal", f"seal {row.number}", "what it says of the record cannot be read")
                continue
            for chain, head in heads.items():
                own = sealed.setdefault(chain, [])
                if not own or own[-1].head != head:
                    own.append(_SealedHead(row.number, head))
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

    # Subjects

    def check_subjects(self) -> None:
        """Check every row of every table against its newest change in the record."""
        for kind in subjects():
            for page, parts in self._pages(kind):
                for key, row in page:
                    self._check_subject(kind, key, row, parts.pop(key, {}))
                for owner, tables in parts.items():
                    sentence = f"it is gone, and of it is left: {', '.join(sorted(tables))}"
                    self._find(kind.name, f"{kind.name} {owner}", sentence)
                if kind.table is messages:
                    self._advance(len(page))

    def _pages(self, kind: SubjectKind) -> Iterator[tuple[list[Subject], dict[object, PartRows]]]:
        """The rows of a table in the order of their keys, some at a time, and the rows of parts with these keys or
        with one between them."""
        after, is_last = None, False
        while not is_last:
            page = self._read_page(kind, after)
            is_last = len(page) < _SUBJECTS_A_PAGE
            until = None if is_last else page[-1][0]
            yield page, self._read_parts(kind, after, until)
            after = until

    def _read_page(self, kind: SubjectKind, after: object) -> list[Subject]:
        sql, key = queries.subjects_after(kind.table, is_first=after is None), kind.key
        rows = ask(self._conn, sql, (*_bound_values(after), _SUBJECTS_A_PAGE))
        return [(row[key], plain(kind.table, row)) for row in rows]

    def _read_parts(self, kind: SubjectKind, after: object, until: object) -> dict[object, PartRows]:
        """The rows of parts, by the key of their subject and by table."""
        parts: dict[object, dict[str, list[Sequence[object]]]] = {}
        bounds = (">" if after is not None else "") + ("<" if until is not None else "")
        for table in kind.parts:
            sql = queries.parts_between(table, queries.key_of(kind.table), bounds)
            for part in map(queries.PartRow.read, ask(self._conn, sql, _bound_values(after, until))):
                parts.setdefault(part.owner, {}).setdefault(str(table.name), []).append(part.values)
        return dict(parts)

    def _check_subject(self, kind: SubjectKind, key: object, row: Sequence[object], parts: PartRows) -> None:
        sentences = list(kind.faults(row, parts))
        position = position_in(kind.table, row) or self._newest.get((str(kind.table.name), str(key)))
        if wrong := self._known.claim(position, kind.digest(row, parts)):
            sentences.append(wrong)
        for sentence in sentences:
            self._find(kind.name, f"{kind.name} {key}", sentence)

    def check_unclaimed(self) -> None:
        """Check that everything that was recorded is there."""
        for position in self._known.find_unclaimed():
            if len(self.findings) >= FINDINGS_MAX:
                return
            [row] = map(RecordRow._make, ask(self._conn, queries.ROW_FROM, (position,)))
            change = changes_in(row)[position - row.position - 1]
            self._find(row.kind, f"{row.kind} {change.key}", "it is gone: somebody removed it")


def _bound_values(*values: object) -> list[object]:
    """The bounds that there are, for a statement with as many marks."""
    return [value for value in values if value is not None]
