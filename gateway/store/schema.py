"""Brings a database to the schema of this version, step by step, and never back.

Versions that follow each other share a database while nodes are upgraded one by one: a step adds what the older
version does not mind (expand), and a later version's step takes away what no version uses any more (contract) and
raises the oldest step that a gateway must know. Docs: "Upgrade" (docs/how-to/operate.md#upgrade).
"""

import os
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.sql import column, table

from gateway.store.nodes.queries import OLDEST_KNOWN_STEP, OLDEST_STEP
from gateway.store.sql import lock
from gateway.store.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = max(path.stem.removeprefix("step_") for path in MIGRATIONS.glob("versions/step_*.py"))
"""The newest step under migrations/versions."""
STEPS: tuple[Path, ...] = (MIGRATIONS / "versions",)
"""Folders with steps."""

_version = table("alembic_version", column("version_num"))


class NewerDatabaseError(Exception):
    """The database was made by a newer version of the gateway: this one does not touch it."""


class OlderGatewayError(Exception):
    """A gateway of an older version is running that cannot use the new schema: nothing was changed."""


def upgrade(engine: Engine) -> None:
    """Run the steps that this database has not had, in one transaction, one gateway at a time.

    A newer database is left as it is when its schema says that this version can use it. Raises NewerDatabaseError
    and OlderGatewayError.
    """
    with engine.begin() as connection:
        lock(connection, "schema")
        version = current_version(connection)
        if version is None or version < HEAD:
            _run_steps(connection)
            _require_that_all_can_use_it(connection)
        elif version > HEAD and _oldest_step(connection) > HEAD:
            raise NewerDatabaseError(
                f"the database is at step {version} and asks for a version that knows step "
                f"{_oldest_step(connection)}; this version knows the steps up to {HEAD}: start the newer version"
            )


def current_version(connection: Connection) -> str | None:
    """The newest step that the database had; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(select(_version.c.version_num)).scalar_one_or_none()
    return str(found) if found is not None else None


def _oldest_step(connection: Connection) -> str:
    """A gateway that knows the steps up to this one can use the schema."""
    return str(connection.scalars(OLDEST_STEP).one())


def _require_that_all_can_use_it(connection: Connection) -> None:
    known, needed = connection.scalar(OLDEST_KNOWN_STEP), _oldest_step(connection)
    if known is not None and known < needed:
        raise OlderGatewayError(
            f"a gateway is running that knows the steps up to {known}, and the new schema asks for {needed}: stop "
            "or upgrade it first"
        )


def _run_steps(connection: Connection) -> None:
    from alembic import command  # here: a gateway whose database is up to date starts without it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join(map(str, STEPS)))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


__all__ = ["HEAD", "NewerDatabaseError", "OlderGatewayError", "current_version", "metadata", "upgrade"]
