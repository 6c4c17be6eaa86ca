"""The outlook of a party's use: a projection and how certain it is; and which parties have become silent.

Projection: what was used, and for each day to come the mean of its weekday over the last eight whole weeks
(`WEEKS`). Uncertainty: the weeks' totals in that window differ; their variance gives an interval that
holds four times out of five (80%), for the noise of the weeks to come and the uncertainty of their mean. With less
than two weeks of use there is no projection. Holidays and growth are not modelled: the window follows them within
eight weeks.

SilentParty: over the same window, with λ messages a working day, a gap of g working days happens by chance
with probability exp(-λg). A gap is reported when that is below 1 in 1,000 and it is longer than any gap
of the window before it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import variance

from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.i18n import Text

WEEKS = 8
_WEEK = 7
_MONDAY_TO_FRIDAY = 5
_Z80 = 1.2816
"""Ten percent of a normal distribution lies above it."""
_CHANCE_MAX = 0.001
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


class OutlookStatus(StrEnum):
    """How a year's use relates to what was prepaid."""

    WITHIN = "within"
    POSSIBLY_OVER = "possibly-over"
    """The upper end of the projection is above it."""
    EXPECTED_OVER = "expected-over"
    OVER = "over"
    UNKNOWN = "unknown"
    """Nothing was prepaid, or there is too little use to project."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A party's year so far, and projected; a projection is None while there is too little use."""

    party_id: str
    service: Service
    year: int
    as_of: date
    used: int
    prepaid: int | None
    month: Projection | None
    whole_year: Projection | None

    @property
    def status(self) -> OutlookStatus:
        """Whether it is expected to pass what was prepaid."""
        if self.prepaid is None:
            return OutlookStatus.UNKNOWN
        if self.used > self.prepaid:
            return OutlookStatus.OVER
        if self.whole_year is None:
            return OutlookStatus.UNKNOWN
        if self.whole_year.expected > self.prepaid:
            return OutlookStatus.EXPECTED_OVER
        return OutlookStatus.POSSIBLY_OVER if self.whole_year.high > self.prepaid else OutlookStatus.WITHIN


@dataclass(frozen=True, slots=True)
class YearMeasure:
    """A service's year for all parties: units forecast and used, and how many parties are over their forecast or
    expected to be."""

    forecast: int
    used: int
    parties_over: int


@dataclass(frozen=True, slots=True)
class SilentParty:
    """A party that normally has use and now has none."""

    party_id: str
    last_seen: date
    working_days: int
    usual_a_day: float


@dataclass(frozen=True, slots=True)
class Mail:
    """A message for people, to be sent by somebody else."""

    subject: Text
    body: Text


def project(by_day: ByDay, today: date, first: date, until: date) -> Projection | None:
    """Use from `first` to `until`; of today only what was used counts. None: too little use."""
    window = _window(by_day, today)
    if len(window) < 2 * _WEEK:
        return None
    used = sum(units for when, units in by_day.items() if first <= when <= today)
    means = _weekday_means(by_day, window)
    to_come = _days(today + _DAY, until)
    rest_of_today = max(means[today.weekday()] - by_day.get(today, 0), 0.0) if first <= today <= until else 0.0
    expected = used + rest_of_today + sum(means[when.weekday()] for when in to_come)
    margin = _Z80 * math.sqrt(_variance(by_day, window, len(to_come) / _WEEK))
    low = max(used, math.floor(expected - margin))
    return Projection(until, used, round(expected), low, math.ceil(expected + margin))


