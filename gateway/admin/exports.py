"""Files for finance: entries, statements, bills, their lines, the journal and the daily drop."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from gateway.admin.billing import with_billing
from gateway.admin.stores import CommandRefusedError, with_database
from gateway.admin.usage import with_meter
from gateway.billing.documents.bill import Bill
from gateway.billing.documents.journals import JournalFormat, write_journal
from gateway.billing.documents.postings import read_journal
from gateway.billing.documents.tables import BILL_LINES, BILLS, BillTotals, JournalTotals, lines_of
from gateway.billing.services import BillingServices
from gateway.clock import amsterdam_today, to_microseconds, utc_now
from gateway.metering.entry import LedgerEntry
from gateway.metering.export import ENTRIES, STATEMENTS, Format, write_export, write_items
from gateway.metering.statement import EntrySelection
from gateway.metering.totals import ControlTotals
from gateway.progress import Progress
from gateway.settings import Settings
from gateway.store.billing.records import SqlBillingStore
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.messages.register import RegisterStore
from gateway.store.opening import Database

if TYPE_CHECKING:
    from gateway.jobs.drop import Manifest

T = TypeVar("T")


def export_entries(
    settings: Settings,
    form: str,
    out: BinaryIO,
    progress: Progress,
    *,
    party_id: str | None,
    year: int | None,
    up_to: int | None,
) -> ControlTotals:
    """Write the entries; returns their control total. Raises CommandRefusedError, as all here."""

    async def work(meter: LedgerMeter, _register: RegisterStore) -> ControlTotals:
        last = await meter.last_position_before(to_microseconds(utc_now()))
        whole = last if up_to is None else min(last, up_to)

        async def pages() -> AsyncIterator[Sequence[LedgerEntry]]:
            async for page in meter.entries(EntrySelection(party_id, year, up_to)):
                yield page
                progress(page[-1].position, whole)
            progress(whole, whole)

        return await write_export(ENTRIES, pages(), Format(form), out)

    return _or_refused(lambda: with_meter(settings, work))


def export_statements(
    settings: Settings, form: str, out: BinaryIO, progress: Progress, *, year: int | None
) -> ControlTotals:
    """Write the statement lines of all parties; returns their control total."""

    lines = with_meter(settings, lambda meter, _: meter.statement_lines(year))
    return _or_refused(lambda: write_items(STATEMENTS, lines, Format(form), out, progress))


def export_bills(
    settings: Settings, form: str, out: BinaryIO, progress: Progress, *, issued_in: int
) -> BillTotals:
    """Write the documents that were issued in a year; returns their control total."""
    bills = _bills(settings, issued_in)
    return _or_refused(lambda: write_items(BILLS, bills, Format(form), out, progress))


def export_bill_lines(
    settings: Settings, form: str, out: BinaryIO, progress: Progress, *, issued_in: int
) -> BillTotals:
    """Write the lines of those documents; answers the documents' control total."""
    lines = lines_of(_bills(settings, issued_in))
    return _or_refused(lambda: write_items(BILL_LINES, lines, Format(form), out, progress))


def export_journal(
    settings: Settings, form: str, out: BinaryIO, progress: Progress, *, issued_in: int
) -> JournalTotals:
    """Write the postings of a calendar year; returns their control total."""

    async def work(billing: BillingServices) -> JournalTotals:
        booked = await read_journal(billing.store.bills, billing.service.issuer, issued_in, billing.chart)
        return write_journal(booked, JournalFormat(form), out, progress)

    return _or_refused(lambda: with_billing(settings, work))


def write_drop(settings: Settings, day: date) -> "Manifest | None":
    """Write the drop of one day by hand; None when it was there."""
    from gateway.jobs.drop import TROUBLE, Drop  # here, so that other commands start fast

    if not settings.drop.url:
        raise CommandRefusedError("the settings do not say where the drop goes: drop.url is empty")
    if day >= amsterdam_today():
        raise CommandRefusedError(f"{day} is not over yet in Amsterdam")

    async def work(database: Database) -> "Manifest | None":
        engines, writer = database.engines, database.writer
        drop = Drop(settings, LedgerMeter(engines, writer, utc_now), SqlBillingStore(engines, writer), utc_now)
        return await drop.write(day)

    try:
        return with_database(settings, work)
    except TROUBLE as error:
        raise CommandRefusedError(f"the drop of {day} was not written: {error}") from error


def _bills(settings: Settings, issued_in: int) -> Sequence[Bill]:
    return with_billing(settings, lambda billing: billing.store.bills(issued_in))


def _or_refused(write: Callable[[], T]) -> T:
    try:
        return write()
    except ValueError as error:  # Parquet without pyarrow
        raise CommandRefusedError(str(error)) from error
