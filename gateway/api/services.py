"""What the API needs: services of the other packages, and values from the settings."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.api.providers import Provider
from gateway.billing.services import BillingServices
from gateway.channels.inspection import Inspections
from gateway.clock import Clock, utc_now
from gateway.http.base_url import BaseUrl
from gateway.http.limits import RequestLimits
from gateway.i18n import Text
from gateway.messages.ports import Intake, RetentionRuns
from gateway.messages.submission import StoredBytes
from gateway.settings import HttpSettings, MailboxSettings
from gateway.store.documents.storage import Storage
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.messages.mailbox import MailboxStore
from gateway.store.messages.messages import MessageReader
from gateway.store.messages.operations import OperatorActions
from gateway.store.messages.outbox import OutboxStore
from gateway.store.messages.overview import OverviewStore
from gateway.store.messages.register import RegisterStore
from gateway.store.messages.sessions import SessionStore
from gateway.validator.model.document import DetachedPart
from gateway.validator.rendering.render import RenderingRequest
from gateway.validator.unpack import Unpacked


class Validation(Protocol):
    """Judges a document without storing anything."""

    async def judge(
        self,
        document: bytes,
        *,
        profile: str | None,
        checks_schema: bool,
        detached: Sequence[DetachedPart] = (),
        file: str = "",
    ) -> bytes:
        """The report as JSON, as `meterpoort validate --format json` prints it. `detached` are the
        attachments that came next to the document, `file` is its name."""

    async def unpack(self, name: str, data: bytes) -> Unpacked:
        """The documents in a file. Raises JudgingError where that asks too much."""


class Renderings(Protocol):
    """Shows documents to people."""

    async def render(self, document: StoredBytes | bytes, request: RenderingRequest) -> bytes:
        """The document in the form that is asked for. Raises JudgingError where that asks too much, and what
        reading it raises."""


Readiness = Callable[[], Awaitable[Mapping[str, bool]]]
"""Which parts of the gateway work now, by name."""

Exposition = Callable[[str], tuple[str, bytes]]
"""Content type and body of the metrics, in the format that this Accept header asks for."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit of the meter, the record and the bills counted, and where something is not as it was recorded:
    its subject, and a sentence."""

    counts: Sequence[tuple[Text, int]] = ()
    findings: Sequence[tuple[str, str]] = ()


class NewestAudit:
    """Audits that are asked for in the portal: one at a time in this process, and what the newest one found."""

    def __init__(self, audit: Callable[[], Awaitable[AuditResult]], clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self.started_at: datetime | None = None
        """Of one that is running."""
        self.ended_at: datetime | None = None
        self.result: AuditResult | None = None

    async def run(self) -> None:
        """Audit now; while an audit is running, nothing."""
        if self.started_at is not None:
            return
        self.started_at = self._clock()
        try:
            self.result = await self._audit()
            self.ended_at = self._clock()
        finally:
            self.started_at = None


async def nothing_to_audit() -> AuditResult:
    """For a gateway without a ledger."""
    return AuditResult()


@dataclass(frozen=True, slots=True)
class Services:
    """Everything `build` needs."""

    intake: Intake
    storage: Storage
    messages: MessageReader
    mailbox: MailboxStore
    directory: RegisterStore
    operations: OperatorActions
    validation: Validation
    renderings: Renderings
    meter: LedgerMeter
    readiness: Readiness
    metrics: Exposition
    deliveries: OutboxStore
    retention: RetentionRuns
    sessions: SessionStore
    overviews: OverviewStore
    billing: BillingServices | None = None
    """None: usage, forecasts, bills and exports are answered with 503."""
    is_proxy: Callable[[str], bool] = lambda _address: False
    """Whether the clients of this address are others, whom it names in X-Forwarded-For."""
    inspections: Inspections | None = None
    """None outside a sandbox: there is nothing to show."""
    clock: Clock = utc_now
    base_url: BaseUrl = field(default_factory=BaseUrl)
    audit: Callable[[], Awaitable[AuditResult]] = nothing_to_audit
    providers: Mapping[str, Provider] = field(default_factory=dict)
    """Of accounts with which people sign in, by id."""
    is_sandbox: bool = False
    """Every message is a test."""
    gateway_version: str = "0.1.0"
    limits: RequestLimits = field(default_factory=RequestLimits)
    http: HttpSettings = field(default_factory=HttpSettings)
    leases: MailboxSettings = field(default_factory=MailboxSettings)
    validations_bytes_max: int = 64 * 1024 * 1024
    """How many bytes all requests to `POST /v1/validations` may hold in memory together."""
