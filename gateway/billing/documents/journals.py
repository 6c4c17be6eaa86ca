"""The journal in the formats of finance: CSV, JSON, XLSX, Parquet, XAF 3.2, hledger and beancount.

The same journal gives the same bytes. XAF 3.2 is the Auditfile Financieel of the Dutch tax administration and its
software suppliers.
"""

import hashlib
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Set
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO
from xml.sax.saxutils import escape

import msgspec

from gateway.billing.documents.chart import Account, AccountGroup
from gateway.billing.documents.postings import AccountingEntry, Journal
from gateway.billing.documents.tables import POSTINGS, JournalTotals, journal_totals, postings_of
from gateway.i18n import Text
from gateway.json_text import indented_json
from gateway.metering.export import Format, write_items
from gateway.progress import Progress, unseen

_ID_LENGTH_MAX = 35
_XAF = "http://www.auditfiles.nl/XAF/3.2"
_VAT_CODE = "V21"


class BookedAmount(msgspec.Struct, frozen=True, rename="camel"):
    """An amount on an account, in euros; the other side is 0."""

    account: str
    cost_centre: str
    debit: Decimal
    credit: Decimal


class BookedEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A document that was booked, or income that was deferred to this day."""

    number: str
    document: str
    posted_on: date = msgspec.field(name="date")
    due: date | None
    payment_reference: str
    party: str
    text: str
    amounts: tuple[BookedAmount, ...]


class JournalFile(msgspec.Struct, frozen=True):
    """The journal of a year: its control totals, in euros, then the entries."""

    issuer: str
    year: int
    debit: Decimal
    credit: Decimal
    entries: int
    journal: tuple[BookedEntry, ...]


def as_json(journal: Journal) -> Iterator[str]:
    """One JournalFile."""
    entries = tuple(_entry(entry) for entry in journal.entries)
    content = JournalFile(journal.issuer.name, journal.year, journal.debit, journal.credit, len(entries), entries)
    yield indented_json(content, indent=1).decode() + "\n"


def _entry(entry: AccountingEntry) -> BookedEntry:
    return BookedEntry(
        entry.number,
        entry.document,
        entry.posted_on,
        entry.due_on,
        entry.payment_reference,
        entry.debtor.party_id,
        entry.text,
        tuple(
            BookedAmount(posting.account.number, posting.cost_centre, posting.debit, posting.credit)
            for posting in entry.postings
        ),
    )


def as_beancount(journal: Journal) -> Iterator[str]:
    """A complete beancount ledger: it opens its accounts."""
    yield 'option "operating_currency" "EUR"\n\n'
    for account in journal.chart.accounts:
        yield f'{journal.year}-01-01 open {account.path} EUR\n  number: "{account.number}"\n'
    for entry in journal.entries:
        payee, text = _escape_quotes(entry.debtor.name), _escape_quotes(entry.text)
        yield f'\n{entry.posted_on} * "{payee}" "{text}" ^{entry.number}\n'
        yield from _metadata(entry)
        for posting in entry.postings:
            yield f"  {posting.account.path}  {posting.amount:.2f} EUR\n"


def _metadata(entry: AccountingEntry) -> Iterator[str]:
    if entry.due_on:
        yield f'  due: {entry.due_on}\n  reference: "{entry.payment_reference}"\n'


def _escape_quotes(text: str) -> str:
    return _one_line(text).replace("\\", "\\\\").replace('"', '\\"')


def as_hledger(journal: Journal) -> Iterator[str]:
    """An hledger journal."""
    for account in journal.chart.accounts:
        yield f"account {account.path}  ; {account.number} {account.name}\n"
    for entry in journal.entries:
        payee = _one_line(entry.debtor.name).replace("|", "/").replace(";", ",")
        yield f"\n{entry.posted_on} * ({entry.number}) {payee} | {entry.text}\n"
        for posting in entry.postings:
            yield f"    {posting.account.path}  EUR {posting.amount:.2f}\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def as_xaf(journal: Journal) -> Iterator[str]:
    """An audit file: company, debtors, accounts, tax code, periods and the sales journal."""
    year = journal.year
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<auditfile xmlns="{_XAF}">\n<header>'
    yield _tags(("fiscalYear", year), ("startDate", f"{year}-01-01"), ("endDate", f"{year}-12-31"))
    # dateCreated is the last day of the year, so that the file is always the same.
    yield _tags(("curCode", "EUR"), ("dateCreated", f"{year}-12-31"), ("softwareDesc", "Meterpoort"))
    yield "</header>\n<company>"
    issuer = journal.issuer
    yield _tags(("companyIdent", issuer.kvk), ("companyName", issuer.name))
    yield _tags(("taxRegistrationCountry", issuer.address.country), ("taxRegIdent", issuer.vat_number))
    yield from _customers(journal)
    yield from _accounts(journal)
    vat = (
        ("vatID", _VAT_CODE),
        ("vatDesc", Text("VAT, high rate").nl),
        ("vatToPayAccID", journal.chart.vat_due.number),
    )
    yield f"<vatCodes><vatCode>{_tags(*vat)}</vatCode></vatCodes>\n"
    yield from _periods(year)
    yield from _transactions(journal)
    yield "</company>\n</auditfile>\n"


def _tags(*pairs: tuple[str, object]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in pairs)


def _short_id(party_id: str) -> str:
    """A party's id in the 35 characters of XAF; a longer one ends in its hash, so that ids stay different."""
    if len(party_id) <= _ID_LENGTH_MAX:
        return party_id
    return f"{party_id[:26]}-{hashlib.sha256(party_id.encode()).hexdigest()[:8]}"


