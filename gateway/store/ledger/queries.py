"""The queries of the meter, by name.

Those of an append are text for the driver, compiled once for each: SQLAlchemy's own work on a statement and its
rows would cost more than the database's. The others are SQLAlchemy's, with parameters named after their columns.
"""

from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Insert, bindparam, case, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.ledger.tables import usage_entries, usage_head, usage_rollups, usage_seals, usage_sources
from gateway.store.sql import written_out

_entry, _rollup, _seal = usage_entries.c, usage_rollups.c, usage_seals.c

# Appending

CONTENT = ("party_id", "kind", "quantity", "at", "reverses", "reason", "author")
"""The columns in which a repeated entry must be the same."""

_HEAD = "SELECT position, running, sealed FROM usage_head"
_LOCK_HEAD = {
    "postgresql": f"{_HEAD} FOR UPDATE",
    "sqlite": "UPDATE usage_head SET position = position RETURNING position, running, sealed",
}


class AppendStatements(NamedTuple):
    """What an append sends to the driver."""

    lock_head: str
    """Waits until no other transaction appends; answers the head."""
    lock_head_in_writer: str
    """The same in a writer's transaction, which on SQLite has the lock from its beginning."""
    find_own: str
    """Finds entries of the gateway itself; `{}` is where the placeholders of the keys come."""
    add_entry: str
    add_rollup: str
    move_head: str
    add_one: str
    """Entry, rollup and head of one entry in one statement, where a statement is a round trip; else empty."""
    placeholder: str


@lru_cache
def append_statements(dialect_name: str, driver: str) -> AppendStatements:
    """The statements of an append for this driver."""
    placeholder = "%s" if driver == "psycopg" else "?"
    names = ", ".join(f'"{name}"' for name in ("key", *CONTENT))
    add_entry = str(written_out(insert(usage_entries), dialect_name, driver))
    add_rollup = str(written_out(_add_rollup(dialect_name), dialect_name, driver))
    move_head = f"UPDATE usage_head SET position = {placeholder}, running = {placeholder}"  # noqa: S608 - our own names
    in_one = f"WITH entry AS ({add_entry}), rollup AS ({add_rollup}) {move_head}"
    is_postgresql = dialect_name == "postgresql"
    return AppendStatements(
        lock_head=_LOCK_HEAD[dialect_name],
        lock_head_in_writer=_LOCK_HEAD[dialect_name] if is_postgresql else _HEAD,
        find_own=f"SELECT {names} FROM usage_entries WHERE source = 1 AND key IN ({{}})",  # noqa: S608 - our own names
        add_entry=add_entry,
        add_rollup=add_rollup,
        move_head=move_head,
        add_one=in_one if is_postgresql else "",
        placeholder=placeholder,
    )


def _add_rollup(dialect_name: str) -> Insert:
    statement: postgresql.Insert | sqlite.Insert
    statement = (postgresql if dialect_name == "postgresql" else sqlite).insert(usage_rollups)
    sums = {name: _rollup[name] + statement.excluded[name] for name in ("quantity", "entries", "late")}
    return statement.on_conflict_do_update(index_elements=list(usage_rollups.primary_key), set_=sums)


REPEATS = select(_entry.key, *(_entry[name] for name in CONTENT)).where(
    _entry.source == bindparam("source"), _entry.key.in_(bindparam("keys", expanding=True))
)
SOURCES = select(usage_sources)

# Entries

ENTRY = select(usage_entries).where(_entry.position == bindparam("position"))
ENTRIES_BETWEEN = (
    select(usage_entries)
    .where(_entry.position.between(bindparam("first"), bindparam("last")))
    .order_by(_entry.position)
)
ENTRIES_AT = select(usage_entries).where(_entry.position.in_(bindparam("positions", expanding=True)))
ENTRY_COUNT = select(func.count()).select_from(usage_entries)
LAST_RECORDED_BEFORE = (
    select(_entry.position).where(_entry.recorded_at < bindparam("end")).order_by(_entry.position.desc()).limit(1)
)
RECORDED_AT = select(_entry.recorded_at).where(_entry.position == bindparam("position"))
POSITIONS_OUTSIDE = select(_entry.position).where((_entry.position < 1) | (_entry.position > bindparam("last")))
HEAD = select(usage_head)

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

NEWEST_SEAL = select(usage_seals).order_by(_seal.number.desc()).limit(1)
SEALS_AFTER = (
    select(usage_seals).where(_seal.number > bindparam("number")).order_by(_seal.number).limit(bindparam("limit"))
)
COVERING_SEAL = (
    select(usage_seals).where(_seal.last_position >= bindparam("position")).order_by(_seal.last_position).limit(1)
)
