"""`meterpoort usage`, `meterpoort audit` and `meterpoort export`: the meter, its proofs, and its numbers."""

import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

import click
import msgspec

from gateway.app import usage as meter
from gateway.app.drop import as_json, drop_once
from gateway.cli.options import settings_from, where_options

P = ParamSpec("P")
R = TypeVar("R")

_year = click.IntRange(2000, 2999)


def _asked(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the meter answers; what it refuses ends the command with its sentence."""
    try:
        return function(*args, **kwargs)
    except meter.RefusedError as error:
        raise click.ClickException(str(error)) from error


@click.group()
def usage() -> None:
    """What was used, by whom, and the proof of it."""


@usage.command("show")
@click.argument("party_id")
@click.option("--year", required=True, type=_year, help="Amsterdam year.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@where_options
def show(*, party_id: str, year: int, form: str, config: Path | None, data: Path | None) -> None:
    """The statement of PARTY_ID: each month and kind."""
    found = _asked(meter.statement, settings_from(config, data), party_id, year)
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    for line in found.lines:
        late = f"   ({line.late} recorded after the month)" if line.late else ""
        click.echo(f"{line.month}  {line.kind:22} {line.quantity:12,}{late}")
    sums: dict[str, int] = defaultdict(int)
    for line in found.lines:
        sums[line.kind] += line.quantity
    for kind, quantity in sorted(sums.items()):
        click.echo(f"{year}     {kind:22} {quantity:12,}")
    if not found.lines:
        click.echo(f"{party_id} used nothing in {year}.")


@usage.command("load")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@where_options
def load(*, files: tuple[Path, ...], config: Path | None, data: Path | None) -> None:
    """Record the usage events in FILES, CSV or Parquet. Loading one again is harmless."""
    settings = settings_from(config, data)
    for path in files:
        taken = _asked(meter.load_file, settings, path)
        click.echo(f"{path.name}: {taken.recorded} recorded, {taken.repeated} were recorded before")


@usage.command("reverse")
@click.argument("position", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why, for the auditor.")
@click.option("--author", required=True, help="Who decided it.")
@where_options
def reverse(*, position: int, reason: str, author: str, config: Path | None, data: Path | None) -> None:
    """Undo the entry at POSITION by an entry of its opposite. Nothing is removed."""
    click.echo(_asked(meter.reverse, settings_from(config, data), position, reason, author))


@usage.command("seal")
@where_options
def seal(*, config: Path | None, data: Path | None) -> None:
    """Seal what waits. A running gateway does so by itself."""
    made = _asked(meter.seal, settings_from(config, data))
    for one in made:
        click.echo(f"seal {one.number}: entries {one.first_position}-{one.last_position}  {one.hash}")
    if not made:
        click.echo("Everything was sealed already.")


@usage.command("seals")
@click.option("--after", default=0, type=click.IntRange(min=0), help="Only seals with a higher number.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File; else standard output.")
@where_options
def seals(*, after: int, out: Path | None, config: Path | None, data: Path | None) -> None:
    """The seals as JSON lines, to publish."""
    settings = settings_from(config, data)
    with out.open("wb") if out else nullcontext(sys.stdout.buffer) as stream:
        _asked(meter.write_seals, settings, after, stream)


@usage.command("prove")
@click.argument("position", type=click.IntRange(min=1))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File; else standard output.")
@where_options
def prove(*, position: int, out: Path | None, config: Path | None, data: Path | None) -> None:
    """The proof that a seal covers the entry at POSITION; check it with docs/how-to/verify_seal.py."""
    proof = _asked(meter.prove, settings_from(config, data), position)
    if out:
        out.write_bytes(proof + b"\n")
    else:
        click.echo(proof)


@click.command("audit")
@click.option(
    "--seals",
    "published",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Seals as they were published (JSON lines): they must stand in the chain unchanged.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@where_options
def audit(*, published: Path | None, form: str, config: Path | None, data: Path | None) -> None:
    """Recount and verify the whole meter. Ends with 1 when something does not fit."""
    report = _asked(meter.audit_meter, settings_from(config, data), published)
    if form == "json":
        click.echo(meter.as_json(report))
    else:
        _print_report(report)
    if report.findings:
        sys.exit(1)


def _print_report(report: meter.AuditReport) -> None:
    dispositions = " + ".join(f"{number:,} {name}" for name, number in sorted(report.dispositions.items()))
    click.echo(f"messages   {report.received:,} received = {dispositions or 'none'}")
    click.echo(f"entries    {report.totals.entries:,}, quantity {report.totals.quantity:,}")
    for total in report.totals.by_kind:
        click.echo(
            f"           {total.year} {total.kind:22} {total.entries:,} entries, quantity {total.quantity:,}"
        )
    click.echo(f"parties    {report.totals.parties}")
    click.echo(f"seals      {report.seals:,}, {report.unsealed:,} entries wait for the next")
    click.echo(f"last seal  {report.last_seal or 'none'}")
    for finding in report.findings:
        click.echo(f"WRONG      {finding.check}: {finding.place}: {finding.sentence}")
    click.echo(f"{len(report.findings)} findings" if report.findings else "The meter holds.")


@click.group()
def export() -> None:
    """Entries and statements, for finance: the same bytes each time, with a control total."""


def _export_options(command: Callable[..., None]) -> Callable[..., None]:
    form = click.option("--format", "form", type=click.Choice(meter.FORMATS), default="csv", show_default=True)
    out = click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File.")
    return form(out(where_options(command)))


@export.command("entries")
@click.option("--party", "party_id", help="Only of this party.")
@click.option("--year", type=_year, help="Only of this Amsterdam year.")
@click.option("--up-to", type=click.IntRange(min=0), help="Only up to this position: the same file, for ever.")
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
    settings = settings_from(config, data)

    def write(stream: BinaryIO) -> meter.ControlTotals:
        return meter.export_entries(settings, form, stream, party_id=party_id, year=year, up_to=up_to)

    _written(out, write)


@export.command("statements")
@click.option("--year", type=_year, help="Only of this Amsterdam year.")
@_export_options
def statements(*, year: int | None, form: str, out: Path, config: Path | None, data: Path | None) -> None:
    """Every party's use, by month and kind."""
    settings = settings_from(config, data)
    _written(out, lambda stream: meter.export_statements(settings, form, stream, year=year))


@export.command("drop")
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Amsterdam day that is over.")
@where_options
def drop(*, day: datetime, config: Path | None, data: Path | None) -> None:
    """Write the drop of a day where [drop] says, once. A running gateway does so by itself."""
    manifest = _asked(drop_once, settings_from(config, data), day.date())
    click.echo(as_json(manifest) if manifest else f"The drop of {day.date()} is there already.", nl=not manifest)


def _written(out: Path, write: Callable[[BinaryIO], meter.ControlTotals]) -> None:
    """Write beside the file and put it in place when it is whole; print the control total."""
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as stream:
            totals = _asked(write, stream)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    click.echo(msgspec.json.format(msgspec.json.encode(totals), indent=2))
