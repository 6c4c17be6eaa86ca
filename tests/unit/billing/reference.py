"""What a year has to come to, worked out another way: whole cents, from the messages, no documents, no runs.

It knows messages one by one, and what a party was on each day of the year.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

YEAR = 2019
FREE = 999
PRICE, SECOND_HALF_PRICE = Fraction(59, 100), Fraction(61, 100)  # Digipoort in this play
ESTIMATE, ACTUAL = Fraction(117, 1000), Fraction(116, 1000)  # DigiD 2019
OLD, NEW = 0, 1
"""Half years of Digipoort's price."""


def amsterdam_day(moment: datetime) -> date:
    """Amsterdam's day of a UTC moment, by the European rule for summer time: it lasts from the last Sunday of
    March to that of October, 01:00 UTC."""
    starts = datetime(moment.year, 3, 31, 1, tzinfo=UTC)
    ends = datetime(moment.year, 10, 31, 1, tzinfo=UTC)
    starts -= timedelta(days=(starts.weekday() + 1) % 7)
    ends -= timedelta(days=(ends.weekday() + 1) % 7)
    return (moment + timedelta(hours=2 if starts <= moment < ends else 1)).date()


def in_cents(amount: Fraction) -> int:
    """Whole cents, halves away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) * 100 + Fraction(1, 2))


@dataclass(frozen=True)
class Status:
    """What a party is on a day."""

    is_rijk: bool = False
    in_umbrella: bool = False


@dataclass
class ReferenceYear:
    """One party's year of Digipoort (with a price that rises in July) or of DigiD."""

    is_digipoort: bool
    facts: dict[date, Status] = field(default_factory=lambda: {date.min: Status()})
    """What holds from a day on; the latest record of a day."""
    forecast: int | None = None
    agreed: int | None = None
    moments: list[tuple[datetime, int]] = field(default_factory=list)
    prepaid_units: int | None = None
    """Units of the first prepayment; None: no run of prepayments has had this party."""
    prepaid_on_forecast: int = 0
    prepaid: dict[int, int] = field(default_factory=dict)
    """Cents in the basis of the price that were billed in advance, by percentage of tax."""
    is_settled: bool = False
    is_closed: bool = False

    @property
    def is_locked(self) -> bool:
        """Whether a forecast comes too late."""
        return self.is_settled or self.prepaid_units is not None

    def status(self, day: date) -> Status:
        """What it is on a day."""
        return self.facts[max(first for first in self.facts if first <= day)]

    def pays(self, status: Status) -> bool:
        """Whether it is invoiced at all."""
        return not (status.is_rijk if self.is_digipoort else status.in_umbrella)

    def units_of(self, year: int) -> int:
        """Units used in a year."""
        return sum(units for moment, units in self.moments if amsterdam_day(moment).year == year)

    def prepay(self) -> None:
        """A run of prepayments: nothing is returned, but for what was billed with another tax."""
        units = self.agreed
        if units is None:
            units = self.prepaid_units
        if units is None and self.forecast is None:
            units = self.units_of(YEAR - 1) or None
        if self.is_settled or (units is None and not self.prepaid):
            return
        if units is not None and self.prepaid_units is None:
            self.prepaid_units = units
        if self.agreed is not None:
            self.prepaid_on_forecast = max(self.prepaid_on_forecast, self.agreed)
        status = self.status(date(YEAR, 1, 1))
        due = 0
        if self.pays(status) and units:
            due = in_cents(units * PRICE if self.is_digipoort else max(units - FREE, 0) * ESTIMATE)
        percent = percent_of(status)
        self.prepaid = {percent: max(due, self.prepaid.get(percent, 0))}

    def parts(self) -> Iterator[tuple[Status, int, int]]:
        """Status, price and units of each part of the year in which neither changes."""
        used: dict[date, int] = {}
        for moment, units in self.moments:
            day = amsterdam_day(moment)
            used[day] = used.get(day, 0) + units
        days = {date(YEAR, 1, 1), date(YEAR, 7, 1), *(day for day in self.facts if day.year == YEAR)}
        ends = [*sorted(days)[1:], date(YEAR + 1, 1, 1)]
        parts: list[tuple[Status, int, int]] = []
        for first, end in zip(sorted(days), ends, strict=True):
            now = self.status(first), NEW if self.is_digipoort and first.month > 6 else OLD
            units = sum(units for day, units in used.items() if first <= day < end)
            if parts and parts[-1][:2] == now:
                units += parts.pop()[2]
            parts.append((*now, units))
        yield from parts

    def settled(self) -> dict[int, int]:
        """Cents that prepayment and settlements come to together, by percentage of tax."""
        found: dict[int, int] = {}
        free = 0 if self.is_digipoort else FREE
        for status, half, units in self.parts():
            if not self.pays(status):
                continue
            own_free = min(units, free)
            free -= own_free
            price = (PRICE, SECOND_HALF_PRICE)[half] if self.is_digipoort else ACTUAL
            percent = percent_of(status)
            found[percent] = found.get(percent, 0) + in_cents((units - own_free) * price)
        opening = self.status(date(YEAR, 1, 1))
        if self.is_digipoort and self.pays(opening):
            floor = in_cents(max(self.agreed or 0, self.prepaid_on_forecast) * PRICE)
            missing = max(floor - sum(found.values()), 0)
            found[percent_of(opening)] = found.get(percent_of(opening), 0) + missing
        return found

    def tax_of(self, cents: int, percent: int) -> int:
        """The tax in, or on, a year of so many cents."""
        rate = Fraction(percent, 100 + percent) if self.is_digipoort else Fraction(percent, 100)
        return in_cents(Fraction(cents, 100) * rate)


def percent_of(status: Status) -> int:
    """The tax of a party outside the Rijk."""
    return 0 if status.is_rijk else 21
