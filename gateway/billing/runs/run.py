"""A billing run: its inputs, their hash, and what they give. Pure: the same inputs, the same bills."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from gateway.billing.documents.bill import Bill, BillStage, DocumentHead, draft
from gateway.billing.rating.amounts import ZERO, PriceBasis, cents, share
from gateway.billing.rating.guidance import due_for_guidance, guidance_periods
from gateway.billing.rating.policies import Policies
from gateway.billing.rating.rating import (
    REGULAR_PAYER,
    Due,
    DueLine,
    LineRole,
    PayerStatus,
    UsePeriod,
    advance_due,
    final_dues,
    vat_percent,
)
from gateway.billing.rating.services import FACILITIES, SERVICE_NAMES, Service
from gateway.billing.rating.tariffs import Catalogue, Tariff
from gateway.billing.runs.debtor import FACILITIES_PAYERS, Debtor, FacilitiesPayer, RegisteredAs
from gateway.billing.runs.errors import BillingError, DistributionKeyError
from gateway.billing.runs.issuer import Issuer
from gateway.i18n import Text


class DecisionKind(StrEnum):
    """What a person can decide about a run."""

    LEAVE_OUT = "leave-out"
    """A party is not billed in this run."""
    CONFIRM = "confirm"
    """What is far from history is right."""
    EARLY = "early"
    """Tax is refunded before the day from which it is."""


@dataclass(frozen=True, slots=True)
class RunDecision:
    """A decision on a run, of the person who prepares it; another person approves it with the run."""

    kind: DecisionKind
    reason: str
    party_id: str = ""


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What a run is for. `total` is divided: reclaimed tax, or the facilities without tariff by `weights`; `key`
    says how the weights were made. A refund of tax is for all services, and has none."""

    stage: BillStage
    service: Service | None
    year: int
    issued_on: date
    total: Decimal = ZERO
    weights: tuple[tuple[str, Decimal], ...] = ()
    key: str = ""
    decisions: tuple[RunDecision, ...] = ()

    def decisions_of(self, kind: DecisionKind) -> Mapping[str, str]:
        """The decisions of a kind: the reason by party id."""
        return {one.party_id: one.reason for one in self.decisions if one.kind is kind}


@dataclass(frozen=True, slots=True)
class Guidance:
    """Guidance of one party from one start mail, and who it was on that day."""

    received: date
    periods: int
    payer: PayerStatus = REGULAR_PAYER


@dataclass(frozen=True, slots=True)
class PartyInput:
    """Everything that decides the bills of one party for one service.

    `debtor` is whom the documents are for, on their date; None: nobody is recorded. `payer` is what the party was
    on the first day of the year, `uses` and `guided` hold what it was then. `agreed` is the minimum in units.
    The inputs of a run are hashed: the names and the order of their fields do not change.
    """

    party_id: str
    service: Service
    debtor: Debtor | None
    payer: PayerStatus = REGULAR_PAYER
    forecast: int | None = None
    forecast_means: str = ""
    agreed: int = 0
    uses: tuple[UsePeriod, ...] = ()
    guided: tuple[Guidance, ...] = ()
    billed: tuple[Bill, ...] = ()
    is_prepaid: bool = False
    is_closed: bool = False
    last_year: Decimal = ZERO
    """What the same stage came to in the year before, without tax."""
    facilities: FacilitiesPayer | None = None
    registered: RegisteredAs | None = None
    """What the register knows of the debtor."""

    @property
    def units(self) -> int:
        """Units of the year."""
        return sum(use.units for use in self.uses)


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
        return digest_of(self)


def digest_of(value: object) -> str:
    """The SHA-256 of a value as JSON."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


@dataclass(frozen=True, slots=True)
class PartyFinding:
    """A sentence about a party in a run."""

    party_id: str
    text: Text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run comes to. A party with a problem has no bills, and is left out by decision before the run can be
    prepared; a question needs a confirmation."""

    bills: tuple[Bill, ...] = ()
    problems: tuple[PartyFinding, ...] = ()
    questions: tuple[PartyFinding, ...] = ()
    remarks: tuple[PartyFinding, ...] = ()


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
    position: int = 0
    """The position of the meter up to which it counted."""

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
    """The bills, without numbers; a party that owes nothing new has none."""
    return outcome_of(inputs).bills


