"""A billing service for tests: a meter in memory that counts as the real one does, debtors, an issuer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from gateway.billing.documents.bill import Bill
from gateway.billing.documents.pdf import PDF, PdfWriter
from gateway.billing.rating.policies import DEFAULT, Policies
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue
from gateway.billing.runs.actor import Actor
from gateway.billing.runs.debtor import Address, Connection, Debtor
from gateway.billing.runs.issuer import Issuer
from gateway.billing.runs.ports import BillingStore, Registered
from gateway.billing.runs.run import Run, RunOrder
from gateway.billing.runs.service import BillingService
from gateway.billing.runs.year import YearKey
from gateway.messages.participants import PartyKind, Role
from gateway.testing.doubles import MemoryUsageCounts
from gateway.validator.finding import Finding

ANNA = Actor("Anna de Boer", Role.FINANCE)
BRAM = Actor("Bram Visser", Role.FINANCE)
OPERATOR = Actor("Otto Smit", Role.OPERATOR)

ISSUER = Issuer(
    name="Gegevenscentrum Delta",
    kvk="90442211",
    oin="00000003904422110000",
    vat_number="NL861234571B01",
    address=Address("Kanaalkade 40", "2599 XK", "Rijswaarde"),
    iban="NL48MPRT0417164300",
    bic="",
    email="facturen@delta.example",
    phone="+31 70 555 0140",
    contact="Financiën, team Doorbelasting",
    number_prefix="GD",
    usage_url="https://poort.delta.example/portal/usage?party={party}&service={service}"
    "&firstDay={first}&lastDay={last}",
)

ZILVERSTRAND = Debtor(
    "zilverstrand",
    "Gemeente Zilverstrand",
    "00000001812345678000",
    PartyKind.NON_RIJK,
    Address("Raadhuisplein 1", "4399 AA", "Zilverstrand"),
    email="crediteuren@zilverstrand.example",
    reference="Kostenplaats 4410",
    vat_number="NL812345678B01",
)
KROMME_VLIET = Debtor(
    "krommevliet",
    "Waterschap Kromme Vliet",
    "00000001827364507000",
    PartyKind.NON_RIJK,
    Address("Sluisplein 1", "2699 AA", "Vlietmonde"),
    connections=(Connection(Service.DIGID, connected_on=date(2020, 5, 1)),),
)
OOSTMEER = Debtor(
    "oostmeer",
    "Gemeente Oostmeer",
    "00000001855667788000",
    PartyKind.NON_RIJK,
    Address("Kerkstraat 9", "8499 BB", "Oostmeer"),
    connections=(Connection(Service.DIGID, in_umbrella=True),),
)
MINISTERIE = Debtor(
    "ministerie",
    "Ministerie van Kaarten en Wegen",
    "00000001899988877000",
    PartyKind.RIJK,
    Address("Plein 100", "2599 ZZ", "Rijswaarde"),
)
DEBTORS = (ZILVERSTRAND, KROMME_VLIET, OOSTMEER, MINISTERIE)


@dataclass
class Ticking:
    """A clock that goes on one second at every look."""

    now: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def go_to(self, day: date) -> None:
        """It is the morning of this day."""
        self.now = datetime(day.year, day.month, day.day, 9, 0, tzinfo=UTC)


async def satisfied(document: bytes) -> Sequence[Finding]:
    """A judge that finds nothing, for tests of other things."""
    return ()


def billing_service(
    store: BillingStore,
    meter: MemoryUsageCounts,
    *,
    policies: Policies = DEFAULT,
    catalogue: Catalogue | None = None,
    judge: object = satisfied,
    registered: Registered = lambda _: None,
    pdf: PdfWriter = PDF,
) -> BillingService:
    """The service on this store and meter. Its clock is `Ticking`."""
    assert callable(judge)
    return BillingService(
        store,
        meter,
        ISSUER,
        Ticking(),
        policies,
        catalogue=catalogue,
        registered=registered,
        pdf=pdf,
        judge=judge,
    )


def go_to(billing: BillingService, day: date) -> None:
    """It is this day for the service."""
    assert isinstance(billing._clock, Ticking)
    billing._clock.go_to(day)


async def prepared(billing: BillingService, order: RunOrder) -> Run:
    """Prepare a run on the day of its documents, and approve it."""
    go_to(billing, order.issued_on)
    run = await billing.prepare(ANNA, order)
    return await billing.approve(BRAM, run.run_id)


async def issued(billing: BillingService, order: RunOrder) -> Sequence[Bill]:
    """Prepare, approve and issue, on the day of its documents."""
    run = await prepared(billing, order)
    return await billing.issue(ANNA, run.run_id)


async def agreed(billing: BillingService, key: YearKey, units: int) -> None:
    """Record a forecast and the agreement on it."""
    await billing.record_forecast(ANNA, key, units, "letter")
    await billing.record_agreement(ANNA, key, "letter")
