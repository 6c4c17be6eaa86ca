"""Runs one program as several processes of a machine: starts them, stops them together, replaces one that ends.

The processes are forked, so that they share the memory of what is imported, before anything has a thread. They
accept on one port: each listens by itself with SO_REUSEPORT, and Linux divides the connections.
"""

import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import structlog

log = structlog.get_logger(__name__)

SOUND_SECONDS = 60.0
"""A process that ran for so long ends the doubling of the pauses."""
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_processes = get_context("fork")


@dataclass(frozen=True, slots=True)
class Member:
    """What one of the processes is told: its number from 1, its name, that of the process whose place it takes,
    how it says that it is ready, and a file descriptor that can be read when the supervisor is gone."""

    number: int
    name: str
    replaces: str
    ready: Callable[[str], None]
    supervisor_gone: int


@dataclass(slots=True)
class _Place:
    """One of the processes, and the one that takes its place when it ends."""

    number: int
    name: str = ""
    replaces: str = ""
    process: BaseProcess | None = None
    readiness: Connection | None = None
    is_ready: bool = False
    started_at: float = 0.0
    start_at: float = 0.0
    pause_seconds: float = 0.0


@contextmanager
def held_port(host: str, port: int) -> Iterator[int]:
    """Hold a port for processes that listen on it with SO_REUSEPORT; 0 chooses a free one. Raises OSError when
    another program listens on it."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(address)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # afterwards: others are refused until here
        yield held.getsockname()[1]


@dataclass
class Supervisor:
    """Runs `run` in so many processes until SIGTERM or SIGINT. `ready` is called once, with what the first of them
    said, when all are ready. One that ends is started again after a pause, which doubles each time. At the end
    they get SIGTERM, and so many seconds to end."""

    run: Callable[[Member], None]
    count: int
    ready: Callable[[str], None]
    stop_seconds_max: float
    pause_seconds_first: float = 0.5
    pause_seconds_max: float = 30.0
    _places: list[_Place] = field(init=False)
    _lifeline: tuple[int, int] = field(init=False)
    _is_stopping: bool = field(default=False, init=False)

    def supervise(self) -> None:
        """Raises ChildProcessError when a process ends before all have been ready: it would end again."""
        self._places = [_Place(number) for number in range(1, self.count + 1)]
        self._lifeline = os.pipe()
        woken, wake = socket.socketpair()
        with woken, wake:
            woken.setblocking(False)
            wake.setblocking(False)
            signal.set_wakeup_fd(wake.fileno())
            before = {number: signal.signal(number, self._stop) for number in STOP_SIGNALS}
            try:
                self._watch(woken)
            finally:
                self._end_all()
                signal.set_wakeup_fd(-1)
                for number, handler in before.items():
                    signal.signal(number, handler)
                for descriptor in self._lifeline:
                    os.close(descriptor)

    def _watch(self, woken: socket.socket) -> None:
        has_been_ready = False
        while not self._is_stopping:
            for place in self._places:
                if place.process is None and place.start_at <= time.monotonic():
                    self._start(place)
            self._wait(woken)
            for place in self._places:
                said = self._hear(place)
                if said and not has_been_ready and all(one.is_ready for one in self._places):
                    has_been_ready = True
                    self.ready(said)
                if place.process is not None and not place.process.is_alive() and not self._is_stopping:
                    self._bury(place, has_been_ready=has_been_ready)

    def _wait(self, woken: socket.socket) -> None:
        """Until something happens: a signal, a process that ends or is ready, or the end of a pause."""
        running = [place.process.sentinel for place in self._places if place.process is not None]
        starting = [place.readiness for place in self._places if place.readiness is not None]
        pauses = [place.start_at for place in self._places if place.process is None]
        timeout = max(0.0, min(pauses) - time.monotonic()) if pauses else None
        if woken in wait([woken, *running, *starting], timeout):
            woken.recv(64)

    def _start(self, place: _Place) -> None:
        place.replaces, place.name = place.name, f"{secrets.token_hex(4)}-{place.number}"
        place.readiness, said = _processes.Pipe(duplex=False)
        place.process = _processes.Process(target=self._run_member, args=(place, said))
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            place.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        said.close()
        place.started_at = time.monotonic()

    def _run_member(self, place: _Place, said: Connection) -> None:
        """In the process itself."""
        signal.set_wakeup_fd(-1)
        for one in STOP_SIGNALS:
            signal.signal(one, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        os.close(self._lifeline[1])
        self.run(Member(place.number, place.name, place.replaces, said.send, self._lifeline[0]))

    def _hear(self, place: _Place) -> str | None:
        """What the process says when it is ready."""
        if place.readiness is None or not place.readiness.poll():
            return None
        try:
            said: str = place.readiness.recv()
        except EOFError:
            return None
        finally:
            place.readiness.close()
            place.readiness = None
        place.is_ready = True
        return said

    def _bury(self, place: _Place, *, has_been_ready: bool) -> None:
        status, ran_seconds = _end_of(place), time.monotonic() - place.started_at
        if not has_been_ready:
            raise ChildProcessError(f"process {place.number} ended with status {status}")
        is_first = place.pause_seconds == 0 or ran_seconds >= SOUND_SECONDS
        pause_seconds = self.pause_seconds_first if is_first else place.pause_seconds
        place.pause_seconds = min(pause_seconds * 2, self.pause_seconds_max)
        place.start_at = time.monotonic() + pause_seconds
        log.error("process_ended", process=place.number, status=status, again_after_seconds=pause_seconds)

    def _stop(self, _number: int, _frame: object) -> None:
        self._is_stopping = True

    def _end_all(self) -> None:
        running = [place for place in self._places if place.process is not None]
        for place in running:
            if place.process is not None:
                place.process.terminate()
        deadline = time.monotonic() + self.stop_seconds_max
        for place in running:
            if place.process is not None:
                place.process.join(max(0.0, deadline - time.monotonic()))
                if place.process.is_alive():
                    log.error("process_killed", process=place.number)
                    place.process.kill()
            _end_of(place)


def _end_of(place: _Place) -> int | None:
    """The status with which its process ended; its place is free."""
    process, place.process = place.process, None
    if place.readiness is not None:
        place.readiness.close()
        place.readiness = None
    if process is None:
        return None
    process.join()
    status = process.exitcode
    process.close()
    return status
