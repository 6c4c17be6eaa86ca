"""Which objects in document storage messages name: what the reaper asks before it removes one."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from gateway.messages.kenmerk import first_kenmerk_of, last_kenmerk_of, time_of
from gateway.store.engine import Engines
from gateway.store.messages import queries

KINDS = frozenset({"objects", "packs", "checks"})
"""Kinds of object that belong to messages, or to nobody: single contents, contents that share a commit, and
what is written to see whether writing works."""

KENMERK_SLACK = timedelta(days=1)
"""An object is written minutes before its message gets its kenmerk; a day also covers clocks that disagree."""


class ObjectReferences:
    """Implements `jobs.reap.References`."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def find_used(self, keys: Collection[str]) -> frozenset[str]:
        """Which of these keys any message or attachment names, and those that are not of messages.

        Names of objects and kenmerken are both UUIDs of version 7, so the objects' times bound the messages
        that can name them: a stretch of the primary key, whatever the size of the table. An object of another
        kind, or with a name that the gateway does not give, is somebody else's and counts as named.
        """
        moments = {key: moment for key in keys if (moment := named_at(key)) is not None}
        foreign = frozenset(keys) - moments.keys()
        if not moments:
            return foreign
        rows = await self._engines.rows(
            queries.OBJECT_KEYS,
            first=first_kenmerk_of(min(moments.values()) - KENMERK_SLACK),
            last=last_kenmerk_of(max(moments.values()) + KENMERK_SLACK),
            keys=list(moments),
        )
        return foreign | {row.object_key for row in rows}


def named_at(key: str) -> datetime | None:
    """When an object got its name; None for an object that is not of a message."""
    kind, _, path = key.partition("/")
    name = path.rpartition("/")[2]
    try:
        version = UUID(name).version
    except ValueError:
        return None
    return time_of(name) if kind in KINDS and version == 7 else None
