"""Names for the ids of those who act: of keys by their label, and of people who signed in."""

from gateway.api.call import Call
from gateway.api.words import ROLES
from gateway.i18n import Text


async def actor_names(call: Call) -> dict[str, str]:
    """The names of all who act, by what the journal and billing call them, for the gateway's own people."""
    keys = await call.services.directory.api_keys()
    labels = {
        one.key_id: one.label or f"{ROLES[one.role].in_language(call.language)} ({one.prefix or one.key_id}…)"
        for one in keys
    }
    return await party_names(call) | labels | {**await call.services.sessions.names()}


async def party_names(call: Call) -> dict[str, str]:
    """The names of all parties, by id."""
    return {party.party_id: party.name for party in await call.services.directory.parties()}


OWN_NAMES = {"gateway": Text("the gateway"), "operator": Text("the operator")}
"""What the journal calls the gateway itself, and for a party any operator."""