def outlook(
    party_id: str, service: Service, year: int, by_day: ByDay, today: date, prepaid: int | None
) -> Outlook:
    """A party's year: use so far, this month and the whole year projected."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    as_of = min(today, last)
    month_first = as_of.replace(day=1)
    month_last = (month_first + timedelta(days=32)).replace(day=1) - _DAY
    return Outlook(
        party_id,
        service,
        year,
        as_of,
        sum(units for when, units in by_day.items() if first <= when <= as_of),
        prepaid,
        project(by_day, as_of, month_first, month_last),
        project(by_day, as_of, first, last),
    )


def silent_party(party_id: str, by_day: ByDay, today: date) -> SilentParty | None:
    """The party, when it is silent up to and including yesterday; else None."""
    seen = [when for when, units in by_day.items() if units > 0 and when <= today]
    if not seen:
        return None
    last_seen = max(seen)
    quiet = len(_working_days(last_seen + _DAY, today - _DAY))
    window = _working_days(last_seen - timedelta(weeks=WEEKS), last_seen)
    usual = sum(by_day.get(when, 0) for when in window) / len(window)
    by_chance = math.exp(-usual * quiet)
    if by_chance < _CHANCE_MAX and quiet > _longest_gap(by_day, window):
        return SilentParty(party_id, last_seen, quiet, usual)
    return None


def warning_mail(name: str, seen: Outlook) -> Mail | None:
    """The warning to a party that passes what it prepaid or is expected to; None for another."""
    if (
        seen.status not in {OutlookStatus.OVER, OutlookStatus.EXPECTED_OVER, OutlookStatus.POSSIBLY_OVER}
        or seen.prepaid is None
    ):
        return None
    words = SERVICE_NAMES[seen.service]
    subject = Text(
        "{service} {year}: {verdict}", service=words.name, year=seen.year, verdict=_VERDICTS[seen.status]
    )
    facts = Text(
        "Dear {name},\n\nup to {as_of:date} you used {used:n} {units}; you prepaid "
        "{prepaid:n}.{projection}\nYou need not do anything: what you use above it is billed at "
        "the settlement.",
        name=name,
        as_of=seen.as_of,
        used=seen.used,
        units=words.units,
        prepaid=seen.prepaid,
        projection=_projection_text(seen.whole_year),
    )
    return Mail(subject, facts)


_VERDICTS = {
    OutlookStatus.OVER: Text("you have used more than you prepaid"),
    OutlookStatus.EXPECTED_OVER: Text("you will probably use more than you prepaid"),
    OutlookStatus.POSSIBLY_OVER: Text("you may use more than you prepaid"),
}


def _projection_text(projection: Projection | None) -> Text:
    if projection is None:
        return Text("")
    return Text(
        " At this pace it will be about {expected:n} by {until:date} (between {low:n} and {high:n}).",
        until=projection.until,
        expected=projection.expected,
        low=projection.low,
        high=projection.high,
    )


def _window(by_day: ByDay, today: date) -> Sequence[date]:
    """The last whole weeks that end yesterday, no further back than the first use."""
    if not by_day:
        return ()
    known = (today - min(by_day)).days // _WEEK
    weeks = min(known, WEEKS)
    return _days(today - timedelta(weeks=weeks), today - _DAY) if weeks > 0 else ()


def _weekday_means(by_day: ByDay, window: Sequence[date]) -> Sequence[float]:
    weeks = len(window) / _WEEK
    totals = [0] * _WEEK
    for when in window:
        totals[when.weekday()] += by_day.get(when, 0)
    return [total / weeks for total in totals]


def _variance(by_day: ByDay, window: Sequence[date], weeks_to_come: float) -> float:
    """The variance of the sum of the weeks to come: of the weeks themselves, and of their estimated mean."""
    weeks = [
        sum(by_day.get(when, 0) for when in window[start : start + _WEEK])
        for start in range(0, len(window), _WEEK)
    ]
    return variance(weeks) * (weeks_to_come + weeks_to_come**2 / len(weeks))


def _days(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _working_days(first: date, last: date) -> Sequence[date]:
    return [when for when in _days(first, last) if when.weekday() < _MONDAY_TO_FRIDAY]


def _longest_gap(by_day: ByDay, window: Sequence[date]) -> int:
    longest = gap = 0
    for when in window:
        gap = 0 if by_day.get(when, 0) > 0 else gap + 1
        longest = max(longest, gap)
    return longest
