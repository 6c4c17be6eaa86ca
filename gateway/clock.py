"""Time: timestamps in UTC, billing dates in Europe/Amsterdam."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

Clock = Callable[[], datetime]
"""Answers the time now, in UTC. Handed in, so that a test can hold it still."""


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def billing_date(at: datetime) -> date:
    """The Amsterdam calendar date of a time in UTC: it decides the billing year."""
    return at.astimezone(AMSTERDAM).date()


def amsterdam_today() -> date:
    """The calendar date in Amsterdam now."""
    return billing_date(utc_now())
