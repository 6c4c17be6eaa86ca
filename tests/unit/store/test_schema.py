"""The steps lead to the tables that the code names, guards included, on both engines."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from gateway.store.engine import Engines, open_engines
from gateway.store.schema import (
    HEAD,
    NewerDatabaseError,
    current_version,
    metadata,
    upgrade,
)

GUARDED = {
    "sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name HAVING count(*) = 3",
    "postgresql": "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal",
}
INSERT_ONLY = {
    "billing_approvals",
    "billing_audit",
    "billing_debtors",
    "billing_documents",
    "billing_issues",
    "billing_runs",
    "billing_steps",
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
def engines(database_url: str) -> Engines:
    return open_engines(database_url)


async def test_the_steps_make_what_the_tables_say(engines: Engines) -> None:
    upgrade(engines.write)
    upgrade(engines.write)
    with engines.write.begin() as connection:
        assert current_version(connection) == HEAD
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert {"journal", "usage_entries", "billing_documents"} <= set(inspect(connection).get_table_names())
        assert set(connection.scalars(text(GUARDED[connection.dialect.name]))) == INSERT_ONLY
    await engines.dispose()


async def test_a_newer_database_is_left_alone(engines: Engines) -> None:
    upgrade(engines.write)
    with engines.write.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match="9999"):
        upgrade(engines.write)
    await engines.dispose()


REPLACE = "INSERT OR REPLACE INTO journal VALUES ('k', 0, 'queued', 1, 'gateway', NULL, NULL)"


@pytest.mark.parametrize(
    "statement", ["DELETE FROM journal", "UPDATE journal SET step = 'confirmed'", "TRUNCATE journal", REPLACE]
)
async def test_the_journal_is_insert_only(engines: Engines, statement: str) -> None:
    is_foreign = {"sqlite": "TRUNCATE", "postgresql": "INSERT OR"}[engines.write.dialect.name] in statement
    if is_foreign:
        pytest.skip("the other engine's statement")
    upgrade(engines.write)
    with engines.write.begin() as connection:
        connection.execute(text("INSERT INTO journal VALUES ('k', 0, 'accepted', 1, 'gateway', NULL, NULL)"))
    with pytest.raises(Exception, match="journal is insert-only"), engines.write.begin() as connection:
        connection.execute(text(statement))
    await engines.dispose()
