"""Fixtures that every test may ask for."""

from tests.postgres import (
    database_url,
    empty_database_url,
    empty_postgres_url,
    postgres_server,
    postgres_url,
    sqlite_with_schema,
)

__all__ = [
    "database_url",
    "empty_database_url",
    "empty_postgres_url",
    "postgres_server",
    "postgres_url",
    "sqlite_with_schema",
]
