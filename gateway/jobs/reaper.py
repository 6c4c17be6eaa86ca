"""The reaper: removes objects from document storage that no message names.

Such objects are left when a sender goes away in the middle of a large body, or the gateway stops between
writing the bytes and writing the message. An object goes only when it is old, when the store, asked after the
object was seen, names it nowhere, and when not so much would go that the store itself must be doubted.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Protocol

import structlog

log = structlog.get_logger()

DOUBT_OBJECTS_MIN = 100
"""So few leftovers are never a reason to doubt the store: a young gateway has few objects and may have had
several senders go away."""
BATCH_OBJECTS = 500
"""Objects asked about in one query: within SQLite's and PostgreSQL's bounds on parameters."""
ORPHANS_MAX = 50_000
"""Leftovers removed in one pass: bounds memory; the next pass takes the rest."""


class Storage(Protocol):
    """Lists and removes objects."""

    def keys_older_than(self, age: timedelta) -> AsyncIterator[str]:
        """Keys of the objects last written longer ago than this, by the storage's own times."""

    async def delete(self, key: str) -> None:
        """Remove the object; one that is gone already is no error."""


class References(Protocol):
    """Knows what messages name."""

    async def named(self, keys: Collection[str]) -> frozenset[str]:
        """Which of these keys any message, attachment, report or export names."""


@dataclass(frozen=True, slots=True)
class Reaped:
    """What one pass did. `asked` counts old objects. `held`: `orphans` were found, so many that the store is
    doubted, and none removed."""

    asked: int
    orphans: int
    removed: int
    held: bool


class Reaper:
    """Passes over the storage."""

    def __init__(
        self, storage: Storage, references: References, orphan_age_min: timedelta, orphan_share_max: float
    ) -> None:
        self._storage = storage
        self._references = references
        self._orphan_age_min = orphan_age_min
        self._orphan_share_max = orphan_share_max

    async def reap(self) -> Reaped:
        """Remove what no message names; see the module. Errors of storage and store pass through."""
        asked, orphans = await self._look()
        if len(orphans) > DOUBT_OBJECTS_MIN and len(orphans) > asked * self._orphan_share_max:
            return Reaped(asked, len(orphans), 0, held=True)
        removed = 0
        for batch in _batches(orphans):
            for key in await self._orphans(batch):
                await self._storage.delete(key)
                removed += 1
        return Reaped(asked, len(orphans), removed, held=False)

    async def _look(self) -> tuple[int, list[str]]:
        """How many old objects were asked about, and the leftovers among them. Asking stops at ORPHANS_MAX, so
        that their share of what was asked tells of a wrong store however large the storage is."""
        asked, orphans, batch = 0, list[str](), list[str]()
        async for key in self._storage.keys_older_than(self._orphan_age_min):
            batch.append(key)
            if len(batch) == BATCH_OBJECTS:
                asked, orphans, batch = asked + len(batch), orphans + await self._orphans(batch), []
            if len(orphans) >= ORPHANS_MAX:
                break
        return asked + len(batch), orphans + await self._orphans(batch)

    async def _orphans(self, batch: list[str]) -> list[str]:
        if not batch:
            return []
        named = await self._references.named(batch)
        return [key for key in batch if key not in named]


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while batch := list(islice(rest, BATCH_OBJECTS)):
        yield batch


class Told(Protocol):
    """Is told of each pass; `Metrics` fulfils it."""

    def reaper_passed(self, removed_objects: int, *, held: bool) -> None:
        """The reaper passed."""


async def pass_regularly(reaper: Reaper, told: Told, first_after: timedelta, every: timedelta) -> None:
    """Let the reaper pass for as long as the gateway runs. A pass that fails is logged, and comes again."""
    await asyncio.sleep(first_after.total_seconds())
    while True:
        try:
            done = await reaper.reap()
        except Exception as error:  # storage or store is in trouble: nothing is urgent about leftovers
            log.warning("reaper_failed", error=type(error).__name__, detail=str(error))
        else:
            event = log.error if done.held else log.info
            event("reaper_passed", asked=done.asked, orphans=done.orphans, removed=done.removed, held=done.held)
            told.reaper_passed(done.removed, held=done.held)
        await asyncio.sleep(every.total_seconds())
