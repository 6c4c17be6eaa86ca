"""Journal postings: each bill as one balanced entry of double bookkeeping. They depend on the bills alone.

Debtors are debited with what they owe, income is credited without tax, and the tax account with what is
to be paid. A credit note is the mirror. Income is booked when it is billed; finance decides what to defer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from gateway.billing.documents.bill import Bill, BillKind
from gateway.billing.rating.amounts import ZERO
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.issuer import Issuer
from gateway.i18n import Text


class AccountGroup(StrEnum):
    """The part of the financial statements that an account belongs to, by its name in plain text accounting."""

    ASSETS = "Assets"
    LIABILITIES = "Liabilities"
    INCOME = "Income"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the general ledger. Names are in Dutch, as on the bill."""

    number: str
    group: AccountGroup
    title: Text
    short_title: Text

    @property
    def name(self) -> str:
        """Its name."""
        return self.title.nl

    @property
    def path(self) -> str:
        """Its name in plain text accounting, as `Income:DigiD`."""
        return f"{self.group}:{self.short_title.nl}"


DEBTORS = Account("1300", AccountGroup.ASSETS, Text("Debtors"), Text("Debtors"))
VAT_DUE = Account("1520", AccountGroup.LIABILITIES, Text("VAT to be paid"), Text("VAT"))


def _income_account(service: Service, number: str, short_title: Text) -> Account:
    title = Text("Income from {service}", service=SERVICE_NAMES[service].name)
    return Account(number, AccountGroup.INCOME, title, short_title)


INCOME = {
    Service.DIGIPOORT: _income_account(Service.DIGIPOORT, "8010", Text("Digipoort")),
    Service.DIGID: _income_account(Service.DIGID, "8020", Text("DigiD")),
    Service.MACHTIGEN: _income_account(Service.MACHTIGEN, "8030", Text("Machtigen")),
    Service.MIJNOVERHEID: _income_account(Service.MIJNOVERHEID, "8040", Text("MijnOverheid")),
    Service.GUIDANCE: _income_account(Service.GUIDANCE, "8050", Text("Guidance")),
    Service.FACILITIES: _income_account(Service.FACILITIES, "8060", Text("Facilities")),
}
ACCOUNTS = (DEBTORS, VAT_DUE, *INCOME.values())
"""All accounts that are posted to, by number."""


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


def journal(issuer: Issuer, year: int, bills: Iterable[Bill]) -> Journal:
    """The journal of the documents issued in a calendar year."""
    return Journal(issuer, year, tuple(entry_of(bill) for bill in bills))


def entry_of(bill: Bill) -> AccountingEntry:
    """The balanced entry of one document."""
    amounts = bill.amounts
    postings = (
        Posting(DEBTORS, amounts.including),
        Posting(INCOME[bill.service], -amounts.excluding),
        Posting(VAT_DUE, -amounts.vat),
    )
    kind = Text("Credit note") if bill.kind is BillKind.CREDIT_NOTE else Text("Invoice")
    text = f"{kind.nl} {bill.number} {SERVICE_NAMES[bill.service].name.nl} {bill.year}"
    kept = tuple(posting for posting in postings if posting.amount)
    return AccountingEntry(bill.number, bill.issued_on, bill.debtor, text, bill.vat_percent, amounts.vat, kept)
