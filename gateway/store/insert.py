"""Inserting many rows at once, the same way on SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[Mapping[str, object]]


def insert_all(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert every row; one that is there already is an error."""
    if rows:
        connection.execute(insert(table), rows)


def insert_new(connection: Connection, table: Table, rows: Rows, replace: tuple[str, ...] = ()) -> None:
    """Insert the rows whose key is not there yet; of the others replace the named columns, or nothing."""
    if not rows:
        return
    kind = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = kind(table)
    if replace:
        new = {name: statement.excluded[name] for name in replace}
        connection.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new), rows)
    else:
        connection.execute(statement.on_conflict_do_nothing(), rows)
