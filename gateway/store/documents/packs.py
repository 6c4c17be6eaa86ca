"""Packs on a directory: small contents one after another, in a file that grows until it is full or old.

A content is on stable storage before a database row refers to it, and no byte of it is ever changed. What is
forgotten becomes zeros in its place, so that nothing else in the pack moves. Nothing refers to what a crash, or a
transaction that was rolled back, leaves in a pack. A pack is closed long before the reaper would look at it, so
that nothing is ever written to a file that is about to be removed.

Writing and syncing are two steps: the disk writes while the database's rows are made, so that the sync has less to
wait for.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

PACK_BYTES_MAX = 64 << 20
"""A file of this size is cheap to copy, and a day of a busy gateway is some hundreds of them."""
PACK_SECONDS_MAX = 600.0
_PIECES_AT_ONCE = 512
"""Fewer than one call of the system accepts (IOV_MAX, 1,024 on Linux)."""
PACKS = "packs"
"""The folder of the packs. It is made when the gateway starts and never again: where it is gone, storage is."""


class Packs:
    """The pack that is being written at one root. For one thread at a time."""

    def __init__(self, root: Path, new_name: Callable[[], str], sync_folders: Callable[[str], None]) -> None:
        """`new_name`: a folder and a name; `sync_folders` brings the name of a new object to stable storage."""
        self._root = root
        self._new_name = new_name
        (root / PACKS).mkdir(parents=True, exist_ok=True)
        self._sync_folders = sync_folders
        self._descriptor: int | None = None
        self._key = ""
        self._size_bytes = 0
        self._is_synced = True
        self._began = 0.0

    def add(self, pieces: Sequence[bytes]) -> tuple[str, int]:
        """Write the pieces one after another; the object, and where in it the first begins. They are on stable
        storage after `sync`. Raises OSError; then nothing is ever written to that file again."""
        with self._given_up_when_it_fails():
            descriptor = self._open()
            start = self._size_bytes
            for first in range(0, len(pieces), _PIECES_AT_ONCE):
                self._write(descriptor, pieces[first : first + _PIECES_AT_ONCE])
            self._is_synced = False
            _begin_to_sync(descriptor, start, self._size_bytes - start)
        return self._key, start

    def sync(self) -> None:
        """Bring what was added last to stable storage, at its path: a file that was removed or moved meanwhile is
        an error too. Raises OSError; then nothing is ever written to that file again."""
        with self._given_up_when_it_fails():
            if self._descriptor is not None and not self._is_synced:
                os.fdatasync(self._descriptor)
                _require_at(self._root / self._key, self._descriptor)
                self._is_synced = True

    @contextmanager
    def _given_up_when_it_fails(self) -> Iterator[None]:
        try:
            yield
        except OSError:  # what a failed sync leaves on the disk is unknown
            with suppress(OSError):
                self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _open(self) -> int:
        is_old = time.monotonic() - self._began > PACK_SECONDS_MAX
        if self._descriptor is not None and (is_old or self._size_bytes >= PACK_BYTES_MAX):
            self.close()
        return self._begin() if self._descriptor is None else self._descriptor

    def _begin(self) -> int:
        self._key, self._size_bytes, self._began = f"{PACKS}/{self._new_name()}", 0, time.monotonic()
        path = self._root / self._key
        path.parent.mkdir(exist_ok=True)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._sync_folders(self._key)
        return self._descriptor

    def _write(self, descriptor: int, pieces: Sequence[bytes]) -> None:
        size_bytes = sum(map(len, pieces))
        written = os.pwritev(descriptor, pieces, self._size_bytes)
        if written < size_bytes:  # a signal or a full disk cut it short: the rest in one piece, or the error
            rest = memoryview(b"".join(pieces))[written:]
            while rest:
                more = os.pwrite(descriptor, rest, self._size_bytes + written)
                written, rest = written + more, rest[more:]
        self._size_bytes += size_bytes


def _require_at(path: Path, descriptor: int) -> None:
    """Raises OSError where the path is not that of the open file: what was written to it would be lost."""
    is_there = os.path.samestat(path.stat(), os.fstat(descriptor))
    if not is_there:
        raise FileNotFoundError(f"{path} is another file than the one that is written")


def erase_in_file(path: Path, spans: Sequence[tuple[int, int]]) -> None:
    """Overwrite parts of a closed pack, each an offset and a size in bytes, with zeros on stable storage. Raises
    OSError."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        for offset, size_bytes in spans:
            rest = memoryview(bytes(size_bytes))
            while rest:
                written = os.pwrite(descriptor, rest, offset)
                offset, rest = offset + written, rest[written:]
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def _begin_to_sync(descriptor: int, start: int, size_bytes: int) -> None:
    """Have Linux begin to write this part to the disk, and not wait for it.

    That is what the advice does first; pages on their way to the disk stay in memory, where the worker reads them.
    """
    if sys.platform == "linux" and size_bytes:
        with suppress(OSError):  # advice may be refused; the sync reports a disk that fails
            os.posix_fadvise(descriptor, start, size_bytes, os.POSIX_FADV_DONTNEED)
