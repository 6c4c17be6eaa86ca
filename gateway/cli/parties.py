"""`meterpoort parties` and `meterpoort keys`: who takes part, and with which keys."""

from pathlib import Path

import click

from gateway.admin import administration
from gateway.cli.options import existing_from, settings_from, where_options


@click.group()
def parties() -> None:
    """Who takes part."""


@parties.command("list")
@where_options
def list_parties(*, config: Path | None, data: Path | None) -> None:
    """All parties, one a line."""
    for party in administration.list_parties(existing_from(config, data)):
        identifiers = " ".join(str(identifier) for identifier in party.identifiers)
        click.echo(f"{party.party_id:24} {party.kind.value:9} {party.name}  {identifiers}")


@parties.command("save")
@click.argument("party_id")
@click.option("--name", required=True)
@click.option("--kind", required=True, type=click.Choice(administration.PARTY_KINDS))
@click.option("--kind-source", default="", help="How we know its kind, for an auditor.")
@click.option("--identifier", "identifiers", multiple=True, help="scheme:value, as OIN:… or KVK:…; repeatable.")
@click.option("--mandate", "mandates", multiple=True, help="Party id of a supplier it may send for; repeatable.")
@click.option("--wish", "wishes", multiple=True, help="name=value, as profile=basisfactuur-rijk; repeatable.")
@click.option("--replace", is_flag=True, help="Also where a party changes its kind or loses something.")
@where_options
def save_party(
    *,
    party_id: str,
    name: str,
    kind: str,
    kind_source: str,
    identifiers: tuple[str, ...],
    mandates: tuple[str, ...],
    wishes: tuple[str, ...],
    replace: bool,
    config: Path | None,
    data: Path | None,
) -> None:
    """Add PARTY_ID, or add to what is known of it; with --replace, take away as well."""
    try:
        administration.save_party(
            settings_from(config, data),
            party_id,
            name=name,
            kind=kind,
            kind_source=kind_source,
            identifiers=identifiers,
            mandates=mandates,
            wishes=wishes,
            may_lose=replace,
        )
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"saved {party_id}")


@click.group()
def keys() -> None:
    """API keys."""


@keys.command("new")
@click.option("--role", required=True, type=click.Choice(administration.ROLES))
@click.option("--party", "party_id", help="Whose key it is; not for operator and finance.")
@click.option("--test", "is_test", is_flag=True, help="What is sent with it is a test: never metered.")
@where_options
def new_key(*, role: str, party_id: str | None, is_test: bool, config: Path | None, data: Path | None) -> None:
    """Make a key. It is shown once: the gateway keeps a hash."""
    try:
        key_id, key = administration.new_key(settings_from(config, data), role, party_id, is_test=is_test)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{key_id} {key}")


@keys.command("revoke")
@click.argument("key_id")
@where_options
def revoke_key(*, key_id: str, config: Path | None, data: Path | None) -> None:
    """The key KEY_ID works no longer."""
    if not administration.revoke_key(settings_from(config, data), key_id):
        raise click.ClickException(f"there is no key {key_id}")
    click.echo(f"revoked {key_id}")
