"""The books over HTTP: the meter's entries and the journal, as finance's programs take them in.

A file is whole before its first byte goes out, so that trouble is told by a problem and never by half a file; it
stands on disk meanwhile, not in memory.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from enum import StrEnum
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO

import msgspec
from aiohttp import hdrs, web

from gateway import problems
from gateway.billing.journals import FORMATS
from gateway.billing.postings import journal
from gateway.metering.export import ENTRIES, Format, write_export
from gateway.metering.statement import Selection
from gateway.problems import Fault
from gateway.web.answers import CSV, JSON, PLAIN, XML, headers
from gateway.web.billing import Year, door_of, today
from gateway.web.desk import Call
from gateway.web.shapes import PartyId

JSON_LINES = "application/jsonl"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"
_PIECE_SIZE_BYTES = 1 << 18

ENTRIES_TYPES = {Format.CSV: CSV, Format.JSON: JSON_LINES, Format.XLSX: XLSX, Format.PARQUET: PARQUET}


class JournalFormat(StrEnum):
    """How the journal is written; the names are those of `billing.journals.FORMATS`."""

    CSV = "csv"
    JSON = "json"
    XAF = "xaf"
    HLEDGER = "hledger"
    BEANCOUNT = "beancount"


JOURNAL_TYPES = {
    JournalFormat.CSV: CSV,
    JournalFormat.JSON: JSON,
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


class JournalExport(msgspec.Struct, frozen=True, rename="camel"):
    """Of which year of issue, in which format; without a year the present one."""

    format: JournalFormat = JournalFormat.CSV
    year: Year | None = None


async def export_entries(call: Call) -> web.StreamResponse:
    """Every entry of the meter. Raises InvalidInput for Parquet where this gateway cannot write it."""
    query = call.query(EntriesExport)
    pages = call.doors.meter.entries(Selection(query.party_id, query.year, query.up_to))
    with TemporaryFile() as file:
        try:
            await write_export(ENTRIES, pages, query.format, file)
        except ValueError as error:
            raise problems.InvalidInput((Fault.of("query", "format", error),)) from error
        return await _sent(call, file, ENTRIES_TYPES[query.format], f"entries.{query.format}")


async def export_journal(call: Call) -> web.StreamResponse:
    """The postings of a year, a balanced entry a document."""
    query, door = call.query(JournalExport), door_of(call)
    year = query.year or today(call).year
    booked = journal(door.office.issuer, year, await door.store.bills(year))
    with TemporaryFile() as file:
        file.writelines(part.encode() for part in FORMATS[query.format](booked))
        return await _sent(call, file, JOURNAL_TYPES[query.format], f"journal-{year}.{query.format}")


async def _sent(call: Call, file: BinaryIO, media_type: str, name: str) -> web.StreamResponse:
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    more = {"Content-Disposition": f'attachment; filename="{name}"'}
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
