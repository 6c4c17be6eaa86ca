"""A disk that loses power: records what the gateway does to the files of its document storage, and builds the
states in which a crash may leave them.

What was synced is there. Of the rest everything is possible: each write that was not synced is there, missing, cut
off or zeros; each new name, new folder or renaming that was not synced is there or missing, in any order. `os` and
`obstore` are replaced in the two modules that write, so that the gateway's own code decides what is synced. What
obstore does to a directory is written down here as `strace` shows it: a temporary file, writes, a rename, no sync.
"""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import obstore
import pytest

SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class Entry:
    """A name was given to a file or folder; `number` is which. With `old`, it had that name before."""

    path: str
    number: int
    old: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes were written to a file."""

    number: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Sync:
    """A file's bytes, or a folder's names, are on stable storage."""

    number: int


@dataclass(frozen=True, slots=True)
class Promise:
    """The rows of a message are about to be committed: its bytes have to survive."""

    path: str
    offset: int
    data: bytes


Happening = Entry | Write | Sync | Promise


@dataclass
class Disk:
    """What happened to the files below a folder, in order."""

    top: Path
    """It exists before, with its name on stable storage."""
    log: list[Happening] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    open_files: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers[str(self.top)] = 0

    def give_name(self, path: str, old: str = "") -> int:
        """A new file or folder, or another name for one."""
        number = self.numbers.pop(old) if old else len(self.log) + 1
        self.numbers[path] = number
        self.log.append(Entry(path, number, old))
        return number

    def make_folders(self, folder: Path) -> None:
        """Folders that do not exist yet, those above first."""
        for one in (*reversed(folder.parents), folder):
            if one.is_relative_to(self.top) and str(one) not in self.numbers:
                self.give_name(str(one))

    def state_after(self, length: int, chance: random.Random) -> dict[str, bytearray]:
        """Files by path after a crash when so much had happened: one of the possible states."""
        happened = self.log[:length]
        synced = {one.number: at for at, one in enumerate(happened) if isinstance(one, Sync)}
        contents: dict[int, bytearray] = {}
        names: dict[str, int] = {str(self.top): 0}
        folders = {str(path.parent) for path in (Path(one.path) for one in happened if isinstance(one, Entry))}
        ids = {one.path: one.number for one in happened if isinstance(one, Entry)} | names
        for at, one in enumerate(happened):
            if isinstance(one, Write):
                is_certain = synced.get(one.number, -1) > at
                _put(contents.setdefault(one.number, bytearray()), one, is_certain, chance)
            elif isinstance(one, Entry):
                parent = ids[str(Path(one.path).parent)]
                if synced.get(parent, -1) > at or chance.random() < 0.5:
                    names.pop(one.old, None)
                    names[one.path] = one.number
        return {
            path: contents.get(number, bytearray())
            for path, number in names.items()
            if path not in folders and _is_reachable(path, names, self.top)
        }


def _is_reachable(path: str, names: dict[str, int], top: Path) -> bool:
    return all(str(above) in names for above in Path(path).parents if above.is_relative_to(top))


def _put(content: bytearray, write: Write, is_certain: bool, chance: random.Random) -> None:
    """Apply a write, or what a crash makes of it."""
    data = write.data
    if not is_certain:
        fate = chance.randrange(4)
        if fate == 0:
            return
        if fate == 1:
            data = data[: chance.randrange(len(data) // SECTOR_BYTES + 1) * SECTOR_BYTES]
        if fate == 2:
            data = bytes(len(data))
    end = write.offset + len(data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[write.offset : end] = data


def broken_promises(disk: Disk, length: int, chance: random.Random) -> list[Promise]:
    """Promises that one state after a crash does not keep."""
    state = disk.state_after(length, chance)
    promised = [one for one in disk.log[:length] if isinstance(one, Promise)]
    return [
        one for one in promised if state.get(one.path, b"")[one.offset : one.offset + len(one.data)] != one.data
    ]


HARMLESS = {"path", "fstat", "urandom", "posix_fadvise"}
"""What changes nothing on the disk."""


class RecordingOs:
    """`os` as packs and storage use it. An unknown function is an error: what it does has to be written down."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def __getattr__(self, name: str) -> Any:  # a constant, or what is harmless
        if not name.isupper() and name not in HARMLESS:
            raise AttributeError(f"the recording disk does not know os.{name}")
        return getattr(os, name)

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        descriptor = os.open(path, flags, mode)
        disk = self._disk
        if flags & os.O_CREAT and str(path) not in disk.numbers:
            disk.give_name(str(path))
        disk.open_files[descriptor] = disk.numbers.get(str(path), -1)
        return descriptor

    def pwritev(self, descriptor: int, pieces: Sequence[bytes], offset: int) -> int:
        self._disk.log.append(Write(self._disk.open_files[descriptor], offset, b"".join(pieces)))
        return os.pwritev(descriptor, pieces, offset)

    def fsync(self, descriptor: int) -> None:
        os.fsync(descriptor)
        self._disk.log.append(Sync(self._disk.open_files[descriptor]))

    fdatasync = fsync

    def close(self, descriptor: int) -> None:
        self._disk.open_files.pop(descriptor)
        os.close(descriptor)


class _RecordingWriter:
    def __init__(self, disk: Disk, path: Path, writer: Any) -> None:  # obstore's own
        self._disk, self._path, self._writer = disk, path, writer
        self._data = bytearray()

    async def write(self, data: bytes) -> None:
        self._data += data
        await self._writer.write(data)

    async def close(self) -> None:
        await self._writer.close()
        _record_object(self._disk, self._path, bytes(self._data))


def _record_object(disk: Disk, path: Path, data: bytes) -> None:
    disk.make_folders(path.parent)
    number = disk.give_name(f"{path}#1")
    disk.log.append(Write(number, 0, data))
    disk.give_name(str(path), f"{path}#1")


def recording_obstore(disk: Disk, root: Path) -> SimpleNamespace:
    """`obstore` as storage uses it, on a directory."""

    def put(store: Any, key: str, data: bytes) -> None:  # obstore's own
        obstore.put(store, key, data)
        _record_object(disk, root / key, data)

    def open_writer_async(store: Any, key: str, **options: Any) -> _RecordingWriter:
        return _RecordingWriter(disk, root / key, obstore.open_writer_async(store, key, **options))

    return SimpleNamespace(put=put, open_writer_async=open_writer_async)


@contextmanager
def recorded(top: Path, root: Path, patch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Record what the gateway writes below `root` of its document storage."""
    disk = Disk(top)
    recording = RecordingOs(disk)
    make_folder = Path.mkdir

    def mkdir(self: Path, *args: Any, **options: Any) -> None:
        make_folder(self, *args, **options)
        if self.is_relative_to(top):
            disk.make_folders(self)

    patch.setattr("gateway.store.documents.packs.os", recording)
    patch.setattr("gateway.store.documents.storage.os", recording)
    patch.setattr("gateway.store.documents.storage.obstore", recording_obstore(disk, root))
    patch.setattr(Path, "mkdir", mkdir)
    yield disk
