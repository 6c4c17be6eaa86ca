"""Plays a script of billing work on a real billing and compares every step with the reference."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from gateway.billing.documents.bill import Bill, BillKind, BillStage
from gateway.billing.documents.postings import entry_of
from gateway.billing.documents.ubl import write
from gateway.billing.rating.amounts import PriceBasis
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue, Tariff, TariffBasis, published
from gateway.billing.runs.audit_chain import faults
from gateway.billing.runs.errors import BillingError
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.service import BillingService
from gateway.billing.runs.year import YearKey
from gateway.testing.billing import MemoryBillingStore, MemoryUsageCounts
from tests.unit.billing.billing_service import ANNA, BRAM, DEBTORS, billing_service
from tests.unit.billing.reference import ReferenceYear

YEARS = {Service.DIGIPOORT: 2026, Service.DIGID: 2020}
PARTIES = [debtor.party_id for debtor in DEBTORS]


@dataclass(frozen=True)
class Act:
    """One act of a script: use, correct, prepay, settle, crash or refuse."""

    verb: str
    service: Service
    party: str = ""
    units: int = 0
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)


def catalogue() -> Catalogue:
    """The published tariffs, but Digipoort's price rises in July 2026."""
    others = [tariff for tariff in published().tariffs if tariff.service is not Service.DIGIPOORT]
    (fixed,) = [tariff for tariff in published().tariffs if tariff.service is Service.DIGIPOORT]
    old = replace(fixed, valid_until=date(2026, 6, 30))
    new = Tariff(
        service=Service.DIGIPOORT,
        basis=TariffBasis.FIXED,
        price=Decimal("0.61"),
        vat=PriceBasis.INCLUDING_VAT,
        valid_from=date(2026, 7, 1),
    )
    return Catalogue([*others, old, new])


