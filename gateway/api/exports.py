"""The books as files: entries, statements, bills and the journal.

A file is complete before its first byte is sent, so an error is a problem and never half a file. Until then it is
on disk, not in memory. A header carries its control total.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO, TypeVar

import msgspec
from aiohttp import web

from gateway.api.access import FINANCE
from gateway.api.billing import billing_of, today
from gateway.api.bills import BillsQuery, bills_wanted
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import PartyId, Year
from gateway.billing.documents.journals import JournalFile, JournalFormat, write_journal
from gateway.billing.documents.postings import read_journal
from gateway.billing.documents.tables import BILL_LINES, BILLS, lines_of
from gateway.http import problems
from gateway.http.answers import BY_ACCEPT, CSV, JSON, PLAIN, XML, headers, stream_answer
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.metering.export import (
    ENTRIES,
    STATEMENTS,
    ControlTotal,
    Export,
    Format,
    Item,
    Kept,
    one_page,
    write_export,
)
from gateway.metering.statement import EntrySelection

routes = Routes("billing", problems=(problems.NotAcceptable,))
Form = TypeVar("Form", Format, JournalFormat)
JSON_LINES = "application/jsonl"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"
CONTROL_TOTAL = "Meterpoort-Control-Total"
"""Header with the control total of an export, as JSON: what `meterpoort audit` counts, too."""

_PIECE_SIZE_BYTES = 1 << 18
TABLE_TYPES = {
    Format.CSV: CSV,
    Format.CSV_NL: CSV,
    Format.JSON: JSON_LINES,
    Format.XLSX: XLSX,
    Format.PARQUET: PARQUET,
}

JOURNAL_TYPES = {
    JournalFormat.CSV: CSV,
    JournalFormat.CSV_NL: CSV,
    JournalFormat.JSON: JSON,
    JournalFormat.XLSX: XLSX,
    JournalFormat.PARQUET: PARQUET,
    JournalFormat.XAF: XML,
    JournalFormat.HLEDGER: PLAIN,
    JournalFormat.BEANCOUNT: PLAIN,
}

TABLES = tuple(dict.fromkeys(TABLE_TYPES.values()))
CONTROL = {CONTROL_TOTAL: "The control total of what is in the file, as JSON."}


class EntriesExport(msgspec.Struct, frozen=True, rename="camel"):
    """Which entries, in which format; without one in that of `Accept`. Up to a position they are the same bytes
    for ever."""

    format: Format | None = None
    party_id: PartyId | None = None
    year: Year | None = None
    up_to: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None


class StatementsExport(msgspec.Struct, frozen=True, rename="camel"):
    """Of which year of use, in which format; without a year all of them."""

    format: Format | None = None
    year: Year | None = None


class BillsExport(BillsQuery, frozen=True, rename="camel"):
    """Issued in which calendar year, in which format; without a year the present one."""

    format: Format | None = None


class JournalExport(msgspec.Struct, frozen=True, rename="camel"):
    """Of which year of issue, in which format; without a year the present one."""

    format: JournalFormat | None = None
    year: Year | None = None


@routes.get(
    "/v1/exports/entries",
    Text("Entries of the meter as CSV, JSON lines, XLSX or Parquet"),
    Returns("The file.", media_types=TABLES, headers=CONTROL),
    roles=FINANCE,
)
async def export_entries(call: Call, query: EntriesExport) -> web.StreamResponse:
    pages = call.services.meter.entries(EntrySelection(query.party_id, query.year, query.up_to))
    return await _table(call, ENTRIES, pages, query.format, "entries")


@routes.get(
    "/v1/exports/statements",
    Text("Use of every party by month and kind, as CSV, JSON lines, XLSX or Parquet"),
    Returns("The file.", media_types=TABLES, headers=CONTROL),
    roles=FINANCE,
)
async def export_statements(call: Call, query: StatementsExport) -> web.StreamResponse:
    lines = await call.services.meter.statement_lines(query.year)
    return await _table(call, STATEMENTS, one_page(lines), query.format, "statements")


@routes.get(
    "/v1/exports/bills",
    Text("Bills of a year as CSV, JSON lines, XLSX or Parquet"),
    Returns("The file, a row a document.", media_types=TABLES, headers=CONTROL),
    roles=FINANCE,
    problems=(problems.NotReady,),
)
async def export_bills(call: Call, query: BillsExport) -> web.StreamResponse:
    bills = await bills_wanted(call, query)
    return await _table(call, BILLS, one_page(bills), query.format, "bills")


@routes.get(
    "/v1/exports/bill-lines",
    Text("Lines of the bills of a year, each with how it was computed"),
    Returns("The file, a row a line.", media_types=TABLES, headers=CONTROL),
    roles=FINANCE,
    problems=(problems.NotReady,),
)
async def export_bill_lines(call: Call, query: BillsExport) -> web.StreamResponse:
    lines = lines_of(await bills_wanted(call, query))
    return await _table(call, BILL_LINES, one_page(lines), query.format, "bill-lines")


@routes.get(
    "/v1/exports/journal",
    Text("The journal of a year as CSV, JSON, XLSX, Parquet, XAF 3.2, hledger or beancount"),
    Returns("The file.", JournalFile, media_types=tuple(dict.fromkeys(JOURNAL_TYPES.values())), headers=CONTROL),
    roles=FINANCE,
    problems=(problems.NotReady,),
)
async def export_journal(call: Call, query: JournalExport) -> web.StreamResponse:
    billing = billing_of(call)
    year = query.year or today(call).year
    booked = await read_journal(billing.store.bills, billing.service.issuer, year, billing.chart)
    form = _format(call, query.format, JOURNAL_TYPES)
    with TemporaryFile() as file:
        with _format_problems():
            totals = await asyncio.to_thread(write_journal, booked, form, file)
        return await _send(call, file, JOURNAL_TYPES[form], f"journal-{year}.{form}", totals)


async def _table(
    call: Call, export: Export[Item, Kept], pages: AsyncIterator[Sequence[Item]], wanted: Format | None, name: str
) -> web.StreamResponse:
    form = _format(call, wanted, TABLE_TYPES)
    with TemporaryFile() as file:
        with _format_problems():
            totals = await write_export(export, pages, form, file)
        return await _send(call, file, TABLE_TYPES[form], f"{name}.{form}", totals)


def _format(call: Call, wanted: Form | None, types: Mapping[Form, str]) -> Form:
    """The format in the query, else the first one of the best media type. Raises NotAcceptable."""
    if wanted is not None:
        return wanted
    best = call.media_type(tuple(dict.fromkeys(types.values())))
    return next(form for form, media_type in types.items() if media_type == best)


@contextmanager
def _format_problems() -> Iterator[None]:
    """Raises InvalidInput for Parquet where this gateway cannot write it."""
    try:
        yield
    except ValueError as error:
        raise problems.InvalidInput((Fault.of("query", "format", error),)) from error


async def _send(
    call: Call, file: BinaryIO, media_type: str, name: str, totals: ControlTotal
) -> web.StreamResponse:
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    more = {
        **BY_ACCEPT,
        "Content-Disposition": f'attachment; filename="{name}"',
        CONTROL_TOTAL: msgspec.json.encode(totals).decode("ascii"),
    }
    size_bytes = file.seek(0, os.SEEK_END)
    return await stream_answer(call.request, _pieces(file), size_bytes, headers(media_type + charset, more))


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    file.seek(0)
    while piece := await asyncio.to_thread(file.read, _PIECE_SIZE_BYTES):
        yield piece
