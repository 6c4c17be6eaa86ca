"""The one place that knows every room: opens them in order, hands each what it asks for, closes them."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import structlog

from gateway import __version__
from gateway.admin.billing import billing_door, billing_service
from gateway.api import Doors, build
from gateway.api.doors import Leases, Lists
from gateway.channels import delivery
from gateway.channels.digipoort import wiring as digipoort
from gateway.channels.digipoort.records import ProcesStore
from gateway.clock import Clock, utc_now
from gateway.health import Health, disk_has_room, queue_has_room, takes_writes
from gateway.http.base_url import BaseUrl
from gateway.http.connections import Connections
from gateway.http.limits import Limits as IntakeLimits
from gateway.http.server import Runner
from gateway.jobs.drop import Drop, drop_regularly
from gateway.jobs.measure import measure_forecasts, measure_messages
from gateway.jobs.reap import Reaper, reap_regularly
from gateway.jobs.seal import seal_regularly
from gateway.jobs.send_bills import send_bills_regularly
from gateway.messages.handling import Outcome
from gateway.messages.lifecycle import Disposition, State
from gateway.messages.message import AtRest, Waiting
from gateway.messages.participants import Party, Role
from gateway.messages.ports import Checkpoint, Reception
from gateway.messages.submission import OverloadedError, Receipt, Submission
from gateway.metering.entry import UsageEntry
from gateway.metering.policy import MeterPolicy, meter_delivery
from gateway.metrics import Metrics, QueueState
from gateway.pipeline.desk import Case, Desk, JudgingError
from gateway.pipeline.dispatcher import Dispatcher
from gateway.pipeline.reception import FrontDesk
from gateway.pipeline.workers import Workers
from gateway.settings import Settings
from gateway.store.documents.storage import Storage
from gateway.store.engine import Engines
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.messages.mailbox import MailboxStore
from gateway.store.messages.messages import MessageStore
from gateway.store.messages.operations import OperatorDesk, ReplaysElsewhere
from gateway.store.messages.outbox import OutboxStore
from gateway.store.messages.references import ObjectReferences
from gateway.store.messages.register import RegisterStore
from gateway.store.opening import open_database
from gateway.store.writer import Writer
from gateway.validator.verdict import Verdict, as_json_object
from gateway.validator.xml.parsing import Limits as ReadingLimits

log = structlog.get_logger(__name__)

REGISTER_SECONDS = 1.0
"""How soon a server sees what the command line changed in the register."""
MEASURE_SECONDS = 5.0
SWITCH_SECONDS = 0.0005
"""How long one thread may keep the interpreter from the others: senders are answered while the writer writes."""


def no_checkpoint(_name: str) -> None:
    """Nothing happens at checkpoints, except in the tests that stop the process there."""


Meter = Callable[[str, Party | None, Party, datetime, bool], tuple[Disposition, tuple[UsageEntry, ...]]]
"""What delivering a message is to the meter: its disposition, and an entry for each party that pays."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """One running gateway, with all that its doors and commands need."""

    settings: Settings
    engines: Engines
    writer: Writer
    storage: Storage
    register: RegisterStore
    store: MessageStore
    mailbox: MailboxStore
    desk: Desk
    reception: FrontDesk
    operations: OperatorDesk
    workers: Workers
    metrics: Metrics
    health: Health
    meter: LedgerMeter
    observer: "Observer"
    outbox: OutboxStore
    replays_elsewhere: ReplaysElsewhere

    def doors(self) -> Doors:
        """What the HTTP door needs."""
        return Doors(
            reception=self.intake(),
            storage=self.storage,
            messages=self.store,
            mailbox=self.mailbox,
            directory=self.register,
            operations=self.operations,
            deliveries=delivery.WakingDeliveries(self.outbox, lambda: self.observer.wake_delivery()),
            validation=Validations(self.workers, self.settings.storage.small_content_size_bytes_max),
            meter=self.meter,
            billing=billing_door(self.settings, self.engines, self.writer, utc_now),
            readiness=self.readiness,
            metrics=self.metrics.exposition,
            metrics_need_key=self.settings.http.metrics_need_key,
            base_url=BaseUrl(self.settings.http.public_url.rstrip("/")),
            gateway_version=__version__,
            limits=_intake_limits(self.settings),
            lists=Lists(self.settings.http.page_items_default, self.settings.http.page_items_max),
            leases=Leases(
                self.settings.mailbox.lease_seconds_default,
                self.settings.mailbox.lease_seconds_max,
                self.settings.mailbox.take_messages_max,
            ),
            wait_seconds_max=self.settings.http.wait_seconds_max,
        )

    def intake(self) -> Reception:
        """Where every door ends: counted, and in a sandbox marked as test."""
        counted = self.own_door()
        return MarkedAsTest(counted) if self.settings.testing.sandbox else counted

    def own_door(self) -> "Counted":
        """Where the gateway's own bills come in: counted as any message."""
        return Counted(self.reception, self.metrics)

    async def new_key(self, role: str) -> tuple[str, str]:
        """A key for an operator or for finance: its id and the key."""
        return await self.register.new_key(Role(role), None, "gateway")

    async def revoke_key(self, key_id: str) -> None:
        """The key works no longer."""
        await self.register.revoke_key(key_id, "gateway")

    async def readiness(self) -> Mapping[str, bool]:
        """Which parts answer now."""
        outcome = await self.health.readiness()
        return {check.name: check.problem is None for check in outcome.checks}


