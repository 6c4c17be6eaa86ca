"""The statements of nodes, by name. The time in them is the database's."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gateway.store.nodes.tables import compatibility, node_jobs, nodes
from gateway.store.sql import insert_or_replace, update_where
from gateway.store.tables import UtcTime

LEASE_SECONDS = 15
"""A node whose heartbeat is older is dead: others take over what it holds."""


class seconds_ago(FunctionElement[datetime]):  # noqa: N801  # written as a function of SQL
    """So many seconds before now, by the database's clock."""

    inherit_cache = True
    type = UtcTime()


@compiles(seconds_ago, "postgresql")
def _on_postgresql(element: seconds_ago, compiler: SQLCompiler, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"CAST((extract(epoch FROM clock_timestamp()) - {seconds}) * 1000000 AS BIGINT)"


@compiles(seconds_ago, "sqlite")
def _on_sqlite(element: seconds_ago, compiler: SQLCompiler, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"CAST((strftime('%s', 'now') - {seconds}) * 1000000 AS INTEGER)"


def _ago(seconds: int) -> seconds_ago:
    return seconds_ago(literal_column(f"({seconds})"))


_lives = nodes.c.seen_at.between(_ago(LEASE_SECONDS), _ago(-LEASE_SECONDS))
"""A heartbeat in the future is of a time when the database's clock was wrong, and counts for nothing."""


def is_alive(node_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether this node lives."""
    return exists().where(nodes.c.node_id == node_id, _lives)


JOIN = nodes.insert().values(
    node_id=bindparam("node_id"), step=bindparam("step"), started_at=_ago(0), seen_at=_ago(0)
)
BEAT = nodes.update().where(nodes.c.node_id == bindparam("node")).values(seen_at=_ago(0))
LEAVE = delete(nodes).where(nodes.c.node_id == bindparam("node"))
FORGET_ALL = delete(nodes)
FORGET_DEAD = delete(nodes).where(~_lives)
COUNT_ALIVE = select(func.count()).select_from(nodes).where(_lives)
OLDEST_KNOWN_STEP = select(func.min(nodes.c.step)).where(_lives)
"""The newest step that the oldest of the living gateways knows."""
OLDEST_STEP = select(compatibility.c.oldest_step)

RUNNER = select(node_jobs.c.node_id, is_alive(node_jobs.c.node_id).label("is_alive")).where(
    node_jobs.c.job == bindparam("job")
)
"""Which node runs a job, and whether it lives."""
ADD_JOB = insert_or_replace(node_jobs, ("job", "node_id"))
TAKE_JOB = update_where(node_jobs, ("node_id",), ("job", "node_id"))
"""Takes a job over, if its node is still the one that was read."""
