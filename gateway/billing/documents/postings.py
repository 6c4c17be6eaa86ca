"""Journal postings: each bill as one balanced entry of double bookkeeping. They depend on the bills alone.

Debtors are debited with what they owe, income is credited without tax, and the tax account with what is
to be paid. A credit note is the mirror. Income is booked when it is billed; finance decides what to defer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from gateway.billing.documents.bill import Bill, BillKind
from gateway.billing.rating.amounts import ZERO
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.issuer import Issuer


class AccountKind(StrEnum):
    """The financial statement that an account belongs to."""

    BALANCE = "balance"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the general ledger: its number, its Dutch name, its name in plain text accounting."""

    number: str
    name: str
    path: str
    kind: AccountKind


DEBTORS = Account("1300", "Debiteuren", "Assets:Debiteuren", AccountKind.BALANCE)
VAT_DUE = Account("1520", "Af te dragen btw", "Liabilities:Btw", AccountKind.BALANCE)
_INCOME = (
    (Service.DIGIPOORT, "8010", "Digipoort"),
    (Service.DIGID, "8020", "DigiD"),
    (Service.MACHTIGEN, "8030", "Machtigen"),
    (Service.MIJNOVERHEID, "8040", "MijnOverheid"),
    (Service.GUIDANCE, "8050", "Begeleiding"),
    (Service.FACILITIES, "8060", "Voorzieningen"),
)


def _income() -> Mapping[Service, Account]:
    return {
        service: Account(
            number, f"Opbrengst {SERVICE_NAMES[service].name.nl}", f"Income:{path}", AccountKind.RESULT
        )
        for service, number, path in _INCOME
    }


@dataclass(frozen=True, slots=True)
class Chart:
    """The accounts that are posted to."""

    debtors: Account = DEBTORS
    vat_due: Account = VAT_DUE
    income: Mapping[Service, Account] = field(default_factory=_income)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All of them, by number."""
        return tuple(sorted((self.debtors, self.vat_due, *self.income.values()), key=lambda one: one.number))


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry: debit above zero, credit below, in euros."""

    account: Account
    amount: Decimal

    @property
    def debit(self) -> Decimal:
        """What is debited, or zero."""
        return max(self.amount, ZERO)

    @property
    def credit(self) -> Decimal:
        """What is credited, or zero."""
        return max(-self.amount, ZERO)


@dataclass(frozen=True, slots=True)
class AccountingEntry:
    """The postings of one document; they sum to zero."""

    number: str
    posted_on: date
    debtor: Debtor
    text: str
    vat_percent: Decimal
    vat: Decimal
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """A calendar year's entries of one issuer, in the order of their numbers."""

    issuer: Issuer
    year: int
    chart: Chart
    entries: tuple[AccountingEntry, ...]

    @property
    def debit(self) -> Decimal:
        """The control total: everything debited, which equals everything credited."""
        return sum((posting.debit for entry in self.entries for posting in entry.postings), ZERO)

    @property
    def credit(self) -> Decimal:
        """Everything credited."""
        return sum((posting.credit for entry in self.entries for posting in entry.postings), ZERO)

    @property
    def lines(self) -> int:
        """How many postings there are."""
        return sum(len(entry.postings) for entry in self.entries)

    @property
    def debtors(self) -> Sequence[Debtor]:
        """The debtors of the entries, each as in its last document."""
        latest = {entry.debtor.party_id: entry.debtor for entry in self.entries}
        return [latest[party_id] for party_id in sorted(latest)]


def journal(issuer: Issuer, year: int, bills: Iterable[Bill], chart: Chart | None = None) -> Journal:
    """The journal of the documents issued in a calendar year."""
    chart = chart or Chart()
    return Journal(issuer, year, chart, tuple(entry_of(bill, chart) for bill in bills))


def entry_of(bill: Bill, chart: Chart) -> AccountingEntry:
    """The balanced entry of one document."""
    amounts = bill.amounts
    postings = (
        Posting(chart.debtors, amounts.including),
        Posting(chart.income[bill.service], -amounts.excluding),
        Posting(chart.vat_due, -amounts.vat),
    )
    kind = "Creditnota" if bill.kind is BillKind.CREDIT_NOTE else "Factuur"
    text = f"{kind} {bill.number} {SERVICE_NAMES[bill.service].name.nl} {bill.year}"
    kept = tuple(posting for posting in postings if posting.amount)
    return AccountingEntry(bill.number, bill.issued_on, bill.debtor, text, bill.vat_percent, amounts.vat, kept)
