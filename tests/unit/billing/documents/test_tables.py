"""What was billed as tables, read by other programs and added up against the bills themselves."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from pyarrow import parquet

from gateway.billing.documents.tables import BILL_LINES, BILLS, BillTotals, bill_totals, lines_of
from gateway.metering.export import Format, write_items
from tests.unit.billing.bills import BILLS as SAMPLES

BILLED = [bill.with_number(f"GD{bill.issued_on.year}-{rank:06}") for rank, bill in enumerate(SAMPLES.values(), 1)]
TOTALS = BillTotals(
    len(BILLED),
    sum((bill.amounts.excluding for bill in BILLED), Decimal(0)),
    sum((bill.amounts.vat for bill in BILLED), Decimal(0)),
    sum((bill.amounts.including for bill in BILLED), Decimal(0)),
)


def bills_in(form: Format) -> bytes:
    out = io.BytesIO()
    assert write_items(BILLS, BILLED, form, out) == TOTALS
    return out.getvalue()


def lines_in(form: Format) -> bytes:
    out = io.BytesIO()
    assert write_items(BILL_LINES, lines_of(BILLED), form, out) == TOTALS
    return out.getvalue()


def test_csv_holds_every_document_to_the_cent() -> None:
    rows = list(csv.DictReader(io.StringIO(bills_in(Format.CSV).decode(), newline="")))
    found = [(row["number"], row["excluding"], row["vat"], row["including"], row["issued_on"]) for row in rows]
    assert found == [
        (
            bill.number,
            f"{bill.amounts.excluding:.2f}",
            f"{bill.amounts.vat:.2f}",
            f"{bill.amounts.including:.2f}",
            bill.issued_on.isoformat(),
        )
        for bill in BILLED
    ]
    assert {row["kind"] for row in rows} == {"invoice", "credit-note"}


def test_parquet_keeps_amounts_and_days_as_such() -> None:
    rows = parquet.read_table(io.BytesIO(bills_in(Format.PARQUET))).to_pylist()
    assert [(row["including"], row["due_on"]) for row in rows] == [
        (bill.amounts.including, bill.due_on) for bill in BILLED
    ]
    assert {(type(row["including"]), type(row["due_on"])) for row in rows} == {(Decimal, date)}
    lines = parquet.read_table(io.BytesIO(lines_in(Format.PARQUET))).to_pylist()
    assert [row["price"] for row in lines] == [line.price for bill in BILLED for line in bill.lines]


def test_xlsx_holds_numbers_that_add_up_to_its_control_total() -> None:
    book = openpyxl.load_workbook(io.BytesIO(bills_in(Format.XLSX)))
    heads, *rows = book["bills"].iter_rows(values_only=True)
    column = heads.index("including")
    assert round(sum(Decimal(str(row[column])) for row in rows), 2) == TOTALS.including
    assert book["bills"].cell(2, column + 1).number_format == "#,##0.00"
    control: Mapping[str, object] = {
        str(row[0]): row[1] for row in book["control total"].iter_rows(min_row=2, values_only=True)
    }
    assert (control["documents"], control["including"]) == (TOTALS.documents, float(TOTALS.including))


def test_lines_sum_to_their_document_and_say_how() -> None:
    rows = [json.loads(line) for line in lines_in(Format.JSON).splitlines()]
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["number"]] = sums.get(row["number"], Decimal(0)) + Decimal(row["net"])
    assert sums == {bill.number: bill.amounts.excluding for bill in BILLED}
    settlement = [row for row in rows if row["role"] == "use" and row["units"] == 13_500]
    assert settlement[0]["computation"] == "13.500 berichten × € 0,59 = € 7.965,00"
    assert "/portal/usage?party=zilverstrand" in settlement[0]["link"]


@pytest.mark.parametrize("form", Format)
def test_the_same_bills_give_the_same_bytes(form: Format) -> None:
    assert (bills_in(form), lines_in(form)) == (bills_in(form), lines_in(form))


def test_the_totals_of_no_bills_are_zero() -> None:
    assert bill_totals([]) == BillTotals(0, Decimal("0.00"), Decimal("0.00"), Decimal("0.00"))
