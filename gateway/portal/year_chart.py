"""A year of use as a chart: what was used, the forecast, and where the year is heading; an SVG."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from gateway.billing.rating.outlook import Outlook
from gateway.billing.rating.projection import ByDay
from gateway.i18n import Text, format_count, format_month

WIDTH, HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 15, 20, 30
_STEP = timedelta(days=5)
_TICKS = (1, 4, 7, 10)
"""Months with their name below the chart."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """From days and units to places on the chart."""

    first: date
    days: int
    most: int

    def x(self, day: date) -> float:
        return round(_LEFT + (day - self.first).days / self.days * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, units: int) -> float:
        return round(HEIGHT - _BOTTOM - units / self.most * (HEIGHT - _TOP - _BOTTOM), 1)

    def at(self, day: date, units: int) -> str:
        return f"{self.x(day)},{self.y(units)}"


def year_chart(seen: Outlook, by_day: ByDay, forecast: int | None, language: str) -> Markup:
    """The chart; what it says is in `about`, for who does not see it."""
    first, last = date(seen.year, 1, 1), date(seen.year, 12, 31)
    ahead = seen.whole_year if seen.as_of < last else None
    most = max(1, seen.used, forecast or 0, ahead.high if ahead else 0)
    scale = _Scale(first, (last - first).days, most)
    points = " ".join(scale.at(day, units) for day, units in _sums(by_day, first, seen.as_of))
    parts = [Markup('<polyline class="used" points="{}"/>').format(points)]
    if ahead:
        start = scale.at(seen.as_of, seen.used)
        parts += [
            Markup('<polygon class="range" points="{} {} {}"/>').format(
                start, scale.at(last, ahead.high), scale.at(last, ahead.low)
            ),
            Markup('<polyline class="expected" points="{} {}"/>').format(start, scale.at(last, ahead.expected)),
        ]
    if forecast is not None:
        line = Markup('<line class="forecast" x1="{}" x2="{}" y1="{}" y2="{}"/>')
        parts.append(line.format(_LEFT, WIDTH - _RIGHT, scale.y(forecast), scale.y(forecast)))
    parts += _axes(scale, seen.year, most, language)
    about = _about(seen, forecast, language)
    svg = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>')
    return svg.format(WIDTH, HEIGHT, about, Markup("").join(parts))


def _sums(by_day: ByDay, first: date, until: date) -> Iterator[tuple[date, int]]:
    """The use so far, every few days."""
    used, day, following = 0, first, first
    while day <= until:
        used += by_day.get(day, 0)
        if day >= following or day == until:
            yield day, used
            following = day + _STEP
        day += timedelta(days=1)


def _axes(scale: _Scale, year: int, most: int, language: str) -> Iterator[Markup]:
    line = Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>')
    text = Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>')
    yield line.format(_LEFT, WIDTH - _RIGHT, scale.y(0), scale.y(0))
    for units in (0, most):
        yield text.format(_LEFT - 6, scale.y(units) + 4, "end", format_count(units, language))
    for month in _TICKS:
        day = date(year, month, 1)
        yield text.format(scale.x(day), HEIGHT - 8, "middle", format_month(day, language).split()[0])


def _about(seen: Outlook, forecast: int | None, language: str) -> str:
    sentences = [Text("Used until {day:date}: {units:n}.", day=seen.as_of, units=seen.used)]
    if forecast is not None:
        sentences.append(Text("Forecast: {units:n}.", units=forecast))
    if seen.whole_year:
        year = seen.whole_year
        expected = Text(
            "Expected for the year: {units:n}, between {low:n} and {high:n}.",
            units=year.expected,
            low=year.low,
            high=year.high,
        )
        sentences.append(expected)
    return " ".join(one.in_language(language) for one in sentences)
