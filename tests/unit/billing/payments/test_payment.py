"""Entries of the bank are matched by reference, number and amount, and balances tell the truth."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from gateway.billing.documents.bill import Bill
from gateway.billing.payments.payment import Balance, BankEntry, Matcher, MatchState, PaymentState
from gateway.billing.rating.amounts import Amounts, PriceBasis
from tests.unit.billing.bills import BILLS

DAY = date(2026, 2, 10)
AMOUNTS = {"GD2026-000001": "590.00", "GD2026-000002": "110.00", "GD2026-000012": "-59.00"}


def billed(number: str, including: str) -> Bill:
    amounts = Amounts.split(Decimal(including), PriceBasis.INCLUDING_VAT, Decimal(21))
    return replace(next(iter(BILLS.values())), number=number, amounts=amounts, due_on=date(2026, 3, 12))


def matcher(recorded: tuple[str, ...] = ()) -> Matcher:
    return Matcher([Balance(billed(number, amount)) for number, amount in AMOUNTS.items()], recorded)


def entry(amount: str, *texts: str, currency: str = "EUR") -> BankEntry:
    return BankEntry(f"{amount} {texts}", DAY, Decimal(amount), texts, currency=currency)


@pytest.mark.parametrize(
    ("amount", "text", "state", "numbers"),
    [
        ("590.00", "RF43GD2026000001", MatchState.MATCHED, ["GD2026-000001"]),
        ("590.00", "rf43 gd20 2600 0001", MatchState.MATCHED, ["GD2026-000001"]),
        ("590.00", "Factuur GD2026-000001 d.d. 15-1", MatchState.MATCHED, ["GD2026-000001"]),
        ("590.00", "factuurnr:gd2026000001", MatchState.MATCHED, ["GD2026-000001"]),
        ("590.00", "GD2026 000001", MatchState.MATCHED, ["GD2026-000001"]),
        ("590.00", "RF44GD2026000001X", MatchState.NO_BILL, []),
        ("590.00", "GD2026-0000011", MatchState.NO_BILL, []),
        ("590.00", "NL48MPRT0417164300 zonder kenmerk", MatchState.NO_BILL, []),
        ("100.00", "GD2026-000001", MatchState.PARTLY, ["GD2026-000001"]),
        ("600.00", "GD2026-000001", MatchState.EXCEEDING, ["GD2026-000001"]),
        ("-590.00", "GD2026-000001", MatchState.EXCEEDING, ["GD2026-000001"]),
        ("700.00", "GD2026-000001 en GD2026-000002", MatchState.MATCHED, ["GD2026-000001", "GD2026-000002"]),
        ("531.00", "GD2026-000001 minus GD2026-000012", MatchState.MATCHED, ["GD2026-000001", "GD2026-000012"]),
        ("-59.00", "terug GD2026-000012", MatchState.MATCHED, ["GD2026-000012"]),
        ("600.00", "GD2026-000001, GD2026-000002", MatchState.SEVERAL_BILLS, []),
    ],
)
def test_an_entry_pays_what_it_names(amount: str, text: str, state: MatchState, numbers: list[str]) -> None:
    found = matcher().match(entry(amount, text))
    assert (found.state, sorted(found.parts)) == (state, numbers)
    assert sum(found.parts.values()) == (Decimal(amount) if numbers else 0)


def test_every_payment_leaves_less_open() -> None:
    of_year = matcher()
    first, second = entry("300.00", "GD2026-000001"), entry("290.00", "GD2026-000001")
    assert [of_year.match(one).state for one in (first, second)] == [MatchState.PARTLY, MatchState.MATCHED]
    assert of_year.match(entry("5.00", "GD2026-000001")).state is MatchState.EXCEEDING


def test_an_entry_counts_once_and_only_in_euros() -> None:
    one = entry("590.00", "GD2026-000001")
    assert matcher((one.entry_id,)).match(one).state is MatchState.REPEATED
    twice = matcher()
    assert [twice.match(one).state for _ in range(2)] == [MatchState.MATCHED, MatchState.REPEATED]
    dollars = entry("590.00", "GD2026-000001", currency="USD")
    assert matcher().match(dollars).state is MatchState.OTHER_CURRENCY


@pytest.mark.parametrize(
    ("including", "paid", "state", "overdue"),
    [
        ("590.00", "0.00", PaymentState.OPEN, True),
        ("590.00", "1.00", PaymentState.PARTLY_PAID, True),
        ("590.00", "590.00", PaymentState.PAID, False),
        ("590.00", "591.00", PaymentState.OVERPAID, False),
        ("-59.00", "0.00", PaymentState.OPEN, False),
        ("-59.00", "-9.00", PaymentState.PARTLY_PAID, False),
        ("-59.00", "-60.00", PaymentState.OVERPAID, True),
    ],
)
def test_a_balance_tells_what_is_open(including: str, paid: str, state: PaymentState, overdue: bool) -> None:
    balance = Balance(billed("GD2026-000001", including), Decimal(paid))
    assert (balance.state, balance.is_overdue(date(2026, 3, 13))) == (state, overdue)
    assert not balance.is_overdue(date(2026, 3, 12))