def outcome_of(inputs: RunInputs) -> Outcome:
    """The bills of a run, and what there is to say about its parties.

    Raises TariffMissingError, BadCountError and BillingError where the run as a whole cannot be.
    """
    dues_of = _DUES[inputs.order.stage](inputs, Catalogue(inputs.tariffs, inputs.policies))
    run_id = Run.id_of(inputs.digest)
    left_out = inputs.order.decisions_of(DecisionKind.LEAVE_OUT)
    bills: list[Bill] = []
    problems: list[PartyFinding] = []
    questions: list[PartyFinding] = []
    remarks = list(_key_remarks(inputs))
    for party in inputs.parties:
        if party.party_id in left_out:
            text = Text("left out: {reason}", reason=left_out[party.party_id])
            remarks.append(PartyFinding(party.party_id, text))
            continue
        found = _billed_or_problem(inputs, party, dues_of, run_id)
        if isinstance(found, Text):
            problems.append(PartyFinding(party.party_id, found))
            continue
        bills += found
        questions += (PartyFinding(party.party_id, text) for text in _questions(inputs, party, found))
        remarks += (PartyFinding(party.party_id, text) for text in _remarks(inputs.order.stage, party, found))
    return Outcome(tuple(bills), tuple(problems), tuple(questions), tuple(remarks))


_DuesOf = Callable[[PartyInput], tuple[Due, ...]]


def _billed_or_problem(
    inputs: RunInputs, party: PartyInput, dues_of: _DuesOf, run_id: str
) -> Sequence[Bill] | Text:
    """The bills of a party, or why it can have none."""
    if party.debtor is None:
        return Text("{party_id} has use or a forecast but is not recorded as a debtor", party_id=party.party_id)
    if contradiction := party.debtor.contradiction(party.registered):
        return Text("the debtor contradicts the register: {how}", how=contradiction)
    try:
        bills = list(_documents(inputs, party, party.debtor, dues_of(party), run_id))
    except BillingError as wrong:
        return wrong.text
    if bills and party.is_closed:
        return Text("its year is closed: reopen it to bill {amount:amount}", amount=bills[0].amounts.including)
    return bills


def _documents(
    inputs: RunInputs, party: PartyInput, debtor: Debtor, dues: Iterable[Due], run_id: str
) -> Iterator[Bill]:
    """What is due less what was billed, for each percentage of tax. What was billed at a percentage that holds no
    longer is taken back whole."""
    order = inputs.order
    head = DocumentHead(
        order.stage,
        party.service,
        order.year,
        debtor,
        inputs.issuer,
        order.issued_on,
        inputs.policies.payment_days,
        run_id,
        "" if debtor.party_id == party.party_id else party.party_id,
    )
    counted = _counted_before(order.stage, party.billed)
    by_percent = {due.percent: due for due in dues}
    ordinal = len(party.billed)
    percents = {*by_percent, *(bill.vat_percent for bill in counted)}
    for percent in sorted(percents, key=lambda one: (one in by_percent, -one)):
        billed = [bill for bill in counted if bill.vat_percent == percent]
        due = by_percent.get(percent) or Due(billed[0].basis, percent, notes=(_WAS_CORRECTED,))
        if order.stage is BillStage.PREPAYMENT and percent in by_percent and due.amount < _sum(billed):
            continue  # a lower forecast refunds nothing before the settlement
        due = replace(due, notes=(*due.notes, *_notes(inputs, party, debtor)))
        bill = draft(head, due, billed, ordinal + 1, _concerned_bills(order.stage, party.billed))
        if bill is not None:
            ordinal += 1
            yield bill


_WAS_CORRECTED = Text("Taken back: it was billed with tax as for another kind of organization")


def _sum(bills: Iterable[Bill]) -> Decimal:
    return sum((bill.amount for bill in bills), ZERO)


def _notes(inputs: RunInputs, party: PartyInput, debtor: Debtor) -> Iterator[Text]:
    """What every document of a party says besides what is due."""
    if debtor.party_id != party.party_id:
        yield Text(
            "For the use of {party_id}, which has become part of {name}", party_id=party.party_id, name=debtor.name
        )
    if inputs.order.stage is BillStage.SETTLEMENT and party.agreed and not party.is_prepaid:
        yield _not_prepaid(party)
    if inputs.order.stage is BillStage.DISTRIBUTION:
        yield Text("The facilities are {names}", names=", ".join(FACILITIES))
        yield Text("The key: {key}", key=inputs.order.key)


