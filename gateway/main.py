"""Opens the parts of a gateway in order, connects them, and closes them in reverse order.

This is the only module that knows all the others.
"""

import asyncio
import contextlib
import gc
import ipaddress
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import structlog

from gateway import __version__
from gateway.admin.audit import audit_result
from gateway.admin.billing import billing_service, billing_services
from gateway.api.application import build
from gateway.api.providers import open_providers
from gateway.api.services import Services
from gateway.channels.addresses import OutsideResolver
from gateway.channels.channel import ChannelServices, OpenChannel
from gateway.channels.digipoort.channel import networks
from gateway.channels.digipoort.processen import Processen
from gateway.channels.digipoort.records import ProcesStore
from gateway.channels.outbound import Post
from gateway.channels.registry import DELIVERY_METHODS, LABELS, open_channels
from gateway.clock import Clock, utc_now
from gateway.health import Health, disk_has_room, is_writable, queue_has_room
from gateway.http.base_url import BaseUrl
from gateway.http.connections import ConnectionLimits, Connections
from gateway.http.limits import RequestLimits
from gateway.http.server import Runner
from gateway.jobs.drop import Drop, drop_regularly
from gateway.jobs.mail import Mailing, mailer
from gateway.jobs.measure import measure_forecasts, measure_messages, measure_queue
from gateway.jobs.periodic import run_periodically
from gateway.jobs.reap import Reaper, reap_regularly
from gateway.jobs.retain import Retention, retain_regularly
from gateway.jobs.revocation import follow_revocation
from gateway.jobs.seal import seal_regularly
from gateway.jobs.send_bills import BillSender, send_bills_regularly
from gateway.jobs.send_reminders import send_reminders_regularly
from gateway.metrics import Metrics
from gateway.pipeline.backoff import Backoff
from gateway.pipeline.dispatcher import Dispatcher
from gateway.pipeline.intake import IntakeService
from gateway.pipeline.observer import MetricsObserver
from gateway.pipeline.queue import JudgingQueue
from gateway.pipeline.settled import SettledMessages
from gateway.pipeline.validation import ValidationService
from gateway.pipeline.workers import Workers
from gateway.pki.crl import CrlFolder
from gateway.pki.revocation import Revocation
from gateway.pki.tls import HttpFetch, TlsFiles, client_context, server_context
from gateway.portal.pages import ROUTES
from gateway.private import keep_private
from gateway.settings import Settings, split_names
from gateway.store.billing.records import SqlBillingStore
from gateway.store.documents.storage import Storage
from gateway.store.engine import Engines
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.messages.commit import Committer
from gateway.store.messages.damage import DamageRecords
from gateway.store.messages.mailbox import MailboxStore
from gateway.store.messages.messages import MessageStore
from gateway.store.messages.operations import OperatorActions
from gateway.store.messages.outbox import OutboxStore
from gateway.store.messages.overview import OverviewStore
from gateway.store.messages.references import ObjectReferences
from gateway.store.messages.register import RegisterStore
from gateway.store.messages.retention import RetentionStore
from gateway.store.messages.sessions import SessionStore
from gateway.store.messages.takeover import Takeover
from gateway.store.nodes.node import BEAT_SECONDS, Node
from gateway.store.opening import Database, hold_alone, open_database
from gateway.store.writer import Writer
from gateway.supervisor import Member
from gateway.tracing import exporting
from gateway.validator import own_rules
from gateway.validator.xml.parsing import Limits as ReadingLimits

log = structlog.get_logger(__name__)

FAREWELL_SECONDS = 1.0
"""So long a gateway that stops goes on while connections are open, and says with each answer that it stops."""
ENDED_BY_FORCE_SHARE = 0.95
"""After this share of the time to stop the process ends, whatever hangs."""
CLOSING_SECONDS = 5.0
"""So long before the end of the time to stop, requests are cut off."""
REGISTER_SECONDS = 1.0
"""How often the register is read again: changes made by another process are seen within a second."""

FIRST_RETENTION_AFTER = timedelta(minutes=1)
"""A gateway that just started has more urgent work; and who stops it at once finds everything as it was."""


