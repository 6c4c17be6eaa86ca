"""Collects what decides the bills of a run: debtors, forecasts, counts, what was billed, tariffs, policies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gateway.billing.documents.bill import Bill, BillStage
from gateway.billing.rating.policies import Policies, Regime
from gateway.billing.rating.rating import REGULAR_PAYER, UsePeriod, advance_tariff, final_periods
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue
from gateway.billing.runs.debtor import DebtorHistory, RegisteredAs, histories_of, successor
from gateway.billing.runs.errors import StepRefusedError
from gateway.billing.runs.issuer import Issuer
from gateway.billing.runs.ports import BillingStore, Registered, UsageCounts
from gateway.billing.runs.run import (
    DecisionKind,
    Guidance,
    PartyInput,
    RunInputs,
    RunOrder,
    compared_total,
)
from gateway.billing.runs.year import BillingYear, StepKind, YearKey, YearStep
from gateway.i18n import Text

_BY_USE = frozenset({BillStage.PREPAYMENT, BillStage.SETTLEMENT, BillStage.VAT_REFUND})
_STAGES = {
    Regime.PREPAID: _BY_USE,
    Regime.PASSED_ON: _BY_USE,
    Regime.PER_PERIOD: frozenset({BillStage.GUIDANCE, BillStage.VAT_REFUND}),
    Regime.DISTRIBUTED: frozenset({BillStage.DISTRIBUTION, BillStage.VAT_REFUND}),
}
_LEAD_TO_BILLS = frozenset({StepKind.FORECAST, StepKind.GUIDANCE, StepKind.PREPAYMENT, StepKind.SETTLEMENT})
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Units by party in a part of a year, both days included; whether another price holds than before."""

    first: date
    last: date
    has_new_price: bool
    units: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Found:
    """What is there for one service and year, by party."""

    steps: Mapping[str, Sequence[YearStep]]
    billed: Mapping[str, Sequence[Bill]]
    billed_before: Mapping[str, Sequence[Bill]]
    used: Sequence[_Counted]
    historic: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Collector:
    """Collects the inputs of a run as they are now."""

    store: BillingStore
    counts: UsageCounts
    registered: Registered
    issuer: Issuer
    policies: Policies
    order: RunOrder
    catalogue: Catalogue

    async def collect(self, today: date) -> RunInputs:
        """The inputs of the run: every party with a forecast, use, a document or a weight.

        Raises StepRefusedError for a year that cannot be billed in this stage or a date that cannot be, and
        TariffMissingError. A party that nobody has recorded as a debtor is there without one.
        """
        order = self.order
        _check_order(order, self.catalogue, self.policies, today)
        histories = histories_of(await self.store.debtors())
        services = [order.service] if order.service else list(Service)
        parties: list[PartyInput] = []
        for service in services:
            parties += await self._parties(service, histories)
        parties.sort(key=lambda party: (party.party_id, party.service))
        tariffs = tuple(tariff for tariff in self.catalogue.tariffs if tariff.service in services)
        return RunInputs(order, self.issuer, self.policies, tariffs, tuple(parties))

    async def _parties(self, service: Service, histories: Mapping[str, DebtorHistory]) -> Iterator[PartyInput]:
        order, year = self.order, self.order.year
        steps = await self.store.steps(service, year)
        billed = await self.store.bills_by_party(service, year)
        before = await self.store.bills_by_party(service, year - 1)
        used = await self._units_by_part(service, histories)
        historic = await self._historic(service, histories)
        found = _Found(steps, billed, before, used, historic)
        ids = {*billed, *historic, *(party_id for party_id, _ in order.weights)}
        ids |= {party_id for party_id, own in steps.items() if any(step.kind in _LEAD_TO_BILLS for step in own)}
        ids |= {party_id for part in used for party_id, units in part.units.items() if units}
        if order.stage is BillStage.DISTRIBUTION:
            first = date(year, 1, 1)
            ids |= {party_id for party_id, history in histories.items() if history.on(first).pays_facilities}
        inputs = (self._party(service, party_id, histories, found) for party_id in sorted(ids))
        return (one for one in inputs if one is not None)

    def _party(
        self, service: Service, party_id: str, histories: Mapping[str, DebtorHistory], found: _Found
    ) -> PartyInput | None:
        """One party; None for one that was settled and would be prepaid."""
        order = self.order
        year = BillingYear(YearKey(party_id, service, order.year), found.steps.get(party_id, ()), self.policies)
        if order.stage is BillStage.PREPAYMENT and year.is_settled:
            return None
        history, opening = histories.get(party_id), date(order.year, 1, 1)
        debtor = successor(histories, party_id, order.issued_on)
        payer = history.payer(service, opening) if history else REGULAR_PAYER
        units, means = _forecast(year, found.historic.get(party_id))
        return PartyInput(
            party_id,
            service,
            debtor,
            payer,
            units,
            means,
            year.minimum,
            _uses(party_id, history, service, found.used),
            _guidance(year.of_kind(StepKind.GUIDANCE), history),
            tuple(found.billed.get(party_id, ())),
            year.is_prepaid,
            year.is_closed,
            compared_total(order.stage, found.billed_before.get(party_id, ())),
            history.on(opening).pays_facilities if history else None,
            RegisteredAs.of(self.registered(debtor.party_id)) if debtor else None,
        )

    async def _units_by_part(self, service: Service, histories: Mapping[str, DebtorHistory]) -> Sequence[_Counted]:
        """Units by party for each part of the year in which nothing changes: no price, no fact about a debtor."""
        if self.order.stage is not BillStage.SETTLEMENT:
            return ()
        year = self.order.year
        first, last = date(year, 1, 1), date(year, 12, 31)
        prices = {period.first for period in final_periods(service, year, self.catalogue, self.policies)}
        facts = {day for history in histories.values() for day in history.changes(first, last)}
        starts = sorted(prices | facts)
        ends = [*(start - _DAY for start in starts[1:]), last]
        found = []
        for start, end in zip(starts, ends, strict=True):
            counted = await self.counts.by_party(service, start, end)
            units = {name: charged_units(service, kinds, self.policies) for name, kinds in counted.items()}
            found.append(_Counted(start, end, start in prices, units))
        return found

    async def _historic(self, service: Service, histories: Mapping[str, DebtorHistory]) -> Mapping[str, int]:
        """Use of the year before, which replaces a missing forecast: of a party and what has become part of it."""
        order = self.order
        if order.stage is not BillStage.PREPAYMENT:
            return {}
        before = order.year - 1
        counted = await self.counts.by_party(service, date(before, 1, 1), date(before, 12, 31))
        found: dict[str, int] = {}
        for party_id, kinds in counted.items():
            debtor = successor(histories, party_id, date(order.year, 1, 1))
            heir = debtor.party_id if debtor else party_id
            found[heir] = found.get(heir, 0) + charged_units(service, kinds, self.policies)
        return {party_id: units for party_id, units in found.items() if units}


