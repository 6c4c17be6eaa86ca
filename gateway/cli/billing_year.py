"""The rest of `meterpoort bills`: debtors, forecasts, runs, documents, the journal. Needs the database."""

import json
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import click

from gateway.admin.accounts import Accounts, finance, issuer_of, today, with_accounts
from gateway.billing.documents.bill import Bill, Stage
from gateway.billing.documents.journals import JournalFormat, write_journal
from gateway.billing.documents.mail import UsageWarning, as_message
from gateway.billing.documents.pdf import write_pdf
from gateway.billing.documents.postings import Journal, journal
from gateway.billing.rating.outlook import Outlook, warning_mail
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.runs.bills_audit import audit_bills
from gateway.billing.runs.debtor import Issuer, read_debtors
from gateway.billing.runs.errors import BillingError, UnknownBillError
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.service import Explanation, Preview
from gateway.billing.runs.year import YearKey
from gateway.cli.bills import Units, bills, catalogue_of, in_language, tariffs_option
from gateway.cli.options import existing_from, settings_from, text_of, where_options

T = TypeVar("T")
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


class Euros(click.ParamType[Decimal]):
    """An amount: 125000.00."""

    name = "euros"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if not _DECIMAL.fullmatch(str(value)):
            self.fail(f"{value!r} is not an amount, as 125000.00 (geen bedrag)", param, ctx)
        return Decimal(str(value))


by_option = click.option("--by", required=True, help="Who does this; stands in the audit chain.")
service_option = click.option("--service", required=True, type=click.Choice([str(one) for one in Service]))
year_option = click.option("--year", required=True, type=click.IntRange(2000, 2999), help="Year of use.")


def _do(config: Path | None, data: Path | None, work: Callable[[Accounts], Awaitable[T]]) -> T:
    """Run the work; what cannot be ends the command with a sentence and exit code 2."""
    try:
        return with_accounts(settings_from(config, data), work)
    except BillingError as wrong:
        raise click.UsageError(f"{wrong.text.en}\n       {wrong.text.nl}") from wrong


def _read(config: Path | None, data: Path | None, work: Callable[[Accounts], Awaitable[T]]) -> T:
    """Run work that only reads, for which nobody needs to be there to bill; what is not there ends the command
    with a sentence and exit code 1."""
    try:
        return with_accounts(existing_from(config, data), work, needs_issuer=False)
    except BillingError as wrong:
        raise click.ClickException(f"{wrong.text.en}\n       {wrong.text.nl}") from wrong


@bills.command("debtors")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@by_option
@where_options
def debtors_command(*, file: Path, by: str, config: Path | None, data: Path | None) -> None:
    """Record the debtors of FILE (TOML, a [[debtor]] each), or what changed about them."""

    text = text_of(file)

    async def work(opened: Accounts) -> int:
        debtors = read_debtors(text)
        for debtor in debtors:
            await opened.service.save_debtor(finance(by), debtor)
        return len(debtors)

    click.echo(f"recorded {_do(config, data, work)}")


@bills.command("forecast")
@click.argument("party_id")
@service_option
@year_option
@click.option("--units", required=True, type=Units())
@click.option("--means", required=True, help="By what it came: a letter, the portal.")
@click.option("--agreed", is_flag=True, help="It was agreed on, too.")
@by_option
@where_options
def forecast_command(
    *,
    party_id: str,
    service: str,
    year: int,
    units: int,
    means: str,
    agreed: bool,
    by: str,
    config: Path | None,
    data: Path | None,
) -> None:
    """Record what PARTY_ID expects to use in a year."""
    key = YearKey(party_id, Service(service), year)

    async def work(opened: Accounts) -> None:
        await opened.service.record_forecast(finance(by), key, units, means)
        if agreed:
            await opened.service.record_agreement(finance(by), key, means)

    _do(config, data, work)
    click.echo(f"{key}: {units}")


