"""`meterpoort retain` and `meterpoort holds`: what is kept no longer, and what must be kept."""

import re
from collections.abc import Callable, Iterator

import click

from gateway import admin
from gateway.cli.options import format_option, print_result, table, with_existing
from gateway.clock import utc_now
from gateway.messages.participants import PARTY_ID
from gateway.messages.retention import HoldScope, RetentionReport
from gateway.settings import Settings

_RUNS_SHOWN = 31
_SUBJECTS = {
    "message": re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "party": re.compile(PARTY_ID),
    "year": re.compile("2[0-9]{3}"),
}


@click.command("retain")
@click.option(
    "--dry-run/--run", "is_dry_run", default=True, help="Only say what would go (default), or forget it."
)
@click.option("--runs", "shows_runs", is_flag=True, help="Show the reports of earlier runs instead, newest first.")
@format_option()
@with_existing
def retain(*, settings: Settings, is_dry_run: bool, shows_runs: bool, form: str) -> None:
    """Forget what was kept as long as the settings say. A running gateway does so every day.

    \b
    meterpoort retain
    meterpoort retain --run
    meterpoort retain --runs
    """
    if shows_runs:
        reports = admin.retention.with_records(settings, lambda records: records.runs(_RUNS_SHOWN))
    else:
        reports = ((admin.retention.plan if is_dry_run else admin.retention.run)(settings),)
    lines = (line for report in reports for line in _report_lines(report))
    print_result(form, reports if shows_runs else reports[0], lines)


def _report_lines(report: RetentionReport) -> Iterator[str]:
    title = "would be forgotten" if report.is_dry_run else "forgotten"
    yield f"{report.at:%Y-%m-%d %H:%M:%SZ}  {title}:"
    rows = [
        (str(one.year), one.part.value, one.messages, one.size_bytes, one.rule, one.held_messages)
        for one in report.tallies
    ]
    yield from table(("year", "part", "messages", "bytes", "setting", "held"), rows, "  nothing")
    if not report.is_dry_run:
        removed = f"{report.bytes_erased:,} bytes erased, {report.objects_removed:,} objects removed"
        yield f"  document storage: {removed}"
    if report.objects_failed:
        yield f"  {report.objects_failed:,} objects could not be reached; the next run tries again"


@click.group()
def holds() -> None:
    """Legal holds: what must be kept although its time is over."""


@holds.command("list")
@format_option()
@with_existing
def list_holds(*, settings: Settings, form: str) -> None:
    """List the holds in force.

    \b
    meterpoort holds list
    """
    found = admin.retention.with_records(settings, lambda records: records.holds())
    rows = [(one.scope.value, one.subject, f"{one.at:%Y-%m-%d}", one.actor, one.reason) for one in found]
    print_result(form, found, table(("scope", "subject", "since", "by", "reason"), rows, "There are no holds."))


def _with_why(command: Callable[..., None]) -> Callable[..., None]:
    """Add what a hold is on, and why."""
    scope = click.argument("scope", type=click.Choice([one.value for one in HoldScope]))
    reason = click.option("--reason", required=True, help='Why, for the auditor, as --reason "Objection 2026/14".')
    author = click.option("--author", required=True, help='Who decided it, as --author "J. de Boer".')
    return scope(click.argument("subject")(reason(author(format_option()(with_existing(command))))))


@holds.command("set")
@_with_why
def set_hold(*, settings: Settings, scope: str, subject: str, reason: str, author: str, form: str) -> None:
    """Keep the message with this kenmerk, all messages of this party, or all that came in in this year.

    \b
    meterpoort holds set party gemeente-voorbeeld --reason "Audit of 2026" --author "J. de Boer"
    """
    if not _SUBJECTS[scope].fullmatch(subject):
        raise click.UsageError(f"{subject} is no {'kenmerk' if scope == 'message' else scope}")
    if not admin.retention.with_records(
        settings, lambda records: records.set_hold(HoldScope(scope), subject, author, reason, utc_now())
    ):
        raise click.ClickException(f"{scope} {subject} is held already")
    print_result(form, {"scope": scope, "subject": subject, "isHeld": True}, [f"holds {scope} {subject}"])


@holds.command("lift")
@_with_why
def lift_hold(*, settings: Settings, scope: str, subject: str, reason: str, author: str, form: str) -> None:
    """End a hold. The next run forgets what is due.

    \b
    meterpoort holds lift year 2026 --reason "The audit is closed" --author "J. de Boer"
    """
    if not admin.retention.with_records(
        settings, lambda records: records.lift_hold(HoldScope(scope), subject, author, reason, utc_now())
    ):
        raise click.ClickException(f"{scope} {subject} is not held")
    print_result(form, {"scope": scope, "subject": subject, "isHeld": False}, [f"lifted {scope} {subject}"])
