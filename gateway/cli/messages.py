"""`meterpoort messages` and `meterpoort deliveries`: for an operator, when messages are stuck."""

import click

from gateway.admin import messages as admin
from gateway.admin import retention
from gateway.cli.options import with_existing, with_settings
from gateway.settings import Settings


@click.group()
def messages() -> None:
    """Messages that are stuck, and messages that were forgotten."""


@messages.command("replay")
@click.argument("kenmerken", nargs=-1, required=True, metavar="KENMERK...")
@with_settings
def replay(*, settings: Settings, kenmerken: tuple[str, ...]) -> None:
    """Process parked or returned messages again. A running server starts within a second."""
    failed = [kenmerk for kenmerk in kenmerken if not _replay_one(settings, kenmerk)]
    if failed:
        raise click.ClickException(f"neither parked nor returned: {' '.join(failed)}")


def _replay_one(settings: Settings, kenmerk: str) -> bool:
    is_done = admin.replay_message(settings, kenmerk)
    if is_done:
        click.echo(f"replayed {kenmerk}")
    return is_done


@messages.command("forgotten")
@click.argument("kenmerk")
@with_existing
def show_forgotten(*, settings: Settings, kenmerk: str) -> None:
    """Show what was forgotten of the message KENMERK, when and by which setting, and the hash of what it was."""
    for one in retention.forgotten_of(settings, kenmerk):
        click.echo(f"{one.at:%Y-%m-%d}  {one.part.value:10} {one.rule}  {one.size_bytes} bytes  {one.sha256}")


@click.group()
def deliveries() -> None:
    """Messages that wait for delivery to recipients."""


@deliveries.command("list")
@with_settings
def list_deliveries(*, settings: Settings) -> None:
    """List recipients with waiting messages: how many, since when, and until when deliveries are paused."""
    for one in admin.pending_deliveries(settings):
        pause = f"paused until {one.paused_until:%Y-%m-%d %H:%M:%SZ}" if one.paused_until else "active"
        click.echo(
            f"{one.recipient_id:24} {one.waiting_messages:7} since {one.oldest_queued_at:%Y-%m-%d %H:%M:%SZ}"
            f"  failures {one.failures:3}  {pause}  oldest {one.oldest_kenmerk}"
        )


@deliveries.command("resume")
@click.argument("party_id")
@with_settings
def resume(*, settings: Settings, party_id: str) -> None:
    """End the pause of PARTY_ID: its oldest message is sent within seconds."""
    if not admin.resume_delivery(settings, party_id):
        raise click.ClickException(f"{party_id} has no pause")
    click.echo(f"resumed {party_id}")
