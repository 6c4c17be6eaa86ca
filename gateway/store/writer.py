"""Group commit: everything that is to be written goes through one writer, many works to a transaction.

While one transaction is being made durable the next works gather; they share the next one, so that the
cost of durability is paid once a group. A group runs synchronously in one thread: through an asynchronous
driver each statement costs four hops between threads, 3.7 times the time of the same group here.
A work that fails fails alone: its group is rolled back and each work of it runs again by itself. In an outage of
the database all of them fail, and while one group hangs new works are refused at once.
Groups that follow each other share a connection: taking one from the pool and returning it costs as much as
writing four messages.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar, TypeVarTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.messages.stored_errors import StoreUnavailableError
from gateway.store.sql import PROBE, ask
from gateway.store.unavailable import unavailable

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

T = TypeVar("T")
W = TypeVar("W")
R = TypeVar("R")
Ts = TypeVarTuple("Ts")

KEPT_SECONDS = 1.0
"""A group that follows another so soon uses its connection; later the pool checks whether it is alive."""

STUCK_SECONDS = 5.0
"""When a group takes longer, no works are accepted until it ends."""

GATHERING_PAUSE_SECONDS = 0.0003
GATHERING_PAUSES_MAX = 5
"""After a group of more than one work, the next one is gathered for so many pauses at most, 1.5 ms."""

Observer = Callable[[int, float], None]
"""Called for each commit: works in the group, seconds it took."""


class _Pending(Generic[W, R]):
    __slots__ = ("future", "perform", "turn", "work")

    def __init__(self, perform: "Callable[[Connection, Sequence[W]], Sequence[R]]", work: W, turn: int) -> None:
        self.perform = perform
        self.work = work
        self.turn = turn
        self.future: asyncio.Future[R] = asyncio.get_running_loop().create_future()


Group = Sequence[_Pending[object, object]]
"""Works of one transaction."""


class Writer:
    """The one writer of a database: a thread that performs waiting works, group after group."""

    def __init__(self, engine: Engine, group_max: int, observer: Observer | None = None) -> None:
        self._engine = engine
        self._group_max = group_max
        self._observer = observer or (lambda _works, _seconds: None)
        self._waiting: list[_Pending[object, object]] = []
        self._arriving: list[_Pending[object, object]] = []
        self._group: Sequence[_Pending[object, object]] = ()
        """What the thread is writing..."""
        self._performing: Sequence[int] = ()
        """Which works of the group it is about at this moment."""
        self._group_began: float | None = None
        """... and since when."""
        self._is_idle = False
        """The thread has nothing to do, and waits for the semaphore."""
        self._work_arrived = threading.Semaphore(0)
        self._stopping = False
        self._ended = False
        self._stopped: asyncio.Future[None] | None = None
        self._connection: Connection | None = None
        """Kept from the last group; only the thread uses it."""
        self._kept_until = 0.0

    def start(self) -> None:
        """Begin to write."""
        loop = asyncio.get_running_loop()
        self._stopped = loop.create_future()
        threading.Thread(target=self._run, args=(loop, self._stopped), name="writer", daemon=True).start()

    async def stop(self) -> None:
        """Write what is waiting, then stop."""
        if self._stopped is None:
            return
        self._hand_over()
        self._stopping = True
        self._work_arrived.release()
        await asyncio.shield(self._stopped)

    async def submit(self, perform: Callable[[Connection, Sequence[W]], Sequence[R]], work: W, turn: int = 0) -> R:
        """Have `perform` do the work in the next transaction, together with others that name the same
        `perform`; in a transaction, those of a lower turn come first. Answers once it is on stable storage. Raises
        what performing it alone raises, and SQLAlchemy's TimeoutError while the database hangs."""
        self._refuse_when_stuck()
        pending = _Pending(perform, work, turn)
        self._arrive([pending])  # type: ignore[list-item]  # the list forgets the types that submit keeps together
        return await pending.future

    async def submit_all(
        self, perform: Callable[[Connection, Sequence[W]], Sequence[R]], works: Sequence[W], turn: int = 0
    ) -> list[R | BaseException]:
        """The same for works that came together; what one raises is its answer."""
        self._refuse_when_stuck()
        group = [_Pending(perform, work, turn) for work in works]
        self._arrive(group)  # type: ignore[arg-type]  # as above
        return await asyncio.gather(*(pending.future for pending in group), return_exceptions=True)

    async def call(self, function: Callable[[Connection], T]) -> T:
        """Run one function in the next transaction; answers once that is on stable storage."""
        return await self.submit(_call_each, function)

    async def prove_writable(self) -> None:
        """Go once through the writer, lock and all. Raises the database's error."""
        await self.call(_take_the_lock)

    def _refuse_when_stuck(self) -> None:
        if self._ended:
            raise RuntimeError("the writer has ended")
        began = self._group_began
        if began is not None and time.monotonic() - began > STUCK_SECONDS:
            raise PoolTimeoutError("the database does not answer")

    def _arrive(self, works: Sequence[_Pending[object, object]]) -> None:
        """Hand works over in the next round of the event loop, with all that others submit until then."""
        if not self._arriving:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._arriving.extend(works)

    def _hand_over(self) -> None:
        works, self._arriving = self._arriving, []
        self._waiting.extend(works)
        if self._ended:
            self._reject_waiting()
        elif self._is_idle:
            self._is_idle = False
            self._work_arrived.release()

    def _run(self, loop: asyncio.AbstractEventLoop, stopped: "asyncio.Future[None]") -> None:
        """What the thread does. However it ends, every work is answered."""
        try:
            self._take_groups(loop)
        except BaseException as error:
            with suppress(Exception):  # the log may be what broke
                _log().exception("writer_ended", error=type(error).__name__)
        finally:
            self._ended = True
            with suppress(Exception):
                self._release()
            self._waiting = [*self._group, *self._waiting]
            _call(loop, self._reject_waiting)
            _call(loop, _resolve, stopped, None)

    def _reject_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for pending in waiting:
            _reject(pending.future, RuntimeError("the writer has ended"))

    def _take_groups(self, loop: asyncio.AbstractEventLoop) -> None:
        are_many = False
        while True:
            if are_many:
                self._gather()
            stops = self._stopping  # read first: what was submitted before `stop` is seen below
            group = self._group = self._waiting[: self._count_together()]
            del self._waiting[: len(group)]
            are_many = len(group) > 1
            if group:
                self._write(loop, group)
            elif stops:
                return
            else:
                self._is_idle = True
                if not self._waiting and not self._stopping:  # else it arrived just before
                    self._work_arrived.acquire()

    def _count_together(self) -> int:
        """How many of the works that wait share the next transaction. On PostgreSQL a call shares it with
        no other work: next to others it could lock rows in another order than other gateways do."""
        if self._engine.dialect.name == "postgresql":
            for count, pending in enumerate(self._waiting[: self._group_max]):
                if pending.perform is _call_each:
                    return max(count, 1)
        return self._group_max

    def _gather(self) -> None:
        """Wait for more while more keeps coming: a larger group costs each of its works less."""
        for _ in range(GATHERING_PAUSES_MAX):
            before = len(self._waiting)
            if not before or before >= self._group_max:
                return
            time.sleep(GATHERING_PAUSE_SECONDS)
            if len(self._waiting) == before:
                return

    def _write(self, loop: asyncio.AbstractEventLoop, group: Sequence[_Pending[object, object]]) -> None:
        self._group_began = begun = time.monotonic()
        try:
            results = self._perform(group)
        except BaseException as error:  # whatever it is, it belongs to one of the works, or is an outage
            if isinstance(error, StoreUnavailableError):  # of documents: the database takes the others
                failed, others = self._split(group)
                self._reject_all(loop, failed, error)
                if others:
                    self._write(loop, others)
                return
            if len(group) == 1 or unavailable(error):
                self._reject_all(loop, group, error)
                return
            with suppress(Exception):  # a log that cannot be written keeps no work from being done
                _log().warning("group_failed", works=len(group), error=type(error).__name__)
            for pending in group:
                self._write(loop, [pending])
            return
        finally:
            self._group_began = None
        _call(loop, self._resolve_group, group, results, time.monotonic() - begun)

    def _split(self, group: Group) -> tuple[Group, Group]:
        """The works that it was about when it failed, and the others."""
        at = frozenset(self._performing)
        numbered = list(enumerate(group))
        return [one for index, one in numbered if index in at], [one for index, one in numbered if index not in at]

    def _reject_all(self, loop: asyncio.AbstractEventLoop, works: Group, error: BaseException) -> None:
        for pending in works:
            _call(loop, _reject, pending.future, error)

    def _resolve_group(
        self, group: Sequence[_Pending[object, object]], results: Sequence[object], seconds: float
    ) -> None:
        for pending, result in zip(group, results, strict=True):
            _resolve(pending.future, result)
        self._observer(len(group), seconds)

    def _perform(self, group: Sequence[_Pending[object, object]]) -> list[object]:
        """In one transaction. A connection that was kept may be dead by now: then once more with another."""
        was_kept = self._connect()
        try:
            return self._transact(group)
        except _ConnectionLostError as lost:
            if not was_kept:
                raise lost.why from None
        return self._perform(group)

    def _transact(self, group: Sequence[_Pending[object, object]]) -> list[object]:
        """Raises _ConnectionLostError when the connection turned out dead, with nothing written."""
        connection, results = self._connection, dict[int, object]()
        if connection is None:
            raise RuntimeError("not connected")
        try:
            transaction = connection.begin()
            for perform, members in _by_perform(group):
                self._performing = members
                done = perform(connection, [group[index].work for index in members])
                results.update(zip(members, done, strict=True))
        except BaseException as error:
            lost = _is_lost(connection)
            if lost:
                connection.invalidate()  # or releasing it would try to roll back, and fail
            self._release()  # which rolls back
            if lost and isinstance(error, Exception):
                raise _ConnectionLostError(error) from error
            raise
        try:
            transaction.commit()
        except BaseException:
            self._release()
            raise
        self._kept_until = time.monotonic() + KEPT_SECONDS
        return [results[index] for index in range(len(group))]

    def _connect(self) -> bool:
        """Have a connection; whether it was kept."""
        if self._connection is not None and time.monotonic() > self._kept_until:
            self._release()
        if self._connection is not None:
            return True
        self._connection = self._engine.connect()
        return False

    def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class _ConnectionLostError(Exception):
    """The connection to the database was lost before anything was committed."""

    def __init__(self, why: Exception) -> None:
        super().__init__(str(why))
        self.why = why


