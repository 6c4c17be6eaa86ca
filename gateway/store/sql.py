"""SQL as text for the driver, and several statements in one round trip, on SQLite and PostgreSQL.

What runs for every message is written out once and given to the driver with plain values (text, whole numbers,
bytes, booleans, None): SQLAlchemy's work on a statement object and its rows costs more than the database's.
A parameter is marked `?`, and a `?` marks nothing else.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import NamedTuple, cast

from sqlalchemy import Connection, Table
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, DBAPIModule
from sqlalchemy.exc import DBAPIError

Values = Sequence[object]
Rows = list[tuple[object, ...]]
"""What a query found."""


class Question(NamedTuple):
    """A query, and its values."""

    sql: str
    values: Values = ()


class Change(NamedTuple):
    """A statement, and the rows to run it for."""

    sql: str
    rows: Sequence[Values]


# Statements

PROBE = "SELECT 1"
"""Whether the database answers."""


@lru_cache
def insert_into(table: Table, columns: tuple[str, ...]) -> str:
    """Inserts a row; one with the same key is an error."""
    return f'INSERT INTO "{table.name}" ({_names(columns)}) VALUES {marks(len(columns))}'  # noqa: S608 - our own names


def insert_or_replace(table: Table, columns: tuple[str, ...], replace: tuple[str, ...] = ()) -> str:
    """Inserts a row; of one with the same key the columns in `replace` are replaced, or nothing is done."""
    insert = insert_into(table, columns)
    if not replace:
        return f"{insert} ON CONFLICT DO NOTHING"
    keys = _names([column.name for column in table.primary_key])
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in replace)
    return f"{insert} ON CONFLICT ({keys}) DO UPDATE SET {changes}"


def update_where(table: Table, columns: tuple[str, ...], keys: tuple[str, ...]) -> str:
    """Changes these columns of the rows where the keys, whose values come last, are equal."""
    changes = ", ".join(f'"{name}" = ?' for name in columns)
    return f'UPDATE "{table.name}" SET {changes} WHERE {_equal(keys)}'  # noqa: S608 - our own names


def delete_from(table: Table, keys: tuple[str, ...]) -> str:
    """Removes the rows where the keys are equal."""
    return f'DELETE FROM "{table.name}" WHERE {_equal(keys)}'  # noqa: S608 - our own names


def marks(number: int) -> str:
    """Parameters for so many values, in brackets."""
    return f"({', '.join('?' * number)})"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _equal(keys: Sequence[str]) -> str:
    return " AND ".join(f'"{name}" = ?' for name in keys)


# Running them


def ask(conn: Connection, sql: str, values: Values = ()) -> Rows:
    """The rows that one statement answers. Raises SQLAlchemy's DBAPIError."""
    return ask_together(conn, [Question(sql, values)])[0]


def ask_together(conn: Connection, questions: Sequence[Question]) -> list[Rows]:
    """Send queries at once, each with its values; the rows of each, in order.

    PostgreSQL answers them in turn, each seeing what the one before did (psycopg's pipeline); SQLite has no round
    trips to save. Raises SQLAlchemy's DBAPIError.
    """
    driver = _driver(conn)
    cursors: list[DBAPICursor] = []
    try:
        with _pipeline(conn, driver):
            for sql, values in questions:
                cursors.append(driver.cursor())
                cursors[-1].execute(_in_style(conn, sql), values)
            return [cast("Rows", cursor.fetchall()) for cursor in cursors]
    except _module(conn).Error as error:
        raise _database_error(conn, questions[0].sql, error) from error
    finally:
        for cursor in cursors:
            cursor.close()


def write_together(conn: Connection, changes: Sequence[Change]) -> list[int]:
    """Send changes at once, each with the rows to run it for; how many rows each changed.

    A change without rows is left out, and changed none. Raises SQLAlchemy's DBAPIError.
    """
    driver = _driver(conn)
    cursors: list[DBAPICursor] = []
    try:
        with _pipeline(conn, driver):
            for sql, rows in changes:
                cursors.append(driver.cursor())
                if len(rows) == 1:  # psycopg does more for executemany, also for one row
                    cursors[-1].execute(_in_style(conn, sql), rows[0])
                elif rows:
                    cursors[-1].executemany(_in_style(conn, sql), rows)
        return [cursor.rowcount if rows else 0 for cursor, (_, rows) in zip(cursors, changes, strict=True)]
    except _module(conn).Error as error:
        raise _database_error(conn, changes[0].sql, error) from error
    finally:
        for cursor in cursors:
            cursor.close()


def lock(conn: Connection, name: str) -> None:
    """Wait until no other transaction holds this lock, and hold it until the end of this one.

    On SQLite every transaction that writes has the whole database.
    """
    if _is_psycopg(conn):
        ask(conn, "SELECT pg_advisory_xact_lock(hashtext(?))", [f"meterpoort {name}"])


def _driver(conn: Connection) -> DBAPIConnection:
    if not conn.in_transaction():
        conn.begin()  # as SQLAlchemy's own execute does
    return cast("DBAPIConnection", conn.connection.dbapi_connection)


def _is_psycopg(conn: Connection) -> bool:
    return conn.dialect.driver == "psycopg"


def _module(conn: Connection) -> DBAPIModule:
    return conn.dialect.loaded_dbapi


def _pipeline(conn: Connection, driver: DBAPIConnection) -> AbstractContextManager[object]:
    can_pipeline = _is_psycopg(conn) and not conn.dialect.is_async
    pipeline: AbstractContextManager[object] = driver.pipeline() if can_pipeline else nullcontext()
    return pipeline


def _in_style(conn: Connection, sql: str) -> str:
    """The statement with its parameters marked as the driver wants."""
    return _for_psycopg(sql) if _is_psycopg(conn) else sql


@lru_cache(maxsize=1024)
def _for_psycopg(sql: str) -> str:
    return sql.replace("?", "%s")


def _database_error(conn: Connection, sql: str, error: Exception) -> BaseException:
    return DBAPIError.instance(sql, None, error, _module(conn).Error, hide_parameters=True, dialect=conn.dialect)
