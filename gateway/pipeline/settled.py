"""Wakes who waits for a message to be settled."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from gateway.messages.decision import Decision


class SettledMessages:
    """The messages that somebody waits for. Is called with each decision that this process commits."""

    def __init__(self) -> None:
        self._waiters: dict[str, set[asyncio.Future[bool]]] = {}
        self._is_stopping = False

    def message_committed(self, decision: Decision) -> None:
        """Wake who waits for this message, if it is settled now."""
        if decision.message.state.is_settled:
            _answer(self._waiters.get(decision.kenmerk, ()), is_settled=True)

    def stop_waiting(self) -> None:
        """The gateway stops: nobody waits any longer."""
        self._is_stopping = True
        self.wake_all()

    def wake_all(self) -> None:
        """Nobody who waits now waits any longer."""
        for waiters in self._waiters.values():
            _answer(waiters, is_settled=False)

    async def wait(self, kenmerk: str, is_settled: Callable[[], Awaitable[bool]], timeout_seconds: float) -> bool:
        """Wait until the message is settled, at most so long; whether it is. `is_settled` reads its state."""
        if self._is_stopping:
            return False
        settled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        waiters = self._waiters.setdefault(kenmerk, set())
        waiters.add(settled)
        try:
            async with asyncio.timeout(timeout_seconds):
                if not await is_settled():  # read after the future is in place: a commit meanwhile resolves it
                    return await settled
        except TimeoutError:
            return False
        finally:
            waiters.discard(settled)
            if not waiters:
                self._waiters.pop(kenmerk, None)
        return True


def _answer(waiters: Iterable[asyncio.Future[bool]], *, is_settled: bool) -> None:
    for settled in waiters:
        if not settled.done():
            settled.set_result(is_settled)
