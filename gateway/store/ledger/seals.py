"""Sealing the ledger, and proving one entry to somebody who has no ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.metering.calendar import microseconds
from gateway.metering.entry import (
    LedgerBrokenError,
    LedgerEntry,
    UnknownEntryError,
    UsageError,
)
from gateway.metering.seal import (
    FIRST,
    Proof,
    Row,
    Seal,
    leaves_of,
    line_of,
    make_seal,
    merkle_path,
    run_on,
)
from gateway.store.ledger.ledger import lock_head
from gateway.store.ledger.tables import usage_entries, usage_head, usage_seals, usage_sources


@dataclass(frozen=True, slots=True)
class SealPolicy:
    """When a batch is sealed: at so many entries, or when its oldest has waited so long."""

    entries_max: int = 4096
    age_max: timedelta = timedelta(minutes=10)


class NotSealedYetError(UsageError):
    """The entry waits for the next seal; ask again later."""

    def __init__(self, position: int) -> None:
        super().__init__(f"entry {position} is not sealed yet; ask again after the next seal")


def seal_due(
    conn: Connection, now: datetime, policy: SealPolicy, joined: Mapping[str, str] | None = None
) -> tuple[Seal, ...]:
    """Seal what waits, when the policy says so; answers the new seals."""
    head = (conn.execute(select(usage_head))).one()
    waiting = head.position - head.sealed
    if not waiting:
        return ()
    oldest = usage_entries.c.recorded_at
    recorded_at = conn.scalar(select(oldest).where(usage_entries.c.position == head.sealed + 1))
    age = timedelta(microseconds=microseconds(now) - (recorded_at or 0))
    if waiting < policy.entries_max and age < policy.age_max:
        return ()
    return seal(conn, now, policy, joined)


def seal(
    conn: Connection, now: datetime, policy: SealPolicy, joined: Mapping[str, str] | None = None
) -> tuple[Seal, ...]:
    """Seal every entry that is not sealed yet, in batches; answers the new seals.

    `joined` are digests of other journals, by name, to be fixed along. Raises LedgerBrokenError when what
    waits is not what was appended: a seal never covers up a change.
    """
    head, sources = lock_head(conn), source_names(conn)
    before = last_seal(conn)
    running, seals = bytes.fromhex(before.hash if before else FIRST), [before]
    words = " ".join(f"{name}={digest}" for name, digest in sorted((joined or {}).items()))
    for first in range(head.sealed + 1, head.position + 1, policy.entries_max):
        rows = read_rows(conn, first, min(first + policy.entries_max - 1, head.position))
        leaves, quantity = leaves_of(rows, sources), sum(row[5] for row in rows)
        running = run_on(running, leaves)
        seals.append(make_seal(seals[-1], leaves, quantity, microseconds(now), words))
    made = [seal for seal in seals[1:] if seal]
    if running != head.running:
        raise LedgerBrokenError(f"the entries after {head.sealed} are not the ones that were appended")
    _store(conn, made)
    return tuple(made)


def _store(conn: Connection, made: Sequence[Seal]) -> None:
    if made:
        conn.execute(insert(usage_seals), [msgspec.structs.asdict(seal) for seal in made])
        changes = update(usage_head).values(sealed=made[-1].last_position, running=made[-1].hash)
        conn.execute(changes)


def last_seal(conn: Connection) -> Seal | None:
    """The newest seal, or None when nothing was sealed yet."""
    newest = select(usage_seals).order_by(usage_seals.c.number.desc()).limit(1)
    row = (conn.execute(newest)).one_or_none()
    return Seal(*row) if row else None


def seals_after(conn: Connection, number: int, limit: int) -> tuple[Seal, ...]:
    """The seals that come after this number, oldest first: to publish, or to walk the chain."""
    page = select(usage_seals).where(usage_seals.c.number > number).order_by(usage_seals.c.number).limit(limit)
    return tuple(Seal(*row) for row in conn.execute(page))


def source_names(conn: Connection) -> dict[int, str]:
    """The name of each source by its number."""
    return {row.number: row.source for row in conn.execute(select(usage_sources))}


def read_rows(conn: Connection, first: int, last: int) -> Sequence[Row]:
    """The entries at these positions, both included, in order, as the database holds them."""
    result = conn.execute(_rows, {"first": first, "last": last})
    rows = result.cursor.fetchall()  # plain tuples: an audit passes millions
    result.close()
    return cast("Sequence[Row]", rows)


_rows = (
    select(usage_entries)
    .where(usage_entries.c.position.between(bindparam("first"), bindparam("last")))
    .order_by(usage_entries.c.position)
)


def prove(conn: Connection, position: int) -> Proof:
    """The proof that the entry at this position is covered by a seal.

    Raises UnknownEntryError and NotSealedYetError.
    """
    rows = read_rows(conn, position, position)
    if not rows:
        raise UnknownEntryError(position)
    covering = select(usage_seals).where(usage_seals.c.last_position >= position)
    found = (conn.execute(covering.order_by(usage_seals.c.last_position).limit(1))).one_or_none()
    if found is None:
        raise NotSealedYetError(position)
    seal, sources = Seal(*found), source_names(conn)
    batch = read_rows(conn, seal.first_position, seal.last_position)
    path = merkle_path(leaves_of(batch, sources), position - seal.first_position)
    source = sources[rows[0][1]]
    return Proof(LedgerEntry(position, source, *rows[0][2:]), line_of(rows[0], source), path, seal)
