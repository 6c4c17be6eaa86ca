"""Where use is heading: exact for steady use, honest about the rest; silence that is not chance."""

import random
from datetime import date, timedelta

import pytest

from gateway.billing.rating.outlook import OutlookStatus, outlook, warning_mail
from gateway.billing.rating.projection import project
from gateway.billing.rating.services import Service
from gateway.billing.rating.silence import silent_party
from tests.bench.outlook import coverage, false_alarms
from tests.unit.billing.rating.simulated import AS_OF, PATTERNS, monthly_batch

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
TODAY = date(2026, 7, 1)


def days(first: date, last: date) -> list[date]:
    """Every day between two, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def steady(a_working_day: int, last: date = TODAY) -> dict[date, int]:
    """The same every working day, nothing at the weekend."""
    return {day: a_working_day for day in days(FIRST, last) if day.weekday() < 5}


def test_steady_use_is_projected_exactly_and_surely() -> None:
    found = project(steady(10), TODAY, FIRST, LAST)
    assert found is not None
    working_days = sum(day.weekday() < 5 for day in days(FIRST, LAST))
    assert (found.expected, found.low, found.high) == (10 * working_days,) * 3


def test_the_interval_holds_about_four_times_in_five() -> None:
    """Against a simulation: independent days, drawn anew for each of 400 years."""
    generator = random.Random(7)
    inside = 0
    for _ in range(400):
        year = {day: generator.randint(0, 20) for day in days(FIRST, LAST)}
        found = project({day: units for day, units in year.items() if day <= TODAY}, TODAY, FIRST, LAST)
        assert found is not None
        inside += found.low <= sum(year.values()) <= found.high
    assert 0.68 < inside / 400 < 0.90


@pytest.mark.parametrize("name", PATTERNS)
def test_with_a_year_of_history_the_interval_holds_whatever_the_pattern(name: str) -> None:
    """December, growth, month ends, batches: 24 simulated years each; `python -m tests.bench outlook` takes
    more."""
    generator = random.Random(5)
    years = [PATTERNS[name](generator) for _ in range(24)]
    held = [coverage(years, day) for day in AS_OF[::2]]
    assert sum(held) / len(held) > 0.7
    assert min(held) > 0.5


def test_a_december_peak_and_growth_are_expected_where_they_are() -> None:
    """Exactly: the same year again, and one with a tenth more of everything."""
    peak = {day: 25 if day.month == 12 else 10 for day in days(date(2025, 1, 1), LAST) if day.weekday() < 5}
    more = {day: units * (11 if day.year == 2026 else 10) for day, units in peak.items()}
    for year, tolerance in ((peak, 0.01), (more, 0.01)):
        found = project({day: units for day, units in year.items() if day < TODAY}, TODAY, FIRST, LAST)
        total = sum(units for day, units in year.items() if day >= FIRST)
        assert found is not None
        assert abs(found.expected - total) < tolerance * total


def test_a_monthly_sender_that_goes_on_is_seldom_called_silent_and_one_that_stops_is_found() -> None:
    generator = random.Random(9)
    alarms = [false_alarms(monthly_batch(generator)) for _ in range(3)]
    assert max(alarms) <= 1
    year = monthly_batch(generator)
    stopped = {day: units for day, units in year.items() if units and day < TODAY}
    assert silent_party("a", stopped, TODAY + timedelta(days=75)) is not None


def test_little_is_known_of_two_weeks_and_nothing_of_less() -> None:
    assert project({}, TODAY, FIRST, LAST) is None
    assert project(steady(10, date(2026, 1, 10)), date(2026, 1, 10), FIRST, LAST) is None
    assert project(steady(10, date(2026, 1, 16)), date(2026, 1, 16), FIRST, LAST) is not None


def test_the_month_ends_where_it_ends() -> None:
    seen = outlook("a", Service.DIGIPOORT, 2026, steady(10, date(2026, 2, 10)), date(2026, 2, 10), 1_000)
    assert seen.month is not None
    assert seen.month.until == date(2026, 2, 28)
    assert (seen.month.used, seen.month.expected) == (70, 200)


@pytest.mark.parametrize(
    ("prepaid", "status"),
    [
        (None, OutlookStatus.UNKNOWN),
        (100, OutlookStatus.OVER),
        (2_000, OutlookStatus.EXPECTED_OVER),
        (2_610, OutlookStatus.WITHIN),
        (9_000, OutlookStatus.WITHIN),
    ],
)
def test_the_status(prepaid: int | None, status: OutlookStatus) -> None:
    seen = outlook("a", Service.DIGIPOORT, 2026, steady(10), TODAY, prepaid)
    assert seen.status is status
    assert (warning_mail("Gemeente Zilverstrand", seen) is None) == (
        status in {OutlookStatus.UNKNOWN, OutlookStatus.WITHIN}
    )


def test_the_mail_says_the_numbers_in_both_languages() -> None:
    mail = warning_mail("Gemeente Zilverstrand", outlook("a", Service.DIGIPOORT, 2026, steady(10), TODAY, 2_000))
    assert mail is not None
    assert "vooruitbetaald zijn er 2.000" in mail.body.nl
    assert "ongeveer 2.610" in mail.body.nl
    assert "about 2,610 by 31 December 2026" in mail.body.en
    assert (
        mail.subject.nl == "Digipoort e-factureren 2026: u gaat waarschijnlijk meer gebruiken dan vooruitbetaald"
    )


@pytest.mark.parametrize(
    ("last_use", "today", "is_silent"),
    [
        (date(2026, 6, 26), date(2026, 6, 29), False),  # a weekend
        (date(2026, 6, 26), date(2026, 6, 30), True),  # Monday passed without any of the usual ten
        (date(2026, 6, 26), date(2026, 7, 10), True),
    ],
)
def test_a_party_that_always_receives_falls_silent(last_use: date, today: date, is_silent: bool) -> None:
    found = silent_party("a", steady(10, last_use), today)
    assert (found is not None) is is_silent
    if found:
        assert found.last_seen == last_use


def test_one_that_receives_now_and_then_is_not_silent_soon() -> None:
    monthly = {date(2026, month, 15): 40 for month in range(1, 7)}
    assert silent_party("a", monthly, date(2026, 7, 10)) is None
    assert silent_party("a", {}, TODAY) is None
    assert silent_party("a", {date(2026, 3, 2): 700}, TODAY) is None
