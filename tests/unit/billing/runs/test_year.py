"""The steps of a billing year: each once, in an order that makes sense, refused with a sentence when not."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import BadCountError, StepRefusedError
from gateway.billing.runs.year import BillingYear, StepKind, YearKey, YearStep

KEY = YearKey("zilverstrand", Service.DIGIPOORT, 2026)
AT = datetime(2026, 1, 5, tzinfo=UTC)


def step(kind: StepKind, key: str, units: int = 0) -> YearStep:
    """A step that was taken."""
    return YearStep(year=KEY, kind=kind, key=key, by="anna", at=AT, units=units)


def year(*steps: YearStep) -> BillingYear:
    """A year in which these were taken."""
    return BillingYear(KEY, steps)


def test_forecasts_are_versions_and_the_last_one_holds() -> None:
    first = year().with_forecast(100, "anna", AT, "letter")
    assert first is not None
    second = year(first).with_forecast(200, "bram", AT, "portal")
    assert second is not None
    assert [one.key for one in (first, second)] == ["1", "2"]
    assert year(first, second).forecast == second
    assert year(first, second).with_forecast(200, "carla", AT, "portal") is None
    back = year(first, second).with_forecast(100, "anna", AT, "letter")
    assert back is not None
    assert back.key == "3"


def test_an_agreement_is_on_the_forecast_that_holds() -> None:
    first, second = step(StepKind.FORECAST, "1", 100), step(StepKind.FORECAST, "2", 200)
    agreed = step(StepKind.AGREEMENT, "1", 100)
    assert year(first, agreed).is_agreed
    assert year(first, agreed).with_agreement("anna", AT, "letter") is None
    assert not year(first, agreed, second).is_agreed
    with pytest.raises(StepRefusedError, match="no forecast"):
        year().with_agreement("anna", AT, "letter")


@pytest.mark.parametrize("units", [-1, 10**13])
def test_a_forecast_that_cannot_be_is_refused(units: int) -> None:
    with pytest.raises(BadCountError, match=str(units)):
        year().with_forecast(units, "anna", AT, "letter")


def test_a_statement_is_repeated_only_when_its_count_moved() -> None:
    first = year().with_statement(3, 50, "anna", AT)
    assert first is not None
    assert year(first).with_statement(3, 50, "anna", AT) is None
    again = year(first).with_statement(3, 48, "anna", AT)
    assert again is not None
    assert (first.key, again.key) == ("03#1", "03#2")


def test_guidance_is_renewed_and_never_shrinks() -> None:
    first = year().with_guidance("2026-01-15", 1, "anna", AT, "start mail")
    assert first is not None
    renewed = year(first).with_guidance("2026-01-15", 2, "anna", AT, "start mail")
    assert renewed is not None
    assert year(first, renewed).with_guidance("2026-01-15", 2, "anna", AT, "start mail") is None
    with pytest.raises(StepRefusedError, match="has 2 periods"):
        year(first, renewed).with_guidance("2026-01-15", 1, "anna", AT, "start mail")


def test_only_a_settled_year_closes_and_then_its_forecast_stands() -> None:
    with pytest.raises(StepRefusedError, match="not settled"):
        year().with_closing("anna", AT)
    settled = step(StepKind.SETTLEMENT, "run")
    closed = year(settled).with_closing("anna", AT)
    assert closed is not None
    assert year(settled, closed).with_closing("anna", AT) is None
    with pytest.raises(StepRefusedError, match="is closed"):
        year(settled, closed).with_forecast(5, "anna", AT, "letter")


def test_the_agreed_forecast_is_the_minimum_and_no_less_than_one_that_was_prepaid() -> None:
    first, second = step(StepKind.FORECAST, "1", 100), step(StepKind.FORECAST, "2", 80)
    agreed = [step(StepKind.AGREEMENT, key) for key in "12"]
    prepaid = replace(step(StepKind.PREPAYMENT, "run", 100), means="forecast 1")
    history = replace(step(StepKind.PREPAYMENT, "run", 300), means="historic 2025")
    assert year(first, second).minimum == 0
    assert year(first, agreed[0], second).minimum == 100
    assert year(first, agreed[0], second, agreed[1]).minimum == 80
    assert year(first, agreed[0], prepaid, second, agreed[1]).minimum == 100
    assert year(history).minimum == 0
