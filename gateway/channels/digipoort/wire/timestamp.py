"""The wsu:Timestamp of a message: when it was created, and whether it may still be used (WS-Security 1.0, 10)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from gateway.channels.digipoort.wire.canonical import WHITE_SPACE
from gateway.channels.digipoort.wire.faults import SignatureError, StaleError
from gateway.channels.digipoort.wire.names import WSU
from gateway.i18n import Text

_CREATED, _EXPIRES = f"{{{WSU}}}Created", f"{{{WSU}}}Expires"
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class AgePolicy:
    """How old a message may be."""

    skew: timedelta = timedelta(minutes=5)
    """How far a caller's clock may differ from ours."""
    age_max: timedelta = timedelta(minutes=10)
    """A message may be used this long after its Created, whatever its Expires says."""

    @property
    def replay_window(self) -> timedelta:
        """How long after its arrival a message can be sent again; longest with a Created in the future."""
        return self.age_max + 2 * self.skew


def require_fresh(timestamp: etree._Element, policy: AgePolicy, now: datetime) -> None:
    """Raises StaleError when the message may not be used now, SignatureError when its times cannot be read."""
    if [child.tag for child in timestamp] not in ([_CREATED], [_CREATED, _EXPIRES]):
        raise SignatureError(Text("the Timestamp needs one Created"))
    created_at, *expires_at = (_time(child) for child in timestamp)
    # Nothing is added to a time of the caller's: it may be the first or the last that there is.
    if created_at > now + policy.skew:
        raise StaleError(Text("the message is from the future"))
    if created_at < now - policy.age_max - policy.skew:
        raise StaleError(Text("the message is too old"))
    if expires_at and expires_at[0] < now - policy.skew:
        raise StaleError(Text("the message has expired"))
    if expires_at and expires_at[0] < created_at:
        raise SignatureError(Text("the Timestamp expires before it was created"))


def _time(element: etree._Element) -> datetime:
    """A time with Z or an offset, to the second; a time without either is refused."""
    found = None if len(element) else _INSTANT.fullmatch((element.text or "").strip(WHITE_SPACE))
    if not found:
        raise SignatureError(Text("a time in the Timestamp is not in UTC"))
    try:
        return datetime.fromisoformat(found[1] + found[2])
    except ValueError as error:
        raise SignatureError(Text("a time in the Timestamp does not exist")) from error
