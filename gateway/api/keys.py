"""API keys."""

from aiohttp import hdrs, web

from gateway.api.access import OPERATORS
from gateway.api.call import Call, not_found
from gateway.api.route import LOCATION, Returns, Routes
from gateway.api.schema import PartyId, Schema
from gateway.http import problems
from gateway.http.answers import empty_answer, json_answer
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
    body=CreateKeyRequest,
    roles=OPERATORS,
)
async def create_key(call: Call) -> web.StreamResponse:
    """Make a key. The answer shows it this once."""
    wanted = await call.body(CreateKeyRequest)
    known = await call.services.directory.party(wanted.party_id) if wanted.party_id else None
    if wrong := role_problem(wanted.role, wanted.party_id, known):
        raise problems.InvalidInput((Fault("body", "partyId", wrong),))
    key_id, key = await call.services.directory.new_key(
        wanted.role, wanted.party_id, call.actor, is_test=wanted.is_test
    )
    body = NewKey(key_id=key_id, key=key, role=wanted.role, party_id=wanted.party_id, is_test=wanted.is_test)
    return json_answer(body, 201, {str(hdrs.LOCATION): f"/v1/keys/{key_id}"})


@routes.delete(
    "/v1/keys/{keyId}",
    Text("Revoke an API key"),
    Returns("It works no longer.", status=204, media_types=()),
    roles=OPERATORS,
)
async def revoke_key(call: Call) -> web.StreamResponse:
    """The key works no longer, from the answer on."""
    key_id = call.path_part("keyId")
    if not await call.services.directory.revoke_key(key_id, call.actor):
        raise not_found(Text("key"), key_id)
    call.context.keyring.forget()
    return empty_answer()
