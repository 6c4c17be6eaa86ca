"""The audit of the meter: reads every entry, recomputes every digest and total, and names what does not fit.

The sealed part is read in peace, in stretches of the chain that a second process shares; then, the head locked so
that nothing moves, what was not sealed when we began, the rollups and the head. Memory stays flat: entries pass in
chunks; what grows is a count a party, kind and day.
"""

import asyncio
import multiprocessing
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import Connection, Engine, func, or_, select

from gateway.metering.entry import LedgerBrokenError
from gateway.metering.seal import (
    FIRST,
    Row,
    Seal,
    leaves_of,
    merkle_root,
    run_on,
    seal_problem,
)
from gateway.metering.totals import ControlTotals, control_totals
from gateway.store.engine import Engines, open_reader
from gateway.store.ledger.dispositions import check_dispositions, count_dispositions
from gateway.store.ledger.ledger import Counts, Head, lock_head, recount
from gateway.store.ledger.seals import read_rows, seals_after, source_names
from gateway.store.ledger.tables import usage_entries, usage_rollups
from gateway.validator.model.terms import without_collecting

_ENTRIES_A_CHUNK = 8_192
_SEALS_A_CHUNK = 1_000
_ROLLUPS_A_CHUNK = 5_000
_GAP_MAX = 100_000
ENTRIES_A_STRETCH = 250_000
STRETCHES_TO_SHARE = 4
"""From a million entries on a second process is worth its start, and the 50 MB that it needs."""
FINDINGS_MAX = 1_000
"""More are not listed: the ledger is broken through and through."""


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What does not fit: the check (seal, entry, reversal, rollup, head, message), where, and a sentence."""

    check: str
    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What the audit counted and what it found. The meter holds when nothing was found."""

    totals: ControlTotals
    seals: int
    last_seal: str | None
    """The hash of the newest seal: compare it with what was published."""
    unsealed: int
    """Entries after the newest seal; the running digest holds them."""
    dispositions: dict[str, int]
    """Messages by disposition."""
    findings: tuple[AuditFinding, ...]

    @property
    def received(self) -> int:
        """Messages received: the sum of the dispositions, for every message has exactly one."""
        return sum(self.dispositions.values())


