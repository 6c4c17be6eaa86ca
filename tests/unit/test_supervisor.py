"""Several processes under a supervisor, as real processes: what becomes of them when one ends, or does not."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gateway.supervisor import held_port
from tests.waiting import WAIT_SECONDS_MAX

ROOT = Path(__file__).parents[2]


@contextmanager
def supervised(kind: str) -> Iterator[subprocess.Popen[str]]:
    """A supervisor of two processes of this kind (`tests/unit/supervised.py`)."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.unit.supervised", kind],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def logged(process: subprocess.Popen[str], count: int) -> list[dict[str, object]]:
    assert process.stderr is not None
    return [json.loads(process.stderr.readline()) for _ in range(count)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_are_ready_and_end_together(number: signal.Signals) -> None:
    with supervised("waits") as process:
        *members, ready = lines(process, 3)
        assert sorted(line[:4] for line in members) == ["1 is", "2 is"]
        assert ready == "ready: hello"
        process.send_signal(number)
        assert process.wait(WAIT_SECONDS_MAX) == 0
        assert process.stdout is not None
        assert process.stdout.read() == "", "no process is left to write"


def test_where_one_cannot_start_none_goes_on() -> None:
    with supervised("fails") as process:
        assert process.wait(WAIT_SECONDS_MAX) == 0
        assert process.stdout is not None
        assert process.stdout.read().splitlines()[-1] == "gave up: process 2 ended with status 3"


def test_one_that_ends_is_replaced_after_pauses_that_grow() -> None:
    with supervised("ends") as process:
        found = [line.split() for line in lines(process, 7) if line.startswith("2 is")]
        names = [name for _, _, name, _, _ in found]
        assert [replaced for *_, replaced in found] == ["nobody", *names[:-1]]
        ended = logged(process, 5)
        assert {(one["event"], one["process"], one["status"]) for one in ended} == {("process_ended", 2, 4)}
        assert [one["again_after_seconds"] for one in ended] == [0.01, 0.02, 0.04, 0.04, 0.04]
        process.terminate()
        assert process.wait(WAIT_SECONDS_MAX) == 0


def test_one_that_does_not_end_is_killed() -> None:
    with supervised("stubborn") as process:
        lines(process, 3)
        process.terminate()
        assert process.wait(WAIT_SECONDS_MAX) == 0
        assert [one["event"] for one in logged(process, 2)] == ["process_killed"] * 2


def test_a_port_that_is_held_is_refused_to_others_and_open_to_its_processes() -> None:
    with held_port("127.0.0.1", 0) as port, closing(socket.socket()) as first, closing(socket.socket()) as second:
        for one in (first, second):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind(("127.0.0.1", port))
            one.listen()
        with pytest.raises(OSError, match="in use"), held_port("127.0.0.1", port):
            pass
