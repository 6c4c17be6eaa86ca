"""Parties, and the keys that prove who they are."""

import msgspec
from aiohttp import hdrs, web

from gateway.api.desk import Call, unknown
from gateway.api.shapes import KeyWish, NewKey, Parties, PartyId, PartyWish, party_shape
from gateway.http import problems
from gateway.http.answers import empty_answer, json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.participants import Party, role_problem
from gateway.validator.model.identifiers import PartyIdentifier
from gateway.validator.profiles import profile_named

_PARTY = Text("party")


async def list_parties(call: Call) -> web.StreamResponse:
    """All parties, by id."""
    return json_answer(Parties(items=[party_shape(party) for party in await call.doors.directory.parties()]))


async def show_party(call: Call) -> web.StreamResponse:
    """One party; a party sees itself and those it acts for."""
    party_id = call.named("partyId")
    visible = call.visible_to
    party = await call.doors.directory.party(party_id) if visible is None or party_id in visible else None
    if party is None:
        raise unknown(_PARTY, party_id)
    return json_answer(party_shape(party))


async def save_party(call: Call) -> web.StreamResponse:
    """Add a party, or replace what is known of it."""
    party_id = call.named("partyId")
    wish = await call.body(PartyWish)
    party = await _party(call, _checked_id(party_id), wish)
    is_new = await call.doors.directory.party(party_id) is None
    try:
        await call.doors.directory.save(party, call.actor)
    except ValueError as error:
        detail = Text("Not saved: {error}.", error=str(error))
        raise problems.StateConflict(detail) from error
    call.desk.keyring.forget()
    more = {str(hdrs.LOCATION): f"/v1/parties/{party_id}"} if is_new else None
    return json_answer(party_shape(party), 201 if is_new else 200, more)


def _checked_id(party_id: str) -> str:
    """Raises InvalidInput for an id that is not lower-case letters, digits and dashes."""
    try:
        return msgspec.convert(party_id, PartyId)
    except msgspec.ValidationError as error:
        reason = Text(
            "must be lower-case letters, digits and dashes, at most 63",
        )
        raise problems.InvalidInput((Fault("path", "partyId", reason),)) from error


async def _party(call: Call, party_id: str, wish: PartyWish) -> Party:
    faults: list[Fault] = []
    identifiers = []
    for index, text in enumerate(wish.identifiers):
        try:
            identifiers.append(PartyIdentifier.parse(text))
        except ValueError as error:
            faults.append(Fault.of("body", f"identifiers[{index}]", error))
    for index, supplier_id in enumerate(wish.mandates):
        if await call.doors.directory.party(supplier_id) is None:
            reason = Text("there is no party {supplier_id}", supplier_id=supplier_id)
            faults.append(Fault("body", f"mandates[{index}]", reason))
    try:
        if profile := wish.settings.get("profile"):
            profile_named(profile)
    except ValueError as error:
        faults.append(Fault.of("body", "settings.profile", error))
    if faults:
        raise problems.InvalidInput(tuple(faults))
    return Party(
        party_id=party_id,
        name=wish.name,
        kind=wish.kind,
        identifiers=tuple(identifiers),
        mandates=frozenset(wish.mandates),
        kind_source=wish.kind_source,
        settings=wish.settings,
    )


async def new_key(call: Call) -> web.StreamResponse:
    """Make a key. The answer shows it this once."""
    wish = await call.body(KeyWish)
    known = await call.doors.directory.party(wish.party_id) if wish.party_id else None
    if wrong := role_problem(wish.role, wish.party_id, known):
        raise problems.InvalidInput((Fault("body", "partyId", wrong),))
    key_id, key = await call.doors.directory.new_key(wish.role, wish.party_id, call.actor, is_test=wish.is_test)
    body = NewKey(key_id=key_id, key=key, role=wish.role, party_id=wish.party_id, is_test=wish.is_test)
    return json_answer(body, 201, {str(hdrs.LOCATION): f"/v1/keys/{key_id}"})


async def revoke_key(call: Call) -> web.StreamResponse:
    """The key works no longer, from the answer on."""
    key_id = call.named("keyId")
    if not await call.doors.directory.revoke_key(key_id, call.actor):
        raise unknown(Text("key"), key_id)
    call.desk.keyring.forget()
    return empty_answer()
