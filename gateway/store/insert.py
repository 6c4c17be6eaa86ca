"""Writing many rows at once, the same way on SQLite and PostgreSQL.

A statement is written out once for each driver and given to it as text with rows of plain values:
SQLAlchemy's own work on each row would cost more than the database's.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from sqlalchemy import ClauseElement, Connection, Dialect, Table, bindparam
from sqlalchemy.dialects import postgresql, registry, sqlite
from sqlalchemy.sql.compiler import SQLCompiler

Rows = Sequence[Mapping[str, object]]
Process = Callable[[object], object]

_PARAMSTYLES: dict[str, Literal["format", "qmark"]] = {
    "psycopg": "format",
    "pysqlite": "qmark",
    "aiosqlite": "qmark",
}
"""How each driver marks the place of a value in a row given as a tuple."""


def insert_new(connection: Connection, table: Table, rows: Rows, replace: tuple[str, ...] = ()) -> None:
    """Insert the rows whose key is not there yet; of the others replace the named columns, or nothing."""
    if rows:
        _run(connection, _insert_new(table, tuple(rows[0]), replace, *_driver(connection)), rows)


def written_out(statement: ClauseElement, dialect_name: str, driver: str) -> SQLCompiler:
    """A statement in the words and place marks of a driver, for rows given as tuples."""
    dialect: Dialect = registry.load(f"{dialect_name}.{driver}")(paramstyle=_PARAMSTYLES[driver])
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("only statements that take rows can be written out")
    return compiled


class _Written:
    """A statement as text, and how a row's values are put in its order and form."""

    __slots__ = ("_plan", "text")

    def __init__(self, statement: ClauseElement, table: Table, dialect_name: str, driver: str) -> None:
        compiled = written_out(statement, dialect_name, driver)
        self.text = str(compiled)
        self._plan = [(name, _process(table, name, compiled.dialect)) for name in compiled.positiontup or ()]

    def values(self, rows: Rows) -> list[tuple[object, ...]]:
        return [
            tuple([process(row[name]) if process else row[name] for name, process in self._plan]) for row in rows
        ]


def _process(table: Table, name: str, dialect: Dialect) -> Process | None:
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect)


def _driver(connection: Connection) -> tuple[str, str]:
    return connection.dialect.name, connection.dialect.driver


def _run(connection: Connection, written: _Written, rows: Rows) -> None:
    connection.exec_driver_sql(written.text, written.values(rows))


@lru_cache
def _insert_new(
    table: Table, columns: tuple[str, ...], replace: tuple[str, ...], dialect_name: str, driver: str
) -> _Written:
    kind = postgresql.insert if dialect_name == "postgresql" else sqlite.insert
    statement = kind(table).values(_places(columns))
    if replace:
        new = {name: statement.excluded[name] for name in replace}
        statement = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new)
    else:
        statement = statement.on_conflict_do_nothing()
    return _Written(statement, table, dialect_name, driver)


def _places(columns: tuple[str, ...]) -> dict[str, object]:
    return {name: bindparam(name) for name in columns}
