"""The kenmerk: the number a sender gets for a message, and uses ever after."""

import os
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

RANDOM_BYTES = 9

_lock = threading.Lock()
_last_ms = 0
_sequence = 0


def new_kenmerk() -> str:
    """A UUID version 7 (RFC 9562): 36 characters, within Digipoort's 40, and in order of giving out
    within one process, so that lists and indexes follow time."""
    global _last_ms, _sequence
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        random = int.from_bytes(os.urandom(RANDOM_BYTES))
        if now_ms > _last_ms:
            _last_ms, _sequence = now_ms, random & 0xFF
        else:
            _sequence += 1
            if _sequence > 0xFFF:
                _last_ms, _sequence = _last_ms + 1, 0
        stamp, sequence = _last_ms, _sequence
    return _as_uuid(stamp << 80 | 0x7 << 76 | sequence << 64 | 0b10 << 62 | random >> 10)


def first_kenmerk_of(moment: datetime) -> str:
    """No kenmerk that was given out before `moment` comes after this one."""
    return _as_uuid(int(moment.timestamp() * 1000) << 80)


def last_kenmerk_of(moment: datetime) -> str:
    """No kenmerk that was given out in the millisecond of `moment` or before comes after this one."""
    return _as_uuid((int(moment.timestamp() * 1000) + 1 << 80) - 1)


def time_of(kenmerk: str) -> datetime:
    """When a kenmerk was given out: its first 48 bits, milliseconds since 1970 (RFC 9562, 5.7)."""
    return datetime.fromtimestamp((UUID(kenmerk).int >> 80) / 1000, UTC)


def _as_uuid(number: int) -> str:
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
