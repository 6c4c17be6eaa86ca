"""Exports as tables: CSV, JSON lines, XLSX and Parquet, in flat memory, the same bytes each time.

What is exported is a value (`Export`): the meter's entries and statements are here, what was billed is in
`gateway.billing.documents.tables`. A writer keeps no rows but a group that is not full yet; nothing of the
time or the machine goes into a file. Rows are counted, so that a file can be compared with the audit.
"""

import asyncio
import csv
import io
import re
import shutil
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import Any, BinaryIO, Generic, Protocol, TypeVar
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec

from gateway.clock import from_microseconds
from gateway.metering.calendar import billing_day
from gateway.metering.entry import LedgerEntry
from gateway.metering.statement import StatementLine
from gateway.metering.totals import ControlTotals, PartyTotal, TotalLine, TotalsCounter
from gateway.progress import Progress, unseen

Cell = str | int | bool | Decimal | date | datetime | None


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    """RFC 4180, UTF-8, a header, commas. Text that a spreadsheet would read as a formula has a `'` before it."""
    CSV_NL = "csv-nl"
    """The same as a Dutch spreadsheet opens it: semicolons, decimal commas, a byte order mark."""
    JSON = "jsonl"
    """One JSON object a line."""
    XLSX = "xlsx"
    """Office Open XML: real dates and numbers, times in UTC, a filter on the header; the control total is on
    the last sheet. A sheet has at most 1,048,575 rows; what is more goes on the next one."""
    PARQUET = "parquet"
    """Apache Parquet; needs pyarrow."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, and the type of its cells: str, int, bool, Decimal, date or datetime in UTC."""

    name: str
    holds: type
    decimals: int = 2
    """Of a `Decimal`: the most decimals that a cell has."""


class ControlTotal(Protocol):
    """A control total."""

    def lines(self) -> Sequence[TotalLine]:
        """As a sheet shows it."""


Item = TypeVar("Item")
Kept = TypeVar("Kept", bound=ControlTotal)
ItemIn = TypeVar("ItemIn", contravariant=True)
KeptOut = TypeVar("KeptOut", covariant=True, bound=ControlTotal)


class Counter(Protocol[ItemIn, KeptOut]):
    """Counts exported items."""

    def count(self, items: Iterable[ItemIn]) -> None:
        """Add items."""

    def totals(self) -> KeptOut:
        """The control total of all items."""


@dataclass(frozen=True, slots=True)
class Export(Generic[Item, Kept]):
    """An export: how an item becomes a row of these columns, and what counts the control total."""

    name: str
    columns: tuple[Column, ...]
    row: Callable[[Item], tuple[Cell, ...]]
    counter: Callable[[], Counter[Item, Kept]]


