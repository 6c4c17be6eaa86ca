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


def billing_date(moment: datetime) -> date:
    """The Amsterdam calendar date on which a UTC moment falls: it decides the billing year."""
    return moment.astimezone(AMSTERDAM).date()