def _not_prepaid(party: PartyInput) -> Text:
    return Text(
        "The prepayment on the agreed forecast of {agreed:n} was not billed: it is part of this settlement",
        agreed=party.agreed,
    )


def _remarks(stage: BillStage, party: PartyInput, bills: Sequence[Bill]) -> Iterator[Text]:
    if stage is BillStage.PREPAYMENT and party.forecast is None and party.forecast_means:
        yield Text("{means} is not agreed, so it is not prepaid", means=party.forecast_means)
    if stage is BillStage.SETTLEMENT and bills and party.agreed and not party.is_prepaid:
        yield _not_prepaid(party)
    if party.debtor is not None and party.debtor.party_id != party.party_id:
        yield Text("billed to {successor}, which it has become part of", successor=party.debtor.party_id)


def _questions(inputs: RunInputs, party: PartyInput, bills: Sequence[Bill]) -> Iterator[Text]:
    """Where the total of the year is far from that of the year before."""
    stage, confirmed = inputs.order.stage, inputs.order.decisions_of(DecisionKind.CONFIRM)
    if not bills or stage not in _COMPARED or party.party_id in confirmed:
        return
    total = compared_total(stage, (*party.billed, *bills))
    if inputs.policies.is_unusual(total, party.last_year, inputs.policies.unusual_amount):
        yield Text(
            "{year} comes to {total:amount} without tax, the year before to {before:amount}",
            year=inputs.order.year,
            total=total,
            before=party.last_year,
        )


_COMPARED = frozenset({BillStage.PREPAYMENT, BillStage.SETTLEMENT, BillStage.DISTRIBUTION})


def compared_total(stage: BillStage, billed: Iterable[Bill]) -> Decimal:
    """What the documents of a year come to in a stage, without tax."""
    return sum((bill.amounts.excluding for bill in _counted_before(stage, tuple(billed))), ZERO)


def _counted_before(stage: BillStage, billed: tuple[Bill, ...]) -> tuple[Bill, ...]:
    """Earlier documents that this stage's due amount already holds: a settlement includes the prepayment; a
    refund of tax does not include them."""
    if stage is BillStage.SETTLEMENT:
        return tuple(bill for bill in billed if bill.stage in {BillStage.PREPAYMENT, BillStage.SETTLEMENT})
    return tuple(bill for bill in billed if bill.stage is stage)


def _concerned_bills(stage: BillStage, billed: tuple[Bill, ...]) -> tuple[Bill, ...]:
    """The documents whose tax is refunded."""
    return tuple(bill for bill in billed if bill.stage is not stage) if stage is BillStage.VAT_REFUND else ()


def _advances(inputs: RunInputs, catalogue: Catalogue) -> _DuesOf:
    year, policies = inputs.order.year, inputs.policies
    return lambda party: (advance_due(party.service, year, party.forecast or 0, party.payer, catalogue, policies),)


def _settlements(inputs: RunInputs, catalogue: Catalogue) -> _DuesOf:
    return lambda party: final_dues(party.service, party.uses, party.agreed, catalogue, inputs.policies)


def _guidance(inputs: RunInputs, catalogue: Catalogue) -> _DuesOf:
    def dues(party: PartyInput) -> tuple[Due, ...]:
        found: dict[Decimal, Due] = {}
        for one in party.guided:
            periods = guidance_periods(one.received, one.periods, inputs.policies)
            due = due_for_guidance(periods, one.payer, catalogue, inputs.policies)
            found[due.percent] = _together(found[due.percent], due) if due.percent in found else due
        return tuple(found.values())

    return dues


def _together(one: Due, other: Due) -> Due:
    first = min((day for day in (one.first, other.first) if day), default=None)
    last = max((day for day in (one.last, other.last) if day), default=None)
    notes = tuple(dict.fromkeys((*one.notes, *other.notes)))
    return replace(one, lines=(*one.lines, *other.lines), notes=notes, first=first, last=last)


