"""Wakes who waits for a message to be settled."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.messages.decision import Decision


class SettledMessages:
    """The messages that somebody waits for. Is called with each decision that this process commits."""

    def __init__(self) -> None:
        self._waiters: dict[str, set[asyncio.Event]] = {}
        self._is_stopping = False

    def message_committed(self, decision: Decision) -> None:
        """Wake who waits for this message, if it is settled now."""
        if decision.message.state.is_settled:
            for settled in self._waiters.get(decision.kenmerk, ()):
                settled.set()

    def stop_waiting(self) -> None:
        """The gateway stops: nobody waits any longer."""
        self._is_stopping = True
        for waiters in self._waiters.values():
            for settled in waiters:
                settled.set()

    async def wait(self, kenmerk: str, is_settled: Callable[[], Awaitable[bool]], timeout_seconds: float) -> bool:
        """Wait until the message is settled, at most so long; whether it is. `is_settled` reads its state."""
        if self._is_stopping:
            return False
        settled = asyncio.Event()
        waiters = self._waiters.setdefault(kenmerk, set())
        waiters.add(settled)
        try:
            async with asyncio.timeout(timeout_seconds):
                if not await is_settled():  # read after the event is in place: what is committed meanwhile sets it
                    await settled.wait()
                    return not self._is_stopping or await is_settled()
        except TimeoutError:
            return False
        finally:
            waiters.discard(settled)
            if not waiters:
                self._waiters.pop(kenmerk, None)
        return True
