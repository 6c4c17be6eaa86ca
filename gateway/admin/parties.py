"""Parties and API keys at the command line."""

import msgspec

from gateway.admin.stores import ACTOR, Stores, with_stores
from gateway.api.parties import PartyRequest
from gateway.api.schema import PartyId
from gateway.http.parameters import read_json
from gateway.http.problems import Fault, InvalidInput
from gateway.messages.participants import Party, PartyKind, Role
from gateway.settings import Settings
from gateway.validator.model.identifiers import PartyIdentifier
from gateway.validator.profiles import profile_named

PARTY_KINDS = tuple(kind.value for kind in PartyKind)
ROLES = tuple(role.value for role in Role)


def list_parties(settings: Settings) -> tuple[Party, ...]:
    """All parties, by id."""
    return with_stores(settings, lambda stores: stores.register.parties())


def save_party(
    settings: Settings,
    party_id: str,
    *,
    name: str,
    kind: str,
    kind_source: str = "",
    identifiers: tuple[str, ...] = (),
    mandates: tuple[str, ...] = (),
    party_settings: tuple[str, ...] = (),
    may_lose: bool = False,
) -> Party:
    """Add a party or replace its data, by the rules of the API.

    `party_settings` are texts such as `name=value`. Unless `may_lose`, a party that exists keeps its kind and
    loses nothing. Raises ValueError with a sentence for the user.
    """
    party = Party(
        party_id,
        name,
        PartyKind(kind),
        tuple(PartyIdentifier.parse(text) for text in identifiers),
        frozenset(mandates),
        kind_source,
        dict(_named_setting(text) for text in party_settings),
    )
    _check_party(party)

    async def work(stores: Stores) -> Party:
        register = stores.register
        for supplier_id in mandates:
            if register.by_id(supplier_id) is None:
                raise ValueError(f"there is no party {supplier_id}: register the supplier before its mandate")
        known = register.by_id(party_id)
        if known is not None and not may_lose and (losses := _losses(known, party)):
            raise ValueError(f"{party_id} exists already; saving would {'; '.join(losses)} (--replace does so)")
        await register.save(party, ACTOR)
        return party

    return with_stores(settings, work)


def new_key(settings: Settings, role: str, party_id: str | None, *, is_test: bool = False) -> tuple[str, str]:
    """Create an API key: returns its id and the key, which is shown once. Raises ValueError."""
    return with_stores(
        settings, lambda stores: stores.register.new_key(Role(role), party_id, ACTOR, is_test=is_test)
    )


def revoke_key(settings: Settings, key_id: str) -> bool:
    """Revoke a key; False when there is none with this id."""
    return with_stores(settings, lambda stores: stores.register.revoke_key(key_id, ACTOR))


def _check_party(party: Party) -> None:
    """Check the party as the API does. Raises ValueError with every mistake."""
    body = {
        "name": party.name,
        "kind": party.kind.value,
        "kindSource": party.kind_source,
        "identifiers": [str(identifier) for identifier in party.identifiers],
        "mandates": sorted(party.mandates),
        "settings": party.settings,
    }
    faults: list[Fault] = []
    for content, kind_of_content in (({"partyId": party.party_id}, _PartyPath), (body, PartyRequest)):
        try:
            read_json(msgspec.json.encode(content), kind_of_content)
        except InvalidInput as wrong:
            faults += wrong.faults
    if faults:
        raise ValueError("; ".join(f"{fault.name} {fault.reason.en}" for fault in faults))
    if profile := party.settings.get("profile"):
        profile_named(profile)


class _PartyPath(msgspec.Struct, rename="camel"):
    """What the path of the API says of a party."""

    party_id: PartyId


def _losses(known: Party, party: Party) -> list[str]:
    """What saving removes from, or changes about, a party that exists."""
    losses = [] if known.kind is party.kind else [f"change its kind from {known.kind.value} to {party.kind.value}"]
    gone = sorted(str(one) for one in set(known.identifiers) - set(party.identifiers))
    gone += [f"the mandate of {one}" for one in sorted(known.mandates - party.mandates)]
    gone += [f"the setting {name}" for name in sorted(set(known.settings) - set(party.settings))]
    return losses + [f"take away {one}" for one in gone]


def _named_setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is not name=value, such as profile=basisfactuur-rijk")
    return name.strip(), value.strip()
