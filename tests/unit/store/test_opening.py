"""One gateway on an SQLite database, any number on PostgreSQL."""

from pathlib import Path

import pytest

from gateway.settings import DatabaseSettings, Settings
from gateway.store.opening import hold_alone, open_database


async def test_a_second_gateway_on_one_sqlite_database_is_refused_and_commands_are_not(tmp_path: Path) -> None:
    settings = Settings(data_directory=tmp_path)
    with hold_alone(settings):
        with (
            pytest.raises(BlockingIOError, match=r"another gateway uses .*SQLite serves one gateway, PostgreSQL"),
            hold_alone(settings),
        ):
            pass
        async with open_database(settings):
            pass
    with hold_alone(settings):
        pass


def test_several_hold_a_database_of_postgresql(tmp_path: Path) -> None:
    settings = Settings(
        data_directory=tmp_path, database=DatabaseSettings(url="postgresql://localhost/meterpoort")
    )
    with hold_alone(settings), hold_alone(settings):
        pass
    assert not list(tmp_path.iterdir())
