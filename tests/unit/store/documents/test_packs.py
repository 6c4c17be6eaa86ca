"""Packs: contents are where they are said to be, and a file that failed once is never written to again."""

import errno
import itertools
import resource
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.settings import ReaperSettings
from gateway.store.documents import packs
from gateway.store.documents.packs import Packs


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Packs]:
    numbers = itertools.count(1)
    made = Packs(tmp_path, lambda: f"day/{next(numbers)}", lambda _key: None)
    yield made
    made.close()


def read(root: Path, key: str, offset: int, size_bytes: int) -> bytes:
    return (root / key).read_bytes()[offset : offset + size_bytes]


@contextmanager
def files_end_at(size_bytes: int) -> Iterator[None]:
    """No file of this process grows beyond this size, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_groups_stand_one_after_another_in_one_file(tmp_path: Path, written: Packs) -> None:
    groups = [[b"a" * 3, b"", b"b" * 5], [b"c"], [bytes([n % 256]) * 7 for n in range(1_200)]]
    for group in groups:
        key, offset = written.add(group)
        assert key == "packs/day/1"
        for piece in group:
            assert read(tmp_path, key, offset, len(piece)) == piece
            offset += len(piece)
    assert (tmp_path / "packs/day/1").read_bytes() == b"".join(b"".join(group) for group in groups)


def test_a_full_pack_and_an_old_pack_are_let_go(
    tmp_path: Path, written: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "PACK_BYTES_MAX", 10)
    assert [written.add([b"12345"])[0] for _ in range(3)] == ["packs/day/1", "packs/day/1", "packs/day/2"]
    monkeypatch.setattr(packs, "PACK_SECONDS_MAX", -1.0)
    assert written.add([b"6"]) == ("packs/day/3", 0)
    assert read(tmp_path, "packs/day/3", 0, 1) == b"6"


def test_what_could_not_be_written_whole_is_an_error_and_the_next_group_has_a_file_of_its_own(
    tmp_path: Path, written: Packs
) -> None:
    key, offset = written.add([b"kept"])
    with files_end_at(5_000), pytest.raises(OSError, match="too large"):
        written.add([b"x" * 4_000, b"y" * 4_000])
    assert read(tmp_path, key, offset, 4) == b"kept"
    assert written.add([b"next"]) == ("packs/day/2", 0)


def test_after_a_sync_that_failed_nothing_is_added_to_that_file(
    tmp_path: Path, written: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fdatasync", synced.append)
    written.add([b"kept"])
    written.sync()
    written.sync()
    assert len(synced) == 1

    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    written.add([b"lost"])
    monkeypatch.setattr("os.fdatasync", broken)
    with pytest.raises(OSError, match="broken"):
        written.sync()
    monkeypatch.undo()
    assert written.add([b"next"]) == ("packs/day/2", 0)
    written.sync()
    assert read(tmp_path, "packs/day/1", 0, 8) == b"keptlost"


@pytest.mark.parametrize(
    "harm", ["the file is removed", "the folder is moved", "the file is replaced", "all is gone"]
)
def test_a_file_that_is_not_at_its_path_any_more_is_an_error_at_the_sync(
    tmp_path: Path, written: Packs, harm: str
) -> None:
    written.add([b"kept"])
    written.sync()
    folder, pack = tmp_path / "packs", tmp_path / "packs/day/1"
    written.add([b"lost"])
    if harm == "the file is removed":
        pack.unlink()
    elif harm == "the folder is moved":
        folder.rename(tmp_path / "elsewhere")
    elif harm == "the file is replaced":
        copy = pack.read_bytes()
        pack.unlink()
        pack.write_bytes(copy)
    else:
        shutil.rmtree(tmp_path)
    with pytest.raises(FileNotFoundError):
        written.sync()
    if folder.exists():
        assert written.add([b"next"]) == ("packs/day/2", 0)
        written.sync()
        return
    with pytest.raises(FileNotFoundError):
        written.add([b"next"])
    assert not folder.exists()
    if harm == "the folder is moved":
        (tmp_path / "elsewhere").rename(folder)
        assert written.add([b"next"])[1] == 0
        written.sync()


def test_a_pack_ends_long_before_the_reaper_looks_at_it() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"orphan_hours_min": 0.5}, ReaperSettings)
    assert timedelta(seconds=packs.PACK_SECONDS_MAX) < timedelta(hours=0.5)
