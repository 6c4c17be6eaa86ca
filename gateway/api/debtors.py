"""Whom finance bills."""

from datetime import date
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.access import FINANCE
from gateway.api.billing import actor_of, billing_of
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import PartyId, Schema
from gateway.billing.rating.services import Service
from gateway.billing.runs.debtor import Address, Connection, Debtor
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.participants import PartyKind
from gateway.validator.model.identifiers import OIN, PartyIdentifier, problem

routes = Routes("billing")
_PARTY_ID = Text("must be a party id, as gemeente-voorbeeld")
NonBlank = Annotated[str, Meta(pattern=r"\S", max_length=200)]
"""Text that says something."""


class AddressResource(Schema):
    """Where somebody is established."""

    street: NonBlank
    postcode: Annotated[str, Meta(pattern=r"\S", max_length=20)]
    city: NonBlank
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "NL"


class ConnectionResource(Schema):
    """Use of one service. `connectedOn`: first connection of a first-time user, whose first year may be free."""

    service: Service
    connected_on: date | None = None
    in_umbrella: bool = False
    variant: Annotated[str, Meta(max_length=50)] = ""


class DebtorRequest(Schema):
    """Whom to bill. `reference` is what the debtor wants on its bills (BT-10)."""

    name: NonBlank
    oin: Annotated[str, Meta(max_length=50)]
    kind: PartyKind
    address: AddressResource
    email: Annotated[str, Meta(max_length=200)] = ""
    reference: Annotated[str, Meta(max_length=200)] = ""
    vat_number: Annotated[str, Meta(max_length=50)] = ""
    connections: list[ConnectionResource] = msgspec.field(default_factory=list)


class DebtorResource(DebtorRequest, kw_only=True):
    """A debtor as finance recorded it last."""

    party_id: PartyId


class Debtors(Schema):
    """Debtors, by party id."""

    items: list[DebtorResource]


@routes.get(
    "/v1/debtors",
    Text("Whom finance bills"),
    Returns("The debtors, by party id.", Debtors),
    roles=FINANCE,
    problems=(problems.NotReady,),
)
async def list_debtors(call: Call) -> web.StreamResponse:
    """Whom finance bills."""
    known = await billing_of(call).store.debtors()
    return json_answer(Debtors(items=[_debtor_resource(known[party_id]) for party_id in sorted(known)]))


@routes.put(
    "/v1/debtors/{partyId}",
    Text("Record whom to bill for a party, or what changed; earlier versions are kept"),
    Returns("The debtor.", DebtorResource),
    body=DebtorRequest,
    roles=FINANCE,
    problems=(problems.NotReady,),
)
async def save_debtor(call: Call) -> web.StreamResponse:
    """Record a debtor, or what changed about one; earlier versions are kept."""
    party_id, wanted = call.path_part("partyId"), await call.body(DebtorRequest)
    try:
        msgspec.convert(party_id, PartyId)
    except msgspec.ValidationError as error:
        raise problems.InvalidInput((Fault("path", "partyId", _PARTY_ID),)) from error
    if wrong := problem(PartyIdentifier(OIN, wanted.oin)):
        raise problems.InvalidInput((Fault("body", "oin", wrong),))
    debtor = _debtor(party_id, wanted)
    billing = billing_of(call)
    if (await billing.store.debtors()).get(party_id) != debtor:
        await billing.service.save_debtor(actor_of(call), debtor)
    return json_answer(_debtor_resource(debtor))


def _debtor(party_id: str, wanted: DebtorRequest) -> Debtor:
    address = wanted.address
    return Debtor(
        party_id=party_id,
        name=wanted.name,
        oin=wanted.oin,
        kind=wanted.kind,
        address=Address(address.street, address.postcode, address.city, address.country),
        email=wanted.email,
        reference=wanted.reference,
        vat_number=wanted.vat_number,
        connections=tuple(
            Connection(one.service, one.connected_on, one.in_umbrella, one.variant) for one in wanted.connections
        ),
    )


def _debtor_resource(debtor: Debtor) -> DebtorResource:
    address = debtor.address
    return DebtorResource.of(
        debtor,
        address=AddressResource(address.street, address.postcode, address.city, address.country),
        connections=[
            ConnectionResource(one.service, one.connected_on, one.in_umbrella, one.variant)
            for one in debtor.connections
        ],
    )
