"""Connections go back, whatever becomes of who asked; on both databases."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.engine import open_engines


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
