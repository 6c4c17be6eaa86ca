"""The books over HTTP: entries, statements, bills and the journal, as finance's programs take them in.

A file is whole before its first byte goes out, so that trouble is told by a problem and never by half a file; it
stands on disk meanwhile, not in memory. The control total of what is in it goes along as a header.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO

import msgspec
from aiohttp import hdrs, web

from gateway.api.billing import BillsQuery, Year, bills_wanted, door_of, today
from gateway.api.desk import Call
from gateway.api.shapes import PartyId
from gateway.billing.documents.journals import JournalFormat, write_journal
from gateway.billing.documents.postings import journal
from gateway.billing.documents.tables import BILL_LINES, BILLS, lines_of
from gateway.http import problems
from gateway.http.answers import CSV, JSON, PLAIN, XML, headers
from gateway.http.problems import Fault
from gateway.metering.export import (
    ENTRIES,
    STATEMENTS,
    Export,
    Format,
    Item,
    Kept,
    Totals,
    one_page,
    write_export,
)
from gateway.metering.statement import Selection

JSON_LINES = "application/jsonl"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"
CONTROL_TOTAL = "Meterpoort-Control-Total"
"""Header with the control total of an export, as JSON: what `meterpoort audit` and `bills audit` count, too."""
_PIECE_SIZE_BYTES = 1 << 18

TABLE_TYPES = {Format.CSV: CSV, Format.JSON: JSON_LINES, Format.XLSX: XLSX, Format.PARQUET: PARQUET}


JOURNAL_TYPES = {
    JournalFormat.CSV: CSV,
    JournalFormat.JSON: JSON,
    JournalFormat.XLSX: XLSX,
    JournalFormat.PARQUET: PARQUET,
    JournalFormat.XAF: XML,
    JournalFormat.HLEDGER: PLAIN,
    JournalFormat.BEANCOUNT: PLAIN,
}


class EntriesExport(msgspec.Struct, frozen=True, rename="camel"):
    """Which entries, in which format. Up to a position they are the same bytes for ever."""

    format: Format = Format.CSV
    party_id: PartyId | None = None
    year: Year | None = None
    up_to: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None


class StatementsExport(msgspec.Struct, frozen=True, rename="camel"):
    """Of which year of use, in which format; without a year all of them."""

    format: Format = Format.CSV
    year: Year | None = None


class BillsExport(BillsQuery, frozen=True, rename="camel"):
    """Issued in which calendar year, in which format; without a year the present one."""

    format: Format = Format.CSV


class JournalExport(msgspec.Struct, frozen=True, rename="camel"):
    """Of which year of issue, in which format; without a year the present one."""

    format: JournalFormat = JournalFormat.CSV
    year: Year | None = None


async def export_entries(call: Call) -> web.StreamResponse:
    """Every entry of the meter."""
    query = call.query(EntriesExport)
    pages = call.doors.meter.entries(Selection(query.party_id, query.year, query.up_to))
    return await _table(call, ENTRIES, pages, query.format, "entries")


async def export_statements(call: Call) -> web.StreamResponse:
    """Every party's use, by month and kind."""
    query = call.query(StatementsExport)
    lines = await call.doors.meter.statement_lines(query.year)
    return await _table(call, STATEMENTS, one_page(lines), query.format, "statements")


async def export_bills(call: Call) -> web.StreamResponse:
    """Every bill and credit note of a year of issue."""
    bills = await bills_wanted(call)
    return await _table(call, BILLS, one_page(bills), call.query(BillsExport).format, "bills")


async def export_bill_lines(call: Call) -> web.StreamResponse:
    """Their lines, each with how it was computed."""
    lines = lines_of(await bills_wanted(call))
    return await _table(call, BILL_LINES, one_page(lines), call.query(BillsExport).format, "bill-lines")


async def export_journal(call: Call) -> web.StreamResponse:
    """The postings of a year, a balanced entry a document."""
    query, door = call.query(JournalExport), door_of(call)
    year = query.year or today(call).year
    booked = journal(door.service.issuer, year, await door.store.bills(year))
    with TemporaryFile() as file:
        with _told():
            totals = await asyncio.to_thread(write_journal, booked, query.format, file)
        name = f"journal-{year}.{query.format}"
        return await _sent(call, file, JOURNAL_TYPES[query.format], name, totals)


async def _table(
    call: Call, export: Export[Item, Kept], pages: AsyncIterator[Sequence[Item]], form: Format, name: str
) -> web.StreamResponse:
    with TemporaryFile() as file:
        with _told():
            totals = await write_export(export, pages, form, file)
        return await _sent(call, file, TABLE_TYPES[form], f"{name}.{form}", totals)


@contextmanager
def _told() -> Iterator[None]:
    """Raises InvalidInput for Parquet where this gateway cannot write it."""
    try:
        yield
    except ValueError as error:
        raise problems.InvalidInput((Fault.of("query", "format", error),)) from error


async def _sent(call: Call, file: BinaryIO, media_type: str, name: str, totals: Totals) -> web.StreamResponse:
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    more = {
        "Content-Disposition": f'attachment; filename="{name}"',
        CONTROL_TOTAL: msgspec.json.encode(totals).decode("ascii"),
    }
    answer = web.StreamResponse(headers=headers(media_type + charset, more))
    answer.content_length = file.seek(0, os.SEEK_END)
    await answer.prepare(call.request)
    if call.request.method != hdrs.METH_HEAD:
        async for piece in _pieces(file):
            await answer.write(piece)
    await answer.write_eof()
    return answer


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    file.seek(0)
    while piece := await asyncio.to_thread(file.read, _PIECE_SIZE_BYTES):
        yield piece
