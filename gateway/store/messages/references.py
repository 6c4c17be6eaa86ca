"""Which objects in document storage messages name: what the reaper asks before it removes one."""

import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, union_all

from gateway.store.engine import Engines
from gateway.store.messages import tables as t

KINDS = frozenset({"objects", "packs", "checks"})
"""Kinds of object that belong to messages, or to nobody: single contents, contents that share a commit, and
what is written to see whether writing works."""

_SLACK = timedelta(days=1)
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
        moments = {key: moment for key in keys if (moment := _moment(key)) is not None}
        foreign = frozenset(keys) - moments.keys()
        if not moments:
            return foreign
        first, last = _kenmerk(min(moments.values()) - _SLACK, "0"), _kenmerk(max(moments.values()) + _SLACK, "f")
        stretches = [
            select(table.c.object_key).where(
                table.c.kenmerk >= first, table.c.kenmerk <= last, table.c.object_key.in_(moments)
            )
            for table in (t.messages, t.attachments)
        ]
        async with self._engines.read.connect() as connection:
            return foreign | frozenset((await connection.scalars(union_all(*stretches))).all())


def _moment(key: str) -> datetime | None:
    """When the object got its name; None for an object that is not of a message."""
    kind, _, name = key.partition("/")
    try:
        number = uuid.UUID(name.rpartition("/")[2])
    except ValueError:
        return None
    if kind not in KINDS or number.version != 7:
        return None
    return datetime.fromtimestamp((number.int >> 80) / 1000, UTC)


def _kenmerk(moment: datetime, rest: str) -> str:
    """The lowest (rest 0) or highest (rest f) UUID of a moment, in full: so that it compares as a kenmerk does
    under every collation of PostgreSQL."""
    return str(uuid.UUID(f"{int(moment.timestamp() * 1000):012x}{rest * 20}"))
