"""`meterpoort bills`: issued documents, their explanation, journal and audit."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from gateway.billing.documents.journals import JournalFormat, write_journal
from gateway.billing.documents.pdf import write_pdf
from gateway.billing.documents.postings import Journal, journal
from gateway.billing.rating.services import SERVICE_NAMES
from gateway.billing.runs.bills_audit import audit_bills
from gateway.billing.runs.errors import UnknownBillError
from gateway.billing.runs.service import BillingService, Explanation
from gateway.cli.billing_access import bill_rows, read_billing, run_billing
from gateway.cli.billing_options import in_language
from gateway.cli.options import where_options
from gateway.clock import amsterdam_today
from gateway.i18n import Text


@click.command("list")
@click.option("--year", type=click.IntRange(2000, 2999), help="Year of issue; else the present one.")
@where_options
def list_command(*, year: int | None, config: Path | None, data: Path | None) -> None:
    """The documents that were issued in a year, one a line."""
    found = read_billing(config, data, lambda billing: billing.store.bills(year or amsterdam_today().year))
    for line in bill_rows(found):
        click.echo(line)


@click.command("show")
@click.argument("number")
@click.option("--format", "form", type=click.Choice(["xml", "pdf"]), default="xml", show_default=True)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="File; standard output if left out."
)
@where_options
def show_command(*, number: str, form: str, output: Path | None, config: Path | None, data: Path | None) -> None:
    """The document NUMBER as it was issued (XML), or as PDF."""

    async def work(billing: BillingService) -> bytes:
        bill, xml = await billing.store.bill(number), await billing.store.xml(number)
        if bill is None or xml is None:
            raise UnknownBillError(Text("there is no bill {number}", number=number))
        return write_pdf(bill) if form == "pdf" else xml

    document = read_billing(config, data, work)
    if output:
        output.write_bytes(document)
    else:
        sys.stdout.buffer.write(document)


@click.command("explain")
@click.argument("number")
@click.option("--after", default="", help="Show the entries after this one.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True)
@click.option("--language", type=click.Choice(["en", "nl"]), default="en", show_default=True)
@where_options
def explain_command(
    *, number: str, after: str, limit: int, language: str, config: Path | None, data: Path | None
) -> None:
    """Explain the amount of NUMBER: its lines, counts and messages."""
    explanation = read_billing(config, data, lambda billing: billing.explain(number, after, limit))
    click.echo("\n".join(_explanation_lines(explanation, language)))


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


@click.command("journal")
@click.option("--year", required=True, type=click.IntRange(2000, 2999), help="Year of issue.")
@click.option(
    "--format", "form", type=click.Choice([str(one) for one in JournalFormat]), default="csv", show_default=True
)
@where_options
def journal_command(*, year: int, form: str, config: Path | None, data: Path | None) -> None:
    """The postings of a year: a balanced entry for each document. The same bytes each time."""

    async def work(billing: BillingService) -> Journal:
        return journal(billing.issuer, year, await billing.store.bills(year))

    write_journal(run_billing(config, data, work), JournalFormat(form), sys.stdout.buffer)


@click.command("audit")
@where_options
def audit_command(*, config: Path | None, data: Path | None) -> None:
    """Check the audit chain, and compute every bill again. Exits with 1 when something is wrong.

    Prints the control totals that the exports have, by year of issue.
    """
    found = read_billing(config, data, lambda billing: audit_bills(billing.store))
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
