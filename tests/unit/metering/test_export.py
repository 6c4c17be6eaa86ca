"""Exports: the same bytes each time, read back by other programs, counted as the audit counts."""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyarrow import parquet

import gateway
from gateway.billing.documents import tables
from gateway.clock import to_microseconds
from gateway.metering import export
from gateway.metering.entry import GATEWAY, LedgerEntry
from gateway.metering.export import ENTRIES, STATEMENTS, Cell, Export, Format, write_export, write_items
from gateway.metering.statement import StatementLine
from gateway.metering.totals import ControlTotals, KindYear
from tests.unit.billing.bills import BILLS

NEW_YEAR = to_microseconds(datetime(2025, 12, 31, 23, 30, tzinfo=UTC))
MAY = to_microseconds(datetime(2026, 5, 1, 8, 0, 0, 120, tzinfo=UTC))
BACK = "reversal 1 m1 delivered-to a"
REASON = 'zie "brief"\n'
ROWS = [
    LedgerEntry(1, "meterpoort", "m1 delivered-to a", "a", "delivered-to", 1, NEW_YEAR, NEW_YEAR + 5),
    LedgerEntry(2, "urn:x", "=1+1", "b", "mandate-used", 40, MAY, MAY),
    LedgerEntry(
        3, GATEWAY, "reversal 1 m1 delivered-to a", "a", "delivered-to", -1, NEW_YEAR, MAY, 1, REASON, "fin"
    ),
]
EXPECTED = [
    {
        "position": 1,
        "source": "meterpoort",
        "key": "m1 delivered-to a",
        "kenmerk": "m1",
        "party_id": "a",
        "kind": "delivered-to",
        "quantity": 1,
        "at": "2025-12-31T23:30:00.000000Z",
        "day": "2026-01-01",
        "recorded_at": "2025-12-31T23:30:00.000005Z",
        "is_late": False,
        "reverses": None,
        "reason": None,
        "author": None,
    },
    {
        "position": 2,
        "source": "urn:x",
        "key": "=1+1",
        "kenmerk": None,
        "party_id": "b",
        "kind": "mandate-used",
        "quantity": 40,
        "at": "2026-05-01T08:00:00.000120Z",
        "day": "2026-05-01",
        "recorded_at": "2026-05-01T08:00:00.000120Z",
        "is_late": False,
        "reverses": None,
        "reason": None,
        "author": None,
    },
    {
        "position": 3,
        "source": "meterpoort",
        "key": "reversal 1 m1 delivered-to a",
        "kenmerk": "m1",
        "party_id": "a",
        "kind": "delivered-to",
        "quantity": -1,
        "at": "2025-12-31T23:30:00.000000Z",
        "day": "2026-01-01",
        "recorded_at": "2026-05-01T08:00:00.000120Z",
        "is_late": True,
        "reverses": 1,
        "reason": 'zie "brief"\n',
        "author": "fin",
    },
]
TOTALS = ControlTotals(
    3,
    40,
    (KindYear("delivered-to", 2026, 2, 0), KindYear("mandate-used", 2026, 1, 40)),
    sha256(b"a\t2026\tdelivered-to\t2\t0\nb\t2026\tmandate-used\t1\t40\n").hexdigest(),
)