@bills.command("guidance")
@click.argument("party_id")
@click.option("--received", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Receipt of the start mail.")
@click.option("--periods", type=Units(), default=1, help="Periods of three months so far.")
@by_option
@where_options
def guidance_command(
    *, party_id: str, received: datetime, periods: int, by: str, config: Path | None, data: Path | None
) -> None:
    """Record individual guidance of PARTY_ID, or its renewal."""
    _do(
        config,
        data,
        lambda opened: opened.service.record_guidance(finance(by), party_id, received.date(), periods),
    )
    click.echo(f"{party_id}: {periods} from {received.date()}")


def _order_options(command: Callable[..., None]) -> Callable[..., None]:
    """What a run is for."""
    for option in (
        click.option("--stage", required=True, type=click.Choice([str(one) for one in Stage])),
        service_option,
        year_option,
        click.option("--issued-on", type=click.DateTime(["%Y-%m-%d"]), help="Date on the documents; today."),
        click.option("--total", type=Euros(), default="0", help="Amount to divide: refund, facilities."),
        click.option(
            "--weight", "weights", multiple=True, help="party=weight in the distribution key; repeatable."
        ),
    ):
        command = option(command)
    return command


def _order(
    stage: str, service: str, year: int, issued_on: datetime | None, total: Decimal, weights: tuple[str, ...]
) -> RunOrder:
    day = issued_on.date() if issued_on else today()
    return RunOrder(Stage(stage), Service(service), year, day, total, tuple(_weight(text) for text in weights))


def _weight(text: str) -> tuple[str, Decimal]:
    party_id, _, weight = text.rpartition("=")
    if not party_id or not _DECIMAL.fullmatch(weight):
        raise click.UsageError(f"{text!r} is not party=weight, as krommevliet=3")
    return party_id, Decimal(weight)


def _instead(text: str) -> tuple[str, int]:
    party_id, _, units = text.rpartition("=")
    if not party_id:
        raise click.UsageError(f"{text!r} is not party=units, as zilverstrand=12000")
    return party_id, Units().convert(units, None, None)


@bills.command("preview")
@_order_options
@by_option
@click.option("--forecast", "forecasts", multiple=True, help="What if: party=units instead; repeatable.")
@tariffs_option
@where_options
def preview_command(
    *,
    stage: str,
    service: str,
    year: int,
    issued_on: datetime | None,
    total: Decimal,
    weights: tuple[str, ...],
    by: str,
    forecasts: tuple[str, ...],
    tariffs: Path | None,
    config: Path | None,
    data: Path | None,
) -> None:
    """What a run would give now. Keeps nothing."""
    order = _order(stage, service, year, issued_on, total, weights)
    instead = dict(_instead(text) for text in forecasts)

    async def work(opened: Accounts) -> Preview:
        return await opened.service.preview(finance(by), order, catalogue=catalogue_of(tariffs), forecasts=instead)

    preview = _do(config, data, work)
    click.echo("\n".join(_table(preview.bills)))
    click.echo(f"{len(preview.bills)} documents, {preview.total.including} including VAT")


@bills.command("prepare")
@_order_options
@by_option
@where_options
def prepare_command(
    *,
    stage: str,
    service: str,
    year: int,
    issued_on: datetime | None,
    total: Decimal,
    weights: tuple[str, ...],
    by: str,
    config: Path | None,
    data: Path | None,
) -> None:
    """Prepare a run for approval; prints its id."""
    order = _order(stage, service, year, issued_on, total, weights)
    click.echo(_do(config, data, lambda opened: opened.service.prepare(finance(by), order)).run_id)


@bills.command("approve")
@click.argument("run_id")
@by_option
@where_options
def approve_command(*, run_id: str, by: str, config: Path | None, data: Path | None) -> None:
    """Approve RUN_ID on exactly the inputs it was prepared on."""
    run = _do(config, data, lambda opened: opened.service.approve(finance(by), run_id))
    click.echo(f"{run.run_id} approved by {run.approved_by}")


@bills.command("issue")
@click.argument("run_id")
@by_option
@where_options
def issue_command(*, run_id: str, by: str, config: Path | None, data: Path | None) -> None:
    """Issue the approved RUN_ID: every bill is judged, then all get their numbers."""
    click.echo("\n".join(_table(_do(config, data, lambda opened: opened.service.issue(finance(by), run_id)))))


def _table(found: Sequence[Bill]) -> Iterator[str]:
    for bill in found:
        yield f"{bill.number or '-':16} {bill.debtor.party_id:24} {bill.kind:12} {bill.amounts.including:>14}"


@bills.command("list")
@click.option("--year", type=click.IntRange(2000, 2999), help="Year of issue; else the present one.")
@where_options
def list_command(*, year: int | None, config: Path | None, data: Path | None) -> None:
    """The documents that were issued in a year, one a line."""
    found = _read(config, data, lambda opened: opened.store.bills(year or today().year))
    for line in _table(found):
        click.echo(line)


@bills.command("show")
@click.argument("number")
@click.option("--format", "form", type=click.Choice(["xml", "pdf"]), default="xml", show_default=True)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="File; standard output if left out."
)
@where_options
def show_command(*, number: str, form: str, output: Path | None, config: Path | None, data: Path | None) -> None:
    """The document NUMBER as it was issued (XML), or as PDF."""

    async def work(opened: Accounts) -> bytes:
        bill, xml = await opened.store.bill(number), await opened.store.xml(number)
        if bill is None or xml is None:
            raise UnknownBillError(f"there is no bill {number}", f"er is geen factuur {number}")
        return write_pdf(bill) if form == "pdf" else xml

    document = _read(config, data, work)
    if output:
        output.write_bytes(document)
    else:
        sys.stdout.buffer.write(document)


