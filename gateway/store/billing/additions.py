"""Adding rows of billing, each with its record, and events to the log, within one transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import Connection

from gateway.billing.runs.audit_event import AuditEvent
from gateway.store.billing import queries
from gateway.store.billing.queries import Addition
from gateway.store.billing.tables import billing_counters
from gateway.store.messages.register import log_change
from gateway.store.record.entries import record_changes
from gateway.store.sql import ask, lock


def lock_billing(connection: Connection) -> None:
    """Let no other transaction write in billing until the end of this one."""
    lock(connection, "billing")


def count_at(connection: Connection, name: str, at: datetime) -> int:
    """Raise a counter by one, and record it."""
    [(value,)] = cast("list[tuple[int]]", ask(connection, queries.RAISE_COUNTER, (name,)))
    record_changes(connection, billing_counters, [name], at)
    return value


def add_once(connection: Connection, addition: Addition, values: Mapping[str, object], at: datetime) -> bool:
    """Add a row unless it is there, and record it; whether it was new."""
    if addition.keys and connection.execute(addition.find(values)).first():
        return False
    key = connection.execute(addition.insert(values)).scalar_one()
    record_changes(connection, addition.table, [key], at)
    return True


def log_event(connection: Connection, event: AuditEvent) -> None:
    """Add an event to the log of everything that people did."""
    detail = {name: value for name in ("detail", "digest") if (value := getattr(event, name))}
    log_change(connection, event.at, event.actor, event.action, event.subject, detail)
