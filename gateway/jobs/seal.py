"""Seals the meter's entries and the record whenever that is due."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.jobs.periodic import IsMine, everywhere, run_periodically
from gateway.metering.entry import LedgerBrokenError
from gateway.store.ledger.meter import LedgerMeter

log = structlog.get_logger(__name__)

CHECK_SECONDS = 5.0
"""How often we look whether a batch is due."""


async def seal_regularly(meter: LedgerMeter, is_mine: IsMine = everywhere) -> None:
    """Seal what is due for as long as this is awaited."""

    async def seal_due() -> None:
        try:
            for seal in await meter.seal_due():
                log.info("meter_sealed", seal=seal.number, entries=seal.last_position, hash=seal.hash)
        except LedgerBrokenError as error:
            log.error("meter_broken", reason=str(error))  # until somebody looks: `meterpoort audit`

    await run_periodically(
        seal_due,
        CHECK_SECONDS,
        failure="meter_not_sealed",
        expected=(SQLAlchemyError,),
        first_after_seconds=CHECK_SECONDS,
        is_mine=is_mine,
    )
