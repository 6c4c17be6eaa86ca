"""The kenmerk: the number a sender gets for a message, and uses ever after."""

import os
import threading
import time
import uuid
from datetime import datetime

_lock = threading.Lock()
_last_ms = 0
_sequence = 0


def new_kenmerk() -> str:
    """A UUID version 7 (RFC 9562): 36 characters, within Digipoort's 40, and in order of giving out
    within one process, so that lists and indexes follow time."""
    global _last_ms, _sequence
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms:
            _last_ms, _sequence = now_ms, int.from_bytes(os.urandom(1), "big")
        else:
            _sequence += 1
            if _sequence > 0xFFF:
                _last_ms, _sequence = _last_ms + 1, 0
        stamp, sequence = _last_ms, _sequence
    random = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    return str(uuid.UUID(int=stamp << 80 | 0x7 << 76 | sequence << 64 | 0b10 << 62 | random))


def first_kenmerk_of(moment: datetime) -> str:
    """No kenmerk that was given out before `moment` comes after this one."""
    return str(uuid.UUID(int=int(moment.timestamp() * 1000) << 80))
