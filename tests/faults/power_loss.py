"""Documents of all sizes written to a disk that is recorded, and what is lost when it loses power."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gateway.clock import utc_now
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.participants import Caller, Role
from gateway.messages.submission import Arrival, Receipt, Submission
from gateway.settings import Settings
from gateway.store.documents import packs
from gateway.store.documents.storage import Storage
from gateway.store.messages.accept import Acceptor
from gateway.store.messages.messages import MessageStore
from gateway.store.opening import open_database
from tests.faults.disk import Disk, Promise, broken_promises, recorded

SMALL_BYTES_MAX = 2_000
GROUPS, GROUP = 12, 6
PACK_BYTES = 20_000
CALLER = Caller("key", Role.SUPPLIER, "supplier")


async def write(folder: Path, patch: pytest.MonkeyPatch, seed: int = 1) -> Disk:
    """Accept groups of small and large documents, with several packs; what happened to the disk."""
    chance = random.Random(seed)
    root = folder / "data" / "documents"
    settings = Settings(data_directory=folder / "data")
    patch.setattr(packs, "PACK_BYTES_MAX", PACK_BYTES)
    with recorded(folder, root, patch) as disk:
        _record_promises(disk, root, patch)
        storage = Storage(settings.storage_url(), SMALL_BYTES_MAX)
        async with open_database(settings, group_max=GROUP) as database:
            store = MessageStore(database.engines, database.writer, storage)
            for _ in range(GROUPS):
                await asyncio.gather(*(_accept(store, storage, chance) for _ in range(GROUP)))
        storage.close()
    return disk


async def _accept(store: MessageStore, storage: Storage, chance: random.Random) -> None:
    sink = storage.sink()
    data = chance.randbytes(chance.choice((0, 10, 700, SMALL_BYTES_MAX, 3 * SMALL_BYTES_MAX)))
    for start in range(0, len(data), 1_000):
        await sink.write(data[start : start + 1_000])
    content = await sink.close()
    _DATA[id(content)] = data
    await store.accept(Arrival(new_kenmerk(), utc_now(), Submission(CALLER, "http", content)))


_DATA: dict[int, bytes] = {}
"""What the contents were made of."""


def _record_promises(disk: Disk, root: Path, patch: pytest.MonkeyPatch) -> None:
    """When the rows of a group are ready to be committed, its bytes have to survive."""
    accept_group = Acceptor.accept_group

    def promising(self: Acceptor, connection: Connection, group: Sequence[Arrival]) -> list[Receipt | Exception]:
        answers = accept_group(self, connection, group)
        for arrival in group:
            content = arrival.submission.document
            if content.stored and content.size_bytes:
                disk.log.append(Promise(str(root / content.stored.key), content.stored.offset, _DATA[id(content)]))
        return [*answers]

    patch.setattr(Acceptor, "accept_group", promising)


def broken(disk: Disk, states: int, seed: int = 1) -> list[Promise]:
    """What is lost in so many states, after each moment in turn."""
    return [
        lost
        for state in range(states)
        for lost in broken_promises(disk, state % (len(disk.log) + 1), random.Random(f"{seed} {state}"))
    ]
