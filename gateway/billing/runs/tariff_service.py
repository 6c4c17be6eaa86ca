"""The tariffs of an installation: those that were published, and those that one person of finance proposed and
another approved. A price follows from a cost and the use that it is divided over, or is given."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from gateway.billing.rating.amounts import ZERO, PriceBasis
from gateway.billing.rating.policies import Policies, Regime
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue, Tariff, TariffBasis, price_of
from gateway.billing.runs.actor import Actor, check_another, check_finance
from gateway.billing.runs.audit_event import AuditEvent
from gateway.billing.runs.errors import TariffCatalogueError, TariffMissingError
from gateway.billing.runs.inputs import charged_units
from gateway.billing.runs.ports import BillingStore, TariffProposal, UsageCounts
from gateway.billing.runs.run import Run, digest_of
from gateway.billing.runs.year import BillingYear, YearKey
from gateway.clock import Clock, billing_date
from gateway.i18n import Text

_BASES = {
    Regime.PREPAID: {TariffBasis.FIXED},
    Regime.PER_PERIOD: {TariffBasis.FIXED},
    Regime.PASSED_ON: {TariffBasis.ESTIMATE, TariffBasis.ACTUAL},
    Regime.DISTRIBUTED: set[TariffBasis](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffRequest:
    """What is proposed, for the days from the first to the last; None: until another follows. Without a price it
    is `cost` over `units`; without units these are the expected or the actual use of all parties."""

    service: Service
    basis: TariffBasis
    first: date
    last: date | None
    source: str
    price: Decimal | None = None
    cost: Decimal = ZERO
    units: int = 0
    variant: str = ""
    only_public_task: bool = False


class TariffService:
    """Proposes and approves tariffs. Each approved one replaces, for its days, what held before."""

    def __init__(
        self, store: BillingStore, counts: UsageCounts, clock: Clock, policies: Policies, published: Catalogue
    ) -> None:
        self._store = store
        self._counts = counts
        self._clock = clock
        self._policies = policies
        self._published = published

    async def catalogue(self) -> Catalogue:
        """The tariffs that hold."""
        found = self._published
        approved = [one for one in await self._store.tariffs() if one.approved_at]
        for one in sorted(approved, key=lambda one: (one.approved_at, one.proposal_id)):
            found = found.with_tariff(one.tariff, self._policies)
        return found

    async def proposals(self) -> Sequence[TariffProposal]:
        """Every proposal, approved or not, oldest first."""
        return await self._store.tariffs()

    async def propose(self, actor: Actor, request: TariffRequest) -> TariffProposal:
        """Propose a tariff. The same proposal again is the one that waits, or that holds.

        Raises TariffCatalogueError for a basis that the service does not have, and for a price that cannot be.
        """
        check_finance(actor)
        proposal = await self._proposal(actor, request)
        catalogue, known = await self.catalogue(), await self._store.tariffs()
        catalogue.with_tariff(proposal.tariff, self._policies)
        for one in known:
            same = (one.tariff, one.cost, one.units) == (proposal.tariff, proposal.cost, proposal.units)
            if same and (not one.approved_at or one.tariff in catalogue.tariffs):
                return one
        # a price that held before, and that holds again, is another proposal
        digest = digest_of((proposal.tariff, proposal.cost, proposal.units, len(known)))
        new = replace(proposal, proposal_id=Run.id_of(digest))
        event = AuditEvent(actor.name, "tariff proposed", new.proposal_id, new.at, str(new.tariff), digest)
        await self._store.add_tariff(new, event)
        return new

    async def _proposal(self, actor: Actor, request: TariffRequest) -> TariffProposal:
        if request.basis not in _BASES[self._policies.regime(request.service)]:
            raise TariffCatalogueError(
                Text("{service} has no {basis} tariff", service=request.service, basis=request.basis)
            )
        price, cost, units = request.price, request.cost, request.units
        if price is None:
            units = units or await self.units(request.service, request.first.year, request.basis)
            price = price_of(cost, units, request.basis, request.first.year, self._policies)
        else:
            cost, units = ZERO, 0
        tariff = Tariff(
            service=request.service,
            basis=request.basis,
            price=price,
            vat=PriceBasis.INCLUDING_VAT if request.basis is TariffBasis.FIXED else PriceBasis.EXCLUDING_VAT,
            valid_from=request.first,
            valid_until=request.last,
            variant=request.variant,
            source=request.source,
            only_public_task=request.only_public_task,
        )
        return TariffProposal("", tariff, cost, units, actor.name, self._clock())

    async def units(self, service: Service, year: int, basis: TariffBasis) -> int:
        """The use of a year over which a cost is divided: for an estimate the forecast of each party, or its use
        of the last whole year; else what was used."""
        if basis is TariffBasis.ACTUAL:
            counted = await self._counts.by_party(service, date(year, 1, 1), date(year, 12, 31))
            return sum(charged_units(service, kinds, self._policies) for kinds in counted.values())
        return sum((await self.expected(service, year)).values())

    async def expected(self, service: Service, year: int) -> dict[str, int]:
        """The expected use of a year by party: its forecast, or else its use of the last whole year before."""
        last = min(year, billing_date(self._clock()).year) - 1
        counted = await self._counts.by_party(service, date(last, 1, 1), date(last, 12, 31))
        found = {party_id: charged_units(service, kinds, self._policies) for party_id, kinds in counted.items()}
        for party_id, steps in (await self._store.steps(service, year)).items():
            own = BillingYear(YearKey(party_id, service, year), steps, self._policies)
            if forecast := own.agreed_forecast or own.forecast:
                found[party_id] = forecast.units
        return found

    async def approve(self, actor: Actor, proposal_id: str) -> TariffProposal:
        """Approve a tariff, which holds from then on: prepared runs of its days have to be prepared again.

        Raises OwnApprovalError for the one who proposed it, and TariffMissingError.
        """
        check_finance(actor)
        proposal = await self._proposal_of(proposal_id)
        if proposal.approved_at:
            return proposal
        check_another(actor, proposal.by, Text("tariff {tariff}", tariff=str(proposal.tariff)), self._policies)
        event = AuditEvent(actor.name, "tariff approved", proposal_id, self._clock(), str(proposal.tariff))
        await self._store.approve(proposal_id, actor.name, event.at, event)
        return await self._proposal_of(proposal_id)

    async def _proposal_of(self, proposal_id: str) -> TariffProposal:
        found = [one for one in await self._store.tariffs() if one.proposal_id == proposal_id]
        if not found:
            raise TariffMissingError(Text("there is no proposed tariff {proposal}", proposal=proposal_id))
        return found[0]
