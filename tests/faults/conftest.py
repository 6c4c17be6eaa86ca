"""The gateway of `tests.flows`, on SQLite and on PostgreSQL."""

from tests.flows.conftest import house

__all__ = ["house"]
