"""Parties that normally have use and suddenly have none.

What counts are days with use, not units: a batch of a thousand is one event. Looked at are the working days of
the 52 weeks (`WEEKS`) up to the last use. A gap is reported when it is longer than any of them, and

- of a party with use on every working day, its chance is below 1 in 1,000: exp(-λg) with λ units a day and g days;
- of a party whose gaps are regular (a monthly sender), it is more than half as long again as the longest;
- of another, both hold, with the chance (1 - p)^g where p is the share of days with use.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean, pstdev

from gateway.billing.rating.projection import ByDay, working_days

WEEKS = 52
_CHANCE_MAX = 0.001
_LONGER = 1.5
_REGULAR = 0.5
"""Gaps are regular when their standard deviation is at most half of their mean."""
_GAPS_MIN = 3
_WORKING_DAYS_MIN = 10
"""With less than two weeks between its first and its last use, nothing is usual for a party."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SilentParty:
    """A party that normally has use and now has none."""

    party_id: str
    last_seen: date
    working_days: int
    usual_a_day: float


def silent_party(party_id: str, by_day: ByDay, today: date) -> SilentParty | None:
    """The party, when it is silent up to and including yesterday; else None."""
    seen = [when for when, units in by_day.items() if units > 0 and when <= today]
    if not seen:
        return None
    last_seen = max(seen)
    quiet = len(working_days(last_seen + _DAY, today - _DAY))
    window = working_days(max(min(seen), last_seen - timedelta(weeks=WEEKS)), last_seen) or [last_seen]
    usual = sum(by_day.get(when, 0) for when in window) / len(window)
    if _is_silent(quiet, usual, [by_day.get(when, 0) > 0 for when in window]):
        return SilentParty(party_id, last_seen, quiet, usual)
    return None


def _is_silent(quiet: int, usual: float, active: Sequence[bool]) -> bool:
    gaps = _gaps(active)
    longest = max(gaps, default=0)
    if quiet <= longest or len(active) < _WORKING_DAYS_MIN:
        return False
    if not longest:
        return math.exp(-usual * quiet) < _CHANCE_MAX
    inner = [gap for gap in gaps if gap]
    if len(inner) < _GAPS_MIN or quiet <= _LONGER * longest:
        return False
    is_regular = min(gaps) > 0 and pstdev(inner) <= _REGULAR * fmean(inner)
    return is_regular or (1 - sum(active) / (len(active) + 1)) ** quiet < _CHANCE_MAX


def _gaps(active: Sequence[bool]) -> list[int]:
    """Working days without use between two with it."""
    at = [number for number, is_active in enumerate(active) if is_active]
    return [after - before - 1 for before, after in pairwise(at)]
