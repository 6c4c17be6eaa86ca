"""The outlook of a party's use: projected against what it prepaid, and the warning that it gets."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gateway.billing.rating.projection import ByDay, Projection, project
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.i18n import Text


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
class Mail:
    """A message for people, to be sent by somebody else."""

    subject: Text
    body: Text


def outlook(
    party_id: str, service: Service, year: int, by_day: ByDay, today: date, prepaid: int | None
) -> Outlook:
    """A party's year: use so far, this month and the whole year projected."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    as_of = min(today, last)
    month_first = as_of.replace(day=1)
    month_last = (month_first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
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
