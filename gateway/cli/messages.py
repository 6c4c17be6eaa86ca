"""`meterpoort messages` and `meterpoort deliveries`: what an operator does to messages that are stuck."""

from pathlib import Path

import click

from gateway.admin import administration
from gateway.cli.options import settings_from, where_options
from gateway.settings import Settings


@click.group()
def messages() -> None:
    """Messages that are stuck."""


@messages.command("replay")
@click.argument("kenmerken", nargs=-1, required=True, metavar="KENMERK...")
@where_options
def replay(*, kenmerken: tuple[str, ...], config: Path | None, data: Path | None) -> None:
    """Offer parked or returned messages again. A running server takes them up within a second."""
    settings = settings_from(config, data)
    not_now = [kenmerk for kenmerk in kenmerken if not _replayed(settings, kenmerk)]
    if not_now:
        raise click.ClickException(f"neither parked nor returned: {' '.join(not_now)}")


def _replayed(settings: Settings, kenmerk: str) -> bool:
    is_done = administration.replay_message(settings, kenmerk)
    if is_done:
        click.echo(f"replayed {kenmerk}")
    return is_done


@click.group()
def deliveries() -> None:
    """Messages that wait to be pushed to recipients."""


@deliveries.command("list")
@where_options
def list_deliveries(*, config: Path | None, data: Path | None) -> None:
    """Recipients for whom messages wait, one a line: how many, since when, and until when it is left alone."""
    for one in administration.pending_deliveries(settings_from(config, data)):
        pause = f"paused until {one.paused_until:%Y-%m-%d %H:%M:%SZ}" if one.paused_until else "called now"
        click.echo(
            f"{one.recipient_id:24} {one.waiting_messages:7} since {one.oldest_queued_at:%Y-%m-%d %H:%M:%SZ}"
            f"  failures {one.failures:3}  {pause}  oldest {one.oldest_kenmerk}"
        )


@deliveries.command("resume")
@click.argument("party_id")
@where_options
def resume(*, party_id: str, config: Path | None, data: Path | None) -> None:
    """End the pause of PARTY_ID: its oldest message is offered within seconds."""
    if not administration.resume_delivery(settings_from(config, data), party_id):
        raise click.ClickException(f"{party_id} has no pause")
    click.echo(f"resumed {party_id}")
