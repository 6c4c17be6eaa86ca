"""The databases that tests run on are what they say they are."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


async def test_a_fresh_database_answers_and_is_empty(empty_database_url: str) -> None:
    engine = create_async_engine(empty_database_url)
    async with engine.begin() as conn:
        await conn.execute(text("CREATE TABLE once (n INTEGER PRIMARY KEY)"))  # fails when not fresh
        assert (await conn.scalar(text("SELECT count(*) FROM once"))) == 0
    await engine.dispose()


async def test_the_server_is_durable(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)
    async with engine.connect() as conn:
        settings = [await conn.scalar(text(f"SHOW {name}")) for name in ("fsync", "synchronous_commit")]
    await engine.dispose()
    assert settings == ["on", "on"]
