"""The calendar of the billing year: what is to be done when, for which parties, and how far it is.

Which months belong to a regime is a policy; how far a task is follows from the steps of the parties' years.
"""

from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from gateway.billing.rating.outlook import Mail
from gateway.billing.rating.policies import Calendar, Policies
from gateway.billing.rating.rating import REGULAR_PAYER, advance_tariff, exemption, final_periods
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.rating.tariffs import Catalogue
from gateway.billing.runs.debtor import Debtor, DebtorHistory, histories_of
from gateway.billing.runs.errors import TariffMissingError
from gateway.billing.runs.inputs import charged_units
from gateway.billing.runs.ports import BillingStore, UsageCounts
from gateway.billing.runs.tariff_service import TariffService
from gateway.billing.runs.year import BillingYear, StepKind, YearKey
from gateway.clock import Clock, billing_date
from gateway.i18n import Text, plural


class TaskKind(StrEnum):
    """What is to be done."""

    FORECAST = "forecast"
    """Parties enter what they expect to use, and finance agrees on it."""
    TARIFF = "tariff"
    """The estimate for the next year is set."""
    PREPAYMENT = "prepayment"
    ACTUAL_COST = "actual-cost"
    SETTLEMENT = "settlement"
    VAT_REFUND = "vat-refund"


class PartyProgress(StrEnum):
    """How far a task is for one party."""

    OPEN = "open"
    TO_AGREE = "to-agree"
    """It entered a forecast, on which finance has not agreed."""
    DONE = "done"


class TaskState(StrEnum):
    """How far a task is on a day."""

    LATER = "later"
    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Task:
    """A task from a first day to a last one, or without end. `year` is the year of use; without a service it is
    about all. `parties` are those that it is about; a task without any is for finance alone."""

    kind: TaskKind
    service: Service | None
    year: int
    first: date
    last: date | None
    parties: Mapping[str, PartyProgress] = field(default_factory=dict)
    is_set: bool = False
    """Of a task without parties: whether it is done."""

    @property
    def open(self) -> Sequence[str]:
        """The parties for which it is not done."""
        return [party_id for party_id, progress in self.parties.items() if progress is not PartyProgress.DONE]

    def state(self, today: date) -> TaskState:
        """How far it is."""
        if not self.open if self.parties else self.is_set:
            return TaskState.DONE
        if today < self.first:
            return TaskState.LATER
        return TaskState.OVERDUE if self.last and today > self.last else TaskState.OPEN

    @property
    def title(self) -> Text:
        """What is to be done."""
        service, year = SERVICE_NAMES[self.service].name if self.service else "", self.year
        return {
            TaskKind.FORECAST: Text("Forecasts of {service} for {year}", service=service, year=year),
            TaskKind.TARIFF: Text("Estimated tariff of {service} for {year}", service=service, year=year),
            TaskKind.PREPAYMENT: Text("Prepayment of {service} for {year}", service=service, year=year),
            TaskKind.ACTUAL_COST: Text("Actual cost of {service} in {year}", service=service, year=year),
            TaskKind.SETTLEMENT: Text("Settlement of {service} over {year}", service=service, year=year),
            TaskKind.VAT_REFUND: Text("Refund of VAT over {year}", year=year),
        }[self.kind]


@dataclass(frozen=True, slots=True)
class Reminder:
    """A mail about tasks, to a debtor, or to finance where there is none. The name is the same for a month."""

    debtor: Debtor | None
    mail: Mail
    name: str


