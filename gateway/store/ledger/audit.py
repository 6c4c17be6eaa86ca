"""The audit of the meter: reads every entry, recomputes every digest and total, and reports what does not fit.

The sealed part is read without a lock, in segments of the chain that a second process shares. Then the head is
locked, and what was not sealed at the beginning, the rollups and the head are checked. Memory stays flat: entries
are read in chunks, and only one count for each party, kind and day is kept.
"""

import asyncio
import multiprocessing
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from gateway.billing.documents.tables import BillTotals
from gateway.metering.entry import LedgerBrokenError
from gateway.metering.seal import Seal
from gateway.metering.totals import ControlTotals, control_totals
from gateway.store.engine import Engines, open_reader
from gateway.store.ledger import queries
from gateway.store.ledger.audit_pass import AuditFinding, AuditPass
from gateway.store.ledger.dispositions import check_dispositions
from gateway.store.ledger.entries import lock_head
from gateway.store.ledger.queries import Head
from gateway.store.ledger.seals import seals_after
from gateway.validator.model.terms import without_collecting

_SEALS_A_CHUNK = 1_000
_GAP_MAX = 100_000
ENTRIES_A_SEGMENT = 250_000
SEGMENTS_TO_SHARE = 4
"""From a million entries on a second process is worth its start and its 50 MB."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What the audit counted and what it found. The meter is sound when nothing was found."""

    totals: ControlTotals
    seals: int
    last_seal: str | None
    """The hash of the newest seal: compare it with what was published."""
    unsealed: int
    """Entries after the newest seal; the running digest covers them."""
    dispositions: dict[str, int]
    """Messages by disposition."""
    findings: tuple[AuditFinding, ...]
    recorded: int = 0
    """Changes in the record that were audited."""
    billed: Mapping[int, BillTotals] = field(default_factory=dict)
    """The control totals of the documents that were computed again, by year of issue."""
    notes: tuple[AuditFinding, ...] = ()
    """What could not be compared, and why; nothing is wrong with it."""

    @property
    def received(self) -> int:
        """Messages received: the sum of the dispositions, for every message has exactly one."""
        return sum(self.dispositions.values())


async def audit(engines: Engines, published: Iterable[Seal] = ()) -> AuditReport:
    """Audit the whole meter. `published` are earlier published seals: they must be in the chain unchanged."""
    whole = AuditPass({seal.number: seal for seal in published})
    async with engines.reading() as conn:
        dispositions, mismatches = await conn.run_sync(check_dispositions)
        whole.position_max = await conn.run_sync(_position_max)
        segments = _segments(await conn.run_sync(_chain), whole.published, whole.position_max)
    for done in await _check_segments(engines.url, segments):
        whole.merge(done)
    whole.add(mismatches)
    totals, unsealed = await asyncio.to_thread(_finish, engines.write, whole)
    return AuditReport(
        totals=totals,
        seals=whole.last_seal.number if whole.last_seal else 0,
        last_seal=whole.last_seal.hash if whole.last_seal else None,
        unsealed=unsealed,
        dispositions=dispositions,
        findings=tuple(whole.findings),
    )


@dataclass(frozen=True, slots=True)
class _Segment:
    """A part of the chain that can be checked by itself: `before` is the seal that it follows."""

    before: Seal | None
    seals: tuple[Seal, ...]
    published: dict[int, Seal]
    position_max: int


def _position_max(conn: Connection) -> int:
    """No entry can be beyond this position, whatever a seal claims."""
    return _GAP_MAX + (conn.scalar(queries.ENTRY_COUNT) or 0)


def _chain(conn: Connection) -> list[Seal]:
    seals: list[Seal] = []
    while page := seals_after(conn, seals[-1].number if seals else 0, _SEALS_A_CHUNK):
        seals += page
    return seals


def _segments(chain: Sequence[Seal], published: dict[int, Seal], position_max: int) -> list[_Segment]:
    """The chain in segments of about so many entries each, each with the published seals that it should hold. A
    broken seal may claim any number of entries."""
    segments: list[_Segment] = []
    begin = 0
    for end, seal in enumerate(chain, 1):
        covered = seal.last_position - chain[begin].first_position
        if covered >= ENTRIES_A_SEGMENT or end == len(chain):
            part = tuple(chain[begin:end])
            own = {one.number: published.pop(one.number) for one in part if one.number in published}
            segments.append(_Segment(chain[begin - 1] if begin else None, part, own, position_max))
            begin = end
    return segments


async def _check_segments(url: str, segments: Sequence[_Segment]) -> list[AuditPass]:
    """A pass over each segment, in order: in a thread here and, where there are many, in another process too."""
    found: list[AuditPass | None] = [None] * len(segments)
    remaining = iter(enumerate(segments))
    loop = asyncio.get_running_loop()

    async def work(pool: Executor | None) -> None:
        for number, segment in remaining:
            try:
                found[number] = await loop.run_in_executor(pool, _check_segment, url, segment)
            except BrokenExecutor:  # the other process could not start, or was ended: go on in this one
                found[number] = await loop.run_in_executor(None, _check_segment, url, segment)
                return

    if len(segments) < SEGMENTS_TO_SHARE:
        await work(None)
    else:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as helper:
            await asyncio.gather(work(None), work(helper))
    return [done for done in found if done is not None]


def _check_segment(url: str, segment: _Segment) -> AuditPass:
    reader = open_reader(url)
    begin = segment.before.last_position if segment.before else 0
    segment_pass = AuditPass(
        segment.published,
        position_max=segment.position_max,
        position=max(begin, 0),
        last_seal=segment.before,
    )
    try:
        with reader.connect() as conn, without_collecting():
            segment_pass.check_seals(conn, segment.seals)
    finally:
        reader.dispose()
    segment_pass.leaves.clear()
    return segment_pass


def _finish(engine: Engine, whole: AuditPass) -> tuple[ControlTotals, int]:
    """Check what is left, with the head locked; the totals, and how many entries are not sealed."""
    with engine.begin() as conn:
        head = _locked_head(conn, whole)
        if head.position > whole.position_max:  # many entries came meanwhile, or somebody moved the head
            whole.position_max = _position_max(conn)
        while seals := seals_after(conn, whole.last_seal.number if whole.last_seal else 0, _SEALS_A_CHUNK):
            whole.check_seals(conn, seals)  # sealed meanwhile
        whole.check_unsealed(conn, head)
        totals = control_totals(
            (key.party_id, int(key.day[:4]), key.kind, count.entries, count.quantity)
            for key, count in whole.counts.items()
        )
        whole.check_rollups(conn)
    return totals, head.position - head.sealed


def _locked_head(conn: Connection, whole: AuditPass) -> Head:
    try:
        return lock_head(conn)
    except LedgerBrokenError as broken:
        whole.find("head", "head", str(broken))
        return Head(whole.position, "", whole.position)
