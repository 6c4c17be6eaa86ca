"""Collects what decides the bills of a run: debtors, forecasts, counts, what was billed, tariffs, policies."""

from collections.abc import Mapping, Sequence
from datetime import date

from gateway.billing.documents.bill import Bill, BillStage
from gateway.billing.rating.policies import Policies, Regime
from gateway.billing.rating.rating import REGULAR_PAYER, advance_tariff, final_periods
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.errors import StepRefusedError, UnknownPartyError
from gateway.billing.runs.issuer import Issuer
from gateway.billing.runs.ports import BillingStore, UsageCounts
from gateway.billing.runs.run import Guidance, PartyInput, RunInputs, RunOrder
from gateway.billing.runs.year import BillingYear, StepKind, YearKey, YearStep
from gateway.i18n import Text

_BY_USE = frozenset({BillStage.PREPAYMENT, BillStage.SETTLEMENT, BillStage.VAT_REFUND})
_STAGES = {
    Regime.PREPAID: _BY_USE,
    Regime.PASSED_ON: _BY_USE,
    Regime.PER_PERIOD: frozenset({BillStage.GUIDANCE, BillStage.VAT_REFUND}),
    Regime.DISTRIBUTED: frozenset({BillStage.DISTRIBUTION, BillStage.VAT_REFUND}),
}
_COUNTED = frozenset({BillStage.SETTLEMENT, BillStage.VAT_REFUND})


async def collect(
    store: BillingStore,
    counts: UsageCounts,
    issuer: Issuer,
    order: RunOrder,
    catalogue: Catalogue,
    policies: Policies,
) -> RunInputs:
    """The inputs of a run as they are now: every party with a forecast, use, a document or a weight.

    Raises UnknownPartyError for one that finance does not know, StepRefusedError for a year that cannot
    be billed in this stage, TariffMissingError.
    """
    if order.stage not in _STAGES[policies.regime(order.service)]:
        raise StepRefusedError(Text("{service} has no {stage}", service=order.service, stage=order.stage))
    if (
        order.stage is BillStage.PREPAYMENT
    ):  # a year without a price is an error, also when there is nobody to bill
        advance_tariff(order.service, order.year, REGULAR_PAYER, catalogue, policies)
    steps = await store.steps(order.service, order.year)
    billed = await store.bills_by_party(order.service, order.year)
    _check_time(order, billed)
    used = await _used_units(counts, order, catalogue, policies)
    historic = await _historic(counts, order, policies)
    debtors = await store.debtors()
    ids = {*steps, *billed, *used, *historic, *(party_id for party_id, _ in order.weights)}
    none_used = (0,) * len(_periods(order, catalogue, policies))
    parties = tuple(
        _party_input(
            known_debtor(debtors, party_id),
            BillingYear(YearKey(party_id, order.service, order.year), steps.get(party_id, ()), policies),
            used.get(party_id, none_used),
            historic.get(party_id),
            tuple(billed.get(party_id, ())),
        )
        for party_id in sorted(ids)
    )
    tariffs = tuple(tariff for tariff in catalogue.tariffs if tariff.service is order.service)
    return RunInputs(order, issuer, policies, tariffs, parties)


def charged_units(service: Service, kinds: Mapping[str, int], policies: Policies) -> int:
    """The units of a count that are charged: for Digipoort the kinds of the policy, else all."""
    if service is not Service.DIGIPOORT:
        return sum(kinds.values())
    return sum(units for kind, units in kinds.items() if kind in policies.charged_kinds)


def known_debtor(debtors: Mapping[str, Debtor], party_id: str) -> Debtor:
    """The debtor of this id. Raises UnknownPartyError."""
    if party_id in debtors:
        return debtors[party_id]
    raise UnknownPartyError(
        Text("{party_id} has use or a forecast but is not recorded as a debtor", party_id=party_id),
    )


def _check_time(order: RunOrder, billed: Mapping[str, Sequence[Bill]]) -> None:
    if order.stage is BillStage.SETTLEMENT and order.issued_on.year <= order.year:
        raise StepRefusedError(
            Text("{year} is not over, so it cannot be settled", year=order.year),
        )
    settled = [bill for bills in billed.values() for bill in bills if bill.stage is BillStage.SETTLEMENT]
    if order.stage is BillStage.PREPAYMENT and settled:
        raise StepRefusedError(
            Text(
                "{service} {year} is being settled, so nothing can be prepaid any more",
                service=order.service,
                year=order.year,
            ),
        )


def _periods(order: RunOrder, catalogue: Catalogue, policies: Policies) -> tuple[tuple[date, date], ...]:
    """The days between which one final price holds; the variants of a service change price together."""
    if order.stage not in _COUNTED or policies.regime(order.service) not in {Regime.PREPAID, Regime.PASSED_ON}:
        return ()
    periods = final_periods(order.service, order.year, REGULAR_PAYER, catalogue, policies)
    return tuple((period.first, period.last) for period in periods)


async def _used_units(
    counts: UsageCounts, order: RunOrder, catalogue: Catalogue, policies: Policies
) -> Mapping[str, tuple[int, ...]]:
    """Units by party, one for each tariff period of the year."""
    periods = _periods(order, catalogue, policies)
    found = [await counts.by_party(order.service, first, last) for first, last in periods]
    return {
        party_id: tuple(charged_units(order.service, count.get(party_id, {}), policies) for count in found)
        for party_id in {party_id for count in found for party_id in count}
    }


async def _historic(counts: UsageCounts, order: RunOrder, policies: Policies) -> Mapping[str, int]:
    """Use of the year before, which replaces a missing forecast."""
    if order.stage is not BillStage.PREPAYMENT:
        return {}
    before = order.year - 1
    found = await counts.by_party(order.service, date(before, 1, 1), date(before, 12, 31))
    return {party_id: charged_units(order.service, kinds, policies) for party_id, kinds in found.items()}


def _party_input(
    debtor: Debtor, year: BillingYear, used: tuple[int, ...], historic: int | None, billed: tuple[Bill, ...]
) -> PartyInput:
    guided = _guidance(year.of_kind(StepKind.GUIDANCE))
    if year.forecast is not None:
        means = f"forecast {year.forecast.key}"
        return PartyInput(debtor, year.forecast.units, means, used, guided, billed)
    for prepaid in year.of_kind(StepKind.PREPAYMENT)[:1]:  # a prepayment on historic use does not change with it
        return PartyInput(debtor, prepaid.units, prepaid.means, used, guided, billed)
    means = "" if historic is None else f"historic {year.key.year - 1}"
    return PartyInput(debtor, historic, means, used, guided, billed)


def _guidance(steps: Sequence[YearStep]) -> tuple[Guidance, ...]:
    latest = {step.key.partition("#")[0]: step.units for step in steps}
    return tuple(Guidance(date.fromisoformat(day), units) for day, units in sorted(latest.items()))
