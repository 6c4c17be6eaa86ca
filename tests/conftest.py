"""Fixtures that every test may ask for, and the order of the tests."""

import pytest

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

_WAITING = ("tests/flows/", "tests/faults/")
"""Tests that run whole gateways wait more than they compute."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits comes first: one process waits while the others compute, and none waits alone at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(_WAITING))
