"""Time: timestamps in UTC, billing dates in Europe/Amsterdam."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Clock = Callable[[], datetime]
"""Returns the time now, in UTC. It is a parameter, so that a test can stop it."""


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def billing_date(at: datetime) -> date:
    """The Amsterdam calendar date of a time in UTC: it decides the billing year."""
    return at.astimezone(AMSTERDAM).date()


def amsterdam_today() -> date:
    """The calendar date in Amsterdam now."""
    return billing_date(utc_now())


def to_microseconds(at: datetime) -> int:
    """A time as whole microseconds since 1970, UTC: how the database stores it."""
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(at: int) -> datetime:
    """The time, in UTC, of microseconds since 1970."""
    return _EPOCH + at * _MICROSECOND