class RowWriter(Protocol):
    """Writes rows of one export in one format."""

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Add rows."""

    def close(self, totals: ControlTotal) -> None:
        """All rows are written; the file is complete. The stream stays open."""


_ITEMS_A_PAGE = 10_000
_as_date = lru_cache(maxsize=4096)(date.fromisoformat)


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
        from_microseconds(entry.at),
        _as_date(day.day),
        from_microseconds(entry.recorded_at),
        entry.recorded_at >= day.late_from,
        entry.reverses,
        entry.reason,
        entry.author,
    )


def _entry_total(entry: LedgerEntry) -> PartyTotal:
    return entry.party_id, billing_day(entry.at).year, entry.kind, 1, entry.quantity


def _line_total(line: StatementLine) -> PartyTotal:
    return line.party_id, line.year, line.kind, line.entries, line.quantity


ENTRIES: Export[LedgerEntry, ControlTotals] = Export(
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
        Column("day", date),
        Column("recorded_at", datetime),
        Column("is_late", bool),
        Column("reverses", int),
        Column("reason", str),
        Column("author", str),
    ),
    _entry_row,
    lambda: TotalsCounter(_entry_total),
)
"""Every entry; `day` is its Amsterdam day."""

STATEMENTS: Export[StatementLine, ControlTotals] = Export(
    "statements",
    tuple(Column(field.name, field.type) for field in msgspec.structs.fields(StatementLine)),
    msgspec.structs.astuple,
    lambda: TotalsCounter(_line_total),
)
"""Every statement line."""


class ExportFile(Generic[Item, Kept]):
    """A file that is being written: pages of items are added, and closing it returns the control total.

    Raises ValueError for Parquet where pyarrow is not installed.
    """

    def __init__(self, export: Export[Item, Kept], form: Format, out: BinaryIO) -> None:
        self._row = export.row
        self._writer = _WRITERS[form](export, out)
        self._counter = export.counter()

    def add(self, page: Sequence[Item]) -> None:
        """Write a page of items."""
        self._writer.write([self._row(item) for item in page])
        self._counter.count(page)

    def close(self) -> Kept:
        """Complete the file; the stream stays open."""
        totals = self._counter.totals()
        self._writer.close(totals)
        return totals


async def write_export(
    export: Export[Item, Kept], pages: AsyncIterable[Sequence[Item]], form: Format, out: BinaryIO
) -> Kept:
    """Write pages of items, each in a thread so that the event loop goes on; returns their control total."""
    file = ExportFile(export, form, out)
    async for page in pages:
        await asyncio.to_thread(file.add, page)
    return await asyncio.to_thread(file.close)


def write_items(
    export: Export[Item, Kept],
    items: Sequence[Item],
    form: Format,
    out: BinaryIO,
    progress: Progress = unseen,
) -> Kept:
    """Write a list of items; returns their control total."""
    file = ExportFile(export, form, out)
    for first in range(0, len(items), _ITEMS_A_PAGE):
        page = items[first : first + _ITEMS_A_PAGE]
        file.add(page)
        progress(first + len(page), len(items))
    return file.close()


async def one_page(items: Sequence[Item]) -> AsyncIterator[Sequence[Item]]:
    """A list of items as pages."""
    yield items


def iso(at: datetime) -> str:
    """A time in UTC as text, always with microseconds: `2026-03-01T12:00:00.000000Z`."""
    return at.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


_IN_JSON: Mapping[type, Callable[[Any], str]] = {datetime: iso, date: str, Decimal: str}
"""Types that JSON has no form for, and how each becomes text."""
_AS_TEXT: Mapping[type, Callable[[Any], str]] = {**_IN_JSON, bool: lambda cell: "true" if cell else "false"}


def _converter(
    columns: Sequence[Column], conversions: Mapping[type, Callable[[Any], object]]
) -> Callable[..., list[Any]]:
    """Converts the cells of a row to what a format writes. Only columns that need it are touched: exports have
    millions of rows."""
    plan = [
        (index, conversions[column.holds]) for index, column in enumerate(columns) if column.holds in conversions
    ]

    def convert(row: tuple[Cell, ...]) -> list[Any]:
        cells: list[Any] = list(row)
        for index, conversion in plan:
            if cells[index] is not None:
                cells[index] = conversion(cells[index])
        return cells

    return convert


_PRECISION = 28
"""Digits of a Decimal in Parquet: as many as Python computes with."""


_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
"""OWASP's list for CSV injection; the wide ones are formulas in some languages."""


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _with_comma(amount: Decimal) -> str:
    return str(amount).replace(".", ",")


class _CsvWriter:
    def __init__(self, columns: Sequence[Column], out: BinaryIO, *, is_dutch: bool = False) -> None:
        encoding, delimiter = ("utf-8-sig", ";") if is_dutch else ("utf-8", ",")
        self._text = io.TextIOWrapper(out, encoding=encoding, newline="", write_through=True)
        self._csv = csv.writer(self._text, delimiter=delimiter)
        numbers: Mapping[type, Callable[[Any], str]] = {Decimal: _with_comma} if is_dutch else {}
        self._convert = _converter(columns, {**_AS_TEXT, **numbers, str: _inert})
        self._csv.writerow(column.name for column in columns)

    def write(self, rows: Iterable[tuple[Cell, ...]]) -> None:
        self._csv.writerows(map(self._convert, rows))

    def close(self, totals: ControlTotal | None = None) -> None:
        del totals
        self._text.flush()
        self._text.detach()


def csv_of(columns: Sequence[Column], rows: Iterable[tuple[Cell, ...]]) -> bytes:
    """A short table as CSV, without a control total."""
    out = io.BytesIO()
    writer = _CsvWriter(columns, out)
    writer.write(rows)
    writer.close()
    return out.getvalue()


class _JsonWriter:
    def __init__(self, export: Export[Any, Any], out: BinaryIO) -> None:
        self._names = [column.name for column in export.columns]
        self._convert = _converter(export.columns, _IN_JSON)
        self._out = out
        self._encoder = msgspec.json.Encoder()

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        objects = [dict(zip(self._names, self._convert(row), strict=True)) for row in rows]
        self._out.write(self._encoder.encode_lines(objects))

    def close(self, totals: ControlTotal) -> None:
        del totals


