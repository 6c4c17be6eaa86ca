"""The Amsterdam day, month and billing year of a time, fast enough for millions of entries."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from gateway.clock import AMSTERDAM, billing_date, from_microseconds, to_microseconds

HOUR = 3_600_000_000
"""In microseconds."""


class BillingDay(NamedTuple):
    """An Amsterdam calendar day."""

    day: str
    """As `2026-11-23`."""
    year: int
    late_from: int
    """Entries of this day are late when they were recorded from this time (microseconds): the month was over."""


day_of_hour: dict[int, BillingDay] = {}
"""Days that were computed before, by hours since 1970."""


def billing_day(at: int) -> BillingDay:
    """The Amsterdam calendar day of a time in microseconds.

    Amsterdam's offset has been whole hours since 1940 and changes on the hour, so the day of a
    whole UTC hour is computed once.
    """
    hour = at // HOUR
    found = day_of_hour.get(hour)
    if found is None:
        found = day_of_hour[hour] = _billing_day(billing_date(from_microseconds(hour * HOUR)))
    return found


def _billing_day(day: date) -> BillingDay:
    next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return BillingDay(day.isoformat(), day.year, midnight(next_month))


def year_bounds(year: int) -> tuple[int, int]:
    """The start of an Amsterdam year and of the next, in microseconds."""
    return midnight(date(year, 1, 1)), midnight(date(year + 1, 1, 1))


def midnight(day: date) -> int:
    """The start of an Amsterdam day, in microseconds."""
    return to_microseconds(datetime.combine(day, datetime.min.time(), tzinfo=AMSTERDAM))
