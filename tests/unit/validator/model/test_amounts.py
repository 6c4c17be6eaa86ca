"""Numbers as XML Schema reads them and XPath rounds them; SaxonC is the judge of the rounding."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from saxonche import PySaxonProcessor

from gateway.validator.model.amounts import NotANumber, cents, decimals, double, exact, whole

_SAXON = PySaxonProcessor(license=False)


def _xpath(expression: str) -> Decimal:
    return Decimal(str(_SAXON.new_xpath_processor().evaluate_single(expression)))


@pytest.mark.parametrize(
    ("text", "number"), [("1.50", "1.5"), (" +1 ", "1"), ("-.5", "-0.5"), ("7.", "7"), ("-0", "0")]
)
def test_what_a_decimal_is(text: str, number: str) -> None:
    assert exact(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "1E3", "NaN", "INF", "1_000", "1,5", "٣", "--1", ".", "0x1"])
def test_what_no_decimal_is(text: str) -> None:
    with pytest.raises(NotANumber):
        exact(text)


@pytest.mark.parametrize(("text", "number"), [("1E3", 1000.0), ("-INF", float("-inf")), (" 5 ", 5.0)])
def test_what_a_double_is(text: str, number: float) -> None:
    assert double(text) == number


def test_a_long_amount_keeps_every_digit() -> None:
    text = "9" * 400 + ".994"
    assert cents(exact(text)) == Decimal("9" * 400 + ".99")


@given(st.decimals(min_value=-1000, max_value=1000, places=4))
@settings(max_examples=60, deadline=None)
def test_cents_and_whole_round_as_xpath_does(amount: Decimal) -> None:
    assert cents(amount) == _xpath(f"round(xs:decimal('{amount}') * 10 * 10) div 100")
    assert whole(amount) == _xpath(f"round(xs:decimal('{amount}'))")


def test_decimals_counts_what_is_written() -> None:
    assert [decimals(text) for text in ("1", "1.", "1.5", "1.50 ", "1.5.55")] == [0, 0, 1, 3, 4]
