"""Who is signed in to the portal, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.messages.participants import Caller

IDLE_MAX = timedelta(minutes=30)
"""A session that is not used for so long ends."""
SESSION_MAX = timedelta(hours=8)
"""No session is longer: a working day."""
EXTENDED_EVERY = timedelta(minutes=5)
"""A session that is used is extended no oftener."""
LINK_MAX = timedelta(hours=12)
"""So long a link of the demo can be opened, once."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs in: with an API key, and then `name` is empty; or as a person whose account is elsewhere."""

    caller: Caller
    name: str = ""

    @property
    def has_key(self) -> bool:
        """Whether the session ends with an API key."""
        return not self.name


@dataclass(frozen=True, slots=True)
class Session:
    """A session that has not ended; of one by key the key may have been revoked."""

    person: Person
    opened_at: datetime
    expires_at: datetime


def next_expiry(session: Session, now: datetime) -> datetime | None:
    """Until when a session that is used now is to be extended; None when it need not be."""
    until = min(now + IDLE_MAX, session.opened_at + SESSION_MAX)
    return until if until - session.expires_at >= EXTENDED_EVERY else None