@dataclass
class BilledYears:
    """A billing service and the reference that it is compared with."""

    forecasts: dict[tuple[Service, str], int]
    store: MemoryBillingStore = field(default_factory=MemoryBillingStore)
    meter: MemoryUsageCounts = field(default_factory=MemoryUsageCounts)
    prepaid: set[Service] = field(default_factory=set)
    settled: set[Service] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.billing = billing_service(self.store, self.meter, catalogue=catalogue())
        self.reference = {
            (service, debtor.party_id): ReferenceYear(
                service is Service.DIGIPOORT,
                YEARS[service],
                is_rijk=debtor.kind == "rijk",
                in_umbrella=debtor.connection(service).in_umbrella,
                forecast=self.forecasts.get((service, debtor.party_id)),
            )
            for service in YEARS
            for debtor in DEBTORS
        }

    async def open(self) -> None:
        """Record the debtors and their forecasts."""
        for debtor in DEBTORS:
            plain = tuple(replace(one, connected_on=None) for one in debtor.connections)
            await self.billing.save_debtor(ANNA, replace(debtor, connections=plain))
        for (service, party), units in self.forecasts.items():
            await self.billing.record_forecast(ANNA, YearKey(party, service, YEARS[service]), units, "letter")

    async def act(self, act: Act) -> None:
        """One act, and what must be true after it."""
        await getattr(self, f"_{act.verb}")(act)
        self.check()

    async def _use(self, act: Act) -> None:
        kind = "delivered-to" if act.service is Service.DIGIPOORT else "digid-authentication"
        self.meter.add(act.party, act.units, act.at, act.service, kind)
        self.meter.add(act.party, 3, act.at, Service.DIGIPOORT, "undeliverable")  # counted, never charged
        self.reference[act.service, act.party].moments.append((act.at, act.units))

    async def _correct(self, act: Act) -> None:
        """Take back the last use of a party, whatever it was."""
        moments = self.reference[act.service, act.party].moments
        if moments and moments[-1][1] > 0:
            at, units = moments[-1]
            await self._use(replace(act, at=at, units=-units))

    async def _prepay(self, act: Act) -> None:
        if act.service in self.settled:
            return
        order = RunOrder(BillStage.PREPAYMENT, act.service, YEARS[act.service], date(YEARS[act.service], 1, 15))
        await self._run(order)
        self.prepaid.add(act.service)
        for party in PARTIES:
            if self.reference[act.service, party].prepaid == 0:  # nothing was issued to it: looked at again
                self.reference[act.service, party].prepay()
        assert await self._run(order) == []

    async def _settle(self, act: Act) -> None:
        order = RunOrder(BillStage.SETTLEMENT, act.service, YEARS[act.service], date(YEARS[act.service] + 1, 3, 1))
        await self._run(order)
        self.settled.add(act.service)
        assert await self._run(order) == []
        for party in PARTIES:
            assert self.billed(act.service, party) == self.reference[act.service, party].settled(), party

    async def _crash(self, act: Act) -> None:
        """The power goes while a settlement is being written: nothing of it is there."""
        order = RunOrder(BillStage.SETTLEMENT, act.service, YEARS[act.service], date(YEARS[act.service] + 1, 3, 1))
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
        else:
            self.settled.add(act.service)
        finally:
            self.billing._render = write

    async def _refuse(self, act: Act) -> None:
        """An approval does not outlive what it approved."""
        order = RunOrder(BillStage.SETTLEMENT, act.service, YEARS[act.service], date(YEARS[act.service] + 1, 3, 1))
        prepared = await self.billing.prepare(ANNA, order)
        await self.billing.approve(BRAM, prepared.run_id)
        if prepared.issued_by:
            return
        await self._use(replace(act, units=7, at=datetime(YEARS[act.service], 6, 1, tzinfo=UTC)))
        try:
            await self.billing.issue(ANNA, prepared.run_id)
        except BillingError:
            return
        raise AssertionError("issued on inputs that nobody approved")

    async def _run(self, order: RunOrder) -> Sequence[Bill]:
        prepared = await self.billing.prepare(ANNA, order)
        await self.billing.approve(BRAM, prepared.run_id)
        return await self.billing.issue(ANNA, prepared.run_id) if not prepared.issued_by else []

    def billed(self, service: Service, party: str) -> int:
        """Cents billed so far, in the basis of the price."""
        bills = [bill for bill, _ in self.store.issued if (bill.service, bill.debtor.party_id) == (service, party)]
        return int(sum((bill.amount for bill in bills), Decimal(0)) * 100)

    def check(self) -> None:
        """What is always true of what was issued."""
        for service in self.prepaid - self.settled:
            for party in PARTIES:
                assert self.billed(service, party) == self.reference[service, party].prepaid
        for bill, _ in self.store.issued:
            self._check_bill(bill)
        for year in {bill.issued_on.year for bill, _ in self.store.issued}:
            ranks = [int(bill.number[-6:]) for bill, _ in self.store.issued if bill.issued_on.year == year]
            assert ranks == list(range(1, len(ranks) + 1))
        assert faults(self.store.chain) == ()

    def _check_bill(self, bill: Bill) -> None:
        reference = self.reference[bill.service, bill.debtor.party_id]
        assert bill.amounts.vat * 100 == reference.tax_of(int(bill.amount * 100))
        assert bill.amounts.excluding + bill.amounts.vat == bill.amounts.including != 0
        assert sum(line.net for line in bill.lines) == bill.amounts.excluding
        assert sum(line.amount for line in bill.lines) == bill.amount
        assert (bill.kind is BillKind.CREDIT_NOTE) == (bill.amounts.including < 0)
        assert sum(posting.amount for posting in entry_of(bill).postings) == 0


async def play(forecasts: dict[tuple[Service, str], int], script: Sequence[Act]) -> BillingService:
    """Play a script from the beginning."""
    theatre = BilledYears(forecasts)
    await theatre.open()
    for act in script:
        await theatre.act(act)
    return theatre.billing