def _refunds(inputs: RunInputs, catalogue: Catalogue) -> _DuesOf:  # noqa: ARG001  # one signature for all
    """Reclaimed tax, over services and parties, by the tax that each was billed."""
    weights = {
        (party.party_id, party.service): max(tax, ZERO)
        for party in inputs.parties
        if (tax := tax_billed(party.billed)) or any(bill.vat_percent for bill in party.billed)
    }
    whole = sum(weights.values(), ZERO)
    if inputs.order.total > whole:
        raise DistributionKeyError(
            Text(
                "the tax to refund is {total:amount}, more than the {whole:amount} that was billed",
                total=inputs.order.total,
                whole=whole,
            ),
        )
    text = Text("Value-added tax reclaimed over {year}", year=inputs.order.year)
    return _share_dues(inputs, weights, LineRole.REFUND, text, -1)


def tax_billed(bills: Iterable[Bill]) -> Decimal:
    """The tax that a party was billed for a service and year, refunds left out."""
    return sum((bill.amounts.vat for bill in bills if bill.stage is not BillStage.VAT_REFUND), ZERO)


def _shares(inputs: RunInputs, catalogue: Catalogue) -> _DuesOf:  # noqa: ARG001  # one signature for all
    order = inputs.order
    twice = [name for name, times in Counter(name for name, _ in order.weights).items() if times > 1]
    if twice:
        raise DistributionKeyError(
            Text("the distribution key names {twice} more than once", twice=", ".join(twice)),
        )
    if not order.key.strip():
        raise DistributionKeyError(Text("say how the distribution key was made: it is on the bills"))
    weighted = [party for party in inputs.parties if party.party_id in dict(order.weights)]
    strangers = [party.party_id for party in weighted if party.debtor and party.facilities is None]
    if strangers:
        raise DistributionKeyError(
            Text(
                "only departments, IPO, VNG and Unie van Waterschappen share: not {names}",
                names=", ".join(strangers),
            ),
        )
    for role, times in Counter(party.facilities for party in weighted if party.facilities).items():
        if times > FACILITIES_PAYERS[role]:
            raise DistributionKeyError(
                Text(
                    "the distribution key has {times} of {role}: there are {most}",
                    times=times,
                    role=role,
                    most=FACILITIES_PAYERS[role],
                ),
            )
    text = Text("Share of {name} {year}", name=SERVICE_NAMES[Service.FACILITIES].name, year=order.year)
    weights = {(party_id, Service.FACILITIES): weight for party_id, weight in order.weights}
    return _share_dues(inputs, weights, LineRole.SHARE, text, 1)


def _key_remarks(inputs: RunInputs) -> Iterator[PartyFinding]:
    """Who shares in the facilities and is not in the key."""
    if inputs.order.stage is not BillStage.DISTRIBUTION:
        return
    there = Counter(party.facilities for party in inputs.parties if party.facilities)
    for role, most in FACILITIES_PAYERS.items():
        if there[role] < most:
            yield PartyFinding(
                "", Text("the key has {times} of {most} {role}", times=there[role], most=most, role=role.value)
            )


def _share_dues(
    inputs: RunInputs, weights: Mapping[tuple[str, Service], Decimal], role: LineRole, text: Text, sign: int
) -> _DuesOf:
    order = inputs.order
    basis = PriceBasis.INCLUDING_VAT if role is LineRole.REFUND else PriceBasis.EXCLUDING_VAT
    if order.total <= 0 or order.total != cents(order.total):
        raise DistributionKeyError(
            Text("the amount to divide is {total}: it has to be above zero, in whole cents", total=order.total),
        )
    parts = dict(zip(weights, share(order.total, list(weights.values())), strict=True))
    whole = sum(weights.values(), Decimal(0))

    def dues(party: PartyInput) -> tuple[Due, ...]:
        key = (party.party_id, party.service)
        percent = inputs.policies.vat_percent
        if role is LineRole.SHARE:
            percent = vat_percent(party.payer, inputs.policies)
        part = parts.get(key)
        if part is None:
            return (Due(basis, percent),)
        how = Text(
            "{total:amount} × {weight:number} / {whole:number} = {amount:amount}",
            total=order.total,
            weight=weights[key],
            whole=whole,
            amount=part,
        )
        line = DueLine(role, sign, part, sign * part, text, how)
        return (Due(basis, percent, (line,) if part else ()),)

    return dues


_DUES: Mapping[BillStage, Callable[[RunInputs, Catalogue], _DuesOf]] = {
    BillStage.PREPAYMENT: _advances,
    BillStage.SETTLEMENT: _settlements,
    BillStage.GUIDANCE: _guidance,
    BillStage.VAT_REFUND: _refunds,
    BillStage.DISTRIBUTION: _shares,
}
