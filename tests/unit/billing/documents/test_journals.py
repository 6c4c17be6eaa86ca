"""The journal balances, and independent readers find in it what was billed."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import pyxaf
from beancount import loader
from beancount.core.data import Open, Transaction
from lxml import etree
from pyarrow import parquet

from gateway.billing.documents.bill import Bill
from gateway.billing.documents.chart import Chart
from gateway.billing.documents.journals import JournalFormat, write_journal
from gateway.billing.documents.postings import Journal, entry_of, journal
from gateway.billing.documents.tables import JournalTotals
from tests.unit.billing.billing_service import ISSUER
from tests.unit.billing.bills import BILLS

XAF = "{http://www.auditfiles.nl/XAF/3.2}"
YEARS = sorted({bill.issued_on.year for bill in BILLS.values()})


def billed(year: int) -> list[Bill]:
    """The bills issued in a year, with their numbers."""
    found = [bill for bill in BILLS.values() if bill.issued_on.year == year]
    return [bill.with_number(f"GD{year}-{rank:06}") for rank, bill in enumerate(found, 1)]


def journal_of(year: int) -> Journal:
    """The journal of those bills."""
    return journal(ISSUER, year, billed(year))


def text(year: int, form: str) -> str:
    """The journal in one of its forms."""
    return written(journal_of(year), form)


def written(booked: Journal, form: str) -> str:
    """A journal in one of its forms that are text."""
    out = io.BytesIO()
    write_journal(booked, JournalFormat(form), out)
    return out.getvalue().decode()


@pytest.mark.parametrize("bill", BILLS.values(), ids=BILLS)
def test_every_entry_balances_and_holds_the_bill(bill: Bill) -> None:
    postings = entry_of(bill).postings
    assert sum(posting.amount for posting in postings) == 0
    by_account = {posting.account: posting.amount for posting in postings}
    assert by_account[Chart().debtors] == bill.amounts.including
    assert by_account.get(Chart().vat_due, Decimal(0)) == -bill.amounts.vat


@pytest.mark.parametrize("year", YEARS)
def test_beancount_reads_it_and_finds_no_error(year: int) -> None:
    entries, errors, _ = loader.load_string(text(year, "beancount"))
    assert errors == []
    assert sum(isinstance(entry, Open) for entry in entries) == len(Chart().accounts)
    found = [entry for entry in entries if isinstance(entry, Transaction)]
    sums: dict[str, Decimal] = {}
    for entry in found:
        for posting in entry.postings:
            assert posting.units is not None
            sums[posting.account] = sums.get(posting.account, Decimal(0)) + (posting.units.number or Decimal(0))
    bills = billed(year)
    assert len([entry for entry in found if entry.meta.get("reference")]) == len(bills)
    assert len(found) == len(journal_of(year).entries)
    assert sums["Assets:Debiteuren"] == sum(bill.amounts.including for bill in bills)
    assert sums.get("Liabilities:Btw", 0) == -sum(bill.amounts.vat for bill in bills)


def test_beancount_takes_a_name_with_quotes() -> None:
    bill = BILLS["settlement"]
    odd = replace(bill, debtor=replace(bill.debtor, name='Gemeente "De\\Brug"\n; x'))
    entries, errors, _ = loader.load_string(written(journal(ISSUER, 2027, [odd]), "beancount"))
    assert errors == []
    (entry,) = [entry for entry in entries if isinstance(entry, Transaction)]
    assert entry.payee == 'Gemeente "De\\Brug" ; x'


@pytest.mark.parametrize("year", YEARS)
def test_csv_and_json_say_the_same(year: int) -> None:
    rows = list(csv.DictReader(io.StringIO(text(year, "csv"), newline="")))
    data = json.loads(text(year, "json"))
    flat = [
        (entry["number"], posting["account"], posting["debit"], posting["credit"])
        for entry in data["journal"]
        for posting in entry["amounts"]
    ]
    assert [(row["number"], row["account"], row["debit"], row["credit"]) for row in rows] == flat
    assert data["debit"] == data["credit"] == str(sum(Decimal(row["debit"]) for row in rows))


def hledger_sums(journal_text: str) -> list[Decimal]:
    """The sum of each transaction, read by hledger's rule: two spaces part account and amount."""
    sums: list[Decimal] = []
    for line in journal_text.splitlines():
        if line[:4].isdigit():
            sums.append(Decimal(0))
        elif line.startswith("    "):
            _, _, amount = line.strip().partition("  ")
            sums[-1] += Decimal(amount.removeprefix("EUR "))
    return sums


@pytest.mark.parametrize("year", YEARS)
def test_hledger_transactions_balance(year: int) -> None:
    assert hledger_sums(text(year, "hledger")) == [Decimal(0)] * len(journal_of(year).entries)


