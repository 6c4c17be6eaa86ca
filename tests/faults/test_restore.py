"""A backup that is made while documents come in, restored elsewhere (F18), by the commands of `operate.md`."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from gateway.main import open_gateway
from gateway.messages.participants import Caller, Role
from gateway.messages.submission import Content, Submission
from gateway.settings import DatabaseSettings, HttpSettings, Settings
from gateway.store.ledger.audit import audit
from tests.flows.conftest import House, numbered, opened_house
from tests.postgres import PostgresServer

BEFORE, DURING = 30, 60
CALLER = Caller("key", Role.SUPPLIER, "supplier")


async def send(house: House, numbers: range) -> dict[int, str]:
    """Submit documents one after another, each under its number as its key: the kenmerk by number."""
    found = {}
    for number in numbers:
        answer = await house.send("supplier", numbered(f"B-{number}"), Idempotency_Key=str(number), wait=False)
        assert answer.status == 202
        found[number] = (await answer.json())["kenmerk"]
    return found


async def restored_holds(
    settings: Settings, target: Settings, back_up: Callable[[Settings, Settings], None]
) -> None:
    """Back up under load; what was acknowledged before is there, whole, and is not a new message when repeated."""
    async with opened_house(settings) as house:
        before = await send(house, range(BEFORE))
        going_on = asyncio.create_task(send(house, range(BEFORE, BEFORE + DURING)))
        await asyncio.to_thread(back_up, settings, target)
        during = await going_on
    async with open_gateway(target) as gateway:
        for number, kenmerk in (before | during).items():
            message = await gateway.store.message(kenmerk, None)
            assert message is not None or number >= BEFORE
            if message is not None:
                assert await gateway.storage.read(message.document) == numbered(f"B-{number}")
                assert await gateway.intake.wait_until_settled(kenmerk, 20)
            content = Content(len(numbered(f"B-{number}")), numbered(f"B-{number}"))
            receipt = await gateway.intake.submit(Submission(CALLER, "http", content, idempotency_key=str(number)))
            assert receipt.is_repeat == (message is not None)
            assert await gateway.intake.wait_until_settled(receipt.kenmerk, 20)
        report = await audit(gateway.engines)
        assert report.findings == ()
        assert (report.totals.quantity, report.received) == (BEFORE + DURING, BEFORE + DURING)


async def test_a_backup_of_sqlite(tmp_path: Path) -> None:
    def back_up(settings: Settings, target: Settings) -> None:
        target.data_directory.mkdir()
        name = "meterpoort.db"
        with (
            closing(sqlite3.connect(settings.data_directory / name)) as source,
            closing(sqlite3.connect(target.data_directory / name)) as copy,
        ):
            source.backup(copy)  # as .backup of the shell
        shutil.copytree(settings.data_directory / "documents", target.data_directory / "documents")

    settings = Settings(data_directory=tmp_path / "here", http=HttpSettings(port=0))
    await restored_holds(settings, msgspec.structs.replace(settings, data_directory=tmp_path / "there"), back_up)


@pytest.mark.postgresql
async def test_a_backup_of_postgresql(tmp_path: Path, postgres_server: PostgresServer) -> None:
    here, there = postgres_server.new_database(), postgres_server.new_database()

    def back_up(settings: Settings, target: Settings) -> None:
        postgres_server.copy_database(here, there)
        shutil.copytree(settings.data_directory / "documents", target.data_directory / "documents")

    settings = Settings(
        data_directory=tmp_path / "here", http=HttpSettings(port=0), database=DatabaseSettings(url=here)
    )
    target = msgspec.structs.replace(
        settings, data_directory=tmp_path / "there", database=DatabaseSettings(url=there)
    )
    await restored_holds(settings, target, back_up)
