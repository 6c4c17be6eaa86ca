"""Adding to the record, in the transaction that changes what it is about."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import cast

from sqlalchemy import Boolean, Connection, Table

from gateway.clock import to_microseconds
from gateway.store.messages.tables import parties, party_identifiers
from gateway.store.record import queries
from gateway.store.record.chain import GONE, RecordHead, RecordRow, SubjectDigest, digest_of
from gateway.store.record.chain import rows_after as chained
from gateway.store.sql import Change, Question, Rows, ask, write_together

_ROWS_A_PAGE = 8_192
PARTS: dict[str, tuple[Table, ...]] = {parties.name: (party_identifiers,)}
"""Tables whose rows belong to subjects of another table; both have the subject's key under the same name."""


class RecordGoneError(Exception):
    """The record has no head: somebody removed it. Nothing is recorded without."""


def ask_head(conn: Connection) -> Question:
    """Asks for the head, and keeps others from adding rows until the end of the transaction."""
    return Question(queries.LOCK_HEAD[conn.dialect.name])


def head_from(rows: Rows) -> RecordHead:
    """The head, as it was answered. Raises RecordGoneError."""
    if len(rows) != 1:
        raise RecordGoneError("the record's head is gone, or there is another")
    return RecordHead._make(rows[0])


def lock_head(conn: Connection) -> RecordHead:
    """The head, locked."""
    return head_from(ask(conn, *ask_head(conn)))


def read_head(conn: Connection) -> RecordHead:
    """The head as it is now."""
    return head_from(ask(conn, queries.HEAD))


def rows_after(conn: Connection, position: int) -> Iterator[list[RecordRow]]:
    """The rows after a position, page by page."""
    while rows := ask(conn, queries.ROWS_AFTER, (position, _ROWS_A_PAGE)):
        page = [RecordRow._make(row) for row in rows]
        yield page
        position = page[-1].position


def recorded_at(conn: Connection, position: int) -> int | None:
    """When the row at this position was added; None where there is none."""
    rows = ask(conn, queries.RECORDED_AT, (position,))
    return cast("int", rows[0][0]) if rows else None


def changes(rows: Sequence[RecordRow]) -> list[Change]:
    """What is to be written for rows that come after the head."""
    if not rows:
        return []
    head = (rows[-1].position, rows[-1].link)
    return [Change(queries.ADD_ROWS, [tuple(row) for row in rows]), Change(queries.MOVE_HEAD, [head])]


def record_changes(conn: Connection, table: Table, keys: Iterable[object], at: datetime) -> None:
    """Record what these rows, by their key, are after a change in this transaction. Not for messages: what they
    are follows from what is written, without reading it again."""
    head, digests, kind = lock_head(conn), [], str(table.name)
    for key in dict.fromkeys(keys):
        [(previous,)] = ask(conn, queries.NEWEST, (kind, str(key)))
        digests.append(SubjectDigest(kind, str(key), _position(previous), _digest_now(conn, table, key)))
    write_together(conn, changes(chained(head, to_microseconds(at), digests)))


def _digest_now(conn: Connection, table: Table, key: object) -> bytes:
    rows = ask(conn, queries.row_of(table), (key,))
    if not rows:
        return GONE
    parts = [
        ask(conn, queries.parts_of(part, queries.key_of(table)), (key,)) for part in PARTS.get(table.name, ())
    ]
    return row_digest(table, rows[0], parts)


def row_digest(table: Table, row: Sequence[object], parts: Sequence[Iterable[Sequence[object]]] = ()) -> bytes:
    """The digest of a row as the driver reads it, and of the rows that belong to it."""
    return digest_of([plain(table, row), *(sorted(map(list, rows), key=repr) for rows in parts)])


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


def _position(value: object) -> int:
    return value if isinstance(value, int) else 0
