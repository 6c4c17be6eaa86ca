"""Replay protection: a signed message is accepted once, also after a restart.

A `ReplayGuard` remembers messages for as long as their Timestamp would still pass, and writes them to a
`ReplayLog`: two files of fixed-size records, the current one and the one before. Each covers the time in which a
message can be sent again, so that together they always do, and neither grows without limit. Records are appended
and not synced: they survive a crash of the process, not a power cut. What was submitted is also in the database,
which survives both.
"""

import hashlib
import os
import struct
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.channels.digipoort.wire.faults import StaleError, TroubleError
from gateway.channels.digipoort.wire.signature import Verified
from gateway.i18n import Text

BERICHTKENMERK_CHARACTERS_MAX = 256
"""As much of a message id is kept with a submitted message."""
ENTRIES_MAX = 200_000
"""Messages remembered; above it new messages are refused as busy."""
DIGEST_BYTES = 32
_RECORD = struct.Struct(f"<d{DIGEST_BYTES}s")
"""Until when, in seconds since 1970, and the digest of what was seen."""

Seen = tuple[datetime, bytes]


class ReplayLog:
    """Keeps what was seen from one process to the next: a file, and the same with `.before`."""

    def __init__(self, path: Path, turn_after: timedelta) -> None:
        """`turn_after`: the longest time that a record matters."""
        self._path = path
        self._before = path.with_name(f"{path.name}.before")
        self._turn_after = turn_after
        self._file: int | None = None
        self._begun_at = datetime.now(UTC)

    def read(self) -> tuple[Seen, ...]:
        """Everything that may still matter, oldest first, without half a record that a killed process left at the
        end. Raises OSError."""
        return tuple(seen for path in (self._before, self._path) for seen in _read(path))

    def add(self, until: datetime, digests: tuple[bytes, ...], now: datetime) -> None:
        """Keep these until then, by one write, which a kill of the process cannot take back. Raises OSError."""
        os.write(self._current_file(now), b"".join(_RECORD.pack(until.timestamp(), digest) for digest in digests))

    def _current_file(self, now: datetime) -> int:
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


class ReplayGuard:
    """Remembers signatures and message ids, by digest.

    A message is gone from memory only when its Timestamp has run out, never because there are many: when the
    memory is full, new messages are refused as busy. What cannot be written to the log is not accepted either.
    """

    def __init__(self, window: timedelta, log: ReplayLog, entries_max: int = ENTRIES_MAX) -> None:
        """`window`: how long after its arrival a message can be sent again."""
        self.window = window
        self._log = log
        self._entries_max = entries_max
        self._seen: set[bytes] = set()
        self._by_age: deque[tuple[datetime, tuple[bytes, ...]]] = deque()

    def require_new(self, message: Verified, oin: str, now: datetime) -> None:
        """Remember this message. Raises StaleError when it was seen, TroubleError when there is no room."""
        while self._by_age and self._by_age[0][0] < now:
            self._seen.difference_update(self._by_age.popleft()[1])
        message_id = message.addressing.message_id
        digests = _of_signature(message.signature_value), _of_name(oin, message_id)
        kept = _of_name(oin, message_id[:BERICHTKENMERK_CHARACTERS_MAX])
        if not self._seen.isdisjoint((*digests, kept)):
            raise StaleError(
                Text("this message was sent before; a new request needs a new MessageID and signature")
            )
        if len(self._by_age) >= self._entries_max:
            raise TroubleError(Text("the service is busy"))
        try:
            self._log.add(now + self.window, digests, now)
        except OSError as error:
            raise TroubleError(Text("the service is in trouble")) from error
        self._remember(now + self.window, digests)

    def recall(self, names: Iterable[tuple[str, str]], now: datetime) -> None:
        """Remember what came before this process began: what the log has, and what was submitted, by OIN and
        message id as far as that is kept. Raises OSError when the log cannot be read."""
        for until, digest in self._log.read():
            if until > now:
                self._remember(until, (digest,))
        for oin, message_id in names:
            self._remember(now + self.window, (_of_name(oin, message_id),))

    def _remember(self, until: datetime, digests: tuple[bytes, ...]) -> None:
        self._seen.update(digests)
        self._by_age.append((until, digests))


def _of_signature(value: bytes) -> bytes:
    return hashlib.sha256(b"signature\0" + value).digest()


def _of_name(oin: str, message_id: str) -> bytes:
    return hashlib.sha256(f"name\0{oin}\0{message_id}".encode()).digest()


def _read(path: Path) -> list[Seen]:
    data = path.read_bytes() if path.exists() else b""
    whole = data[: len(data) // _RECORD.size * _RECORD.size]
    return [(datetime.fromtimestamp(until, UTC), digest) for until, digest in _RECORD.iter_unpack(whole)]
