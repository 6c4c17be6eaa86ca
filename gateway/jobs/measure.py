"""Measures the queue and what only the database knows: mailboxes, silent parties, use against forecasts."""

import itertools

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.billing.rating.services import Service
from gateway.billing.runs.service import BillingService
from gateway.clock import Clock, amsterdam_today
from gateway.jobs.periodic import run_periodically
from gateway.metrics import Metrics
from gateway.store.engine import Engines
from gateway.store.messages.measures import Measures
from gateway.store.nodes.node import Node

log = structlog.get_logger(__name__)

QUEUE_SECONDS = 5.0
MESSAGES_SECONDS = 60.0
SILENCE_RUNS = 60
"""Silence is measured at every so many runs: at the start and once an hour."""
FORECASTS_SECONDS = 3_600.0


async def measure_queue(engines: Engines, node: Node, metrics: Metrics) -> None:
    """Measure every five seconds what waits to be judged, and the gateways that run, on this database."""
    measures = Measures(engines)

    async def measure() -> None:
        metrics.queue_measured(await measures.to_judge())
        metrics.nodes_measured(await node.count_alive())

    await run_periodically(measure, QUEUE_SECONDS, failure="measuring_failed")


async def measure_messages(engines: Engines, metrics: Metrics, clock: Clock) -> None:
    """Measure mailboxes, parked messages and deliveries every minute, silent parties every hour."""
    measures, runs = Measures(engines), itertools.count()

    async def measure() -> None:
        metrics.mailboxes_measured(await measures.measure_uncollected(), await measures.count_parked())
        metrics.damage_measured(await measures.count_damaged())
        metrics.last_received_measured(await measures.last_received_at())
        metrics.deliveries_measured(await measures.to_push(), await measures.paused_recipients(clock()))
        if next(runs) % SILENCE_RUNS == 0:
            await _measure_silence(measures, metrics, clock)

    await run_periodically(measure, MESSAGES_SECONDS, failure="measuring_failed")


async def _measure_silence(measures: Measures, metrics: Metrics, clock: Clock) -> None:
    now = clock()
    senders, recipients = await measures.silent_senders(now), await measures.silent_recipients(now)
    metrics.silence_measured(len(senders | recipients))
    if senders or recipients:
        log.warning("parties_silent", senders=sorted(senders), recipients=sorted(recipients))


async def measure_forecasts(billing: BillingService, metrics: Metrics) -> None:
    """Measure Digipoort's year against its forecasts, and what is overdue, every hour."""

    async def measure() -> None:
        year = await billing.measure(Service.DIGIPOORT, amsterdam_today())
        metrics.forecast_measured(year.forecast, year.used, year.parties_over)
        metrics.tasks_measured(await billing.calendar.count_overdue())

    await run_periodically(
        measure, FORECASTS_SECONDS, failure="forecasts_not_measured", expected=(SQLAlchemyError,)
    )
