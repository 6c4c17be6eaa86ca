"""The parts of an audit of the record.

First come stretches of chains: the changes in them are noted in the map. Then subjects are compared with the map.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import dropwhile

from sqlalchemy import Connection

from gateway.store.ledger.audit_pass import FINDINGS_MAX, AuditFinding
from gateway.store.record import queries
from gateway.store.record.chain import (
    RecordHead,
    RecordRow,
    chain_of,
    changes_in,
    empty_chain,
    link_after,
    ordinal_of,
    row_name,
)
from gateway.store.record.change_map import ChangeMap
from gateway.store.record.entries import plain, position_in
from gateway.store.record.growth import rows_between
from gateway.store.record.subjects import PartRows, SubjectKind, subjects
from gateway.store.sql import ask
from gateway.store.tables import metadata

_SUBJECTS_A_PAGE = 1_000
Newest = dict[tuple[str, str], int]
"""The position of the change of each subject that never changes again, by kind and key."""


@dataclass(frozen=True, slots=True)
class PartResult:
    """What a part found, and how much of it there was."""

    count: int
    findings: Sequence[AuditFinding] = ()
    newest: Newest = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SealedHead:
    """The head of a chain that a seal holds."""

    number: int
    head: RecordHead


@dataclass(frozen=True, slots=True)
class Stretch:
    """The rows of a chain after a position, up to and including another, and the seals of heads in between."""

    after: int
    until: int
    sealed: Sequence[SealedHead]

    def run(self, conn: Connection, known: ChangeMap) -> PartResult:
        """Check each row against the row before it, and each seal."""
        found, newest = list[AuditFinding](), Newest()
        last = self._row_before(conn)
        waiting = list(reversed(self.sealed))
        for row in rows_between(conn, self.after, self.until):
            found += _note(row, last, known, newest)
            last = RecordHead(row.position, row.link)
            while waiting and waiting[-1].head.position <= row.position:
                found += _check_seal(waiting.pop(), last)
        for one in reversed(waiting):
            found += _check_seal(one, last)
        return PartResult(self.until - self.after, found[:FINDINGS_MAX], newest)

    def _row_before(self, conn: Connection) -> RecordHead:
        empty = empty_chain(chain_of(self.after))
        rows = ask(conn, queries.ROW_UP_TO, (self.after, empty.position + 1))
        return RecordHead(RecordRow._make(rows[0]).position, RecordRow._make(rows[0]).link) if rows else empty


def _note(row: RecordRow, last: RecordHead, known: ChangeMap, newest: Newest) -> list[AuditFinding]:
    """Note the changes of a row in the map; what is wrong with it."""
    found = list[AuditFinding]()
    try:
        changes = changes_in(row)
    except ValueError:
        changes = []
    first, expected = row.position - len(changes) + 1, last.position + 1
    if first > expected:
        upto = f" up to {ordinal_of(first - 1)}" if first - 1 > expected else ""
        found.append(AuditFinding("record", row_name(expected) + upto, "missing: somebody removed it"))
    elif first < expected or not changes or link_after(last.link, *row[:-1]) != row.link:
        subject = f"{row_name(row.position)} ({row.kind} {changes[0].key if changes else ''})"
        sentence = "it is not what was recorded, or does not follow the row before it"
        found.append(AuditFinding("record", subject, sentence))
    known.keep(first, [change.digest for change in changes])
    has_own_positions = row.kind in metadata.tables and "recorded" in metadata.tables[row.kind].columns
    for position, change in enumerate(changes, first):
        known.supersede(change.previous)
        if not has_own_positions:
            newest[row.kind, change.key] = position
    return found


def _check_seal(one: SealedHead, last: RecordHead) -> list[AuditFinding]:
    if one.head == last:
        return []
    sentence = f"{row_name(one.head.position)} of the record is not the one that was sealed"
    return [AuditFinding("seal", f"seal {one.number}", sentence)]


@dataclass(frozen=True, slots=True)
class Subjects:
    """The rows of a table of subjects after a key, up to and including another; None: from the first one or to
    the last."""

    table: str
    after: object = None
    until: object = None
    newest: Newest = field(default_factory=dict)
    """Of subjects that never change again; of others the row has it."""

    def run(self, conn: Connection, known: ChangeMap) -> PartResult:
        """Check every row against its newest change in the record."""
        kind = next(dropwhile(lambda one: one.table.name != self.table, subjects()))
        found, after, count, is_last = list[AuditFinding](), self.after, 0, False
        key_index = kind.key
        while not is_last:
            sql = queries.subjects_between(kind.table, _bounds(after, self.until))
            values = [value for value in (after, self.until) if value is not None]
            page = [plain(kind.table, row) for row in ask(conn, sql, (*values, _SUBJECTS_A_PAGE))]
            is_last = len(page) < _SUBJECTS_A_PAGE
            keys = [row[key_index] for row in page]
            parts = _parts(conn, kind, after, self.until if is_last else keys[-1])
            for key, row in zip(keys, page, strict=True):
                found += self._check(kind, key, row, parts.pop(key, {}), known)
            for owner, tables in parts.items():
                sentence = f"it is gone, and of it is left: {', '.join(sorted(tables))}"
                found.append(AuditFinding(kind.name, f"{kind.name} {owner}", sentence))
            count += len(page)
            after = keys[-1] if keys else after
        return PartResult(count, found[:FINDINGS_MAX])

    def _check(
        self, kind: SubjectKind, key: object, row: Sequence[object], parts: PartRows, known: ChangeMap
    ) -> list[AuditFinding]:
        sentences = list(kind.faults(row, parts))
        position = position_in(kind.table, row) or self.newest.get((self.table, str(key)))
        if wrong := known.claim(position, kind.digest(row, parts)):
            sentences.append(wrong)
        return [AuditFinding(kind.name, f"{kind.name} {key}", sentence) for sentence in sentences]


def _bounds(after: object, until: object) -> str:
    return (">" if after is not None else "") + ("<" if until is not None else "")


def _parts(
    conn: Connection, kind: SubjectKind, after: object, until: object
) -> dict[object, dict[str, list[Sequence[object]]]]:
    """The rows of parts, by the key of their subject and by table."""
    parts: dict[object, dict[str, list[Sequence[object]]]] = {}
    values = [value for value in (after, until) if value is not None]
    for table in kind.parts:
        sql = queries.parts_between(table, queries.key_of(kind.table), _bounds(after, until))
        for part in map(queries.PartRow.read, ask(conn, sql, values)):
            parts.setdefault(part.owner, {}).setdefault(str(table.name), []).append(part.values)
    return parts
