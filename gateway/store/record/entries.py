"""Adding to the record, in the transaction that changes what it is about.

A transaction takes the head of a chain before it locks anything else that one with a head may wait for; so nobody
who holds a head waits for somebody who waits for one. `gateway/store/writer.py` has the order of the other locks.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Boolean, Connection, Table

from gateway.clock import to_microseconds
from gateway.store.messages.tables import parties, party_identifiers
from gateway.store.record import queries
from gateway.store.record.chain import RecordHead, SubjectChange, chain_of, digest_of, row_after
from gateway.store.sql import Change, Question, Rows, ask, write_together

PARTS: dict[str, tuple[Table, ...]] = {parties.name: (party_identifiers,)}
"""Tables whose rows belong to subjects of another table; both have the subject's key under the same name."""


class RecordGoneError(Exception):
    """The record has no heads: somebody removed them. Nothing is recorded without."""


def ask_head(conn: Connection) -> Question:
    """Asks for the head of a chain, and keeps others from adding to it until the end of the transaction."""
    return Question(queries.TAKE_HEAD[conn.dialect.name])


def head_from(rows: Rows) -> RecordHead:
    """The head, as it was answered. Raises RecordGoneError."""
    if len(rows) != 1:
        raise RecordGoneError("the record's heads are gone")
    return RecordHead._make(rows[0])


def take_head(conn: Connection) -> RecordHead:
    """The head of a chain, which is this transaction's until its end."""
    return head_from(ask(conn, *ask_head(conn)))


def read_heads(conn: Connection) -> list[RecordHead]:
    """The heads of all chains as they are now."""
    return [RecordHead._make(row) for row in ask(conn, queries.HEADS)]


def add_changes(
    dialect_name: str, head: RecordHead, kind: str, at: int, subjects: Sequence[SubjectChange]
) -> list[Change]:
    """What is to be written for changes that come after the head."""
    if not subjects:
        return []
    row = row_after(head, kind, at, subjects)
    moved = (row.position, row.link, chain_of(row.position))
    if dialect_name == "postgresql":
        return [Change(queries.ADD_AND_MOVE, [(*row, *moved)])]
    return [Change(queries.ADD_ROW, [row]), Change(queries.MOVE_HEAD, [moved])]


def record_changes(conn: Connection, table: Table, keys: Iterable[object], at: datetime) -> None:
    """Record what these rows, by their key, are after a change in this transaction. Not for messages: what they
    are follows from what is written, without reading it again."""
    head, changed, marks = take_head(conn), list[SubjectChange](), list[tuple[object, ...]]()
    for position, key in enumerate(dict.fromkeys(keys), head.position + 1):
        [row] = ask(conn, queries.row_of(table), (key,))
        parts = [
            ask(conn, queries.parts_of(part, queries.key_of(table)), (key,)) for part in PARTS.get(table.name, ())
        ]
        changed.append(SubjectChange(str(key), position_in(table, row) or 0, row_digest(table, row, parts)))
        marks.append((position, key))
    noted = [Change(queries.mark_recorded(table), marks)] if "recorded" in table.columns else []
    write_together(
        conn, [*noted, *add_changes(conn.dialect.name, head, str(table.name), to_microseconds(at), changed)]
    )


def row_digest(table: Table, row: Sequence[object], parts: Sequence[Iterable[Sequence[object]]] = ()) -> bytes:
    """The digest of a row as the driver reads it, and of the rows that belong to it."""
    index = _recorded_index(table)
    values = plain(table, row)
    if index is not None:
        del values[index]
    return digest_of([values, *(sorted(map(list, rows), key=repr) for rows in parts)])


def position_in(table: Table, row: Sequence[object]) -> int | None:
    """The position of the newest change of a row that changes; None for one of a table whose rows never do."""
    index = _recorded_index(table)
    value = None if index is None else row[index]
    return value if isinstance(value, int) else None


def plain(table: Table, row: Sequence[object]) -> list[object]:
    """The values of a row, the same on SQLite, which has no booleans, and on PostgreSQL."""
    values = list(row)
    for index in _booleans(table):
        if values[index] is not None:
            values[index] = bool(values[index])
    return values


@lru_cache(maxsize=64)
def _booleans(table: Table) -> tuple[int, ...]:
    return tuple(index for index, column in enumerate(table.columns) if isinstance(column.type, Boolean))


@lru_cache(maxsize=64)
def _recorded_index(table: Table) -> int | None:
    names = table.columns.keys()
    return names.index("recorded") if "recorded" in names else None
