"""The statements of the record, by name. A subject's table is `t`, its newest row in the record `r`."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Table

from gateway.store.record.chain import RecordRow
from gateway.store.record.tables import record
from gateway.store.sql import insert_into

_READ_HEAD = "SELECT position, link FROM record_head"
LOCK_HEAD = {"postgresql": f"{_READ_HEAD} FOR UPDATE", "sqlite": _READ_HEAD}
"""Answers the head. Until the end of the transaction nobody else adds rows; on SQLite a writer has that from its
beginning."""
HEAD = _READ_HEAD
EVERY_HEAD = "SELECT id, position, link FROM record_head ORDER BY id"
ADD_ROWS = insert_into(record, RecordRow._fields)
MOVE_HEAD = "UPDATE record_head SET position = ?, link = ?"
_NEWEST = "SELECT max(position) FROM record WHERE kind <> 'messages' AND kind = {kind} AND key = {key}"
NEWEST = _NEWEST.format(kind="?", key="?")
"""The newest row of a subject that is no message."""
ROWS_AFTER = (
    f"SELECT {', '.join(RecordRow._fields)} FROM record "  # noqa: S608 - our own names
    "WHERE position > ? ORDER BY position LIMIT ?"
)
RECORDED_AT = "SELECT at FROM record WHERE position = ?"
ROWS_BEFORE_FIRST = "SELECT position FROM record WHERE position < 1 ORDER BY position LIMIT ?"
SEALED = "SELECT number, joined FROM usage_seals ORDER BY number"
COUNT = "SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM messages)"


class SealedRow(NamedTuple):
    """An answer to SEALED."""

    number: int
    joined: str


class PositionRow(NamedTuple):
    """An answer to ROWS_BEFORE_FIRST."""

    position: int


class PartRow(NamedTuple):
    """An answer to `parts_between`: a row that belongs to a subject, by the key of that."""

    owner: object
    values: Sequence[object]

    @classmethod
    def read(cls, answer: Sequence[object]) -> "PartRow":
        """From the columns as they are asked for."""
        return cls(answer[0], answer[1:])


def key_of(table: Table) -> str:
    """The name of the one column that is the key of a table of subjects."""
    [column] = table.primary_key
    return column.name


@lru_cache(maxsize=64)
def row_of(table: Table) -> str:
    """Finds one row."""
    return f'SELECT {_columns(table)} FROM "{table.name}" t WHERE t."{key_of(table)}" = ?'  # noqa: S608 - our own names


@lru_cache(maxsize=64)
def parts_of(table: Table, owner: str) -> str:
    """Finds the rows of a table that belong to one subject, which the column `owner` names."""
    return f'SELECT {_columns(table)} FROM "{table.name}" t WHERE t."{owner}" = ?'  # noqa: S608 - our own names


@lru_cache(maxsize=64)
def subjects(table: Table, *, is_first: bool) -> str:
    """Finds so many rows in the order of their key, the first ones or those after a key; each with position, kind,
    key and digest of its newest row in the record."""
    key = f't."{key_of(table)}"'
    newest = _NEWEST.format(kind=f"'{table.name}'", key=f"CAST({key} AS TEXT)")
    position = "t.recorded" if "recorded" in table.columns else f"({newest})"
    return (
        f"SELECT {_columns(table)}, r.position, r.kind, r.key, r.digest "  # noqa: S608 - our own names
        f'FROM "{table.name}" t LEFT JOIN record r ON r.position = {position} '
        f"{'' if is_first else f'WHERE {key} > ?'} ORDER BY {key} LIMIT ?"
    )


@lru_cache(maxsize=64)
def parts_between(table: Table, owner: str, *, is_first: bool, is_last: bool) -> str:
    """Finds the rows that belong to subjects after a key (the first time: all) and up to another (the last time:
    all)."""
    bounds = [f't."{owner}" > ?'] * (not is_first) + [f't."{owner}" <= ?'] * (not is_last)
    where = f"WHERE {' AND '.join(bounds)}" if bounds else ""
    order = ", ".join([f't."{owner}"', *(f't."{column.name}"' for column in table.primary_key)])
    return f'SELECT t."{owner}", {_columns(table)} FROM "{table.name}" t {where} ORDER BY {order}'  # noqa: S608 - our own names


def _columns(table: Table) -> str:
    return ", ".join(f't."{column.name}"' for column in table.columns)
