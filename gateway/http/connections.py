"""Limits the number of connections.

At the limit, an idle connection is closed for a new one, the one that has been silent longest first: clients keep
connections open for their next request, and half-open ones send nothing. If none is idle, one is closed whose
client has stopped sending in the middle of a request. If all are being served, the new connection is refused.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

QUIET_SECONDS_MIN = 1.0
"""Within a request, a client on a slow line still sends something every second."""


class TrackedConnection(Protocol):
    """A connection that counts."""

    @property
    def is_idle(self) -> bool:
        """No request is in progress: the next header has not arrived."""

    @property
    def is_sending(self) -> bool:
        """The body of the current request is not complete."""

    @property
    def heard_at(self) -> float:
        """When bytes came in last, by the loop's clock."""

    def end(self) -> None:
        """Close the connection."""


class Connections:
    """The open connections of all listeners together."""

    def __init__(self, connections_max: int, on_too_many: Callable[[str], None] = lambda _: None) -> None:
        """`on_too_many` is called at the limit: `evicted` if an old connection was closed, `refused` if not."""
        self._connections_max = connections_max
        self._on_too_many = on_too_many
        self._open: set[TrackedConnection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, connection: TrackedConnection) -> bool:
        """Add a connection; returns False if there is no room for it."""
        if len(self._open) >= self._connections_max and not self._make_room():
            self._on_too_many("refused")
            return False
        self._open.add(connection)
        return True

    def leave(self, connection: TrackedConnection) -> None:
        """Remove a connection that was closed."""
        self._open.discard(connection)

    def _make_room(self) -> bool:
        found = self._expendable()
        if found is None:
            return False
        self._open.discard(found)
        found.end()
        self._on_too_many("evicted")
        return True

    def _expendable(self) -> TrackedConnection | None:
        idle = [one for one in self._open if one.is_idle]
        if idle:
            return min(idle, key=_heard_at)
        quiet_since = asyncio.get_running_loop().time() - QUIET_SECONDS_MIN
        quiet = [one for one in self._open if one.is_sending and one.heard_at <= quiet_since]
        return min(quiet, key=_heard_at, default=None)


def _heard_at(connection: TrackedConnection) -> float:
    return connection.heard_at