@dataclass(frozen=True, slots=True)
class OneOfSeveral:
    """A gateway that is one of several processes of a machine: which one, and where all of them keep their
    metrics."""

    member: Member
    metrics_directory: Path


@dataclass(frozen=True, slots=True)
class Gateway:
    """The parts of an open gateway."""

    settings: Settings
    engines: Engines
    writer: Writer
    storage: Storage
    register: RegisterStore
    store: MessageStore
    committer: Committer
    mailbox: MailboxStore
    queue: JudgingQueue
    intake: IntakeService
    operations: OperatorActions
    workers: Workers
    metrics: Metrics
    health: Health
    meter: LedgerMeter
    observer: MetricsObserver
    outbox: OutboxStore
    node: Node
    takeover: Takeover
    settled: SettledMessages
    certificates: TlsFiles | None
    base_url: BaseUrl
    clock: Clock
    channels: tuple[OpenChannel, ...] = ()

    def services(self) -> Services:
        """Return what the HTTP API needs."""
        return Services(
            intake=self.intake,
            storage=self.storage,
            messages=self.store,
            mailbox=self.mailbox,
            directory=self.register,
            operations=self.operations,
            deliveries=self.outbox,
            retention=_retention(self),
            sessions=SessionStore(self.engines, self.writer, self.clock),
            overviews=OverviewStore(self.engines, self.node, self.clock),
            audit=partial(audit_result, self.engines, self.writer),
            providers=open_providers(self.settings.providers),
            is_sandbox=self.settings.testing.sandbox,
            is_proxy=_is_proxy(self.settings),
            validation=ValidationService(self.workers, self.settings.storage.small_content_size_bytes_max),
            renderings=self.workers,
            meter=self.meter,
            billing=billing_services(self.settings, self.engines, self.writer, self.clock, self.register),
            inspections=next(filter(None, (one.inspections for one in self.channels)), None),
            readiness=self.health.states,
            metrics=self.metrics.exposition,
            base_url=self.base_url,
            gateway_version=__version__,
            limits=RequestLimits.of(self.settings),
            http=self.settings.http,
            leases=self.settings.mailbox,
            clock=self.clock,
        )


