"""`meterpoort retain` and `meterpoort holds`: what is kept no longer, and what must be kept."""

import re

import click

from gateway.admin import retention as admin
from gateway.admin.stores import ACTOR
from gateway.api.schema import PARTY_ID
from gateway.cli.options import format_option, print_json, with_existing
from gateway.messages.retention import RetentionReport
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
    """Forget what was kept as long as the settings say. A running gateway does so every day."""
    try:
        if shows_runs:
            reports = admin.runs(settings, _RUNS_SHOWN)
        else:
            reports = (admin.plan(settings) if is_dry_run else admin.run(settings, ACTOR),)
    except admin.RetentionFailedError as error:
        raise click.ClickException(str(error)) from error
    if form == "json":
        print_json(reports if shows_runs else reports[0])
        return
    for report in reports:
        _print_report(report)


def _print_report(report: RetentionReport) -> None:
    title = "would be forgotten" if report.is_dry_run else "forgotten"
    click.echo(f"{report.at:%Y-%m-%d %H:%M:%SZ}  {title}:")
    for tally in report.tallies:
        held = f"   ({tally.held_messages:,} more are held)" if tally.held_messages else ""
        click.echo(
            f"  {tally.year}  {tally.part.value:9} {tally.messages:12,} messages  {tally.size_bytes:16,} bytes"
            f"  {tally.rule}{held}"
        )
    if not report.tallies:
        click.echo("  nothing")
    if not report.is_dry_run:
        click.echo(
            f"  document storage: {report.bytes_erased:,} bytes erased, {report.objects_removed:,} objects removed"
        )
    if report.objects_failed:
        click.echo(f"  {report.objects_failed:,} objects could not be reached; the next run tries again")


@click.group()
def holds() -> None:
    """Legal holds: what must be kept although its time is over."""


@holds.command("list")
@with_existing
def list_holds(*, settings: Settings) -> None:
    """List the holds in force."""
    for hold in admin.holds(settings):
        click.echo(f"{hold.scope.value:8} {hold.subject:36} {hold.at:%Y-%m-%d}  {hold.actor}: {hold.reason}")


@holds.command("set")
@click.argument("scope", type=click.Choice(admin.SCOPES))
@click.argument("subject")
@click.option("--reason", required=True, help="Why, for the auditor.")
@click.option("--author", required=True, help="Who decided it.")
@with_existing
def set_hold(*, settings: Settings, scope: str, subject: str, reason: str, author: str) -> None:
    """Keep the message with this kenmerk, all messages of this party, or all that came in in this year."""
    if not _SUBJECTS[scope].fullmatch(subject):
        raise click.UsageError(f"{subject} is no {'kenmerk' if scope == 'message' else scope}")
    if not admin.set_hold(settings, scope, subject, author, reason):
        raise click.ClickException(f"{scope} {subject} is held already")
    click.echo(f"holds {scope} {subject}")


@holds.command("lift")
@click.argument("scope", type=click.Choice(admin.SCOPES))
@click.argument("subject")
@click.option("--reason", required=True, help="Why, for the auditor.")
@click.option("--author", required=True, help="Who decided it.")
@with_existing
def lift_hold(*, settings: Settings, scope: str, subject: str, reason: str, author: str) -> None:
    """End a hold. The next run forgets what is due."""
    if not admin.lift_hold(settings, scope, subject, author, reason):
        raise click.ClickException(f"{scope} {subject} is not held")
    click.echo(f"lifted {scope} {subject}")