@asynccontextmanager
async def opened(
    settings: Settings, *, clock: Clock = utc_now, checkpoint: Checkpoint = no_checkpoint
) -> AsyncIterator[Gateway]:
    """A gateway that takes in, judges and delivers until the block ends; what waited goes on first."""
    async with AsyncExitStack() as stack:
        gateway = await _open(settings, clock, checkpoint, stack)
        for waiting in await gateway.store.waiting():
            gateway.desk.offer(waiting, None, is_suspect=True)
        gateway.desk.start()
        stack.push_async_callback(gateway.desk.stop)
        works = [_follow_register(gateway), _measure(gateway), *_jobs(gateway, clock)]
        dispatcher = await stack.enter_async_context(_dispatching(gateway, clock))
        gateway.observer.wake_delivery = dispatcher.wake
        works.append(dispatcher.run())
        for work in works:
            task = asyncio.create_task(work)
            task.add_done_callback(_tell_when_broken)
            stack.push_async_callback(_ended, task)
        yield gateway


def _jobs(gateway: Gateway, clock: Clock) -> Iterator[Coroutine[None, None, None]]:
    """What runs by the clock in this gateway."""
    settings, engines, metrics = gateway.settings, gateway.engines, gateway.metrics
    billing = billing_service(settings, engines, gateway.writer, clock)
    yield seal_regularly(gateway.meter, billing.store)
    yield measure_messages(engines, metrics, clock)
    yield measure_forecasts(billing, metrics)
    yield reap_regularly(_reaper(gateway), metrics, timedelta(hours=settings.reaper.pass_hours))
    if settings.billing.sends_bills:
        yield send_bills_regularly(billing.store, gateway.own_door(), gateway.register.by_identifier)
    if settings.drop.url:
        yield drop_regularly(Drop(settings, gateway.meter, billing.store, clock))


def _reaper(gateway: Gateway) -> Reaper:
    limits = gateway.settings.reaper
    references = ObjectReferences(gateway.engines)
    return Reaper(gateway.storage, references, timedelta(hours=limits.orphan_hours_min), limits.orphan_share_max)


async def serve(
    settings: Settings, *, announce: Callable[[str], None], checkpoint: Checkpoint = no_checkpoint
) -> None:
    """Run the gateway until SIGTERM or SIGINT; requests under way are finished first. `announce` is told the
    address once it answers. Raises OSError when the port or the data directory cannot be had."""
    sys.setswitchinterval(SWITCH_SECONDS)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with opened(settings, checkpoint=checkpoint) as gateway, listening(gateway) as address:
        gc.collect()
        gc.freeze()  # what is there now stays: no collection needs to walk through rules and schemas again
        announce(f"Meterpoort {__version__} answers at {address}")
        await stop.wait()
        log.info("gateway_stopping")


@asynccontextmanager
async def listening(gateway: Gateway) -> AsyncIterator[str]:
    """Every door is open; yields their address."""
    http = gateway.settings.http
    doors = gateway.doors()
    application = build(doors, gateway.metrics.request_answered)
    async with digipoort.door(gateway, application) as tls:
        connections = Connections(http.connections_max, gateway.metrics.connection_too_many)
        runner = Runner(
            application,
            idle_seconds_max=http.idle_seconds_max,
            shutdown_seconds_max=http.shutdown_seconds_max,
            base_url=doors.base_url,
            connections=connections,
        )
        await runner.setup()
        try:
            await runner.listen(http.host, http.port, tls)
            port = runner.addresses[0][1]
            host = _named(http.host, is_tls=tls is not None)
            doors.base_url.own_url = f"{'https' if tls else 'http'}://{host}:{port}"
            yield doors.base_url.own_url
        finally:
            await runner.cleanup()


def _named(host: str, *, is_tls: bool) -> str:
    """How to write the host in an address. No address leads to "every interface", and certificates name this
    machine `localhost`."""
    if host in {"0.0.0.0", "::"} or (is_tls and host in {"127.0.0.1", "::1"}):  # noqa: S104  # compared only
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _dispatching(gateway: Gateway, clock: Clock) -> AbstractAsyncContextManager[Dispatcher]:
    records = ProcesStore(gateway.engines, gateway.writer)
    store, storage, register = gateway.store, gateway.storage, gateway.register
    return delivery.dispatching(
        gateway.settings, store, storage, register, gateway.outbox, records, clock, gateway.metrics
    )


