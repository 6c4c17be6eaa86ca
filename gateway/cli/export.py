"""`meterpoort export`: the books as files for finance."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
import msgspec

from gateway import admin
from gateway.billing.documents.journals import JournalFormat
from gateway.cli.options import DAY, NEW_FILE, YEAR, format_option, print_result, progress_bar, with_existing
from gateway.metering.export import Format
from gateway.settings import Settings


@click.group()
def export() -> None:
    """Files for finance: entries, statements, bills, journal. The same bytes each time, with a control total.

    --format is that of the file; the control total is printed as JSON.
    """


_out = click.option("--out", required=True, type=NEW_FILE, help="File, as --out entries-2026.csv.")
_of_file = "Format of the file, as --format xlsx."


def _export_options(command: Callable[..., None]) -> Callable[..., None]:
    return format_option([form.value for form in Format], _of_file)(_out(with_existing(command)))


@export.command("entries")
@click.option("--party", "party_id", help="Only of this party, as --party gemeente-voorbeeld.")
@click.option("--year", type=YEAR, help="Only of this Amsterdam year, as --year 2026.")
@click.option(
    "--up-to",
    type=click.IntRange(min=0),
    help="Only up to this position, as --up-to 4711: always the same file.",
)
@_export_options
def entries(
    *,
    settings: Settings,
    party_id: str | None,
    year: int | None,
    up_to: int | None,
    form: str,
    out: Path,
) -> None:
    """Every entry of the meter.

    \b
    meterpoort export entries --year 2026 --out entries-2026.csv
    """

    _write(admin.exports.export_entries, settings, form, out, party_id=party_id, year=year, up_to=up_to)


@export.command("statements")
@click.option("--year", type=YEAR, help="Only of this Amsterdam year, as --year 2026.")
@_export_options
def statements(*, settings: Settings, year: int | None, form: str, out: Path) -> None:
    """Every party's use, by month and kind.

    \b
    meterpoort export statements --format xlsx --out use.xlsx
    """
    _write(admin.exports.export_statements, settings, form, out, year=year)


_issued_in = click.option("--year", "issued_in", required=True, type=YEAR, help="Year of issue, as --year 2026.")


@export.command("bills")
@_issued_in
@_export_options
def bills(*, settings: Settings, issued_in: int, form: str, out: Path) -> None:
    """Every bill and credit note of a year, a row a document.

    \b
    meterpoort export bills --year 2026 --out bills-2026.csv
    """
    _write(admin.exports.export_bills, settings, form, out, issued_in=issued_in)


@export.command("bill-lines")
@_issued_in
@_export_options
def bill_lines(*, settings: Settings, issued_in: int, form: str, out: Path) -> None:
    """Their lines, each with how it was computed.

    \b
    meterpoort export bill-lines --year 2026 --out lines-2026.csv
    """
    _write(admin.exports.export_bill_lines, settings, form, out, issued_in=issued_in)


@export.command("journal")
@click.option("--year", "issued_in", required=True, type=YEAR, help="Year of the postings, as --year 2026.")
@format_option([form.value for form in JournalFormat], _of_file)
@_out
@with_existing
def journal(*, settings: Settings, issued_in: int, form: str, out: Path) -> None:
    """The postings of a year, a balanced entry a document.

    \b
    meterpoort export journal --year 2026 --format xaf --out auditfile-2026.xaf
    """
    _write(admin.exports.export_journal, settings, form, out, issued_in=issued_in)


@export.command("drop")
@click.option("--day", required=True, type=DAY, help="Amsterdam day that is over, as --day 2026-03-31.")
@format_option(["json"], "The manifest is JSON.")
@with_existing
def drop(*, settings: Settings, day: datetime, form: str) -> None:
    """Write the drop of a day where [drop] says, once. A running gateway does so by itself.

    \b
    meterpoort export drop --day 2026-03-31
    """
    manifest = admin.exports.write_drop(settings, day.date())
    if manifest is None:
        click.echo(f"The drop of {day.date()} exists already.", err=True)
    print_result(form, manifest, ())


def _write(
    write: Callable[..., msgspec.Struct], settings: Settings, form: str, out: Path, **selection: object
) -> None:
    """Write to a partial file and rename it when it is complete; print the control total."""
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as stream, progress_bar(out.name) as progress:
            totals = write(settings, form, stream, progress, **selection)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    print_result("json", totals, ())
