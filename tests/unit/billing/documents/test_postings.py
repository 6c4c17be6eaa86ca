"""Postings: each bill as one balanced entry, and prepayments as income of their months."""

from calendar import monthrange
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from stdnum import iso11649

from gateway.billing.documents.chart import DEFAULT_NUMBERS, AccountGroup, Chart
from gateway.billing.documents.postings import entry_of, journal, releases_of
from gateway.billing.rating.services import Service
from tests.unit.billing.billing_service import ISSUER
from tests.unit.billing.bills import BILLS


@pytest.mark.parametrize("name", BILLS)
def test_the_entry_of_every_bill_sums_to_zero(name: str) -> None:
    entry = entry_of(BILLS[name])
    assert sum(posting.amount for posting in entry.postings) == 0
    assert all(posting.amount for posting in entry.postings)


def test_a_prepayment_debits_the_debtor_and_credits_deferred_income_and_tax() -> None:
    entry = entry_of(BILLS["prepayment"])
    assert [(one.account.number, one.debit, one.credit) for one in entry.postings] == [
        ("1300", Decimal("7080.00"), Decimal("0.00")),
        ("1900", Decimal("0.00"), Decimal("5851.24")),
        ("1520", Decimal("0.00"), Decimal("1228.76")),
    ]
    assert (entry.due_on, entry.payment_reference) == (date(2026, 2, 14), f"RF43{entry.number.replace('-', '')}")
    assert iso11649.is_valid(entry.payment_reference)


def test_a_prepayment_becomes_income_month_by_month() -> None:
    bill = BILLS["prepayment"]
    releases = list(releases_of(bill, Chart()))
    assert [entry.posted_on for entry in releases] == [
        date(2026, month, monthrange(2026, month)[1]) for month in range(1, 13)
    ]
    assert {entry.document for entry in releases} == {bill.number}
    income = [-posting.amount for entry in releases for posting in entry.postings if posting.credit]
    assert sum(income) == bill.amounts.excluding
    assert max(income) - min(income) <= Decimal("0.01")


def test_months_that_were_over_are_released_at_once() -> None:
    releases = list(releases_of(BILLS["advance"], Chart()))  # of 10 March 2020
    assert [entry.posted_on.month for entry in releases] == list(range(3, 13))
    first, second = (entry.postings[0].amount for entry in releases[:2])
    assert abs(first - 3 * second) <= Decimal("0.02")


def test_what_is_deferred_at_the_end_of_a_year_is_released_in_the_next() -> None:
    early = replace(BILLS["prepayment"], issued_on=date(2025, 12, 10))
    of_2025, of_2026 = (journal(ISSUER, year, [early]) for year in (2025, 2026))
    assert [entry.number for entry in of_2025.entries] == [early.number]
    assert [entry.is_release for entry in of_2026.entries] == [True] * 12


@pytest.mark.parametrize("name", BILLS)
def test_without_deferral_every_bill_is_income_at_once(name: str) -> None:
    chart = Chart(defers_prepayments=False)
    accounts = [posting.account for posting in entry_of(BILLS[name], chart).postings]
    assert chart.income(BILLS[name].service) in accounts
    assert list(releases_of(BILLS[name], chart)) == []


def test_the_accounts_and_cost_centres_of_the_finance_system_are_posted_to() -> None:
    chart = Chart({"debtors": "12000", "deferred": "19500", "digipoort": "80100"}, {"digipoort": "K4410"})
    made = journal(ISSUER, 2026, [BILLS["prepayment"]], chart)
    document, *releases = made.entries
    assert [posting.account.number for posting in document.postings] == ["12000", "19500", "1520"]
    assert {tuple((one.account.number, one.cost_centre) for one in entry.postings) for entry in releases} == {
        (("19500", ""), ("80100", "K4410"))
    }


def test_a_credit_note_is_the_mirror() -> None:
    entry = entry_of(BILLS["correction"])
    assert entry.text.startswith("Creditnota")
    debtors, income, tax = entry.postings
    assert debtors.debit == income.credit == tax.credit == 0
    assert debtors.credit == income.debit + tax.debit == Decimal("59.00")


def test_a_bill_within_the_rijk_has_no_tax_posting() -> None:
    assert [one.account.number for one in entry_of(BILLS["advance-rijk"]).postings] == ["1300", "1900"]


def test_the_chart_has_an_account_for_every_service() -> None:
    accounts = Chart().accounts
    assert [account.number for account in accounts] == list(DEFAULT_NUMBERS.values())
    assert len({account.path for account in accounts}) == len(accounts)
    assert {Chart().income(service).group for service in Service} == {AccountGroup.INCOME}


def test_debit_and_credit_of_a_journal_are_equal() -> None:
    made = journal(ISSUER, 2026, BILLS.values())
    assert made.debit == made.credit > 0
    assert made.lines == sum(len(entry.postings) for entry in made.entries)
    assert [debtor.party_id for debtor in made.debtors] == sorted(
        {bill.debtor.party_id for bill in BILLS.values() if bill.issued_on.year == 2026}
    )
