"""The daily drop for finance: entries of a day, statements of its month, bills and journal of its year.

A day's entries are those *recorded* on that Amsterdam day, so every entry is in exactly one drop and what comes
late is in the drop of the day it came. Each day has its own folder. Its manifest is written last: a folder
without a manifest is not complete, and one with a manifest is never written again.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.billing.documents.bill import Bill
from gateway.billing.documents.chart import chart_from
from gateway.billing.documents.journals import JournalFormat, write_journal
from gateway.billing.documents.postings import Journal, journal
from gateway.billing.documents.tables import (
    BILL_LINES,
    BILLS,
    BillTotals,
    JournalTotals,
    bill_totals,
    journal_totals,
    lines_of,
)
from gateway.billing.runs.issuer import issuer_from
from gateway.billing.runs.ports import BillingStore
from gateway.clock import AMSTERDAM, Clock, billing_date, from_microseconds
from gateway.jobs.periodic import IsMine, everywhere, run_periodically
from gateway.json_text import indented_json
from gateway.messages.stored_errors import DamagedDocumentError, StoreUnavailableError
from gateway.messages.submission import StoredBytes
from gateway.metering.calendar import midnight
from gateway.metering.export import ENTRIES, STATEMENTS, Format, write_export, write_items
from gateway.metering.statement import EntrySelection
from gateway.metering.totals import ControlTotals
from gateway.settings import Settings, split_names
from gateway.store.documents.storage import Storage
from gateway.store.ledger.meter import LedgerMeter

log = structlog.get_logger(__name__)

CHECK_SECONDS = 300.0
"""How often we look whether a day is due; a day that failed is tried again after as long."""
MANIFEST = "manifest.json"
TROUBLE = (OSError, StoreUnavailableError, DamagedDocumentError, SQLAlchemyError, ValueError)
"""Errors of the target or the database that may pass; ValueError is a URL that obstore does not support, or
Parquet without pyarrow."""


class DropFile(msgspec.Struct, frozen=True):
    """One file of a drop."""

    name: str
    size_bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a day's drop holds. It does not depend on when it is written."""

    day: str
    """The Amsterdam day, as `2026-11-22`."""
    after_position: int
    """The last entry of the drop before: this one's are the positions above it..."""
    last_position: int
    """... up to here. Equal when nothing was recorded."""
    entries: ControlTotals
    statements: ControlTotals
    billed_in: int
    """The year of issue of the bills and the journal."""
    bills: BillTotals | None
    journal: JournalTotals | None
    """None, as of the bills, where the settings do not say who sends them."""
    files: tuple[DropFile, ...]


