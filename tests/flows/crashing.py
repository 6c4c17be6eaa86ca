"""A gateway that kills itself at a named point, for the crash tests: `python -m tests.flows.crashing DIR POINT N`.

POINT is a checkpoint of the message's way; at its N-th passing the process ends by SIGKILL, without goodbye.
"""

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path

from gateway import log
from gateway.main import no_checkpoint, serve
from gateway.messages.ports import Checkpoint
from gateway.settings import HttpSettings, Settings

NEVER = "never"


def killing_at(point: str, passing: int) -> Checkpoint:
    """Kills this process when it passes the point for the nth time."""
    passed = itertools.count(1)

    def checkpoint(name: str) -> None:
        if name == point and next(passed) == passing:
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


def main(directory: str, point: str, passing: str) -> None:
    log.configure("error")
    settings = Settings(data_directory=Path(directory), http=HttpSettings(port=0))
    checkpoint = no_checkpoint if point == NEVER else killing_at(point, int(passing))
    asyncio.run(serve(settings, announce=lambda line: print(line, flush=True), checkpoint=checkpoint))


if __name__ == "__main__":
    main(*sys.argv[1:])
