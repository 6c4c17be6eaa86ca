"""`meterpoort usage` and `meterpoort audit`: the meter and its proofs."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from gateway.admin import usage as meter
from gateway.cli.options import (
    EXISTING_FILE,
    NEW_FILE,
    YEAR,
    format_option,
    print_json,
    with_existing,
    with_settings,
)
from gateway.settings import Settings


@click.group()
def usage() -> None:
    """What was used, by whom, and the proof of it."""


@usage.command("show")
@click.argument("party_id")
@click.option("--year", required=True, type=YEAR, help="Amsterdam year.")
@format_option()
@with_existing
def show(*, settings: Settings, party_id: str, year: int, form: str) -> None:
    """The statement of PARTY_ID: each month and kind."""
    found = meter.statement(settings, party_id, year)
    if form == "json":
        print_json(found)
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
@click.argument("files", nargs=-1, required=True, type=EXISTING_FILE)
@with_settings
def load(*, settings: Settings, files: tuple[Path, ...]) -> None:
    """Record the usage events in FILES, CSV or Parquet. Loading one again is harmless."""
    for path in files:
        batch = meter.load_file(settings, path)
        click.echo(f"{path.name}: {batch.recorded} recorded, {batch.repeated} were recorded before")


@usage.command("reverse")
@click.argument("position", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why, for the auditor.")
@click.option("--author", required=True, help="Who decided it.")
@with_settings
def reverse(*, settings: Settings, position: int, reason: str, author: str) -> None:
    """Undo the entry at POSITION by an entry of its opposite. Nothing is removed."""
    click.echo(meter.reverse(settings, position, reason, author))


@usage.command("seal")
@with_settings
def seal(*, settings: Settings) -> None:
    """Seal the entries and the record, as far as they are not sealed yet. A running gateway does so by itself."""
    made = meter.seal(settings)
    for one in made:
        entries = f"entries {one.first_position}-{one.last_position}"
        covered = entries if one.last_position >= one.first_position else "the record"
        click.echo(f"seal {one.number}: {covered}  {one.hash}")
    if not made:
        click.echo("Everything was sealed already.")


@usage.command("seals")
@click.option("--after", default=0, type=click.IntRange(min=0), help="Only seals with a higher number.")
@click.option("--out", type=NEW_FILE, help="File; else standard output.")
@with_existing
def seals(*, settings: Settings, after: int, out: Path | None) -> None:
    """The seals as JSON lines, to publish."""
    with out.open("wb") if out else nullcontext(sys.stdout.buffer) as stream:
        meter.write_seals(settings, after, stream)


@usage.command("prove")
@click.argument("position", type=click.IntRange(min=1))
@click.option("--out", type=NEW_FILE, help="File; else standard output.")
@with_existing
def prove(*, settings: Settings, position: int, out: Path | None) -> None:
    """The proof that a seal covers the entry at POSITION; check it with docs/how-to/verify_seal.py."""
    proof = meter.prove(settings, position)
    if out:
        out.write_bytes(proof + b"\n")
    else:
        click.echo(proof)


@click.command("audit")
@click.option(
    "--seals",
    "published",
    type=EXISTING_FILE,
    help="Seals as they were published (JSON lines): they must be in the chain unchanged.",
)
@click.option("--documents", "reads_documents", is_flag=True, help="Also read every document again.")
@format_option()
@with_existing
def audit(*, settings: Settings, published: Path | None, reads_documents: bool, form: str) -> None:
    """Verify the meter, the record of everything else, and the bills. Exits with 1 when something is wrong."""
    with _progress_bar("record") as progress:
        report = meter.audit_all(settings, published, progress)
    documents = None
    if reads_documents:
        with _progress_bar("documents") as progress:
            documents = meter.audit_documents(settings, progress)
    if form == "json":
        click.echo(meter.as_json(report, documents))
    else:
        _print_report(report)
        if documents is not None:
            _print_documents(documents)
    if report.findings or (documents and documents.findings):
        sys.exit(1)


@contextmanager
def _progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Shows on a terminal how far an audit is; elsewhere it shows nothing."""
    bar = click.progressbar(length=1, label=what, file=sys.stderr, hidden=not sys.stderr.isatty())
    with bar:

        def advance(done: int, whole: int) -> None:
            bar.length = max(whole, done, 1)
            bar.update(done - bar.pos)

        yield advance


def _print_documents(documents: meter.DocumentsAudit) -> None:
    click.echo(f"documents  {documents.contents:,} read with their attachments, {documents.size_bytes:,} bytes")
    for one in documents.findings:
        what = f"attachment {one.number}" if one.number else "document"
        click.echo(f"WRONG      {what}: {one.kenmerk}: {one.reason}")
    click.echo(f"{len(documents.findings)} findings" if documents.findings else "The documents are sound.")


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
    click.echo(f"record     {report.recorded:,} changes")
    for year, bills in report.billed.items():
        amounts = f"{bills.excluding} + {bills.vat} VAT = {bills.including} EUR"
        click.echo(f"bills      {year}: {bills.documents:,} computed again, {amounts}")
    for note in report.notes:
        click.echo(f"note       {note.check}: {note.subject}: {note.sentence}")
    for finding in report.findings:
        click.echo(f"WRONG      {finding.check}: {finding.subject}: {finding.sentence}")
    click.echo(f"{len(report.findings)} findings" if report.findings else "Meter, record and bills are sound.")
