"""`meterpoort bills`: issued documents, their explanation and audit."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from gateway.admin.billing import with_billing
from gateway.billing.documents.pdf import write_pdf
from gateway.billing.rating.services import SERVICE_NAMES
from gateway.billing.runs.bills_audit import audit_bills
from gateway.billing.runs.service import BillingService, Explanation
from gateway.cli.billing_options import in_language, print_bills
from gateway.cli.options import NEW_FILE, YEAR, format_option, language_option, with_existing
from gateway.clock import amsterdam_today
from gateway.settings import Settings


@click.command("list")
@click.option("--year", type=YEAR, help="Year of issue; else the present one.")
@with_existing
def list_command(*, settings: Settings, year: int | None) -> None:
    """The documents that were issued in a year, one a line."""
    issued_in = year or amsterdam_today().year
    print_bills(with_billing(settings, lambda billing: billing.store.bills(issued_in), needs_issuer=False))


@click.command("show")
@click.argument("number")
@format_option(["xml", "pdf"])
@click.option("--output", type=NEW_FILE, help="File; standard output if left out.")
@with_existing
def show_command(*, settings: Settings, number: str, form: str, output: Path | None) -> None:
    """The document NUMBER as it was issued (XML), or as PDF."""

    async def work(billing: BillingService) -> bytes:
        bill = await billing.known_bill(number)
        return write_pdf(bill) if form == "pdf" else await billing.store.xml(number) or b""

    document = with_billing(settings, work, needs_issuer=False)
    if output:
        output.write_bytes(document)
    else:
        sys.stdout.buffer.write(document)


@click.command("explain")
@click.argument("number")
@click.option("--after", default="", help="Show the entries after this one.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True)
@language_option
@with_existing
def explain_command(*, settings: Settings, number: str, after: str, limit: int, language: str) -> None:
    """Explain the amount of NUMBER: its lines, counts and messages."""
    found = with_billing(settings, lambda billing: billing.explain(number, after, limit), needs_issuer=False)
    click.echo("\n".join(_explanation_lines(found, language)))


def _explanation_lines(explanation: Explanation, language: str) -> Iterator[str]:
    bill, run = explanation.bill, explanation.run
    service = in_language(SERVICE_NAMES[bill.service].name, language)
    yield f"{bill.number}  {bill.debtor.name}  {service} {bill.year}"
    yield f"  {bill.amounts.excluding} + {bill.amounts.vat} ({bill.vat_percent}%) = {bill.amounts.including} EUR"
    for line in bill.lines:
        yield f"  {line.number}. {in_language(line.text, language)}: {in_language(line.how, language)}"
        if line.source:
            yield f"     {line.source}"
    yield f"  run {run.run_id}: {run.prepared_by} > {run.approved_by} > {run.issued_by}; inputs {run.digest}"
    for kind, units in sorted(explanation.counted.items()):
        yield f"  {kind}: {units}  ({bill.first}..{bill.last})"
    for entry in explanation.entries:
        at = f"{entry.at:%Y-%m-%dT%H:%M:%SZ}"
        yield f"    {entry.entry_id:>10} {at} {entry.kind:22} {entry.quantity:>6} {entry.kenmerk}"


@click.command("audit")
@with_existing
def audit_command(*, settings: Settings) -> None:
    """Check the audit chain, and compute every bill again. Exits with 1 when something is wrong.

    Prints the control totals that the exports have, by year of issue.
    """
    found = with_billing(settings, lambda billing: audit_bills(billing.store), needs_issuer=False)
    click.echo(f"{found.records} records, head {found.head}")
    for year, totals in found.totals.items():
        click.echo(
            f"{year}: {totals.documents} documents, {totals.excluding} + {totals.vat} VAT = {totals.including} EUR"
        )
    for fault in found.faults:
        click.echo(f"WRONG {fault}")
    click.echo(f"{len(found.faults)} findings" if found.faults else "The bills are sound.")
    if found.faults:
        raise SystemExit(1)
