"""A billing service for tests: a meter in memory that counts as the real one does, debtors, an issuer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from gateway.billing.documents.ubl import write
from gateway.billing.rating.policies import DEFAULT, Policies
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue, published
from gateway.billing.runs.debtor import Address, Connection, Debtor, Issuer
from gateway.billing.runs.ports import BillingStore, MeteredEntry
from gateway.billing.runs.service import Actor, BillingService
from gateway.clock import billing_date
from gateway.messages.participants import PartyKind, Role
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
    usage_url="https://poort.delta.example/v1/parties/{party}/usage/entries"
    "?service={service}&firstDay={first}&lastDay={last}",
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
class MemoryMeter:
    """Counts entries by their Amsterdam day: fulfils `UsageCounts`."""

    lines: list[tuple[str, Service, MeteredEntry]] = field(default_factory=list)

    def add(
        self,
        party_id: str,
        units: int,
        at: datetime,
        service: Service = Service.DIGIPOORT,
        kind: str = "delivered-to",
    ) -> None:
        """Count units at a moment in UTC; units below zero correct earlier ones."""
        number = len(self.lines) + 1
        entry = MeteredEntry(f"{number:08}", f"kenmerk-{number}", kind, at, units)
        self.lines.append((party_id, service, entry))

    async def by_party(self, service: Service, first: date, last: date) -> Mapping[str, Mapping[str, int]]:
        """Units by party id and kind."""
        found: dict[str, dict[str, int]] = {}
        for party_id, counted, entry in self.lines:
            if counted is service and first <= billing_date(entry.at) <= last:
                kinds = found.setdefault(party_id, {})
                kinds[entry.kind] = kinds.get(entry.kind, 0) + entry.quantity
        return found

    async def by_day(self, party_id: str, service: Service, first: date, last: date) -> Mapping[date, int]:
        """Units of one party by day."""
        found: dict[date, int] = {}
        for entry in await self.entries(party_id, service, first, last, "", len(self.lines)):
            day = billing_date(entry.at)
            found[day] = found.get(day, 0) + entry.quantity
        return found

    async def entries(
        self, party_id: str, service: Service, first: date, last: date, after: str, limit: int
    ) -> Sequence[MeteredEntry]:
        """The entries behind a count."""
        found = [
            entry
            for party, counted, entry in self.lines
            if (party, counted) == (party_id, service) and first <= billing_date(entry.at) <= last
        ]
        return [entry for entry in found if entry.entry_id > after][:limit]


@dataclass
class Ticking:
    """A clock that goes on one second at every look."""

    now: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


async def satisfied(document: bytes) -> Sequence[Finding]:
    """A judge that finds nothing, for tests of other things."""
    return ()


def billing_service(
    store: BillingStore,
    meter: MemoryMeter,
    *,
    policies: Policies = DEFAULT,
    catalogue: Catalogue | None = None,
    judge: object = satisfied,
) -> BillingService:
    """The service on this store and meter."""
    assert callable(judge)
    return BillingService(store, meter, ISSUER, catalogue or published(), write, judge, Ticking(), policies)
