"""Every message has one disposition, and a message is billable exactly when the meter holds an entry of it."""

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Text,
    case,
    collate,
    column,
    exists,
    func,
    literal,
    select,
    table,
)

from gateway.messages.lifecycle import Disposition, State
from gateway.metering.entry import MESSAGE_KINDS
from gateway.store.ledger.audit_pass import AuditFinding
from gateway.store.ledger.tables import usage_entries

_FOUND_MAX = 1_000

_messages = table(
    "messages",
    column("kenmerk", Text),
    column("state", Text),
    column("disposition", Text),
    column("is_test", Boolean),
)

_HANDLED = frozenset({Disposition.BILLABLE, Disposition.FREE_COMPANY, Disposition.FREE_RIJK, Disposition.FREE_OWN})
_OPEN = frozenset({Disposition.PENDING})
_FITTING: dict[State, frozenset[Disposition]] = {
    State.RECEIVED: _OPEN,
    State.CHECKED: _OPEN,
    State.OFFERED: _OPEN,
    State.PARKED: _OPEN,
    State.DELIVERED: _HANDLED,
    State.CONFIRMED: _HANDLED,
    State.REFUSED: frozenset({Disposition.REFUSED}),
    State.DUPLICATE: frozenset({Disposition.DUPLICATE}),
    State.RETURNED: frozenset({Disposition.UNDELIVERABLE}),
}


def is_consistent(state: State, disposition: Disposition, *, is_test: bool) -> bool:
    """Whether a message in this state can have this disposition; a test that was delivered is a test."""
    if is_test and state in {State.DELIVERED, State.CONFIRMED}:
        return disposition is Disposition.TEST
    return disposition in _FITTING[state]


def count_dispositions(conn: Connection) -> dict[str, int]:
    """How many messages have each disposition."""
    counted = select(_messages.c.disposition, func.count()).group_by(_messages.c.disposition)
    return {str(name): number for name, number in (conn.execute(counted.order_by("disposition"))).all()}


def check_dispositions(conn: Connection) -> list[AuditFinding]:
    """What does not fit between messages and the meter."""
    return [*_unfitting(conn), *_not_metered(conn), *_not_billable(conn)]


def _unfitting(conn: Connection) -> list[AuditFinding]:
    columns = _messages.c.state, _messages.c.disposition, _messages.c.is_test
    rows = conn.execute(select(*columns, func.count(), func.min(_messages.c.kenmerk)).group_by(*columns))
    return [
        AuditFinding(
            "message", f"message {first}", f"{number} messages that are {state} have disposition {disposition}"
        )
        for state, disposition, is_test, number, first in rows
        if disposition not in set(Disposition)
        or not is_consistent(State(state), Disposition(disposition), is_test=bool(is_test))
    ]


def _not_metered(conn: Connection) -> list[AuditFinding]:
    """Billable messages of which no party has an entry."""
    kenmerk, key = _collate(conn, _messages.c.kenmerk, "C"), usage_entries.c.key
    entry = exists().where(usage_entries.c.source == 1, key > kenmerk + " ", key < kenmerk + "!")
    billable = _messages.c.disposition == Disposition.BILLABLE.value
    rows = conn.scalars(select(_messages.c.kenmerk).where(billable, ~entry).limit(_FOUND_MAX))
    return [
        AuditFinding("message", f"message {name}", "it is billable, and the meter has no entry of it")
        for name in rows
    ]


def _not_billable(conn: Connection) -> list[AuditFinding]:
    """Entries of messages that are not billable or not there."""
    entry = usage_entries.c
    size = func.length(entry.key) - func.length(entry.kind) - func.length(entry.party_id) - 2
    kenmerk = _collate(conn, func.substr(entry.key, 1, case((size > 0, size), else_=0)), "default")
    joined = usage_entries.outerjoin(_messages, _messages.c.kenmerk == kenmerk)
    of_messages = entry.kind.in_([kind.value for kind in MESSAGE_KINDS]), entry.reverses.is_(None)
    billable = func.coalesce(_messages.c.disposition, literal("gone")) == Disposition.BILLABLE.value
    found = select(entry.position, kenmerk.label("kenmerk"), _messages.c.disposition).select_from(joined)
    rows = conn.execute(found.where(*of_messages, ~billable).limit(_FOUND_MAX))
    return [
        AuditFinding(
            "message",
            f"entry {row.position}",
            f"it counts message {row.kenmerk}, which is {row.disposition or 'not there'}",
        )
        for row in rows
    ]


def _collate(conn: Connection, text: ColumnElement[str], collation: str) -> ColumnElement[str]:
    """The text in the collation of the index that is to be used; SQLite has one for all."""
    return collate(text, collation) if conn.dialect.name == "postgresql" else text