class _XlsxWriter:
    """Sheets of at most as many rows as Excel accepts. Text is always text, never a formula or a link.

    rust_xlsxwriter takes rows from an iterator, so they are kept in a file until the last one is known.
    """

    ROWS_MAX = 1_048_575
    _WIDTHS: Mapping[type, float] = {str: 24, int: 12, bool: 9, Decimal: 16, date: 12, datetime: 24}
    """In characters, by what a column holds."""

    def __init__(self, export: Export[Any, Any], out: BinaryIO) -> None:
        self._name = export.name
        self._columns = export.columns
        self._names = [column.name for column in export.columns]
        self._out = out
        self._convert = _converter(export.columns, {datetime: lambda at: at.replace(tzinfo=None)})
        self._pages = TemporaryFile()  # noqa: SIM115 - closed when the export is
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(
            list[tuple[tuple(column.holds | None for column in export.columns)]]  # type: ignore[misc]  # made here
        )
        self._rows = 0

    def write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        page = self._encoder.encode([self._convert(row) for row in rows])
        self._pages.write(len(page).to_bytes(8))
        self._pages.write(page)
        self._rows += len(rows)

    def close(self, totals: ControlTotal) -> None:
        from rustpy_xlsxwriter import Format as CellFormat  # here, since few files are XLSX
        from rustpy_xlsxwriter import write_worksheets

        records = self._records()
        sheets = max(1, -(-self._rows // self.ROWS_MAX))
        names = [self._name if number == 1 else f"{self._name} {number}" for number in range(1, sheets + 1)]
        width = [max(self._WIDTHS[column.holds], len(column.name) + 4) for column in self._columns]
        widths: dict[str, dict[str, float] | list[float]] = {"control total": [24.0, 16.0]}
        widths.update(dict.fromkeys(names, width))
        formats = [CellFormat().set_num_format(_pattern(column)) for column in self._columns]
        tables = [(name, islice(records, self.ROWS_MAX)) for name in names]
        with NamedTemporaryFile(suffix=".xlsx") as file:
            write_worksheets(
                [*tables, ("control total", _total_records(totals))],
                file.name,
                bold_headers=True,
                freeze_panes={name: {"row": 1, "col": 0} for name in names},
                autofilter=dict.fromkeys(names, True),
                column_widths=widths,
                column_formats=dict.fromkeys(names, formats),
            )
            _fix_time(file.name)
            with open(file.name, "rb") as written:  # noqa: PTH123 - it was replaced under its name
                shutil.copyfileobj(written, self._out)
        self._pages.close()

    def _records(self) -> Iterator[dict[str, Cell]]:
        """Every row; one without values where there is none, so that a sheet has its header."""
        self._pages.seek(0)
        while size := self._pages.read(8):
            for row in self._decoder.decode(self._pages.read(int.from_bytes(size))):
                yield dict(zip(self._names, row, strict=True))
        if not self._rows:
            yield dict.fromkeys(self._names)


def _total_records(totals: ControlTotal) -> Iterator[dict[str, object]]:
    """A control total as a sheet shows it."""
    for line in totals.lines():
        yield dict(zip(("total", "value", "of", "by"), line, strict=False))


def _fix_time(path: str) -> None:
    """Give the last two parts of the file, of which one has the time of writing, again with a fixed one."""
    with ZipFile(path, "a", ZIP_DEFLATED) as book:
        properties = book.infolist()[-2:]
        contents = [(part.filename, _TIME.sub(b"2000-01-01T00:00:00Z", book.read(part))) for part in properties]
        for part in properties:
            book.filelist.remove(part)
            del book.NameToInfo[part.filename]
        book.start_dir = properties[0].header_offset
        for name, content in contents:
            book.writestr(ZipInfo(name), content, ZIP_DEFLATED)


_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _pattern(column: Column) -> str:
    """The number format of a column in a spreadsheet."""
    if column.holds is Decimal:
        return "#,##0.00" + "#" * (column.decimals - 2)
    if column.holds is datetime:
        return "yyyy-mm-dd hh:mm:ss.000"
    return "yyyy-mm-dd" if column.holds is date else "General"


class _ParquetWriter:
    """Row groups of a fixed size, so that the file does not depend on the size of the pages."""

    ROWS_A_GROUP = 65_536

    def __init__(self, export: Export[Any, Any], out: BinaryIO) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise ValueError("Parquet needs pyarrow: pip install 'meterpoort[parquet]'") from error
        types = {str: pyarrow.string(), int: pyarrow.int64(), bool: pyarrow.bool_(), date: pyarrow.date32()}
        types[datetime] = pyarrow.timestamp("us", tz="UTC")
        self._pyarrow = pyarrow
        self._schema = pyarrow.schema(
            [
                (one.name, types.get(one.holds) or pyarrow.decimal128(_PRECISION, one.decimals))
                for one in export.columns
            ]
        )
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

    def close(self, totals: ControlTotal) -> None:
        del totals
        if self._waiting:
            self._write_group(self._waiting)
        self._file.close()


_WRITERS: Mapping[Format, Callable[[Export[Any, Any], BinaryIO], RowWriter]] = {
    Format.CSV: lambda export, out: _CsvWriter(export.columns, out),
    Format.CSV_NL: lambda export, out: _CsvWriter(export.columns, out, is_dutch=True),
    Format.JSON: _JsonWriter,
    Format.XLSX: _XlsxWriter,
    Format.PARQUET: _ParquetWriter,
}
