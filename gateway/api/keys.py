"""API keys: made, listed, rotated and revoked; a party sees to its own."""

from datetime import timedelta
from typing import Annotated

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from gateway.api.access import JUDGES, OPERATORS
from gateway.api.call import Call
from gateway.api.problem_kinds import StateConflict
from gateway.api.route import LOCATION, Returns, Routes
from gateway.api.schema import PartyId, Schema, Timestamp
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.participants import (
    KEY_TEXT_MIN,
    OVERLAP_HOURS_MAX,
    ApiKey,
    KeyRequest,
    Role,
    keys_meant,
    role_problem,
)

routes = Routes("keys", keyId="The id of the key, or the start of it or of the key itself: at least 7 characters.")

Label = Annotated[str, Meta(max_length=100)]


class CreateKeyRequest(Schema):
    """Whom the key is for. `partyId` is needed for supplier, intermediary and government, and only there. `label`
    says what it is for; from `expiresAt` on it works no longer."""

    role: Role
    party_id: PartyId | None = None
    is_test: bool = False
    label: Label = ""
    expires_at: Timestamp | None = None


class RotationRequest(Schema):
    """How many hours the old key goes on working."""

    overlap_hours: Annotated[int, Meta(ge=0, le=OVERLAP_HOURS_MAX)] = 24


class NewKey(Schema):
    """A new key. `key` is shown this once; the gateway keeps a hash."""

    key_id: str
    key: str
    role: Role
    party_id: str | None
    is_test: bool
    label: str
    expires_at: Timestamp | None


class ApiKeyResource(Schema):
    """A key without its secret: `prefix` is how it begins. `lastUsedAt` is to the hour."""

    key_id: str
    prefix: str
    label: str
    role: Role
    party_id: str | None
    is_test: bool
    created_at: Timestamp
    created_by: str
    expires_at: Timestamp | None
    revoked_at: Timestamp | None
    last_used_at: Timestamp | None
    works: bool


class ApiKeys(Schema):
    """Keys, the newest first."""

    items: list[ApiKeyResource]


class KeyQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which keys to list; those that work no longer only when they are asked for."""

    party_id: PartyId | None = None
    all: bool = False


@routes.get("/v1/keys", Text("API keys, not their secrets; a party sees its own"), Returns("Keys."), roles=JUDGES)
async def list_keys(call: Call, query: KeyQuery) -> ApiKeys:
    now = call.services.clock()
    shown = [one for one in await keys_of(call) if query.party_id in {None, one.party_id}]
    return ApiKeys(items=[key_resource(one, call) for one in shown if query.all or one.works_at(now)])


@routes.post(
    "/v1/keys",
    Text("Make an API key; it is shown once"),
    Returns("The key.", NewKey, status=201, headers=LOCATION),
    roles=OPERATORS,
)
async def create_key(call: Call, body: CreateKeyRequest) -> web.StreamResponse:
    return _new_key_answer(await make_key(call, body))


async def make_key(call: Call, body: CreateKeyRequest) -> NewKey:
    """A new key. Raises InvalidInput."""
    directory = call.services.directory
    known = directory.by_id(body.party_id) if body.party_id else None
    if wrong := role_problem(body.role, body.party_id, known):
        raise problems.InvalidInput((Fault("body", "partyId", wrong),))
    if body.expires_at and body.expires_at <= call.services.clock():
        raise problems.InvalidInput((Fault("body", "expiresAt", Text("is past")),))
    wanted = KeyRequest(body.role, body.party_id, body.is_test, body.label, body.expires_at)
    key_id, key = await directory.make_key(wanted, call.actor)
    return NewKey.of(body, key_id=key_id, key=key)


@routes.post(
    "/v1/keys/{keyId}/rotations",
    Text("Make a key for the same, and let the old one work for some hours more; a party rotates its own"),
    Returns("The new key, with the expiry of the old one.", NewKey, status=201, headers=LOCATION),
    roles=JUDGES,
    problems=(StateConflict,),
)
async def rotate_key(call: Call, key_id: str, body: RotationRequest) -> web.StreamResponse:
    old, (new_id, key) = await key_rotation(call, key_id, body.overlap_hours)
    return _new_key_answer(NewKey.of(old, key_id=new_id, key=key))


@routes.delete(
    "/v1/keys/{keyId}",
    Text("Revoke an API key; a party revokes its own"),
    Returns("It works no longer."),
    roles=JUDGES,
    problems=(StateConflict,),
)
async def revoke_key(call: Call, key_id: str) -> None:
    """The key works no longer, from the answer on."""
    await call.services.directory.revoke_key((await key_meant(call, key_id)).key_id, call.actor)


async def keys_of(call: Call) -> list[ApiKey]:
    """The keys that the caller sees to: an operator all; a party its own, as far as they can do no more than the
    key that it calls with."""
    caller, found = call.caller, await call.services.directory.api_keys()
    if caller.party_id is None:
        return list(found)
    same = (caller.party_id, caller.role, caller.is_test)
    return [one for one in found if (one.party_id, one.role, one.is_test) == same]


async def key_meant(call: Call, text: str) -> ApiKey:
    """The one key of the caller that this names. Raises UnknownItem, and StateConflict where there are several."""
    found = keys_meant(text, await keys_of(call))
    if len(found) > 1:
        raise StateConflict(Text("{count} keys begin so; give more of it.", count=len(found)))
    if not found:
        raise problems.UnknownItem(Text("key"), text[:KEY_TEXT_MIN])
    return found[0]


async def key_rotation(call: Call, text: str, overlap_hours: int) -> tuple[ApiKey, tuple[str, str]]:
    """The old key, and the id and the key of the new one. Raises StateConflict for one that works no longer."""
    old = await key_meant(call, text)
    until = call.services.clock() + timedelta(hours=overlap_hours)
    made = await call.services.directory.rotate_key(old.key_id, until, call.actor)
    if made is None:
        raise StateConflict(Text("The key works no longer, so it cannot be rotated."))
    return old, made


def key_resource(key: ApiKey, call: Call) -> ApiKeyResource:
    """A key as its holders and operators see it."""
    return ApiKeyResource.of(key, works=key.works_at(call.services.clock()))


def _new_key_answer(key: NewKey) -> web.Response:
    return json_answer(key, 201, {str(hdrs.LOCATION): f"/v1/keys/{key.key_id}"})
