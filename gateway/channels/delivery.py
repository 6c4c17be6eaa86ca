"""Delivery put together: its outbox and contents on the store, a carrier for each way, from the settings."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from gateway.channels.addresses import OutsideResolver
from gateway.channels.digipoort.afleverservice import Afleverservice
from gateway.channels.digipoort.proces import ProcesOf
from gateway.channels.digipoort.processen import Processen, ProcesSources
from gateway.channels.digipoort.records import ProcesStore
from gateway.channels.digipoort.wire.answer import signer
from gateway.channels.outbound import Post
from gateway.channels.webhook.delivery import Webhook
from gateway.channels.webhook.event import EventSigner
from gateway.clock import Clock
from gateway.http.client_certificate import identities
from gateway.messages.lifecycle import Foutcode
from gateway.messages.participants import Party
from gateway.messages.submission import StoredBytes
from gateway.metrics import Metrics
from gateway.pipeline.backoff import Backoff
from gateway.pipeline.dispatcher import Dispatcher
from gateway.pipeline.ports import (
    AttemptResult,
    Carrier,
    DeliveryMethod,
    Destination,
    Failure,
    Parcel,
    Shipment,
)
from gateway.pki.certificates import fingerprint, load_certificates, load_key
from gateway.pki.chain import CLIENTS_AND_SERVERS
from gateway.pki.tls import HttpFetch, TlsFiles
from gateway.settings import Settings
from gateway.store.documents.storage import Storage
from gateway.store.messages.messages import MessageStore
from gateway.store.messages.outbox import OutboxStore
from gateway.store.messages.register import RegisterStore


class StoredOutbox:
    """The store's outbox in delivery's words. Fulfils `delivery.ports.Outbox`."""

    def __init__(self, store: OutboxStore, register: RegisterStore) -> None:
        self._store = store
        self._register = register

    async def due(self, now: datetime) -> tuple[Destination, ...]:
        """Recipients that may be called."""
        found = await self._store.waiting_for(now)
        return tuple(destination_of(one.recipient, one.failures) for one in found)

    async def next_due_at(self) -> datetime | None:
        """When a pause is over."""
        return await self._store.next_due_at()

    async def destination(self, recipient_id: str) -> Destination:
        """Where its messages go now."""
        party = self._register.by_id(recipient_id)
        if party is None:
            raise LookupError(f"no party {recipient_id}")
        return destination_of(party)

    async def first(self, recipient_id: str) -> Parcel | None:
        """The oldest that waits."""
        found = await self._store.first(recipient_id)
        return Parcel(found.kenmerk, found.recipient_id, found.queued_at) if found else None

    async def offered(self, parcel: Parcel, at: datetime) -> None:
        """405"""
        await self._store.offered(parcel.kenmerk, at)

    async def delivered(self, parcel: Parcel, at: datetime, way: DeliveryMethod) -> None:
        """400; what went by SOAP is there as a whole, all else is fetched from the mailbox."""
        await self._store.delivered(parcel.kenmerk, at, into_mailbox=way is not DeliveryMethod.AFLEVERSERVICE)

    async def troubled(self, parcel: Parcel, at: datetime, again_at: datetime, reason: str) -> None:
        """420"""
        await self._store.troubled(parcel.kenmerk, parcel.recipient_id, at, again_at, reason)

    async def returned(
        self, parcel: Parcel, at: datetime, foutcode: Foutcode, reason: str, again_at: datetime | None = None
    ) -> None:
        """410"""
        await self._store.returned(parcel.kenmerk, parcel.recipient_id, at, foutcode, reason, again_at)


def destination_of(party: Party, failures: int = 0) -> Destination:
    """Where this party wants its messages now; a wish that makes no sense is the mailbox."""
    wish = party.settings.get("delivery", DeliveryMethod.MAILBOX.value)
    url = party.settings.get("delivery_url", "")
    way = DeliveryMethod(wish) if wish in set(DeliveryMethod) and url else DeliveryMethod.MAILBOX
    return Destination(party.party_id, way, url, failures)


class StoredContents:
    """Messages as shipments. Fulfils `delivery.ports.Contents`."""

    def __init__(self, store: MessageStore, storage: Storage) -> None:
        self._store = store
        self._storage = storage

    async def shipment(self, kenmerk: str) -> Shipment:
        """The message. Raises LookupError when it is gone."""
        message, document = await self._store.message(kenmerk, None), await self._store.document(kenmerk)
        if message is None or document is None:
            raise LookupError(f"no message {kenmerk}")
        return Shipment(message, document, await self._store.attachments(kenmerk))

    def stream(self, where: StoredBytes) -> AsyncIterator[bytes]:
        """Its bytes."""
        return self._storage.stream(where)


class IntoMailbox:
    """For a recipient that wants its mailbox after all: nothing is called. Fulfils `delivery.ports.Carrier`."""

    async def carry(self, url: str, shipment: Shipment) -> None:
        """Nothing to do: being delivered puts it there."""


class WakingDeliveries:
    """What waits, for the HTTP door: who is to be called again is called at once. Fulfils
    `messages.ports.Deliveries`."""

    def __init__(self, outbox: OutboxStore, wake: Callable[[], None]) -> None:
        self._outbox = outbox
        self._wake = wake
        self.pending = outbox.pending

    async def resume(self, recipient_id: str, actor: str) -> bool:
        """End a pause."""
        is_ended = await self._outbox.resume(recipient_id, actor)
        self._wake()
        return is_ended


class Counting:
    """Counts what is pushed; a mailbox is not. Fulfils `delivery.ports.Observer`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def attempted(
        self, way: DeliveryMethod, outcome: AttemptResult, failure: Failure | None, seconds: float
    ) -> None:
        """One attempt ended so."""
        if way is not DeliveryMethod.MAILBOX:
            self._metrics.push_attempted(way.value, outcome.value, failure.value if failure else None, seconds)


