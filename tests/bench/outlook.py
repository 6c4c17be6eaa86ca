"""How often the interval of a projection holds the year's total, and how often silence is a false alarm.

For each pattern of `tests/unit/billing/rating/simulated.py`, with a year of history: 150 years, on five days of
the year; at nominal 80 percent. False alarms are those of a year, looked at every working day, one for each
silence.
"""

import random
from collections.abc import Callable
from datetime import date, timedelta

from gateway.billing.rating.projection import project
from gateway.billing.rating.silence import silent_party
from tests.unit.billing.rating.simulated import AS_OF, PATTERNS, Year

YEARS = 150
YEARS_OF_SILENCE = 15
_FIRST, _LAST = date(2026, 1, 1), date(2026, 12, 31)


def outlook() -> dict[str, object]:
    """Coverage by pattern and day, the width of the interval, and false alarms for a party and year."""
    return {name: _measured(pattern) for name, pattern in PATTERNS.items()}


def _measured(pattern: Callable[[random.Random], Year]) -> dict[str, object]:
    generator = random.Random(20)
    years = [pattern(generator) for _ in range(YEARS)]
    found: dict[str, object] = {str(day): f"{coverage(years, day):.2f}" for day in AS_OF}
    found["false_alarms_a_year"] = round(sum(map(false_alarms, years[:YEARS_OF_SILENCE])) / YEARS_OF_SILENCE, 2)
    return found


def coverage(years: list[Year], today: date) -> float:
    """The share of years whose total lies in the interval that was projected on a day."""
    inside = 0
    for year in years:
        known = {day: units for day, units in year.items() if units and day < today}
        found = project(known, today, _FIRST, _LAST)
        assert found is not None
        inside += found.low <= sum(units for day, units in year.items() if day >= _FIRST) <= found.high
    return inside / len(years)


def false_alarms(year: Year) -> int:
    """How often a party that goes on as always is reported silent in the second year."""
    alarms = 0
    was_silent = False
    for number in range(365):
        today = _FIRST + timedelta(days=number)
        known = {day: units for day, units in year.items() if units and day < today}
        is_silent = silent_party("a", known, today) is not None
        alarms += is_silent and not was_silent
        was_silent = is_silent
    return alarms
