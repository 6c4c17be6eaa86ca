"""A year of use as a chart: the places on it, where `chart.html` draws what they show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.billing.rating.outlook import Outlook
from gateway.billing.rating.projection import ByDay, Projection

WIDTH, HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 15, 20, 30
_STEP = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class YearChart:
    """What was used, the forecast, and where the year is heading."""

    seen: Outlook
    by_day: ByDay
    forecast: int | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT

    @property
    def ahead(self) -> Projection | None:
        """Where a year that is not over is heading."""
        return self.seen.whole_year if self.seen.as_of < self.last else None

    @property
    def last(self) -> date:
        """The end of the year."""
        return date(self.seen.year, 12, 31)

    @property
    def most(self) -> int:
        """The units at the top."""
        return max(1, self.seen.used, self.forecast or 0, self.ahead.high if self.ahead else 0)

    def first_of(self, month: int) -> date:
        """The first day of a month."""
        return date(self.seen.year, month, 1)

    def x(self, day: date) -> float:
        """The place of a day."""
        first = self.first_of(1)
        return round(_LEFT + (day - first).days / (self.last - first).days * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, units: int) -> float:
        """The place of so many units."""
        return round(HEIGHT - _BOTTOM - units / self.most * (HEIGHT - _TOP - _BOTTOM), 1)

    def at(self, day: date, units: int) -> str:
        """The place of both."""
        return f"{self.x(day)},{self.y(units)}"

    def use(self) -> Iterator[str]:
        """The places of the use so far, every few days."""
        units, day = 0, self.first_of(1)
        following = day
        while day <= self.seen.as_of:
            units += self.by_day.get(day, 0)
            if day >= following or day == self.seen.as_of:
                yield self.at(day, units)
                following = day + _STEP
            day += timedelta(days=1)
