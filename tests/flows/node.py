"""A gateway for the tests of several nodes: `python -m tests.flows.node DIR KIND`; the environment has settings.

KIND: `whole`; `accepts-only` judges and delivers nothing, as one that is overloaded; `newer` is the next version,
with a step of the schema that only adds.
"""

import asyncio
import sys
from pathlib import Path

import msgspec

from gateway import log, settings
from gateway.main import serve
from gateway.pipeline.dispatcher import Dispatcher
from gateway.pipeline.queue import JudgingQueue
from gateway.store import schema

NEXT_STEPS = Path(__file__).parent / "next_steps"
NEXT_HEAD = "0002"


async def rest(_dispatcher: Dispatcher) -> None:
    """Deliver nothing."""


def main(directory: str, kind: str) -> None:
    log.configure("error")
    if kind == "accepts-only":
        setattr(JudgingQueue, "start", lambda _queue: None)  # noqa: B010  # mypy allows no assignment
        setattr(Dispatcher, "run", rest)  # noqa: B010  # as above
    if kind == "newer":
        schema.HEAD = NEXT_HEAD
        schema.STEPS = (*schema.STEPS, NEXT_STEPS)
    found = settings.load(None)
    arguments = {"data_directory": Path(directory), "http": msgspec.structs.replace(found.http, port=0)}
    asyncio.run(serve(msgspec.structs.replace(found, **arguments), announce=lambda line: print(line, flush=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
