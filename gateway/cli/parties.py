"""`meterpoort parties`: the register of participants."""

import click

from gateway import admin
from gateway.cli.options import format_option, print_result, table, with_existing, with_settings
from gateway.messages.participants import Party, PartyKind
from gateway.settings import Settings


@click.group()
def parties() -> None:
    """The register of participants."""


@parties.command("list")
@format_option()
@with_existing
def list_parties(*, settings: Settings, form: str) -> None:
    """List all parties, one on a line.

    \b
    meterpoort parties list
    """
    found = admin.parties.list_parties(settings)
    rows = [
        (party.party_id, party.kind.value, party.name, " ".join(map(str, party.identifiers))) for party in found
    ]
    lines = table(("party", "kind", "name", "identifiers"), rows, "There are no parties.")
    print_result(form, [_party(party) for party in found], lines)


def _party(party: Party) -> dict[str, object]:
    return {
        "partyId": party.party_id,
        "name": party.name,
        "kind": party.kind.value,
        "kindSource": party.kind_source,
        "identifiers": [str(identifier) for identifier in party.identifiers],
        "mandates": sorted(party.mandates),
        "settings": party.settings,
    }


@parties.command("save")
@click.argument("party_id")
@click.option("--name", required=True, help='Its name, as --name "Gemeente Voorbeeld".')
@click.option(
    "--kind",
    required=True,
    type=click.Choice([kind.value for kind in PartyKind]),
    help="What it is, as --kind non-rijk; it says who pays for a message.",
)
@click.option(
    "--kind-source", default="", help='Source of its kind, for an auditor, as --kind-source "register of OINs".'
)
@click.option(
    "--identifier",
    "identifiers",
    multiple=True,
    help="scheme:value, as --identifier OIN:00000001812345678000 or KVK:12345678; repeatable.",
)
@click.option(
    "--mandate",
    "mandates",
    multiple=True,
    help="Party id of a supplier for whom it may send, as --mandate kantoorvak; repeatable.",
)
@click.option(
    "--setting",
    "party_settings",
    multiple=True,
    help="name=value, as --setting profile=basisfactuur-rijk; repeatable.",
)
@click.option("--replace", is_flag=True, help="Allow a change of kind, and remove what is not given.")
@format_option()
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
    form: str,
) -> None:
    """Add PARTY_ID, or add to its data; with --replace, replace its data.

    \b
    meterpoort parties save gemeente-x --name "Gemeente X" --kind non-rijk --identifier OIN:00000001812345678000
    """
    saved = admin.parties.save_party(
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
    print_result(form, _party(saved), [f"saved {party_id}"])
