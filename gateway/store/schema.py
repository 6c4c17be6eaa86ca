"""Brings a database to the schema of this version, step by step, and never back."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.sql import column, table

from gateway.store.tables import metadata

HEAD = "0001"
"""The newest step under migrations/versions."""

MIGRATIONS = Path(__file__).parent / "migrations"

_version = table("alembic_version", column("version_num"))


class NewerDatabaseError(Exception):
    """The database was made by a newer version of the gateway: this one does not touch it."""


def upgrade(engine: Engine) -> None:
    """Run the steps that this database has not had, in one transaction. Raises NewerDatabaseError."""
    with engine.begin() as connection:
        version = current_version(connection)
        if version == HEAD:
            return
        if version is not None and version > HEAD:
            raise NewerDatabaseError(f"the database is at step {version}, this version knows up to {HEAD}")
        _run_steps(connection)


def current_version(connection: Connection) -> str | None:
    """The newest step that the database had; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(select(_version.c.version_num)).scalar_one_or_none()
    return str(found) if found is not None else None


def _run_steps(connection: Connection) -> None:
    from alembic import command  # here: a gateway whose database is up to date starts without it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


__all__ = ["HEAD", "NewerDatabaseError", "current_version", "metadata", "upgrade"]
