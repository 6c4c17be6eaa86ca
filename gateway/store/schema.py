"""Brings a database to the schema of this version."""

from sqlalchemy import Engine

import gateway.store.billing_tables
import gateway.store.ledger_tables
import gateway.store.message_tables
import gateway.store.proces_tables  # noqa: F401  # the tables register themselves
from gateway.store.tables import metadata


def upgrade(engine: Engine) -> None:
    """Create what is missing."""
    metadata.create_all(engine)
