"""Seals the meter's entries whenever a batch is due."""

from collections.abc import Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.billing.runs.ports import BillingStore
from gateway.jobs.periodic import run_periodically
from gateway.metering.entry import LedgerBrokenError
from gateway.store.ledger.meter import LedgerMeter

log = structlog.get_logger(__name__)

CHECK_SECONDS = 5.0
"""How often we look whether a batch is due."""


async def seal_regularly(meter: LedgerMeter, bills: BillingStore) -> None:
    """Seal what is due for as long as this is awaited, with the head of billing's audit chain in each seal."""

    async def seal_due() -> None:
        try:
            for seal in await meter.seal_due(await _billing_head(bills)):
                log.info("meter_sealed", seal=seal.number, entries=seal.last_position, hash=seal.hash)
        except LedgerBrokenError as error:
            log.error("meter_broken", reason=str(error))  # until somebody looks: `meterpoort audit`

    await run_periodically(
        seal_due,
        CHECK_SECONDS,
        failure="meter_not_sealed",
        expected=(SQLAlchemyError,),
        first_after_seconds=CHECK_SECONDS,
    )


async def _billing_head(bills: BillingStore) -> Mapping[str, str]:
    number, link = await bills.audit_head()
    return {"billing": link} if number else {}
