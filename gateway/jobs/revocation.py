"""Keeps the lists of revoked certificates up to date, and measures them."""

import asyncio

from gateway.jobs.periodic import run_periodically
from gateway.metrics import Metrics
from gateway.pki.crl import CrlFolder
from gateway.pki.revocation import Revocation

EVERY_SECONDS = 1.0
"""A list that is written to the folder counts after this time."""


async def follow_revocation(folder: CrlFolder, revocation: Revocation, metrics: Metrics) -> None:
    """Read changed files and fetch lists again in time, every second."""

    async def follow() -> None:
        await asyncio.to_thread(folder.read)
        await revocation.refresh()
        metrics.crls_measured(len(folder.unreadable()), [crl.next_update for crl in revocation.crls()])

    await run_periodically(follow, EVERY_SECONDS, failure="crls_not_read")
