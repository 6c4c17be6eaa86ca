"""Sealing the ledger, and proving one entry to somebody who has no ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from gateway.clock import to_microseconds
from gateway.metering.entry import LedgerBrokenError, UnknownEntryError, UsageError
from gateway.metering.seal import (
    FIRST,
    EntryRow,
    Proof,
    Seal,
    leaves_of,
    line_of,
    make_seal,
    merkle_path,
    run_on,
)
from gateway.store.ledger import queries
from gateway.store.ledger.entries import lock_head, source_names
from gateway.store.record.chain import sealed_words
from gateway.store.record.entries import read_heads
from gateway.store.record.growth import BrokenRecordError, check_growth, growth_since
from gateway.store.sql import ask


@dataclass(frozen=True, slots=True)
class SealPolicy:
    """When a batch is sealed: at so many entries, at so many changes in the record, or when the oldest of them has
    waited so long."""

    entries_max: int = 4096
    changes_max: int = 16_384
    age_max: timedelta = timedelta(minutes=10)


class NotSealedYetError(UsageError):
    """The entry waits for the next seal; ask again later."""

    def __init__(self, position: int) -> None:
        super().__init__(f"entry {position} is not sealed yet; ask again after the next seal")


def seal_due(conn: Connection, now: datetime, policy: SealPolicy) -> tuple[Seal, ...]:
    """Seal what is not sealed yet, when the policy says so; returns the new seals."""
    head, newest = conn.execute(queries.HEAD).one(), last_seal(conn)
    entry_at = conn.scalar(queries.RECORDED_AT, {"position": head.sealed + 1})
    grown, row_at = growth_since(conn, newest.joined if newest else "")
    oldest = min((at for at in (entry_at, row_at) if at is not None), default=None)
    if oldest is None:
        return ()
    is_many = head.position - head.sealed >= policy.entries_max or grown >= policy.changes_max
    is_old = timedelta(microseconds=to_microseconds(now) - oldest) >= policy.age_max
    return seal(conn, now, policy) if is_many or is_old else ()


def seal(conn: Connection, now: datetime, policy: SealPolicy) -> tuple[Seal, ...]:
    """Seal every entry that is not sealed yet, in batches, each with the heads of the record.

    Returns the new seals; where only the record moved, one of no entries. Raises LedgerBrokenError when the
    entries or the rows are not the ones that were appended: a seal never covers up a change.
    """
    head, sources = lock_head(conn), source_names(conn)
    newest = last_seal(conn)
    running, seals = bytes.fromhex(newest.hash if newest else FIRST), [newest]
    joined = _words_to_seal(conn, newest)
    firsts = range(head.sealed + 1, head.position + 1, policy.entries_max)
    if not firsts and joined != (newest.joined if newest else ""):
        firsts = range(head.position + 1, head.position + 2)
    for first in firsts:
        rows = read_rows(conn, first, min(first + policy.entries_max - 1, head.position))
        leaves, quantity = leaves_of(rows, sources), sum(row.quantity for row in rows)
        running = run_on(running, leaves)
        seals.append(make_seal(seals[-1], leaves, quantity, to_microseconds(now), joined))
    made = [seal for seal in seals[1:] if seal]
    if running.hex() != head.running:
        raise LedgerBrokenError(f"the entries after {head.sealed} are not the ones that were appended")
    _store(conn, made)
    return tuple(made)


def _words_to_seal(conn: Connection, newest: Seal | None) -> str:
    """The heads of the record's chains, whose rows lead from the newest seal to them. Others may add rows
    meanwhile. Raises LedgerBrokenError."""
    heads = read_heads(conn)
    try:
        check_growth(conn, newest.joined if newest else "", heads)
    except BrokenRecordError as broken:
        raise LedgerBrokenError(str(broken)) from broken
    return sealed_words(heads)


def _store(conn: Connection, made: Sequence[Seal]) -> None:
    if made:
        conn.execute(queries.ADD_SEAL, [msgspec.structs.asdict(seal) for seal in made])
        conn.execute(queries.MARK_SEALED, {"sealed": made[-1].last_position, "running": made[-1].hash})


def last_seal(conn: Connection) -> Seal | None:
    """The newest seal, or None when nothing was sealed yet."""
    row = conn.execute(queries.NEWEST_SEAL).one_or_none()
    return _seal(row) if row else None


def seals_after(conn: Connection, number: int, limit: int) -> tuple[Seal, ...]:
    """The seals that come after this number, oldest first: to publish, or to check the chain."""
    rows = conn.execute(queries.SEALS_AFTER, {"number": number, "limit": limit})
    return tuple(_seal(row) for row in rows)


def _seal(row: Row[*tuple[Any, ...]]) -> Seal:
    return Seal(**row._mapping)


def read_rows(conn: Connection, first: int, last: int) -> list[EntryRow]:
    """The entries at these positions, both included, in order."""
    rows = ask(conn, queries.ENTRIES_BETWEEN, (first, last))
    return [EntryRow._make(row) for row in rows]


def prove(conn: Connection, position: int, visible_to: frozenset[str] | None = None) -> Proof:
    """The proof that the entry at this position is covered by a seal.

    Raises UnknownEntryError, also for an entry of a party that is not in `visible_to`, and NotSealedYetError.
    """
    rows = read_rows(conn, position, position)
    if not rows or (visible_to is not None and rows[0].party_id not in visible_to):
        raise UnknownEntryError(position)
    covering = conn.execute(queries.COVERING_SEAL, {"position": position}).one_or_none()
    if covering is None:
        raise NotSealedYetError(position)
    seal, sources = _seal(covering), source_names(conn)
    batch = read_rows(conn, seal.first_position, seal.last_position)
    path = merkle_path(leaves_of(batch, sources), position - seal.first_position)
    entry = rows[0].entry(sources)
    return Proof(entry, line_of(entry), path, seal)
