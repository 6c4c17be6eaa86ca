"""What the command line writes to a file for finance: entries, statements, bills, their lines, the journal."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import BinaryIO, TypeVar

from gateway.admin.accounts import Accounts, accounts_opened
from gateway.admin.usage import RefusedError, with_meter
from gateway.billing.documents.bill import Bill
from gateway.billing.documents.journals import JournalFormat, write_journal
from gateway.billing.documents.postings import journal
from gateway.billing.documents.tables import BILL_LINES, BILLS, BillTotals, JournalTotals, lines_of
from gateway.metering.export import ENTRIES, STATEMENTS, Format, write_export, write_items
from gateway.metering.statement import Selection
from gateway.metering.totals import ControlTotals
from gateway.settings import Settings
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.messages.register import RegisterStore

FORMATS = tuple(form.value for form in Format)
JOURNAL_FORMATS = tuple(form.value for form in JournalFormat)

T = TypeVar("T")


def export_entries(
    settings: Settings, form: str, out: BinaryIO, *, party_id: str | None, year: int | None, up_to: int | None
) -> ControlTotals:
    """Write the entries; answers their control total. Raises RefusedError, as all here."""

    async def work(meter: LedgerMeter, _: RegisterStore) -> ControlTotals:
        return await write_export(ENTRIES, meter.entries(Selection(party_id, year, up_to)), Format(form), out)

    return _told(lambda: with_meter(settings, work))


def export_statements(settings: Settings, form: str, out: BinaryIO, *, year: int | None) -> ControlTotals:
    """Write the statement lines of all parties; answers their control total."""

    async def work(meter: LedgerMeter, _: RegisterStore) -> ControlTotals:
        return write_items(STATEMENTS, await meter.statement_lines(year), Format(form), out)

    return _told(lambda: with_meter(settings, work))


def export_bills(settings: Settings, form: str, out: BinaryIO, *, issued_in: int) -> BillTotals:
    """Write the documents that were issued in a year; answers their control total."""
    bills = _bills(settings, issued_in)
    return _told(lambda: write_items(BILLS, bills, Format(form), out))


def export_bill_lines(settings: Settings, form: str, out: BinaryIO, *, issued_in: int) -> BillTotals:
    """Write the lines of those documents; answers the documents' control total."""
    lines = lines_of(_bills(settings, issued_in))
    return _told(lambda: write_items(BILL_LINES, lines, Format(form), out))


def export_journal(settings: Settings, form: str, out: BinaryIO, *, issued_in: int) -> JournalTotals:
    """Write the postings of those documents; answers their control total."""

    async def work(opened: Accounts) -> JournalTotals:
        booked = journal(opened.issuer, issued_in, await opened.store.bills(issued_in))
        return write_journal(booked, JournalFormat(form), out)

    return _told(lambda: _with_accounts(settings, work))


def _bills(settings: Settings, issued_in: int) -> Sequence[Bill]:
    return _with_accounts(settings, lambda opened: opened.store.bills(issued_in))


def _with_accounts(settings: Settings, work: Callable[[Accounts], Awaitable[T]]) -> T:
    """Run the work on what was billed, also where the settings do not say (any more) who bills."""

    async def run() -> T:
        async with accounts_opened(settings) as opened:
            return await work(opened)

    return asyncio.run(run())


def _told(write: Callable[[], T]) -> T:
    try:
        return write()
    except ValueError as error:  # Parquet without pyarrow
        raise RefusedError(str(error)) from error
