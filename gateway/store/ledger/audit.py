"""The audit of the meter: reads every entry, recomputes every digest and total, and reports what does not fit.

The sealed part is read without a lock. Then the head is locked, and what was not sealed at the beginning, the
rollups and the head are checked. Memory stays flat: entries are read in chunks, and only one count for each party,
kind and day is kept.
"""

import asyncio
from collections.abc import Iterable, Mapping
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
    await asyncio.to_thread(_check_sealed, engines.url, whole)
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


def _position_max(conn: Connection) -> int:
    """No entry can be beyond this position, whatever a seal claims."""
    return _GAP_MAX + (conn.scalar(queries.ENTRY_COUNT) or 0)


def _check_sealed(url: str, whole: AuditPass) -> None:
    reader = open_reader(url)
    try:
        with reader.connect() as conn, without_collecting():
            _check_new_seals(conn, whole)
    finally:
        reader.dispose()


def _check_new_seals(conn: Connection, whole: AuditPass) -> None:
    """Check the seals after the last one that was checked, and the entries that they cover."""
    while seals := seals_after(conn, whole.last_seal.number if whole.last_seal else 0, _SEALS_A_CHUNK):
        whole.check_seals(conn, seals)


def _finish(engine: Engine, whole: AuditPass) -> tuple[ControlTotals, int]:
    """Check what is left, with the head locked; the totals, and how many entries are not sealed."""
    with engine.begin() as conn:
        head = _locked_head(conn, whole)
        if head.position > whole.position_max:  # many entries came meanwhile, or somebody moved the head
            whole.position_max = _position_max(conn)
        _check_new_seals(conn, whole)  # sealed meanwhile
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