@asynccontextmanager
async def dispatching(
    settings: Settings,
    store: MessageStore,
    storage: Storage,
    register: RegisterStore,
    outbox: OutboxStore,
    records: ProcesStore,
    clock: Clock,
    metrics: Metrics,
) -> AsyncIterator[Dispatcher]:
    """A dispatcher with its connections; whoever gets it runs it."""
    wishes = settings.delivery
    contents = StoredContents(store, storage)
    processen = Processen(ProcesSources(store, register, records))
    backoff = Backoff(
        timedelta(seconds=wishes.pause_seconds_first),
        timedelta(seconds=wishes.pause_seconds_max),
        timedelta(hours=wishes.give_up_hours),
    )
    directory = settings.digipoort.tls_directory
    hosts = [name.strip() for name in wishes.hosts_allowed.split(",") if name.strip()]
    async with AsyncExitStack() as stack:
        post = Post(OutsideResolver(hosts), _tls(directory), seconds_max=wishes.answer_seconds_max)
        await stack.enter_async_context(post)
        carriers: dict[DeliveryMethod, Carrier] = {DeliveryMethod.MAILBOX: IntoMailbox()}
        if directory is not None:
            fetch = await stack.enter_async_context(HttpFetch())
            carriers |= _carriers(settings, TlsFiles(directory), post, contents, processen.proces_of, fetch, clock)
        yield Dispatcher(
            StoredOutbox(outbox, register),
            contents,
            carriers,
            clock,
            backoff,
            wishes.recipients_max,
            observer=Counting(metrics),
        )


def _carriers(
    settings: Settings,
    files: TlsFiles,
    post: Post,
    contents: StoredContents,
    proces_of: ProcesOf,
    fetch: HttpFetch,
    clock: Clock,
) -> dict[DeliveryMethod, Carrier]:
    key_id = fingerprint(load_certificates(files.server_chain)[0])
    events = EventSigner(load_key(files.server_key), key_id)
    return {
        DeliveryMethod.WEBHOOK: Webhook(
            post, proces_of, events, clock, settings.http.public_url, settings.delivery.oin
        ),
        DeliveryMethod.AFLEVERSERVICE: Afleverservice(
            post,
            contents,
            proces_of,
            signer(files),
            identities(files, fetch, clock, purposes=CLIENTS_AND_SERVERS),
            clock,
            answers_must_be_signed=settings.delivery.answers_must_be_signed,
        ),
    }


def _tls(directory: Path | None) -> ssl.SSLContext:
    """Recipients are known by the public authorities and by our own anchors; we show our own certificate."""
    context = ssl.create_default_context()
    if directory is not None:
        files = TlsFiles(directory)
        context.load_verify_locations(files.anchors)
        context.load_cert_chain(files.server_chain, files.server_key)
    return context
