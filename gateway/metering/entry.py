"""A meter entry: units that one party pays for, or their correction."""

from datetime import datetime
from enum import StrEnum

import msgspec

GATEWAY = "meterpoort"
"""The source of entries that this gateway made itself: its messages, and every reversal."""


class UsageKind(StrEnum):
    """What is counted. Digipoort's two directions; then the units of services that are metered elsewhere."""

    DELIVERED_TO = "delivered-to"
    """A message placed at the disposal of a non-Rijk party."""
    SUBMITTED_BY = "submitted-by"
    """A message of a non-Rijk party, accepted and delivered."""
    DIGID_AUTHENTICATION = "digid-authentication"
    """A successful authentication with DigiD."""
    MANDATE_USED = "mandate-used"
    """A mandate of DigiD Machtigen that was used."""
    MIJNOVERHEID_MESSAGE = "mijnoverheid-message"
    """A message processed by MijnOverheid."""


MESSAGE_KINDS = frozenset({UsageKind.DELIVERED_TO, UsageKind.SUBMITTED_BY})


class UsageEntry(msgspec.Struct, frozen=True, gc=False):
    """An entry to be added to the meter. Its `key` is unique within its source, so nothing counts twice.

    `at` is the time in UTC at which it became billable; its Amsterdam date decides the billing year, however
    late it is recorded. `quantity` is at least 1; only a reversal, which names its original, is negative.
    """

    kenmerk: str
    """The message; for usage metered elsewhere the id of the event; for a reversal the original's key."""
    party_id: str
    kind: UsageKind
    at: datetime
    quantity: int = 1
    source: str = GATEWAY
    reverses: int | None = None
    """The position of the entry that this one undoes."""
    reason: str | None = None
    author: str | None = None

    @property
    def key(self) -> str:
        """What is in the ledger at most once for each source: (message, kind, party), or the event's id."""
        if self.reverses is not None:
            return f"reversal {self.reverses} {self.kenmerk}"
        return f"{self.kenmerk} {self.kind} {self.party_id}" if self.source == GATEWAY else self.kenmerk


class LedgerEntry(msgspec.Struct, frozen=True, gc=False):
    """An entry as it is in the ledger. Times are microseconds since 1970, UTC."""

    position: int
    """1, 2, 3, ... without a gap, in the order of recording."""
    source: str
    key: str
    party_id: str
    kind: str
    quantity: int
    at: int
    recorded_at: int
    reverses: int | None = None
    reason: str | None = None
    author: str | None = None

    @property
    def kenmerk(self) -> str | None:
        """The message that was counted or whose counting is undone; None for usage metered elsewhere."""
        return counted_in(self.key) if self.kind in MESSAGE_KINDS else None


def counted_in(key: str) -> str:
    """The message or event of an entry, out of its key; of a reversal, also of another, what was first counted."""
    words = key.split(" ")
    while words[0] == "reversal" and len(words) > 2:
        words = words[2:]
    return words[0]


class UsageError(ValueError):
    """The meter cannot record this; the message says what is wrong. Nothing was recorded."""


class ConflictingEntryError(UsageError):
    """The same key was recorded before with other content."""

    def __init__(self, source: str, key: str, differences: str) -> None:
        super().__init__(f"{key!r} of {source} was recorded before with other content: {differences}")
        self.source = source
        self.key = key
        self.differences = differences


class UnknownEntryError(UsageError):
    """There is no entry at this position."""

    def __init__(self, position: int) -> None:
        super().__init__(f"there is no entry {position} in the ledger")
        self.position = position


class LedgerBrokenError(Exception):
    """The ledger does not match its own digests: somebody changed it outside the gateway."""
