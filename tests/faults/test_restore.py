"""A backup that is made while documents come in, restored elsewhere (F18), by the commands of `operate.md`."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from gateway.admin.audit import audit_all, audit_documents
from gateway.admin.backup import back_up, restore
from gateway.cli import main
from gateway.main import open_gateway
from gateway.messages.participants import Caller, Role
from gateway.messages.submission import Content, Submission
from gateway.settings import DatabaseSettings, HttpSettings, Settings, StorageSettings
from gateway.store.ledger.audit import audit
from tests.flows.conftest import House, numbered, opened_house
from tests.flows.s3 import s3_server
from tests.postgres import PostgresServer

BEFORE, DURING = 30, 60
CALLER = Caller("key", Role.SUPPLIER, "supplier")


def unseen(_done: int, _whole: int) -> None:
    """Progress that nobody sees."""


async def send(house: House, numbers: range) -> dict[int, str]:
    """Submit documents one after another, each under its number as its key: the kenmerk by number."""
    found = {}
    for number in numbers:
        answer = await house.send("supplier", numbered(f"B-{number}"), Idempotency_Key=str(number), wait=False)
        assert answer.status == 202
        found[number] = (await answer.json())["kenmerk"]
    return found


async def restored_holds(settings: Settings, target: Settings, folder: Path) -> None:
    """Back up under load; what was acknowledged before is there, whole, and is not a new message when repeated."""
    async with opened_house(settings) as house:
        before = await send(house, range(BEFORE))
        going_on = asyncio.create_task(send(house, range(BEFORE, BEFORE + DURING)))
        made = await asyncio.to_thread(back_up, settings, folder, unseen)
        during = await going_on
    assert await asyncio.to_thread(restore, target, folder, unseen) == made
    assert (await asyncio.to_thread(audit_all, target, None)).findings == ()
    assert (await asyncio.to_thread(audit_documents, target, unseen)).findings == ()
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
    settings = Settings(data_directory=tmp_path / "here", http=HttpSettings(port=0))
    target = msgspec.structs.replace(settings, data_directory=tmp_path / "there")
    await restored_holds(settings, target, tmp_path / "backup")


@pytest.mark.postgresql
async def test_a_backup_of_postgresql(tmp_path: Path, postgres_server: PostgresServer) -> None:
    here, there = postgres_server.new_database(), postgres_server.new_database()
    settings = Settings(
        data_directory=tmp_path / "here", http=HttpSettings(port=0), database=DatabaseSettings(url=here)
    )
    target = msgspec.structs.replace(
        settings, data_directory=tmp_path / "there", database=DatabaseSettings(url=there)
    )
    await restored_holds(settings, target, tmp_path / "backup")


async def test_a_backup_of_documents_in_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with s3_server() as server:
        for name, value in {
            "ENDPOINT_URL": server.url,
            "ALLOW_HTTP": "true",
            "ACCESS_KEY_ID": "test",
            "SECRET_ACCESS_KEY": "test",
            "REGION": "eu-west-1",
        }.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        settings = Settings(
            data_directory=tmp_path / "here",
            http=HttpSettings(port=0),
            storage=StorageSettings(url="s3://documents/here"),
        )
        target = msgspec.structs.replace(
            settings, data_directory=tmp_path / "there", storage=StorageSettings(url="s3://documents/there")
        )
        await restored_holds(settings, target, tmp_path / "backup")


def test_what_would_overwrite_or_is_not_complete_is_refused(tmp_path: Path) -> None:
    """By the commands, and on an empty gateway: a backup goes to a new folder, and back where no gateway is."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, words)

    here, there, folder = (str(tmp_path / name) for name in ("here", "there", "backup"))
    run("keys", "new", "--role", "operator", "--data", here)
    (tmp_path / "here" / "documents" / "packs").mkdir(parents=True)
    assert json.loads(run("backup", folder, "--data", here, "--format", "json").stdout)["objects"] == 0
    assert "is not empty" in run("backup", folder, "--data", here).stderr
    assert "exists" in run("restore", folder, "--data", here).stderr
    restored = run("restore", folder, "--data", there)
    assert (restored.exit_code, "Everything is sound." in restored.stdout) == (0, True), restored.output
    assert run("keys", "list", "--data", there).stdout == run("keys", "list", "--data", here).stdout
    (tmp_path / "backup" / "backup.json").unlink()
    assert "no complete backup" in run("restore", folder, "--data", str(tmp_path / "other")).stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        patch.setenv("METERPOORT_DATABASE__URL", "postgresql://meterpoort@/none")
        refused = run("backup", str(tmp_path / "more"), "--data", here)
    assert (refused.exit_code, "apt install postgresql-client" in refused.stderr) == (1, True)
