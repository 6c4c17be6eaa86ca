"""Simulated years of use in the patterns that parties have, for the outlook's test and bench."""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

Year = dict[date, int]
FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)
"""A year of history and the year that is projected."""


def _days() -> Iterator[date]:
    return (FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1))


def _poisson(generator: random.Random, mean: float) -> int:
    """A count: normal above fifty, by Knuth below."""
    if mean > 50:
        return max(0, round(generator.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, generator.random()
    while product > limit:
        count, product = count + 1, product * generator.random()
    return count


def _daily(generator: random.Random, shape: Callable[[date], float]) -> Year:
    found = {}
    for day in _days():
        mean = (20 if day.weekday() < 5 else 2) * shape(day)
        found[day] = _poisson(generator, mean)
    return found


def weekdays(generator: random.Random) -> Year:
    """Twenty on a working day, two in the weekend."""
    return _daily(generator, lambda _: 1)


def bursty_weeks(generator: random.Random) -> Year:
    """The same, each week times its own factor."""
    factors = {day.isocalendar()[:2]: generator.lognormvariate(0, 0.4) for day in _days()}
    return _daily(generator, lambda day: factors[day.isocalendar()[:2]])


def december_peak(generator: random.Random) -> Year:
    """Half in July and August, two and a half times in December."""
    return _daily(generator, lambda day: {7: 0.5, 8: 0.5, 12: 2.5}.get(day.month, 1))


def growth(generator: random.Random) -> Year:
    """Thirty percent a year, day by day."""
    return _daily(generator, lambda day: 1.3 ** ((day - FIRST).days / 365))


def month_turns(generator: random.Random) -> Year:
    """Four times as much in the last three days of a month and the first three of the next."""

    def shape(day: date) -> float:
        last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return 4 if day.day <= 3 or day.day > last.day - 3 else 1

    return _daily(generator, shape)


def monthly_batch(generator: random.Random) -> Year:
    """One batch of some 400 on the first working day from a day between the 1st and the 28th, within two days."""
    found: Year = dict.fromkeys(_days(), 0)
    usual = generator.randint(1, 26)
    for year in (2025, 2026):
        for month in range(1, 13):
            day = date(year, month, min(usual + generator.choice((0, 0, 1, 2)), 28))
            while day.weekday() > 4:
                day += timedelta(days=1)
            found[min(day, LAST)] += max(1, round(generator.gauss(400, 40)))
    return found


def february_batch(generator: random.Random) -> Year:
    """Five a day, and once a batch of some 3,000 in the last week of February: the tax."""
    found = _daily(generator, lambda _: 0.25)
    for year in (2025, 2026):
        found[date(year, 2, generator.randint(22, 28))] += max(1, round(generator.gauss(3_000, 150)))
    return found


PATTERNS: Mapping[str, Callable[[random.Random], Year]] = {
    one.__name__: one
    for one in (weekdays, bursty_weeks, december_peak, growth, month_turns, monthly_batch, february_batch)
}
AS_OF = (date(2026, 1, 20), date(2026, 3, 3), date(2026, 6, 2), date(2026, 9, 1), date(2026, 11, 3))
