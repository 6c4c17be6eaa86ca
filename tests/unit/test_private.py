"""What is in the data directory is closed to others, also what was open before."""

import os
from pathlib import Path

import pytest

from gateway.private import UMASK, keep_private
from gateway.settings import Settings, StorageSettings


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}


def test_what_was_open_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "documents/packs").mkdir(parents=True)
    for path in (data, data / "documents", data / "documents/packs"):
        path.chmod(0o755)
    for name, mode in (("meterpoort.db", 0o644), ("documents/packs/p1", 0o666), ("key", 0o600), ("script", 0o755)):
        (data / name).touch()
        (data / name).chmod(mode)
    outside = tmp_path / "outside"
    outside.touch()
    outside.chmod(0o644)
    (data / "link").symlink_to(outside)
    keep_private(data)
    found = modes(data)
    link = found.pop("link")
    assert found == {
        ".": 0o700,
        "documents": 0o700,
        "documents/packs": 0o700,
        "documents/packs/p1": 0o600,
        "key": 0o600,
        "meterpoort.db": 0o600,
        "script": 0o700,
    }
    assert link == 0o777
    assert outside.stat().st_mode & 0o777 == 0o644


def test_a_new_directory_is_closed_from_the_start(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keep_private(tmp_path / "new/data")
    finally:
        os.umask(before)
    assert (tmp_path / "new/data").stat().st_mode & 0o777 == 0o700


def test_what_belongs_to_another_user_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a volume that was made by root for the gateway's group: it starts all the same."""
    tmp_path.chmod(0o750)

    def refused(_path: Path, _mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refused)
    keep_private(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o750


def test_the_directories_of_a_gateway(tmp_path: Path) -> None:
    own = Settings(data_directory=tmp_path)
    assert list(own.private_folders()) == [tmp_path, tmp_path / "documents"]
    away = Settings(data_directory=tmp_path, storage=StorageSettings(url="s3://bucket/prefix"))
    assert list(away.private_folders()) == [tmp_path]
    assert UMASK == 0o077
