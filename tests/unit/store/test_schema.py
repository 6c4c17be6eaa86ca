"""The steps lead to the tables that the code names, guards included, on both engines."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from gateway.store.engine import Engines, open_engines
from gateway.store.schema import (
    HEAD,
    NewerDatabaseError,
    current_version,
    metadata,
    upgrade,
)

TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT tgname, tgargs::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
}


@pytest.fixture
def engines(database_url: str) -> Engines:
    return open_engines(database_url)


def _triggers(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(text(TRIGGERS[connection.dialect.name]))
    return [(str(row[0]), str(row[1])) for row in rows]


async def test_the_steps_make_what_the_tables_say(engines: Engines) -> None:
    upgrade(engines.write)
    upgrade(engines.write)
    with engines.write.begin() as connection:
        assert current_version(connection) == HEAD
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        made_by_steps = _triggers(connection)
        connection.execute(text("DROP TABLE alembic_version"))
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert made_by_steps == _triggers(connection)
        assert {"journal", "usage_entries", "billing_documents"} <= set(inspect(connection).get_table_names())
    await engines.dispose()


async def test_a_newer_database_is_left_alone(engines: Engines) -> None:
    upgrade(engines.write)
    with engines.write.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match="9999"):
        upgrade(engines.write)
    await engines.dispose()


@pytest.mark.parametrize("statement", ["DELETE FROM journal", "UPDATE journal SET step = 'confirmed'"])
async def test_the_journal_is_insert_only(engines: Engines, statement: str) -> None:
    upgrade(engines.write)
    with engines.write.begin() as connection:
        connection.execute(text("INSERT INTO journal VALUES ('k', 0, 'accepted', 1, 'gateway', NULL, NULL)"))
    with pytest.raises(Exception, match="journal is insert-only"), engines.write.begin() as connection:
        connection.execute(text(statement))
    await engines.dispose()
