"""Reads what the bank or the finance system sends back: CAMT.053 (ISO 20022), or CSV.

CAMT.053 is read by pyiso20022's classes of the official schemas, versions 1 to 12. A CSV file has a header with
the columns `date`, `amount`, `reference`, and optionally `id` and `account` (also in Dutch), separated by `,`
or `;`; an amount is `1234.56` or `1.234,56`, a day `2026-02-14` or `14-02-2026`.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from importlib import import_module
from typing import Any

from lxml import etree

from gateway.billing.payments.payment import EURO, BankEntry
from gateway.billing.runs.errors import BankFileError
from gateway.i18n import Text

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.053\.001\.\d\d)")
_BOOKED = "BOOK"
_DEBIT = "DBIT"
_COLUMNS: Mapping[str, str] = {
    "datum": "date",
    "boekdatum": "date",
    "bedrag": "amount",
    "kenmerk": "reference",
    "omschrijving": "reference",
    "rekening": "account",
    "iban": "account",
}
"""Dutch names of the columns."""


def read_bank_file(content: bytes) -> Sequence[BankEntry]:
    """The booked entries of a file. Raises BankFileError for a file that cannot be read."""
    entries = (
        _read_camt(content) if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else _read_csv(content)
    )
    return list(entries)


# CAMT.053


def _read_camt(content: bytes) -> Iterator[BankEntry]:
    from xsdata.formats.dataclass.parsers import XmlParser  # here: it takes half a second to import
    from xsdata.formats.dataclass.parsers.config import ParserConfig
    from xsdata.formats.dataclass.parsers.handlers import LxmlEventHandler

    root = _xml(content)
    name = _NAMESPACE.fullmatch(etree.QName(root).namespace or "")
    if name is None:
        raise BankFileError(Text("this is XML, but not CAMT.053"))
    try:
        kind = import_module(f"pyiso20022.camt.{name.group(1).replace('.', '_')}").Document
        parser = XmlParser(ParserConfig(fail_on_unknown_properties=False), handler=LxmlEventHandler)
        statements = parser.parse(root, kind).bk_to_cstmr_stmt.stmt
    except (ImportError, ValueError, TypeError, AttributeError) as error:
        raise BankFileError(Text("{what} cannot be read: {why}", what=name.group(1), why=str(error))) from error
    for statement in statements:
        account = statement.acct.id.iban or ""
        for number, entry in enumerate(statement.ntry, 1):
            status = getattr(entry.sts, "cd", entry.sts)
            if getattr(status, "value", status) == _BOOKED:
                yield from _camt_entries(entry, account, f"{account} {statement.id} {number}")


def _xml(content: bytes) -> etree._Element:
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise BankFileError(Text("this is not XML: {why}", why=str(error))) from error
    if root.getroottree().docinfo.doctype:
        raise BankFileError(Text("a document type declaration is not allowed"))
    return root


def _camt_entries(entry: Any, account: str, entry_id: str) -> Iterator[BankEntry]:
    """One for each transaction, or one for all where the bank does not give the amount of each."""
    day = _day_of(entry)
    total = _with_sign(entry.amt.value, entry)
    if entry.acct_svcr_ref:
        entry_id = f"{account} {entry.acct_svcr_ref}"
    transactions = [one for details in entry.ntry_dtls for one in details.tx_dtls]
    amounts = [_amount_of(one) for one in transactions]
    known = [_with_sign(amount, entry) for amount in amounts if amount is not None]
    if len(known) == len(transactions) > 1 and sum(known) == total:
        for number, (one, amount) in enumerate(zip(transactions, known, strict=True), 1):
            yield BankEntry(f"{entry_id} {number}", day, amount, tuple(_texts([one])), account, entry.amt.ccy)
        return
    texts = (*_texts(transactions), *filter(None, [entry.addtl_ntry_inf]))
    yield BankEntry(entry_id, day, total, texts, account, entry.amt.ccy)


def _day_of(entry: Any) -> date:
    booked = entry.bookg_dt or entry.val_dt
    if booked is None:
        raise BankFileError(Text("an entry has no date"))
    return date.fromisoformat(str(booked.dt or booked.dt_tm)[:10])


def _with_sign(amount: Decimal, entry: Any) -> Decimal:
    return -amount if entry.cdt_dbt_ind.value == _DEBIT else amount


def _amount_of(transaction: Any) -> Decimal | None:
    """Its amount: which element has it depends on the version, and banks leave it out."""
    details = transaction.amt_dtls
    elements = (
        getattr(transaction, "amt", None),
        details and details.tx_amt and details.tx_amt.amt,
        details and details.instd_amt and details.instd_amt.amt,
    )
    return next((element.value for element in elements if element), None)


def _texts(transactions: Sequence[Any]) -> Iterator[str]:
    """Where payers give references: structured, free text, the reference from end to end."""
    for one in transactions:
        if one.rmt_inf:
            for structured in one.rmt_inf.strd:
                if structured.cdtr_ref_inf and structured.cdtr_ref_inf.ref:
                    yield structured.cdtr_ref_inf.ref
            if one.rmt_inf.ustrd:
                yield "".join(one.rmt_inf.ustrd)
                yield from one.rmt_inf.ustrd
        if one.refs and one.refs.end_to_end_id:
            yield one.refs.end_to_end_id


# CSV


def _read_csv(content: bytes) -> Iterator[BankEntry]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BankFileError(Text("the file is not UTF-8")) from error
    header = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",")
    names = {name: _COLUMNS.get(name.strip().lower(), name.strip().lower()) for name in reader.fieldnames or ()}
    if missing := {"date", "amount", "reference"} - set(names.values()):
        raise BankFileError(Text("the file has no column {missing}", missing=", ".join(sorted(missing))))
    seen: Counter[str] = Counter()
    try:
        for number, row in enumerate(reader, 2):
            yield _csv_entry({names[name]: row[name] or "" for name in names}, seen, number)
    except csv.Error as error:
        raise BankFileError(Text("the file cannot be read: {why}", why=str(error))) from error


def _csv_entry(row: Mapping[str, str], seen: Counter[str], number: int) -> BankEntry:
    """An entry; without an `id` its content is its id, with a number where rows are equal."""
    try:
        day, amount = _day(row["date"].strip()), _amount(row["amount"].strip())
    except (ValueError, InvalidOperation) as error:
        raise BankFileError(
            Text(
                "row {number}: {day} {amount} is no day and amount",
                number=number,
                day=row["date"],
                amount=row["amount"],
            )
        ) from error
    account = row.get("account", "").replace(" ", "").upper()
    entry_id = row.get("id", "").strip()
    if not entry_id:
        digest = hashlib.sha256(f"{account} {day} {amount} {row['reference']}".encode()).hexdigest()[:32]
        seen[digest] += 1
        entry_id = f"{digest} {seen[digest]}"
    return BankEntry(entry_id, day, amount, (row["reference"],), account, row.get("currency", "").strip() or EURO)


def _day(text: str) -> date:
    return date.fromisoformat(text) if text[4:5] == "-" else datetime.strptime(text, "%d-%m-%Y").date()  # noqa: DTZ007


def _amount(text: str) -> Decimal:
    """Raises InvalidOperation for anything but a whole number of cents."""
    plain = text.replace(".", "").replace(",", ".") if "," in text else text
    amount = Decimal(plain)
    if not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
        raise InvalidOperation
    return amount.quantize(Decimal("0.01"))
