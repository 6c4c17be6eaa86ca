"""What was seen, on disk: a restart, planned or not, does not forget which messages could be replayed.

Two files of records of one size, the current and the one before it; each covers the time in which a message can be
used again, so together they always do, and neither grows for ever. Records are appended and not forced to the
disk: they outlive the process, not a power cut. What was handed in is in the database as well, which does.
"""

import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

DIGEST_BYTES = 32
_RECORD = struct.Struct(f"<d{DIGEST_BYTES}s")
"""Until when, in seconds since 1970, and the digest of what was seen."""

Seen = tuple[datetime, bytes]


class SeenRecords(Protocol):
    """Keeps what was seen from one process to the next."""

    def read(self) -> tuple[Seen, ...]:
        """Everything that may still matter, oldest first. Raises OSError."""

    def add(self, until: datetime, digests: tuple[bytes, ...], now: datetime) -> None:
        """Keep these until then. Raises OSError."""


class SeenInMemory:
    """Keeps nothing beyond the process: for tests of one. Fulfils `SeenRecords`."""

    def read(self) -> tuple[Seen, ...]:
        """Nothing."""
        return ()

    def add(self, until: datetime, digests: tuple[bytes, ...], now: datetime) -> None:
        """Forgotten at once."""


class SeenFile:
    """Fulfils `SeenRecords` on two files, one name and the same with `.before`."""

    def __init__(self, path: Path, turn_after: timedelta) -> None:
        """`turn_after`: the longest time that a record matters."""
        self._path = path
        self._before = path.with_name(f"{path.name}.before")
        self._turn_after = turn_after
        self._file: int | None = None
        self._begun_at = datetime.now(UTC)

    def read(self) -> tuple[Seen, ...]:
        """Both files; half a record at the end, from a process that was killed, is left out."""
        return tuple(seen for path in (self._before, self._path) for seen in _read(path))

    def add(self, until: datetime, digests: tuple[bytes, ...], now: datetime) -> None:
        """One write, which a kill of the process cannot take back."""
        os.write(self._opened(now), b"".join(_RECORD.pack(until.timestamp(), digest) for digest in digests))

    def _opened(self, now: datetime) -> int:
        if self._file is None:
            self._file = self._open(now)
        elif now - self._begun_at > self._turn_after:
            os.close(self._file)
            self._path.replace(self._before)
            self._file = self._open(now)
        return self._file

    def _open(self, now: datetime) -> int:
        self._begun_at = now
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        whole = os.fstat(file).st_size // _RECORD.size * _RECORD.size
        os.ftruncate(file, whole)
        return file


def _read(path: Path) -> list[Seen]:
    data = path.read_bytes() if path.exists() else b""
    whole = data[: len(data) // _RECORD.size * _RECORD.size]
    return [(datetime.fromtimestamp(until, UTC), digest) for until, digest in _RECORD.iter_unpack(whole)]
