"""A node: one gateway among those that run on one database.

A node lives while its heartbeat is recent; the database's clock decides, not the nodes'. What a node holds is held
only while it lives: messages that it is to judge or is offering to their recipient (`messages.node_id`), and jobs
that one node at a time runs. Correctness never depends on this: every decision is committed only while the message
has the steps that it was read with. It keeps two nodes from doing the same work.
"""

import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.store import schema
from gateway.store.engine import Engines
from gateway.store.nodes import queries
from gateway.store.nodes.tables import NOBODY
from gateway.store.sql import Change, write_together
from gateway.store.writer import Writer

log = structlog.get_logger(__name__)

BEAT_SECONDS = 5.0
"""How often a node writes its heartbeat."""
OWN_LIFE_SECONDS = 10.0
"""A node whose last heartbeat began longer ago calls no recipient: others will soon count it as dead."""
_NEVER = float("-inf")
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Node:
    """This gateway as a node."""

    def __init__(self, engines: Engines, writer: Writer, name: str = "", replaces: str = "") -> None:
        """`name`: unique on this machine; empty: one is made up. `replaces`: the name of a node of this machine
        that certainly lives no more."""
        self._engines = engines
        self._writer = writer
        self.node_id = _id(name or f"{os.getpid()}-{secrets.token_hex(4)}")
        self._replaces_id = _id(replaces)
        self._beat_at = _NEVER

    async def join(self) -> None:
        """Begin to live. On SQLite, which is one gateway's alone, nobody else lives any more."""
        begun = _now()
        await self._writer.call(self._join)
        self._beat_at = begun

    async def beat(self) -> None:
        """Write the heartbeat. Raises the database's error."""
        begun = _now()
        await self._writer.call(self._beat)
        self._beat_at = begun

    async def leave(self) -> None:
        """Stop living: others take over at once what this node holds; or soon, while the database is away."""
        self._beat_at = _NEVER
        try:
            await self._writer.call(lambda connection: connection.execute(queries.LEAVE, {"node": self.node_id}))
        except SQLAlchemyError as error:
            log.warning("node_not_removed", error=type(error).__name__)

    def is_alive(self) -> bool:
        """Whether others certainly still count this node as alive."""
        return _now() - self._beat_at < OWN_LIFE_SECONDS

    async def count_alive(self) -> int:
        """How many nodes live."""
        return await self._engines.scalar(queries.COUNT_ALIVE) or 0

    def runs(self, job: str) -> Callable[[], Awaitable[bool]]:
        """Whether it is this node that runs the job now. No other node runs it while this one lives."""

        async def is_mine() -> bool:
            try:
                return self.is_alive() and await self._take_job(job)
            except SQLAlchemyError as error:
                log.warning("job_not_taken", job=job, error=type(error).__name__)
                return False

        return is_mine

    async def _take_job(self, job: str) -> bool:
        rows = await self._engines.rows(queries.RUNNER, job=job)
        runner = rows[0].node_id if rows else NOBODY
        if runner == self.node_id:
            return True
        if rows and rows[0].is_alive:
            return False
        add = Change(queries.ADD_JOB, [(job, NOBODY)])
        take = Change(queries.TAKE_JOB, [(self.node_id, job, runner)])
        return await self._writer.call(lambda connection: write_together(connection, [add, take])[1] == 1)

    def _join(self, connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.execute(queries.FORGET_ALL)
        else:
            connection.execute(queries.FORGET_DEAD)
            connection.execute(queries.LEAVE, {"node": self._replaces_id})
        self._beat(connection)

    def _beat(self, connection: Connection) -> None:
        if connection.execute(queries.BEAT, {"node": self.node_id}).rowcount == 0:
            # it is new, or was counted as dead and forgotten
            connection.execute(queries.JOIN, {"node_id": self.node_id, "step": schema.HEAD})


def _id(name: str) -> str:
    return f"{socket.gethostname()}-{name}"


def _now() -> float:
    """Seconds on a clock that goes on while the machine sleeps."""
    return time.clock_gettime(_CLOCK)
