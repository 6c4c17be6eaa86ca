"""Power loss (F3): whatever a crash leaves of writes that were not synced, what was promised is there.

Covered are documents, attachments and packs with the names of their files and folders. The rows are the
database's: SQLite with `synchronous = FULL`, which its own tests prove, or PostgreSQL with `fsync`.
"""

from pathlib import Path

import pytest

from gateway.store.engine import open_engines
from tests.faults.disk import Promise
from tests.faults.power_loss import GROUP, GROUPS, broken, write

STATES = 2_000


async def test_what_was_promised_survives_a_crash_at_every_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = await write(tmp_path, monkeypatch)
    promises = [one for one in disk.log if isinstance(one, Promise)]
    assert len(promises) > GROUPS * GROUP / 2
    assert len({one.path for one in promises}) > GROUPS, "packs and large documents"
    assert broken(disk, STATES) == []


@pytest.mark.parametrize(
    "left_out", ["Storage.sync_pack", "Storage._sync_folders", "Storage._sync"], ids=lambda name: name[8:]
)
async def test_a_sync_that_is_left_out_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    monkeypatch.setattr(f"gateway.store.documents.storage.{left_out}", lambda *_: None)
    assert broken(await write(tmp_path, monkeypatch), STATES) != []


def test_every_commit_of_sqlite_is_synced(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite:///{tmp_path / 'meterpoort.db'}")
    with engines.write.connect() as connection:
        pragmas = ("journal_mode", "synchronous")
        assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas] == ["wal", 2]
    engines.write.dispose()
