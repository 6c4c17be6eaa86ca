"""SQL as text for the driver, and several statements in one round trip, on SQLite and PostgreSQL.

What runs for every message is written out once and given to the driver with plain values (text, whole numbers,
bytes, booleans, None): SQLAlchemy's work on a statement object and its rows costs more than the database's.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Literal, Protocol, cast

from sqlalchemy import ClauseElement, Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, registry, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Values = Sequence[object]
Question = tuple[str, Values]
"""A query, and its values."""
Rows = list[tuple[object, ...]]
"""What a query found."""
Change = tuple[str, Sequence[Values]]
"""A statement, and the rows to run it for."""

_PARAMSTYLES: dict[str, Literal["format", "qmark"]] = {
    "psycopg": "format",
    "pysqlite": "qmark",
    "aiosqlite": "qmark",
}


# Statements


def placeholder(connection: Connection) -> str:
    """How the driver marks a parameter."""
    return "%s" if connection.dialect.driver == "psycopg" else "?"


@lru_cache
def insert_into(table: Table, columns: tuple[str, ...], placeholder: str) -> str:
    """Inserts a row; one with the same key is an error."""
    placeholders = ", ".join([placeholder] * len(columns))
    return f'INSERT INTO "{table.name}" ({_names(columns)}) VALUES ({placeholders})'  # noqa: S608 - our own names


@lru_cache
def insert_or_replace(
    table: Table, columns: tuple[str, ...], placeholder: str, replace: tuple[str, ...] = ()
) -> str:
    """Inserts a row; of one with the same key the columns in `replace` are replaced, or nothing is done."""
    insert = insert_into(table, columns, placeholder)
    if not replace:
        return f"{insert} ON CONFLICT DO NOTHING"
    keys = _names([column.name for column in table.primary_key])
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in replace)
    return f"{insert} ON CONFLICT ({keys}) DO UPDATE SET {changes}"


@lru_cache
def update_where(table: Table, columns: tuple[str, ...], keys: tuple[str, ...], placeholder: str) -> str:
    """Changes these columns of the rows where the keys, whose values come last, are equal."""
    changes = ", ".join(f'"{name}" = {placeholder}' for name in columns)
    conditions = " AND ".join(f'"{name}" = {placeholder}' for name in keys)
    return f'UPDATE "{table.name}" SET {changes} WHERE {conditions}'  # noqa: S608 - our own names


def written_out(statement: ClauseElement, dialect_name: str, driver: str) -> SQLCompiler:
    """A statement in the text and parameter style of a driver, for rows given as tuples."""
    dialect: Dialect = registry.load(f"{dialect_name}.{driver}")(paramstyle=_PARAMSTYLES[driver])
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("only statements that take rows can be written out")
    return compiled


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


# Running them


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], replace: tuple[str, ...] = ()
) -> None:
    """Insert the rows whose key is not there yet; of the others replace the columns in `replace`, or nothing."""
    if not rows:
        return
    insert = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    if replace:
        new = {name: insert.excluded[name] for name in replace}
        statement = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=new)
    else:
        statement = insert.on_conflict_do_nothing()
    connection.execute(statement, list(rows))


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
