"""`meterpoort bills`: issued documents and their explanation."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from gateway import admin
from gateway.billing.documents.bill import Bill
from gateway.billing.rating.services import SERVICE_NAMES
from gateway.billing.runs.service import Explanation
from gateway.billing.services import BillingServices
from gateway.cli.billing_options import in_language, key_option, print_bills
from gateway.cli.billing_runs import print_review
from gateway.cli.options import NEW_FILE, YEAR, format_option, language_option, print_result, with_existing
from gateway.clock import amsterdam_today
from gateway.settings import Settings


@click.command("list")
@click.option("--year", type=YEAR, help="Year of issue, as --year 2026; else the present one.")
@format_option()
@with_existing
def list_command(*, settings: Settings, year: int | None, form: str) -> None:
    """The documents that were issued in a year, one a line.

    \b
    meterpoort bills list --year 2026
    """
    issued_in = year or amsterdam_today().year
    bills = admin.billing.with_billing(settings, lambda billing: billing.store.bills(issued_in))
    print_bills(bills, form, f"No bill was issued in {issued_in}.")


_RUN_ID = re.compile(r"[0-9a-f]{32}")


@click.command("show")
@click.argument("number")
@format_option(["xml", "pdf", "text", "json"], "What is shown, as --format pdf.")
@click.option("--output", type=NEW_FILE, help="File, as --output bill.pdf; else standard output.")
@with_existing
def show_command(*, settings: Settings, number: str, form: str, output: Path | None) -> None:
    """The document NUMBER as it was issued (XML), or as PDF; or a run, by its id, with its documents.

    \b
    meterpoort bills show GD2026-000001 --format pdf --output GD2026-000001.pdf
    """
    if _RUN_ID.fullmatch(number):
        review = admin.billing.with_billing(settings, lambda billing: billing.service.review(number))
        print_review(review, "json" if form == "json" else "text")
        return

    async def work(billing: BillingServices) -> tuple[Bill, bytes]:
        file_of = billing.store.pdf if form == "pdf" else billing.store.xml
        return await billing.service.known_bill(number), await file_of(number) or b""

    bill, document = admin.billing.with_billing(settings, work)
    if form in {"text", "json"}:
        print_bills([bill], form, "")
        return
    if output:
        output.write_bytes(document)
    else:
        sys.stdout.buffer.write(document)


@click.command("to-print")
@format_option()
@with_existing
def to_print_command(*, settings: Settings, form: str) -> None:
    """The bills that have to be printed: their debtors are not registered here and no mail reaches them.

    \b
    meterpoort bills to-print
    """
    print_bills(
        admin.billing.with_billing(settings, lambda billing: billing.prints.bills()),
        form,
        "Nothing is to be printed.",
    )


@click.command("printed")
@click.argument("number")
@key_option
@format_option()
@with_existing
def printed_command(*, settings: Settings, number: str, key: str, form: str) -> None:
    """Record that NUMBER was printed and sent on paper.

    \b
    meterpoort bills printed GD2026-000001
    """
    is_new = admin.billing.with_finance(
        settings, key, lambda billing, actor: billing.prints.record(actor, number), needs_issuer=False
    )
    line = f"{number} was printed" if is_new else f"{number} was printed before"
    print_result(form, {"number": number, "isNew": is_new}, [line])


@click.command("explain")
@click.argument("number")
@click.option(
    "--after", default="0", type=click.IntRange(0), help="Show the entries after this one, as --after 4711."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="Most entries to show, as --limit 100.",
)
@language_option
@format_option()
@with_existing
def explain_command(*, settings: Settings, number: str, after: int, limit: int, language: str, form: str) -> None:
    """Explain the amount of NUMBER: its lines, counts and messages.

    \b
    meterpoort bills explain GD2026-000001 --language nl
    """
    found = admin.billing.with_billing(settings, lambda billing: billing.service.explain(number, after, limit))
    print_result(form, found, _explanation_lines(found, language))


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
    for step in explanation.steps:
        yield f"  {step.kind} {step.key}: {step.units}, {step.means}; {step.by} {step.at:%Y-%m-%d}"
    days = f"({explanation.first}..{explanation.last}, up to entry {run.position})"
    for kind, units in sorted(explanation.counted.items()):
        yield f"  {kind}: {units}  {days}"
    for kind, units in sorted(explanation.later.items()):
        yield f"  later, not in this bill: {kind}: {units}"
    for entry in explanation.entries:
        at = f"{entry.at:%Y-%m-%dT%H:%M:%SZ}"
        yield f"    {entry.entry_id:>10} {at} {entry.kind:22} {entry.quantity:>6} {entry.kenmerk}"
