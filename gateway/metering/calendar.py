"""Which Amsterdam day, month and billing year a moment belongs to; quick enough for millions of entries."""

from datetime import UTC, date, datetime, timedelta

from gateway.clock import AMSTERDAM, billing_date

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3_600_000_000
_day_of_hour: dict[int, str] = {}


def microseconds(moment: datetime) -> int:
    """A moment as whole microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """The moment, in UTC, of microseconds since 1970."""
    return _EPOCH + at * _MICROSECOND


def billing_day(at: int) -> str:
    """The Amsterdam calendar day of a moment in microseconds, as `2026-11-23`.

    Amsterdam's offset has been whole hours since 1940 and changes on the hour, so one answer holds for
    the whole UTC hour and is kept.
    """
    hour = at // _HOUR
    day = _day_of_hour.get(hour)
    if day is None:
        day = _day_of_hour[hour] = billing_date(moment(hour * _HOUR)).isoformat()
    return day


def year_bounds(year: int) -> tuple[int, int]:
    """The first moment of an Amsterdam year and of the next, in microseconds."""
    return _new_year(year), _new_year(year + 1)


def _new_year(year: int) -> int:
    midnight = datetime.combine(date(year, 1, 1), datetime.min.time(), tzinfo=AMSTERDAM)
    return microseconds(midnight)


def is_late(day: str, recorded_day: str) -> bool:
    """Recorded in a later Amsterdam month than it belongs to: that month's statement had been drawn up."""
    return recorded_day[:7] > day[:7]
