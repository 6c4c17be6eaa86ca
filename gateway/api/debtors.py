"""Whom finance bills."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.api.access import FINANCE
from gateway.api.billing import actor_of, billing_of, billing_problems
from gateway.api.call import Call
from gateway.api.problem_kinds import DebtorRefused
from gateway.api.route import Returns, Routes
from gateway.api.schema import PartyId, PartyIdOrNone, Schema
from gateway.billing.rating.services import Service
from gateway.billing.runs.debtor import Debtor, FacilitiesPayer, histories_of
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
    postcode: Annotated[str, Meta(pattern=r"\S", max_length=20)] = msgspec.field(name="zipCode")
    city: NonBlank
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "NL"


class ConnectionResource(Schema):
    """Use of one service. `connectedOn`: first connection of a first-time user, whose first year may be free."""

    service: Service
    connected_on: date | None = None
    in_umbrella: bool = False
    variant: Annotated[str, Meta(max_length=50)] = ""


class DebtorRequest(Schema):
    """Whom to bill, from a day on. `reference` is what the debtor wants on its bills (BT-10).

    `validFrom`: the first day on which this holds; left out: from the beginning. A record of the same day
    replaces it. `hasPublicTask`: a private organization with a public task. `mergedInto`: the party that it has
    become part of. `paysFacilities`: as what it shares in the facilities without tariff. `despiteRegister`: why it
    is billed as another than the register says."""

    name: NonBlank
    oin: Annotated[str, Meta(max_length=50)]
    kind: PartyKind
    address: AddressResource
    email: Annotated[str, Meta(max_length=200)] = ""
    reference: Annotated[str, Meta(max_length=200)] = ""
    vat_number: Annotated[str, Meta(max_length=50)] = ""
    connections: list[ConnectionResource] = msgspec.field(default_factory=list)
    valid_from: date | None = None
    has_public_task: bool = False
    merged_into: PartyIdOrNone = ""
    pays_facilities: FacilitiesPayer | None = None
    despite_register: Annotated[str, Meta(max_length=200)] = ""


class DebtorResource(DebtorRequest, kw_only=True):
    """A debtor as finance recorded it."""

    party_id: PartyId


class Debtors(Schema):
    """Records of debtors, by party id and the day from which they hold."""

    items: list[DebtorResource]


@routes.get(
    "/v1/debtors",
    Text("Whom finance bills, with what holds from which day"),
    Returns("The records that hold, by party id."),
    roles=FINANCE,
)
async def list_debtors(call: Call) -> Debtors:
    histories = histories_of(await billing_of(call).store.debtors())
    records = [record for party_id in sorted(histories) for record in histories[party_id].records]
    return Debtors(items=[DebtorResource.of(record) for record in records])


@routes.put(
    "/v1/debtors/{partyId}",
    Text("Record whom to bill for a party, or what holds from a day on; earlier records are kept"),
    Returns("The debtor."),
    roles=FINANCE,
    problems=(DebtorRefused,),
)
async def save_debtor(call: Call, party_id: PartyId, body: DebtorRequest) -> DebtorResource:
    if wrong := problem(PartyIdentifier(OIN, body.oin)):
        raise problems.InvalidInput((Fault("body", "oin", wrong),))
    wanted = msgspec.structs.asdict(body) | {"party_id": party_id}
    debtor = msgspec.convert(wanted, Debtor, from_attributes=True)
    with billing_problems():
        await billing_of(call).service.save_debtor(actor_of(call), debtor)
    return DebtorResource.of(debtor)
