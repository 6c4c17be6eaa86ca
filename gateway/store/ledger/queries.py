"""The queries of the meter, by name.

Those of an append are text for the driver; the others are SQLAlchemy's, with parameters named after their columns.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    case,
    collate,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from gateway.messages.lifecycle import Disposition
from gateway.metering.calendar import year_bounds
from gateway.metering.entry import MESSAGE_KINDS
from gateway.metering.seal import EntryRow
from gateway.metering.statement import EntrySelection
from gateway.store.ledger.tables import usage_entries, usage_head, usage_rollups, usage_seals, usage_sources
from gateway.store.messages.tables import messages
from gateway.store.sql import insert_into, marks

_entry, _rollup, _seal = usage_entries.c, usage_rollups.c, usage_seals.c

_ENTRIES_A_PAGE = 5_000

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
LOCK_HEAD = {"postgresql": f"{_READ_HEAD} FOR UPDATE", "sqlite": _READ_HEAD}
"""Waits until no other transaction appends, and answers the head. On SQLite a transaction that writes has the
whole database from its beginning."""
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


def page(selection: EntrySelection, up_to: int, after: EntryRow | None) -> Select[Any]:
    """A page of the selected entries, in order, after the last of the page before.

    There is one lower bound for the position, never two: SQLite would seek to one of them and walk from there to
    the page, and the last page of an export would cost as much as all before it.
    """
    begin = after.position if after and selection.party_id is None else selection.after
    wanted = select(usage_entries).where(_entry.position <= up_to, _entry.position > begin).limit(_ENTRIES_A_PAGE)
    if selection.year is not None:
        first, end = year_bounds(selection.year)
        wanted = wanted.where(_entry.at >= first, _entry.at < end)
    if selection.party_id is None:
        return wanted.order_by(_entry.position)
    if after:
        wanted = wanted.where(tuple_(_entry.at, _entry.position) > (after.at, after.position))
    return wanted.where(_entry.party_id == selection.party_id).order_by(_entry.at, _entry.position)


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
    select(usage_seals).where(_seal.last_position >= bindparam("position")).order_by(_seal.number).limit(1)
)

# Messages against the meter

_FOUND_MAX = 1_000
_message = messages.c
DISPOSITIONS = (
    select(
        _message.state,
        _message.disposition,
        _message.is_test,
        func.count().label("messages"),
        func.min(_message.kenmerk).label("first"),
    )
    .group_by(_message.state, _message.disposition, _message.is_test)
    .order_by(_message.disposition)
)


def not_metered(dialect_name: str) -> Select[str]:
    """Billable messages of which no party has an entry."""
    kenmerk, key = _collate(dialect_name, _message.kenmerk, "C"), _entry.key
    entry = exists().where(_entry.source == 1, key > kenmerk + " ", key < kenmerk + "!")
    billable = _message.disposition == Disposition.BILLABLE.value
    return select(_message.kenmerk).where(billable, ~entry).limit(_FOUND_MAX)


def not_billable(dialect_name: str) -> Select[int, str, str]:
    """Entries of messages that are not billable or not there."""
    size = func.length(_entry.key) - func.length(_entry.kind) - func.length(_entry.party_id) - 2
    kenmerk = _collate(dialect_name, func.substr(_entry.key, 1, case((size > 0, size), else_=0)), "default")
    billable = func.coalesce(_message.disposition, literal("gone")) == Disposition.BILLABLE.value
    return (
        select(_entry.position, kenmerk.label("kenmerk"), _message.disposition)
        .select_from(usage_entries.outerjoin(messages, _message.kenmerk == kenmerk))
        .where(_entry.kind.in_([kind.value for kind in MESSAGE_KINDS]), _entry.reverses.is_(None), ~billable)
        .limit(_FOUND_MAX)
    )


def _collate(dialect_name: str, text: ColumnElement[str], collation: str) -> ColumnElement[str]:
    """The text in the collation of the index that is to be used; SQLite has one for all."""
    return collate(text, collation) if dialect_name == "postgresql" else text