async def pages(rows: Sequence[LedgerEntry], size: int) -> AsyncIterator[Sequence[LedgerEntry]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


async def exported(form: Format, rows: Sequence[LedgerEntry] = ROWS, size: int = 2) -> tuple[bytes, ControlTotals]:
    out = io.BytesIO()
    totals = await write_export(ENTRIES, pages(rows, size), form, out)
    return out.getvalue(), totals


def text_of(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


async def test_csv_by_the_standard_reader() -> None:
    content, totals = await exported(Format.CSV)
    found = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    wanted = [{name: text_of(value) for name, value in row.items()} for row in EXPECTED]
    wanted[1]["key"] = "'=1+1"
    assert found == wanted
    assert totals == TOTALS


class _NoTotals:
    def count(self, items: object) -> None:
        """Nothing is counted."""

    def totals(self) -> ControlTotals:
        return ControlTotals(0, 0, (), "")


EXPORTS = [one for module in (export, tables) for one in vars(module).values() if isinstance(one, Export)]
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x")


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("table", EXPORTS, ids=lambda table: table.name)
def test_text_that_a_spreadsheet_would_compute_stays_text(table: Export[Any, Any], formula: str) -> None:
    """In every text column of every export; numbers below zero stay numbers."""
    values: dict[type, Cell] = {str: formula, int: -1, bool: True, Decimal: Decimal("-1.5")}
    values |= {date: date(2026, 1, 1), datetime: datetime(2026, 1, 1, tzinfo=UTC)}
    hostile = replace(
        table, row=lambda _: tuple(values[column.holds] for column in table.columns), counter=_NoTotals
    )
    out = io.BytesIO()
    write_items(hostile, [None], Format.CSV, out)
    _, row = csv.reader(io.StringIO(out.getvalue().decode(), newline=""))
    wanted = {str: f"'{formula}", int: "-1", Decimal: "-1.5"}
    assert [cell for cell, column in zip(row, table.columns, strict=True) if column.holds in wanted] == [
        wanted[column.holds] for column in table.columns if column.holds in wanted
    ]
    sheets = io.BytesIO()
    write_items(hostile, [None], Format.XLSX, sheets)
    cells = openpyxl.load_workbook(sheets)[table.name][2]
    assert {cell.data_type for cell, column in zip(cells, table.columns, strict=True) if column.holds is str} <= {
        "s"
    }


def test_csv_is_written_by_one_module() -> None:
    root = Path(gateway.__file__).parent
    assert [str(p.relative_to(root)) for p in root.rglob("*.py") if "csv.writer(" in p.read_text()] == [
        "metering/export.py"
    ]


async def test_json_lines() -> None:
    content, totals = await exported(Format.JSON)
    assert [json.loads(line) for line in content.splitlines()] == EXPECTED
    assert totals == TOTALS


def in_excel(row: dict[str, Any]) -> dict[str, Any]:
    """A row as a spreadsheet has it: days and times are dates, times without zone and to the millisecond."""
    times = {name: datetime.fromisoformat(str(row[name])).replace(tzinfo=None) for name in ("at", "recorded_at")}
    day = datetime.fromisoformat(str(row["day"]))
    return row | {name: at.replace(microsecond=0) for name, at in times.items()} | {"day": day}


async def test_csv_of_a_dutch_spreadsheet() -> None:
    """Read by the standard reader with its own separators."""
    plain, _ = await exported(Format.CSV)
    dutch, _ = await exported(Format.CSV_NL)
    assert dutch.startswith(b"\xef\xbb\xbfposition;source;")
    by_comma = list(csv.reader(io.StringIO(plain.decode(), newline="")))
    assert list(csv.reader(io.StringIO(dutch.decode("utf-8-sig"), newline=""), delimiter=";")) == by_comma
    out = io.BytesIO()
    write_items(tables.BILLS, [BILLS["settlement"]], Format.CSV_NL, out)
    _, row = csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline=""), delimiter=";")
    assert "885,00" in row
    assert "'-" not in "".join(row)


async def test_xlsx_by_openpyxl() -> None:
    content, totals = await exported(Format.XLSX)
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["entries"]
    header, *rows = sheet.iter_rows(values_only=True)
    assert list(header) == list(EXPECTED[0])
    assert [list(row) for row in rows] == [list(in_excel(row).values()) for row in EXPECTED]
    assert {cell.font.b for cell in sheet[1]} == {True}
    assert (sheet.auto_filter.ref, sheet.freeze_panes) == ("A1:N4", "A2")
    assert sheet.column_dimensions["A"].width >= len("position")
    assert [sheet["H2"].number_format, sheet["I2"].number_format] == ["yyyy-mm-dd hh:mm:ss.000", "yyyy-mm-dd"]
    assert book["entries"]["C3"].data_type == "s"  # text, not a formula
    control = [row[:2] for row in book["control total"].iter_rows(min_row=2, values_only=True)]
    assert control[:3] == [("entries", 3), ("quantity", 40), ("parties", totals.parties)]


async def test_xlsx_goes_on_on_a_next_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export._XlsxWriter, "ROWS_MAX", 2)
    content, _ = await exported(Format.XLSX)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [(sheet.title, sheet.max_row) for sheet in book][:2] == [("entries", 3), ("entries 2", 2)]


async def test_parquet_by_pyarrow() -> None:
    content, _ = await exported(Format.PARQUET)
    found = parquet.read_table(io.BytesIO(content)).to_pylist()
    times = ("at", "recorded_at")
    parsed = [row | {name: datetime.fromisoformat(str(row[name])) for name in times} for row in EXPECTED]
    parsed = [row | {"day": date.fromisoformat(str(row["day"]))} for row in parsed]
    assert found == parsed


@pytest.mark.parametrize("form", Format)
async def test_the_bytes_are_the_same_whatever_the_pages(form: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export._ParquetWriter, "ROWS_A_GROUP", 2)
    first, _ = await exported(form, size=1)
    second, _ = await exported(form, size=3)
    assert first == second


@pytest.mark.parametrize("form", Format)
async def test_nothing_can_be_exported(form: Format) -> None:
    content, totals = await exported(form, [])
    assert content or form is Format.JSON
    assert totals == ControlTotals(0, 0, (), sha256().hexdigest())


async def test_statements() -> None:
    line = StatementLine("a", 2026, "2026-01", "delivered-to", 12, 14, 3)

    async def lines() -> AsyncIterator[Sequence[StatementLine]]:
        yield [line]

    out = io.BytesIO()
    totals = await write_export(STATEMENTS, lines(), Format.CSV, out)
    assert out.getvalue().decode() == (
        "party_id,year,month,kind,quantity,entries,late\r\na,2026,2026-01,delivered-to,12,14,3\r\n"
    )
    assert (totals.entries, totals.quantity) == (14, 12)
