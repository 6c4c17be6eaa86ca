"""What the gateway does for itself beside messages: counts its answers, removes leftovers."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.clock import Clock
from gateway.jobs.reaper import Reaper, pass_regularly
from gateway.metering.entry import LedgerBrokenError
from gateway.metrics import Metrics, QueueState
from gateway.settings import Settings
from gateway.store.documents.storage import Storage
from gateway.store.engine import Engines
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.messages.measures import Measures
from gateway.store.messages.references import ObjectReferences

log = structlog.get_logger(__name__)

MEASURE_SECONDS = 60.0
SILENCE_TURNS = 60
"""SilentParty is measured at every so many turns: at the start and once an hour."""

SEALING_SECONDS = 5.0
"""How often we look whether a batch is due."""
FIRST_PASS_AFTER = timedelta(minutes=10)
"""The first pass of the reaper: a gateway that is restarted every day passes too, one that just started has
better things to do."""


async def measuring(engines: Engines, metrics: Metrics, clock: Clock) -> None:
    """Measure what only the database knows: mailboxes and parked messages often, silence once an hour."""
    measures = Measures(engines)
    for turn in itertools.count():
        try:
            uncollected = await measures.uncollected()
            waiting = QueueState(uncollected.messages, uncollected.oldest_at)
            metrics.mailboxes_measured(waiting, await measures.parked())
            to_push = await measures.to_push()
            paused = await measures.paused_recipients(clock())
            metrics.deliveries_measured(QueueState(to_push.messages, to_push.oldest_at), paused)
            if turn % SILENCE_TURNS == 0:
                await _measure_silence(measures, metrics, clock)
        except Exception as error:  # the store is in trouble, which others tell; the next turn asks again
            log.warning("measuring_failed", error=type(error).__name__)
        await asyncio.sleep(MEASURE_SECONDS)


async def _measure_silence(measures: Measures, metrics: Metrics, clock: Clock) -> None:
    now = clock()
    senders, recipients = await measures.silent_senders(now), await measures.silent_recipients(now)
    metrics.silence_measured(len(senders | recipients))
    if senders or recipients:
        log.warning("parties_silent", senders=sorted(senders), recipients=sorted(recipients))


def reaping(
    settings: Settings, storage: Storage, engines: Engines, metrics: Metrics
) -> Coroutine[None, None, None]:
    """The reaper at its work, for as long as it is awaited."""
    wishes = settings.reaper
    reaper = Reaper(
        storage, ObjectReferences(engines), timedelta(hours=wishes.orphan_hours_min), wishes.orphan_share_max
    )
    return pass_regularly(reaper, metrics, FIRST_PASS_AFTER, timedelta(hours=wishes.pass_hours))


async def sealing(meter: LedgerMeter, joined: Callable[[], Awaitable[Mapping[str, str]]]) -> None:
    """Seals the meter's entries whenever a batch is due, for as long as it is awaited; `joined` answers the
    digests of other journals that are fixed along."""
    while True:
        await asyncio.sleep(SEALING_SECONDS)
        try:
            for seal in await meter.seal_due(await joined()):
                log.info("meter_sealed", seal=seal.number, entries=seal.last_position, hash=seal.hash)
        except LedgerBrokenError as error:
            log.error("meter_broken", reason=str(error))  # until somebody looks: `meterpoort audit`
        except SQLAlchemyError as error:  # the database is in trouble: what waits can wait
            log.warning("meter_not_sealed", error=type(error).__name__)