# The order that the published schema of XAF 3.2 prescribes, of the elements that we write.
ORDER = {
    "auditfile": "header company",
    "header": "fiscalYear startDate endDate curCode dateCreated softwareDesc",
    "company": "companyIdent companyName taxRegistrationCountry taxRegIdent customersSuppliers generalLedger "
    "vatCodes periods transactions",
    "customersSuppliers": "customerSupplier",
    "customerSupplier": "custSupID custSupName commerceNr taxRegistrationCountry taxRegIdent custSupTp "
    "streetAddress",
    "streetAddress": "streetname city postalCode country",
    "generalLedger": "ledgerAccount",
    "ledgerAccount": "accID accDesc accTp",
    "vatCodes": "vatCode",
    "vatCode": "vatID vatDesc vatToPayAccID",
    "periods": "period",
    "period": "periodNumber startDatePeriod endDatePeriod",
    "transactions": "linesCount totalDebit totalCredit journal",
    "journal": "jrnID desc jrnTp transaction",
    "transaction": "nr desc periodNumber trDt trLine",
    "trLine": "nr accID docRef effDate desc amnt amntTp recRef custSupID invRef costID vat",
    "vat": "vatID vatPerc vatAmnt vatAmntTp",
}


@pytest.mark.parametrize("year", YEARS)
def test_the_audit_file_has_its_elements_in_the_published_order(year: int) -> None:
    root = etree.fromstring(text(year, "xaf").encode())
    for element in root.iter():
        name = etree.QName(element).localname
        order = ORDER.get(name, "").split()
        children = [order.index(etree.QName(child).localname) for child in element]
        assert children == sorted(children), name


@pytest.mark.parametrize("year", YEARS)
def test_the_audit_file_balances_and_names_what_it_has(year: int) -> None:
    root = etree.fromstring(text(year, "xaf").encode())
    lines = list(root.iter(f"{XAF}trLine"))
    sums = {"D": Decimal(0), "C": Decimal(0)}
    for line in lines:
        sums[line.findtext(f"{XAF}amntTp") or ""] += Decimal(line.findtext(f"{XAF}amnt") or "")
    assert root.findtext(f".//{XAF}transactions/{XAF}linesCount") == str(len(lines))
    assert root.findtext(f".//{XAF}totalDebit") == str(sums["D"]) == str(sums["C"])
    accounts = {element.text for element in root.iterfind(f".//{XAF}ledgerAccount/{XAF}accID")}
    assert {line.findtext(f"{XAF}accID") for line in lines} <= accounts
    customers = {element.text for element in root.iterfind(f".//{XAF}customerSupplier/{XAF}custSupID")}
    assert {line.findtext(f"{XAF}custSupID") for line in lines} == customers


@pytest.mark.parametrize("year", YEARS)
def test_the_audit_file_is_valid_by_the_official_schema(year: int, tmp_path: Path) -> None:
    """By pyxaf, which has the schema and checks the sums besides."""
    chart = Chart(cost_centres={"digipoort": "K4410"})
    path = tmp_path / "year.xaf"
    path.write_text(written(journal(ISSUER, year, billed(year), chart), "xaf"), encoding="utf-8")
    report = pyxaf.validate(path, xsd=True)
    assert [finding for finding in report.findings if finding.severity is not pyxaf.Severity.INFO] == []


def test_a_debtor_has_its_number_in_the_trade_register_when_its_oin_says_so() -> None:
    bill = BILLS["settlement"]
    company = replace(bill, debtor=replace(bill.debtor, party_id="firm", oin="00000003271248290000"))
    root = etree.fromstring(written(journal(ISSUER, 2027, [bill, company]), "xaf").encode())
    assert [one.findtext(f"{XAF}commerceNr") for one in root.iter(f"{XAF}customerSupplier")] == ["27124829", None]


@pytest.mark.parametrize("year", YEARS)
def test_the_tables_say_the_same(year: int) -> None:
    """By openpyxl and pyarrow, against the CSV."""
    rows = [
        (row["number"], row["account"], Decimal(row["debit"]), Decimal(row["credit"]))
        for row in csv.DictReader(io.StringIO(text(year, "csv"), newline=""))
    ]
    table = parquet.read_table(io.BytesIO(build(year, JournalFormat.PARQUET)[0])).to_pylist()
    assert [(row["number"], row["account"], row["debit"], row["credit"]) for row in table] == rows
    content, totals = build(year, JournalFormat.XLSX)
    book = openpyxl.load_workbook(io.BytesIO(content))
    _, *cells = book["journal"].iter_rows(values_only=True)
    assert [(row[0], row[8], Decimal(str(row[11])), Decimal(str(row[12]))) for row in cells] == rows
    control = {str(row[0]): row[1] for row in book["control total"].iter_rows(min_row=2, values_only=True)}
    assert control == {"entries": totals.entries, "debit": float(totals.debit), "credit": float(totals.credit)}


def build(year: int, form: JournalFormat) -> tuple[bytes, JournalTotals]:
    """The file of a year's journal, and its control total."""
    out = io.BytesIO()
    totals = write_journal(journal_of(year), form, out)
    return out.getvalue(), totals


@pytest.mark.parametrize("form", JournalFormat)
def test_the_same_journal_gives_the_same_bytes_and_the_same_total(form: JournalFormat) -> None:
    content, totals = build(2026, form)
    assert build(2026, form) == (content, totals)
    entries = journal_of(2026).entries
    debit = sum(posting.debit for entry in entries for posting in entry.postings)
    assert (totals.entries, totals.debit, totals.credit) == (len(entries), debit, debit)
