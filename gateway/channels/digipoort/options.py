"""The options of the endpoint; each default with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.channels.digipoort.wire.cut import ReadingLimits
from gateway.channels.digipoort.wire.signature import SignaturePolicy


@dataclass(frozen=True, slots=True)
class WusOptions:
    """Options of the endpoint."""

    signature: SignaturePolicy = field(default_factory=SignaturePolicy)
    reading: ReadingLimits = field(default_factory=ReadingLimits)
    token_may_differ: bool = False
    """Whether the message may be signed with a certificate of another OIN than the TLS connection's: for a
    software house whose customers sign themselves. Both certificates are judged; the signer is the caller."""
    foutcode_prefixes: Mapping[str, str] = field(default_factory=dict)
    """By service name, in place of ours: Digipoort's own codes of the ophaalservice are not public."""
    lone_status_with_last: bool = False
    """Whether a list with one new status also holds the status before it: some client programs do not recognise a
    list with one element."""
    statuses_max: int = 1_000
    """Statuses in one answer; a client asks for the rest afterwards."""
    processen_max: int = 500
    """Processen or messages in one list."""
    berichten_max: int = 25
    """Messages with their contents in one answer."""
    berichten_bytes_max: int = 64 * 1024 * 1024
    """Contents in one answer; one message always fits."""
    replays_max: int = 200_000
    """Messages remembered for as long as they could be replayed; above it new messages are refused as busy."""
    slow_after_bytes: int = 512 * 1024
    """A message above this is verified in a thread, so that others are served meanwhile."""
    body_idle: timedelta = timedelta(seconds=20)
    body_seconds_max: timedelta = timedelta(seconds=300)
    large_bodies_max: int = 32
    """Messages above `reading.memory_bytes_max` that may come in at the same time."""
