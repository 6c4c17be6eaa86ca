"""The billing year as a service: who may do what, in which order. Counts and storage come from other rooms.

Always true: only finance acts; what is issued was approved, on the inputs that are there at that moment;
a repeated run gives the same documents; a run is issued as a whole.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gateway import judge
from gateway.billing.documents.bill import Bill, BillStage
from gateway.billing.documents.mail import UsageWarning
from gateway.billing.documents.pdf import PDF, PdfWriter
from gateway.billing.documents.ubl import write
from gateway.billing.rating.amounts import NOTHING, Amounts
from gateway.billing.rating.outlook import Outlook, OutlookStatus, YearMeasure, outlook, warning_mail
from gateway.billing.rating.policies import DEFAULT, Policies
from gateway.billing.rating.projection import HISTORY_DAYS
from gateway.billing.rating.rating import checked_units
from gateway.billing.rating.services import Service
from gateway.billing.rating.silence import WEEKS, SilentParty, silent_party
from gateway.billing.rating.tariffs import Catalogue, published
from gateway.billing.runs.actor import Actor, check_another, check_finance, check_own
from gateway.billing.runs.audit_event import AuditEvent
from gateway.billing.runs.debtor import Debtor, DebtorHistory, RegisteredAs, histories_of, successor
from gateway.billing.runs.errors import (
    BillRejectedError,
    ConfirmationNeededError,
    DebtorRefusedError,
    InputsMovedError,
    PartyRefusedError,
    StepRefusedError,
    UnknownBillError,
    UnknownPartyError,
    UnknownRunError,
)
from gateway.billing.runs.inputs import Collector, charged_units, counted_year
from gateway.billing.runs.issuer import Issuer
from gateway.billing.runs.ports import (
    BillFiles,
    BillingStore,
    Judge,
    MeteredEntry,
    Positions,
    Registered,
    Render,
    UsageCounts,
)
from gateway.billing.runs.run import (
    DecisionKind,
    Outcome,
    PartyFinding,
    PartyInput,
    Run,
    RunInputs,
    RunOrder,
    digest_of,
    outcome_of,
)
from gateway.billing.runs.tariff_service import TariffService
from gateway.billing.runs.tasks import BillingCalendar
from gateway.billing.runs.year import BillingYear, StepKind, YearKey, YearStep
from gateway.clock import Clock, billing_date
from gateway.i18n import Text
from gateway.validator.finding import Finding, Flag

_DRAFT_NUMBER = "CONCEPT"
_TRIES = 5
_ON_USE = frozenset({BillStage.PREPAYMENT, BillStage.SETTLEMENT})
_STEP_KINDS = {BillStage.VAT_REFUND: StepKind.CREDIT, BillStage.PREPAYMENT: StepKind.PREPAYMENT}


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
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(RunBills):
    """A run and its documents: as issued, or as they would be issued now. `has_moved`: its inputs have
    changed, so that it has no documents and must be prepared again."""

    run: Run
    remarks: tuple[PartyFinding, ...] = ()
    has_moved: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """From an amount to what was counted for it, as it was when the run counted.

    `steps` are the forecast and the agreement that a prepayment is for. `counted` and `entries` hold what the
    meter had recorded then of the days from `first` to `last`; `later` what it recorded of those days since.
    """

    bill: Bill
    run: Run
    steps: Sequence[YearStep]
    first: date
    last: date
    counted: Mapping[str, int]
    entries: Sequence[MeteredEntry]
    later: Mapping[str, int]


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
        registered: Registered = lambda _: None,
        render: Render = write,
        pdf: PdfWriter = PDF,
        judge: Judge = own_judge,
    ) -> None:
        """Without a catalogue bills are rated by the tariffs that were published; `registered` is what the
        register knows of a party, `render` writes a bill as an e-invoice, `pdf` for people, `judge` checks it
        before it is issued.
        """
        self.store = store
        self.issuer = issuer
        self._counts = counts
        self._clock = clock
        self.policies = policies
        self.tariffs = TariffService(store, counts, clock, policies, catalogue or published())
        self.calendar = BillingCalendar(store, counts, self.tariffs, policies, clock)
        self._registered = registered
        self._render = render
        self._pdf = pdf
        self._judge = judge

    async def save_debtor(self, actor: Actor, debtor: Debtor) -> bool:
        """Record a debtor, or what holds of one from a day on; False where nothing is new.

        Raises DebtorRefusedError for one that cannot be, that contradicts the register without a reason, or
        that has the OIN of another.
        """
        event = self._event(
            actor, "debtor recorded", debtor.party_id, debtor.despite_register, digest=digest_of(debtor)
        )
        records = [*await self.store.debtors(), debtor]
        histories = histories_of(records)
        registered = RegisteredAs.of(self._registered(debtor.party_id))
        if fault := debtor.fault() or _clash(histories, debtor) or debtor.contradiction(registered):
            raise DebtorRefusedError(fault)
        known = histories_of(records[:-1]).get(debtor.party_id)
        if known and debtor in known.records:
            return False
        await self.store.save_debtor(debtor, event)
        return True

    async def debtors(self, day: date) -> Mapping[str, Debtor]:
        """The debtors as they are on a day, by party id."""
        histories = histories_of(await self.store.debtors())
        return {party_id: history.on(day) for party_id, history in histories.items()}

    async def year(self, key: YearKey) -> BillingYear:
        """A party's year of a service."""
        return BillingYear(key, await self.store.steps_of(key), self.policies)

    async def record_forecast(
        self, actor: Actor, key: YearKey, units: int, means: str, confirmation: str = ""
    ) -> None:
        """Record the expected use of a year, and by which means it came: by finance, or by the party itself.

        Raises ForecastLockedError, and ConfirmationNeededError for one that is far from the use of the year before
        unless `confirmation` says why it is right.
        """
        check_own(actor, key.party_id)
        detail = f"{units} {means}" + (f"; confirmed: {confirmation}" if confirmation else "")
        event = AuditEvent(actor.name, "forecast recorded", str(key), self._clock(), detail)
        await self._check_party(key.party_id)
        if not confirmation:
            await self._check_usual(key, checked_units(units, "forecast"))
        await self._add(key, event, lambda year: year.with_forecast(units, actor.name, event.at, means))

    async def _check_usual(self, key: YearKey, units: int) -> None:
        before = key.year - 1
        counted = await self._counts.by_party(key.service, date(before, 1, 1), date(before, 12, 31))
        used = charged_units(key.service, counted.get(key.party_id, {}), self.policies)
        if self.policies.is_unusual(units, used, self.policies.unusual_units):
            raise ConfirmationNeededError(
                Text(
                    "a forecast of {units:n} is far from the {used:n} used in {before}: confirm it with a reason",
                    units=units,
                    used=used,
                    before=before,
                ),
            )

    async def record_agreement(self, actor: Actor, key: YearKey, means: str) -> None:
        """Record that the forecast that holds was agreed on."""
        event = self._event(actor, "forecast agreed", str(key), means)
        await self._add(key, event, lambda year: year.with_agreement(actor.name, event.at, means))

    async def record_guidance(self, actor: Actor, party_id: str, received: date, periods: int) -> None:
        """Record individual guidance: the day the start mail was received and the periods so far."""
        key = YearKey(party_id, Service.GUIDANCE, received.year)
        event = self._event(actor, "guidance recorded", str(key), f"{received} {periods}")
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
            units = charged_units(service, counts[party_id], self.policies)
            added += await self._record_statement(actor, key, month, units)
        return added

    async def _record_statement(self, actor: Actor, key: YearKey, month: int, units: int) -> bool:
        event = self._event(actor, "statement recorded", str(key), f"{month:02} {units}")
        return await self._add(key, event, lambda year: year.with_statement(month, units, actor.name, event.at))

    async def close(self, actor: Actor, key: YearKey) -> None:
        """Close a settled year: it is no longer billed."""
        event = self._event(actor, "year closed", str(key))
        await self._add(key, event, lambda year: year.with_closing(actor.name, event.at))

    async def reopen(self, actor: Actor, key: YearKey, reason: str) -> None:
        """Open a closed year again, for a correction. Raises StepRefusedError without a reason."""
        event = self._event(actor, "year reopened", str(key), reason)
        await self._add(key, event, lambda year: year.with_reopening(actor.name, event.at, reason))

    async def preview(
        self,
        actor: Actor,
        order: RunOrder,
        *,
        catalogue: Catalogue | None = None,
        forecasts: Mapping[str, int] | None = None,
    ) -> Preview:
        """The result of a run now, or with other tariffs or forecasts. Stores nothing."""
        check_finance(actor)
        inputs = await self._collect(order, catalogue)
        if forecasts:
            parties = tuple(
                replace(party, forecast=forecasts[party.party_id], agreed=forecasts[party.party_id])
                if party.party_id in forecasts
                else party
                for party in inputs.parties
            )
            inputs = replace(inputs, parties=parties)
        outcome = await _outcome(inputs)
        return Preview(inputs=inputs, outcome=outcome, bills=outcome.bills)

    async def prepare(self, actor: Actor, order: RunOrder) -> Run:
        """Prepare a run for approval. The same inputs give the same run, prepared once.

        Raises IssuerMissingError where the settings name no issuer, PartyRefusedError for parties that cannot be
        billed and are not left out, ConfirmationNeededError, and what a preview raises.
        """
        check_finance(actor)
        self.issuer.check_complete()
        inputs, position = await self._collect_at_once(order)
        _check_decided(await _outcome(inputs))
        run_id = Run.id_of(inputs.digest)
        event = self._event(actor, "run prepared", run_id, _description(order), inputs.digest)
        run = Run(run_id, order, inputs.digest, actor.name, event.at, position=position)
        await self.store.add_run(run, inputs, event)
        return await self._known_run(run_id)

    async def _collect_at_once(self, order: RunOrder) -> tuple[RunInputs, int]:
        """The inputs, and the position of the meter at which all of them were counted."""
        year = counted_year(order)
        if year is None or order.service is None:
            return await self._collect(order), await self._counts.position()
        first, last = date(year, 1, 1), date(year, 12, 31)
        for _ in range(_TRIES):
            before = await self._counts.position()
            inputs = await self._collect(order)
            after = await self._counts.position()
            if not await self._counts.has_entries(order.service, first, last, Positions(before, after)):
                return inputs, after
        raise InputsMovedError(Text("the use of {year} is being recorded now: try again", year=year))

    async def approve(self, actor: Actor, run_id: str) -> Run:
        """Approve a run on exactly the inputs on which it was prepared.

        Raises NotAllowedError for its preparer (unless the policy allows) and InputsMovedError.
        """
        event = self._event(actor, "run approved", run_id)
        run = await self._known_run(run_id)
        if run.approved_by:
            return run
        check_another(actor, run.prepared_by, Text("run {run_id}", run_id=run_id), self.policies)
        await self._same_inputs(run)
        await self.store.approve(run_id, actor.name, event.at, replace(event, digest=run.digest))
        return await self._known_run(run_id)

    async def issue(self, actor: Actor, run_id: str) -> Sequence[Bill]:
        """Issue an approved run: every bill passes the validator, then all get their numbers at once.

        Issuing again returns the same documents. Raises InputsMovedError, StepRefusedError and
        BillRejectedError; in each case nothing was issued.
        """
        event = self._event(actor, "run issued", run_id)
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
        drafts = (await _outcome(inputs)).bills
        for bill in drafts:
            await self._check_valid(bill)
        steps = await self._new_steps(inputs, drafts, run.run_id, event)
        return await self.store.issue(run, drafts, steps, self._files, replace(event, digest=run.digest))

    def _files(self, bill: Bill) -> BillFiles:
        xml = self._render(bill)
        return BillFiles(xml, self._pdf.write(bill, xml), self._pdf.version)

    async def review(self, run_id: str) -> Review:
        """A run for the person who is to approve it. Raises UnknownRunError."""
        run = await self._known_run(run_id)
        if run.issued_by:
            return Review(run=run, bills=tuple(await self.store.bills_of_run(run_id)))
        try:
            outcome = await _outcome(await self._same_inputs(run))
        except (InputsMovedError, StepRefusedError):  # the latter for a date that is too long ago by now
            return Review(run=run, bills=(), has_moved=True)
        return Review(run=run, bills=outcome.bills, remarks=outcome.remarks)

    async def known_bill(self, number: str) -> Bill:
        """The document of this number. Raises UnknownBillError."""
        bill = await self.store.bill(number)
        if bill is None:
            raise UnknownBillError(number)
        return bill

    async def explain(self, number: str, after: int = 0, limit: int = 100) -> Explanation:
        """Walk from a document to what was counted for it when it was made. Raises UnknownBillError.

        A prepayment on a forecast has no counts; one on history has those of the year before.
        """
        bill = await self.known_bill(number)
        run = await self._known_run(bill.run_id)
        steps, first, last = await self._grounds(bill)
        if steps or bill.stage not in _ON_USE:
            return Explanation(bill, run, steps, first, last, {}, (), {})
        what = (bill.party_id, bill.service, first, last)
        counted = await self._counts.by_kind(*what, Positions(0, run.position))
        later = await self._counts.by_kind(*what, Positions(run.position))
        entries = await self._counts.entries(*what, Positions(after, run.position), limit)
        return Explanation(bill, run, steps, first, last, counted, entries, later)

    async def _grounds(self, bill: Bill) -> tuple[Sequence[YearStep], date, date]:
        """The forecast that a bill is for, or the days whose use it is for."""
        if bill.stage is not BillStage.PREPAYMENT:
            return (), bill.first, bill.last
        steps = await self.store.steps_of(YearKey(bill.party_id, bill.service, bill.year))
        means = next((step.means for step in steps if step.key == bill.run_id), "")
        name, _, version = means.partition(" ")
        if name == "forecast":
            kinds = {StepKind.FORECAST, StepKind.AGREEMENT}
            return [step for step in steps if step.kind in kinds and step.key == version], bill.first, bill.last
        return (), date(bill.year - 1, 1, 1), date(bill.year - 1, 12, 31)

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
            year = BillingYear(key, steps[party_id], self.policies)
            if year.forecast is not None:
                forecasts[party_id] = year.forecast.units
                by_day = await self._counts.by_day(party_id, service, _window_start(today), today)
                seen = outlook(party_id, service, today.year, by_day, today, year.forecast.units)
                over += seen.status in {OutlookStatus.OVER, OutlookStatus.EXPECTED_OVER}
        used = sum(charged_units(service, kinds, self.policies) for kinds in counts.values())
        return YearMeasure(sum(forecasts.values()), used, over)

    async def warnings(self, service: Service, today: date) -> Sequence[UsageWarning]:
        """Warnings for parties that use more than they prepaid, or are expected to, by party id."""
        steps, debtors = await self.store.steps(service, today.year), await self.debtors(today)
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

    async def _collect(self, order: RunOrder, catalogue: Catalogue | None = None) -> RunInputs:
        catalogue = catalogue or await self.tariffs.catalogue()
        collector = Collector(
            self.store, self._counts, self._registered, self.issuer, self.policies, order, catalogue
        )
        return await collector.collect(billing_date(self._clock()))

    async def _same_inputs(self, run: Run) -> RunInputs:
        inputs = await self._collect(run.order)
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
        """A step for every party that is billed, or that has not come to this stage before; none for one that is
        left out, or whose forecast is not agreed."""
        order = inputs.order
        kind = _STEP_KINDS.get(order.stage, StepKind.SETTLEMENT)
        left_out = order.decisions_of(DecisionKind.LEAVE_OUT)
        billed = {(bill.party_id, bill.service) for bill in drafts}
        services = {party.service for party in inputs.parties}
        before = {service: await self.store.steps(service, order.year) for service in services}
        steps = []
        for party in inputs.parties:
            year = YearKey(party.party_id, party.service, order.year)
            known = before[party.service].get(party.party_id, ())
            is_due = kind is not StepKind.PREPAYMENT or party.forecast is not None
            is_new = is_due and order.service is not None and all(step.kind is not kind for step in known)
            if (party.party_id, party.service) in billed or (is_new and party.party_id not in left_out):
                steps.append(_step_of(year, kind, party, run_id, event))
        return steps

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
        if party_id not in histories_of(await self.store.debtors()):
            raise UnknownPartyError(
                Text("{party_id} is not recorded as a debtor", party_id=party_id),
            )

    def _event(self, actor: Actor, action: str, subject: str, detail: str = "", digest: str = "") -> AuditEvent:
        """The event for the log. Raises NotAllowedError for any role but finance."""
        check_finance(actor)
        return AuditEvent(actor.name, action, subject, self._clock(), detail, digest)