async def _open(settings: Settings, clock: Clock, checkpoint: Checkpoint, stack: AsyncExitStack) -> Gateway:
    settings.data_directory.mkdir(parents=True, exist_ok=True)
    metrics = Metrics(__version__, data_directory=settings.data_directory, clock=clock)
    storage = Storage(settings.storage_url(), settings.storage.small_content_size_bytes_max)
    stack.callback(storage.close)  # after the writer has written what waits
    database = await stack.enter_async_context(
        open_database(
            settings,
            group_max=settings.database.commit_messages_max,
            observer=lambda works, seconds: metrics.commit_made(seconds, works),
        )
    )
    engines, writer = database.engines, database.writer
    register = RegisterStore(engines, writer, clock)
    await register.refresh()
    store = MessageStore(engines, writer, storage, _meter(settings), encode_report, checkpoint)
    workers = _workers(settings, storage, metrics)
    stack.push_async_callback(workers.close)
    observer = Observer(metrics, _meter(settings), clock)
    desk = Desk(
        store,
        register,
        workers,
        clock,
        observer,
        checkpoint,
        small_size_bytes_max=settings.storage.small_content_size_bytes_max,
        workers=settings.worker_count(),
        attempts_max=settings.queue.judging_attempts_max,
    )
    reception = FrontDesk(
        store,
        desk,
        clock,
        checkpoint,
        waiting_max=settings.queue.waiting_messages_max,
        retry_after_seconds=settings.queue.retry_after_seconds,
    )
    replays_elsewhere = ReplaysElsewhere(engines, store, desk, metrics.message_reopened)
    await replays_elsewhere.follow()
    return Gateway(
        settings,
        engines,
        writer,
        storage,
        register,
        store,
        MailboxStore(engines, writer, clock, metrics.message_confirmed),
        desk,
        reception,
        OperatorDesk(writer, store, desk, clock, observer.came_to_rest, metrics.message_reopened),
        workers,
        metrics,
        _health(settings, writer, storage, desk),
        LedgerMeter(engines, writer, clock),
        observer,
        OutboxStore(engines, writer, register, _meter(settings), clock, observer.came_to_rest),
        replays_elsewhere,
    )


def encode_report(verdict: Verdict) -> bytes:
    """The verdict as its report: the JSON that every door and the command line give."""
    return msgspec.json.encode(as_json_object(verdict, ""))


def _meter(settings: Settings) -> Meter:
    policy = MeterPolicy(settings.meter.both_sides_pay, settings.meter.own_bills_are_free)

    def meter(
        kenmerk: str, sender: Party | None, recipient: Party, at: datetime, is_test: bool
    ) -> tuple[Disposition, tuple[UsageEntry, ...]]:
        return meter_delivery(kenmerk, sender, recipient, at, policy, is_test=is_test)

    return meter


def _workers(settings: Settings, storage: Storage, metrics: Metrics) -> Workers:
    return Workers(
        storage,
        settings.worker_count(),
        settings.workers.memory_size_bytes_max,
        settings.workers.judging_seconds_max,
        settings.workers.judgements_max,
        metrics.worker_replaced,
        _reading_limits(settings),
    )


def _reading_limits(settings: Settings) -> ReadingLimits:
    return ReadingLimits(
        **msgspec.structs.asdict(settings.xml),
        attachments_max=settings.attachments.count_max,
        attachments_bytes_max=settings.attachments.size_bytes_max,
    )


def _health(settings: Settings, writer: Writer, storage: Storage, desk: Desk) -> Health:
    checks = {
        "store": takes_writes(writer),
        "storage": takes_writes(storage),
        "queue": queue_has_room(desk, settings.queue.waiting_messages_max, settings.health.queue_share_max),
        "disk": disk_has_room(settings.data_directory, settings.health.disk_free_bytes_min),
    }
    return Health(checks, settings.health.check_seconds_max)


def _intake_limits(settings: Settings) -> IntakeLimits:
    http = settings.http
    return IntakeLimits(
        body_bytes_max=http.body_size_bytes_max,
        attachments_bytes_max=settings.attachments.size_bytes_max,
        attachments_count_max=settings.attachments.count_max,
        in_memory_bytes_max=settings.storage.small_content_size_bytes_max,
        body_idle_seconds_max=http.body_idle_seconds_max,
        body_seconds_max=http.body_seconds_max,
        large_bodies_max=http.large_bodies_max,
        retry_after_seconds=settings.queue.retry_after_seconds,
    )


