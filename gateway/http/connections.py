"""Limits the connections: how many there are, how many from one address and of one caller.

At a limit somebody makes room for the new one, in this order: a connection without a known caller that waits for a
request, the one that has waited longest; a body without a known caller that still comes in, the one that will be
overdue first; a kept connection of a known caller; a body of a known caller that has fallen behind. If nobody
does, the new connection gets one of a few slots in reserve, where only questions about health are answered.

So slow senders without a key take slots from each other and not from callers with one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter

from aiohttp import web

from gateway.http.problems import TooManyRequests

RETRY_AFTER_SECONDS = 5
RESERVE = 16
"""Places above the limit, for health."""
BEHIND_SECONDS = 1.0
"""A known caller whose body is this far behind its minimum rate makes room, if nobody else does."""
SWEEP_SECONDS = 1.0


def _is_any(_address: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections, and how long they may take. Times in seconds."""

    connections_max: int = 1_000_000
    address_max: int = 1_000_000
    """From one address."""
    caller_max: int = 1_000_000
    """Whose last request was of one caller."""
    header_seconds_max: float = 10.0
    """From the first byte of a header to its end."""
    stalled_seconds_max: float = 20.0
    """How long a client may accept nothing of its answer."""
    is_limited: Callable[[str], bool] = _is_any
    """Whether the limit by address is for this address: not for that of a proxy."""


class Slot:
    """One connection's slot."""

    __slots__ = (
        "_connections",
        "_header_due_at",
        "_is_known",
        "_slack_seconds",
        "_stalled_until",
        "address",
        "body_due_at",
        "caller",
        "end",
        "is_reserve",
    )

    def __init__(self, connections: "Connections", address: str, end: Callable[[], None]) -> None:
        self.address = address
        self.caller: str | None = None
        """Whose the last request with a known caller was."""
        self.is_reserve = False
        """Only questions about health are answered here."""
        self.end = end
        self._connections = connections
        self._is_known = False
        self.body_due_at = 0.0
        """When the body will be overdue, if nothing more comes."""
        self._slack_seconds = 0.0
        self._header_due_at: float | None = None
        self._stalled_until: float | None = None

    def hear(self) -> None:
        """Bytes came in: the header of a request begins, if none is in progress."""
        if self._header_due_at is None and self._connections.waits(self):
            self._header_due_at = _now() + self._connections.limits.header_seconds_max

    def begin(self) -> None:
        """A header is complete: the request is in progress."""
        self._header_due_at = None
        self._is_known = False
        self._connections.begin(self)

    def require_caller(self, caller: str) -> None:
        """The request is of this caller. Raises TooManyRequests when it has too many connections."""
        if self.caller != caller and not self._connections.identify(self, caller):
            raise TooManyRequests(RETRY_AFTER_SECONDS)
        self._is_known = True

    def finish(self) -> None:
        """The request was answered."""
        self._connections.wait(self)

    @contextmanager
    def receiving(self, slack_seconds: float) -> Iterator[None]:
        """A body comes in during the block; it may be this far behind its rate."""
        self._slack_seconds = slack_seconds
        self.body_due_at = _now() + slack_seconds
        self._connections.receive(self, is_known=self._is_known)
        try:
            yield
        finally:
            self._connections.begin(self)

    def stall(self, *, is_stalled: bool) -> None:
        """The client accepts nothing of its answer at present, or it does again."""
        until = _now() + self._connections.limits.stalled_seconds_max
        self._stalled_until = until if is_stalled else None
        self._connections.stall(self, is_stalled=is_stalled)

    def is_overdue(self, now: float) -> bool:
        """Its header or its reading of an answer takes too long."""
        return any(due is not None and due < now for due in (self._header_due_at, self._stalled_until))

    def is_behind(self, now: float) -> bool:
        """Its body has fallen behind its rate."""
        return self.body_due_at < now + self._slack_seconds - BEHIND_SECONDS

    def leave(self) -> None:
        """The connection was closed."""
        self._connections.leave(self)


_due_at = attrgetter("body_due_at")
SLOT = web.RequestKey("slot", Slot)
"""A request's slot; not there where a test has no connection."""


