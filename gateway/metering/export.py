"""Exports of entries and statements: CSV, JSON lines, XLSX and Parquet, in flat memory, the same bytes each time.

A writer gets rows as they come and keeps none but a group that is not full yet; nothing of the moment or the
machine goes into a file. What passes is counted, so that a file can be laid beside the audit.
"""

import csv
import io
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

import msgspec
import xlsxwriter

from gateway.metering.calendar import billing_day, moment
from gateway.metering.entry import LedgerEntry
from gateway.metering.statement import StatementLine
from gateway.metering.totals import ControlTotals, PartyTotal, TotalsCounter

Cell = str | int | bool | datetime | None


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    """RFC 4180, UTF-8, a header, commas."""
    JSON = "jsonl"
    """One JSON object a line."""
    XLSX = "xlsx"
    """Office Open XML; the control total stands on the last sheet. A sheet takes 1,048,575 rows."""
    PARQUET = "parquet"
    """Apache Parquet; needs pyarrow."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, and what its cells hold (`str`, `int`, `bool` or `datetime` in UTC)."""

    name: str
    holds: type


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported, as rows of these columns; `counted` says what a row adds to the control total."""

    name: str
    columns: tuple[Column, ...]
    row: Callable[..., tuple[Cell, ...]]
    counted: Callable[..., PartyTotal]


class RowWriter(Protocol):
    """Writes rows of one export in one format."""

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Add rows."""

    def close(self, totals: ControlTotals) -> None:
        """All rows are written; the file is complete. The stream stays open."""


def _entry_row(entry: LedgerEntry) -> tuple[Cell, ...]:
    day = billing_day(entry.at)
    return (
        entry.position,
        entry.source,
        entry.key,
        entry.kenmerk,
        entry.party_id,
        entry.kind,
        entry.quantity,
        moment(entry.at),
        day.day,
        moment(entry.recorded_at),
        entry.recorded_at >= day.late_from,
        entry.reverses,
        entry.reason,
        entry.author,
    )


ENTRIES = Export(
    "entries",
    (
        Column("position", int),
        Column("source", str),
        Column("key", str),
        Column("kenmerk", str),
        Column("party_id", str),
        Column("kind", str),
        Column("quantity", int),
        Column("at", datetime),
        Column("day", str),
        Column("recorded_at", datetime),
        Column("is_late", bool),
        Column("reverses", int),
        Column("reason", str),
        Column("author", str),
    ),
    _entry_row,
    lambda entry: (entry.party_id, billing_day(entry.at).year, entry.kind, 1, entry.quantity),
)
"""Every entry; `day` is its Amsterdam day."""

STATEMENTS = Export(
    "statements",
    (
        Column("party_id", str),
        Column("year", int),
        Column("month", str),
        Column("kind", str),
        Column("quantity", int),
        Column("entries", int),
        Column("late", int),
    ),
    lambda line: msgspec.structs.astuple(line),
    lambda line: (line.party_id, line.year, line.kind, line.entries, line.quantity),
)
"""Every statement line."""


async def write_export(
    export: Export,
    pages: AsyncIterable[Sequence[LedgerEntry]] | AsyncIterable[Sequence[StatementLine]],
    form: Format,
    out: BinaryIO,
) -> ControlTotals:
    """Write pages of entries (`ENTRIES`) or statement lines (`STATEMENTS`); answers their control totals."""
    writer, counter = open_writer(form, export, out), TotalsCounter()
    async for page in pages:
        writer.write([export.row(item) for item in page])
        counter.add(export.counted(item) for item in page)
    totals = counter.totals()
    writer.close(totals)
    return totals


def open_writer(form: Format, export: Export, out: BinaryIO) -> RowWriter:
    """A writer of this format. Raises ValueError for Parquet where pyarrow is not installed."""
    return _WRITERS[form](export, out)


