"""Statements of the hot path as text, for rows given as tuples of plain values, on SQLite and PostgreSQL.

What runs for every message is written out once. Making a statement object, and SQLAlchemy's work on each row of
it, cost more than the database's own work. Plain values: text, whole numbers, bytes, true and false, and None.
"""

from functools import lru_cache

from sqlalchemy import Connection, Table


@lru_cache
def insertion(table: Table, columns: tuple[str, ...], place: str) -> str:
    """Inserts a row; one that is there already is an error."""
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join([place] * len(columns))
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({places})'  # noqa: S608 - our own names


@lru_cache
def new_insertion(table: Table, columns: tuple[str, ...], place: str, replace: tuple[str, ...] = ()) -> str:
    """Inserts a row whose key is not there yet; of one that is, replaces the named columns, or nothing."""
    if not replace:
        return f"{insertion(table, columns, place)} ON CONFLICT DO NOTHING"
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in replace)
    return f"{insertion(table, columns, place)} ON CONFLICT ({keys}) DO UPDATE SET {changes}"


@lru_cache(maxsize=1024)
def claiming(table: Table, columns: tuple[str, ...], number: int, place: str) -> str:
    """Inserts those of so many rows whose key is not there yet, and answers them."""
    names = ", ".join(f'"{name}"' for name in columns)
    row = f"({', '.join([place] * len(columns))})"
    rows = ", ".join([row] * number)
    return f'INSERT INTO "{table.name}" ({names}) VALUES {rows} ON CONFLICT DO NOTHING RETURNING {names}'  # noqa: S608 - our own names


@lru_cache
def change_of(table: Table, columns: tuple[str, ...], key: str, condition: str, place: str) -> str:
    """Changes these columns of the row that has a key (the last value), where it still meets the condition."""
    changes = ", ".join(f'"{name}" = {place}' for name in columns)
    return f'UPDATE "{table.name}" SET {changes} WHERE "{key}" = {place} AND {condition}'  # noqa: S608 - our own names


@lru_cache(maxsize=1024)
def lookup(table: Table, columns: tuple[str, ...], key: str, number: int, place: str) -> str:
    """Finds so many keys."""
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join([place] * number)
    return f'SELECT {names} FROM "{table.name}" WHERE "{key}" IN ({places})'  # noqa: S608 - our own names


def place_of(connection: Connection) -> str:
    """How the driver marks the place of a value."""
    return "%s" if connection.dialect.driver == "psycopg" else "?"