@asynccontextmanager
async def open_gateway(
    settings: Settings, *, clock: Clock = utc_now, one_of: OneOfSeveral | None = None
) -> AsyncIterator[Gateway]:
    """Open a gateway that accepts, judges and delivers messages until the block ends, first those that waited.

    Raises BlockingIOError when another gateway uses the same SQLite database.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(exporting(settings.tracing.endpoint, __version__))
        gateway = await _open(settings, clock, stack, one_of)
        revocation = await _revocation(gateway, clock, stack)
        await gateway.takeover.run()
        gateway.queue.start()
        stack.push_async_callback(gateway.queue.stop)
        services = await _channel_services(gateway, revocation, clock, stack)
        gateway = replace(gateway, channels=await stack.enter_async_context(open_channels(services)))
        dispatcher = _dispatcher(gateway, clock)
        gateway.observer.wake_delivery = dispatcher.wake
        channel_jobs = [job() for channel in gateway.channels for job in channel.jobs]
        for job in (dispatcher.run(), *channel_jobs, *_jobs(gateway, clock)):
            _run_in_background(job, stack)
        yield gateway


def _jobs(gateway: Gateway, clock: Clock) -> Iterator[Coroutine[None, None, None]]:
    """Yield the jobs that run by the clock."""
    settings, engines, metrics = gateway.settings, gateway.engines, gateway.metrics
    billing = billing_service(settings, engines, gateway.writer, clock, gateway.register.by_id)
    node = gateway.node
    yield run_periodically(
        node.beat, BEAT_SECONDS, failure="heartbeat_not_written", first_after_seconds=BEAT_SECONDS
    )
    yield measure_queue(engines, node, metrics)
    yield run_periodically(
        partial(_follow, gateway),
        REGISTER_SECONDS,
        failure="register_not_read",
        first_after_seconds=REGISTER_SECONDS,
    )
    yield seal_regularly(gateway.meter, node.runs("seal"))
    yield measure_messages(engines, metrics, clock)
    yield measure_forecasts(billing, metrics)
    reaper_pause = timedelta(hours=settings.reaper.pass_hours)
    yield reap_regularly(_reaper(gateway), metrics, reaper_pause, is_mine=node.runs("reap"))
    yield retain_regularly(_retention(gateway), FIRST_RETENTION_AFTER, node.runs("retain"))
    mailing = _mailing(gateway, clock)
    if settings.billing.sends_bills:
        sender = BillSender(billing.store, gateway.intake, gateway.register.by_identifier, mailing)
        yield send_bills_regularly(sender, node.runs("send bills"))
    if settings.billing.sends_reminders and mailing:
        yield send_reminders_regularly(billing.calendar, mailing, billing.issuer, node.runs("send reminders"))
    if settings.drop.url:
        yield drop_regularly(Drop(settings, gateway.meter, billing.store, clock), node.runs("drop"))


def _mailing(gateway: Gateway, clock: Clock) -> Mailing | None:
    send = mailer(gateway.settings.mail)
    return Mailing(send, SqlBillingStore(gateway.engines, gateway.writer), clock) if send else None


async def _follow(gateway: Gateway) -> None:
    """Read what another process changed (parties, keys), and judge what nobody else judges."""
    await gateway.register.refresh()
    await gateway.takeover.run()


def _reaper(gateway: Gateway) -> Reaper:
    limits = gateway.settings.reaper
    references = ObjectReferences(gateway.engines)
    return Reaper(gateway.storage, references, timedelta(hours=limits.orphan_hours_min), limits.orphan_share_max)


def _retention(gateway: Gateway) -> Retention:
    store, references = RetentionStore(gateway.engines, gateway.writer), ObjectReferences(gateway.engines)
    return Retention(gateway.settings.retention, store, gateway.storage, references, gateway.clock)


async def serve(
    settings: Settings, *, announce: Callable[[str], None], one_of: OneOfSeveral | None = None
) -> None:
    """Run the gateway until SIGTERM or SIGINT, or its supervisor is gone; active requests are finished first.

    `announce` is called with a line of text once the gateway accepts requests. Raises OSError when the port or the
    data directory cannot be opened.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if one_of:
        loop.add_reader(one_of.member.supervisor_gone, stop.set)
    opened = open_gateway(settings, one_of=one_of)
    async with opened as gateway, listen(gateway) as address:
        gc.freeze()  # code, rules and tables: to look through them for garbage stops everything for 0.2 seconds
        announce(f"Meterpoort {__version__} is running at {address}")
        await stop.wait()
        if one_of:
            loop.remove_reader(one_of.member.supervisor_gone)
        log.info("gateway_stopping")
        _end_in_time(settings.http.shutdown_seconds_max * ENDED_BY_FORCE_SHARE)
        gateway.settled.stop_waiting()


def _requests_seconds_max(shutdown_seconds_max: float) -> float:
    return max(shutdown_seconds_max - CLOSING_SECONDS, shutdown_seconds_max / 2)


def _end_in_time(seconds: float) -> None:
    """End the process after so long, whatever hangs: what it acknowledged is on stable storage."""

    def end() -> None:
        log.error("gateway_ended_by_force", seconds=seconds)
        os._exit(1)

    watch = threading.Timer(seconds, end)
    watch.daemon = True
    watch.start()


@asynccontextmanager
async def listen(gateway: Gateway) -> AsyncIterator[str]:
    """Serve HTTP until the block ends; yields the address."""
    http = gateway.settings.http
    services = gateway.services()
    application = build(services, gateway.metrics.request_answered, ROUTES)
    for channel in gateway.channels:
        channel.add_to(application)
    tls = server_context(gateway.certificates) if gateway.certificates else None
    connections = Connections(_connection_limits(gateway.settings), gateway.metrics.connection_too_many)
    runner = Runner(
        application,
        idle_seconds_max=http.idle_seconds_max,
        shutdown_seconds_max=_requests_seconds_max(http.shutdown_seconds_max),
        farewell_seconds=FAREWELL_SECONDS,
        base_url=services.base_url,
        connections=connections,
    )
    await runner.setup()
    try:
        await runner.listen(http.host, http.port, tls, is_shared=http.processes > 1)
        port = runner.addresses[0][1]
        gateway.base_url.own_url = _own_url(gateway.settings, is_tls=tls is not None, port=port)
        yield gateway.base_url.own_url
    finally:
        await runner.cleanup()


