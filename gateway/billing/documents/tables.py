"""What was billed, as tables: documents, their lines, and the postings of the journal.

Amounts have the sign that they have for the debtor, as everywhere in billing; texts are in Dutch, as on the bill.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic

import msgspec

from gateway.billing.documents.bill import Bill, BillLine
from gateway.billing.documents.postings import AccountingEntry, Journal, Posting
from gateway.billing.documents.reference import payment_reference
from gateway.billing.rating.amounts import NOTHING, ZERO
from gateway.metering.export import Cell, Column, Counter, Export, Item, Kept
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
        return list(msgspec.structs.asdict(self).items())


class JournalTotals(msgspec.Struct, frozen=True):
    """Control total of a journal, in euros. Debit and credit are equal."""

    entries: int
    debit: Decimal
    credit: Decimal

    def lines(self) -> Sequence[TotalLine]:
        """As a sheet shows it."""
        return list(msgspec.structs.asdict(self).items())


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
    documents, amounts = 0, NOTHING
    for bill in bills:
        documents, amounts = documents + 1, amounts + bill.amounts
    return BillTotals(documents, amounts.excluding, amounts.vat, amounts.including)


def journal_totals(journal: Journal) -> JournalTotals:
    """The control total of this journal."""
    return JournalTotals(len(journal.entries), journal.debit, journal.credit)


def lines_of(bills: Iterable[Bill]) -> list[BillLineRow]:
    """Every line of these documents, in order."""
    return [BillLineRow(bill, line) for bill in bills for line in bill.lines]


def postings_of(journal: Journal) -> list[PostingRow]:
    """Every posting of a journal, in order."""
    return [PostingRow(entry, posting) for entry in journal.entries for posting in entry.postings]


class _BillCounter(Generic[Item]):
    """Counts the documents of the items; the lines of a document do not hold its tax."""

    def __init__(self, bill_of: Callable[[Item], Bill]) -> None:
        self._bill_of = bill_of
        self._bills: dict[str, Bill] = {}

    def count(self, items: Iterable[Item]) -> None:
        for item in items:
            bill = self._bill_of(item)
            self._bills[bill.number] = bill

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


_Columns = Sequence[tuple[Column, Callable[[Item], Cell]]]
"""Each column with its value of an item."""


def _export(name: str, columns: _Columns[Item], counter: Callable[[], Counter[Item, Kept]]) -> Export[Item, Kept]:
    values = [value for _, value in columns]
    return Export(
        name, tuple(column for column, _ in columns), lambda item: tuple(value(item) for value in values), counter
    )


_BILL_COLUMNS: _Columns[Bill] = (
    (Column("number", str), lambda bill: bill.number),
    (Column("kind", str), lambda bill: bill.kind.value),
    (Column("stage", str), lambda bill: bill.stage.value),
    (Column("service", str), lambda bill: bill.service.value),
    (Column("year", int), lambda bill: bill.year),
    (Column("party_id", str), lambda bill: bill.debtor.party_id),
    (Column("oin", str), lambda bill: bill.debtor.oin),
    (Column("debtor", str), lambda bill: bill.debtor.name),
    (Column("issued_on", date), lambda bill: bill.issued_on),
    (Column("due_on", date), lambda bill: bill.due_on),
    (Column("payment_reference", str), lambda bill: payment_reference(bill.number)),
    (Column("first_day", date), lambda bill: bill.first),
    (Column("last_day", date), lambda bill: bill.last),
    (Column("vat_percent", Decimal), lambda bill: bill.vat_percent),
    (Column("excluding", Decimal), lambda bill: bill.amounts.excluding),
    (Column("vat", Decimal), lambda bill: bill.amounts.vat),
    (Column("including", Decimal), lambda bill: bill.amounts.including),
    (Column("preceding", str), lambda bill: " ".join(earlier.number for earlier in bill.preceding)),
    (Column("run_id", str), lambda bill: bill.run_id),
)
BILLS = _export("bills", _BILL_COLUMNS, lambda: _BillCounter(lambda bill: bill))
"""Every document; `preceding` are the numbers it refers to, with spaces between."""

_LINE_COLUMNS: _Columns[BillLineRow] = (
    (Column("number", str), lambda row: row.bill.number),
    (Column("line", int), lambda row: row.line.number),
    (Column("party_id", str), lambda row: row.bill.debtor.party_id),
    (Column("role", str), lambda row: row.line.role.value),
    (Column("units", int), lambda row: row.line.units),
    (Column("price", Decimal, _PRICE_DECIMALS), lambda row: row.line.price),
    (Column("amount", Decimal), lambda row: row.line.amount),
    (Column("price_basis", str), lambda row: row.bill.basis.value),
    (Column("net", Decimal), lambda row: row.line.net),
    (Column("text", str), lambda row: row.line.text.nl),
    (Column("computation", str), lambda row: row.line.how.nl),
    (Column("source", str), lambda row: row.line.source),
    (Column("link", str), lambda row: row.line.link),
)
BILL_LINES = _export("bill-lines", _LINE_COLUMNS, lambda: _BillCounter(lambda row: row.bill))
"""Every line of every document; `amount` is in the price basis, `net` excludes tax and sums to the document's."""

_POSTING_COLUMNS: _Columns[PostingRow] = (
    (Column("number", str), lambda row: row.entry.number),
    (Column("date", date), lambda row: row.entry.posted_on),
    (Column("party", str), lambda row: row.entry.debtor.party_id),
    (Column("name", str), lambda row: row.entry.debtor.name),
    (Column("text", str), lambda row: row.entry.text),
    (Column("document", str), lambda row: row.entry.document),
    (Column("due_on", date), lambda row: row.entry.due_on),
    (Column("payment_reference", str), lambda row: row.entry.payment_reference),
    (Column("account", str), lambda row: row.posting.account.number),
    (Column("account_name", str), lambda row: row.posting.account.name),
    (Column("cost_centre", str), lambda row: row.posting.cost_centre),
    (Column("debit", Decimal), lambda row: row.posting.debit),
    (Column("credit", Decimal), lambda row: row.posting.credit),
)
POSTINGS = _export("journal", _POSTING_COLUMNS, _PostingCounter)
"""Every posting of the journal."""
