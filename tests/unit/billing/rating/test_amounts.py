"""Cents, the split of tax and dividing without a cent lost."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.billing.rating.amounts import Amounts, PriceBasis, cents, share

MONEY = st.integers(-(10**9), 10**9).map(lambda number: Decimal(number) / 100)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.0049", "0.00"), ("2.675", "2.68"), ("-2.345", "-2.35")],
)
def test_halves_round_away_from_zero(exact: str, rounded: str) -> None:
    assert str(cents(Decimal(exact))) == rounded


def test_tax_is_split_from_the_total_of_an_inclusive_price() -> None:
    amounts = Amounts.split(Decimal(1000) * Decimal("0.59"), PriceBasis.INCLUDING_VAT, Decimal(21))
    assert (str(amounts.including), str(amounts.excluding), str(amounts.vat)) == ("590.00", "487.60", "102.40")


def test_guidance_is_3636_36_and_763_64() -> None:
    amounts = Amounts.split(Decimal("4400.00"), PriceBasis.INCLUDING_VAT, Decimal(21))
    assert (str(amounts.excluding), str(amounts.vat)) == ("3636.36", "763.64")


@given(MONEY, st.sampled_from(PriceBasis), st.sampled_from([Decimal(0), Decimal(9), Decimal(21)]))
def test_a_split_loses_nothing_and_mirrors(amount: Decimal, basis: PriceBasis, percent: Decimal) -> None:
    amounts = Amounts.split(amount, basis, percent)
    assert amounts.excluding + amounts.vat == amounts.including
    assert Amounts.split(-amount, basis, percent) == -amounts
    exact = Fraction(amounts.excluding) * Fraction(percent) / 100
    assert abs(Fraction(amounts.vat) - exact) <= Fraction(1, 100)


@given(MONEY, st.lists(st.integers(0, 10**6).map(Decimal), min_size=1, max_size=30).filter(any))
def test_shares_sum_to_the_whole_and_are_within_a_cent(total: Decimal, weights: list[Decimal]) -> None:
    shares = share(total, weights)
    assert sum(shares) == total
    whole = sum(map(Fraction, weights), Fraction(0))
    for part, weight in zip(shares, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total) * Fraction(weight) / whole) < Fraction(1, 100)


@pytest.mark.parametrize("weights", [[], [Decimal(0)], [Decimal(2), Decimal(-1)]])
def test_a_key_that_divides_nothing_is_refused(weights: list[Decimal]) -> None:
    with pytest.raises(ValueError, match="distribution key"):
        share(Decimal(1), weights)
