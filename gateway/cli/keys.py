"""`meterpoort keys`: the API keys of parties, operators and finance."""

from datetime import datetime

import click

from gateway import admin
from gateway.cli.options import format_option, print_result, table, with_existing, with_settings
from gateway.messages.participants import OVERLAP_HOURS_MAX, Role
from gateway.settings import Settings


@click.group()
def keys() -> None:
    """API keys."""


@keys.command("list")
@click.option("--party", "party_id", help="Only keys of this party, as --party gemeente-voorbeeld.")
@click.option("--all", "with_old", is_flag=True, help="Also keys that were revoked or expired.")
@format_option()
@with_existing
def list_keys(*, settings: Settings, party_id: str | None, with_old: bool, form: str) -> None:
    """List keys, the newest first: how each begins, what it is for, and when it was last used.

    \b
    meterpoort keys list
    meterpoort keys list --party gemeente-voorbeeld --all
    """
    found = admin.parties.list_keys(settings, party_id, with_old=with_old)
    rows = [
        (
            *(one.key_id, one.prefix, one.role.value, one.party_id or "", one.label),
            *(_day(one.created_at), _day(one.last_used_at)),
            "revoked" if one.revoked_at else _day(one.expires_at),
        )
        for one in found
    ]
    header = ("id", "begins with", "role", "party", "label", "made", "last used", "expires")
    print_result(form, found, table(header, rows, "There are no keys."))


@keys.command("new")
@click.option(
    "--role",
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="What it may do, as --role supplier.",
)
@click.option(
    "--party", "party_id", help="Party of the key, as --party gemeente-voorbeeld; not for operator and finance."
)
@click.option("--test", "is_test", is_flag=True, help="Messages sent with it are tests and are never metered.")
@click.option("--label", default="", help="What it is for, as --label 'bookkeeping'.")
@click.option(
    "--expires", metavar="DAY", help="The last day it works, as --expires 2027-12-31; else it does not expire."
)
@format_option()
@with_settings
def new_key(
    *,
    settings: Settings,
    role: str,
    party_id: str | None,
    is_test: bool,
    label: str,
    expires: str | None,
    form: str,
) -> None:
    """Create a key. It is shown once; the gateway stores a hash.

    \b
    meterpoort keys new --role operator
    meterpoort keys new --role supplier --party installatie-heijden --label 'bookkeeping'
    """
    made = admin.parties.new_key(settings, role, party_id, is_test=is_test, label=label, expires=expires)
    _print_new(made, form)


@keys.command("rotate")
@click.argument("key", metavar="KEY")
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, OVERLAP_HOURS_MAX),
    default=24,
    show_default=True,
    help="How long the old key goes on working, as --overlap-hours 48.",
)
@format_option()
@with_settings
def rotate_key(*, settings: Settings, key: str, overlap_hours: int, form: str) -> None:
    """Create a key for the same role and party as KEY, which works for some hours more. KEY is an id, or the start
    of it or of the key.

    \b
    meterpoort keys rotate mp_x7Qk --overlap-hours 48
    """
    _print_new(admin.parties.rotate_key(settings, key, overlap_hours), form)


@keys.command("revoke")
@click.argument("key", metavar="KEY")
@format_option()
@with_settings
def revoke_key(*, settings: Settings, key: str, form: str) -> None:
    """Revoke KEY: an id, or the start of it or of the key, as far as it is clear which.

    \b
    meterpoort keys revoke mp_x7Qk
    """
    key_id = admin.parties.revoke_key(settings, key)
    print_result(form, {"revoked": key_id}, [f"revoked {key_id}"])


def _print_new(made: tuple[str, str], form: str) -> None:
    key_id, key = made
    print_result(form, {"keyId": key_id, "key": key}, [f"{key_id} {key}"])


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else "–"
