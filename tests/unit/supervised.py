"""Two processes under a supervisor, for its tests: `python -m tests.unit.supervised KIND`. Each prints who it is.

KIND: `waits` for a signal; `fails`: the second ends before it is ready; `ends`: the second ends when it
is ready; `stubborn`: it ignores SIGTERM.
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


def run(member: Member, kind: str) -> None:
    say(f"{member.number} is {member.name} for {member.replaces or 'nobody'}")
    if kind == "fails" and member.number == 2:
        sys.exit(3)
    if kind == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    member.ready("hello")
    if kind == "ends" and member.number == 2:
        sys.exit(4)
    while True:
        time.sleep(60)


def main(kind: str) -> None:
    log.configure("info")
    supervisor = Supervisor(
        lambda member: run(member, kind),
        count=2,
        ready=lambda message: say(f"ready: {message}"),
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
