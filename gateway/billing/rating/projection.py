"""Projects a party's use: what is expected up to a day, and the interval in which it lies four times out of five.

With a year of history, the days to come are those of the year before, times the growth since then. Growth is the
ratio of the last 26 weeks (`PAIRED_WEEKS`) to the same weeks a year earlier: the ratio estimator of sampling
theory, and of the chain ladder by which insurers project claims. So weekdays, month ends, summer and the year's
end come from the party's own year, and a trend from its own growth. The weeks of that window differ from the
ratio; their dispersion (variance divided by mean, as in a quasi-Poisson model) gives the noise of the weeks to
come and the uncertainty of the ratio. A week of more than four times the usual is a peak, whose size is not
known better than to 10 percent.

Without a year of history, the days to come are the means of their weekdays over the last eight whole weeks
(`WEEKS`), and the variance of those weeks gives the interval: peaks that were never seen are not foreseen. With
less than two weeks of use there is no projection. Quantiles are those of Student's distribution.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median, variance

WEEKS = 8
PAIRED_WEEKS = 26
HISTORY_DAYS = 366 + 7 * (PAIRED_WEEKS + 1)
"""So far back use is looked at."""
_PAIRS_MIN = 2
_WEEK = 7
_MONDAY_TO_FRIDAY = 5
_Z80 = 1.2816
"""Ten percent of a normal distribution lies above it."""
_WIDER = 1.1
"""For what no model knows: without it the interval holds in 72 to 85 percent of simulated years."""
_PEAK = 4
_PEAK_ERROR = 0.1
_DAILY_SHARE = 0.6
"""A party with use on so many of its working days has weekdays; one that sends batches has dates."""
_DAY = timedelta(days=1)

ByDay = Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Projection:
    """Use up to and including a day: what is expected, and the interval in which it is four times out of five."""

    until: date
    used: int
    expected: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is to come: its mean and variance, and the quantile for its degrees of freedom."""

    mean: float
    variance: float
    quantile: float


def project(by_day: ByDay, today: date, first: date, until: date) -> Projection | None:
    """Use from `first` to `until`; of today only what was used counts. None: too little use."""
    window = _window(by_day, today)
    if len(window) < 2 * _WEEK:
        return None
    used = sum(units for when, units in by_day.items() if first <= when <= today)
    to_come = days(today + _DAY, until)
    means = _weekday_means(by_day, window)
    rest = _of_last_year(by_day, today, to_come, means) or _of_last_weeks(by_day, window, to_come, means)
    usual_today = median(by_day.get(when, 0) for when in window if when.weekday() == today.weekday())
    rest_of_today = max(usual_today - by_day.get(today, 0), 0.0) if first <= today <= until else 0.0
    expected = used + rest_of_today + rest.mean
    margin = _WIDER * rest.quantile * math.sqrt(rest.variance)
    low = max(used, math.floor(expected - margin))
    return Projection(until, used, round(expected), low, math.ceil(expected + margin))


def _of_last_year(by_day: ByDay, today: date, to_come: Sequence[date], means: Sequence[float]) -> _Rest | None:
    """From the same days of the year before; None where they are not known."""
    start = min(by_day)
    every = _pairs(by_day, today, start)
    usual = median(max(earlier, 1) for earlier, _ in every) if every else 1
    pairs = [pair for pair in every if max(pair) <= _PEAK * usual]
    if len(pairs) < _PAIRS_MIN or not any(earlier for earlier, _ in pairs):
        pairs = every
    before, now = sum(earlier for earlier, _ in pairs), sum(after for _, after in pairs)
    freedom = sum(any(pair) for pair in pairs) - 1
    if freedom < 1 or not before or _year_before(today) < start:
        return None
    ratio = now / before
    dispersion = sum((after - ratio * earlier) ** 2 for earlier, after in pairs) / (now or 1)
    dispersion *= (freedom + 1) / freedom
    base = ratio * _sum(by_day, map(_year_before, to_come)) * _weekday_factor(by_day, to_come, means)
    noise = dispersion * base * (1 + base / (now or 1))
    weeks = (_sum(by_day, map(_year_before, to_come[at : at + _WEEK])) for at in range(0, len(to_come), _WEEK))
    peaks = sum((_PEAK_ERROR * ratio * week) ** 2 for week in weeks if week > _PEAK * usual)
    return _Rest(base, noise + peaks, _quantile(freedom))


def _pairs(by_day: ByDay, today: date, start: date) -> list[tuple[int, int]]:
    """Use of whole weeks up to yesterday: a year before, and now. Seven days have each weekday once, whatever the
    year, so that weeks can be compared by their dates."""
    pairs = []
    for number in range(PAIRED_WEEKS):
        week = days(today - (number + 1) * _WEEK * _DAY, today - number * _WEEK * _DAY - _DAY)
        before = [_year_before(when) for when in week]
        if before[0] < start:
            break
        pairs.append((_sum(by_day, before), _sum(by_day, week)))
    return pairs


def _weekday_factor(by_day: ByDay, to_come: Sequence[date], means: Sequence[float]) -> float:
    """What the weekdays of the days to come make of those a year before: one Monday more, one Sunday less."""
    working = [when for when in by_day if when.weekday() < _MONDAY_TO_FRIDAY]
    span = len(working_days(min(by_day), max(by_day)))
    is_daily = sum(by_day[when] > 0 for when in working) >= _DAILY_SHARE * span
    before = sum(means[_year_before(when).weekday()] for when in to_come)
    return sum(means[when.weekday()] for when in to_come) / before if is_daily and before else 1.0


def _of_last_weeks(
    by_day: ByDay, window: Sequence[date], to_come: Sequence[date], means: Sequence[float]
) -> _Rest:
    weeks = [_sum(by_day, window[at : at + _WEEK]) for at in range(0, len(window), _WEEK)]
    left = len(to_come) / _WEEK
    spread = variance(weeks) * (left + left**2 / len(weeks))
    return _Rest(sum(means[when.weekday()] for when in to_come), spread, _quantile(len(weeks) - 1))


def _quantile(freedom: int) -> float:
    """The 90 percent quantile of Student's distribution, by the expansion of Cornish and Fisher."""
    z = _Z80
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / freedom + second / freedom**2


def _year_before(when: date) -> date:
    """The same date a year before; 28 February for the 29th."""
    return when.replace(year=when.year - 1, day=28 if (when.month, when.day) == (2, 29) else when.day)


def _sum(by_day: ByDay, wanted: "map[date] | Sequence[date]") -> int:
    return sum(by_day.get(when, 0) for when in wanted)


def _window(by_day: ByDay, today: date) -> Sequence[date]:
    """The last whole weeks that end yesterday, no further back than the first use."""
    if not by_day:
        return ()
    known = (today - min(by_day)).days // _WEEK
    weeks = min(known, WEEKS)
    return days(today - timedelta(weeks=weeks), today - _DAY) if weeks > 0 else ()


def _weekday_means(by_day: ByDay, window: Sequence[date]) -> Sequence[float]:
    weeks = len(window) / _WEEK
    totals = [0] * _WEEK
    for when in window:
        totals[when.weekday()] += by_day.get(when, 0)
    return [total / weeks for total in totals]


def days(first: date, last: date) -> Sequence[date]:
    """Every day from the first to the last."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def working_days(first: date, last: date) -> Sequence[date]:
    """Monday to Friday."""
    return [when for when in days(first, last) if when.weekday() < _MONDAY_TO_FRIDAY]
