"""Messages seen before: refused for as long as their Timestamp would still pass."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from gateway.koppelvlak.faults import StaleError, TroubleError
from gateway.koppelvlak.signature import SignaturePolicy, Verified
from gateway.model.finding import Text


class ReplayGuard:
    """Remembers signatures and message ids.

    A message is gone from memory only when its Timestamp has run out, never because there are many: when the
    memory is full, new messages are told to come back.
    """

    def __init__(self, policy: SignaturePolicy, entries_max: int) -> None:
        self._policy = policy
        self._entries_max = entries_max
        self._seen: set[bytes | tuple[str, str]] = set()
        self._by_age: deque[tuple[datetime, bytes, tuple[str, str]]] = deque()

    def require_new(self, message: Verified, oin: str, now: datetime) -> None:
        """Remember this message. Raises StaleError when it was seen, TroubleError when there is no room."""
        self._forget(now)
        name = (oin, message.addressing.message_id)
        if message.signature_value in self._seen or name in self._seen:
            raise StaleError(
                Text(
                    "this message was sent before; a new request needs a new MessageID and signature",
                    "dit bericht is al eerder verstuurd; een nieuw verzoek heeft een nieuw MessageID nodig",
                )
            )
        if len(self._by_age) >= self._entries_max:
            raise TroubleError(Text("the service is busy", "de dienst is overbelast"))
        self._seen |= {message.signature_value, name}
        self._by_age.append((now + self.window, message.signature_value, name))

    @property
    def window(self) -> timedelta:
        """How long a message can be used again, were it not remembered."""
        # A Timestamp from the future within the skew stays usable longer: the longest it can be.
        return self._policy.age_max + 2 * self._policy.skew

    def recall(self, names: Iterable[tuple[str, str]], now: datetime) -> None:
        """Remember what was handed in before this process began, by OIN and message id."""
        for name in names:
            self._seen.add(name)
            self._by_age.append((now + self.window, b"", name))

    def _forget(self, now: datetime) -> None:
        while self._by_age and self._by_age[0][0] < now:
            _, value, name = self._by_age.popleft()
            self._seen -= {value, name}