@bills.command("explain")
@click.argument("number")
@click.option("--after", default="", help="Show the entries after this one.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True)
@click.option("--language", type=click.Choice(["en", "nl"]), default="en", show_default=True)
@where_options
def explain_command(
    *, number: str, after: str, limit: int, language: str, config: Path | None, data: Path | None
) -> None:
    """Walk from the amount of NUMBER to its lines, counts and messages."""
    explanation = _read(config, data, lambda opened: opened.service.explain(number, after, limit))
    click.echo("\n".join(_explained(explanation, language)))


def _explained(explanation: Explanation, language: str) -> Iterator[str]:
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


@bills.command("journal")
@click.option("--year", required=True, type=click.IntRange(2000, 2999), help="Year of issue.")
@click.option(
    "--format", "form", type=click.Choice([str(one) for one in JournalFormat]), default="csv", show_default=True
)
@where_options
def journal_command(*, year: int, form: str, config: Path | None, data: Path | None) -> None:
    """The postings of a year: a balanced entry a document. The same bytes each time."""

    async def work(opened: Accounts) -> Journal:
        return journal(opened.issuer, year, await opened.store.bills(year))

    write_journal(_do(config, data, work), JournalFormat(form), sys.stdout.buffer)


@bills.command("statement")
@service_option
@year_option
@click.option("--month", required=True, type=click.IntRange(1, 12))
@by_option
@where_options
def statement_command(
    *, service: str, year: int, month: int, by: str, config: Path | None, data: Path | None
) -> None:
    """Record the monthly statement of every party: its use of the year up to the end of the month."""
    added = _do(
        config, data, lambda opened: opened.service.record_statements(finance(by), Service(service), year, month)
    )
    click.echo(f"{added} new statements")


@bills.command("close")
@click.argument("party_id")
@service_option
@year_option
@by_option
@where_options
def close_command(
    *, party_id: str, service: str, year: int, by: str, config: Path | None, data: Path | None
) -> None:
    """Close a settled year of PARTY_ID: its forecast can no longer change."""
    key = YearKey(party_id, Service(service), year)
    _do(config, data, lambda opened: opened.service.close(finance(by), key))
    click.echo(f"{key} closed")


@bills.command("outlook")
@click.argument("party_id")
@service_option
@year_option
@click.option("--language", type=click.Choice(["en", "nl"]), default="en", show_default=True)
@where_options
def outlook_command(
    *, party_id: str, service: str, year: int, language: str, config: Path | None, data: Path | None
) -> None:
    """Use of PARTY_ID so far, this month and the year projected, and the warning it would get."""
    key = YearKey(party_id, Service(service), year)
    seen = _read(config, data, lambda opened: opened.service.outlook(key, today()))
    click.echo(json.dumps(_outlook(seen, language), ensure_ascii=False, indent=2))


def _outlook(seen: Outlook, language: str) -> dict[str, object]:
    mail = warning_mail(seen.party_id, seen)
    shown: dict[str, object] = {
        "party": seen.party_id,
        "service": str(seen.service),
        "year": seen.year,
        "as_of": seen.as_of.isoformat(),
        "used": seen.used,
        "prepaid": seen.prepaid,
        "course": str(seen.status),
        "warning": None if mail is None else in_language(mail.body, language),
    }
    for name, projection in (("month", seen.month), ("whole_year", seen.whole_year)):
        shown[name] = projection and {
            "until": projection.until.isoformat(),
            "expected": projection.expected,
            "low": projection.low,
            "high": projection.high,
        }
    return shown


@bills.command("warnings")
@service_option
@click.option(
    "--folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the mails are written, a file each (RFC 5322); one that is there already is not written again.",
)
@where_options
def warnings_command(*, service: str, folder: Path, config: Path | None, data: Path | None) -> None:
    """Write a mail for every party that uses more than it prepaid, or is on course to: Dutch, then English."""
    now, day = datetime.now(UTC), today()

    async def work(opened: Accounts) -> Sequence[UsageWarning]:
        return await opened.service.warnings(Service(service), day)

    found = _do(config, data, work)
    folder.mkdir(parents=True, exist_ok=True)
    issuer = issuer_of(settings_from(config, data))
    for warned in found:
        click.echo(
            f"{warned.debtor.party_id:24} {warned.outlook.status:14} {_mailed(warned, issuer, now, folder)}"
        )


def _mailed(warned: UsageWarning, issuer: Issuer, now: datetime, folder: Path) -> str:
    """What became of one warning."""
    path = folder / f"{warned.name}.eml"
    if path.exists():
        return "written before"
    try:
        message = as_message(warned, issuer, now)
    except ValueError as error:
        return str(error)
    part = path.with_suffix(".part")
    part.write_bytes(message)
    part.replace(path)
    return path.name


@bills.command("silences")
@service_option
@where_options
def silences_command(*, service: str, config: Path | None, data: Path | None) -> None:
    """Parties that always have use of a service and suddenly have none."""
    now = today()
    for one in _read(config, data, lambda opened: opened.service.silent_parties(Service(service), now)):
        click.echo(
            f"{one.party_id}: nothing for {one.working_days} working days, since {one.last_seen}; "
            f"usually {one.usual_a_day:.1f} a day"
        )


@bills.command("audit")
@where_options
def audit_command(*, config: Path | None, data: Path | None) -> None:
    """Check the chain of everything done, and reckon every bill again. Ends with 1 when something is wrong.

    Prints the control totals that the exports have, by year of issue.
    """
    found = _read(config, data, lambda opened: audit_bills(opened.store))
    click.echo(f"{found.records} records, head {found.head}")
    for year, totals in found.totals.items():
        click.echo(
            f"{year}: {totals.documents} documents, {totals.excluding} + {totals.vat} VAT = {totals.including} EUR"
        )
    for fault in found.faults:
        click.echo(f"WRONG {fault}")
    click.echo(f"{len(found.faults)} findings" if found.faults else "The bills hold.")
    if found.faults:
        raise SystemExit(1)
