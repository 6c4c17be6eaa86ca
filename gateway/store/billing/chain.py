"""Adding rows of billing, each with its record, and events to the audit chain, within one transaction."""

from datetime import datetime
from typing import cast

from sqlalchemy import Connection

from gateway.billing.runs.audit_chain import GENESIS, AuditEvent, next_record
from gateway.clock import to_microseconds
from gateway.store.billing import queries
from gateway.store.billing.queries import Addition, BillingRow, EventRow
from gateway.store.billing.tables import billing_counters
from gateway.store.record.entries import record_changes
from gateway.store.sql import ask

AUDIT = "audit"
"""The counter of the chain's records; its row is the lock of every write."""


def lock_chain(connection: Connection) -> None:
    """Lock the chain until the end of the transaction."""
    count(connection, AUDIT, 0)


def count(connection: Connection, name: str, by: int = 1) -> int:
    """Raise a counter and answer it; other writers wait until this transaction ends."""
    [(value,)] = cast("list[tuple[int]]", ask(connection, queries.RAISE_COUNTER, (name, by)))
    return value


def count_at(connection: Connection, name: str, at: datetime) -> int:
    """Raise a counter by one, and record it."""
    value = count(connection, name)
    record_changes(connection, billing_counters, [name], at)
    return value


def add_once(connection: Connection, addition: Addition, row: BillingRow, at: datetime) -> bool:
    """Add a row unless it is there, and record it; whether it was new."""
    if _is_there(connection, addition, row):
        return False
    [(key,)] = ask(connection, addition.insert, row)
    record_changes(connection, addition.table, [key], at)
    return True


def _is_there(connection: Connection, addition: Addition, row: BillingRow) -> bool:
    keys = [getattr(row, name) for name in addition.keys]
    return bool(keys and ask(connection, addition.find, keys))


def record_event(connection: Connection, event: AuditEvent) -> None:
    """Add an event to the chain; the caller holds the lock."""
    number = count_at(connection, AUDIT, event.at)
    previous = connection.scalar(queries.AUDIT_LINK, {"number": number - 1}) or GENESIS
    record = next_record(number, event, previous)
    row = EventRow(
        number,
        event.actor,
        event.action,
        event.subject,
        to_microseconds(event.at),
        event.detail,
        event.digest,
        record.previous,
        record.link,
    )
    add_once(connection, queries.ADD_EVENT, row, event.at)