class BillingCalendar:
    """The tasks of a calendar year."""

    def __init__(
        self, store: BillingStore, counts: UsageCounts, tariffs: TariffService, policies: Policies, clock: Clock
    ) -> None:
        self._store = store
        self._counts = counts
        self._tariffs = tariffs
        self._policies = policies
        self._clock = clock

    @property
    def today(self) -> date:
        """The present day."""
        return billing_date(self._clock())

    async def tasks(self, year: int, party_id: str | None = None) -> Sequence[Task]:
        """The tasks that fall in a calendar year, by day: all, or those of one party, with its own progress
        alone. What concerns nobody is left out."""
        histories = histories_of(await self._store.debtors())
        catalogue = await self._tariffs.catalogue()
        found: list[Task] = []
        for service in Service:
            calendar = dict(self._policies.calendar).get(self._policies.regime(service))
            if calendar:
                found += await self._of_service(service, calendar, year, histories, catalogue)
        found += await self._refunds(year - 1, histories)
        if party_id is not None:
            found = list(_seen_by(party_id, found))
        return sorted(found, key=lambda task: (task.first, task.last or date.max, task.kind, task.service or ""))

    async def count_overdue(self) -> int:
        """The tasks of this year that should have been done."""
        return sum(one.state(self.today) is TaskState.OVERDUE for one in await self.tasks(self.today.year))

    async def _of_service(
        self,
        service: Service,
        calendar: Calendar,
        year: int,
        histories: Mapping[str, DebtorHistory],
        catalogue: Catalogue,
    ) -> list[Task]:
        used = year - calendar.final_year_offset
        asked = await self._expected(service, year + 1, histories, StepKind.AGREEMENT)
        advanced = await self._expected(service, year, histories, StepKind.PREPAYMENT)
        settled = await self._users(service, used, histories)
        opens = calendar.final_opens or calendar.final_month
        forecast_first, forecast_last = calendar.forecast_months
        found = [
            Task(TaskKind.FORECAST, service, year + 1, *_months(year, forecast_first, forecast_last), asked),
            Task(TaskKind.PREPAYMENT, service, year, *_months(year, calendar.advance_month), advanced),
            Task(TaskKind.SETTLEMENT, service, used, *_months(year, opens, calendar.final_month), settled),
        ]
        found = [task for task in found if task.parties]
        if calendar.tariff_month and asked:
            is_set = _is_known(lambda: advance_tariff(service, year + 1, REGULAR_PAYER, catalogue, self._policies))
            days = _months(year, calendar.tariff_month)
            found.append(Task(TaskKind.TARIFF, service, year + 1, *days, is_set=is_set))
        if calendar.tariff_month and settled:
            is_set = _is_known(lambda: final_periods(service, used, catalogue, self._policies))
            days = _months(year, 1, opens - 1)
            found.append(Task(TaskKind.ACTUAL_COST, service, used, *days, is_set=is_set))
        return found

    async def _expected(
        self, service: Service, year: int, histories: Mapping[str, DebtorHistory], done: StepKind
    ) -> dict[str, PartyProgress]:
        """The parties that are expected to use a service in a year and to pay for it, and whether a step of the
        kind `done` was taken."""
        units = await self._tariffs.expected(service, year)
        before = await self._counts.by_party(service, date(year - 1, 1, 1), date(year - 1, 12, 31))
        for party_id in {*before, *await self._store.steps(service, year - 1)}:
            units.setdefault(party_id, 0)
        for party_id, history in histories.items():
            for one in history.on(date(year, 1, 1)).connections:
                if one.service is service and (one.connected_on is None or one.connected_on.year <= year):
                    units.setdefault(party_id, 0)
        payers = set(self._payers(service, year, units, histories))
        merged = {party_id for party_id in payers if histories[party_id].on(date(year, 1, 1)).merged_into}
        steps = await self._store.steps(service, year)
        found = {}
        for party_id in sorted(payers - merged):
            own = BillingYear(YearKey(party_id, service, year), steps.get(party_id, ()), self._policies)
            is_done = own.is_prepaid or own.is_settled or (done is StepKind.AGREEMENT and own.is_agreed)
            waits = PartyProgress.TO_AGREE if own.forecast and not own.is_agreed else PartyProgress.OPEN
            found[party_id] = PartyProgress.DONE if is_done else waits
        return found

    async def _users(
        self, service: Service, year: int, histories: Mapping[str, DebtorHistory]
    ) -> dict[str, PartyProgress]:
        """The parties that used a service in a year or prepaid it, and whether they were settled."""
        counted = await self._counts.by_party(service, date(year, 1, 1), date(year, 12, 31))
        steps = await self._store.steps(service, year)
        units = {party_id: charged_units(service, kinds, self._policies) for party_id, kinds in counted.items()}
        years = {one: BillingYear(YearKey(one, service, year), found) for one, found in steps.items()}
        units = {one: count for one, count in units.items() if count}
        units |= {one: units.get(one, 0) for one, own in years.items() if own.is_prepaid or own.agreed_forecast}
        return {
            party_id: PartyProgress.DONE
            if party_id in years and years[party_id].is_settled
            else PartyProgress.OPEN
            for party_id in sorted(self._payers(service, year, units, histories))
        }

    def _payers(
        self, service: Service, year: int, units: Mapping[str, int], histories: Mapping[str, DebtorHistory]
    ) -> Iterator[str]:
        """The parties that are billed for so many units; nobody asks one that is not recorded."""
        for party_id, count in units.items():
            if history := histories.get(party_id):
                payer = history.payer(service, date(year, 1, 1))
                if exemption(service, year, count, payer, self._policies) is None:
                    yield party_id

    async def _refunds(self, year: int, histories: Mapping[str, DebtorHistory]) -> list[Task]:
        first = self._policies.refund_from(year)
        if first is None:
            return []
        parties: dict[str, PartyProgress] = {}
        for service in Service:
            steps = await self._store.steps(service, year)
            for party_id, bills in (await self._store.bills_by_party(service, year)).items():
                if party_id in histories and any(bill.vat_percent for bill in bills):
                    is_done = any(step.kind is StepKind.CREDIT for step in steps.get(party_id, ()))
                    before = parties.get(party_id, PartyProgress.DONE)
                    parties[party_id] = before if is_done else PartyProgress.OPEN
        return [Task(TaskKind.VAT_REFUND, None, year, first, None, parties)] if parties else []

    async def reminders(self, portal: str) -> Sequence[Reminder]:
        """Mails about what is due now: to each party whose forecast is asked for, and to finance. `portal` is the
        address where a forecast is entered; empty where there is none."""
        today = self.today
        due = [one for one in await self.tasks(today.year) if one.state(today) in _DUE]
        debtors = {one: own.on(today) for one, own in histories_of(await self._store.debtors()).items()}
        month = f"{today:%Y-%m}"
        found = []
        for task in (one for one in due if one.kind is TaskKind.FORECAST):
            for party_id in task.open:
                if task.parties[party_id] is PartyProgress.OPEN and not debtors[party_id].merged_into:
                    mail = _party_mail(task, debtors[party_id].name, portal)
                    name = f"forecast.{task.service}.{task.year}.{party_id}.{month}"
                    found.append(Reminder(debtors[party_id], mail, name))
        if due:
            found.append(Reminder(None, _finance_mail(due, today), f"tasks.{month}"))
        return found


