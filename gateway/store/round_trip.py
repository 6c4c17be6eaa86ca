"""Statements given to the driver as they are, also several in one round trip to the database."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Values = Sequence[object]
Question = tuple[str, Values]
"""A query, and its values."""
Rows = list[tuple[object, ...]]
"""What a query found."""
Change = tuple[str, Sequence[Values]]
"""A statement, and the rows to run it for."""


class _Cursor(Protocol):
    description: object
    rowcount: int

    def execute(self, sql: str, values: Values) -> object: ...
    def executemany(self, sql: str, rows: Sequence[Values]) -> object: ...
    def fetchall(self) -> Rows: ...
    def close(self) -> None: ...


class _Driver(Protocol):
    def cursor(self) -> _Cursor: ...
    def pipeline(self) -> AbstractContextManager[object]: ...


class _DriverErrors(Protocol):
    Error: type[Exception]


def ask(conn: Connection, sql: str, values: Values = ()) -> Rows:
    """The rows that one statement answers. Raises SQLAlchemy's DBAPIError."""
    return ask_together(conn, [(sql, values)])[0]


def ask_together(conn: Connection, questions: Sequence[Question]) -> list[Rows]:
    """Send queries at once, each with its values; the rows of each, in order.

    PostgreSQL answers them in turn, each seeing what the one before did (psycopg's pipeline); SQLite has no round
    trips to save. Raises SQLAlchemy's DBAPIError.
    """
    driver, errors = _driver(conn)
    cursors = []
    try:
        with _pipeline(conn, driver):
            for sql, values in questions:
                cursors.append(driver.cursor())
                cursors[-1].execute(sql, values)
            return [cursor.fetchall() for cursor in cursors]
    except errors.Error as error:
        raise DBAPIError(questions[0][0], None, error) from error
    finally:
        for cursor in cursors:
            cursor.close()


def write_together(conn: Connection, changes: Sequence[Change]) -> list[int]:
    """Send changes at once, each with the rows to run it for; how many rows each changed.

    A change without rows is left out, and changed none. Raises SQLAlchemy's DBAPIError.
    """
    driver, errors = _driver(conn)
    cursors = []
    try:
        with _pipeline(conn, driver):
            for sql, rows in changes:
                cursors.append(driver.cursor())
                if len(rows) == 1:  # psycopg does more for executemany, also for one row
                    cursors[-1].execute(sql, rows[0])
                elif rows:
                    cursors[-1].executemany(sql, rows)
        return [cursor.rowcount if rows else 0 for cursor, (_, rows) in zip(cursors, changes, strict=True)]
    except errors.Error as error:
        raise DBAPIError(changes[0][0], None, error) from error
    finally:
        for cursor in cursors:
            cursor.close()


def _driver(conn: Connection) -> tuple[_Driver, _DriverErrors]:
    if not conn.in_transaction():
        conn.begin()  # as SQLAlchemy's own execute does
    return cast("_Driver", conn.connection.driver_connection), cast("_DriverErrors", conn.dialect.loaded_dbapi)


def _pipeline(conn: Connection, driver: _Driver) -> AbstractContextManager[object]:
    return driver.pipeline() if conn.dialect.driver == "psycopg" else nullcontext()