class Validations:
    """Judges without storing. Fulfils `web.ports.Validation`."""

    def __init__(self, workers: Workers, small_size_bytes_max: int) -> None:
        self._workers = workers
        self._small_size_bytes_max = small_size_bytes_max

    async def judge(self, document: bytes, *, profile: str | None, checks_schema: bool) -> bytes:
        """The report as JSON. Raises JudgingError when judging failed technically."""
        case = Case(document, profile)
        if checks_schema and len(document) <= self._small_size_bytes_max:
            verdict = (await self._workers.judge_small([case]))[0]
            if isinstance(verdict, JudgingError):
                raise verdict
        else:
            verdict = await self._workers.judge_large(case, schema=checks_schema)
        return encode_report(verdict)


class Counted:
    """The reception, with what comes in counted."""

    def __init__(self, reception: FrontDesk, metrics: Metrics) -> None:
        self._reception = reception
        self._metrics = metrics
        self.settled = reception.settled

    async def submit(self, submission: Submission) -> Receipt:
        """As the reception's own."""
        try:
            receipt = await self._reception.submit(submission)
        except OverloadedError:
            self._metrics.submission_turned_away()
            raise
        if receipt.is_repeat:
            self._metrics.message_repeated()
        else:
            beside = sum(part.attachment.size_bytes for part in submission.attachments)
            self._metrics.message_received(submission.channel, submission.document.size_bytes + beside)
        return receipt


class MarkedAsTest:
    """The reception of a sandbox: everything is a test, handled in full and never metered."""

    def __init__(self, reception: Counted) -> None:
        self._reception = reception
        self.settled = reception.settled

    async def submit(self, submission: Submission) -> Receipt:
        """As the reception's own."""
        if not submission.caller.is_test:
            submission = replace(submission, caller=replace(submission.caller, is_test=True))
        return await self._reception.submit(submission)


class Observer:
    """Counts what happens at the desk. Fulfils `messages.desk.DeskObserver`."""

    def __init__(self, metrics: Metrics, meter: Meter, clock: Clock) -> None:
        """`meter` is the store's own: asked again, it says what the store wrote."""
        self._metrics = metrics
        self._clock = clock
        self._meter = meter
        self.wake_delivery: Callable[[], None] = lambda: None

    def message_settled(self, waiting: Waiting, outcome: Outcome, seconds: float) -> None:
        """The outcome is on stable storage."""
        del waiting
        verdict, disposition = outcome.verdict, outcome.disposition or Disposition.PENDING
        if outcome.state is State.CHECKED:  # it comes to rest by delivery, which tells `came_to_rest`
            self.wake_delivery()
        else:
            self._count(outcome, disposition, seconds)
        if verdict.is_broken:
            self._metrics.rule_broke()
        for stage, duration_ns in verdict.durations_ns.items():
            self._metrics.stage_passed(stage, duration_ns / 1e9)

    def _count(self, outcome: Outcome, disposition: Disposition, seconds: float) -> None:
        if outcome.state is State.DELIVERED and outcome.recipient is not None:
            at = outcome.entries[-1].at
            disposition, units = self._meter(
                outcome.kenmerk, outcome.sender, outcome.recipient, at, outcome.is_test
            )
            self._metrics.units_metered(units)
        self._metrics.message_settled(outcome.verdict.kind, outcome.state, disposition, seconds)
        if outcome.state is State.REFUSED:
            self._metrics.message_refused(outcome.verdict.findings)

    def came_to_rest(self, rest: AtRest, usage: Sequence[UsageEntry]) -> None:
        """A message came to rest after it had left the desk."""
        seconds = (self._clock() - rest.received_at).total_seconds()
        self._metrics.units_metered(usage)
        self._metrics.message_settled(rest.kind, rest.state, rest.disposition, seconds)

    def judging_failed(self, waiting: Waiting, attempts: int) -> None:
        """Logged at the desk; the worker's end is counted where it is seen."""


async def _follow_register(gateway: Gateway) -> None:
    while True:
        await asyncio.sleep(REGISTER_SECONDS)
        try:
            await gateway.register.refresh()
            await gateway.replays_elsewhere.follow()
        except Exception as error:  # the store is in trouble: what we know still holds, and is asked again
            log.warning("register_not_read", error=type(error).__name__)


async def _measure(gateway: Gateway) -> None:
    while True:
        waiting = QueueState(gateway.desk.waiting_count, gateway.desk.oldest_received_at)
        gateway.metrics.queue_measured(waiting, waiting)
        await asyncio.sleep(MEASURE_SECONDS)


def _tell_when_broken(task: asyncio.Task[None]) -> None:
    """Work beside messages has ended by an error: operators must know; messages go on."""
    if not task.cancelled() and (error := task.exception()):
        log.error("background_work_ended", error=type(error).__name__, exc_info=error)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
