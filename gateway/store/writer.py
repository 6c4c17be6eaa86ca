"""Group commit: everything that is to be written goes through one writer, many works to a transaction.

While one transaction is being made durable the next works gather; they share the next one, so that the
cost of durability is paid once a group. A group runs synchronously in one thread: through an asynchronous
driver each statement costs four hops between threads, 3.7 times the time of the same group here.
A work that fails fails alone: its group is rolled back and each work of it runs again by itself.
Groups that follow each other share a connection: to take it from the pool and give it back costs as much as what
is done for four messages.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import structlog
from sqlalchemy import Connection, Engine

T = TypeVar("T")
W = TypeVar("W")
R = TypeVar("R")

log = structlog.get_logger(__name__)

KEPT_SECONDS = 1.0
"""So long after a group its connection is kept for the next one; then the pool looks again whether it is alive."""

Observer = Callable[[int, float], None]
"""Told of each commit: works in the group, seconds it took."""


class _Pending(Generic[W, R]):
    __slots__ = ("future", "perform", "work")

    def __init__(self, perform: "Callable[[Connection, Sequence[W]], Sequence[R]]", work: W) -> None:
        self.perform = perform
        self.work = work
        self.future: asyncio.Future[R] = asyncio.get_running_loop().create_future()


class Writer:
    """The one writer of a database."""

    def __init__(self, engine: Engine, group_max: int, observer: Observer | None = None) -> None:
        self._engine = engine
        self._group_max = group_max
        self._observer = observer or (lambda _works, _seconds: None)
        self._waiting: list[_Pending[object, object]] = []
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._connection: Connection | None = None
        """Kept from the last group; the thread's own."""
        self._kept_until = 0.0

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="writer")

    async def stop(self) -> None:
        """Write what is waiting, then stop."""
        if self._task is None:
            return
        self._stopping = True
        self._arrived.set()
        await self._task
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown(wait=True)

    async def submit(self, perform: Callable[[Connection, Sequence[W]], Sequence[R]], work: W) -> R:
        """Have `perform` do the work in the next transaction, together with others that name the same
        `perform`; answers once that is on stable storage. Raises what performing it alone raises."""
        pending = _Pending(perform, work)
        self._waiting.append(pending)  # type: ignore[arg-type]  # the list forgets the types that submit keeps together
        self._arrived.set()
        return await pending.future

    async def submit_all(
        self, perform: Callable[[Connection, Sequence[W]], Sequence[R]], works: Sequence[W]
    ) -> list[R | BaseException]:
        """The same for works that came together; what one raises is its answer."""
        group = [_Pending(perform, work) for work in works]
        self._waiting.extend(group)  # type: ignore[arg-type]  # as above
        self._arrived.set()
        return await asyncio.gather(*(pending.future for pending in group), return_exceptions=True)

    async def call(self, function: Callable[[Connection], T]) -> T:
        """Run one function in the next transaction; answers once that is on stable storage."""
        return await self.submit(_call_each, function)

    async def prove_writable(self) -> None:
        """Go once through the writer, lock and all. Raises the database's error."""
        await self.call(_take_the_lock)

    async def _run(self) -> None:
        while self._waiting or not self._stopping:
            await self._arrived.wait()
            group = self._waiting[: self._group_max]
            del self._waiting[: self._group_max]
            if not self._waiting and not self._stopping:
                self._arrived.clear()
            if group:
                await self._write(group)

    async def _write(self, group: Sequence[_Pending[object, object]]) -> None:
        begun = time.perf_counter()
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(self._thread, self._perform, group)
        except Exception as error:  # whatever it is, it belongs to one of the works
            await self._write_alone(group, error)
            return
        self._observer(len(group), time.perf_counter() - begun)
        for pending, result in zip(group, results, strict=True):
            if not pending.future.done():
                pending.future.set_result(result)

    async def _write_alone(self, group: Sequence[_Pending[object, object]], error: Exception) -> None:
        if len(group) > 1:
            log.warning("group_failed", works=len(group), error=type(error).__name__)
            for pending in group:
                await self._write([pending])
        elif not group[0].future.done():
            group[0].future.set_exception(error)

    def _perform(self, group: Sequence[_Pending[object, object]]) -> list[object]:
        results: dict[int, object] = {}
        connection = self._connected()
        try:
            with connection.begin():
                for perform, members in _by_perform(group):
                    done = perform(connection, [group[index].work for index in members])
                    results.update(zip(members, done, strict=True))
        except BaseException:
            self._let_go()
            raise
        self._kept_until = time.monotonic() + KEPT_SECONDS
        return [results[index] for index in range(len(group))]

    def _connected(self) -> Connection:
        if self._connection is not None and time.monotonic() > self._kept_until:
            self._let_go()
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _by_perform(
    group: Sequence[_Pending[object, object]],
) -> list[tuple[Callable[[Connection, Sequence[object]], Sequence[object]], list[int]]]:
    """Works in the order of their arrival, those of the same kind together."""
    kinds: dict[Callable[[Connection, Sequence[object]], Sequence[object]], list[int]] = {}
    for index, pending in enumerate(group):
        kinds.setdefault(pending.perform, []).append(index)
    return list(kinds.items())


def _call_each(connection: Connection, functions: Sequence[Callable[[Connection], T]]) -> list[T]:
    return [function(connection) for function in functions]


def _take_the_lock(connection: Connection) -> None:
    connection.exec_driver_sql("SELECT 1")