class Drop:
    """Writes the drops of days that are over to the target in the settings."""

    def __init__(self, settings: Settings, meter: LedgerMeter, bills: BillingStore, clock: Clock) -> None:
        self._settings = settings
        self._drop = settings.drop
        self._issuer = issuer_from(settings)
        self._chart = chart_from(settings)
        self._formats = tuple(map(Format, split_names(settings.drop.formats)))
        self._meter = meter
        self._bills = bills
        self._clock = clock
        self._complete_to = date.min
        """Every drop up to this day exists."""

    async def catch_up(self) -> tuple[date, ...]:
        """Write every drop that is due and does not exist, oldest first; returns their days.

        Raises one of TROUBLE; what was written before it remains.
        """
        written: list[date] = []
        for day in await self._due():
            if await self.write(day):
                written.append(day)
            self._complete_to = day
        return tuple(written)

    async def write(self, day: date) -> Manifest | None:
        """Write the drop of a day that is over; None when it exists, and then nothing changes. Each file is read
        back and compared with its SHA-256 before the manifest is written.

        Raises one of TROUBLE: then the day has no manifest, and the next time everything is written again.
        """
        with closing(Storage(target_url(self._drop.url), 0, has_packs=False)) as target:
            if await target.holds(f"{day}/{MANIFEST}"):
                return None
            self._settings.data_directory.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix="drop-", dir=self._settings.data_directory) as folder:
                manifest = await self._make(day, Path(folder))
                for file in manifest.files:
                    key = f"{day}/{file.name}"
                    await target.put_stable(key, Path(folder, file.name))
                    await target.check(StoredBytes(key, 0, file.size_bytes, file.sha256))
            await target.put_stable(f"{day}/{MANIFEST}", as_json(manifest))
            return manifest

    async def _due(self) -> Sequence[date]:
        """The days whose drop may be missing: from the first entry on, not further back than the settings say."""
        now = self._clock().astimezone(AMSTERDAM)
        last = now.date() - timedelta(days=1 if now.hour >= self._drop.hour else 2)
        if last <= self._complete_to:
            return ()
        async for page in self._meter.entries(EntrySelection(up_to=1)):
            oldest = billing_date(from_microseconds(page[0].recorded_at))
            recent = (last - timedelta(days=back) for back in reversed(range(self._drop.days_back_max)))
            return [day for day in recent if day >= oldest and day > self._complete_to]
        return ()

    async def _make(self, day: date, folder: Path) -> Manifest:
        after = await self._meter.last_position_before(midnight(day))
        last = await self._meter.last_position_before(midnight(day + timedelta(days=1)))
        lines = await self._meter.month_lines(day, last)
        wanted = EntrySelection(after=after, up_to=last)
        entries = statements = ControlTotals(0, 0, (), "")
        for form in self._formats:
            with await _create(folder / f"entries-{day}.{form}") as out:
                entries = await write_export(ENTRIES, self._meter.entries(wanted), form, out)
            with await _create(folder / f"statements-{day:%Y-%m}.{form}") as out:
                statements = write_items(STATEMENTS, lines, form, out)
        books = await self._books_up_to(day) if self._issuer.name else None
        if books:
            await asyncio.to_thread(self._write_books, day.year, *books, folder)
        files = await asyncio.to_thread(_describe_files, folder)
        return Manifest(
            day=str(day),
            after_position=after,
            last_position=last,
            entries=entries,
            statements=statements,
            billed_in=day.year,
            bills=bill_totals(books[0]) if books else None,
            journal=journal_totals(books[1]) if books else None,
            files=files,
        )

    async def _books_up_to(self, day: date) -> tuple[Sequence[Bill], Journal]:
        """The documents of the year that are dated up to this day, and the year's journal with them."""
        bills = [bill for bill in await self._bills.bills(day.year) if bill.issued_on <= day]
        before = await self._bills.bills(day.year - 1)
        return bills, journal(self._issuer, day.year, [*before, *bills], self._chart)

    def _write_books(self, year: int, bills: Sequence[Bill], booked: Journal, folder: Path) -> None:
        for form in self._formats:
            with Path(folder, f"bills-{year}.{form}").open("wb") as out:
                write_items(BILLS, bills, form, out)
            with Path(folder, f"bill-lines-{year}.{form}").open("wb") as out:
                write_items(BILL_LINES, lines_of(bills), form, out)
        for name in map(JournalFormat, split_names(self._drop.journal_formats)):
            with Path(folder, f"journal-{year}.{name}").open("wb") as out:
                write_journal(booked, name, out)


async def drop_regularly(drop: Drop, is_mine: IsMine = everywhere) -> None:
    """Write the drops that are due, for as long as this is awaited."""

    async def write_due() -> None:
        try:
            for day in await drop.catch_up():
                log.info("drop_written", day=str(day))
        except TROUBLE as error:  # the target or the database is in trouble: the next run tries again
            log.error("drop_not_written", error=type(error).__name__, reason=str(error))

    await run_periodically(write_due, CHECK_SECONDS, failure="drop_not_written", expected=(), is_mine=is_mine)


def as_json(manifest: Manifest) -> bytes:
    """The manifest as it is written."""
    return indented_json(manifest) + b"\n"


def target_url(where: str) -> str:
    """The target as a URL: a directory becomes a `file:` URL."""
    return where if "://" in where else Path(where).absolute().as_uri()


async def _create(path: Path) -> BinaryIO:
    return await asyncio.to_thread(path.open, "wb")


def _describe_files(folder: Path) -> tuple[DropFile, ...]:
    return tuple(map(_describe, sorted(folder.iterdir())))


def _describe(path: Path) -> DropFile:
    with path.open("rb") as file:
        return DropFile(path.name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