async def audit(engines: Engines, published: Iterable[Seal] = ()) -> AuditReport:
    """Audit the whole meter. `published` are seals given away before: they must stand in the chain unchanged."""
    walk = _Walk({seal.number: seal for seal in published})
    async with engines.read.connect() as conn:
        dispositions = await conn.run_sync(count_dispositions)
        misfits = await conn.run_sync(check_dispositions)
        walk.furthest = await conn.run_sync(_furthest)
        stretches = _stretches(await conn.run_sync(_chain), walk)
    for stretch, found in zip(stretches, await _walked(engines.url, stretches), strict=True):
        walk.takes_over(stretch, found)
    walk.find_all("message", misfits)
    totals, unsealed = await asyncio.to_thread(_finish, engines.write, walk)
    return AuditReport(
        totals=totals,
        seals=walk.passed.number if walk.passed else 0,
        last_seal=walk.passed.hash if walk.passed else None,
        unsealed=unsealed,
        dispositions=dispositions,
        findings=tuple(walk.findings),
    )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the chain that can be walked by itself: `before` is the seal that it follows."""

    before: Seal | None
    seals: tuple[Seal, ...]
    published: dict[int, Seal]
    furthest: int


def _furthest(conn: Connection) -> int:
    """Beyond this position no entry can be, whatever a seal claims."""
    return _GAP_MAX + (conn.scalar(select(func.count()).select_from(usage_entries)) or 0)


def _chain(conn: Connection) -> list[Seal]:
    seals: list[Seal] = []
    while page := seals_after(conn, seals[-1].number if seals else 0, _SEALS_A_CHUNK):
        seals += page
    return seals


def _stretches(chain: Sequence[Seal], walk: "_Walk") -> list[_Stretch]:
    """The chain in stretches of about so many entries each; one that is broken says nonsense of how many."""
    stretches: list[_Stretch] = []
    begin = 0
    for end, seal in enumerate(chain, 1):
        covered = seal.last_position - chain[begin].first_position
        if covered >= ENTRIES_A_STRETCH or end == len(chain):
            part = tuple(chain[begin:end])
            given = {one.number: walk.published[one.number] for one in part if one.number in walk.published}
            stretches.append(_Stretch(chain[begin - 1] if begin else None, part, given, walk.furthest))
            begin = end
    return stretches


async def _walked(url: str, stretches: Sequence[_Stretch]) -> list["_Walk"]:
    """The walk over each stretch, in a thread here and, where there are many, in another process beside it."""
    found: list[_Walk | None] = [None] * len(stretches)
    left = iter(enumerate(stretches))
    loop = asyncio.get_running_loop()

    async def work(pool: Executor | None) -> None:
        for number, stretch in left:
            try:
                found[number] = await loop.run_in_executor(pool, _walk, url, stretch)
            except BrokenExecutor:  # the other process was not to be had, or was ended: we go on here
                found[number] = await loop.run_in_executor(None, _walk, url, stretch)
                return

    if len(stretches) < STRETCHES_TO_SHARE:
        await work(None)
    else:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as helper:
            await asyncio.gather(work(None), work(helper))
    return [walk for walk in found if walk is not None]


def _walk(url: str, stretch: _Stretch) -> "_Walk":
    reader = open_reader(url)
    begin = stretch.before.last_position if stretch.before else 0
    walk = _Walk(stretch.published, furthest=stretch.furthest, position=max(begin, 0), passed=stretch.before)
    try:
        with reader.connect() as conn, without_collecting():
            walk.over(conn, stretch.seals)
    finally:
        reader.dispose()
    walk.leaves.clear()
    return walk


def _finish(engine: Engine, walk: "_Walk") -> tuple[ControlTotals, int]:
    with engine.begin() as conn:
        head = _locked_head(conn, walk)
        if head.position > walk.furthest:  # much came in meanwhile, or somebody moved the head
            walk.furthest = _furthest(conn)
        walk.sealed_part(conn)  # what was sealed meanwhile
        walk.tail(conn, head)
        counted = ((party, int(day[:4]), kind, n, q) for (party, kind, day), (q, n, _) in walk.counts.items())
        totals = control_totals(counted)
        _check_rollups(conn, walk)
    return totals, head.position - head.sealed


def _locked_head(conn: Connection, walk: "_Walk") -> Head:
    try:
        return lock_head(conn)
    except LedgerBrokenError as broken:
        walk.find("head", "head", str(broken))
        return Head(walk.position, b"", walk.position)


class _Names(dict[int, str]):
    """Sources by number; one that is gone has a name that fits no digest."""

    def __missing__(self, number: int) -> str:
        return f"source {number} is gone"


@dataclass
class _Walk:
    """One walk over the ledger, from the first entry to the last."""

    published: dict[int, Seal]
    sources: dict[int, str] = field(default_factory=_Names)
    counts: Counts = field(default_factory=dict)
    findings: list[AuditFinding] = field(default_factory=list)
    furthest: int = 0
    """No entry is beyond this position, whatever a seal claims."""
    position: int = 0
    """Up to here entries were read."""
    passed: Seal | None = None
    """The last seal that was checked."""
    leaves: list[bytes] = field(default_factory=list)
    """Of the entries read since that seal; empty bytes for one that is not there."""
    quantities: list[int] = field(default_factory=list)

    def find(self, check: str, place: str, sentence: str) -> None:
        """Note a finding."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(AuditFinding(check, place, sentence))

    def find_all(self, check: str, found: Iterable[tuple[str, str]]) -> None:
        """Note findings of one check: place and sentence of each."""
        for place, sentence in found:
            self.find(check, place, sentence)

    def takes_over(self, stretch: _Stretch, other: "_Walk") -> None:
        """Go on from where another walk over the stretch came: its findings, counts and place are ours."""
        for finding in other.findings:
            self.find(finding.check, finding.place, finding.sentence)
        for what, counted in other.counts.items():
            count = self.counts.setdefault(what, [0, 0, 0])
            for place, number in enumerate(counted):
                count[place] += number
        for seal in stretch.seals:  # it was compared there
            self.published.pop(seal.number, None)
        self.position, self.passed = max(self.position, other.position), other.passed

    def sealed_part(self, conn: Connection) -> None:
        """Walk over every seal that was not passed yet, and the entries that it covers."""
        while seals := seals_after(conn, self.passed.number if self.passed else 0, _SEALS_A_CHUNK):
            self.over(conn, seals)

    def over(self, conn: Connection, seals: Sequence[Seal]) -> None:
        """Walk over these seals, which follow the last one, and the entries that they cover."""
        self.sources.update(source_names(conn))
        waiting = deque(seals)
        until = min(max(seal.last_position for seal in seals), self.furthest)
        while self.position < until:
            self._read(conn, until)
            while waiting and waiting[0].last_position <= self.position:
                self._close(waiting.popleft())
        for seal in waiting:  # they claim entries that cannot be there
            self._close(seal)

    def _read(self, conn: Connection, until: int) -> None:
        """Take in the next chunk of entries, at most up to `until`."""
        first, last = self.position + 1, min(self.position + _ENTRIES_A_CHUNK, until)
        rows = read_rows(conn, first, last)
        leaves, quantities = leaves_of(rows, self.sources), [row[5] for row in rows]
        if len(rows) < last - first + 1:
            leaves, quantities = self._fill_gaps(rows, leaves, first, last)
        self._recount(rows)
        self._check_reversals(conn, [row for row in rows if row[8] is not None])
        self.leaves += leaves
        self.quantities += quantities
        self.position = last

    def _recount(self, rows: Sequence[Row]) -> None:
        try:
            recount(self.counts, rows)
        except (TypeError, OverflowError):  # what is no number can stand in SQLite where a number belongs
            for row in rows:
                try:
                    recount(self.counts, [row])
                except (TypeError, OverflowError):
                    self.find("entry", f"entry {row[0]}", "its moments or its quantity are no such: changed")

    def _fill_gaps(
        self, rows: Sequence[Row], leaves: list[bytes], first: int, last: int
    ) -> tuple[list[bytes], list[int]]:
        present = {row[0]: (leaf, row[5]) for row, leaf in zip(rows, leaves, strict=True)}
        edges = sorted({first - 1, *present, last + 1})
        for before, after in pairwise(edges):
            if after - before > 1:
                place = f"entry {before + 1}" + (f" up to {after - 1}" if after - before > 2 else "")
                self.find("entry", place, "missing: somebody removed it")
        found = [present.get(position, (b"", 0)) for position in range(first, last + 1)]
        return [leaf for leaf, _ in found], [quantity for _, quantity in found]

    def _close(self, seal: Seal) -> None:
        """Check a seal against the chain, the published seals and the leaves it covers."""
        place = f"seal {seal.number} (entries {seal.first_position}-{seal.last_position})"
        if wrong := seal_problem(seal, self.passed):
            self.find("seal", place, wrong)
        if self.published.pop(seal.number, seal) != seal:
            self.find("seal", place, "it is not the seal that was published")
        size = max(0, seal.last_position - (self.passed.last_position if self.passed else 0))
        leaves, quantity = self.leaves[:size], _sum(self.quantities[:size])
        if not leaves or merkle_root(leaves).hex() != seal.root or quantity != seal.quantity:
            self.find(
                "seal", place, "its entries are not the ones that were sealed: changed, moved, removed or added"
            )
        del self.leaves[:size], self.quantities[:size]
        self.passed = seal

    def tail(self, conn: Connection, head: Head) -> None:
        """Walk over what is not sealed, up to the head, and check the head against it."""
        self.sources.update(source_names(conn))
        running = bytes.fromhex(self.passed.hash) if self.passed else bytes.fromhex(FIRST)
        running = run_on(running, self.leaves)
        self.leaves.clear()
        until = min(head.position, self.furthest)
        while self.position < until:
            self._read(conn, until)
            running = run_on(running, self.leaves)
            self.leaves.clear()
        sealed = self.passed.last_position if self.passed else 0
        if head.sealed != sealed:
            self.find(
                "head", "head", f"seals reach to entry {sealed}, not to {head.sealed}: seals were added or removed"
            )
        if running != head.running:
            self.find("entry", f"entries after {sealed}", "they are not the ones that were appended")
        for number in self.published:
            self.find("seal", f"seal {number}", "it was published, and is not in the ledger")
        self._find_strays(conn, head)

    def _find_strays(self, conn: Connection, head: Head) -> None:
        place = usage_entries.c.position
        strays = select(place).where(or_(place < 1, place > max(head.position, self.position)))
        for position in (conn.scalars(strays.limit(FINDINGS_MAX))).all():
            self.find("entry", f"entry {position}", "it was never appended: somebody added it")

    def _check_reversals(self, conn: Connection, reversals: Sequence[Row]) -> None:
        if not reversals:
            return
        ids = sorted({row[8] for row in reversals if row[8] is not None})
        originals = {
            row.position: row
            for row in conn.execute(select(usage_entries).where(usage_entries.c.position.in_(ids)))
        }
        for row in reversals:
            original = originals.get(row[8])
            undone = original and (original.party_id, original.kind, _negative(original.quantity), original.at)
            if undone != (row[3], row[4], row[5], row[6]):
                self.find("reversal", f"entry {row[0]}", f"it does not undo entry {row[8]}")


def _sum(quantities: Sequence[int]) -> int | None:
    """Their sum; None when one of them is no number, which SQLite lets be."""
    try:
        return sum(quantities)
    except TypeError:
        return None


def _negative(quantity: object) -> int | None:
    return -quantity if isinstance(quantity, int) else None


def _check_rollups(conn: Connection, walk: _Walk) -> None:
    """Each rollup is what its entries add up to. Uses up the counts."""
    result = conn.execute(select(usage_rollups).execution_options(yield_per=_ROLLUPS_A_CHUNK))
    for page in result.partitions():
        _compare_rollups(walk, (tuple(row) for row in page))
    for party_id, kind, day in walk.counts:
        walk.find("rollup", f"{party_id} {kind} {day}", "it is missing")


def _compare_rollups(walk: _Walk, page: Iterable[tuple[str, int, str, str, int, int, int]]) -> None:
    for party_id, year, kind, day, *kept in page:
        counted = walk.counts.pop((party_id, kind, day), [0, 0, 0])
        if counted != kept or year != int(day[:4]):
            told = f"in {year}: quantity, entries and late are {kept}, and its entries count {counted}"
            walk.find("rollup", f"{party_id} {kind} {day}", told)
