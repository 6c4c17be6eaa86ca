"""`meterpoort usage` and `meterpoort audit`: the meter and its proofs."""

import sys
from collections import defaultdict
from contextlib import nullcontext
from pathlib import Path

import click
import msgspec

from gateway.admin import usage as meter
from gateway.cli.errors import or_exit
from gateway.cli.options import existing_from, settings_from, where_options

_year = click.IntRange(2000, 2999)


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
    found = or_exit(meter.statement, existing_from(config, data), party_id, year)
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
        batch = or_exit(meter.load_file, settings, path)
        click.echo(f"{path.name}: {batch.recorded} recorded, {batch.repeated} were recorded before")


@usage.command("reverse")
@click.argument("position", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why, for the auditor.")
@click.option("--author", required=True, help="Who decided it.")
@where_options
def reverse(*, position: int, reason: str, author: str, config: Path | None, data: Path | None) -> None:
    """Undo the entry at POSITION by an entry of its opposite. Nothing is removed."""
    click.echo(or_exit(meter.reverse, settings_from(config, data), position, reason, author))


@usage.command("seal")
@where_options
def seal(*, config: Path | None, data: Path | None) -> None:
    """Seal the entries that are not sealed yet. A running gateway does so by itself."""
    made = or_exit(meter.seal, settings_from(config, data))
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
    settings = existing_from(config, data)
    with out.open("wb") if out else nullcontext(sys.stdout.buffer) as stream:
        or_exit(meter.write_seals, settings, after, stream)


@usage.command("prove")
@click.argument("position", type=click.IntRange(min=1))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File; else standard output.")
@where_options
def prove(*, position: int, out: Path | None, config: Path | None, data: Path | None) -> None:
    """The proof that a seal covers the entry at POSITION; check it with docs/how-to/verify_seal.py."""
    proof = or_exit(meter.prove, existing_from(config, data), position)
    if out:
        out.write_bytes(proof + b"\n")
    else:
        click.echo(proof)


@click.command("audit")
@click.option(
    "--seals",
    "published",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Seals as they were published (JSON lines): they must be in the chain unchanged.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@where_options
def audit(*, published: Path | None, form: str, config: Path | None, data: Path | None) -> None:
    """Count again and verify the whole meter. Exits with 1 when something is wrong."""
    report = or_exit(meter.audit_meter, existing_from(config, data), published)
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
        click.echo(f"WRONG      {finding.check}: {finding.subject}: {finding.sentence}")
    click.echo(f"{len(report.findings)} findings" if report.findings else "The meter is sound.")
