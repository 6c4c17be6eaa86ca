"""A billing run: its inputs, their hash, and the bills they give. Pure: the same inputs, the same bills."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import chain

import msgspec

from gateway.billing.documents.bill import Bill, BillStage, draft
from gateway.billing.rating.amounts import ZERO, PriceBasis, cents, share
from gateway.billing.rating.guidance import due_for_guidance, guidance_periods
from gateway.billing.rating.policies import Policies, VatRefundKey
from gateway.billing.rating.rating import (
    Due,
    DueLine,
    LineRole,
    PayerStatus,
    advance_due,
    final_due,
    vat_percent,
)
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.rating.tariffs import Catalogue, Tariff
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.errors import DistributionKeyError
from gateway.billing.runs.issuer import Issuer
from gateway.i18n import Text


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What a run is for. `total` and `weights` are for runs that divide an amount: reclaimed tax, the
    facilities without tariff."""

    stage: BillStage
    service: Service
    year: int
    issued_on: date
    total: Decimal = ZERO
    weights: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Guidance:
    """Guidance of one party from one start mail."""

    received: date
    periods: int


@dataclass(frozen=True, slots=True)
class PartyInput:
    """Everything that decides the bill of one party. `used` holds the units of each tariff period.

    The inputs of a run are hashed: the names and the order of their fields do not change.
    """

    debtor: Debtor
    forecast: int | None = None
    forecast_means: str = ""
    used: tuple[int, ...] = ()
    guided: tuple[Guidance, ...] = ()
    billed: tuple[Bill, ...] = ()


