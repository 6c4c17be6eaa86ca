"""What an operator can choose at this door; each default with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.channels.digipoort.wire.cut import ReadingLimits
from gateway.channels.digipoort.wire.signature import SignaturePolicy


@dataclass(frozen=True, slots=True)
class WusOptions:
    """Settings of the Digipoort door."""

    signature: SignaturePolicy = field(default_factory=SignaturePolicy)
    reading: ReadingLimits = field(default_factory=ReadingLimits)
    token_may_differ: bool = False
    """Whether the message may be signed with a certificate of another OIN than the TLS connection's: for a
    software house whose customers sign themselves. Both certificates are judged; the signer is the caller."""
    foutcode_prefixes: Mapping[str, str] = field(default_factory=dict)
    """By service name, in place of ours: Digipoort's own codes of the ophaalservice are not public."""
    lone_status_with_last: bool = False
    """Whether a list of new statuses that would hold one holds the one before it too: some client programs take a
    list with one element for no list."""
    statuses_max: int = 1_000
    """Statuses in one answer; a client asks on from the last."""
    processen_max: int = 500
    """Processen or messages in one list."""
    berichten_max: int = 25
    """Messages with their contents in one answer."""
    berichten_bytes_max: int = 64 * 1024 * 1024
    """Contents in one answer; one message always fits."""
    replays_max: int = 200_000
    """Messages remembered for as long as they could be replayed; above it the door is busy, never careless."""
    slow_after_bytes: int = 512 * 1024
    """A message above this is verified in a thread, so that others are served meanwhile."""
    body_idle: timedelta = timedelta(seconds=20)
    body_seconds_max: timedelta = timedelta(seconds=300)
    large_bodies_max: int = 32
    """Messages above `reading.memory_bytes_max` that may come in at the same time."""
