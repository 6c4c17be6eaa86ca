"""One pass of the audit over entries in their order: seals, the entries they cover, reversals, rollups."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import Connection

from gateway.metering.seal import FIRST, EntryRow, Seal, leaves_of, merkle_root, run_on, seal_problem
from gateway.store.ledger import queries
from gateway.store.ledger.entries import source_names
from gateway.store.ledger.queries import Head, RollupRow
from gateway.store.ledger.rollups import Counts, RollupCount, RollupKey, add_entries
from gateway.store.ledger.seals import read_rows

_ENTRIES_A_CHUNK = 8_192
_ROLLUPS_A_CHUNK = 5_000
FINDINGS_MAX = 1_000
"""More findings are not listed."""


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What does not fit: the check (seal, entry, reversal, rollup, head, message), where, and a sentence."""

    check: str
    subject: str
    sentence: str


class _SourceNames(dict[int, str]):
    """Sources by number; a missing one has a name that fits no digest."""

    def __missing__(self, number: int) -> str:
        return f"source {number} is gone"


@dataclass
class AuditPass:
    """The state of a pass: how far it came, what it counted, what it found."""

    published: dict[int, Seal]
    """Seals that were published and not met yet, by number."""
    sources: dict[int, str] = field(default_factory=_SourceNames)
    counts: Counts = field(default_factory=dict)
    findings: list[AuditFinding] = field(default_factory=list)
    position_max: int = 0
    """No entry is beyond this position, whatever a seal claims."""
    position: int = 0
    """Entries were read up to here."""
    last_seal: Seal | None = None
    """The last seal that was checked."""
    leaves: list[bytes] = field(default_factory=list)
    """Of the entries read since that seal; empty bytes for a missing one."""
    quantities: list[int] = field(default_factory=list)

    def find(self, check: str, subject: str, sentence: str) -> None:
        """Add a finding."""
        self.add([AuditFinding(check, subject, sentence)])

    def add(self, findings: Iterable[AuditFinding]) -> None:
        """Add findings, up to `FINDINGS_MAX` in all."""
        for finding in findings:
            if len(self.findings) < FINDINGS_MAX:
                self.findings.append(finding)

    def check_seals(self, conn: Connection, seals: Sequence[Seal]) -> None:
        """Check these seals, which follow the last one, and the entries that they cover."""
        self.sources.update(source_names(conn))
        waiting = deque(seals)
        until = min(max(seal.last_position for seal in seals), self.position_max)
        while self.position < until:
            self._read(conn, until)
            while waiting and waiting[0].last_position <= self.position:
                self._check_seal(waiting.popleft())
        for seal in waiting:  # they claim entries that cannot be there
            self._check_seal(seal)

    def _read(self, conn: Connection, until: int) -> None:
        """Read the next chunk of entries, at most up to `until`."""
        first, last = self.position + 1, min(self.position + _ENTRIES_A_CHUNK, until)
        rows = read_rows(conn, first, last)
        leaves, quantities = leaves_of(rows, self.sources), [row.quantity for row in rows]
        if len(rows) < last - first + 1:
            leaves, quantities = self._fill_gaps(rows, leaves, first, last)
        self._count(rows)
        self._check_reversals(conn, [row for row in rows if row.reverses is not None])
        self.leaves += leaves
        self.quantities += quantities
        self.position = last

    def _count(self, rows: Sequence[EntryRow]) -> None:
        try:
            add_entries(self.counts, rows)
        except (TypeError, OverflowError):  # SQLite stores text in a column of numbers
            for row in rows:
                try:
                    add_entries(self.counts, [row])
                except (TypeError, OverflowError):
                    self.find(
                        "entry", f"entry {row.position}", "its times or its quantity are no numbers: changed"
                    )

    def _fill_gaps(
        self, rows: Sequence[EntryRow], leaves: list[bytes], first: int, last: int
    ) -> tuple[list[bytes], list[int]]:
        present = {row.position: (leaf, row.quantity) for row, leaf in zip(rows, leaves, strict=True)}
        edges = sorted({first - 1, *present, last + 1})
        for before, after in pairwise(edges):
            if after - before > 1:
                subject = f"entry {before + 1}" + (f" up to {after - 1}" if after - before > 2 else "")
                self.find("entry", subject, "missing: somebody removed it")
        found = [present.get(position, (b"", 0)) for position in range(first, last + 1)]
        return [leaf for leaf, _ in found], [quantity for _, quantity in found]

    def _check_seal(self, seal: Seal) -> None:
        """Check a seal against the chain, the published seals and the leaves it covers."""
        subject = f"seal {seal.number} (entries {seal.first_position}-{seal.last_position})"
        if problem := seal_problem(seal, self.last_seal):
            self.find("seal", subject, problem)
        if self.published.pop(seal.number, seal) != seal:
            self.find("seal", subject, "it is not the seal that was published")
        size = max(0, seal.last_position - (self.last_seal.last_position if self.last_seal else 0))
        leaves, quantity = self.leaves[:size], _sum(self.quantities[:size])
        is_short = len(leaves) < size
        if is_short or merkle_root(leaves).hex() != seal.root or quantity != seal.quantity:
            self.find(
                "seal", subject, "its entries are not the ones that were sealed: changed, moved, removed or added"
            )
        del self.leaves[:size], self.quantities[:size]
        self.last_seal = seal

    def check_unsealed(self, conn: Connection, head: Head) -> None:
        """Check the entries that are not sealed, up to the head, and the head itself."""
        self.sources.update(source_names(conn))
        running = bytes.fromhex(self.last_seal.hash if self.last_seal else FIRST)
        running = run_on(running, self.leaves)
        self.leaves.clear()
        until = min(head.position, self.position_max)
        while self.position < until:
            self._read(conn, until)
            running = run_on(running, self.leaves)
            self.leaves.clear()
        sealed = self.last_seal.last_position if self.last_seal else 0
        if head.sealed != sealed:
            self.find(
                "head", "head", f"seals reach to entry {sealed}, not to {head.sealed}: seals were added or removed"
            )
        if running.hex() != head.running:
            self.find("entry", f"entries after {sealed}", "they are not the ones that were appended")
        for number in self.published:
            self.find("seal", f"seal {number}", "it was published, and is not in the ledger")
        outside = queries.POSITIONS_OUTSIDE.limit(FINDINGS_MAX)
        for position in conn.scalars(outside, {"last": max(head.position, self.position)}).all():
            self.find("entry", f"entry {position}", "it was never appended: somebody added it")

    def _check_reversals(self, conn: Connection, reversals: Sequence[EntryRow]) -> None:
        if not reversals:
            return
        positions = sorted({row.reverses for row in reversals if row.reverses is not None})
        originals = {row.position: row for row in conn.execute(queries.ENTRIES_AT, {"positions": positions})}
        for row in reversals:
            original = originals.get(row.reverses)
            undone = original and (original.party_id, original.kind, _negative(original.quantity), original.at)
            if undone != (row.party_id, row.kind, row.quantity, row.at):
                self.find("reversal", f"entry {row.position}", f"it does not undo entry {row.reverses}")

    def check_rollups(self, conn: Connection) -> None:
        """Check that each rollup is what its entries add up to. Uses up the counts."""
        result = conn.execute(queries.ROLLUPS.execution_options(yield_per=_ROLLUPS_A_CHUNK))
        for page in result.partitions():
            for row in page:
                self._check_rollup(RollupRow._make(row))
        for key in self.counts:
            self.find("rollup", " ".join(key), "it is missing")

    def _check_rollup(self, row: RollupRow) -> None:
        key = RollupKey(row.party_id, row.kind, row.day)
        counted, held = self.counts.pop(key, RollupCount()), RollupCount(row.quantity, row.entries, row.late)
        if counted != held or row.year != int(row.day[:4]):
            self.find(
                "rollup", " ".join(key), f"in {row.year}: it holds {held}, and its entries add up to {counted}"
            )


def _sum(quantities: Sequence[int]) -> int | None:
    """Their sum; None when one of them is no number, which SQLite can store."""
    try:
        return sum(quantities)
    except TypeError:
        return None


def _negative(quantity: object) -> int | None:
    return -quantity if isinstance(quantity, int) else None
