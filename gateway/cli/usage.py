"""`meterpoort usage` and `meterpoort audit`: the meter and its proofs."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from gateway import admin
from gateway.cli.options import (
    EXISTING_FILE,
    NEW_FILE,
    YEAR,
    format_option,
    paint,
    print_result,
    progress_bar,
    table,
    with_existing,
    with_settings,
)
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.metering.seal import Seal
    from gateway.metering.statement import Statement
    from gateway.store.ledger.audit import AuditReport
    from gateway.store.messages.documents_audit import DocumentsAudit


@click.group()
def usage() -> None:
    """What was used, by whom, and the proof of it."""


@usage.command("show")
@click.argument("party_id")
@click.option("--year", required=True, type=YEAR, help="Amsterdam year, as --year 2026.")
@format_option()
@with_existing
def show(*, settings: Settings, party_id: str, year: int, form: str) -> None:
    """The statement of PARTY_ID: each month and kind.

    \b
    meterpoort usage show gemeente-voorbeeld --year 2026
    """
    found = admin.usage.statement(settings, party_id, year)
    print_result(form, found, _statement_lines(found, year))


def _statement_lines(found: "Statement", year: int) -> Iterator[str]:
    rows: list[tuple[object, ...]] = [(line.month, line.kind, line.quantity, line.late) for line in found.lines]
    sums: dict[str, int] = defaultdict(int)
    late: dict[str, int] = defaultdict(int)
    for line in found.lines:
        sums[line.kind] += line.quantity
        late[line.kind] += line.late
    rows += [(str(year), kind, sums[kind], late[kind]) for kind in sorted(sums)]
    header = ("month", "kind", "used", "recorded late")
    yield from table(header, rows, f"{found.party_id} used nothing in {year}.")


@usage.command("load")
@click.argument("files", nargs=-1, required=True, type=EXISTING_FILE)
@format_option()
@with_settings
def load(*, settings: Settings, files: tuple[Path, ...], form: str) -> None:
    """Record the usage events in FILES, CSV or Parquet. Loading one again is harmless.

    \b
    meterpoort usage load use.csv
    """
    batches = {}
    for path in files:
        with progress_bar(path.name) as progress:
            batches[path.name] = admin.usage.load_file(settings, path, progress)
    lines = [
        f"{name}: {one.recorded} recorded, {one.repeated} were recorded before" for name, one in batches.items()
    ]
    print_result(form, batches, lines)


@usage.command("reverse")
@click.argument("position", type=click.IntRange(min=1))
@click.option("--reason", required=True, help='Why, for the auditor, as --reason "counted twice".')
@click.option("--author", required=True, help='Who decided it, as --author "J. de Boer".')
@format_option()
@with_settings
def reverse(*, settings: Settings, position: int, reason: str, author: str, form: str) -> None:
    """Undo the entry at POSITION by an entry of its opposite. Nothing is removed.

    \b
    meterpoort usage reverse 4711 --reason "counted twice by the source" --author anna
    """
    done = admin.usage.with_meter(settings, lambda meter, _: meter.reverse(position, reason, author))
    print_result(form, done, [f"{done.quantity:+d} {done.kind} {done.party_id} ({done.kenmerk})"])


@usage.command("seal")
@format_option()
@with_settings
def seal(*, settings: Settings, form: str) -> None:
    """Seal the entries and the record, as far as they are not sealed yet. A running gateway does so by itself.

    \b
    meterpoort usage seal
    """
    made = admin.usage.with_meter(settings, lambda meter, _: meter.seal())
    print_result(form, made, map(_seal_line, made) if made else ["Everything was sealed already."])


def _seal_line(one: "Seal") -> str:
    entries = f"entries {one.first_position}-{one.last_position}"
    covered = entries if one.last_position >= one.first_position else "the record"
    return f"seal {one.number}: {covered}  {one.hash}"


@usage.command("seals")
@click.option(
    "--after", default=0, type=click.IntRange(min=0), help="Only seals with a higher number, as --after 120."
)
@click.option("--out", type=NEW_FILE, help="File, as --out seals.jsonl; else standard output.")
@format_option(["json"], "JSON lines, as they are published.")
@with_existing
def seals(*, settings: Settings, after: int, out: Path | None, form: str) -> None:  # noqa: ARG001  # one format
    """The seals as JSON lines, to publish.

    \b
    meterpoort usage seals --after 120 --out seals.jsonl
    """
    with out.open("wb") if out else nullcontext(sys.stdout.buffer) as stream:
        admin.usage.write_seals(settings, after, stream)


@usage.command("prove")
@click.argument("position", type=click.IntRange(min=1))
@click.option("--out", type=NEW_FILE, help="File, as --out proof.json; else standard output.")
@format_option(["json"], "The proof is JSON.")
@with_existing
def prove(*, settings: Settings, position: int, out: Path | None, form: str) -> None:  # noqa: ARG001  # one format
    """The proof that a seal covers the entry at POSITION; check it with docs/how-to/verify_seal.py.

    \b
    meterpoort usage prove 4711 --out proof.json
    """
    proof = admin.usage.prove(settings, position)
    if out:
        out.write_bytes(proof + b"\n")
    else:
        click.echo(proof)


@click.command("audit")
@click.option(
    "--seals",
    "published",
    type=EXISTING_FILE,
    help="Seals as they were published (JSON lines), as --seals seals.jsonl: they must be in the chain unchanged.",
)
@click.option("--documents", "reads_documents", is_flag=True, help="Also read every document again.")
@format_option()
@with_existing
def audit(*, settings: Settings, published: Path | None, reads_documents: bool, form: str) -> None:
    """Verify the meter, the record of everything else, and the bills. Exits with 1 when something is wrong.

    \b
    meterpoort audit
    meterpoort audit --seals seals.jsonl --documents
    """
    with progress_bar("audit") as progress:
        report = admin.audit.audit_all(settings, published, progress)
    documents = None
    if reads_documents:
        with progress_bar("documents") as progress:
            documents = admin.audit.audit_documents(settings, progress)
    lines = chain(_report_lines(report), _documents_lines(documents) if documents else ())
    print_result(form, msgspec.Raw(admin.audit.as_json(report, documents)), lines)
    if report.findings or (documents and documents.findings):
        sys.exit(1)


def _documents_lines(documents: "DocumentsAudit") -> Iterator[str]:
    yield f"documents  {documents.contents:,} read with their attachments, {documents.size_bytes:,} bytes"
    for one in documents.findings:
        what = f"attachment {one.number}" if one.number else "document"
        yield f"{paint('WRONG')}      {what}: {one.kenmerk}: {one.reason}"
    yield f"{len(documents.findings)} findings" if documents.findings else "The documents are sound."


def _report_lines(report: "AuditReport") -> Iterator[str]:
    dispositions = " + ".join(f"{number:,} {name}" for name, number in sorted(report.dispositions.items()))
    yield f"messages   {report.received:,} received = {dispositions or 'none'}"
    yield f"entries    {report.totals.entries:,}, quantity {report.totals.quantity:,}"
    for total in report.totals.by_kind:
        yield (f"           {total.year} {total.kind:22} {total.entries:,} entries, quantity {total.quantity:,}")
    yield f"parties    {report.totals.parties}"
    yield f"seals      {report.seals:,}, {report.unsealed:,} entries wait for the next"
    yield f"last seal  {report.last_seal or 'none'}"
    yield f"record     {report.recorded:,} changes"
    for year, bills in report.billed.items():
        amounts = f"{bills.excluding} + {bills.vat} VAT = {bills.including} EUR"
        yield f"bills      {year}: {bills.documents:,} computed again, {amounts}"
    for note in report.notes:
        yield f"note       {note.check}: {note.subject}: {note.sentence}"
    for finding in report.findings:
        yield f"{paint('WRONG')}      {finding.check}: {finding.subject}: {finding.sentence}"
    yield f"{len(report.findings)} findings" if report.findings else "Meter, record and bills are sound."
