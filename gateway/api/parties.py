"""Parties."""

from typing import Annotated

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from gateway.api.access import OFFICE, OPERATORS, READERS
from gateway.api.call import Call
from gateway.api.problem_kinds import StateConflict
from gateway.api.route import LOCATION, Returns, Routes
from gateway.api.schema import PartyId, Schema
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.problems import Fault
from gateway.http.reasons import IDENTIFIER
from gateway.i18n import Text
from gateway.messages.participants import Party, PartyKind
from gateway.validator.model.identifiers import PartyIdentifier
from gateway.validator.own_rules import check_profile

routes = Routes("parties")

Identifier = Annotated[str, Meta(pattern=IDENTIFIER, description="`scheme:value`, as 0190:00000001002220647000.")]


class PartyResource(Schema):
    """A registered party."""

    party_id: str
    name: str
    kind: PartyKind
    kind_source: str
    identifiers: list[str]
    mandates: list[str]
    settings: dict[str, str]


class Parties(Schema):
    """All parties."""

    items: list[PartyResource]


class PartyRequest(Schema):
    """What is to be known of a party. `kindSource` says how we know that it is Rijk, non-Rijk or a company."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: PartyKind
    kind_source: Annotated[str, Meta(max_length=500)] = ""
    identifiers: list[Identifier] = msgspec.field(default_factory=list)
    mandates: list[PartyId] = msgspec.field(default_factory=list)
    settings: dict[str, str] = msgspec.field(default_factory=dict)


@routes.get("/v1/parties", Text("All parties"), Returns("The parties, by id."), roles=OFFICE)
async def list_parties(call: Call) -> Parties:
    return Parties(items=[party_resource(party) for party in await call.services.directory.parties()])


@routes.get("/v1/parties/{partyId}", Text("One party; a party sees itself"), Returns("The party."), roles=READERS)
async def show_party(call: Call, party_id: str) -> PartyResource:
    return party_resource(call.party(party_id))


@routes.put(
    "/v1/parties/{partyId}",
    Text("Add a party or replace what is known of it"),
    Returns("Replaced.", PartyResource),
    Returns("Added.", PartyResource, status=201, headers=LOCATION),
    roles=OPERATORS,
    problems=(StateConflict,),
)
async def save_party(call: Call, party_id: PartyId, body: PartyRequest) -> web.StreamResponse:
    party = await _party(call, party_id, body)
    is_new = call.services.directory.by_id(party_id) is None
    try:
        await call.services.directory.save(party, call.actor)
    except ValueError as error:
        detail = Text("Not saved: {error}.", error=str(error))
        raise StateConflict(detail) from error
    more = {str(hdrs.LOCATION): f"/v1/parties/{party_id}"} if is_new else None
    return json_answer(party_resource(party), 201 if is_new else 200, more)


async def _party(call: Call, party_id: str, wanted: PartyRequest) -> Party:
    faults: list[Fault] = []
    identifiers = []
    for index, text in enumerate(wanted.identifiers):
        try:
            identifiers.append(PartyIdentifier.parse(text))
        except ValueError as error:
            faults.append(Fault.of("body", f"identifiers[{index}]", error))
    for index, supplier_id in enumerate(wanted.mandates):
        if call.services.directory.by_id(supplier_id) is None:
            reason = Text("there is no party {supplier_id}", supplier_id=supplier_id)
            faults.append(Fault("body", f"mandates[{index}]", reason))
    party = Party(
        party_id=party_id,
        name=wanted.name,
        kind=wanted.kind,
        identifiers=tuple(identifiers),
        mandates=frozenset(wanted.mandates),
        kind_source=wanted.kind_source,
        settings=wanted.settings,
    )
    try:
        for profile in party.profiles:
            check_profile(profile)
    except ValueError as error:
        faults.append(Fault.of("body", "settings.profile", error))
    if faults:
        raise problems.InvalidInput(tuple(faults))
    return party


def party_resource(party: Party) -> PartyResource:
    """A party as operators and the party itself see it."""
    return PartyResource.of(
        party, identifiers=[str(identifier) for identifier in party.identifiers], mandates=sorted(party.mandates)
    )
