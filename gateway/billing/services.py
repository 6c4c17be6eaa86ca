"""The services of billing on one database, together."""

from dataclasses import dataclass, field

from gateway.billing.delivery import PrintList
from gateway.billing.documents.chart import Chart
from gateway.billing.payments.service import PaymentService
from gateway.billing.runs.ports import BillingStore, UsageCounts
from gateway.billing.runs.service import BillingService


@dataclass(frozen=True, slots=True)
class BillingServices:
    """What the web and the command line need of billing."""

    service: BillingService
    store: BillingStore
    counts: UsageCounts
    payments: PaymentService
    prints: PrintList
    chart: Chart = field(default_factory=Chart)