def _customers(journal: Journal) -> Iterator[str]:
    yield "\n<customersSuppliers>"
    for debtor in journal.debtors:
        pairs = [
            ("custSupID", _short_id(debtor.party_id)),
            ("custSupName", debtor.name[:50]),
        ]
        if kvk := _kvk_number(debtor.oin):
            pairs.append(("commerceNr", kvk))
        if debtor.vat_number:
            pairs += [("taxRegistrationCountry", debtor.address.country), ("taxRegIdent", debtor.vat_number)]
        yield f"\n<customerSupplier>{_tags(*pairs, ('custSupTp', 'C'))}<streetAddress>"
        address = debtor.address
        yield _tags(
            ("streetname", address.street), ("city", address.city[:50]), ("postalCode", address.postcode[:10])
        )
        yield f"{_tags(('country', address.country))}</streetAddress></customerSupplier>"
    yield "\n</customersSuppliers>\n"


def _kvk_number(oin: str) -> str:
    """The KvK number in an OIN of the trade register (prefix 00000003); empty for an OIN of another register."""
    return oin[8:16] if oin.startswith("00000003") else ""


def _accounts(journal: Journal) -> Iterator[str]:
    yield "<generalLedger>"
    for account in journal.chart.accounts:
        pairs = (("accID", account.number), ("accDesc", account.name), ("accTp", _account_type(account.group)))
        yield f"\n<ledgerAccount>{_tags(*pairs)}</ledgerAccount>"
    yield "\n</generalLedger>\n"


def _account_type(group: AccountGroup) -> str:
    """Profit and loss, or balance."""
    return "P" if group is AccountGroup.INCOME else "B"


def _periods(year: int) -> Iterator[str]:
    """Months are periods 1 to 12."""
    yield "<periods>"
    for month in range(1, 13):
        last = monthrange(year, month)[1]
        days = (("startDatePeriod", f"{year}-{month:02}-01"), ("endDatePeriod", f"{year}-{month:02}-{last}"))
        yield f"\n<period>{_tags(('periodNumber', month), *days)}</period>"
    yield "\n</periods>\n"