def iso(at: datetime) -> str:
    """A moment as text, always with microseconds: `2026-03-01T12:00:00.000000Z`."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _as_text(cell: Cell) -> str | int | None:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return iso(cell) if isinstance(cell, datetime) else cell


class _CsvWriter:
    def __init__(self, export: Export, out: BinaryIO) -> None:
        self._text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
        self._csv = csv.writer(self._text)
        self._csv.writerow(column.name for column in export.columns)

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        self._csv.writerows(map(_as_text, row) for row in rows)

    def close(self, totals: ControlTotals) -> None:
        del totals
        self._text.flush()
        self._text.detach()


class _JsonWriter:
    def __init__(self, export: Export, out: BinaryIO) -> None:
        self._names = [column.name for column in export.columns]
        self._out = out
        self._encoder = msgspec.json.Encoder()

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        self._out.write(self._encoder.encode_lines([self._object(row) for row in rows]))

    def _object(self, row: tuple[Cell, ...]) -> dict[str, Cell]:
        cells = (iso(cell) if isinstance(cell, datetime) else cell for cell in row)
        return dict(zip(self._names, cells, strict=True))

    def close(self, totals: ControlTotals) -> None:
        del totals


class _XlsxWriter:
    """Sheets of at most as many rows as Excel takes. Text is always text, never a formula or a link."""

    ROWS_MAX = 1_048_575
    _OPTIONS: Mapping[str, bool] = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }

    def __init__(self, export: Export, out: BinaryIO) -> None:
        self._export = export
        self._book = xlsxwriter.Workbook(out, dict(self._OPTIONS))
        self._book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - a fixed day, for no moment
        self._sheets = 0
        self._next_sheet()

    def _next_sheet(self) -> None:
        self._sheets += 1
        name = self._export.name if self._sheets == 1 else f"{self._export.name} {self._sheets}"
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        self._sheet.write_row(0, 0, [column.name for column in self._export.columns])
        self._rows = 0

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        for row in rows:
            if self._rows == self.ROWS_MAX:
                self._next_sheet()
            self._rows += 1
            for column, cell in enumerate(map(_as_text, row)):
                if isinstance(cell, int):
                    self._sheet.write_number(self._rows, column, cell)
                elif cell:
                    self._sheet.write_string(self._rows, column, cell)

    def close(self, totals: ControlTotals) -> None:
        sheet = self._book.add_worksheet("control total")
        lines: list[Sequence[str | int]] = [
            ("entries", totals.entries),
            ("quantity", totals.quantity),
            ("parties", totals.parties),
            ("kind", "year", "entries", "quantity"),
            *((total.kind, total.year, total.entries, total.quantity) for total in totals.by_kind),
        ]
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
        self._book.close()


class _ParquetWriter:
    """Row groups of a fixed size, so that the file does not depend on how rows came in."""

    ROWS_A_GROUP = 65_536

    def __init__(self, export: Export, out: BinaryIO) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise ValueError("Parquet needs pyarrow: pip install 'meterpoort[parquet]'") from error
        types = {str: pyarrow.string(), int: pyarrow.int64(), bool: pyarrow.bool_()}
        types[datetime] = pyarrow.timestamp("us", tz="UTC")
        self._pyarrow = pyarrow
        self._schema = pyarrow.schema([(column.name, types[column.holds]) for column in export.columns])
        self._file = parquet.ParquetWriter(out, self._schema, compression="zstd")
        self._waiting: list[tuple[Cell, ...]] = []

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        self._waiting.extend(rows)
        while len(self._waiting) >= self.ROWS_A_GROUP:
            self._write_group(self._waiting[: self.ROWS_A_GROUP])
            del self._waiting[: self.ROWS_A_GROUP]

    def _write_group(self, rows: Iterable[tuple[Cell, ...]]) -> None:
        columns = zip(*rows, strict=True)
        arrays = [
            self._pyarrow.array(cells, field.type) for cells, field in zip(columns, self._schema, strict=True)
        ]
        self._file.write_table(self._pyarrow.table(arrays, schema=self._schema))

    def close(self, totals: ControlTotals) -> None:
        del totals
        if self._waiting:
            self._write_group(self._waiting)
        self._file.close()


_WRITERS: Mapping[Format, Callable[[Export, BinaryIO], RowWriter]] = {
    Format.CSV: _CsvWriter,
    Format.JSON: _JsonWriter,
    Format.XLSX: _XlsxWriter,
    Format.PARQUET: _ParquetWriter,
}