def _check_order(order: RunOrder, catalogue: Catalogue, policies: Policies, today: date) -> None:
    """What has to hold before anything is counted. Raises StepRefusedError and TariffMissingError."""
    refusal = _refusal(order, policies, today) or _date_refusal(order, policies, today)
    if refusal:
        raise StepRefusedError(refusal)
    if order.stage is BillStage.PREPAYMENT and order.service:
        # a year without a price is an error, also when there is nobody to bill
        advance_tariff(order.service, order.year, REGULAR_PAYER, catalogue, policies)


def _refusal(order: RunOrder, policies: Policies, today: date) -> Text | None:
    """Why a run cannot be, or None."""
    stage, service, year = order.stage, order.service, order.year
    if any(not one.reason.strip() for one in order.decisions):
        return Text("a decision needs a reason")
    if stage is BillStage.VAT_REFUND:
        return _refund_refusal(order, policies) if service is None else Text("VAT is refunded over all services")
    if service is None:
        return Text("say which service is billed")
    if stage not in _STAGES[policies.regime(service)]:
        return Text("{service} has no {stage}", service=service, stage=stage)
    if stage is BillStage.SETTLEMENT and today.year <= year:
        return Text("{year} is not over, so it cannot be settled", year=year)
    if stage is BillStage.DISTRIBUTION and year < policies.facilities_from:
        return Text("the facilities are charged from {first}", first=policies.facilities_from)
    return None


def _refund_refusal(order: RunOrder, policies: Policies) -> Text | None:
    start = policies.refund_from(order.year)
    if start is None:
        known = ", ".join(str(year) for year, _ in sorted(policies.vat_refunds)) or "-"
        return Text("no VAT is refunded over {year}; it is over {known}", year=order.year, known=known)
    if order.issued_on < start and not order.decisions_of(DecisionKind.EARLY):
        return Text("the VAT of {year} is refunded from {day:date}", year=order.year, day=start)
    return None


def _date_refusal(order: RunOrder, policies: Policies, today: date) -> Text | None:
    if order.issued_on > today:
        return Text("{day:date} is in the future: a document is dated today", day=order.issued_on)
    if order.issued_on < today - timedelta(days=policies.backdating_days):
        return Text(
            "{day:date} is more than {days} days ago: prepare the run with a later date",
            day=order.issued_on,
            days=policies.backdating_days,
        )
    return None


def counted_year(order: RunOrder) -> int | None:
    """The year whose use decides the bills of a run; None where no use does."""
    if order.stage is BillStage.SETTLEMENT:
        return order.year
    return order.year - 1 if order.stage is BillStage.PREPAYMENT else None


def charged_units(service: Service, kinds: Mapping[str, int], policies: Policies) -> int:
    """The units of a count that are charged: for Digipoort the kinds of the policy, else all."""
    if service is not Service.DIGIPOORT:
        return sum(kinds.values())
    return sum(units for kind, units in kinds.items() if kind in policies.charged_kinds)


def _forecast(year: BillingYear, historic: int | None) -> tuple[int | None, str]:
    """The units to prepay, and by which means they came: the agreed forecast, else use of the year before."""
    if year.agreed_forecast is not None:
        return year.agreed_forecast.units, f"forecast {year.agreed_forecast.key}"
    for prepaid in year.of_kind(StepKind.PREPAYMENT)[:1]:  # a prepayment on historic use does not change with it
        return prepaid.units, prepaid.means
    if year.forecast is not None:
        return None, f"forecast {year.forecast.key}"
    return historic, "" if historic is None else f"historic {year.key.year - 1}"


def _uses(
    party_id: str, history: DebtorHistory | None, service: Service, used: Sequence[_Counted]
) -> tuple[UsePeriod, ...]:
    """The use of a party, in parts as long as its own status and the price hold."""
    found: list[UsePeriod] = []
    for part in used:
        payer = history.payer(service, part.first) if history else REGULAR_PAYER
        units = part.units.get(party_id, 0)
        if found and not part.has_new_price and found[-1].payer == payer:
            found[-1] = replace(found[-1], last=part.last, units=found[-1].units + units)
        else:
            found.append(UsePeriod(part.first, part.last, units, payer))
    return tuple(found)


def _guidance(steps: Sequence[YearStep], history: DebtorHistory | None) -> tuple[Guidance, ...]:
    latest = {date.fromisoformat(step.key.partition("#")[0]): step.units for step in steps}
    return tuple(
        Guidance(day, units, history.payer(Service.GUIDANCE, day) if history else REGULAR_PAYER)
        for day, units in sorted(latest.items())
    )
