"""Dates as XML Schema writes them, compared as it compares them."""

import re
from functools import lru_cache

from gateway.i18n import Text
from gateway.validator.model.terms import Unreadable

_DATE = re.compile(r"[ \t\r\n]*(-?)([0-9]{4,})-([0-9]{2})-([0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?[ \t\r\n]*")
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MINUTES_A_DAY = 1440
_OFFSET_MINUTES_MAX = 840


class NotADate(Unreadable):
    """A text that should be a date and is not one of the calendar."""

    def __init__(self, text: str) -> None:
        super().__init__(text, Text("a date"), "2026-01-31")


@lru_cache(maxsize=4096)
def instant(text: str) -> int:
    """The minute at which the day begins, counted from a fixed day; without an offset the day is in UTC.

    Any year, also before 1 and after 9999. Raises NotADate.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise NotADate(text)
    minus, year_digits, month_digits, day_digits, offset = match.groups()
    year, month, day = int(minus + year_digits), int(month_digits), int(day_digits)
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1] + (month == 2 and _is_leap(year)):
        raise NotADate(text)
    return _days(year, month, day) * _MINUTES_A_DAY - _offset(offset or "Z", text)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days(year: int, month: int, day: int) -> int:
    """Days in the proleptic Gregorian calendar, counting a year from March so that leap days come last."""
    year -= month <= 2
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + of_year


def _offset(offset: str, text: str) -> int:
    if offset == "Z":
        return 0
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    if minutes > _OFFSET_MINUTES_MAX or int(offset[4:6]) > 59:
        raise NotADate(text)
    return -minutes if offset[0] == "-" else minutes
