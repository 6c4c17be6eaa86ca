"""The statements of the record, by name. A subject's table is `t`."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Table

from gateway.store.record.chain import CHAINS, RecordRow
from gateway.store.record.tables import record
from gateway.store.sql import insert_into

_READ_HEAD = "SELECT position, link FROM record_head"
TAKE_HEAD = {
    "sqlite": f"{_READ_HEAD} WHERE chain = 0",
    "postgresql": f"WITH free AS MATERIALIZED ({_READ_HEAD} ORDER BY chain LIMIT 1 FOR UPDATE SKIP LOCKED), "  # noqa: S608
    f"own AS (SELECT mod(pg_backend_pid(), {CHAINS}) AS chain WHERE NOT EXISTS (SELECT FROM free)), "
    f"waited AS ({_READ_HEAD} WHERE chain = (SELECT chain FROM own) FOR UPDATE) "
    "SELECT position, link FROM free UNION ALL SELECT position, link FROM waited",
}
"""Answers the head of a chain to which nobody else adds rows until the end of the transaction: of the first that
is free; only where none is free it waits. On SQLite a writer has the whole database from its beginning."""
HEADS = f"{_READ_HEAD} ORDER BY chain"
EVERY_HEAD = "SELECT chain, position, link FROM record_head ORDER BY chain"
ADD_ROW = insert_into(record, RecordRow._fields)
MOVE_HEAD = "UPDATE record_head SET position = ?, link = ? WHERE chain = ?"
ADD_AND_MOVE = f"WITH added AS ({ADD_ROW}) {MOVE_HEAD}"
"""Both, on PostgreSQL, where a statement costs more."""
_ROWS = f"SELECT {', '.join(RecordRow._fields)} FROM record WHERE "  # noqa: S608 - our own names
ROWS_BETWEEN = f"{_ROWS} position > ? AND position <= ? ORDER BY position LIMIT ?"
"""Rows after a position, up to and including another."""
ROW_UP_TO = f"{_ROWS} position <= ? AND position >= ? ORDER BY position DESC LIMIT 1"
"""The last row up to a position, not before another."""
ROW_FROM = f"{_ROWS} position >= ? ORDER BY position LIMIT 1"
"""The first row from a position on."""
ROWS_ELSEWHERE = "SELECT position FROM record WHERE position < 1 OR position >= ? ORDER BY position LIMIT ?"
COUNT_MESSAGES = "SELECT count(*) FROM messages"
SEALED = "SELECT number, joined FROM usage_seals ORDER BY number"


class SealedRow(NamedTuple):
    """An answer to SEALED."""

    number: int
    joined: str


class PositionRow(NamedTuple):
    """An answer to ROWS_ELSEWHERE."""

    position: int


class PartRow(NamedTuple):
    """An answer to `parts_between`: the key of the subject, and the row that belongs to it."""

    owner: object
    values: Sequence[object]

    @classmethod
    def read(cls, answer: Sequence[object]) -> "PartRow":
        """From the columns as they are asked for."""
        return cls(answer[0], answer[1:])


class HeadRow(NamedTuple):
    """An answer to EVERY_HEAD."""

    chain: int
    position: int
    link: bytes


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
def mark_recorded(table: Table) -> str:
    """Notes in a row at which position it was recorded."""
    return f'UPDATE "{table.name}" SET recorded = ? WHERE "{key_of(table)}" = ?'  # noqa: S608 - our own names


@lru_cache(maxsize=64)
def subjects_after(table: Table, *, is_first: bool) -> str:
    """Finds so many rows in the order of their key: after a key, or the first."""
    key = key_of(table)
    within = _within(key, "" if is_first else ">")
    return f'SELECT {_columns(table)} FROM "{table.name}" t {within} ORDER BY t."{key}" LIMIT ?'  # noqa: S608


@lru_cache(maxsize=256)
def parts_between(table: Table, owner: str, bounds: str) -> str:
    """Finds the rows that belong to subjects, with their subject's key first; for the bounds see `_within`."""
    order = ", ".join([f't."{owner}"', *(f't."{column.name}"' for column in table.primary_key)])
    return f'SELECT t."{owner}", {_columns(table)} FROM "{table.name}" t {_within(owner, bounds)} ORDER BY {order}'  # noqa: S608


def _within(column: str, bounds: str) -> str:
    """`>`: only after a key; `<`: only up to and including a key; both: in this order."""
    terms = [f't."{column}" {"> ?" if bound == ">" else "<= ?"}' for bound in bounds]
    return f"WHERE {' AND '.join(terms)}" if terms else ""


def _columns(table: Table) -> str:
    return ", ".join(f't."{column.name}"' for column in table.columns)
