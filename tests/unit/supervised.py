"""Two processes under a supervisor, for its tests: `python -m tests.unit.supervised KIND`. Each prints who it is.

KIND: `waits` for a signal; `fails`: the second ends before it is ready; `ends`: the second ends when both
are ready; `stubborn`: it ignores SIGTERM.
"""

import os
import signal
import sys
import time

from gateway import log
from gateway.supervisor import Member, Supervisor


def say(text: str) -> None:
    """Write a line at once: several processes write to one pipe."""
    os.write(1, f"{text}\n".encode())


def run(member: Member, kind: str, both_ready: int) -> None:
    """`both_ready` can be read from then on."""
    say(f"{member.number} is {member.name} for {member.replaces or 'nobody'}")
    if kind == "fails" and member.number == 2:
        sys.exit(3)
    if kind == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    member.ready("hello")
    if kind == "ends" and member.number == 2:
        os.read(both_ready, 1)
        sys.exit(4)
    while True:
        time.sleep(60)


def main(kind: str) -> None:
    log.configure("info")
    both_ready, say_ready = os.pipe()

    def ready(message: str) -> None:
        say(f"ready: {message}")
        os.write(say_ready, bytes(100))  # one for each process that is to end

    supervisor = Supervisor(
        lambda member: run(member, kind, both_ready),
        count=2,
        ready=ready,
        stop_seconds_max=0.2 if kind == "stubborn" else 20,
        pause_seconds_first=0.01,
        pause_seconds_max=0.04,
    )
    try:
        supervisor.supervise()
    except ChildProcessError as error:
        say(f"gave up: {error}")


if __name__ == "__main__":
    main(sys.argv[1])