def _transactions(journal: Journal) -> Iterator[str]:
    totals = (
        ("linesCount", journal.lines),
        ("totalDebit", f"{journal.debit:.2f}"),
        ("totalCredit", f"{journal.credit:.2f}"),
    )
    yield f"<transactions>{_tags(*totals)}"
    books = (
        ("VERKOOP", Text("Sales journal"), "S", [entry for entry in journal.entries if not entry.is_release]),
        ("MEMORIAAL", Text("General journal"), "M", [entry for entry in journal.entries if entry.is_release]),
    )
    for book_id, title, kind, entries in books:
        yield f"\n<journal>{_tags(('jrnID', book_id), ('desc', title.nl), ('jrnTp', kind))}"
        for entry in entries:
            yield from _transaction(entry, {journal.chart.debtors, journal.chart.vat_due})
        yield "\n</journal>"
    yield "\n</transactions>\n"


def _transaction(entry: AccountingEntry, untaxed: Set[Account]) -> Iterator[str]:
    pairs = (("nr", entry.number), ("desc", entry.text), ("periodNumber", entry.posted_on.month))
    yield f"\n<transaction>{_tags(*pairs, ('trDt', entry.posted_on))}"
    for number, posting in enumerate(entry.postings, 1):
        side = "D" if posting.debit else "C"
        cost_centre = [("costID", posting.cost_centre)] if posting.cost_centre else []
        yield "\n<trLine>" + _tags(
            ("nr", number),
            ("accID", posting.account.number),
            ("docRef", entry.document),
            ("effDate", entry.posted_on),
            ("desc", entry.text),
            ("amnt", f"{abs(posting.amount):.2f}"),
            ("amntTp", side),
            ("recRef", entry.payment_reference or entry.document),
            ("custSupID", _short_id(entry.debtor.party_id)),
            ("invRef", entry.document),
            *cost_centre,
        )
        if entry.vat_percent and posting.account not in untaxed:
            yield _vat(entry, side)
        yield "</trLine>"
    yield "\n</transaction>"


def _vat(entry: AccountingEntry, side: str) -> str:
    """The tax on an income line."""
    pairs = (
        ("vatID", _VAT_CODE),
        ("vatPerc", entry.vat_percent),
        ("vatAmnt", f"{abs(entry.vat):.2f}"),
        ("vatAmntTp", side),
    )
    return f"<vat>{_tags(*pairs)}</vat>"


class JournalFormat(StrEnum):
    """How the journal is written."""

    CSV = "csv"
    CSV_NL = "csv-nl"
    """As a Dutch spreadsheet opens it."""
    JSON = "json"
    XLSX = "xlsx"
    PARQUET = "parquet"
    XAF = "xaf"
    """XML Auditfile Financieel 3.2."""
    HLEDGER = "hledger"
    BEANCOUNT = "beancount"


TEXTS: Mapping[JournalFormat, Callable[[Journal], Iterator[str]]] = {
    JournalFormat.JSON: as_json,
    JournalFormat.XAF: as_xaf,
    JournalFormat.HLEDGER: as_hledger,
    JournalFormat.BEANCOUNT: as_beancount,
}
"""The formats that are text: the parts, joined and in UTF-8, are the file."""

TABLES = {
    JournalFormat.CSV: Format.CSV,
    JournalFormat.CSV_NL: Format.CSV_NL,
    JournalFormat.XLSX: Format.XLSX,
    JournalFormat.PARQUET: Format.PARQUET,
}
"""The formats that are written as any other table."""


def write_journal(
    journal: Journal, form: JournalFormat, out: BinaryIO, progress: Progress = unseen
) -> JournalTotals:
    """Write the journal; returns its control total. Raises ValueError for Parquet without pyarrow."""
    if form in TABLES:
        return write_items(POSTINGS, postings_of(journal), TABLES[form], out, progress)
    for number, part in enumerate(TEXTS[form](journal), start=1):
        out.write(part.encode())
        progress(number, max(number, len(journal.entries)))
    return journal_totals(journal)