async def _outcome(inputs: RunInputs) -> Outcome:
    return await asyncio.to_thread(outcome_of, inputs)


def _check_decided(outcome: Outcome) -> None:
    """Raises PartyRefusedError and ConfirmationNeededError, which name every party."""
    if outcome.problems:
        raise PartyRefusedError(
            Text("parties that cannot be billed: {which}", which=_together(outcome.problems)),
        )
    if outcome.questions:
        raise ConfirmationNeededError(
            Text("far from the year before, to be confirmed: {which}", which=_together(outcome.questions)),
        )


def _together(findings: Sequence[PartyFinding]) -> Text:
    """All findings in one sentence, each after its party."""
    one = findings[0]
    text = Text("{party_id} ({text})", party_id=one.party_id, text=one.text)
    return Text("{first}; {rest}", first=text, rest=_together(findings[1:])) if findings[1:] else text


def _clash(histories: Mapping[str, DebtorHistory], debtor: Debtor) -> Text | None:
    """How a debtor clashes with the others, or None."""
    day = debtor.valid_from or date.min
    if debtor.merged_into:
        heir = successor(histories, debtor.party_id, date.max)
        if debtor.merged_into not in histories or heir is None:
            return Text("there is no debtor {party_id} to merge into", party_id=debtor.merged_into)
        return None
    for party_id, history in histories.items():
        other = history.on(day)
        if party_id != debtor.party_id and other.oin == debtor.oin and not other.merged_into:
            return Text("{party_id} has the same OIN, {oin}", party_id=party_id, oin=debtor.oin)
    return None


def _window_start(today: date) -> date:
    """The first day of use that a projection needs."""
    return today - timedelta(days=HISTORY_DAYS)


def _step_of(year: YearKey, kind: StepKind, party: PartyInput, run_id: str, event: AuditEvent) -> YearStep:
    is_prepaid = kind is StepKind.PREPAYMENT
    return YearStep(
        year=year,
        kind=kind,
        key=run_id,
        by=event.actor,
        at=event.at,
        means=party.forecast_means if is_prepaid else "run",
        units=(party.forecast or 0) if is_prepaid else party.units,
    )


def _description(order: RunOrder) -> str:
    """The order in words, with every decision."""
    what = f"{order.stage} {order.service or 'all'} {order.year} {order.issued_on}"
    return "; ".join([what, *(f"{one.kind} {one.party_id}: {one.reason}" for one in order.decisions)])
