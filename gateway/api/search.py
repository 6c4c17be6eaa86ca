"""Finding messages, for the API and the portal: by what a person knows of them."""

from collections.abc import Mapping

from gateway.api.call import Call
from gateway.http import problems
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.finding import close_parties, party_named
from gateway.messages.participants import Party

_NEWEST = 10_000
"""In so many messages, names like the one that is searched for are looked for."""


async def named_parties(call: Call, named: Mapping[str, str | None]) -> dict[str, str]:
    """The id of each party that a parameter names. Raises InvalidInput for a name that nobody has."""
    parties = await call.services.directory.parties()
    found = {name: party_named(text, parties) for name, text in named.items() if text}
    if not all(found.values()):
        raise await _unknown(call, named, {name for name, party in found.items() if not party})
    return {name: party.party_id for name, party in found.items() if party}


async def require_known(call: Call, named: Mapping[str, str | None], party_ids: Mapping[str, str]) -> None:
    """To be asked when nothing was found. Raises InvalidInput for parties that the caller has no messages with: to
    it one that is registered looks like one that is not."""
    known = {party.party_id for party in await _known_parties(call)}
    if strangers := {name for name, party_id in party_ids.items() if party_id not in known}:
        raise await _unknown(call, named, strangers)


async def close_names(call: Call, text: str) -> list[str]:
    """Names of parties like what was searched for, of those that the caller knows of its newest messages."""
    if not text.strip():
        return []
    return [party.name for party in close_parties(text, await _known_parties(call, _NEWEST))]


async def _known_parties(call: Call, newest: int | None = None) -> list[Party]:
    parties = await call.services.directory.parties()
    if call.visible_to is None:
        return list(parties)
    known = call.visible_to | await call.services.messages.counterparts(call.visible_to, newest)
    return [party for party in parties if party.party_id in known]


async def _unknown(call: Call, named: Mapping[str, str | None], wrong: set[str]) -> problems.InvalidInput:
    known, faults = await _known_parties(call), []
    for name in sorted(wrong):
        text = named[name] or ""
        reason = Text("there is no party {party_id}", party_id=text)
        if close := close_parties(text, known):
            names = ", ".join(f"{party.name} ({party.party_id})" for party in close)
            reason = Text("there is no party {party_id}; did you mean {names}?", party_id=text, names=names)
        faults.append(Fault("query", name, reason))
    return problems.InvalidInput(tuple(faults))
