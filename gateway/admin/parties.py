"""Parties and API keys at the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec

from gateway.admin.stores import ACTOR, CommandRefusedError, Stores, with_stores
from gateway.clock import utc_now
from gateway.messages.finding import moment
from gateway.messages.participants import KEY_TEXT_MIN, ApiKey, KeyRequest, Party, PartyKind, Role, keys_meant
from gateway.settings import Settings
from gateway.validator.model.identifiers import PartyIdentifier


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what the register does not take into CommandRefusedError."""
    try:
        yield
    except ValueError as error:
        raise CommandRefusedError(str(error)) from error


def list_parties(settings: Settings) -> tuple[Party, ...]:
    """All parties, by id."""
    return with_stores(settings, lambda stores: stores.register.parties())


@_refusing()
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
    loses nothing. Raises CommandRefusedError with a sentence for the user.
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


def list_keys(settings: Settings, party_id: str | None, *, with_old: bool) -> list[ApiKey]:
    """The keys of a party, or all; with those that work no longer, or without."""
    now = utc_now()

    async def work(stores: Stores) -> list[ApiKey]:
        found = await stores.register.api_keys()
        return [one for one in found if party_id in {None, one.party_id} and (with_old or one.works_at(now))]

    return with_stores(settings, work)


@_refusing()
def new_key(
    settings: Settings,
    role: str,
    party_id: str | None,
    *,
    is_test: bool = False,
    label: str = "",
    expires: str | None = None,
) -> tuple[str, str]:
    """Create an API key: returns its id and the key, which is shown once. Raises CommandRefusedError."""
    expires_at = moment(expires, is_end=True) if expires else None
    wanted = KeyRequest(Role(role), party_id, is_test, label, expires_at)
    return with_stores(settings, lambda stores: stores.register.make_key(wanted, ACTOR))


@_refusing()
def rotate_key(settings: Settings, text: str, overlap_hours: int) -> tuple[str, str]:
    """Create a key for the same as the one that is meant, which works for some hours more.

    Raises CommandRefusedError.
    """

    async def work(stores: Stores) -> tuple[str, str]:
        old = await _key_meant(stores, text)
        made = await stores.register.rotate_key(old.key_id, utc_now() + timedelta(hours=overlap_hours), ACTOR)
        if made is None:
            raise ValueError(f"{old.key_id} works no longer")
        return made

    return with_stores(settings, work)


@_refusing()
def revoke_key(settings: Settings, text: str) -> str:
    """Revoke the key that is meant; returns its id. Raises CommandRefusedError."""

    async def work(stores: Stores) -> str:
        key = await _key_meant(stores, text)
        await stores.register.revoke_key(key.key_id, ACTOR)
        return key.key_id

    return with_stores(settings, work)


async def _key_meant(stores: Stores, text: str) -> ApiKey:
    found = keys_meant(text, await stores.register.api_keys())
    if not found:
        raise ValueError(f"there is no key {text[:KEY_TEXT_MIN]}; `keys list` shows how each begins")
    if len(found) > 1:
        raise ValueError(f"{len(found)} keys begin so: {' '.join(one.key_id for one in found)}")
    return found[0]


def _check_party(party: Party) -> None:
    """Check the party as the API does. Raises ValueError with every mistake."""
    from gateway.api.parties import PartyRequest  # here, so that other commands start fast
    from gateway.api.schema import PartyId
    from gateway.http.parameters import read_json
    from gateway.http.problems import Fault, InvalidInput
    from gateway.validator.own_rules import check_profile

    body = {
        "name": party.name,
        "kind": party.kind.value,
        "kindSource": party.kind_source,
        "identifiers": [str(identifier) for identifier in party.identifiers],
        "mandates": sorted(party.mandates),
        "settings": party.settings,
    }
    faults: list[Fault] = []
    path = msgspec.defstruct("PartyPath", [("party_id", PartyId)], rename="camel")
    for content, kind_of_content in (({"partyId": party.party_id}, path), (body, PartyRequest)):
        try:
            read_json(msgspec.json.encode(content), kind_of_content)
        except InvalidInput as wrong:
            faults += wrong.faults
    if faults:
        raise ValueError("; ".join(f"{fault.name} {fault.reason.en}" for fault in faults))
    for profile in party.profiles:
        check_profile(profile)


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
