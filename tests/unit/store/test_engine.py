"""Connections go back, whatever becomes of the caller that asked; on both databases."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.engine import CONNECTING_SECONDS_MAX, open_engines
from tests.postgres import start_server


async def test_a_connection_of_a_caller_that_is_cancelled_is_closed_with_the_others(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines, is_closing, close = open_engines(database_url), asyncio.Event(), AsyncConnection.close

    async def slow_close(connection: AsyncConnection) -> None:
        is_closing.set()
        await asyncio.sleep(0.05)
        await close(connection)

    monkeypatch.setattr(AsyncConnection, "close", slow_close)
    pool = engines.read.sync_engine.pool
    asking = asyncio.create_task(engines.rows(text("SELECT 1")))
    await is_closing.wait()
    asking.cancel()
    assert isinstance((await asyncio.gather(asking, return_exceptions=True))[0], asyncio.CancelledError)
    assert "Current Checked out connections: 1" in pool.status()
    await engines.dispose()
    assert "Current Checked out connections: 0" in pool.status()


@pytest.mark.postgresql
async def test_the_url_says_how_long_a_reader_waits_for_a_connection() -> None:
    server = start_server()
    try:
        engines = open_engines(f"{server.new_database()}&connect_timeout=2")
        server.pause()
        with pytest.raises(PoolTimeoutError):
            await engines.rows(text("SELECT 1"))
        server.go_on()
        assert await engines.rows(text("SELECT 1")) == [(1,)]
        await engines.dispose()
    finally:
        server.go_on()
        server.stop()


@pytest.mark.parametrize(
    ("parameters", "seconds"),
    [("", CONNECTING_SECONDS_MAX), ("?connect_timeout=60", 60), ("?connect_timeout=0", None)],
)
async def test_a_reader_waits_for_as_long_as_the_url_says(parameters: str, seconds: float | None) -> None:
    engines = open_engines(f"postgresql://meterpoort@localhost/messages{parameters}")
    assert engines.connecting_seconds_max == seconds
    await engines.dispose()


async def test_a_time_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="soon"):
        open_engines("postgresql://meterpoort@localhost/messages?connect_timeout=soon")
