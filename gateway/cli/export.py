"""`meterpoort export`: the books as files for finance."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from gateway.admin import exports as books
from gateway.cli.options import NEW_FILE, YEAR, format_option, print_json, with_existing
from gateway.jobs.drop import as_json
from gateway.settings import Settings


@click.group()
def export() -> None:
    """Files for finance: entries, statements, bills, journal. The same bytes each time, with a control total."""


_out = click.option("--out", required=True, type=NEW_FILE, help="File.")


def _export_options(command: Callable[..., None]) -> Callable[..., None]:
    return format_option(books.FORMATS)(_out(with_existing(command)))


@export.command("entries")
@click.option("--party", "party_id", help="Only of this party.")
@click.option("--year", type=YEAR, help="Only of this Amsterdam year.")
@click.option("--up-to", type=click.IntRange(min=0), help="Only up to this position: always the same file.")
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
    """Every entry of the meter."""

    def write(stream: BinaryIO) -> msgspec.Struct:
        return books.export_entries(settings, form, stream, party_id=party_id, year=year, up_to=up_to)

    _write(out, write)


@export.command("statements")
@click.option("--year", type=YEAR, help="Only of this Amsterdam year.")
@_export_options
def statements(*, settings: Settings, year: int | None, form: str, out: Path) -> None:
    """Every party's use, by month and kind."""
    _write(out, lambda stream: books.export_statements(settings, form, stream, year=year))


_issued_in = click.option("--year", "issued_in", required=True, type=YEAR, help="Year of issue.")


@export.command("bills")
@_issued_in
@_export_options
def bills(*, settings: Settings, issued_in: int, form: str, out: Path) -> None:
    """Every bill and credit note of a year, a row a document."""
    _write(out, lambda stream: books.export_bills(settings, form, stream, issued_in=issued_in))


@export.command("bill-lines")
@_issued_in
@_export_options
def bill_lines(*, settings: Settings, issued_in: int, form: str, out: Path) -> None:
    """Their lines, each with how it was computed."""
    _write(out, lambda stream: books.export_bill_lines(settings, form, stream, issued_in=issued_in))


@export.command("journal")
@click.option("--year", "issued_in", required=True, type=YEAR, help="Year of the postings.")
@format_option(books.JOURNAL_FORMATS)
@_out
@with_existing
def journal(*, settings: Settings, issued_in: int, form: str, out: Path) -> None:
    """The postings of a year, a balanced entry a document."""
    _write(out, lambda stream: books.export_journal(settings, form, stream, issued_in=issued_in))


@export.command("drop")
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Amsterdam day that is over.")
@with_existing
def drop(*, settings: Settings, day: datetime) -> None:
    """Write the drop of a day where [drop] says, once. A running gateway does so by itself."""
    manifest = books.write_drop(settings, day.date())
    click.echo(as_json(manifest) if manifest else f"The drop of {day.date()} exists already.", nl=not manifest)


def _write(out: Path, write: Callable[[BinaryIO], msgspec.Struct]) -> None:
    """Write to a partial file and rename it when it is complete; print the control total."""
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as stream:
            totals = write(stream)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    print_json(totals)
