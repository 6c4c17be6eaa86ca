"""The queries of the meter, by name.

Those of an append are text for the driver; the others are SQLAlchemy's, with parameters named after their columns.
"""

from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, insert, select, update

from gateway.metering.seal import EntryRow
from gateway.store.ledger.tables import usage_entries, usage_head, usage_rollups, usage_seals, usage_sources
from gateway.store.sql import insert_into, marks

_entry, _rollup, _seal = usage_entries.c, usage_rollups.c, usage_seals.c

# Appending


class EntryContent(NamedTuple):
    """What a repeated entry must say again."""

    key: str
    party_id: str
    kind: str
    quantity: int
    at: int
    reverses: int | None
    reason: str | None
    author: str | None


class Head(NamedTuple):
    """Where the ledger ends, and how much of it is sealed."""

    position: int
    running: str
    """The running digest, in hexadecimal."""
    sealed: int


class RollupRow(NamedTuple):
    """A row of `usage_rollups`."""

    party_id: str
    year: int
    kind: str
    day: str
    quantity: int
    entries: int
    late: int


_READ_HEAD = "SELECT position, running, sealed FROM usage_head"
LOCK_HEAD = {
    "postgresql": f"{_READ_HEAD} FOR UPDATE",
    "sqlite": "UPDATE usage_head SET position = position RETURNING position, running, sealed",
}
"""Waits until no other transaction appends; answers the head."""
LOCK_HEAD_IN_WRITER = LOCK_HEAD | {"sqlite": _READ_HEAD}
"""The same in a writer's transaction, which on SQLite has the lock from its beginning."""
ADD_ENTRY = insert_into(usage_entries, EntryRow._fields)
ADD_ROLLUP = (
    f"{insert_into(usage_rollups, RollupRow._fields)} ON CONFLICT (party_id, year, kind, day) DO UPDATE "
    "SET quantity = usage_rollups.quantity + excluded.quantity, "
    "entries = usage_rollups.entries + excluded.entries, late = usage_rollups.late + excluded.late"
)
MOVE_HEAD = "UPDATE usage_head SET position = ?, running = ?"
ADD_ONE = f"WITH entry AS ({ADD_ENTRY}), rollup AS ({ADD_ROLLUP}) {MOVE_HEAD}"
"""Entry, rollup and head of one entry, on PostgreSQL, where a statement is a round trip."""


@lru_cache(maxsize=1024)
def find_recorded(number: int) -> str:
    """Finds what so many entries say; the values are their source and their keys."""
    names = ", ".join(f'"{name}"' for name in EntryContent._fields)
    return f"SELECT {names} FROM usage_entries WHERE source = ? AND key IN {marks(number)}"  # noqa: S608 - our own names


ADD_SOURCE = insert(usage_sources)
SOURCES = select(usage_sources)

# Entries

ENTRY = select(usage_entries).where(_entry.position == bindparam("position"))
ENTRIES_BETWEEN = (
    f"SELECT {', '.join(EntryRow._fields)} FROM usage_entries "  # noqa: S608 - our own names
    "WHERE position BETWEEN ? AND ? ORDER BY position"
)
ENTRIES_AT = select(usage_entries).where(_entry.position.in_(bindparam("positions", expanding=True)))
ENTRY_COUNT = select(func.count()).select_from(usage_entries)
LAST_RECORDED_BEFORE = (
    select(_entry.position).where(_entry.recorded_at < bindparam("end")).order_by(_entry.position.desc()).limit(1)
)
RECORDED_AT = select(_entry.recorded_at).where(_entry.position == bindparam("position"))
POSITIONS_OUTSIDE = select(_entry.position).where((_entry.position < 1) | (_entry.position > bindparam("last")))
HEAD = select(usage_head)
HEAD_POSITION = select(usage_head.c.position)

# Statement lines

_month = func.substr(_rollup.day, 1, 7).label("month")
STATEMENT_LINES = (
    select(
        _rollup.party_id,
        _rollup.year,
        _month,
        _rollup.kind,
        func.sum(_rollup.quantity).label("quantity"),
        func.sum(_rollup.entries).label("entries"),
        func.sum(_rollup.late).label("late"),
    )
    .group_by(_rollup.party_id, _rollup.year, "month", _rollup.kind)
    .order_by(_rollup.party_id, _rollup.year, "month", _rollup.kind)
)
STATEMENT_LINES_OF_YEAR = STATEMENT_LINES.where(_rollup.year == bindparam("year"))
STATEMENT_LINES_OF_PARTY = STATEMENT_LINES_OF_YEAR.where(_rollup.party_id == bindparam("party_id"))
MONTH_LINES = (
    select(
        _entry.party_id,
        bindparam("year").label("year"),
        bindparam("month").label("month"),
        _entry.kind,
        func.sum(_entry.quantity).label("quantity"),
        func.count().label("entries"),
        func.sum(case((_entry.recorded_at >= bindparam("end"), _entry.quantity), else_=0)).label("late"),
    )
    .where(_entry.position <= bindparam("up_to"), _entry.at >= bindparam("begin"), _entry.at < bindparam("end"))
    .group_by(_entry.party_id, _entry.kind)
    .order_by(_entry.party_id, _entry.kind)
)
"""The lines of one month from the entries themselves, as they were when the entry at `up_to` was the last."""
ROLLUPS = select(usage_rollups)

# Seals

ADD_SEAL = insert(usage_seals)
MARK_SEALED = update(usage_head).values(sealed=bindparam("sealed"), running=bindparam("running"))
NEWEST_SEAL = select(usage_seals).order_by(_seal.number.desc()).limit(1)
SEALS_AFTER = (
    select(usage_seals).where(_seal.number > bindparam("number")).order_by(_seal.number).limit(bindparam("limit"))
)
COVERING_SEAL = (
    select(usage_seals).where(_seal.last_position >= bindparam("position")).order_by(_seal.last_position).limit(1)
)
