"""`meterpoort export`: the books as files for finance."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from gateway.admin import exports as books
from gateway.cli.errors import or_exit
from gateway.cli.options import existing_from, where_options
from gateway.jobs.drop import as_json

_year = click.IntRange(2000, 2999)


@click.group()
def export() -> None:
    """Files for finance: entries, statements, bills, journal. The same bytes each time, with a control total."""


_out = click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File.")


def _export_options(command: Callable[..., None]) -> Callable[..., None]:
    form = click.option("--format", "form", type=click.Choice(books.FORMATS), default="csv", show_default=True)
    return form(_out(where_options(command)))


@export.command("entries")
@click.option("--party", "party_id", help="Only of this party.")
@click.option("--year", type=_year, help="Only of this Amsterdam year.")
@click.option("--up-to", type=click.IntRange(min=0), help="Only up to this position: always the same file.")
@_export_options
def entries(
    *,
    party_id: str | None,
    year: int | None,
    up_to: int | None,
    form: str,
    out: Path,
    config: Path | None,
    data: Path | None,
) -> None:
    """Every entry of the meter."""
    settings = existing_from(config, data)

    def write(stream: BinaryIO) -> msgspec.Struct:
        return books.export_entries(settings, form, stream, party_id=party_id, year=year, up_to=up_to)

    _write(out, write)


@export.command("statements")
@click.option("--year", type=_year, help="Only of this Amsterdam year.")
@_export_options
def statements(*, year: int | None, form: str, out: Path, config: Path | None, data: Path | None) -> None:
    """Every party's use, by month and kind."""
    settings = existing_from(config, data)
    _write(out, lambda stream: books.export_statements(settings, form, stream, year=year))


_issued_in = click.option("--issued-in", required=True, type=_year, help="Year of issue.")


@export.command("bills")
@_issued_in
@_export_options
def bills(*, issued_in: int, form: str, out: Path, config: Path | None, data: Path | None) -> None:
    """Every bill and credit note of a year, a row a document."""
    settings = existing_from(config, data)
    _write(out, lambda stream: books.export_bills(settings, form, stream, issued_in=issued_in))


@export.command("bill-lines")
@_issued_in
@_export_options
def bill_lines(*, issued_in: int, form: str, out: Path, config: Path | None, data: Path | None) -> None:
    """Their lines, each with how it was computed."""
    settings = existing_from(config, data)
    _write(out, lambda stream: books.export_bill_lines(settings, form, stream, issued_in=issued_in))


@export.command("journal")
@_issued_in
@click.option("--format", "form", type=click.Choice(books.JOURNAL_FORMATS), default="csv", show_default=True)
@_out
@where_options
def journal(*, issued_in: int, form: str, out: Path, config: Path | None, data: Path | None) -> None:
    """The postings of a year, a balanced entry a document."""
    settings = existing_from(config, data)
    _write(out, lambda stream: books.export_journal(settings, form, stream, issued_in=issued_in))


@export.command("drop")
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Amsterdam day that is over.")
@where_options
def drop(*, day: datetime, config: Path | None, data: Path | None) -> None:
    """Write the drop of a day where [drop] says, once. A running gateway does so by itself."""
    manifest = or_exit(books.write_drop, existing_from(config, data), day.date())
    click.echo(as_json(manifest) if manifest else f"The drop of {day.date()} exists already.", nl=not manifest)


def _write(out: Path, write: Callable[[BinaryIO], msgspec.Struct]) -> None:
    """Write to a partial file and rename it when it is complete; print the control total."""
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as stream:
            totals = or_exit(write, stream)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    click.echo(msgspec.json.format(msgspec.json.encode(totals), indent=2))
