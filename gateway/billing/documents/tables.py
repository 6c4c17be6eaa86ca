"""What was billed, as tables: documents, their lines, and the postings of the journal.

Amounts have the sign that they have for the debtor, as everywhere in billing; texts are in Dutch, as on the bill.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import msgspec

from gateway.billing.documents.bill import Bill, BillLine
from gateway.billing.documents.postings import AccountingEntry, Journal, Posting
from gateway.billing.rating.amounts import NOTHING, ZERO
from gateway.metering.export import Cell, Column, Export
from gateway.metering.totals import TotalLine

_PRICE_DECIMALS = 10


class BillTotals(msgspec.Struct, frozen=True):
    """Control total of documents or of their lines, in euros: it is the same for both."""

    documents: int
    excluding: Decimal
    vat: Decimal
    including: Decimal

    def lines(self) -> Sequence[TotalLine]:
        """As a sheet shows it."""
        return [
            ("documents", self.documents),
            ("excluding", self.excluding),
            ("vat", self.vat),
            ("including", self.including),
        ]


class JournalTotals(msgspec.Struct, frozen=True):
    """Control total of a journal, in euros. Debit and credit are equal."""

    documents: int
    debit: Decimal
    credit: Decimal

    def lines(self) -> Sequence[TotalLine]:
        """As a sheet shows it."""
        return [("documents", self.documents), ("debit", self.debit), ("credit", self.credit)]


@dataclass(frozen=True, slots=True)
class BillLineRow:
    """A line and its document."""

    bill: Bill
    line: BillLine


@dataclass(frozen=True, slots=True)
class PostingRow:
    """A posting and the entry it is part of."""

    entry: AccountingEntry
    posting: Posting


def bill_totals(bills: Iterable[Bill]) -> BillTotals:
    """The control total of these documents."""
    counter = _BillCounter()
    counter.count(bills)
    return counter.totals()


def journal_totals(journal: Journal) -> JournalTotals:
    """The control total of this journal."""
    return JournalTotals(len(journal.entries), journal.debit, journal.credit)


def lines_of(bills: Iterable[Bill]) -> list[BillLineRow]:
    """Every line of these documents, in order."""
    return [BillLineRow(bill, line) for bill in bills for line in bill.lines]


def postings_of(journal: Journal) -> list[PostingRow]:
    """Every posting of a journal, in order."""
    return [PostingRow(entry, posting) for entry in journal.entries for posting in entry.postings]


class _BillCounter:
    def __init__(self) -> None:
        self._documents = 0
        self._amounts = NOTHING

    def count(self, items: Iterable[Bill]) -> None:
        for bill in items:
            self._documents += 1
            self._amounts += bill.amounts

    def totals(self) -> BillTotals:
        amounts = self._amounts
        return BillTotals(self._documents, amounts.excluding, amounts.vat, amounts.including)


class _LineCounter:
    """Counts the documents of the lines: lines have no tax."""

    def __init__(self) -> None:
        self._bills: dict[str, Bill] = {}

    def count(self, items: Iterable[BillLineRow]) -> None:
        for item in items:
            self._bills[item.bill.number] = item.bill

    def totals(self) -> BillTotals:
        return bill_totals(self._bills.values())


class _PostingCounter:
    def __init__(self) -> None:
        self._numbers: set[str] = set()
        self._debit = self._credit = ZERO

    def count(self, items: Iterable[PostingRow]) -> None:
        for item in items:
            self._numbers.add(item.entry.number)
            self._debit += item.posting.debit
            self._credit += item.posting.credit

    def totals(self) -> JournalTotals:
        return JournalTotals(len(self._numbers), self._debit, self._credit)


def _bill_row(bill: Bill) -> tuple[Cell, ...]:
    return (
        bill.number,
        bill.kind.value,
        bill.stage.value,
        bill.service.value,
        bill.year,
        bill.debtor.party_id,
        bill.debtor.oin,
        bill.debtor.name,
        bill.issued_on,
        bill.due_on,
        bill.first,
        bill.last,
        bill.vat_percent,
        bill.amounts.excluding,
        bill.amounts.vat,
        bill.amounts.including,
        " ".join(earlier.number for earlier in bill.preceding),
        bill.run_id,
    )


BILLS: Export[Bill, BillTotals] = Export(
    "bills",
    (
        Column("number", str),
        Column("kind", str),
        Column("stage", str),
        Column("service", str),
        Column("year", int),
        Column("party_id", str),
        Column("oin", str),
        Column("debtor", str),
        Column("issued_on", date),
        Column("due_on", date),
        Column("first_day", date),
        Column("last_day", date),
        Column("vat_percent", Decimal),
        Column("excluding", Decimal),
        Column("vat", Decimal),
        Column("including", Decimal),
        Column("preceding", str),
        Column("run_id", str),
    ),
    _bill_row,
    _BillCounter,
)
"""Every document; `preceding` are the numbers it refers to, with spaces between."""


def _line_row(item: BillLineRow) -> tuple[Cell, ...]:
    bill, line = item.bill, item.line
    return (
        bill.number,
        line.number,
        bill.debtor.party_id,
        line.role.value,
        line.units,
        line.price,
        line.amount,
        bill.basis.value,
        line.net,
        line.text.nl,
        line.how.nl,
        line.source,
        line.link,
    )


BILL_LINES: Export[BillLineRow, BillTotals] = Export(
    "bill-lines",
    (
        Column("number", str),
        Column("line", int),
        Column("party_id", str),
        Column("role", str),
        Column("units", int),
        Column("price", Decimal, _PRICE_DECIMALS),
        Column("amount", Decimal),
        Column("price_basis", str),
        Column("net", Decimal),
        Column("text", str),
        Column("computation", str),
        Column("source", str),
        Column("link", str),
    ),
    _line_row,
    _LineCounter,
)
"""Every line of every document; `amount` is in the price basis, `net` excludes tax and sums to the document's."""


def _posting_row(item: PostingRow) -> tuple[Cell, ...]:
    entry, posting = item.entry, item.posting
    return (
        entry.number,
        entry.posted_on,
        entry.debtor.party_id,
        entry.debtor.name,
        entry.text,
        posting.account.number,
        posting.account.name,
        posting.debit,
        posting.credit,
    )


POSTINGS: Export[PostingRow, JournalTotals] = Export(
    "journal",
    (
        Column("number", str),
        Column("date", date),
        Column("party", str),
        Column("name", str),
        Column("text", str),
        Column("account", str),
        Column("account_name", str),
        Column("debit", Decimal),
        Column("credit", Decimal),
    ),
    _posting_row,
    _PostingCounter,
)
"""Every posting of the journal, under the column names of its CSV."""
