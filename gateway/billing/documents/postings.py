"""Journal postings: balanced entries of double bookkeeping. They depend on the bills and the chart alone.

Debtors are debited with what they owe, income is credited without tax, and the tax account with what is
to be paid. A credit note is the mirror. A prepayment is credited to deferred income; at the end of each month
of its period a release moves that month's part to income, so that income is of the months in which it is
earned. All releases are known when the prepayment is posted: those of later months are dated at their ends.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from gateway.billing.documents.bill import Bill, BillKind, BillStage
from gateway.billing.documents.chart import Account, Chart
from gateway.billing.documents.reference import payment_reference
from gateway.billing.rating.amounts import ZERO, cents
from gateway.billing.rating.services import SERVICE_NAMES
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.issuer import Issuer
from gateway.i18n import Text


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry: debit above zero, credit below, in euros. Income has a cost centre, where the
    service has one."""

    account: Account
    amount: Decimal
    cost_centre: str = ""

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
    """The postings of one document, or of the release of a part of it (`is_release`); they sum to zero.

    `document` is the number of the bill and `number` that of the entry: the same for the document itself.
    `due_on` and `payment_reference` are those of the bill; a release has none.
    """

    number: str
    document: str
    posted_on: date
    debtor: Debtor
    text: str
    vat_percent: Decimal
    vat: Decimal
    postings: tuple[Posting, ...]
    due_on: date | None = None
    payment_reference: str = ""

    @property
    def is_release(self) -> bool:
        """Whether it moves deferred income to income."""
        return self.number != self.document


@dataclass(frozen=True, slots=True)
class Journal:
    """A calendar year's entries of one issuer: its documents in the order of their numbers, then the releases by
    day."""

    issuer: Issuer
    year: int
    entries: tuple[AccountingEntry, ...]
    chart: Chart

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


async def read_journal(
    bills_issued_in: Callable[[int], Awaitable[Sequence[Bill]]],
    issuer: Issuer,
    year: int,
    chart: Chart,
) -> Journal:
    """The journal of a calendar year, from the bills of that year and the one before."""
    return journal(issuer, year, [*await bills_issued_in(year - 1), *await bills_issued_in(year)], chart)


def journal(issuer: Issuer, year: int, bills: Iterable[Bill], chart: Chart | None = None) -> Journal:
    """The entries that are dated in a calendar year. Bills of the year before are needed for what they
    deferred."""
    chart = chart or Chart()
    known = list(bills)
    documents = [entry_of(bill, chart) for bill in known if bill.issued_on.year == year]
    releases = [entry for bill in known for entry in releases_of(bill, chart) if entry.posted_on.year == year]
    releases.sort(key=lambda entry: (entry.posted_on, entry.document))
    return Journal(issuer, year, (*documents, *releases), chart)


def entry_of(bill: Bill, chart: Chart | None = None) -> AccountingEntry:
    """The balanced entry of one document."""
    chart = chart or Chart()
    amounts = bill.amounts
    is_deferred = _is_deferred(bill, chart)
    postings = (
        Posting(chart.debtors, amounts.including),
        Posting(chart.deferred_income, -amounts.excluding)
        if is_deferred
        else _income(bill, -amounts.excluding, chart),
        Posting(chart.vat_due, -amounts.vat),
    )
    kind = Text("Credit note") if bill.kind is BillKind.CREDIT_NOTE else Text("Invoice")
    text = f"{kind.nl} {bill.number} {SERVICE_NAMES[bill.service].name.nl} {bill.year}"
    kept = tuple(posting for posting in postings if posting.amount)
    return AccountingEntry(
        number=bill.number,
        document=bill.number,
        posted_on=bill.issued_on,
        debtor=bill.debtor,
        text=text,
        vat_percent=bill.vat_percent,
        vat=amounts.vat,
        postings=kept,
        due_on=bill.due_on,
        payment_reference=payment_reference(bill.number),
    )


def releases_of(bill: Bill, chart: Chart) -> Iterator[AccountingEntry]:
    """Its deferred income, released at the end of each month of its period; months that were over when it was
    issued are released with the first. The parts sum to the amount without tax, to the cent."""
    ends = list(_month_ends(bill.first, bill.last)) if _is_deferred(bill, chart) else []
    released = ZERO
    for number, end in enumerate(ends, 1):
        if end < bill.issued_on:
            continue
        part = cents(bill.amounts.excluding * number / len(ends)) - released
        released += part
        text = Text("Release of {number}, {month:month}", number=bill.number, month=end).nl
        postings = (Posting(chart.deferred_income, part), _income(bill, -part, chart))
        yield AccountingEntry(
            number=f"{bill.number}/{end:%Y-%m}",
            document=bill.number,
            posted_on=end,
            debtor=bill.debtor,
            text=text,
            vat_percent=ZERO,
            vat=ZERO,
            postings=tuple(posting for posting in postings if posting.amount),
        )


def _is_deferred(bill: Bill, chart: Chart) -> bool:
    return chart.defers_prepayments and bill.stage is BillStage.PREPAYMENT and bill.last >= bill.issued_on


def _income(bill: Bill, amount: Decimal, chart: Chart) -> Posting:
    return Posting(chart.income(bill.service), amount, chart.cost_centre(bill.service))


def _month_ends(first: date, last: date) -> Iterator[date]:
    """The last day of each month from `first` to `last`; the last one is `last` itself."""
    day = first
    while day <= last:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield min(following - timedelta(days=1), last)
        day = following
