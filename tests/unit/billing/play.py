"""Plays a random history of billing work on a real billing and compares every step with the reference.

A history mixes use and its reversal, forecasts, late prepayments, corrections of what a party is and from when,
settlements, closed and reopened years, refunds of tax and crashes. Each act is some days after the one before.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from gateway.billing.documents.bill import Bill, BillKind, BillStage
from gateway.billing.documents.pdf import PdfWriter
from gateway.billing.documents.postings import entry_of
from gateway.billing.documents.ubl import write
from gateway.billing.rating.amounts import PriceBasis
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue, Tariff, TariffBasis, published
from gateway.billing.runs.bills_audit import audit_bills
from gateway.billing.runs.debtor import Connection, Debtor
from gateway.billing.runs.errors import BillingError, PartyRefusedError, StepRefusedError
from gateway.billing.runs.run import DecisionKind, RunDecision, RunOrder
from gateway.billing.runs.year import YearKey
from gateway.messages.participants import PartyKind
from gateway.testing.doubles import MemoryBillingStore, MemoryUsageCounts
from tests.unit.billing.billing_service import (
    ANNA,
    BRAM,
    KROMME_VLIET,
    OOSTMEER,
    ZILVERSTRAND,
    agreed,
    billing_service,
    go_to,
)
from tests.unit.billing.reference import YEAR, ReferenceYear, Status

SERVICES = (Service.DIGIPOORT, Service.DIGID)
DEBTORS = {debtor.party_id: debtor for debtor in (ZILVERSTRAND, KROMME_VLIET, OOSTMEER)}
PARTIES = sorted(DEBTORS)
STATUSES = (Status(), Status(is_rijk=True), Status(in_umbrella=True))
FIRST_DAYS = (
    None,
    None,
    date(2018, 7, 1),
    date(2019, 1, 1),
    date(2019, 3, 31),
    date(2019, 7, 1),
    date(2019, 10, 5),
)
MOMENTS = (
    datetime(2018, 12, 31, 22, 59, 59, tzinfo=UTC),
    datetime(2018, 12, 31, 23, 30, tzinfo=UTC),
    datetime(2019, 3, 30, 23, 30, tzinfo=UTC),
    datetime(2019, 6, 30, 21, 59, 59, tzinfo=UTC),
    datetime(2019, 6, 30, 22, 0, tzinfo=UTC),
    datetime(2019, 10, 4, 22, 0, tzinfo=UTC),
    datetime(2019, 12, 31, 22, 59, tzinfo=UTC),
    datetime(2019, 12, 31, 23, 30, tzinfo=UTC),
)
IN_THE_YEAR = {
    "use": 5,
    "reverse": 1,
    "forecast": 3,
    "agree": 3,
    "prepay": 3,
    "correct": 3,
    "crash": 1,
    "stale": 1,
    "settle": 1,
}
AFTERWARDS = {
    "use": 3,
    "reverse": 3,
    "forecast": 1,
    "agree": 1,
    "prepay": 1,
    "correct": 4,
    "settle": 6,
    "close": 3,
    "refund": 2,
}
"""How often each act is chosen, in the year and after it."""
REFUND_FROM = date(2020, 7, 6)  # the Monday of week 28


@dataclass(frozen=True)
class Act:
    """One act: what, by whom, how much; `days` after the act before it."""

    verb: str
    service: Service = Service.DIGIPOORT
    party: str = PARTIES[0]
    units: int = 0
    at: datetime = MOMENTS[2]
    status: Status = STATUSES[0]
    first_day: date | None = None
    days: int = 0


def random_script(seed: int) -> list[Act]:
    """The history of a seed: some acts in the year, some after it, and a settlement at last."""
    chance = Random(seed)
    script = [act for service in SERVICES for party in PARTIES for act in _opening(chance, service, party)]
    script += [Act("prepay", service) for service in SERVICES if chance.random() < 0.5]
    script += [_random_act(chance, IN_THE_YEAR) for _ in range(chance.randint(1, 8))]
    later = [_random_act(chance, AFTERWARDS) for _ in range(chance.randint(1, 8))]
    settle = [Act("settle", service) for service in SERVICES]
    jump = replace(settle[0], days=chance.choice([100, 400, 700]))
    return [*script, jump, settle[1], *later, *settle]


def _opening(chance: Random, service: Service, party: str) -> Iterator[Act]:
    """How the year of a party begins."""
    act = replace(_random_act(chance, {"use": 1}), service=service, party=party, days=0)
    if chance.random() < 0.5:
        yield replace(act, verb="correct")
    if chance.random() < 0.5:
        yield replace(act, verb="forecast", units=chance.randint(1, 20_000))
        if chance.random() < 0.8:
            yield replace(act, verb="agree")
    if chance.random() < 0.7:
        yield act


def _random_act(chance: Random, verbs: dict[str, int]) -> Act:
    return Act(
        chance.choices(list(verbs), list(verbs.values()))[0],
        chance.choice(SERVICES),
        chance.choice(PARTIES),
        chance.choice([1, 2, 998, 999, 1_000, 1_001, chance.randint(1, 20_000)]),
        chance.choice(MOMENTS),
        chance.choice(STATUSES),
        chance.choice(FIRST_DAYS),
        chance.choice([0, 1, 20, 60]),
    )


def catalogue() -> Catalogue:
    """The published tariffs, but Digipoort's price rises in July 2019."""
    others = [tariff for tariff in published().tariffs if tariff.service is not Service.DIGIPOORT]
    (fixed,) = [tariff for tariff in published().tariffs if tariff.service is Service.DIGIPOORT]
    old = replace(fixed, valid_until=date(YEAR, 6, 30))
    new = Tariff(
        service=Service.DIGIPOORT,
        basis=TariffBasis.FIXED,
        price=Decimal("0.61"),
        vat=PriceBasis.INCLUDING_VAT,
        valid_from=date(YEAR, 7, 1),
    )
    return Catalogue([*others, old, new])


