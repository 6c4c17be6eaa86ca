"""What a year has to come to, worked out another way: whole tenths of cents, no documents, no runs.

The reference for `test_properties`. It knows messages one by one and sums them when asked.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction

FREE = 999
PREPAID_PRICE = Fraction(59, 100)
SECOND_HALF_PRICE = Fraction(61, 100)
ESTIMATE, ACTUAL = Fraction(138, 1000), Fraction(100, 1000)  # DigiD 2020


def amsterdam_year_and_half(moment: datetime) -> tuple[int, int]:
    """Amsterdam's year and half year of a UTC moment, by the European rule for summer time: it lasts from
    the last Sunday of March to that of October, 01:00 UTC."""
    starts = datetime(moment.year, 3, 31, 1, tzinfo=UTC)
    ends = datetime(moment.year, 10, 31, 1, tzinfo=UTC)
    starts -= timedelta(days=(starts.weekday() + 1) % 7)
    ends -= timedelta(days=(ends.weekday() + 1) % 7)
    local = moment + timedelta(hours=2 if starts <= moment < ends else 1)
    return local.year, 1 if local.month <= 6 else 2


def in_cents(amount: Fraction) -> int:
    """Whole cents, halves away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) * 100 + Fraction(1, 2))


@dataclass
class ReferenceYear:
    """One party's year of Digipoort (with a price that rises in July) or of DigiD."""

    is_digipoort: bool
    year: int
    is_rijk: bool = False
    in_umbrella: bool = False
    forecast: int | None = None
    moments: list[tuple[datetime, int]] = field(default_factory=list)
    prepaid: int = 0
    """Cents, in the basis of the price."""

    def pays(self) -> bool:
        """Whether it is invoiced at all."""
        return not (self.is_rijk if self.is_digipoort else self.in_umbrella)

    def prepay(self) -> int:
        """Cents to prepay, which are then prepaid."""
        units = self.forecast if self.forecast is not None else sum(self.halves(self.year - 1).values())
        if not self.pays():
            return 0
        if self.is_digipoort:
            self.prepaid = in_cents(units * PREPAID_PRICE)
        else:
            self.prepaid = in_cents(max(units - FREE, 0) * ESTIMATE)
        return self.prepaid

    def halves(self, year: int) -> dict[int, int]:
        """Units in each half of a year."""
        halves = {1: 0, 2: 0}
        for moment, units in self.moments:
            when, half = amsterdam_year_and_half(moment)
            if when == year:
                halves[half] += units
        return halves

    def settled(self) -> int:
        """Cents that prepayment and settlements come to together."""
        if not self.pays():
            return 0
        halves = self.halves(self.year)
        if not self.is_digipoort:
            return in_cents(max(sum(halves.values()) - FREE, 0) * ACTUAL)
        rated = in_cents(halves[1] * PREPAID_PRICE) + in_cents(halves[2] * SECOND_HALF_PRICE)
        return max(rated, self.prepaid)

    def tax_of(self, cents: int) -> int:
        """The tax in, or on, a document of so many cents."""
        if self.is_rijk:
            return 0
        rate = Fraction(21, 121) if self.is_digipoort else Fraction(21, 100)
        return in_cents(Fraction(cents, 100) * rate)
