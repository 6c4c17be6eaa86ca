"""`meterpoort messages` and `meterpoort deliveries`: finding messages, and helping those that are stuck."""

from collections.abc import Callable
from typing import TypeVar

import click

from gateway.admin import messages as admin
from gateway.admin import retention
from gateway.api.messages import message_resource, status_resource
from gateway.api.report_pages import verdict_text
from gateway.cli.options import format_option, print_json, print_table, with_existing, with_settings
from gateway.messages.message import Message
from gateway.settings import Settings


@click.group()
def messages() -> None:
    """Find messages, follow them, and process again those that are stuck."""


R = TypeVar("R")


def _which(command: Callable[..., R]) -> Callable[..., R]:
    states = click.option(
        "--state",
        "states",
        multiple=True,
        type=click.Choice(admin.STATES),
        help="Only messages in this state, as --state parked; repeatable.",
    )
    limit = click.option(
        "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Most messages to show."
    )
    return states(limit(format_option()(command)))


@messages.command("list")
@_which
@with_existing
def list_messages(*, settings: Settings, states: tuple[str, ...], limit: int, form: str) -> None:
    """List the newest messages."""
    _print(admin.find_messages(settings, "", states, limit), form)


@messages.command("find")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@_which
@with_existing
def find_messages(
    *, settings: Settings, words: tuple[str, ...], states: tuple[str, ...], limit: int, form: str
) -> None:
    """Find messages that have every WORD: part of a number or kenmerk, of the name of a party, the total with
    VAT, or a day in Amsterdam.

    \b
    meterpoort messages find 2026-001
    meterpoort messages find merwestreek 1.210,00
    meterpoort messages find 29-11-2026 --state refused
    """
    found = admin.find_messages(settings, " ".join(words), states, limit)
    if found.close:
        click.echo(f"Did you mean {', '.join(found.close)}?", err=True)
    _print(found, form)


@messages.command("show")
@click.argument("kenmerk")
@format_option()
@with_existing
def show_message(*, settings: Settings, kenmerk: str, form: str) -> None:
    """Show the message KENMERK: its state, every step, and the verdict on it."""
    life = admin.life_of(settings, kenmerk.strip())
    if life is None:
        raise click.ClickException(f"there is no message {kenmerk}; `messages find` takes a part of it")
    message = message_resource(life.message, life.report)
    if form == "json":
        print_json({"message": message, "statuses": [status_resource(entry) for entry in life.journal]})
        return
    print_table(_HEADER, [_row(life.message, {})])
    for entry in life.journal:
        details = "  ".join(one for one in (entry.foutcode, entry.detail) if one)
        click.echo(f"{entry.at:%Y-%m-%d %H:%M:%SZ}  {entry.statuscode:4}  {entry.plain}  {details}".rstrip())
    if life.report is not None:
        click.echo(f"\n{verdict_text(life.report, 'en')}", nl=False)


def _print(found: admin.FoundMessages, form: str) -> None:
    if form == "json":
        print_json([message_resource(message) for message in found.messages])
    elif found.messages:
        print_table(_HEADER, [_row(message, found.names) for message in found.messages])
    else:
        click.echo("no messages", err=True)


_HEADER = ("received (UTC)", "kenmerk", "state", "number", "dated", "with VAT", "from", "to")


def _row(message: Message, names: dict[str, str]) -> tuple[str, ...]:
    recipient = message.recipient_id or message.recipient or ""
    return (
        f"{message.received_at:%Y-%m-%d %H:%M}",
        message.kenmerk,
        message.state.value,
        message.number or "",
        message.issue_date or "",
        str(message.amount or ""),
        names.get(message.sender_id or "", message.sender_id or ""),
        names.get(recipient, recipient),
    )


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