_DUE = {TaskState.OPEN, TaskState.OVERDUE}


def _months(year: int, first: int, last: int = 0) -> tuple[date, date]:
    """From the first day of a month to the last of another, or of the same."""
    month = last or first
    return date(year, first, 1), date(year, month, monthrange(year, month)[1])


def _is_known(tariff_of: Callable[[], object]) -> bool:
    try:
        tariff_of()
    except TariffMissingError:
        return False
    return True


def _seen_by(party_id: str, tasks: Collection[Task]) -> Iterator[Task]:
    """The tasks of one party, without others; and the tariffs of the services that concern it."""
    services = {task.service for task in tasks if party_id in task.parties}
    for task in tasks:
        if party_id in task.parties:
            yield replace(task, parties={party_id: task.parties[party_id]})
        elif not task.parties and task.service in services:
            yield task


def _party_mail(task: Task, name: str, portal: str) -> Mail:
    service = SERVICE_NAMES[task.service or Service.DIGIPOORT].name
    subject = Text("Your forecast of {service} for {year}", service=service, year=task.year)
    body = Text(
        "Dear {name},\n\nhow much do you expect to use {service} in {year}? We ask for it by {last:date} at the "
        "latest.{where}\nThe advance is computed from your forecast, or else from your use of an earlier year.",
        name=name,
        service=service,
        year=task.year,
        last=task.last or task.first,
        where=Text(" You can enter it at {portal}.", portal=portal) if portal else "",
    )
    return Mail(subject, body)


def _finance_mail(due: Sequence[Task], today: date) -> Mail:
    return Mail(
        Text("Tasks of the billing year on {day:date}", day=today),
        Text("These tasks are open:\n\n{tasks}", tasks=_lines([_task_line(task, today) for task in due])),
    )


def _task_line(task: Task, today: date) -> Text:
    is_late = task.state(today) is TaskState.OVERDUE
    late = Text(", too late") if is_late else ""
    until = Text(", until {last:date}", last=task.last) if task.last else ""
    parties = plural(", {count:n} party", ", {count:n} parties", count=len(task.open)) if task.open else ""
    return Text("- {title}{until}{late}{parties}", title=task.title, until=until, late=late, parties=parties)


def _lines(lines: Sequence[Text]) -> Text:
    return Text("{first}\n{rest}", first=lines[0], rest=_lines(lines[1:])) if lines[1:] else lines[0]
