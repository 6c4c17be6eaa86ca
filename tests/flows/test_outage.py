"""The database away, full or hanging: refusals that say when to try again, and all goes on when it is back."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from gateway.settings import DatabaseSettings, HttpSettings, Settings
from gateway.store.writer import STUCK_SECONDS
from tests.flows.conftest import House, numbered, opened_house
from tests.postgres import PostgresServer, start_server


async def require_unavailable(answer: ClientResponse) -> None:
    """503 with its own problem, and when to try again."""
    problem = await answer.json()
    assert (answer.status, problem["type"].rpartition("/")[2]) == (503, "store-unavailable"), problem
    assert int(answer.headers["Retry-After"]) > 0


async def require_not_ready(house: House) -> None:
    async with house.session.get("/readyz") as answer:
        problem = await answer.json()
    assert answer.status == 503
    assert "store" in problem["failing"]


async def require_going_on(house: House, numbers: range) -> None:
    """Everything that was refused is accepted and delivered now, once."""
    kenmerken = set()
    for number in numbers:
        answer = await house.send("supplier", numbered(f"O-{number}"), Idempotency_Key=f"key-{number}")
        body = await answer.json()
        assert (answer.status in {200, 201}, body["state"]) == (True, "delivered"), body
        kenmerken.add(body["kenmerk"])
    assert len(kenmerken) == len(numbers)
    await asyncio.sleep(1.1)  # so long the results of the checks are kept
    async with house.session.get("/readyz") as answer:
        assert answer.status == 200


@pytest.fixture
async def sqlite_house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway on SQLite."""
    async with opened_house(Settings(data_directory=tmp_path, http=HttpSettings(port=0))) as made:
        yield made


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A PostgreSQL that a test may end."""
    server = start_server()
    yield server
    server.go_on()
    server.stop()


@pytest.fixture
async def postgresql_house(own_server: PostgresServer, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway on it."""
    settings = Settings(
        data_directory=tmp_path,
        database=DatabaseSettings(url=own_server.new_database()),
        http=HttpSettings(port=0),
    )
    async with opened_house(settings) as made:
        yield made


async def test_a_full_database_refuses_and_still_reads(sqlite_house: House) -> None:
    house, writer = sqlite_house, sqlite_house.gateway.writer
    kept = (await (await house.send("supplier", numbered("O-0"))).json())["kenmerk"]
    pages = await writer.call(lambda conn: conn.exec_driver_sql("PRAGMA page_count").scalar())
    await writer.call(lambda conn: conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar())
    refused = [
        answer
        for number in range(1, 31)
        if (
            answer := await house.send(
                "supplier", numbered(f"O-{number}"), wait=False, Idempotency_Key=f"key-{number}"
            )
        ).status
        != 202
    ]
    assert refused
    for answer in refused:
        await require_unavailable(answer)
    assert (await house.get("supplier", f"/v1/messages/{kept}"))["state"] == "delivered"
    await writer.call(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count = 1000000").scalar())
    await require_going_on(house, range(1, 31))


async def test_a_disk_that_hangs_keeps_nobody_waiting_for_long(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, goes_on = sqlite_house, threading.Event()
    sync_pack = house.gateway.storage.sync_pack

    def hang() -> None:
        goes_on.wait(30)
        sync_pack()

    monkeypatch.setattr("gateway.store.writer.STUCK_SECONDS", 0.2)
    monkeypatch.setattr(house.gateway.storage, "sync_pack", hang)
    first = asyncio.create_task(house.send("supplier", numbered("O-1"), wait=False, Idempotency_Key="key-1"))
    await asyncio.sleep(0.4)
    for number in range(2, 11):
        await require_unavailable(
            await house.send("supplier", numbered(f"O-{number}"), wait=False, Idempotency_Key=f"key-{number}")
        )
    await require_not_ready(house)
    goes_on.set()
    assert (await first).status == 202
    await require_going_on(house, range(1, 11))


@pytest.mark.postgresql
async def test_without_its_database_the_gateway_refuses_until_it_is_back(
    postgresql_house: House, own_server: PostgresServer
) -> None:
    house = postgresql_house
    waiting = await house.send("supplier", numbered("O-0"), wait=False, Idempotency_Key="key-0")
    assert waiting.status == 202
    own_server.interrupt()
    for number in range(1, 11):
        await require_unavailable(
            await house.send("supplier", numbered(f"O-{number}"), Idempotency_Key=f"key-{number}")
        )
        async with house.session.get("/v1/messages", headers=house.as_("supplier")) as listed:
            await require_unavailable(listed)
    await require_not_ready(house)
    own_server.resume()
    await require_going_on(house, range(11))


@pytest.mark.postgresql
async def test_a_database_that_hangs_keeps_nobody_waiting_for_long(
    postgresql_house: House, own_server: PostgresServer
) -> None:
    house = postgresql_house
    await house.send("supplier", numbered("O-0"))
    own_server.pause()
    begun = time.monotonic()
    first = asyncio.create_task(
        house.send("supplier", numbered("O-1"), wait=False, Idempotency_Key="key-1")
    )  # hangs until the database goes on
    async with house.session.get("/v1/messages", headers=house.as_("supplier")) as listed:
        await require_unavailable(listed)
    await asyncio.sleep(max(0.0, begun + STUCK_SECONDS + 0.5 - time.monotonic()))
    asked = time.monotonic()
    for number in range(2, 11):
        await require_unavailable(
            await house.send("supplier", numbered(f"O-{number}"), Idempotency_Key=f"key-{number}")
        )
    assert time.monotonic() - asked < STUCK_SECONDS
    await require_not_ready(house)
    own_server.go_on()
    assert (await first).status == 202
    await require_going_on(house, range(1, 11))
