"""The options of the endpoint; each default with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.channels.digipoort.wire.cut import ReadingLimits
from gateway.channels.digipoort.wire.signature import SignaturePolicy
from gateway.http.limits import RequestLimits


@dataclass(frozen=True, slots=True)
class WusOptions:
    """Options of the endpoint."""

    signature: SignaturePolicy = field(default_factory=SignaturePolicy)
    reading: ReadingLimits = field(default_factory=ReadingLimits)
    limits: RequestLimits = field(default_factory=RequestLimits)
    """Times of a body, and how many large ones come in at once; what may be in it is in `reading`."""
    token_may_differ: bool = False
    """Whether the message may be signed with a certificate of another OIN than the TLS connection's: for a
    software house whose customers sign themselves. Both certificates are judged; the signer is the caller."""
    foutcode_prefixes: Mapping[str, str] = field(default_factory=dict)
    """By service name, in place of ours: Digipoort's own codes of the ophaalservice are not public."""
    lone_status_with_last: bool = False
    """Whether a list with one new status also holds the status before it: some client programs do not recognise a
    list with one element."""
