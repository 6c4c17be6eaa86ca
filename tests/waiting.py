"""Waiting in tests for what nothing tells of."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

WAIT_SECONDS_MAX = 60.0
"""Long enough for a busy machine: only a test that fails waits for so long."""

_T = TypeVar("_T")


async def until(look: Callable[[], Awaitable[_T]], seconds: float = WAIT_SECONDS_MAX) -> _T:
    """The first answer that is true. Raises AssertionError with the last one when none came in time."""
    found = None
    try:
        async with asyncio.timeout(seconds):
            while not (found := await look()):  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"after {seconds} seconds: {found!r}") from None
    return found
