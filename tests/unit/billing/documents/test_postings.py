"""Postings: each bill as one balanced entry."""

from decimal import Decimal

import pytest

from gateway.billing.documents.postings import ACCOUNTS, INCOME, AccountGroup, entry_of, journal
from gateway.billing.rating.services import Service
from tests.unit.billing.billing_service import ISSUER
from tests.unit.billing.bills import BILLS


@pytest.mark.parametrize("name", BILLS)
def test_the_entry_of_every_bill_sums_to_zero(name: str) -> None:
    entry = entry_of(BILLS[name])
    assert sum(posting.amount for posting in entry.postings) == 0
    assert all(posting.amount for posting in entry.postings)


def test_a_bill_debits_the_debtor_and_credits_income_and_tax() -> None:
    entry = entry_of(BILLS["prepayment"])
    assert [(one.account.number, one.debit, one.credit) for one in entry.postings] == [
        ("1300", Decimal("7080.00"), Decimal("0.00")),
        ("8010", Decimal("0.00"), Decimal("5851.24")),
        ("1520", Decimal("0.00"), Decimal("1228.76")),
    ]


def test_a_credit_note_is_the_mirror() -> None:
    entry = entry_of(BILLS["correction"])
    assert entry.text.startswith("Creditnota")
    debtors, income, tax = entry.postings
    assert debtors.debit == income.credit == tax.credit == 0
    assert debtors.credit == income.debit + tax.debit == Decimal("59.00")


def test_a_bill_within_the_rijk_has_no_tax_posting() -> None:
    assert [one.account.number for one in entry_of(BILLS["advance-rijk"]).postings] == ["1300", "8020"]


def test_the_chart_has_an_account_for_every_service() -> None:
    assert set(INCOME) == set(Service)
    assert {account.group for account in INCOME.values()} == {AccountGroup.INCOME}
    assert [account.number for account in ACCOUNTS] == sorted(account.number for account in ACCOUNTS)


def test_debit_and_credit_of_a_journal_are_equal() -> None:
    made = journal(ISSUER, 2026, BILLS.values())
    assert made.debit == made.credit > 0
    assert made.lines == sum(len(entry.postings) for entry in made.entries)
    assert [debtor.party_id for debtor in made.debtors] == sorted(
        {bill.debtor.party_id for bill in BILLS.values()}
    )
