"""The reaper: removes objects from document storage that no message names.

Such objects are left when a sender goes away in the middle of a large body, or the gateway stops between
writing the bytes and writing the message. An object goes only when it is old, when the store, asked after the
object was listed, names it nowhere, and when not so many would go that the store itself must be doubted.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Protocol

import structlog

from gateway.jobs.periodic import IsMine, everywhere, run_periodically

log = structlog.get_logger()

FIRST_PASS_AFTER = timedelta(minutes=10)
"""A gateway that is restarted every day passes too; one that just started has more urgent work."""
DOUBT_OBJECTS_MIN = 100
"""With fewer leftovers the store is not doubted: a new gateway has few objects, and several senders may have
gone away."""
BATCH_OBJECTS = 500
"""Objects asked about in one query: within SQLite's and PostgreSQL's bounds on parameters."""
ORPHANS_MAX = 50_000
"""Leftovers removed in one pass: bounds memory; the next pass takes the rest."""


class ObjectStorage(Protocol):
    """Lists and removes objects."""

    def keys_older_than(self, age: timedelta) -> AsyncIterator[str]:
        """Keys of the objects last written longer ago than this, by the storage's own times."""

    async def delete(self, key: str) -> None:
        """Remove the object; one that is gone already is no error."""


class References(Protocol):
    """Knows which objects messages use."""

    async def find_used(self, keys: Collection[str]) -> frozenset[str]:
        """Which of these keys any message, attachment, report or export uses."""


@dataclass(frozen=True, slots=True)
class ReaperPass:
    """The result of one pass: `asked` old objects were checked. `held`: so many orphans were found that the store
    is doubted, and none was removed."""

    asked: int
    orphans: int
    removed: int
    held: bool


class Reaper:
    """Passes over the storage."""

    def __init__(
        self, storage: ObjectStorage, references: References, orphan_age_min: timedelta, orphan_share_max: float
    ) -> None:
        self._storage = storage
        self._references = references
        self._orphan_age_min = orphan_age_min
        self._orphan_share_max = orphan_share_max

    async def reap(self) -> ReaperPass:
        """Remove what no message uses. Raises the errors of storage and store."""
        asked, orphans = await self._look()
        if len(orphans) > DOUBT_OBJECTS_MIN and len(orphans) > asked * self._orphan_share_max:
            return ReaperPass(asked, len(orphans), 0, held=True)
        removed = 0
        for batch in _batches(orphans):
            for key in await self._orphans(batch):
                await self._storage.delete(key)
                removed += 1
        return ReaperPass(asked, len(orphans), removed, held=False)

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
        used = await self._references.find_used(batch)
        return [key for key in batch if key not in used]


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while batch := list(islice(rest, BATCH_OBJECTS)):
        yield batch


class ReaperObserver(Protocol):
    """Counts the passes; `Metrics` fulfils it."""

    def reaper_passed(self, removed_objects: int, *, held: bool) -> None:
        """A pass has ended."""


async def reap_regularly(
    reaper: Reaper,
    observer: ReaperObserver,
    every: timedelta,
    first_after: timedelta = FIRST_PASS_AFTER,
    is_mine: IsMine = everywhere,
) -> None:
    """Let the reaper pass for as long as this is awaited. A pass that fails is logged, and comes again."""

    async def reap() -> None:
        try:
            done = await reaper.reap()
        except Exception as error:  # storage or store is in trouble: leftovers are not urgent
            log.warning("reaper_failed", error=type(error).__name__, detail=str(error))
            return
        event = log.error if done.held else log.info
        event("reaper_passed", asked=done.asked, orphans=done.orphans, removed=done.removed, held=done.held)
        observer.reaper_passed(done.removed, held=done.held)

    await run_periodically(
        reap,
        every.total_seconds(),
        failure="reaper_failed",
        expected=(),
        first_after_seconds=first_after.total_seconds(),
        is_mine=is_mine,
    )
