"""What the web needs to work: ports of the other rooms and values from the settings."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.api.ports import (
    NOTHING_PENDING,
    Metrics,
    Readiness,
    Validation,
    always_ready,
    no_metrics,
)
from gateway.billing.documents.bill import Bill
from gateway.billing.runs.ports import BillingStore, UsageCounts
from gateway.billing.runs.service import BillingService
from gateway.clock import Clock, utc_now
from gateway.http.base_url import BaseUrl
from gateway.http.limits import Limits
from gateway.messages.ports import (
    Deliveries,
    Directory,
    DocumentStorage,
    Intake,
    Mailbox,
    Messages,
    Operations,
)
from gateway.metering.ports import Meter


@dataclass(frozen=True, slots=True)
class Lists:
    """How much a list gives at a time."""

    items_default: int = 50
    items_max: int = 500


@dataclass(frozen=True, slots=True)
class Leases:
    """How long and how many messages a recipient may take. Times in seconds."""

    seconds_default: float = 900.0
    seconds_max: float = 43_200.0
    messages_max: int = 100


@dataclass(frozen=True, slots=True)
class BillingDoor:
    """What the web asks of billing; `pdf` writes a bill for people."""

    service: BillingService
    store: BillingStore
    counts: UsageCounts
    pdf: Callable[[Bill], bytes]


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything `build` needs."""

    intake: Intake
    storage: DocumentStorage
    messages: Messages
    mailbox: Mailbox
    directory: Directory
    operations: Operations
    validation: Validation
    meter: Meter
    readiness: Readiness = always_ready
    metrics: Metrics = no_metrics
    deliveries: Deliveries = NOTHING_PENDING
    billing: BillingDoor | None = None
    """None: usage, forecasts, bills and exports are answered with 503."""
    clock: Clock = utc_now
    metrics_need_key: bool = True
    """Whether `/metrics` asks for an operator's key."""
    base_url: BaseUrl = field(default_factory=BaseUrl)
    gateway_version: str = "0.1.0"
    limits: Limits = field(default_factory=Limits)
    lists: Lists = field(default_factory=Lists)
    leases: Leases = field(default_factory=Leases)
    wait_seconds_max: float = 60.0
    """Longest `Prefer: wait=` that is honoured."""
    validations_bytes_max: int = 64 * 1024 * 1024
    """Bodies that `POST /v1/validations` may hold in memory together."""
    key_cache_seconds: float = 5.0
    """How long a verified key is trusted without asking again: the time a revoked key may still work when it
    was revoked by another process."""
    operators_read_content: bool = False
    """Whether operators may fetch documents and attachments: they can do their work without, so no."""
