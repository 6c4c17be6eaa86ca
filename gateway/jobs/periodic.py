"""Runs a job every so many seconds."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)


IsMine = Callable[[], Awaitable[bool]]
"""Whether this gateway runs a job now that one gateway at a time runs. Raises nothing."""


async def everywhere() -> bool:
    """A job that every gateway runs."""
    return True


async def run_periodically(
    job: Callable[[], Awaitable[object]],
    every_seconds: float,
    *,
    failure: str,
    expected: tuple[type[Exception], ...] = (Exception,),
    first_after_seconds: float = 0.0,
    is_mine: IsMine = everywhere,
) -> None:
    """Run the job for as long as this is awaited, with a pause after each run. Not while it is another gateway's.

    An expected error is logged as the event `failure`, and the next run tries again. Any other error is raised.
    """
    await asyncio.sleep(first_after_seconds)
    while True:
        try:
            if await is_mine():
                await job()
        except expected as error:
            log.warning(failure, error=type(error).__name__)
        await asyncio.sleep(every_seconds)
