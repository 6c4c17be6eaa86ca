"""Which Amsterdam day, month and billing year a moment belongs to; quick enough for millions of entries."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from gateway.clock import AMSTERDAM, billing_date

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
HOUR = 3_600_000_000
"""In microseconds."""


class BillingDay(NamedTuple):
    """An Amsterdam calendar day as the meter sees it."""

    day: str
    """As `2026-11-23`."""
    year: int
    late_from: int
    """Recorded from this moment on (microseconds), an entry of this day is late: its month was over."""


day_of_hour: dict[int, BillingDay] = {}
"""What was worked out, by hours since 1970."""


def microseconds(moment: datetime) -> int:
    """A moment as whole microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """The moment, in UTC, of microseconds since 1970."""
    return _EPOCH + at * _MICROSECOND


def billing_day(at: int) -> BillingDay:
    """The Amsterdam calendar day of a moment in microseconds.

    Amsterdam's offset has been whole hours since 1940 and changes on the hour, so one answer holds for
    the whole UTC hour and is kept.
    """
    hour = at // HOUR
    found = day_of_hour.get(hour)
    if found is None:
        found = day_of_hour[hour] = _work_out(billing_date(moment(hour * HOUR)))
    return found


def _work_out(day: date) -> BillingDay:
    next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return BillingDay(day.isoformat(), day.year, midnight(next_month))


def year_bounds(year: int) -> tuple[int, int]:
    """The first moment of an Amsterdam year and of the next, in microseconds."""
    return midnight(date(year, 1, 1)), midnight(date(year + 1, 1, 1))


def midnight(day: date) -> int:
    """The first moment of an Amsterdam day, in microseconds."""
    return microseconds(datetime.combine(day, datetime.min.time(), tzinfo=AMSTERDAM))
