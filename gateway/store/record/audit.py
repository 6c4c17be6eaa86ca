"""The audit of the record: the chain, the seals over it, and whether everything is still what was recorded.

Reads one snapshot of the database, in pages, so that memory stays flat: of a row of the record two bits are kept.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.store.engine import open_snapshot
from gateway.store.ledger.audit_pass import FINDINGS_MAX, AuditFinding
from gateway.store.record import queries
from gateway.store.record.chain import FIRST_LINK, GONE, RecordHead, RecordRow, link_after, sealed_head
from gateway.store.record.entries import rows_after
from gateway.store.record.messages import MESSAGES
from gateway.store.record.subjects import PartRows, SubjectKind, SubjectRow, subjects
from gateway.store.sql import ask
from gateway.validator.model.terms import without_collecting

_SUBJECTS_A_PAGE = 500
_SUPERSEDED, _CLAIMED = 1, 2
_GAP_MAX = 100_000

Progress = Callable[[int, int], None]
"""Called with what is done and what is to be done, in rows of the record and messages."""


@dataclass(frozen=True, slots=True)
class RecordReport:
    """What was read, and what was found. The record is sound when nothing was found."""

    rows: int
    messages: int
    findings: tuple[AuditFinding, ...]


def audit_record(url: str, progress: Progress = lambda _done, _whole: None) -> RecordReport:
    """Audit the record of the database at this address, and everything that it is about."""
    with open_snapshot(url) as conn:
        return audit_on(conn, progress)


def audit_on(conn: Connection, progress: Progress = lambda _done, _whole: None) -> RecordReport:
    """The same on a connection, in its transaction."""
    with without_collecting():
        audit = _Audit(conn, progress)
        audit.check_chain()
        for subject in subjects():
            audit.check_subjects(subject)
        audit.check_unclaimed()
    return RecordReport(audit.head.position, audit.messages, tuple(audit.findings))


class _Audit:
    """The state of an audit: what each row of the record was found to be, and what was found."""

    def __init__(self, conn: Connection, progress: Progress) -> None:
        self._conn = conn
        self._progress = progress
        self._done, self._whole = 0, 0
        self.findings: list[AuditFinding] = []
        self.messages = 0
        self.head = RecordHead(0, FIRST_LINK)
        self._last_position = 0
        [(rows, messages)] = ask(conn, queries.COUNT)
        self._whole = int(str(rows)) + int(str(messages))
        self._rows = bytearray(int(str(rows)) + _GAP_MAX)
        """Two bits of each row: that a later one is about the same subject, and that a subject is what it says."""

    def find(self, check: str, subject: str, sentence: str) -> None:
        """Add a finding, up to `FINDINGS_MAX` in all."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(AuditFinding(check, subject, sentence))

    def _advance(self, count: int) -> None:
        self._done += count
        self._progress(self._done, self._whole)

    # The chain

    def check_chain(self) -> None:
        """Check every row against the row before it, the seals and the head."""
        sealed = self._sealed_heads()
        wanted = next(sealed, None)
        last: RecordRow | None = None
        for page in rows_after(self._conn, 0):
            for row in page:
                self._check_row(row, last)
                while wanted is not None and wanted[1].position <= row.position:
                    self._check_seal(wanted, row)
                    wanted = next(sealed, None)
                last = row
            self._advance(len(page))
        reached = RecordHead(last.position, last.link) if last else RecordHead(0, FIRST_LINK)
        while wanted is not None:
            self._find_seal(
                wanted[0], f"it covers {wanted[1].position} rows, and the record ends at {reached.position}"
            )
            wanted = next(sealed, None)
        self._check_head(reached)
        self._last_position = reached.position
        for added in map(queries.PositionRow._make, ask(self._conn, queries.ROWS_BEFORE_FIRST, (FINDINGS_MAX,))):
            self.find("record", f"row {added.position}", "it was never recorded: somebody added it")

    def _check_row(self, row: RecordRow, last: RecordRow | None) -> None:
        before = last.position if last else 0
        subject = f"row {row.position} ({row.kind} {row.key})"
        if row.position != before + 1:
            rows = f"row {before + 1}" + (f" up to {row.position - 1}" if row.position - before > 2 else "")
            self.find("record", rows, "missing: somebody removed it")
        elif link_after(last.link if last else FIRST_LINK, *row[:-1]) != row.link:
            self.find("record", subject, "it is not what was recorded, or does not follow the row before it")
        if isinstance(row.previous, int) and 0 < row.previous < len(self._rows):
            self._rows[row.previous] |= _SUPERSEDED

    def _sealed_heads(self) -> Iterator[tuple[int, RecordHead]]:
        """Numbers of seals and the head of the record that each holds, oldest first."""
        for seal in map(queries.SealedRow._make, ask(self._conn, queries.SEALED)):
            try:
                head = sealed_head(str(seal.joined))
            except ValueError:
                self._find_seal(seal.number, "what it says of the record cannot be read")
                continue
            if head.position:
                yield seal.number, head

    def _check_seal(self, seal: tuple[int, RecordHead], row: RecordRow) -> None:
        number, head = seal
        if head != RecordHead(row.position, row.link):
            self._find_seal(number, f"row {head.position} of the record is not the one that was sealed")

    def _find_seal(self, number: int, sentence: str) -> None:
        self.find("seal", f"seal {number}", sentence)

    def _check_head(self, reached: RecordHead) -> None:
        rows = ask(self._conn, queries.EVERY_HEAD)
        self.head = RecordHead._make(rows[0][1:]) if rows else reached
        if [number for number, *_ in rows] != [1]:
            self.find("record", "head", "it was removed, or another was added")
        elif self.head.position > reached.position:
            self.find("record", f"rows {reached.position + 1} up to {self.head.position}", "missing at the end")
        elif self.head.position < reached.position:
            subject = f"rows {self.head.position + 1} up to {reached.position}"
            self.find("record", subject, "they were never recorded: somebody added them")
        elif self.head != reached:
            self.find("record", "head", "it does not fit the last row")

    # What the rows are about

    def check_subjects(self, subject: SubjectKind) -> None:
        """Check every row of a table against its newest row in the record."""
        after: object = None
        is_first, is_last = True, False
        while not is_last:
            bounds = () if is_first else (after,)
            sql = queries.subjects(subject.table, is_first=is_first)
            page = ask(self._conn, sql, (*bounds, _SUBJECTS_A_PAGE))
            is_last = len(page) < _SUBJECTS_A_PAGE
            found = [SubjectRow.read(subject.table, row) for row in page]
            upper = () if is_last else (found[-1].key,)
            parts = self._parts(subject, (*bounds, *upper), is_first=is_first, is_last=is_last)
            for one in found:
                self._check_subject(subject, one, parts.pop(one.key, {}))
            for owner, tables in parts.items():
                rows = ", ".join(sorted(tables))
                self.find(subject.name, f"{subject.name} {owner}", f"it is gone, and of it is left: {rows}")
            if subject.table.name == MESSAGES:
                self.messages += len(page)
                self._advance(len(page))
            if found:
                after, is_first = found[-1].key, False

    def _parts(
        self, subject: SubjectKind, bounds: Sequence[object], *, is_first: bool, is_last: bool
    ) -> dict[object, dict[str, list[Sequence[object]]]]:
        """The rows of parts, by the key of their subject and by table."""
        parts: dict[object, dict[str, list[Sequence[object]]]] = {}
        for table in subject.parts:
            sql = queries.parts_between(table, queries.key_of(subject.table), is_first=is_first, is_last=is_last)
            name = str(table.name)
            for part in map(queries.PartRow.read, ask(self._conn, sql, bounds)):
                parts.setdefault(part.owner, {}).setdefault(name, []).append(part.values)
        return parts

    def _check_subject(self, subject: SubjectKind, found: SubjectRow, parts: PartRows) -> None:
        name = f"{subject.name} {found.key}"
        for sentence in subject.faults(found.row, parts):
            self.find(subject.name, name, sentence)
        is_recorded = (found.kind, found.of) == (subject.table.name, str(found.key))
        if not is_recorded or found.position is None or not 0 < found.position < len(self._rows):
            self.find(subject.name, name, "nothing was recorded of it: somebody added it")
            return
        if self._rows[found.position] & _SUPERSEDED:
            self.find(subject.name, name, "it was put back to what it was before")
        elif subject.digest(found.row, parts) != found.digest:
            self.find(subject.name, name, "it is not what was recorded: somebody changed it")
        self._rows[found.position] |= _CLAIMED

    def check_unclaimed(self) -> None:
        """Check that everything that was recorded is there, unless a row says that nothing of it is left."""
        position = self._rows.find(0, 1, self._last_position + 1)
        while position != -1 and len(self.findings) < FINDINGS_MAX:
            for row in ask(self._conn, queries.ROWS_AFTER, (position - 1, 1)):
                one = RecordRow._make(row)
                if one.position == position and one.digest != GONE:
                    self.find(one.kind, f"{one.kind} {one.key}", "it is gone: somebody removed it")
            position = self._rows.find(0, position + 1, self._last_position + 1)
