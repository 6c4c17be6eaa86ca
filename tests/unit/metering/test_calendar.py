"""The Amsterdam calendar of the meter, against the standard library's time zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import to_microseconds
from gateway.metering.calendar import billing_day, midnight, year_bounds

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
times = st.integers(0, 130 * 365 * 24 * 3_600).map(
    lambda seconds: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(times)
def test_a_day_is_the_date_in_amsterdam(at: datetime) -> None:
    local = at.astimezone(AMSTERDAM)
    day = billing_day(to_microseconds(at))
    assert (day.day, day.year) == (local.date().isoformat(), local.year)


@given(times)
def test_an_entry_is_late_from_the_start_of_the_next_month(at: datetime) -> None:
    local = at.astimezone(AMSTERDAM)
    year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    assert billing_day(to_microseconds(at)).late_from == to_microseconds(
        datetime(year, month, 1, tzinfo=AMSTERDAM)
    )


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)]
)
def test_a_day_has_the_hours_that_the_clock_change_leaves(day: date, hours: int) -> None:
    assert midnight(day + timedelta(days=1)) - midnight(day) == hours * 3_600_000_000


def test_a_year_ends_where_the_next_begins() -> None:
    begin, end = year_bounds(2026)
    assert begin == to_microseconds(datetime(2025, 12, 31, 23, tzinfo=UTC))
    assert end == year_bounds(2027)[0]