def _is_lost(connection: Connection) -> bool:
    """Whether the driver found the connection dead. A file of SQLite is never lost."""
    if connection.dialect.driver != "psycopg" or connection.closed:
        return False
    return connection.invalidated or bool(getattr(connection.connection.driver_connection, "closed", False))


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[*Ts], None], *arguments: *Ts) -> None:
    """Have the event loop call it, if there still is one: without it nobody waits for an answer."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *arguments)


def _resolve(future: "asyncio.Future[T]", result: T) -> None:
    if not future.done():
        future.set_result(result)


def _reject(future: "asyncio.Future[object]", error: BaseException) -> None:
    if not future.done():
        is_plain = isinstance(error, Exception) and not isinstance(error, StopIteration)
        future.set_exception(error if is_plain else RuntimeError(f"a work raised {error!r}"))


def _by_perform(
    group: Sequence[_Pending[object, object]],
) -> list[tuple[Callable[[Connection, Sequence[object]], Sequence[object]], list[int]]]:
    """Works by their turn, then in the order of their arrival, those of the same kind together."""
    kinds: dict[Callable[[Connection, Sequence[object]], Sequence[object]], list[int]] = {}
    for index, pending in sorted(enumerate(group), key=lambda one: one[1].turn):
        kinds.setdefault(pending.perform, []).append(index)
    return list(kinds.items())


def _call_each(connection: Connection, functions: Sequence[Callable[[Connection], T]]) -> list[T]:
    return [function(connection) for function in functions]


def _log() -> "FilteringBoundLogger":
    import structlog  # here, so that commands start fast

    return structlog.get_logger(__name__)  # type: ignore[no-any-return]


def _take_the_lock(connection: Connection) -> None:
    ask(connection, PROBE)
