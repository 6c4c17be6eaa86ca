"""The tariffs that hold, and those that finance proposes and approves."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from gateway.api.access import FIGURES, FINANCE
from gateway.api.billing import actor_of, billing_of, billing_problems
from gateway.api.call import Call
from gateway.api.problem_kinds import OwnApproval, TariffMissing, TariffsRefused
from gateway.api.route import Returns, Routes
from gateway.api.runs import Euros
from gateway.api.schema import Schema, Timestamp
from gateway.billing.rating.amounts import PriceBasis
from gateway.billing.rating.rating import UNITS_MAX
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import TariffBasis
from gateway.billing.runs.ports import TariffProposal
from gateway.billing.runs.tariff_service import TariffRequest
from gateway.http import problems
from gateway.i18n import Text

routes = Routes("billing", problems=(problems.NotReady,), proposalId="The id of the proposed tariff.")
Price = Annotated[str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,4})?$", description="Euros a unit, as 0.13.")]


class TariffResource(Schema):
    """The price of a unit. `validUntil` is null until another follows."""

    service: Service
    basis: TariffBasis
    price: Decimal
    vat: PriceBasis
    valid_from: date
    valid_until: date | None
    variant: str
    only_public_task: bool
    source: str


class ProposalRequest(Schema, kw_only=True):
    """A tariff for the days from `validFrom` to `validUntil`. `price` is what a unit costs; without one it is
    `cost` over `units`, and without units over the expected use of all parties (an estimate) or over what they
    used (an actual cost)."""

    service: Service
    basis: TariffBasis
    valid_from: date
    valid_until: date | None = None
    source: Annotated[str, Meta(pattern=r"\S", max_length=200)]
    price: Price | None = None
    cost: Euros = "0"
    units: Annotated[int, Meta(ge=0, le=UNITS_MAX)] = 0
    variant: Annotated[str, Meta(max_length=60)] = ""
    only_public_task: bool = False


class ProposalResource(Schema):
    """A proposed tariff: its price is `cost` over `units`, both 0 where it was given. It holds once another key
    approved it."""

    proposal_id: str
    tariff: TariffResource
    cost: Decimal
    units: int
    by: str
    at: Timestamp
    approved_by: str | None
    approved_at: Timestamp | None


class Tariffs(Schema):
    """The tariffs that hold, by service, basis and day; and every proposal, oldest first, for finance."""

    items: list[TariffResource]
    proposals: list[ProposalResource]


@routes.get(
    "/v1/tariffs",
    Text("The tariffs that hold; finance also sees what was proposed"),
    Returns("The tariffs."),
    roles=FIGURES,
)
async def list_tariffs(call: Call) -> Tariffs:
    tariffs = billing_of(call).service.tariffs
    proposals = await tariffs.proposals() if call.caller.role in FINANCE else []
    return Tariffs(
        items=[TariffResource.of(one) for one in (await tariffs.catalogue()).tariffs],
        proposals=[_proposal_resource(one) for one in proposals],
    )


@routes.post(
    "/v1/tariffs",
    Text("Propose a tariff: a price, or a cost over the use; the same proposal again changes nothing"),
    Returns("The proposal."),
    roles=FINANCE,
    problems=(TariffsRefused,),
)
async def propose_tariff(call: Call, body: ProposalRequest) -> ProposalResource:
    request = TariffRequest(
        service=body.service,
        basis=body.basis,
        first=body.valid_from,
        last=body.valid_until,
        source=body.source,
        price=None if body.price is None else Decimal(body.price),
        cost=Decimal(body.cost),
        units=body.units,
        variant=body.variant,
        only_public_task=body.only_public_task,
    )
    with billing_problems():
        return _proposal_resource(await billing_of(call).service.tariffs.propose(actor_of(call), request))


@routes.put(
    "/v1/tariffs/{proposalId}/approval",
    Text("Approve a proposed tariff, which holds from then on; not with the key that proposed it"),
    Returns("The proposal, approved now or before."),
    roles=FINANCE,
    problems=(OwnApproval, TariffMissing),
)
async def approve_tariff(call: Call, proposal_id: str) -> ProposalResource:
    with billing_problems():
        return _proposal_resource(await billing_of(call).service.tariffs.approve(actor_of(call), proposal_id))


def _proposal_resource(one: TariffProposal) -> ProposalResource:
    return ProposalResource.of(one, approved_by=one.approved_by or None)