@dataclass(frozen=True, slots=True)
class RunInputs:
    """Everything that decides the bills of a run, parties in the order of their ids."""

    order: RunOrder
    issuer: Issuer
    policies: Policies
    tariffs: tuple[Tariff, ...]
    parties: tuple[PartyInput, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the inputs: what an approval is bound to."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


class RunState(StrEnum):
    """How far a run is."""

    PREPARED = "prepared"
    APPROVED = "approved"
    ISSUED = "issued"


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was prepared: its id is the first half of its inputs' hash."""

    run_id: str
    order: RunOrder
    digest: str
    prepared_by: str
    prepared_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    issued_by: str = ""
    issued_at: datetime | None = None

    @property
    def state(self) -> RunState:
        """How far it is."""
        if self.issued_by:
            return RunState.ISSUED
        return RunState.APPROVED if self.approved_by else RunState.PREPARED

    @classmethod
    def id_of(cls, digest: str) -> str:
        """The id of the run on inputs with this hash."""
        return digest[:32]


def bills_of(inputs: RunInputs) -> tuple[Bill, ...]:
    """The bills, without numbers; a party that owes nothing new has none.

    Raises TariffMissingError, BadCountError and BillingError, and then there are no bills at all.
    """
    catalogue = Catalogue(inputs.tariffs, inputs.policies)
    dues = _DUES[inputs.order.stage](inputs, catalogue)
    run_id = Run.id_of(inputs.digest)
    drafts = (_bill(inputs, party, dues[party.debtor.party_id], run_id) for party in inputs.parties)
    return tuple(bill for bill in drafts if bill is not None)


def _bill(inputs: RunInputs, party: PartyInput, due: Due, run_id: str) -> Bill | None:
    order, policies = inputs.order, inputs.policies
    billed = _counted_before(order.stage, party.billed)
    if order.stage is BillStage.PREPAYMENT and due.amount < sum((bill.amount for bill in billed), ZERO):
        return None  # a lower forecast refunds nothing before the settlement
    percent = vat_percent(party.debtor.payer_status(order.service, order.year), policies)
    return draft(
        order.stage,
        order.service,
        order.year,
        party.debtor,
        inputs.issuer,
        order.issued_on,
        policies.payment_days,
        due,
        percent,
        billed,
        len(party.billed) + 1,
        run_id,
        _concerned_bills(order.stage, party.billed),
    )


def _counted_before(stage: BillStage, billed: tuple[Bill, ...]) -> tuple[Bill, ...]:
    """Earlier documents that this stage's due amount already holds: a settlement includes the prepayment; a
    refund of tax does not include them."""
    if stage is BillStage.SETTLEMENT:
        return tuple(bill for bill in billed if bill.stage in {BillStage.PREPAYMENT, BillStage.SETTLEMENT})
    return tuple(bill for bill in billed if bill.stage is stage)


def _concerned_bills(stage: BillStage, billed: tuple[Bill, ...]) -> tuple[Bill, ...]:
    """The documents whose tax is refunded."""
    return tuple(bill for bill in billed if bill.stage is not stage) if stage is BillStage.VAT_REFUND else ()


def prepaid(billed: tuple[Bill, ...]) -> Decimal:
    """What was billed in advance, in the price basis."""
    return sum((bill.amount for bill in billed if bill.stage is BillStage.PREPAYMENT), ZERO)


def _for_each(inputs: RunInputs, due_of: Callable[[PartyInput, PayerStatus], Due]) -> Mapping[str, Due]:
    order = inputs.order
    return {
        party.debtor.party_id: due_of(party, party.debtor.payer_status(order.service, order.year))
        for party in inputs.parties
    }


def _advances(inputs: RunInputs, catalogue: Catalogue) -> Mapping[str, Due]:
    service, year, policies = inputs.order.service, inputs.order.year, inputs.policies

    def due(party: PartyInput, payer: PayerStatus) -> Due:
        return advance_due(service, year, party.forecast or 0, payer, catalogue, policies)

    return _for_each(inputs, due)


def _settlements(inputs: RunInputs, catalogue: Catalogue) -> Mapping[str, Due]:
    service, year, policies = inputs.order.service, inputs.order.year, inputs.policies

    def due(party: PartyInput, payer: PayerStatus) -> Due:
        return final_due(service, year, party.used, prepaid(party.billed), payer, catalogue, policies)

    return _for_each(inputs, due)


def _guidance(inputs: RunInputs, catalogue: Catalogue) -> Mapping[str, Due]:
    def due(party: PartyInput, payer: PayerStatus) -> Due:
        periods = (guidance_periods(one.received, one.periods, inputs.policies) for one in party.guided)
        return due_for_guidance(tuple(chain.from_iterable(periods)), payer, catalogue, inputs.policies)

    return _for_each(inputs, due)


def _refunds(inputs: RunInputs, catalogue: Catalogue) -> Mapping[str, Due]:  # noqa: ARG001  # one signature for all
    """Reclaimed tax, over those who were billed with tax, by the key of the policy."""
    weights = {
        party.debtor.party_id: _refund_weight(party, inputs.policies)
        for party in inputs.parties
        if any(bill.vat_percent for bill in party.billed)
    }
    text = Text("Value-added tax reclaimed over {year}", year=inputs.order.year)
    return _share_dues(inputs, weights, LineRole.REFUND, text, -1)


def _refund_weight(party: PartyInput, policies: Policies) -> Decimal:
    real = [bill for bill in party.billed if bill.stage is not BillStage.VAT_REFUND]
    if policies.vat_refund_key is VatRefundKey.EQUALLY:
        return Decimal(1)
    if policies.vat_refund_key is VatRefundKey.BY_UNITS:
        return Decimal(sum(party.used))
    return max(sum((bill.amounts.vat for bill in real), ZERO), ZERO)


def _shares(inputs: RunInputs, catalogue: Catalogue) -> Mapping[str, Due]:  # noqa: ARG001  # one signature for all
    twice = [name for name, times in Counter(name for name, _ in inputs.order.weights).items() if times > 1]
    if twice:
        raise DistributionKeyError(
            Text("the distribution key names {twice} more than once", twice=", ".join(twice)),
        )
    order = inputs.order
    text = Text("Share of {name} {year}", name=SERVICE_NAMES[order.service].name, year=order.year)
    return _share_dues(inputs, dict(inputs.order.weights), LineRole.SHARE, text, 1)


def _share_dues(
    inputs: RunInputs, weights: Mapping[str, Decimal], role: LineRole, text: Text, sign: int
) -> Mapping[str, Due]:
    order = inputs.order
    basis = PriceBasis.INCLUDING_VAT if role is LineRole.REFUND else PriceBasis.EXCLUDING_VAT
    if order.total <= 0 or order.total != cents(order.total):
        raise DistributionKeyError(
            Text("the amount to divide is {total}: it has to be above zero, in whole cents", total=order.total),
        )
    parts = dict(zip(weights, share(order.total, list(weights.values())), strict=True))
    whole = sum(weights.values(), Decimal(0))

    def lines_of(party_id: str) -> tuple[DueLine, ...]:
        if party_id not in parts:
            return ()
        how = Text(
            "{total:amount} × {weight:number} / {whole:number} = {amount:amount}",
            total=order.total,
            weight=weights[party_id],
            whole=whole,
            amount=parts[party_id],
        )
        amount = sign * parts[party_id]
        return (DueLine(role, -1 if amount < 0 else 1, abs(amount), amount, text, how),)

    return _for_each(inputs, lambda party, _: Due(basis, lines_of(party.debtor.party_id)))


_DUES = {
    BillStage.PREPAYMENT: _advances,
    BillStage.SETTLEMENT: _settlements,
    BillStage.GUIDANCE: _guidance,
    BillStage.VAT_REFUND: _refunds,
    BillStage.DISTRIBUTION: _shares,
}
