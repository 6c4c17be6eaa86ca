"""What a test installation shows to makers of client programs: what they sent, and what was checked of it.

It is kept in the memory of this process, for an hour, and each party sees its own.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.clock import Clock
from gateway.i18n import Text

REQUESTS_MAX, OF_PARTY_MAX = 200, 20
AGE_MAX = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """A check of a request: whether it passed, or None where it was not reached."""

    name: Text
    is_passed: bool | None


@dataclass(frozen=True, slots=True)
class SignedPart:
    """A part that a signature covers. Digests are base64; `expected` is the one in the message, empty where it
    cannot be read. `canonical` is what we digest, and `likely` what may be wrong: both only where they differ."""

    name: str
    expected: str
    found: str
    canonical: str = ""
    likely: Text | None = None

    @property
    def is_equal(self) -> bool:
        """Whether the part is as it was signed."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True)
class SentContent:
    """A document or attachment in a request. `is_part`: it came as an MTOM part."""

    file_name: str
    media_type: str
    size_bytes: int
    is_part: bool


@dataclass(frozen=True, slots=True)
class Inspection:
    """One request."""

    number: int
    party_id: str
    at: datetime
    operation: str
    request_line: str
    status: int
    """Of the answer, as all of HTTP."""
    refusal: Text | None
    headers: tuple[tuple[str, str | None], ...]
    """As they came; None in place of a secret."""
    body: str
    """How it begins."""
    body_bytes: int
    """Of the whole body."""
    contents: tuple[SentContent, ...]
    checks: tuple[CheckOutcome, ...]
    parts: tuple[SignedPart, ...]

    @property
    def failure(self) -> CheckOutcome | None:
        """The check that it was refused by."""
        return next((one for one in self.checks if one.is_passed is False), None)


class Inspections:
    """The newest requests of each party."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[Inspection] = deque(maxlen=REQUESTS_MAX)
        self._last_number = 0

    def next_number(self) -> int:
        """The number of the next request."""
        self._last_number += 1
        return self._last_number

    def keep(self, inspection: Inspection) -> None:
        """Keep it, in place of the party's oldest when there are many."""
        kept = self.of_party(inspection.party_id)
        if len(kept) >= OF_PARTY_MAX:
            self._kept.remove(kept[-1])
        self._kept.append(inspection)

    def of_party(self, party_id: str) -> tuple[Inspection, ...]:
        """Its requests of the last hour, newest first."""
        while self._kept and self._kept[0].at < self._clock() - AGE_MAX:
            self._kept.popleft()
        return tuple(one for one in reversed(self._kept) if one.party_id == party_id)
