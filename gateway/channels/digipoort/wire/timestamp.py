"""The wsu:Timestamp of a message: when it was created, and whether it may still be used (WS-Security 1.0, 10)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

from gateway.channels.digipoort.wire.faults import SignatureError, StaleError
from gateway.channels.digipoort.wire.names import WSU
from gateway.i18n import Text

_CREATED, _EXPIRES = f"{{{WSU}}}Created", f"{{{WSU}}}Expires"
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


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


def require_fresh(timestamp: etree._Element, policy: AgePolicy, now: datetime) -> datetime:
    """When the message was created, if it may still be used. Raises SignatureError and StaleError."""
    created, expires = _times(timestamp)
    created_at = _utc(created)
    if created_at > now + policy.skew:
        raise StaleError(Text("the message is from the future"))
    if now > created_at + policy.age_max + policy.skew:
        raise StaleError(Text("the message is too old"))
    if expires is not None and _utc(expires) + policy.skew < now:
        raise StaleError(Text("the message has expired"))
    return created_at


def _times(timestamp: etree._Element) -> tuple[str, str | None]:
    """Created and Expires as they are written."""
    names = [child.tag for child in timestamp]
    if names not in ([_CREATED], [_CREATED, _EXPIRES]):
        raise SignatureError(Text("the Timestamp needs one Created"))
    if any(len(child) for child in timestamp):
        raise _not_utc()
    return timestamp[0].text or "", timestamp[1].text or "" if len(timestamp) > 1 else None


def _utc(written: str) -> datetime:
    """A time with Z or an offset; a time without either is refused."""
    found = _INSTANT.fullmatch(written.strip())
    if not found:
        raise _not_utc()
    try:
        moment = datetime.fromisoformat(found[1] + (found[3] if found[3] != "Z" else "+00:00"))
    except ValueError as error:
        raise SignatureError(Text("a time in the Timestamp does not exist")) from error
    return moment.astimezone(UTC)


def _not_utc() -> SignatureError:
    return SignatureError(Text("a time in the Timestamp is not in UTC"))
