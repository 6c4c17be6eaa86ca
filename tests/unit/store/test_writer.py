"""The writer: works that come together share a transaction; what goes wrong stays with the work it belongs to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from gateway.messages.stored_errors import StoreUnavailableError
from gateway.store.engine import Engines
from gateway.store.sql import Change, write_together
from gateway.store.writer import Writer
from tests.unit.store.ledger.ledger_database import fresh_engines

INSERT = text("INSERT INTO works (number) VALUES (:number)")


@asynccontextmanager
async def writing(database_url: str, group_max: int = 64) -> AsyncIterator[tuple[Writer, Engines, list[int]]]:
    """A writer on a table of works, and the sizes of its groups."""
    sizes: list[int] = []
    async with fresh_engines(database_url) as engines:
        with engines.write.begin() as connection:
            connection.execute(text("CREATE TABLE works (number INTEGER PRIMARY KEY)"))
        writer = Writer(engines.write, group_max, lambda works, _seconds: sizes.append(works))
        writer.start()
        try:
            yield writer, engines, sizes
        finally:
            await writer.stop()
            with engines.write.begin() as connection:
                connection.execute(text("DROP TABLE works"))


def insert(connection: Connection, numbers: Sequence[int]) -> list[int]:
    for number in numbers:
        connection.execute(INSERT, {"number": number})
    return [10 * number for number in numbers]


def rows(engines: Engines) -> list[int]:
    with engines.write.begin() as connection:
        return sorted(connection.execute(text("SELECT number FROM works")).scalars())


async def test_each_work_gets_its_own_answer_and_many_share_a_commit(database_url: str) -> None:
    async with writing(database_url, 16) as (writer, engines, sizes):
        answers = await asyncio.gather(*(writer.submit(insert, number) for number in range(200)))
        assert answers == [10 * number for number in range(200)]
        assert rows(engines) == list(range(200))
        assert sum(sizes) == 200
        assert 12 < len(sizes) < 40
        assert max(sizes) == 16


async def test_a_work_that_fails_takes_no_other_with_it(database_url: str) -> None:
    async with writing(database_url) as (writer, engines, _):
        await writer.submit(insert, 3)
        answers = await writer.submit_all(insert, [1, 2, 3, 4])
        assert [answer for answer in answers if isinstance(answer, int)] == [10, 20, 40]
        assert isinstance(answers[2], DBAPIError)
        assert rows(engines) == [1, 2, 3, 4]


async def test_where_documents_cannot_be_stored_the_other_works_are_written(database_url: str) -> None:
    def store(connection: Connection, works: Sequence[int]) -> list[int]:
        insert(connection, works)
        raise StoreUnavailableError("S3 is away")

    async with writing(database_url) as (writer, engines, _):
        submitted = [writer.submit(store, 1), writer.submit(insert, 2), writer.submit(store, 3)]
        answers = await asyncio.gather(*submitted, return_exceptions=True)
        assert [type(answer) for answer in answers] == [StoreUnavailableError, int, StoreUnavailableError]
        assert rows(engines) == [2]


async def test_one_after_the_other_from_many_tasks(database_url: str) -> None:
    """What waits when the thread is about to rest is not forgotten."""

    async def one(first: int) -> None:
        for number in range(first, first + 60):
            assert await asyncio.wait_for(writer.submit(insert, number), 20) == 10 * number

    async with writing(database_url) as (writer, engines, _):
        await asyncio.gather(*(one(1000 * task) for task in range(5)))
        assert len(rows(engines)) == 300


async def test_what_waits_is_written_before_it_stops(database_url: str) -> None:
    async with writing(database_url, 4) as (writer, engines, _):
        waiting = [asyncio.ensure_future(writer.submit(insert, number)) for number in range(50)]
        await asyncio.sleep(0)
        await writer.stop()
        assert await asyncio.gather(*waiting) == [10 * number for number in range(50)]
        assert rows(engines) == list(range(50))
        with pytest.raises(RuntimeError, match="ended"):
            await writer.submit(insert, 50)


async def test_nobody_who_left_is_answered(database_url: str) -> None:
    async with writing(database_url) as (writer, engines, _):
        left = asyncio.ensure_future(writer.submit(insert, 1))
        await asyncio.sleep(0)
        left.cancel()
        assert await writer.submit(insert, 2) == 20
        assert rows(engines) == [1, 2]


def insert_by_driver(connection: Connection, numbers: Sequence[int]) -> list[int]:
    write_together(
        connection, [Change("INSERT INTO works (number) VALUES (?)", [(number,) for number in numbers])]
    )
    return [10 * number for number in numbers]


@pytest.mark.postgresql
@pytest.mark.parametrize("insert", [insert, insert_by_driver])
async def test_a_connection_that_was_lost_between_works_is_replaced(
    postgres_url: str, insert: Callable[[Connection, Sequence[int]], list[int]]
) -> None:
    async with writing(postgres_url) as (writer, engines, _):
        pid = await writer.call(lambda connection: connection.execute(text("SELECT pg_backend_pid()")).scalar())
        with engines.write.begin() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        assert await writer.submit(insert, 1) == 10
        assert rows(engines) == [1]


@pytest.mark.postgresql
async def test_a_connection_that_is_lost_in_the_midst_is_an_error(postgres_url: str) -> None:
    def killing(connection: Connection) -> None:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    async with writing(postgres_url) as (writer, engines, _):
        with pytest.raises(DBAPIError):
            await writer.call(killing)
        assert await writer.submit(insert, 1) == 10
        assert rows(engines) == [1]


async def test_every_work_is_answered_whatever_it_raises(database_url: str) -> None:
    def stops(_connection: Connection) -> None:
        raise StopIteration

    def leaves(_connection: Connection) -> None:
        raise SystemExit(3)

    async with writing(database_url) as (writer, engines, _):
        for wrong in (stops, leaves):
            with pytest.raises(RuntimeError, match="a work raised"):
                await asyncio.wait_for(writer.call(wrong), 20)
        assert await asyncio.wait_for(writer.submit(insert, 1), 20) == 10
        assert rows(engines) == [1]


async def test_works_are_answered_where_the_observer_and_the_log_break(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_args: object, **_more: object) -> None:
        raise OSError("no room")

    async with writing(database_url) as (writer, engines, _):
        monkeypatch.setattr(writer, "_observer", breaks)
        monkeypatch.setattr("gateway.store.writer._log", breaks)
        reported: list[object] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: reported.append(context["exception"])
        )
        answers = await asyncio.wait_for(writer.submit_all(insert, [1, 1, 2]), 20)
        assert [isinstance(answer, int) for answer in answers] == [True, False, True]
        assert rows(engines) == [1, 2]
        assert reported


async def test_works_of_a_writer_that_ends_get_an_error(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with writing(database_url) as (writer, _, _):
        monkeypatch.setattr(writer, "_write", None)
        answers = await asyncio.wait_for(writer.submit_all(insert, [1, 2, 3]), 20)
        assert [str(answer) for answer in answers] == ["the writer has ended"] * 3