PLAIN = PdfWriter("plain", lambda bill, xml: bill.number.encode() + xml)
"""Sets no page: a history has hundreds of bills, and what they look like is tested elsewhere."""


@dataclass
class BilledYear:
    """A billing service and the reference that it is compared with."""

    store: MemoryBillingStore = field(default_factory=MemoryBillingStore)
    meter: MemoryUsageCounts = field(default_factory=MemoryUsageCounts)
    today: date = date(YEAR, 1, 2)
    refunded: int = 0

    def __post_init__(self) -> None:
        self.billing = billing_service(self.store, self.meter, catalogue=catalogue(), pdf=PLAIN)
        self.reference = {
            (service, party): ReferenceYear(service is Service.DIGIPOORT)
            for service in SERVICES
            for party in PARTIES
        }

    async def open(self) -> None:
        """Record the debtors, none of which is in its first year."""
        for debtor in DEBTORS.values():
            await self.billing.save_debtor(ANNA, _debtor(debtor.party_id, Status(), None))

    async def act(self, act: Act) -> None:
        """One act, and what must be true after it."""
        self.today += timedelta(days=act.days)
        go_to(self.billing, self.today)
        await getattr(self, f"_{act.verb}")(act)
        self.check()

    def _year(self, act: Act) -> ReferenceYear:
        return self.reference[act.service, act.party]

    async def _use(self, act: Act) -> None:
        kind = "delivered-to" if act.service is Service.DIGIPOORT else "digid-authentication"
        self.meter.add(act.party, act.units, act.at, act.service, kind)
        self.meter.add(act.party, 3, act.at, Service.DIGIPOORT, "undeliverable")  # counted, never charged
        self._year(act).moments.append((act.at, act.units))

    async def _reverse(self, act: Act) -> None:
        """Take back the last use of a party, whatever it was."""
        moments = self._year(act).moments
        if moments and moments[-1][1] > 0:
            at, units = moments[-1]
            await self._use(replace(act, at=at, units=-units))

    async def _forecast(self, act: Act) -> None:
        year = self._year(act)
        try:
            key = YearKey(act.party, act.service, YEAR)
            await self.billing.record_forecast(ANNA, key, act.units, "letter", "it is right")
        except BillingError:
            assert year.is_locked or year.is_closed
        else:
            assert not year.is_locked or year.forecast == act.units
            year.forecast = act.units

    async def _agree(self, act: Act) -> None:
        year = self._year(act)
        try:
            await self.billing.record_agreement(BRAM, YearKey(act.party, act.service, YEAR), "letter")
        except BillingError:
            assert year.forecast is None or year.is_locked or year.is_closed
        else:
            year.agreed = year.forecast

    async def _correct(self, act: Act) -> None:
        """What the party is, and was from a day on, is another than was thought."""
        await self.billing.save_debtor(ANNA, _debtor(act.party, act.status, act.first_day))
        for service in SERVICES:
            self.reference[service, act.party].facts[act.first_day or date.min] = act.status

    async def _prepay(self, act: Act) -> None:
        order = RunOrder(BillStage.PREPAYMENT, act.service, YEAR, self.today)
        await self._run(order)
        for party in PARTIES:
            self.reference[act.service, party].prepay()
        assert await self._run(order) == []

    async def _settle(self, act: Act) -> None:
        order = RunOrder(BillStage.SETTLEMENT, act.service, YEAR, self.today)
        if self.today.year == YEAR:
            await self._must_be_refused(order, StepRefusedError)
            return
        changed = [party for party in PARTIES if self._is_changed(act.service, party)]
        closed = [party for party in changed if self.reference[act.service, party].is_closed]
        left_out: list[str] = []
        if closed:
            await self._must_be_refused(order, PartyRefusedError)
            left_out = closed if act.units % 2 else []
            decisions = tuple(RunDecision(DecisionKind.LEAVE_OUT, "next year", party) for party in left_out)
            order = replace(order, decisions=decisions)
            for party in set(closed) - set(left_out):
                await self.billing.reopen(ANNA, YearKey(party, act.service, YEAR), "a late correction")
                self.reference[act.service, party].is_closed = False
        await self._run(order)
        assert await self._run(order) == []
        known = {party for party in PARTIES if self._is_known(act.service, party)}
        for party in sorted(known - set(left_out)):
            self.reference[act.service, party].is_settled = True
            assert not self._is_changed(act.service, party)

    def _is_known(self, service: Service, party: str) -> bool:
        """Whether there is anything of a party in the year."""
        year = self.reference[service, party]
        steps = any(step.year == YearKey(party, service, YEAR) for step in self.store.taken)
        return steps or year.units_of(YEAR) != 0 or any(units for status, half, units in year.parts())

    def _is_changed(self, service: Service, party: str) -> bool:
        """Whether what was billed is not what is due."""
        year, due = self.reference[service, party], self.reference[service, party].settled()
        return any(
            self.billed(service, party, percent)
            != (due.get(percent, 0), year.tax_of(due.get(percent, 0), percent))
            for percent in (0, 21)
        )

    async def _close(self, act: Act) -> None:
        year = self._year(act)
        try:
            await self.billing.close(ANNA, YearKey(act.party, act.service, YEAR))
        except StepRefusedError:
            assert not year.is_settled
        else:
            year.is_closed = True

    async def _refund(self, act: Act) -> None:
        """Tax was reclaimed: it goes back to the party that paid it, never more than that."""
        paid = {
            (service, party): max(sum(self.billed(service, party, percent)[1] for percent in (0, 21)), 0)
            for service in SERVICES
            for party in PARTIES
        }
        whole = sum(paid.values())
        order = RunOrder(BillStage.VAT_REFUND, None, YEAR, self.today, Decimal(whole + 1) / 100)
        if self.today < REFUND_FROM:
            await self._must_be_refused(order, StepRefusedError)
            return
        await self._must_be_refused(order, BillingError)
        total = whole * min(act.units, 10_000) // 10_000
        if total == 0:
            return
        closed = sorted({party for (_, party), year in self.reference.items() if year.is_closed})
        decisions = tuple(RunDecision(DecisionKind.LEAVE_OUT, "closed", party) for party in closed)
        order = replace(order, total=Decimal(total) / 100, decisions=decisions)
        await self._run(order)
        assert await self._run(order) == []
        back = {key: self._sum(*key, {BillStage.VAT_REFUND}, 21) for key in paid}
        if not closed:
            assert -sum(amount for amount, _ in back.values()) == total
            assert all(-amount <= paid[key] for key, (amount, _) in back.items())

    async def _crash(self, act: Act) -> None:
        """The power goes while a run is being written: nothing of it is there."""
        order = RunOrder(BillStage.PREPAYMENT, act.service, YEAR, self.today)
        before = len(self.store.issued), len(self.store.taken)

        def broken(bill: Bill) -> bytes:
            if bill.number != "CONCEPT":
                raise RuntimeError("the power went")
            return write(bill)

        self.billing._render = broken
        try:
            await self._run(order)
        except RuntimeError:
            assert before == (len(self.store.issued), len(self.store.taken))
        finally:
            self.billing._render = write
        await self._prepay(act)

    async def _stale(self, act: Act) -> None:
        """An approval does not outlive what it approved."""
        order = RunOrder(BillStage.PREPAYMENT, act.service, YEAR, self.today)
        prepared = await self.billing.prepare(ANNA, order)
        await self.billing.approve(BRAM, prepared.run_id)
        if prepared.issued_by:
            return
        await self._correct(replace(act, first_day=date(YEAR, 1, 1)))
        reviewed = await self.billing.review(prepared.run_id)
        try:
            await self.billing.issue(ANNA, prepared.run_id)
        except BillingError:
            assert reviewed.has_moved
        else:
            assert not reviewed.has_moved
            for party in PARTIES:
                self.reference[act.service, party].prepay()

    async def _must_be_refused(self, order: RunOrder, kind: type[BillingError]) -> None:
        try:
            await self.billing.prepare(ANNA, order)
        except kind:
            return
        raise AssertionError(f"{order} was accepted")

    async def _run(self, order: RunOrder) -> Sequence[Bill]:
        prepared = await self.billing.prepare(ANNA, order)
        await self.billing.approve(BRAM, prepared.run_id)
        return await self.billing.issue(ANNA, prepared.run_id) if not prepared.issued_by else []

    def billed(self, service: Service, party: str, percent: int) -> tuple[int, int]:
        """Cents billed so far at a percentage, in the basis of the price, and the tax."""
        return self._sum(service, party, {BillStage.PREPAYMENT, BillStage.SETTLEMENT}, percent)

    def _sum(self, service: Service, party: str, stages: set[BillStage], percent: int) -> tuple[int, int]:
        key = (service, party, Decimal(percent))
        bills = [
            bill
            for bill, _ in self.store.issued
            if (bill.service, bill.party_id, bill.vat_percent) == key and bill.stage in stages
        ]
        amount = sum((bill.amount for bill in bills), Decimal(0))
        return int(amount * 100), int(sum((bill.amounts.vat for bill in bills), Decimal(0)) * 100)

    def check(self) -> None:
        """What is always true of what was issued."""
        for (service, party), year in self.reference.items():
            if not year.is_settled:
                for percent in (0, 21):
                    cents = year.prepaid.get(percent, 0)
                    expected = cents, year.tax_of(cents, percent)
                    assert self.billed(service, party, percent) == expected, (service, party, percent)
        for bill, _ in self.store.issued:
            self._check_bill(bill)
        for issued_in in {bill.issued_on.year for bill, _ in self.store.issued}:
            series = [bill for bill, _ in self.store.issued if bill.issued_on.year == issued_in]
            assert [int(bill.number[-6:]) for bill in series] == list(range(1, len(series) + 1))
            assert [bill.issued_on for bill in series] == sorted(bill.issued_on for bill in series)

    def _check_bill(self, bill: Bill) -> None:
        assert bill.amounts.excluding + bill.amounts.vat == bill.amounts.including != 0
        assert sum(line.net for line in bill.lines) == bill.amounts.excluding
        assert (bill.vat_percent == 0) <= (bill.amounts.vat == 0)
        assert (bill.kind is BillKind.CREDIT_NOTE) == (bill.amounts.including < 0)
        assert bill.issued_on <= self.today
        assert sum(posting.amount for posting in entry_of(bill).postings) == 0

    async def take_all_back(self) -> None:
        """In the end nobody owes anything: every party comes to zero, in tax and without, and the audit holds."""
        self.today = max(self.today, date(YEAR + 1, 1, 2))
        go_to(self.billing, self.today)
        for party in PARTIES:
            for service in SERVICES:
                await self.billing.reopen(ANNA, YearKey(party, service, YEAR), "all of it is taken back")
                self.reference[service, party].is_closed = False
            for first_day in [*self.reference[Service.DIGID, party].facts]:
                day = None if first_day == date.min else first_day
                await self._correct(Act("correct", party=party, status=Status(True, True), first_day=day))
        for service in SERVICES:
            await self._settle(Act("settle", service))
            for party in PARTIES:
                assert [self.billed(service, party, percent) for percent in (0, 21)] == [(0, 0), (0, 0)]
        self.check()
        assert (await audit_bills(self.store, PLAIN)).faults == ()


def _debtor(party: str, status: Status, first_day: date | None) -> Debtor:
    return replace(
        DEBTORS[party],
        kind=PartyKind.RIJK if status.is_rijk else PartyKind.NON_RIJK,
        connections=(Connection(Service.DIGID, in_umbrella=status.in_umbrella),),
        valid_from=first_day,
    )


async def play(script: Sequence[Act], forecasts: dict[tuple[Service, str], int] | None = None) -> BilledYear:
    """Play a script from the beginning, on agreed forecasts, and take all of it back in the end."""
    year = BilledYear()
    await year.open()
    for (service, party), units in (forecasts or {}).items():
        await agreed(year.billing, YearKey(party, service, YEAR), units)
        year.reference[service, party].forecast = year.reference[service, party].agreed = units
    for act in script:
        await year.act(act)
    await year.take_all_back()
    return year


def play_seeds(seeds: Sequence[int]) -> None:
    """Play the history of every seed. A failure names the seed."""
    for seed in seeds:
        try:
            asyncio.run(play(random_script(seed)))
        except Exception as error:
            error.add_note(f"in the history of seed {seed}: {random_script(seed)}")
            raise
