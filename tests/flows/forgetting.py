"""A run of retention that kills itself at a named point: `python -m tests.flows.forgetting DIR URL NOW POINT N`.

NOW is the time it takes it to be. At the N-th passing of POINT the process ends by SIGKILL, without goodbye.
"""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from gateway.jobs.retain import Retention
from gateway.settings import DatabaseSettings, Settings
from gateway.store.documents.storage import Storage
from gateway.store.messages.references import ObjectReferences
from gateway.store.messages.retention import RetentionStore
from gateway.store.opening import open_database
from tests.faults.points import kill_at


async def run(directory: str, url: str, now: str, point: str, passing: str) -> None:
    settings = Settings(data_directory=Path(directory), database=DatabaseSettings(url=url))
    kill_at(point, int(passing))
    async with open_database(settings) as database:
        retention = Retention(
            settings.retention,
            RetentionStore(database.engines, database.writer),
            Storage(settings.storage_url(), 0),
            ObjectReferences(database.engines),
            lambda: datetime.fromisoformat(now),
            reading_seconds=0,
        )
        await retention.run("test")


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
