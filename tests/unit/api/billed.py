"""Services with a real billing service on a real database, and keys for those who bill and are billed."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from gateway.api.services import Services
from gateway.billing.delivery import PrintList
from gateway.billing.payments.service import PaymentService
from gateway.billing.services import BillingServices
from gateway.clock import utc_now
from gateway.messages.participants import Caller, Party, PartyKind, Role
from gateway.store.billing.records import SqlBillingStore
from gateway.testing.doubles import MemoryUsageCounts
from tests.unit.billing.billing_service import ANNA, DEBTORS, ISSUER, billing_service
from tests.unit.small_gateway import SmallGateway

FINANCE = {"X-API-Key": "mp_finance"}
CONTROLLER = {"X-API-Key": "mp_controller"}
"""Another key of the role finance."""
ZILVERSTRAND = {"X-API-Key": "mp_zilverstrand"}
OPERATOR = {"X-API-Key": "mp_operator"}


@dataclass
class Now:
    """The clock of the small gateway."""

    gateway: SmallGateway

    def __call__(self) -> datetime:
        return self.gateway.now

    def go_to(self, day: str | date) -> None:
        """It is the morning of this day."""
        self.gateway.now = datetime.fromisoformat(f"{day}T09:00:00+00:00")


def clock_of(services: Services) -> Now:
    """The clock of services of billing."""
    assert isinstance(services.clock, Now)
    return services.clock


def used_meter() -> MemoryUsageCounts:
    """Two parties' use; one message just before and one just after Amsterdam's midnight of New Year."""
    meter = MemoryUsageCounts()
    meter.add("zilverstrand", 1, datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC))
    meter.add("zilverstrand", 2, datetime(2025, 12, 31, 23, 0, tzinfo=UTC))
    meter.add("zilverstrand", 3, datetime(2026, 3, 1, 10, 0, tzinfo=UTC), kind="submitted-by")
    meter.add("zilverstrand", -1, datetime(2026, 3, 1, 11, 0, tzinfo=UTC), kind="submitted-by")
    meter.add("krommevliet", 7, datetime(2026, 2, 1, 10, 0, tzinfo=UTC))
    return meter


async def billing_services(gateway: SmallGateway, meter: MemoryUsageCounts, **options: object) -> Services:
    """The services; the debtors of the billing tests are known, and finance has two keys."""
    await gateway.register.save(Party("zilverstrand", "Gemeente Zilverstrand", PartyKind.NON_RIJK), "tests")
    await gateway.add_key("mp_zilverstrand", Caller("key-z", Role.GOVERNMENT, "zilverstrand"))
    await gateway.add_key("mp_controller", Caller("key-controller", Role.FINANCE, None))
    engines, writer, clock = gateway.engines, gateway.writer, Now(gateway)
    store = SqlBillingStore(engines, writer)
    billing = billing_service(store, meter, **options)  # type: ignore[arg-type]  # the options of `billing_service`
    billing._clock = clock
    for debtor in DEBTORS:
        await billing.save_debtor(ANNA, debtor)
    payments = PaymentService(store, ISSUER, utc_now)
    prints = PrintList(store, clock, lambda bill: bill.party_id == "krommevliet", can_mail=False)
    services = BillingServices(billing, store, meter, payments, prints)
    return replace(gateway.services(), billing=services, clock=clock)
