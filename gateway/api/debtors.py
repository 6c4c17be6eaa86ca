"""Whom finance bills."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.api.access import FINANCE
from gateway.api.billing import actor_of, billing_of
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import PartyId, Schema
from gateway.billing.rating.services import Service
from gateway.billing.runs.debtor import Debtor
from gateway.http import problems
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.participants import PartyKind
from gateway.validator.model.identifiers import OIN, PartyIdentifier, problem

routes = Routes("billing", problems=(problems.NotReady,))
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


@routes.get("/v1/debtors", Text("Whom finance bills"), Returns("The debtors, by party id."), roles=FINANCE)
async def list_debtors(call: Call) -> Debtors:
    known = await billing_of(call).store.debtors()
    return Debtors(items=[DebtorResource.of(known[party_id]) for party_id in sorted(known)])


@routes.put(
    "/v1/debtors/{partyId}",
    Text("Record whom to bill for a party, or what changed; earlier versions are kept"),
    Returns("The debtor."),
    roles=FINANCE,
)
async def save_debtor(call: Call, party_id: PartyId, body: DebtorRequest) -> DebtorResource:
    if wrong := problem(PartyIdentifier(OIN, body.oin)):
        raise problems.InvalidInput((Fault("body", "oin", wrong),))
    wanted = msgspec.structs.asdict(body) | {"party_id": party_id}
    debtor = msgspec.convert(wanted, Debtor, from_attributes=True)
    billing = billing_of(call)
    if (await billing.store.debtors()).get(party_id) != debtor:
        await billing.service.save_debtor(actor_of(call), debtor)
    return DebtorResource.of(debtor)
