"""Tables of nodes: the gateways that run on this database, the jobs that one of them runs, and which versions can
use the schema."""

from sqlalchemy import Column, Integer, Table, Text

from gateway.store.tables import UtcTime, metadata

NOBODY = ""
"""The id of no node."""

nodes = Table(
    "nodes",
    metadata,
    Column("node_id", Text, primary_key=True),
    Column("started_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("step", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""One row a running gateway: its last heartbeat by the database's clock, and the newest step of the schema that it
knows. A gateway that stops removes its row."""

node_jobs = Table(
    "node_jobs",
    metadata,
    Column("job", Text, primary_key=True),
    Column("node_id", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Which node runs a job that one node at a time runs."""

compatibility = Table(
    "compatibility",
    metadata,
    Column("id", Integer, autoincrement=False, primary_key=True),
    Column("oldest_step", Text, nullable=False),
)
"""One row: a gateway that knows the steps up to this one can use the schema as it is. A step that takes something
away raises it."""
