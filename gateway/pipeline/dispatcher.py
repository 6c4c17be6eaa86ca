"""Delivers queued messages to their recipients: for each recipient in order, for all at the same time.

Only the first message of a recipient is ever in memory, so it makes no difference how many wait behind it. Of
several gateways one at a time calls a recipient: the one that committed that it offers the first message, for as
long as that gateway lives. A gateway that hung calls nobody when it goes on, until it knows again that it lives.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog
from structlog.contextvars import bind_contextvars, unbind_contextvars

from gateway.clock import Clock
from gateway.messages.contents import ChecksContents, Contents, check_contents
from gateway.messages.decision import AlreadyCommittedError, Decision, set_apart
from gateway.messages.delivery import AttemptResult, DeliveryAttempt, decide_delivery, offer
from gateway.messages.lifecycle import Foutcode
from gateway.messages.message import Message
from gateway.messages.participants import Register
from gateway.messages.stored_errors import DamagedDocumentError, StoreUnavailableError
from gateway.pipeline.backoff import Backoff
from gateway.pipeline.ports import (
    DeliveryMethod,
    Destination,
    Failure,
    NotDeliveredError,
    Outbox,
    QueuedMessage,
    Refusal,
)
from gateway.settings import MeterSettings
from gateway.tracing import span

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 5.0
"""How often to look for work that nobody announced: from another process, or due again."""


Commit = Callable[[Decision], Awaitable[Decision]]
"""Commits a decision about a message; returns it as it was committed."""
Attempted = Callable[[str, AttemptResult, Failure | None, float], None]
"""Called with every attempt: the delivery method, what became of it, what went wrong, and its seconds."""


class LeaseLostError(Exception):
    """This gateway wrote no heartbeat for too long: another one may be calling the recipient."""


class Dispatcher:
    """Delivers until it is stopped."""

    def __init__(
        self,
        outbox: Outbox,
        storage: ChecksContents,
        commit: Commit,
        methods: Mapping[str, DeliveryMethod],
        register: Register,
        policy: MeterSettings,
        clock: Clock,
        backoff: Backoff | None = None,
        recipients_max: int = 64,
        trouble_seconds: float = _IDLE_SECONDS,
        attempted: Attempted = lambda *_: None,
        is_alive: Callable[[], bool] = lambda: True,
    ) -> None:
        """`recipients_max`: recipients that are called at the same time; `trouble_seconds`: how long to leave a
        store alone that does not answer; `is_alive`: whether other gateways count this one as alive."""
        self._outbox = outbox
        self._storage = storage
        self._commit = commit
        self._methods = methods
        self._register = register
        self._policy = policy
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._calls = asyncio.Semaphore(recipients_max)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._trouble_seconds = trouble_seconds
        self._woken = asyncio.Event()
        self._attempted = attempted
        self._is_alive = is_alive

    def wake(self) -> None:
        """Something was put into the outbox."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver, for as long as it is awaited."""
        try:
            while True:
                self._woken.clear()
                try:
                    busy = set(self._under_way)  # who ends meanwhile may have been paused: asked for again
                    for destination in await self._outbox.due(self._clock()):
                        if destination.recipient_id not in busy:
                            self._begin(destination)
                    await self._rest()
                except (
                    Exception
                ) as error:  # the store is in trouble: what waits stays there, and is asked for again
                    log.warning("outbox_not_read", error=type(error).__name__)
                    await asyncio.sleep(self._trouble_seconds)
        finally:
            tasks = list(self._under_way.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _rest(self) -> None:
        due_at = await self._outbox.next_due_at()
        seconds = (due_at - self._clock()).total_seconds() if due_at else _IDLE_SECONDS
        try:
            async with asyncio.timeout(min(max(seconds, 0.01), _IDLE_SECONDS)):
                await self._woken.wait()
        except TimeoutError:
            return

    def _begin(self, destination: Destination) -> None:
        name = destination.recipient_id
        if name not in self._under_way and destination.method in self._methods:
            task = self._under_way[name] = asyncio.create_task(self._serve(destination), name=f"delivery-{name}")
            task.add_done_callback(lambda _: self._end_delivery(name))

    def _end_delivery(self, recipient_id: str) -> None:
        del self._under_way[recipient_id]
        self._woken.set()

    async def _serve(self, destination: Destination) -> None:
        """One recipient's messages in their order, until one cannot be delivered now or none is left."""
        try:
            async with self._calls:
                while queued := await self._next(destination):
                    if not await self._offer(destination, queued):
                        return
                    destination = await self._outbox.destination(destination.recipient_id)
                    if destination.method not in self._methods:
                        return
        except StoreUnavailableError as error:  # no failure of the recipient: what waits for it stays
            log.warning("document_not_read", reason=str(error))
            await asyncio.sleep(_IDLE_SECONDS)
        except AlreadyCommittedError:
            log.info("delivered_elsewhere", recipient=destination.recipient_id)
        except Exception as error:  # one recipient's trouble, whatever it is, stays its own
            log.error("delivery_broke", recipient=destination.recipient_id, exc_info=error)
            await asyncio.sleep(_IDLE_SECONDS)

    async def _next(self, destination: Destination) -> QueuedMessage | None:
        """The oldest message that waits for this recipient; from here on every line of the log has its kenmerk and
        trace."""
        unbind_contextvars("kenmerk", "traceparent")
        queued = await self._outbox.first(destination.recipient_id)
        if queued is not None:
            bind_contextvars(**queued.message.log_context)
        return queued

    async def _offer(self, destination: Destination, queued: QueuedMessage) -> bool:
        """Offer one message; whether the next one may follow. One whose contents are damaged is set apart, before
        its recipient hears of it. Raises StoreUnavailableError."""
        try:
            contents = await check_contents(self._storage, queued.message.document, queued.message.attachments)
        except DamagedDocumentError as damage:
            await self._commit(set_apart(queued.message, str(damage), self._clock()))
            return True
        message = (await self._commit(offer(queued.message, self._clock()))).message
        if not self._is_alive():
            raise LeaseLostError
        begun = time.monotonic()
        error = await self._deliver(destination, message, contents)
        seconds, now = time.monotonic() - begun, self._clock()
        attempt = self._attempt(destination, queued, error, now)
        await self._commit(decide_delivery(message, attempt, self._register, self._policy, now))
        self._attempted(destination.method, attempt.result, error.failure if error else None, seconds)
        return attempt.result in {AttemptResult.DELIVERED, AttemptResult.REFUSED}

    async def _deliver(
        self, destination: Destination, message: Message, contents: Contents
    ) -> NotDeliveredError | None:
        """Hand it over; why it was not accepted, or None."""
        about = {"meterpoort.kenmerk": message.kenmerk, "meterpoort.recipient": destination.recipient_id}
        with span(f"deliver {destination.method}", message.traceparent, about, kind="CLIENT") as attempt:
            try:
                await self._methods[destination.method].deliver(destination.url, message, contents)
            except NotDeliveredError as error:
                attempt.add({"error.type": error.failure.value}, is_error=True)
                return error
        return None

    def _attempt(
        self, destination: Destination, queued: QueuedMessage, error: NotDeliveredError | None, now: datetime
    ) -> DeliveryAttempt:
        """What the attempt came to."""
        if error is None:
            into_mailbox = self._methods[destination.method].into_mailbox
            return DeliveryAttempt(AttemptResult.DELIVERED, into_mailbox=into_mailbox)
        log.info("delivery_failed", recipient=destination.recipient_id, reason=str(error))
        if error.refusal is Refusal.PERMANENT:
            return DeliveryAttempt(AttemptResult.REFUSED, str(error), error.foutcode)
        again_at = now + self._backoff.after(destination.failures + 1)
        if self._backoff.is_over(queued.queued_at, now):
            return DeliveryAttempt(AttemptResult.EXPIRED, str(error), Foutcode.AFS600, again_at)
        return DeliveryAttempt(AttemptResult.TROUBLED, str(error), None, again_at)
