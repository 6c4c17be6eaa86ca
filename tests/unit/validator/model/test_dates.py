"""Dates compared as XPath compares xs:date; SaxonC is the judge."""

import itertools

import pytest
from saxonche import PySaxonProcessor

from gateway.validator.model.dates import NotADate, instant

_DATES = (
    "2024-02-29",
    "2024-03-01",
    "2024-03-01Z",
    "2024-03-01+14:00",
    "2024-02-29-10:00",
    "-0044-03-15",
    "12024-01-01",
)


def _in_utc(date: str) -> str:
    """With a time zone, so that SaxonC does not take the one of this machine."""
    return date if date.endswith(("Z", ":00")) else f"{date}Z"


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(_DATES, 2)))
def test_order_is_that_of_xpath(one: str, other: str) -> None:
    saxon = PySaxonProcessor(license=False).new_xpath_processor()
    says = saxon.evaluate_single(f"xs:date('{_in_utc(one)}') >= xs:date('{_in_utc(other)}')")
    assert (instant(one) >= instant(other)) is (str(says) == "true")


@pytest.mark.parametrize("text", ["2023-02-29", "2024-13-01", "2024-1-1", "24-01-01", "", "2024-01-01+15:00"])
def test_what_no_date_is(text: str) -> None:
    with pytest.raises(NotADate):
        instant(text)
