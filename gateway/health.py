"""Whether the gateway can accept messages: the checks behind `/readyz`.

Checks run concurrently, each with a time limit, and their results are cached for a second, so that frequent
requests cost the store nothing.
"""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Check = Callable[[], Awaitable[str | None]]
"""Returns what is wrong, as a sentence for an operator, or None."""


class Writable(Protocol):
    """A store or storage that can be written to."""

    async def prove_writable(self) -> None:
        """Write and remove something small. Raises OSError or the library's error."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check; `problem` is None when it passed."""

    name: str
    problem: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """The results of all checks."""

    checks: tuple[CheckResult, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every check passed."""
        return all(check.problem is None for check in self.checks)


class Health:
    """Runs the checks."""

    def __init__(self, checks: Mapping[str, Check], check_seconds_max: float, kept_seconds: float = 1.0) -> None:
        self._checks = checks
        self._check_seconds_max = check_seconds_max
        self._kept_seconds = kept_seconds
        self._running = asyncio.Lock()
        self._last: Readiness | None = None
        self._last_at = 0.0

    async def readiness(self) -> Readiness:
        """Return the results, at most `kept_seconds` old. Concurrent callers share one run."""
        async with self._running:
            if self._last is None or time.monotonic() - self._last_at > self._kept_seconds:
                results = await asyncio.gather(*(self._run(name, check) for name, check in self._checks.items()))
                self._last, self._last_at = Readiness(tuple(results)), time.monotonic()
            return self._last

    async def states(self) -> dict[str, bool]:
        """Return which parts work now, by name."""
        return {check.name: check.problem is None for check in (await self.readiness()).checks}

    async def _run(self, name: str, check: Check) -> CheckResult:
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._check_seconds_max):
                problem = await check()
        except TimeoutError:
            problem = f"no answer within {self._check_seconds_max:g} seconds"
        except Exception as error:  # any error of a store or storage means: not ready
            problem = f"{type(error).__name__}: {error}"
        return CheckResult(name, problem, time.monotonic() - started)


def is_writable(target: Writable) -> Check:
    """Check that a store or storage can be written to."""

    async def check() -> str | None:
        await target.prove_writable()
        return None

    return check


def queue_has_room(waiting_messages: Callable[[], int], messages_max: int, share_max: float) -> Check:
    """Check that fewer messages wait than `share_max` of the limit."""

    async def check() -> str | None:
        messages = waiting_messages()
        if messages <= messages_max * share_max:
            return None
        return f"{messages} messages wait; new ones are refused from {messages_max} on"

    return check


def disk_has_room(path: Path, free_bytes_min: int) -> Check:
    """Check the free space of the disk of `path`, in a thread: a disk that hangs must not block the gateway."""

    async def check() -> str | None:
        free_bytes = (await asyncio.to_thread(shutil.disk_usage, path)).free
        if free_bytes >= free_bytes_min:
            return None
        return f"{free_bytes:_} bytes free at {path}, {free_bytes_min:_} are wanted"

    return check
