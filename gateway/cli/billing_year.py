"""`meterpoort bills`: debtors, forecasts, statements, warnings: a party's billing year."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway import admin
from gateway.billing.documents.mail import UsageWarning, as_message
from gateway.billing.rating.outlook import Outlook, warning_mail
from gateway.billing.rating.services import Service
from gateway.billing.runs.actor import Actor
from gateway.billing.runs.debtor import read_debtors
from gateway.billing.runs.issuer import Issuer, issuer_from
from gateway.billing.runs.year import YearKey
from gateway.billing.services import BillingServices
from gateway.cli.billing_options import Units, in_language, key_option, service_option, with_year, year_option
from gateway.cli.options import (
    DAY,
    EXISTING_FILE,
    FOLDER,
    YEAR,
    format_option,
    language_option,
    print_result,
    table,
    text_of,
    with_existing,
    with_settings,
)
from gateway.clock import amsterdam_today
from gateway.jobs.mail import file_writer
from gateway.settings import Settings

_folder_option = click.option(
    "--folder",
    required=True,
    type=FOLDER,
    help="Where the mails are written, as --folder mails, one file each (RFC 5322); an existing file is not "
    "written again.",
)


@click.command("debtors")
@click.argument("file", type=EXISTING_FILE)
@key_option
@format_option()
@with_settings
def debtors_command(*, settings: Settings, file: Path, key: str, form: str) -> None:
    """Record the debtors of FILE (TOML, a [[debtor]] each), or what holds of them from a day on.

    \b
    meterpoort bills debtors debtors.toml
    """
    text = text_of(file)

    async def work(billing: BillingServices, actor: Actor) -> int:
        return sum([await billing.service.save_debtor(actor, debtor) for debtor in read_debtors(text)])

    recorded = admin.billing.with_finance(settings, key, work)
    print_result(form, {"recorded": recorded}, [f"recorded {recorded}"])


@click.command("forecast")
@with_year
@click.option("--units", required=True, type=Units(), help="How many, as --units 12000.")
@click.option("--means", required=True, help='How it came, as --means "letter 2026/17".')
@click.option("--agreed", is_flag=True, help="It was also agreed on.")
@click.option(
    "--confirm",
    "confirmation",
    default="",
    help='Why it is right, far from the use of the year before, as --confirm "new system".',
)
@key_option
@format_option()
@with_settings
def forecast_command(
    *,
    settings: Settings,
    of_year: YearKey,
    units: int,
    means: str,
    agreed: bool,
    confirmation: str,
    key: str,
    form: str,
) -> None:
    """Record what PARTY_ID expects to use in a year.

    \b
    meterpoort bills forecast zilverstrand --service digipoort --year 2026 --units 12000 --means "letter 2026/17"
    """

    async def work(billing: BillingServices, actor: Actor) -> None:
        await billing.service.record_forecast(actor, of_year, units, means, confirmation)
        if agreed:
            await billing.service.record_agreement(actor, of_year, means)

    admin.billing.with_finance(settings, key, work)
    print_result(form, {"year": of_year, "units": units, "isAgreed": agreed}, [f"{of_year}: {units}"])


@click.command("agree")
@with_year
@click.option("--means", default="command line", help='How it was agreed, as --means "mail of 3 March".')
@key_option
@format_option()
@with_settings
def agree_command(*, settings: Settings, of_year: YearKey, means: str, key: str, form: str) -> None:
    """Agree on the forecast of PARTY_ID that holds, such as one that it entered itself.

    \b
    meterpoort bills agree zilverstrand --service digipoort --year 2026
    """
    admin.billing.with_finance(
        settings, key, lambda billing, actor: billing.service.record_agreement(actor, of_year, means)
    )
    print_result(form, {"agreed": of_year}, [f"{of_year} agreed"])


@click.command("guidance")
@click.argument("party_id")
@click.option("--received", required=True, type=DAY, help="Receipt of the start mail, as --received 2026-01-15.")
@click.option("--periods", type=Units(), default=1, help="Periods of three months so far, as --periods 2.")
@key_option
@format_option()
@with_settings
def guidance_command(
    *, settings: Settings, party_id: str, received: datetime, periods: int, key: str, form: str
) -> None:
    """Record individual guidance of PARTY_ID, or its renewal.

    \b
    meterpoort bills guidance oostmeer --received 2026-01-15 --periods 2
    """
    day = received.date()
    admin.billing.with_finance(
        settings, key, lambda billing, actor: billing.service.record_guidance(actor, party_id, day, periods)
    )
    content = {"partyId": party_id, "received": day, "periods": periods}
    print_result(form, content, [f"{party_id}: {periods} from {day}"])


@click.command("statement")
@service_option
@year_option
@click.option("--month", required=True, type=click.IntRange(1, 12), help="Last month, as --month 7.")
@key_option
@format_option()
@with_settings
def statement_command(*, settings: Settings, service: Service, year: int, month: int, key: str, form: str) -> None:
    """Record the monthly statement of every party: its use of the year up to the end of the month.

    \b
    meterpoort bills statement --service digipoort --year 2026 --month 7
    """
    added = admin.billing.with_finance(
        settings, key, lambda billing, actor: billing.service.record_statements(actor, service, year, month)
    )
    print_result(form, {"added": added}, [f"{added} new statements"])


@click.command("close")
@with_year
@key_option
@format_option()
@with_settings
def close_command(*, settings: Settings, of_year: YearKey, key: str, form: str) -> None:
    """Close a settled year of PARTY_ID: it is no longer billed.

    \b
    meterpoort bills close zilverstrand --service digipoort --year 2026
    """
    admin.billing.with_finance(settings, key, lambda billing, actor: billing.service.close(actor, of_year))
    print_result(form, {"closed": of_year}, [f"{of_year} closed"])


@click.command("reopen")
@with_year
@click.option(
    "--reason", required=True, help='Why, as --reason "objection 2026/14"; recorded in the year and the log.'
)
@key_option
@format_option()
@with_settings
def reopen_command(*, settings: Settings, of_year: YearKey, reason: str, key: str, form: str) -> None:
    """Open a closed year of PARTY_ID again, for a correction.

    \b
    meterpoort bills reopen zilverstrand --service digipoort --year 2026 --reason "objection 2026/14"
    """
    admin.billing.with_finance(
        settings, key, lambda billing, actor: billing.service.reopen(actor, of_year, reason)
    )
    print_result(form, {"reopened": of_year}, [f"{of_year} open"])


@click.command("outlook")
@with_year
@language_option
@format_option()
@with_existing
def outlook_command(*, settings: Settings, of_year: YearKey, language: str, form: str) -> None:
    """Show the use of PARTY_ID so far, this month and the year projected, and the warning that it would get.

    \b
    meterpoort bills outlook zilverstrand --service digipoort --year 2026 --language nl
    """
    seen = admin.billing.with_billing(
        settings, lambda billing: billing.service.outlook(of_year, amsterdam_today())
    )
    print_result(form, _outlook(seen, language), _outlook_lines(seen, language))


def _outlook_lines(seen: Outlook, language: str) -> Iterator[str]:
    yield f"{seen.party_id}  {seen.service} {seen.year}, as of {seen.as_of}: {seen.status}"
    rows: list[tuple[object, ...]] = [("used", seen.as_of, seen.used, None, None)]
    for name, one in (("this month", seen.month), ("the year", seen.whole_year)):
        if one:
            rows.append((name, one.until, one.expected, one.low, one.high))
    yield from table(("use", "until", "units", "at least", "at most"), rows)
    yield f"prepaid: {'nothing' if seen.prepaid is None else f'{seen.prepaid:,}'}"
    if mail := warning_mail(seen.party_id, seen):
        yield f"\n{in_language(mail.body, language)}"


def _outlook(seen: Outlook, language: str) -> dict[str, object]:
    mail = warning_mail(seen.party_id, seen)
    shown: dict[str, object] = {
        "party": seen.party_id,
        "service": seen.service,
        "year": seen.year,
        "as_of": seen.as_of,
        "used": seen.used,
        "prepaid": seen.prepaid,
        "status": seen.status,
        "warning": None if mail is None else in_language(mail.body, language),
    }
    for name, projection in (("month", seen.month), ("whole_year", seen.whole_year)):
        shown[name] = projection and {
            "until": projection.until,
            "expected": projection.expected,
            "low": projection.low,
            "high": projection.high,
        }
    return shown


@click.command("warnings")
@service_option
@_folder_option
@format_option()
@with_settings
def warnings_command(*, settings: Settings, service: Service, folder: Path, form: str) -> None:
    """Write a mail for every party that uses, or is expected to use, more than it prepaid: Dutch, then English.

    \b
    meterpoort bills warnings --service digipoort --folder mails
    """
    day, issuer = amsterdam_today(), issuer_from(settings)
    issuer.check_complete()
    found = admin.billing.with_billing(settings, lambda billing: billing.service.warnings(service, day))
    written = [(one.debtor.party_id, one.outlook.status, _write_mail(one, issuer, folder)) for one in found]
    content = [{"partyId": party_id, "status": status, "file": file} for party_id, status, file in written]
    lines = table(("party", "status", "mail"), written, "No party uses more than it prepaid.")
    print_result(form, content, lines)


def _write_mail(one: UsageWarning, issuer: Issuer, folder: Path) -> str:
    """Write one mail; what was done."""
    name = f"{one.name}.eml"
    if (folder / name).exists():
        return "written before"
    try:
        file_writer(folder)(as_message(one.mail, one.debtor, issuer, one.name, datetime.now(UTC)))
    except ValueError as error:
        return str(error)
    return name


@click.command("calendar")
@click.option("--year", type=YEAR, help="Calendar year, as --year 2026; else the present one.")
@click.option("--party", "party_id", help="The tasks of one party, as --party gemeente-voorbeeld.")
@format_option()
@with_existing
def calendar_command(*, settings: Settings, year: int | None, party_id: str | None, form: str) -> None:
    """The tasks of a year: what is due when, and for how many parties it is not done.

    \b
    meterpoort bills calendar
    """
    today = amsterdam_today()
    tasks = admin.billing.with_billing(
        settings, lambda billing: billing.service.calendar.tasks(year or today.year, party_id)
    )
    content = [asdict(task) | {"state": task.state(today), "title": task.title.en} for task in tasks]
    rows = [(task.first, task.last or "-", task.state(today), len(task.open), task.title.en) for task in tasks]
    header = ("from", "until", "state", "open", "task")
    print_result(form, content, table(header, rows, "There are no tasks: nobody uses a service."))


@click.command("reminders")
@click.option(
    "--folder",
    type=FOLDER,
    help="Write the mails there, as --folder mails, one file each (RFC 5322), instead of sending them.",
)
@key_option
@format_option()
@with_settings
def reminders_command(*, settings: Settings, folder: Path | None, key: str, form: str) -> None:
    """Mail every party whose forecast is asked for, and finance what is due: at most one a month each.

    The server does the same every hour with the setting billing.sends_reminders.

    \b
    meterpoort bills reminders --folder mails
    """
    left = admin.billing.mail_reminders(settings, key, folder)
    content = {name: {"means": one.means, "to": one.to} for name, one in left.items()}
    rows = [(name, one.means, one.to) for name, one in left.items()]
    print_result(
        form, content, table(("mail", "means", "to"), rows, "Nothing is due that was not sent this month.")
    )


@click.command("silences")
@service_option
@format_option()
@with_existing
def silences_command(*, settings: Settings, service: Service, form: str) -> None:
    """List parties that normally use a service and suddenly do not.

    \b
    meterpoort bills silences --service digipoort
    """
    now = amsterdam_today()
    found = admin.billing.with_billing(settings, lambda billing: billing.service.silent_parties(service, now))
    lines = [
        f"{one.party_id}: nothing for {one.working_days} working days, since {one.last_seen}; "
        f"usually {one.usual_a_day:.1f} a day"
        for one in found
    ]
    print_result(form, found, lines or ["No party is silent."])
