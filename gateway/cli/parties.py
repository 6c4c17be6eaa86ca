"""`meterpoort parties`: the register of participants."""

import click

from gateway.admin import parties as admin
from gateway.cli.options import with_existing, with_settings
from gateway.settings import Settings


@click.group()
def parties() -> None:
    """The register of participants."""


@parties.command("list")
@with_existing
def list_parties(*, settings: Settings) -> None:
    """List all parties, one on a line."""
    for party in admin.list_parties(settings):
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
@with_settings
def save_party(
    *,
    settings: Settings,
    party_id: str,
    name: str,
    kind: str,
    kind_source: str,
    identifiers: tuple[str, ...],
    mandates: tuple[str, ...],
    party_settings: tuple[str, ...],
    replace: bool,
) -> None:
    """Add PARTY_ID, or add to its data; with --replace, replace its data."""
    try:
        admin.save_party(
            settings,
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
