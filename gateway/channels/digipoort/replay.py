"""Messages seen before: refused for as long as their Timestamp would still pass."""

import hashlib
from collections import deque
from collections.abc import Iterable
from datetime import datetime

from gateway.channels.digipoort.seen import SeenInMemory, SeenRecords
from gateway.channels.digipoort.wire.faults import StaleError, TroubleError
from gateway.channels.digipoort.wire.signature import SignaturePolicy, Verified
from gateway.i18n import Text

BERICHTKENMERK_CHARACTERS_MAX = 256
"""So much of a message id is kept with what was handed in."""


class ReplayGuard:
    """Remembers signatures and message ids, by digest.

    A message is gone from memory only when its Timestamp has run out, never because there are many: when the
    memory is full, new messages are told to come back. What cannot be written down is not accepted either.
    """

    def __init__(self, policy: SignaturePolicy, entries_max: int, records: SeenRecords | None = None) -> None:
        self.window = policy.age.replay_window
        self._entries_max = entries_max
        self._records = records or SeenInMemory()
        self._seen: set[bytes] = set()
        self._by_age: deque[tuple[datetime, tuple[bytes, ...]]] = deque()

    def require_new(self, message: Verified, oin: str, now: datetime) -> None:
        """Remember this message. Raises StaleError when it was seen, TroubleError when there is no room."""
        self._forget(now)
        message_id = message.addressing.message_id
        digests = _of_signature(message.signature_value), _of_name(oin, message_id)
        is_cut = len(message_id) > BERICHTKENMERK_CHARACTERS_MAX
        kept = (_of_name(oin, message_id[:BERICHTKENMERK_CHARACTERS_MAX]),) if is_cut else ()
        if not self._seen.isdisjoint((*digests, *kept)):
            raise StaleError(
                Text("this message was sent before; a new request needs a new MessageID and signature")
            )
        if len(self._by_age) >= self._entries_max:
            raise TroubleError(Text("the service is busy"))
        try:
            self._records.add(now + self.window, digests, now)
        except OSError as error:
            raise TroubleError(Text("the service is in trouble")) from error
        self._remember(now + self.window, digests)

    def recall(self, names: Iterable[tuple[str, str]], now: datetime) -> None:
        """Remember what came before this process began: what the records have, and by OIN and message id, as far
        as that is kept, what was handed in. Raises OSError when the records cannot be read."""
        for until, digest in self._records.read():
            if until > now:
                self._remember(until, (digest,))
        for oin, message_id in names:
            self._remember(now + self.window, (_of_name(oin, message_id),))

    def _remember(self, until: datetime, digests: tuple[bytes, ...]) -> None:
        self._seen.update(digests)
        self._by_age.append((until, digests))

    def _forget(self, now: datetime) -> None:
        while self._by_age and self._by_age[0][0] < now:
            self._seen.difference_update(self._by_age.popleft()[1])


def _of_signature(value: bytes) -> bytes:
    return hashlib.sha256(b"signature\0" + value).digest()


def _of_name(oin: str, message_id: str) -> bytes:
    return hashlib.sha256(f"name\0{oin}\0{message_id}".encode()).digest()
