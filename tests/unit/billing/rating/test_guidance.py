"""Three months of guidance, counted from the receipt of the start mail."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.billing.rating.guidance import due_for_guidance, guidance_periods
from gateway.billing.rating.policies import DEFAULT, GuidanceLength
from gateway.billing.rating.rating import REGULAR_PAYER
from gateway.billing.rating.tariffs import published


@pytest.mark.parametrize(
    ("received", "ends"),
    [
        (date(2026, 1, 15), [date(2026, 4, 14), date(2026, 7, 14)]),
        (date(2026, 11, 30), [date(2027, 2, 27), date(2027, 5, 29)]),
        (date(2027, 11, 30), [date(2028, 2, 28), date(2028, 5, 29)]),  # leap year: the next starts on 29 February
        (date(2026, 10, 1), [date(2026, 12, 31), date(2027, 3, 31)]),
    ],
)
def test_calendar_months(received: date, ends: list[date]) -> None:
    periods = guidance_periods(received, 2)
    assert [period.last for period in periods] == ends
    assert periods[0].first == received
    assert (periods[1].first - periods[0].last).days == 1


def test_ninety_days_are_a_policy() -> None:
    policies = replace(DEFAULT, guidance_period=GuidanceLength.NINETY_DAYS)
    (period,) = guidance_periods(date(2026, 1, 15), 1, policies)
    assert (period.last - period.first).days == 89


def test_each_period_is_a_line_that_says_its_days() -> None:
    due = due_for_guidance(guidance_periods(date(2026, 1, 15), 2), REGULAR_PAYER, published())
    assert [str(line.amount) for line in due.lines] == ["4400.00", "4400.00"]
    assert due.lines[1].text.nl.endswith("15 april 2026 tot en met 14 juli 2026")
    assert due_for_guidance((), REGULAR_PAYER, published()).amount == 0
