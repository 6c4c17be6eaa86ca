"""API keys."""

from aiohttp import hdrs, web

from gateway.api.access import OPERATORS
from gateway.api.call import Call
from gateway.api.route import LOCATION, Returns, Routes
from gateway.api.schema import PartyId, Schema
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.participants import Role, role_problem

routes = Routes("keys", keyId="The public id of the key.")


class CreateKeyRequest(Schema):
    """Whom the key is for. `partyId` is needed for supplier, intermediary and government, and only there."""

    role: Role
    party_id: PartyId | None = None
    is_test: bool = False


class NewKey(Schema):
    """A new key. `key` is shown this once; the gateway keeps a hash."""

    key_id: str
    key: str
    role: Role
    party_id: str | None
    is_test: bool


@routes.post(
    "/v1/keys",
    Text("Make an API key; it is shown once"),
    Returns("The key.", NewKey, status=201, headers=LOCATION),
    roles=OPERATORS,
)
async def create_key(call: Call, body: CreateKeyRequest) -> web.StreamResponse:
    directory = call.services.directory
    known = await directory.party(body.party_id) if body.party_id else None
    if wrong := role_problem(body.role, body.party_id, known):
        raise problems.InvalidInput((Fault("body", "partyId", wrong),))
    key_id, key = await directory.new_key(body.role, body.party_id, call.actor, is_test=body.is_test)
    return json_answer(NewKey.of(body, key_id=key_id, key=key), 201, {str(hdrs.LOCATION): f"/v1/keys/{key_id}"})


@routes.delete("/v1/keys/{keyId}", Text("Revoke an API key"), Returns("It works no longer."), roles=OPERATORS)
async def revoke_key(call: Call, key_id: str) -> None:
    """The key works no longer, from the answer on."""
    if not await call.services.directory.revoke_key(key_id, call.actor):
        raise problems.UnknownItem(Text("key"), key_id)
    call.context.keyring.forget()