def _is_proxy(settings: Settings) -> Callable[[str], bool]:
    """Whether the clients of an address are others: this machine, and proxies of ours."""
    proxies = networks(settings.digipoort.trusted_proxies)

    def is_proxy(address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return True
        return known.is_loopback or any(known in network for network in proxies)

    return is_proxy


def _connection_limits(settings: Settings) -> ConnectionLimits:
    http, is_proxy = settings.http, _is_proxy(settings)
    return ConnectionLimits(
        connections_max=http.connections_max,
        address_max=http.connections_per_address_max,
        caller_max=http.connections_per_key_max,
        header_seconds_max=http.header_seconds_max,
        stalled_seconds_max=http.body_idle_seconds_max,
        is_limited=lambda address: not is_proxy(address),
    )


def _base_url(settings: Settings, *, is_tls: bool) -> BaseUrl:
    """Complete once the server listens: the port may be chosen then."""
    own_url = _own_url(settings, is_tls=is_tls, port=settings.http.port)
    return BaseUrl(settings.http.public_url.rstrip("/"), own_url)


def _own_url(settings: Settings, *, is_tls: bool, port: int) -> str:
    host = _host_in_url(settings.http.host, is_tls=is_tls)
    return f"{'https' if is_tls else 'http'}://{host}:{port}"


def _host_in_url(host: str, *, is_tls: bool) -> str:
    """Return the host as it is written in a URL: `localhost` for every interface, and with TLS, because the test
    certificates have that name."""
    if host in {"0.0.0.0", "::"} or (is_tls and host in {"127.0.0.1", "::1"}):  # noqa: S104  # compared only
        return "localhost"
    return f"[{host}]" if ":" in host else host


async def _revocation(gateway: Gateway, clock: Clock, stack: AsyncExitStack) -> Revocation:
    """What tells whether a certificate was revoked, with the lists of the settings' folder read and kept up to
    date."""
    metrics, fetch = gateway.metrics, await stack.enter_async_context(HttpFetch())
    if gateway.certificates is None:
        return Revocation(fetch, clock)
    folder = CrlFolder(gateway.certificates.crls)
    revocation = Revocation(fetch, clock, folder.crls, metrics.revocation_not_known)
    folder.read()
    _run_in_background(follow_revocation(folder, revocation, metrics), stack)
    return revocation


async def _channel_services(
    gateway: Gateway, revocation: Revocation, clock: Clock, stack: AsyncExitStack
) -> ChannelServices:
    delivery, certificates = gateway.settings.delivery, gateway.certificates
    resolver = OutsideResolver(split_names(delivery.hosts_allowed))
    post = Post(resolver, client_context(certificates), seconds_max=delivery.answer_seconds_max)
    processen = Processen(gateway.store, gateway.register, ProcesStore(gateway.engines, gateway.writer))
    return ChannelServices(
        settings=gateway.settings,
        intake=gateway.intake,
        storage=gateway.storage,
        messages=gateway.store,
        mailbox=gateway.mailbox,
        directory=gateway.register,
        proces_of=processen.proces_of,
        engines=gateway.engines,
        writer=gateway.writer,
        post=await stack.enter_async_context(post),
        revocation=revocation,
        certificates=certificates,
        base_url=gateway.base_url,
        clock=clock,
    )


def _dispatcher(gateway: Gateway, clock: Clock) -> Dispatcher:
    delivery = gateway.settings.delivery
    methods = {name: method for channel in gateway.channels for name, method in channel.delivery_methods.items()}
    backoff = Backoff(
        timedelta(seconds=delivery.pause_seconds_first),
        timedelta(seconds=delivery.pause_seconds_max),
        timedelta(hours=delivery.give_up_hours),
    )
    return Dispatcher(
        gateway.outbox,
        gateway.storage,
        gateway.committer.commit,
        methods,
        gateway.register,
        gateway.settings.meter,
        clock,
        backoff,
        delivery.recipients_max,
        attempted=gateway.observer.count_attempt,
        is_alive=gateway.node.is_alive,
    )


def _certificates(settings: Settings) -> TlsFiles | None:
    """The gateway's certificates, where the settings name them. Raises FileNotFoundError when one is missing."""
    if settings.digipoort.tls_directory is None:
        return None
    files = TlsFiles(settings.digipoort.tls_directory)
    if problem := files.problem():
        raise FileNotFoundError(problem)
    return files


async def _open(settings: Settings, clock: Clock, stack: AsyncExitStack, one_of: OneOfSeveral | None) -> Gateway:
    own_rules.install(settings.rule_sets)
    certificates = _certificates(settings)
    for folder in settings.private_folders():
        keep_private(folder)
    metrics = _metrics(settings, clock, one_of)
    storage = Storage(settings.storage_url(), settings.storage.small_content_size_bytes_max)
    stack.callback(storage.close)  # after the writer has written what waits
    stack.enter_context(hold_alone(settings))
    database = await _open_database(settings, metrics, stack)
    engines, writer = database.engines, database.writer
    node = Node(engines, writer, one_of.member.name, one_of.member.replaces) if one_of else Node(engines, writer)
    await node.join()
    stack.push_async_callback(node.leave)
    register = RegisterStore(engines, writer, clock)
    await register.refresh()
    storage.report_damage = DamageRecords(engines, writer, metrics, clock).report
    store = MessageStore(engines, writer, storage, node.node_id)
    workers = _workers(settings, storage, metrics)
    stack.push_async_callback(workers.close)
    observer, settled = MetricsObserver(metrics), SettledMessages()
    observers = [observer.message_committed, settled.message_committed]
    committer = Committer(engines, writer, register, settings.meter, observers, node.node_id)
    queue = JudgingQueue(
        committer,
        register,
        workers,
        settings.meter,
        clock,
        small_size_bytes_max=settings.storage.small_content_size_bytes_max,
        workers=settings.worker_count(),
        attempts_max=settings.queue.judging_attempts_max,
    )
    outbox = OutboxStore(
        engines, writer, register, clock, DELIVERY_METHODS, lambda: observer.wake_delivery(), node.node_id
    )
    return Gateway(
        settings,
        engines,
        writer,
        storage,
        register,
        store,
        committer,
        MailboxStore(engines, writer, committer, clock),
        queue,
        IntakeService(store, queue, settled, metrics, settings.queue, clock, is_sandbox=settings.testing.sandbox),
        OperatorActions(committer, store, queue, clock),
        workers,
        metrics,
        _health(settings, writer, storage, queue),
        LedgerMeter(engines, writer, clock),
        observer,
        outbox,
        node,
        Takeover(engines, writer, store, queue, metrics, utc_now, node.node_id),
        settled,
        certificates,
        _base_url(settings, is_tls=certificates is not None),
        clock,
    )


def _metrics(settings: Settings, clock: Clock, one_of: OneOfSeveral | None) -> Metrics:
    shared = one_of.metrics_directory if one_of else None
    return Metrics(__version__, None, settings.data_directory, clock, LABELS, shared)


async def _open_database(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> Database:
    """Open the database and upgrade its schema. At the end, what waits is written first."""
    group_max = settings.database.commit_messages_max
    return await stack.enter_async_context(
        open_database(
            settings, group_max=group_max, observer=lambda works, seconds: metrics.commit_made(seconds, works)
        )
    )


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


def _health(settings: Settings, writer: Writer, storage: Storage, queue: JudgingQueue) -> Health:
    checks = {
        "store": is_writable(writer),
        "storage": is_writable(storage),
        "queue": queue_has_room(
            lambda: queue.waiting_count, settings.queue.waiting_messages_max, settings.health.queue_share_max
        ),
        "disk": disk_has_room(settings.data_directory, settings.health.disk_free_bytes_min),
    }
    return Health(checks, settings.health.check_seconds_max)


def _run_in_background(job: Coroutine[None, None, None], stack: AsyncExitStack) -> None:
    """Run the job until the stack is closed. A job that ends by an error is logged; the gateway continues."""
    task = asyncio.create_task(job)
    task.add_done_callback(_log_error)
    stack.push_async_callback(_cancel, task)


def _log_error(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("background_work_ended", error=type(error).__name__, exc_info=error)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
