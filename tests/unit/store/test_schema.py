"""The steps lead to the tables that the code names, guards included, on both engines."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

import gateway.main  # noqa: F401  # whose modules name every table
from gateway.store import schema
from gateway.store.engine import Engines, open_engines
from gateway.store.nodes.node import Node
from gateway.store.schema import (
    HEAD,
    NewerDatabaseError,
    OlderGatewayError,
    current_version,
    metadata,
    upgrade,
)
from gateway.store.writer import Writer

CONTRACT = """
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.drop_table("outbox")
    op.execute("UPDATE compatibility SET oldest_step = '0002'")
"""

GUARDED = {
    "sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name HAVING count(*) = 3",
    "postgresql": "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal",
}
INSERT_ONLY = {
    "billing_approvals",
    "billing_debtors",
    "billing_deliveries",
    "billing_documents",
    "billing_issues",
    "billing_payments",
    "billing_runs",
    "billing_steps",
    "billing_tariffs",
    "forgotten_parts",
    "journal",
    "legal_holds",
    "record",
    "register_log",
    "retention_runs",
    "usage_entries",
    "usage_seals",
    "usage_sources",
}


@pytest.fixture
def engines(empty_database_url: str) -> Engines:
    return open_engines(empty_database_url)


async def test_the_steps_make_what_the_tables_say(engines: Engines) -> None:
    upgrade(engines.write)
    upgrade(engines.write)
    with engines.write.begin() as connection:
        assert current_version(connection) == HEAD
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert {"journal", "usage_entries", "billing_documents"} <= set(inspect(connection).get_table_names())
        assert set(connection.scalars(text(GUARDED[connection.dialect.name]))) == INSERT_ONLY
    await engines.dispose()


NEWER = "UPDATE alembic_version SET version_num = '9999'"
"""As a newer version leaves the database that only added something..."""
NEWER_AND_LESS = "UPDATE compatibility SET oldest_step = '9998'"
"""... and one that took something away."""


async def test_a_newer_database_is_used_as_it_is_where_this_version_can(engines: Engines) -> None:
    upgrade(engines.write)
    with engines.write.begin() as connection:
        connection.execute(text(NEWER))
    upgrade(engines.write)
    with engines.write.begin() as connection:
        assert current_version(connection) == "9999"
    await engines.dispose()


async def test_a_newer_database_that_this_version_cannot_use_is_refused(engines: Engines) -> None:
    upgrade(engines.write)
    with engines.write.begin() as connection:
        connection.execute(text(NEWER))
        connection.execute(text(NEWER_AND_LESS))
    with pytest.raises(NewerDatabaseError, match=r"is at step 9999.* knows step 9998; this version .* up to 0001"):
        upgrade(engines.write)
    await engines.dispose()


async def test_nothing_is_taken_away_while_an_older_gateway_runs(
    engines: Engines, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    upgrade(engines.write)
    writer = Writer(engines.write, 1)
    writer.start()
    older = Node(engines, writer)
    await older.join()
    (tmp_path / "step_0002.py").write_text(CONTRACT)
    monkeypatch.setattr(schema, "HEAD", "0002")
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, tmp_path))
    with pytest.raises(OlderGatewayError, match="up to 0001, and the new schema asks for 0002"):
        upgrade(engines.write)
    await older.leave()
    upgrade(engines.write)
    with engines.write.begin() as connection:
        assert current_version(connection) == "0002"
        assert "outbox" not in inspect(connection).get_table_names()
    await writer.stop()
    await engines.dispose()


CHANGES = ("DELETE FROM journal", "UPDATE journal SET step = 'confirmed'")
OWN_CHANGES = {
    "postgresql": "TRUNCATE journal",
    "sqlite": "INSERT OR REPLACE INTO journal VALUES ('k', 0, 'queued', 1, 'gateway', NULL, NULL)",
}


async def test_the_journal_is_insert_only(engines: Engines) -> None:
    upgrade(engines.write)
    with engines.write.begin() as connection:
        connection.execute(text("INSERT INTO journal VALUES ('k', 0, 'accepted', 1, 'gateway', NULL, NULL)"))
    for statement in (*CHANGES, OWN_CHANGES[engines.write.dialect.name]):
        with pytest.raises(Exception, match="journal is insert-only"), engines.write.begin() as connection:
            connection.execute(text(statement))
    await engines.dispose()
