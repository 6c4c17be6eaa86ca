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
    """What one of the processes gets: its number from 1, its name, that of the process that it replaces,
    how it says that it is ready, and a file descriptor that can be read when the supervisor is gone."""

    number: int
    name: str
    replaces: str
    ready: Callable[[str], None]
    supervisor_gone: int


@dataclass(slots=True)
class _Slot:
    """One of the processes, and the one that replaces it when it ends."""

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
    """Runs `run` in so many processes until SIGTERM or SIGINT.

    `ready` is called once, when all are ready, with the message of the last of them. One that ends is started
    again after a pause, which doubles each time. At the end they get SIGTERM, and so many seconds to end.
    """

    run: Callable[[Member], None]
    count: int
    ready: Callable[[str], None]
    stop_seconds_max: float
    pause_seconds_first: float = 0.5
    pause_seconds_max: float = 30.0
    _slots: list[_Slot] = field(init=False)
    _supervisor_pipe: tuple[int, int] = field(init=False)
    _is_stopping: bool = field(default=False, init=False)

    def supervise(self) -> None:
        """Raises ChildProcessError when a process ends before all have been ready: it would end again."""
        self._slots = [_Slot(number) for number in range(1, self.count + 1)]
        self._supervisor_pipe = os.pipe()
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
                for descriptor in self._supervisor_pipe:
                    os.close(descriptor)

    def _watch(self, woken: socket.socket) -> None:
        has_been_ready = False
        while not self._is_stopping:
            for slot in self._slots:
                if slot.process is None and slot.start_at <= time.monotonic():
                    self._start(slot)
            self._wait(woken)
            for slot in self._slots:
                message = self._readiness_of(slot)
                if message and not has_been_ready and all(one.is_ready for one in self._slots):
                    has_been_ready = True
                    self.ready(message)
                if slot.process is not None and not slot.process.is_alive() and not self._is_stopping:
                    self._plan_replacement(slot, has_been_ready=has_been_ready)

    def _wait(self, woken: socket.socket) -> None:
        """Until something happens: a signal, a process that ends or is ready, or the end of a pause."""
        running = [slot.process.sentinel for slot in self._slots if slot.process is not None]
        starting = [slot.readiness for slot in self._slots if slot.readiness is not None]
        pauses = [slot.start_at for slot in self._slots if slot.process is None]
        timeout = max(0.0, min(pauses) - time.monotonic()) if pauses else None
        if woken in wait([woken, *running, *starting], timeout):
            woken.recv(64)

    def _start(self, slot: _Slot) -> None:
        slot.replaces, slot.name = slot.name, f"{secrets.token_hex(4)}-{slot.number}"
        slot.readiness, messages = _processes.Pipe(duplex=False)
        slot.process = _processes.Process(target=self._run_member, args=(slot, messages))
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            slot.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        messages.close()
        slot.started_at = time.monotonic()

    def _run_member(self, slot: _Slot, messages: Connection) -> None:
        """In the process itself."""
        signal.set_wakeup_fd(-1)
        for one in STOP_SIGNALS:
            signal.signal(one, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        os.close(self._supervisor_pipe[1])
        self.run(Member(slot.number, slot.name, slot.replaces, messages.send, self._supervisor_pipe[0]))

    def _readiness_of(self, slot: _Slot) -> str | None:
        """What the process says when it is ready."""
        if slot.readiness is None or not slot.readiness.poll():
            return None
        try:
            message: str = slot.readiness.recv()
        except EOFError:
            return None
        finally:
            slot.readiness.close()
            slot.readiness = None
        slot.is_ready = True
        return message

    def _plan_replacement(self, slot: _Slot, *, has_been_ready: bool) -> None:
        status, ran_seconds = _end_of(slot), time.monotonic() - slot.started_at
        if not has_been_ready:
            raise ChildProcessError(f"process {slot.number} ended with status {status}")
        is_first = slot.pause_seconds == 0 or ran_seconds >= SOUND_SECONDS
        pause_seconds = self.pause_seconds_first if is_first else slot.pause_seconds
        slot.pause_seconds = min(pause_seconds * 2, self.pause_seconds_max)
        slot.start_at = time.monotonic() + pause_seconds
        log.error("process_ended", process=slot.number, status=status, again_after_seconds=pause_seconds)

    def _stop(self, _number: int, _frame: object) -> None:
        self._is_stopping = True

    def _end_all(self) -> None:
        running = [slot for slot in self._slots if slot.process is not None]
        for slot in running:
            if slot.process is not None:
                slot.process.terminate()
        deadline = time.monotonic() + self.stop_seconds_max
        for slot in running:
            if slot.process is not None:
                slot.process.join(max(0.0, deadline - time.monotonic()))
                if slot.process.is_alive():
                    log.error("process_killed", process=slot.number)
                    slot.process.kill()
            _end_of(slot)


def _end_of(slot: _Slot) -> int | None:
    """The status with which its process ended; its slot is free."""
    process, slot.process = slot.process, None
    if slot.readiness is not None:
        slot.readiness.close()
        slot.readiness = None
    if process is None:
        return None
    process.join()
    status = process.exitcode
    process.close()
    return status
