"""A gateway that kills itself at a named point, for the crash tests: `python -m tests.flows.crashing DIR POINT N`.

POINT is one of `tests.faults.points`; at its N-th passing the process ends by SIGKILL, without goodbye.
"""

import asyncio
import sys
from pathlib import Path

from gateway import log
from gateway.main import serve
from gateway.settings import HttpSettings, Settings
from tests.faults.points import kill_at

NEVER = "never"


def main(directory: str, point: str, passing: str) -> None:
    log.configure("error")
    settings = Settings(data_directory=Path(directory), http=HttpSettings(port=0))
    if point != NEVER:
        kill_at(point, int(passing))
    asyncio.run(serve(settings, announce=lambda line: print(line, flush=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
