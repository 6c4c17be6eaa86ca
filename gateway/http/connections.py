"""How many connections there are at the same time, and who makes room when there are too many.

A connection that does nothing makes room for a new one, the longest silent first: clients keep connections for
their next request, and half-open ones are silent by nature. Next comes one that is in the middle of a request and
has sent nothing for a while. Only where every connection is being served is the new one turned away.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

QUIET_SECONDS_MIN = 1.0
"""In the middle of a request: an honest sender on a slow line sends something every second."""


class TrackedConnection(Protocol):
    """What is to be known of a connection."""

    @property
    def is_idle(self) -> bool:
        """It has no request under way: between two, or the header is not there yet."""

    @property
    def is_sending(self) -> bool:
        """The body of its request is not there yet."""

    @property
    def heard_at(self) -> float:
        """When bytes came in last, by the loop's clock."""

    def end(self) -> None:
        """Close it now."""


class Connections:
    """The connections of every listener together, at most so many."""

    def __init__(self, connections_max: int, on_too_many: Callable[[str], None] = lambda _: None) -> None:
        """`on_too_many` is told what became of it each time: `evicted` or `refused`."""
        self._connections_max = connections_max
        self._on_too_many = on_too_many
        self._open: set[TrackedConnection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, connection: TrackedConnection) -> bool:
        """A new connection; whether it may stay."""
        if len(self._open) >= self._connections_max and not self._make_room():
            self._on_too_many("refused")
            return False
        self._open.add(connection)
        return True

    def leave(self, connection: TrackedConnection) -> None:
        """It was closed."""
        self._open.discard(connection)

    def _make_room(self) -> bool:
        found = self._least_missed()
        if found is None:
            return False
        self._open.discard(found)
        found.end()
        self._on_too_many("evicted")
        return True

    def _least_missed(self) -> TrackedConnection | None:
        idle = [one for one in self._open if one.is_idle]
        if idle:
            return min(idle, key=_heard_at)
        quiet_since = asyncio.get_running_loop().time() - QUIET_SECONDS_MIN
        quiet = [one for one in self._open if one.is_sending and one.heard_at <= quiet_since]
        return min(quiet, key=_heard_at, default=None)


def _heard_at(connection: TrackedConnection) -> float:
    return connection.heard_at
