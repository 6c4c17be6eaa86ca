"""A change of any row of the record, or of anything that it is about, is found: every table, every column."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    text,
)

from gateway.store.messages.tables import journal, messages, parties
from gateway.store.record import audit
from gateway.store.record.audit import audit_on, audit_record
from gateway.store.record.subjects import subjects
from gateway.store.record.tables import record, record_head
from gateway.store.schema import metadata
from gateway.store.tables import UtcTime
from tests.unit.store.record.record_database import drop_guards, filled_database

NOT_RECORDED = {
    "usage_sources": "the meter's own chain",
    "usage_entries": "the meter's own chain",
    "usage_seals": "the meter's own chain",
    "usage_head": "the meter's own chain",
    "usage_rollups": "recounted from the meter's entries",
    "key_uses": "when keys were used",
    "portal_sessions": "who is signed in",
    "people": "what to call who signed in",
    "mailbox": "work that waits",
    "outbox": "work that waits",
    "damage": "what was found wrong with stored bytes, until it is right again",
    "nodes": "which gateways run",
    "node_jobs": "which gateway does what by the clock",
    "compatibility": "which versions of the schema may run",
    "erasures": "work that waits",
    "forgotten_parts": "why a part is gone; the message names which",
    "delivery_pauses": "work that waits",
    "handed_out": "what a client was shown as new",
    "idempotency": "what keeps a repetition out; the message has its key",
    "claims": "what keeps a duplicate out; the message has its number",
}
Values = dict[str, object]


def covered() -> list[Table]:
    found = [record, record_head]
    for subject in subjects():
        found += [subject.table, *subject.parts]
    return found


def test_every_table_is_recorded_or_is_not_for_a_reason() -> None:
    names = [table.name for table in covered()]
    assert len(names) == len(set(names))
    assert set(names) | NOT_RECORDED.keys() == set(metadata.tables)


def first_rows(conn: Connection, table: Table) -> list[Values]:
    """Two rows; of the record the last but one, so that rows follow that are about something else."""
    order = ", ".join(f'"{column.name}"' for column in table.primary_key)
    rows = conn.execute(text(f'SELECT * FROM "{table.name}" ORDER BY {order} LIMIT 2'))
    return [dict(row._mapping) for row in rows]


def other(column: Column[object], value: object) -> object:
    """Another value that the column can hold."""
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, BigInteger | Integer | UtcTime) or "INTEGER" in str(column.type):
        return (value if isinstance(value, int) else 0) + 7_000
    if isinstance(column.type, LargeBinary):
        return (value if isinstance(value, bytes) else b"") + b"x"
    return (value if isinstance(value, str) else "") + "x"


def where(table: Table, row: Values) -> tuple[str, Values]:
    keys = [column.name for column in table.primary_key]
    return " AND ".join(f'"{key}" = :k_{key}' for key in keys), {f"k_{key}": row[key] for key in keys}


def alter(conn: Connection, table: Table, row: Values, name: str, value: object) -> None:
    condition, keys = where(table, row)
    conn.execute(text(f'UPDATE "{table.name}" SET "{name}" = :value WHERE {condition}'), {"value": value, **keys})


def remove(conn: Connection, table: Table, row: Values) -> None:
    condition, keys = where(table, row)
    conn.execute(text(f'DELETE FROM "{table.name}" WHERE {condition}'), keys)


def insert_like(conn: Connection, table: Table, row: Values) -> None:
    """A row like this one, with other keys."""
    unique = {column.name for column in table.primary_key}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            unique |= {column.name for column in constraint.columns}
    unique |= {column.name for column in table.columns if column.unique}
    if "kenmerk" in unique and len(table.primary_key) > 1:
        unique.remove("kenmerk")  # one more row of the same message
    new = {name: other(table.columns[name], value) if name in unique else value for name, value in row.items()}
    names, values = ", ".join(f'"{name}"' for name in new), ", ".join(f":{name}" for name in new)
    conn.execute(text(f'INSERT INTO "{table.name}" ({names}) VALUES ({values})'), new)


def swap(conn: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Give two rows each other's content."""
    names = [name for name in rows[0] if name not in {column.name for column in table.primary_key}]
    names = names or [list(table.primary_key)[-1].name]
    for row in rows:
        remove(conn, table, row)
    first, second = ({**one, **{name: another[name] for name in names}} for one, another in (rows, rows[::-1]))
    for new in (first, second):
        columns, values = ", ".join(f'"{name}"' for name in new), ", ".join(f":{name}" for name in new)
        conn.execute(text(f'INSERT INTO "{table.name}" ({columns}) VALUES ({values})'), new)


def tamperings(conn: Connection) -> Iterator[tuple[str, Table, Values]]:
    """Tamper in every way, one at a time; each is undone afterwards. Yields what was done, and the row."""
    for table in covered():
        rows = first_rows(conn, table)
        assert rows, table.name
        for column in table.columns:
            if column.name == "node_id":  # which gateway works on a message
                continue
            alter(conn, table, rows[0], column.name, other(column, rows[0][column.name]))
            yield f"{table.name}.{column.name} altered", table, rows[0]
        remove(conn, table, rows[0])
        yield f"{table.name}: row removed", table, rows[0]
        insert_like(conn, table, rows[0])
        yield f"{table.name}: row inserted", table, rows[0]
        if len(rows) == 2:
            swap(conn, table, rows)
            yield f"{table.name}: rows swapped", table, rows[0]


def is_named(table: Table, row: Values, subject: str) -> bool:
    """Whether these words say which row it is: the message of a step, the party of an identifier."""
    if table is record_head:
        return subject.startswith(("head", "row"))
    owners = [row[name] for name in ("kenmerk", "party_id") if name in table.columns]
    return any(str(key) in subject for key in [*owners, row[next(iter(table.primary_key)).name]])


async def test_every_tampering_is_found(database_url: str, tmp_path: Path) -> None:
    async with filled_database(database_url, tmp_path) as engines:
        assert audit_record(engines.url).findings == ()
        unseen, seen = [], 0
        with engines.write.begin() as conn:
            drop_guards(conn)
            conn.execute(text("SAVEPOINT sound"))
            for what in tamperings(conn):
                if audit_on(conn).findings:
                    seen += 1
                else:
                    unseen.append(what)
                conn.execute(text("ROLLBACK TO SAVEPOINT sound"))
            conn.rollback()
        assert unseen == []
        assert seen > 150


async def test_small_pages_find_what_one_finds(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with filled_database(database_url, tmp_path) as engines:
        with engines.write.begin() as conn:
            drop_guards(conn)
            for table in (messages, journal, record, parties):
                [row, *_] = first_rows(conn, table)
                column = next(one for one in table.columns if not one.primary_key)
                alter(conn, table, row, column.name, other(column, row[column.name]))
        whole = audit_record(engines.url)
        monkeypatch.setattr(audit, "_CHANGES_A_REPORT", 2)
        monkeypatch.setattr(audit, "_SUBJECTS_A_PAGE", 1)
        done = list[tuple[int, int]]()
        in_pages = audit_record(engines.url, lambda *progress: done.append(progress))
        assert {one.check for one in whole.findings} >= {"record", "message", "party"}
        assert in_pages == whole
        assert max(done) == (in_pages.changes + in_pages.messages,) * 2
