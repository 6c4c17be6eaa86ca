"""The billing year as a service: who may do what, in which order. Counts and storage come from other rooms.

Always true: only finance acts; what is issued was approved, on the inputs that are there at that moment;
a repeated run gives the same documents; a run is issued as a whole.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import msgspec

from gateway import judge
from gateway.billing.documents.bill import Bill, BillStage
from gateway.billing.documents.mail import UsageWarning
from gateway.billing.documents.ubl import write
from gateway.billing.rating.amounts import NOTHING, Amounts
from gateway.billing.rating.outlook import Outlook, OutlookStatus, YearMeasure, outlook, warning_mail
from gateway.billing.rating.policies import DEFAULT, Policies
from gateway.billing.rating.projection import HISTORY_DAYS
from gateway.billing.rating.services import Service
from gateway.billing.rating.silence import WEEKS, SilentParty, silent_party
from gateway.billing.rating.tariffs import Catalogue, published
from gateway.billing.runs.audit_chain import AuditEvent
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.errors import (
    BillRejectedError,
    InputsMovedError,
    NotAllowedError,
    OwnApprovalError,
    StepRefusedError,
    UnknownBillError,
    UnknownRunError,
)
from gateway.billing.runs.inputs import charged_units, collect, known_debtor
from gateway.billing.runs.issuer import Issuer
from gateway.billing.runs.ports import BillingStore, Judge, MeteredEntry, Render, UsageCounts
from gateway.billing.runs.run import PartyInput, Run, RunInputs, RunOrder, bills_of
from gateway.billing.runs.year import BillingYear, StepKind, YearKey, YearStep
from gateway.clock import Clock
from gateway.i18n import Text
from gateway.messages.participants import Role
from gateway.validator.finding import Finding, Flag

_DRAFT_NUMBER = "CONCEPT"
_STEP_KINDS = {BillStage.VAT_REFUND: StepKind.CREDIT, BillStage.PREPAYMENT: StepKind.PREPAYMENT}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person's name and the role that their key proves."""

    name: str
    role: Role

    @classmethod
    def finance(cls, name: str) -> "Actor":
        """A person of finance, as the caller is at the command line."""
        return cls(name, Role.FINANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBills:
    """The documents of a run."""

    bills: tuple[Bill, ...]

    @property
    def total(self) -> Amounts:
        """The total of all bills."""
        return sum((bill.amounts for bill in self.bills), NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(RunBills):
    """The result of a run that is not stored."""

    inputs: RunInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(RunBills):
    """A run and its documents: as issued, or as they would be issued now. `has_moved`: its inputs have
    changed, so that it has no documents and must be prepared again."""

    run: Run
    has_moved: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """From an amount to its messages: the bill, the run and the entries counted."""

    bill: Bill
    run: Run
    counted: Mapping[str, int]
    entries: Sequence[MeteredEntry]


async def own_judge(document: bytes) -> Sequence[Finding]:
    """The findings of this gateway's validator on a document."""
    verdict = await asyncio.to_thread(judge, document)
    return verdict.findings


class BillingService:
    """Runs the billing year. Rating and writing bills is done in a thread, so that the event loop goes on."""

    def __init__(
        self,
        store: BillingStore,
        counts: UsageCounts,
        issuer: Issuer,
        clock: Clock,
        policies: Policies = DEFAULT,
        *,
        catalogue: Catalogue | None = None,
        render: Render = write,
        judge: Judge = own_judge,
    ) -> None:
        """Without a catalogue bills are rated by the tariffs that come with the gateway; `render` writes a bill as
        an e-invoice, `judge` checks it before it is issued."""
        self.store = store
        self.issuer = issuer
        self._counts = counts
        self._clock = clock
        self._policies = policies
        self._catalogue = catalogue or published()
        self._render = render
        self._judge = judge

    async def save_debtor(self, actor: Actor, debtor: Debtor) -> None:
        """Record a debtor, or what changed about one."""
        event = self._event(actor, "debtor-recorded", debtor.party_id, digest=_digest(debtor))
        await self.store.save_debtor(debtor, event)

    async def year(self, key: YearKey) -> BillingYear:
        """A party's year of a service."""
        return BillingYear(key, await self.store.steps_of(key), self._policies)

    async def record_forecast(self, actor: Actor, key: YearKey, units: int, means: str) -> None:
        """Record the expected use of a year, and by which means it came. Raises ForecastLockedError."""
        event = self._event(actor, "forecast-recorded", str(key), f"{units} {means}")
        await self._check_party(key.party_id)
        await self._add(key, event, lambda year: year.with_forecast(units, actor.name, event.at, means))

    async def record_agreement(self, actor: Actor, key: YearKey, means: str) -> None:
        """Record that the forecast that holds was agreed on."""
        event = self._event(actor, "forecast-agreed", str(key), means)
        await self._add(key, event, lambda year: year.with_agreement(actor.name, event.at, means))

    async def record_guidance(self, actor: Actor, party_id: str, received: date, periods: int) -> None:
        """Record individual guidance: the day the start mail was received and the periods so far."""
        key = YearKey(party_id, Service.GUIDANCE, received.year)
        event = self._event(actor, "guidance-recorded", str(key), f"{received} {periods}")
        await self._check_party(party_id)
        day, means = received.isoformat(), "start mail"
        await self._add(key, event, lambda year: year.with_guidance(day, periods, actor.name, event.at, means))

    async def record_statements(self, actor: Actor, service: Service, year: int, month: int) -> int:
        """Record the monthly statement of every party: its use of the year up to the end of the month.

        Returns how many statements are new; a repetition with the same counts adds none.
        """
        last = date(year + month // 12, month % 12 + 1, 1).toordinal() - 1
        counts = await self._counts.by_party(service, date(year, 1, 1), date.fromordinal(last))
        added = 0
        for party_id in sorted(counts):
            key = YearKey(party_id, service, year)
            units = charged_units(service, counts[party_id], self._policies)
            added += await self._record_statement(actor, key, month, units)
        return added

    async def _record_statement(self, actor: Actor, key: YearKey, month: int, units: int) -> bool:
        event = self._event(actor, "statement-recorded", str(key), f"{month:02} {units}")
        return await self._add(key, event, lambda year: year.with_statement(month, units, actor.name, event.at))

    async def close(self, actor: Actor, key: YearKey) -> None:
        """Close a settled year: its forecast and agreement can no longer change."""
        event = self._event(actor, "year-closed", str(key))
        await self._add(key, event, lambda year: year.with_closing(actor.name, event.at))

    async def preview(
        self,
        actor: Actor,
        order: RunOrder,
        *,
        catalogue: Catalogue | None = None,
        policies: Policies | None = None,
        forecasts: Mapping[str, int] | None = None,
    ) -> Preview:
        """The result of a run now, or with other tariffs, policies or forecasts. Stores nothing."""
        check_finance(actor)
        inputs = await self._collect(order, catalogue or self._catalogue, policies or self._policies)
        if forecasts:
            parties = tuple(
                replace(party, forecast=forecasts.get(party.debtor.party_id, party.forecast))
                for party in inputs.parties
            )
            inputs = replace(inputs, parties=parties)
        return Preview(inputs=inputs, bills=await _bills(inputs))

    async def prepare(self, actor: Actor, order: RunOrder) -> Run:
        """Prepare a run for approval. The same inputs give the same run, prepared once.

        Raises IssuerMissingError where the settings name no issuer, and what a preview raises.
        """
        check_finance(actor)
        self.issuer.check_complete()
        preview = await self.preview(actor, order)
        digest = preview.inputs.digest
        run_id = Run.id_of(digest)
        event = self._event(actor, "run-prepared", run_id, _description(order), digest)
        run = Run(run_id, order, digest, actor.name, event.at)
        await self.store.add_run(run, preview.inputs, event)
        return await self._known_run(run_id)

    async def approve(self, actor: Actor, run_id: str) -> Run:
        """Approve a run on exactly the inputs on which it was prepared.

        Raises NotAllowedError for its preparer (unless the policy allows) and InputsMovedError.
        """
        event = self._event(actor, "run-approved", run_id)
        run = await self._known_run(run_id)
        if run.approved_by:
            return run
        if self._policies.approval_by_another and actor.name == run.prepared_by:
            raise OwnApprovalError(
                Text(
                    "{actor} prepared run {run_id}, so another person has to approve it",
                    actor=actor.name,
                    run_id=run_id,
                )
            )
        await self._same_inputs(run)
        await self.store.approve(run_id, actor.name, event.at, replace(event, digest=run.digest))
        return await self._known_run(run_id)

    async def issue(self, actor: Actor, run_id: str) -> Sequence[Bill]:
        """Issue an approved run: every bill passes the validator, then all get their numbers at once.

        Issuing again returns the same documents. Raises InputsMovedError, StepRefusedError and
        BillRejectedError; in each case nothing was issued.
        """
        event = self._event(actor, "run-issued", run_id)
        run = await self._known_run(run_id)
        if run.issued_by:
            return await self.store.bills_of_run(run_id)
        if not run.approved_by:
            raise StepRefusedError(Text("run {run_id} is not approved", run_id=run_id))
        try:
            return await self._issue(run, event)
        except InputsMovedError:  # they also change when somebody issued the same run meanwhile
            if (await self._known_run(run_id)).issued_by:
                return await self.store.bills_of_run(run_id)
            raise

    async def _issue(self, run: Run, event: AuditEvent) -> Sequence[Bill]:
        inputs = await self._same_inputs(run)
        drafts = await _bills(inputs)
        for bill in drafts:
            await self._check_valid(bill)
        steps = await self._new_steps(inputs, drafts, run.run_id, event)
        return await self.store.issue(run, drafts, steps, self._render, replace(event, digest=run.digest))

    async def review(self, run_id: str) -> Review:
        """A run for the person who is to approve it. Raises UnknownRunError."""
        run = await self._known_run(run_id)
        if run.issued_by:
            return Review(run=run, bills=tuple(await self.store.bills_of_run(run_id)))
        try:
            return Review(run=run, bills=await _bills(await self._same_inputs(run)))
        except InputsMovedError:
            return Review(run=run, bills=(), has_moved=True)

    async def known_bill(self, number: str) -> Bill:
        """The document of this number. Raises UnknownBillError."""
        bill = await self.store.bill(number)
        if bill is None:
            raise UnknownBillError(number)
        return bill

    async def explain(self, number: str, after: str = "", limit: int = 100) -> Explanation:
        """Walk from a document to the counts and messages behind it. Raises UnknownBillError."""
        bill = await self.known_bill(number)
        run = await self._known_run(bill.run_id)
        party_id = bill.debtor.party_id
        counts = await self._counts.by_party(bill.service, bill.first, bill.last)
        entries = await self._counts.entries(party_id, bill.service, bill.first, bill.last, after, limit)
        return Explanation(bill, run, counts.get(party_id, {}), entries)

    async def outlook(self, key: YearKey, today: date) -> Outlook:
        """A party's use of the year against what it prepaid, projected. Days are Amsterdam's."""
        year = await self.year(key)
        prepaid = year.of_kind(StepKind.PREPAYMENT)
        first = min(date(key.year, 1, 1), _window_start(today))
        by_day = await self._counts.by_day(key.party_id, key.service, first, today)
        units = max((step.units for step in prepaid), default=None)
        return outlook(key.party_id, key.service, key.year, by_day, today, units)

    async def measure(self, service: Service, today: date) -> YearMeasure:
        """This year against its forecasts."""
        steps = await self.store.steps(service, today.year)
        counts = await self._counts.by_party(service, date(today.year, 1, 1), today)
        forecasts: dict[str, int] = {}
        over = 0
        for party_id in sorted(steps):
            key = YearKey(party_id, service, today.year)
            year = BillingYear(key, steps[party_id], self._policies)
            if year.forecast is not None:
                forecasts[party_id] = year.forecast.units
                by_day = await self._counts.by_day(party_id, service, _window_start(today), today)
                seen = outlook(party_id, service, today.year, by_day, today, year.forecast.units)
                over += seen.status in {OutlookStatus.OVER, OutlookStatus.EXPECTED_OVER}
        used = sum(charged_units(service, kinds, self._policies) for kinds in counts.values())
        return YearMeasure(sum(forecasts.values()), used, over)

    async def warnings(self, service: Service, today: date) -> Sequence[UsageWarning]:
        """Warnings for parties that use more than they prepaid, or are expected to, by party id."""
        steps, debtors = await self.store.steps(service, today.year), await self.store.debtors()
        found = []
        for party_id in sorted(steps.keys() & debtors.keys()):
            seen = await self.outlook(YearKey(party_id, service, today.year), today)
            mail = warning_mail(debtors[party_id].name, seen)
            if mail is not None:
                found.append(UsageWarning(debtors[party_id], seen, mail))
        return found

    async def silent_parties(self, service: Service, today: date) -> Sequence[SilentParty]:
        """Parties that normally use a service and suddenly do not."""
        first = today - timedelta(weeks=2 * WEEKS)
        counts = await self._counts.by_party(service, first, today)
        found = [
            silent_party(party_id, await self._counts.by_day(party_id, service, first, today), today)
            for party_id in sorted(counts)
        ]
        return [one for one in found if one is not None]

    async def _collect(self, order: RunOrder, catalogue: Catalogue, policies: Policies) -> RunInputs:
        return await collect(self.store, self._counts, self.issuer, order, catalogue, policies)

    async def _same_inputs(self, run: Run) -> RunInputs:
        inputs = await self._collect(run.order, self._catalogue, self._policies)
        if inputs.digest == run.digest:
            return inputs
        raise InputsMovedError(
            Text(
                "the inputs of run {run_id} have changed since it was prepared: prepare it again",
                run_id=run.run_id,
            ),
        )

    async def _new_steps(
        self, inputs: RunInputs, drafts: Sequence[Bill], run_id: str, event: AuditEvent
    ) -> Sequence[YearStep]:
        """A step for every party that is billed, or that has not come to this stage before."""
        order = inputs.order
        kind = _STEP_KINDS.get(order.stage, StepKind.SETTLEMENT)
        before = await self.store.steps(order.service, order.year)
        passed = {party for party, steps in before.items() if any(step.kind is kind for step in steps)}
        billed = {bill.debtor.party_id for bill in drafts}
        return [
            _step_of(order, kind, party, run_id, event)
            for party in inputs.parties
            if party.debtor.party_id in billed or party.debtor.party_id not in passed
        ]

    async def _check_valid(self, bill: Bill) -> None:
        document = await asyncio.to_thread(self._render, bill.with_number(_DRAFT_NUMBER))
        findings = await self._judge(document)
        fatal = [finding for finding in findings if finding.flag is Flag.FATAL]
        if fatal:
            rules = ", ".join(finding.rule for finding in fatal)
            raise BillRejectedError(
                Text(
                    "the bill of {debtor} breaks {rules}: {message}",
                    debtor=bill.debtor.name,
                    rules=rules,
                    message=fatal[0].message,
                ),
            )

    async def _add(
        self, key: YearKey, event: AuditEvent, step_of: Callable[[BillingYear], YearStep | None]
    ) -> bool:
        step = step_of(await self.year(key))
        return step is not None and await self.store.add_step(step, event)

    async def _known_run(self, run_id: str) -> Run:
        run = await self.store.run(run_id)
        if run is None:
            raise UnknownRunError(run_id)
        return run

    async def _check_party(self, party_id: str) -> None:
        known_debtor(await self.store.debtors(), party_id)

    def _event(self, actor: Actor, action: str, subject: str, detail: str = "", digest: str = "") -> AuditEvent:
        """The event for the audit chain. Raises NotAllowedError for any role but finance."""
        check_finance(actor)
        return AuditEvent(actor.name, action, subject, self._clock(), detail, digest)


async def _bills(inputs: RunInputs) -> tuple[Bill, ...]:
    return await asyncio.to_thread(bills_of, inputs)


def _window_start(today: date) -> date:
    """The first day of use that a projection needs."""
    return today - timedelta(days=HISTORY_DAYS)


def check_finance(actor: Actor) -> None:
    """Raises NotAllowedError for any role but finance."""
    if actor.role is not Role.FINANCE:
        raise NotAllowedError(
            Text("{actor} is {role}: only finance may do this", actor=actor.name, role=actor.role.value)
        )


def _step_of(order: RunOrder, kind: StepKind, party: PartyInput, run_id: str, event: AuditEvent) -> YearStep:
    is_prepaid = kind is StepKind.PREPAYMENT
    return YearStep(
        year=YearKey(party.debtor.party_id, order.service, order.year),
        kind=kind,
        key=run_id,
        by=event.actor,
        at=event.at,
        means=party.forecast_means if is_prepaid else "run",
        units=(party.forecast or 0) if is_prepaid else sum(party.used),
    )


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def _description(order: RunOrder) -> str:
    return f"{order.stage} {order.service} {order.year} {order.issued_on}"