class Connections:
    """The open connections of all listeners together."""

    def __init__(
        self, limits: ConnectionLimits | None = None, on_too_many: Callable[[str], None] = lambda _: None
    ) -> None:
        """`on_too_many` is called at a limit: `evicted` if an old connection was closed, `refused` if not."""
        self.limits = limits or ConnectionLimits()
        self.is_stopping = False
        """The last answers are being given."""
        self._on_too_many = on_too_many
        self._open: dict[Slot, None] = {}
        self._waiting: dict[Slot, None] = {}
        """Connections without a request and a known caller, the one that has waited longest first..."""
        self._kept: dict[Slot, None] = {}
        """... and those whose last caller is known."""
        self._bodies: dict[Slot, None] = {}
        """Requests without a known caller whose body comes in..."""
        self._known_bodies: dict[Slot, None] = {}
        """... and those of known callers."""
        self._stalled: dict[Slot, None] = {}
        self._of_address: defaultdict[str, dict[Slot, None]] = defaultdict(dict)
        self._of_caller: defaultdict[str, dict[Slot, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._open)

    @property
    def in_progress_count(self) -> int:
        """Requests in progress."""
        return len(self._open) - len(self._waiting) - len(self._kept)

    def enter(self, address: str, end: Callable[[], None]) -> Slot | None:
        """A slot for a new connection, which `end` closes; None if there is none."""
        slot, limits = Slot(self, address, end), self.limits
        fellows = self._of_address.get(address, {})
        is_crowded = limits.is_limited(address) and len(fellows) >= limits.address_max
        if is_crowded and not self._make_room(fellows):
            self._on_too_many("refused")
            return None
        if len(self._open) >= limits.connections_max and not self._make_room(self._open):
            self._on_too_many("refused")
            if len(self._open) >= limits.connections_max + RESERVE:
                return None
            slot.is_reserve = True
        self._open[slot] = self._waiting[slot] = self._of_address[address][slot] = None
        return slot

    def leave(self, slot: Slot) -> None:
        """The connection was closed."""
        self._clear(slot)
        self._open.pop(slot, None)
        self._stalled.pop(slot, None)
        _remove(self._of_address, slot.address, slot)
        if slot.caller is not None:
            _remove(self._of_caller, slot.caller, slot)

    def waits(self, slot: Slot) -> bool:
        """Whether no request is in progress."""
        return slot in self._waiting or slot in self._kept

    def wait(self, slot: Slot) -> None:
        """The connection waits for its next request."""
        self._clear(slot)
        if slot in self._open:
            (self._waiting if slot.caller is None else self._kept)[slot] = None

    def begin(self, slot: Slot) -> None:
        """A request is in progress, and no body is waited for."""
        self._clear(slot)
        if slot.is_reserve and len(self._open) <= self.limits.connections_max:
            slot.is_reserve = False

    def receive(self, slot: Slot, *, is_known: bool) -> None:
        """A body comes in. Half of the slots are for bodies without a known caller: beyond it they make room."""
        if slot not in self._open:
            return
        if is_known:
            self._known_bodies[slot] = None
            return
        if len(self._bodies) >= max(1, self.limits.connections_max // 2):
            self._evict(min(self._bodies, key=_due_at))
        self._bodies[slot] = None

    def identify(self, slot: Slot, caller: str) -> bool:
        """The connection is of this caller now; False when it has too many."""
        fellows = self._of_caller.get(caller, {})
        if len(fellows) >= self.limits.caller_max and not self._make_room(fellows):
            return False
        if slot.caller is not None:
            _remove(self._of_caller, slot.caller, slot)
        self._of_caller[caller][slot] = None
        slot.caller = caller
        return True

    def stall(self, slot: Slot, *, is_stalled: bool) -> None:
        """A client accepts nothing of its answer at present, or it does again."""
        if is_stalled and slot in self._open:
            self._stalled[slot] = None
        else:
            self._stalled.pop(slot, None)

    async def sweep(self) -> None:
        """Close what is overdue, for as long as this is awaited."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = _now()
            for slot in [*self._waiting, *self._kept, *self._stalled]:
                if slot.is_overdue(now):
                    slot.end()

    def end_unaccepted(self) -> None:
        """Close every connection without a request, and give up bodies without a known caller."""
        for slot in [*self._waiting, *self._kept, *self._bodies]:
            slot.end()

    def _make_room(self, among: dict[Slot, None]) -> bool:
        found = self._expendable(among)
        if found is not None:
            self._evict(found)
        return found is not None

    def _expendable(self, among: dict[Slot, None]) -> Slot | None:
        if found := next((one for one in self._waiting if one in among), None):
            return found
        bodies = [one for one in self._bodies if one in among]
        if bodies:
            return min(bodies, key=_due_at)
        if found := next((one for one in self._kept if one in among), None):
            return found
        now = _now()
        behind = [one for one in self._known_bodies if one in among and one.is_behind(now)]
        return min(behind, key=_due_at, default=None)

    def _evict(self, slot: Slot) -> None:
        self.leave(slot)
        slot.end()
        self._on_too_many("evicted")

    def _clear(self, slot: Slot) -> None:
        for phase in (self._waiting, self._kept, self._bodies, self._known_bodies):
            phase.pop(slot, None)


def slot_of(request: web.BaseRequest) -> Slot | None:
    """The slot of the request's connection."""
    return request.get(SLOT)


def _remove(groups: dict[str, dict[Slot, None]], name: str, slot: Slot) -> None:
    group = groups.get(name)
    if group is None:
        return
    group.pop(slot, None)
    if not group:
        del groups[name]


def _now() -> float:
    return asyncio.get_running_loop().time()
