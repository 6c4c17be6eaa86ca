"""`meterpoort messages` and `meterpoort deliveries`: finding messages, and helping those that are stuck."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import click
import msgspec

from gateway import admin
from gateway.cli.options import format_option, print_result, table, with_existing, with_settings
from gateway.messages.lifecycle import State
from gateway.messages.message import Message
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.admin.messages import FoundMessages, Life


@click.group()
def messages() -> None:
    """Find messages, follow them, and process again those that are stuck."""


R = TypeVar("R")


def _which(command: Callable[..., R]) -> Callable[..., R]:
    states = click.option(
        "--state",
        "states",
        multiple=True,
        type=click.Choice([state.value for state in State]),
        help="Only messages in this state, as --state parked; repeatable.",
    )
    limit = click.option(
        "--limit",
        type=click.IntRange(1, 10_000),
        default=50,
        show_default=True,
        help="Most messages to show, as --limit 10.",
    )
    return states(limit(format_option()(command)))


@messages.command("list")
@_which
@with_existing
def list_messages(*, settings: Settings, states: tuple[str, ...], limit: int, form: str) -> None:
    """List the newest messages.

    \b
    meterpoort messages list --state parked --limit 10
    """
    _print(admin.messages.find_messages(settings, "", states, limit), form)


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
    found = admin.messages.find_messages(settings, " ".join(words), states, limit)
    if found.close:
        click.echo(f"Did you mean {', '.join(found.close)}?", err=True)
    _print(found, form)


@messages.command("show")
@click.argument("kenmerk")
@format_option()
@with_existing
def show_message(*, settings: Settings, kenmerk: str, form: str) -> None:
    """Show the message KENMERK: its state, every step, and the verdict on it.

    \b
    meterpoort messages show 019a0c3e-5b1f-7c7e-8a54-2f0d1f6f3d11
    """
    life = admin.messages.life_of(settings, kenmerk.strip())
    if life is None:
        raise click.ClickException(f"there is no message {kenmerk}; `messages find` takes a part of it")
    print_result(form, _life_resource(life) if form == "json" else None, _life_lines(life))


def _life_resource(life: "Life") -> dict[str, object]:
    from gateway.api.message_resources import message_resource, status_resource  # here, as tables do without

    return {
        "message": message_resource(life.message, life.report),
        "statuses": [status_resource(entry) for entry in life.journal],
    }


def _life_lines(life: "Life") -> Iterator[str]:
    yield from table(_HEADER, [_row(life.message, {})])
    for entry in life.journal:
        details = "  ".join(one for one in (entry.foutcode, entry.detail) if one)
        yield f"{entry.at:%Y-%m-%d %H:%M:%SZ}  {entry.statuscode:4}  {entry.plain}  {details}".rstrip()
    if life.report is not None:
        yield f"\n{_verdict_text(life.report)}"


def _verdict_text(verdict: bytes) -> str:
    from gateway.validator.report.report import JudgedDocument, Report, render  # here: not every message has one

    return render([JudgedDocument(msgspec.json.decode(verdict, type=Report))], "text", language="en").rstrip("\n")


def _print(found: "FoundMessages", form: str) -> None:
    if not found.messages:
        click.echo("no messages", err=True)
    rows = [_row(message, found.names) for message in found.messages]
    content = _resources(found) if form == "json" else None
    print_result(form, content, table(_HEADER, rows))


def _resources(found: "FoundMessages") -> list[object]:
    from gateway.api.message_resources import message_resource  # here, as tables do without

    return [message_resource(message) for message in found.messages]


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
@format_option()
@with_settings
def replay(*, settings: Settings, kenmerken: tuple[str, ...], form: str) -> None:
    """Process parked or returned messages again. A running server starts within a second.

    \b
    meterpoort messages replay 019a0c3e-5b1f-7c7e-8a54-2f0d1f6f3d11
    """
    done = [kenmerk for kenmerk in kenmerken if admin.messages.replay_message(settings, kenmerk)]
    failed = [kenmerk for kenmerk in kenmerken if kenmerk not in done]
    print_result(form, {"replayed": done, "failed": failed}, [f"replayed {kenmerk}" for kenmerk in done])
    if failed:
        raise click.ClickException(f"neither parked nor returned: {' '.join(failed)}")


@messages.command("forgotten")
@click.argument("kenmerk")
@format_option()
@with_existing
def show_forgotten(*, settings: Settings, kenmerk: str, form: str) -> None:
    """Show what was forgotten of the message KENMERK, when and by which setting, and the hash of what it was.

    \b
    meterpoort messages forgotten 019a0c3e-5b1f-7c7e-8a54-2f0d1f6f3d11
    """
    found = admin.retention.forgotten_of(settings, kenmerk)
    rows = [(f"{one.at:%Y-%m-%d}", one.part.value, one.rule, one.size_bytes, one.sha256) for one in found]
    print_result(
        form, found, table(("on", "part", "setting", "bytes", "SHA-256"), rows, "Nothing was forgotten of it.")
    )


@click.group()
def deliveries() -> None:
    """Messages that wait for delivery to recipients."""


@deliveries.command("list")
@format_option()
@with_settings
def list_deliveries(*, settings: Settings, form: str) -> None:
    """List recipients with waiting messages: how many, since when, and until when deliveries are paused.

    \b
    meterpoort deliveries list
    """
    found = admin.messages.pending_deliveries(settings)
    rows = [
        (
            *(one.recipient_id, one.waiting_messages, f"{one.oldest_queued_at:%Y-%m-%d %H:%M:%SZ}", one.failures),
            f"paused until {one.paused_until:%Y-%m-%d %H:%M:%SZ}" if one.paused_until else "active",
            one.oldest_kenmerk,
        )
        for one in found
    ]
    header = ("recipient", "waiting", "since", "failures", "pause", "oldest")
    print_result(form, found, table(header, rows, "Nothing waits."))


@deliveries.command("resume")
@click.argument("party_id")
@format_option()
@with_settings
def resume(*, settings: Settings, party_id: str, form: str) -> None:
    """End the pause of PARTY_ID: its oldest message is sent within seconds.

    \b
    meterpoort deliveries resume gemeente-voorbeeld
    """
    if not admin.messages.resume_delivery(settings, party_id):
        raise click.ClickException(f"{party_id} has no pause")
    print_result(form, {"resumed": party_id}, [f"resumed {party_id}"])
