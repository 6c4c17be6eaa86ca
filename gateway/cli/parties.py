"""`meterpoort parties` and `meterpoort keys`: the register of participants and their API keys."""

from pathlib import Path

import click

from gateway.admin import parties as admin
from gateway.cli.options import existing_from, settings_from, where_options


@click.group()
def parties() -> None:
    """The register of participants."""


@parties.command("list")
@where_options
def list_parties(*, config: Path | None, data: Path | None) -> None:
    """List all parties, one on a line."""
    for party in admin.list_parties(existing_from(config, data)):
        identifiers = " ".join(str(identifier) for identifier in party.identifiers)
        click.echo(f"{party.party_id:24} {party.kind.value:9} {party.name}  {identifiers}")


@parties.command("save")
@click.argument("party_id")
@click.option("--name", required=True)
@click.option("--kind", required=True, type=click.Choice(admin.PARTY_KINDS))
@click.option("--kind-source", default="", help="Source of its kind, for an auditor.")
@click.option(
    "--identifier", "identifiers", multiple=True, help="scheme:value, such as OIN:… or KVK:…; repeatable."
)
@click.option(
    "--mandate", "mandates", multiple=True, help="Party id of a supplier for whom it may send; repeatable."
)
@click.option(
    "--setting", "party_settings", multiple=True, help="name=value, such as profile=basisfactuur-rijk; repeatable."
)
@click.option("--replace", is_flag=True, help="Allow a change of kind, and remove what is not given.")
@where_options
def save_party(
    *,
    party_id: str,
    name: str,
    kind: str,
    kind_source: str,
    identifiers: tuple[str, ...],
    mandates: tuple[str, ...],
    party_settings: tuple[str, ...],
    replace: bool,
    config: Path | None,
    data: Path | None,
) -> None:
    """Add PARTY_ID, or add to its data; with --replace, replace its data."""
    try:
        admin.save_party(
            settings_from(config, data),
            party_id,
            name=name,
            kind=kind,
            kind_source=kind_source,
            identifiers=identifiers,
            mandates=mandates,
            party_settings=party_settings,
            may_lose=replace,
        )
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"saved {party_id}")


@click.group()
def keys() -> None:
    """API keys."""


@keys.command("new")
@click.option("--role", required=True, type=click.Choice(admin.ROLES))
@click.option("--party", "party_id", help="Party of the key; not for operator and finance.")
@click.option("--test", "is_test", is_flag=True, help="Messages sent with it are tests and are never metered.")
@where_options
def new_key(*, role: str, party_id: str | None, is_test: bool, config: Path | None, data: Path | None) -> None:
    """Create a key. It is shown once; the gateway stores a hash."""
    try:
        key_id, key = admin.new_key(settings_from(config, data), role, party_id, is_test=is_test)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{key_id} {key}")


@keys.command("revoke")
@click.argument("key_id")
@where_options
def revoke_key(*, key_id: str, config: Path | None, data: Path | None) -> None:
    """Revoke the key KEY_ID."""
    if not admin.revoke_key(settings_from(config, data), key_id):
        raise click.ClickException(f"there is no key {key_id}")
    click.echo(f"revoked {key_id}")
