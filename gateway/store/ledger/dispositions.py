"""Every message has one disposition, and a message is billable exactly when the meter holds an entry of it."""

from collections import Counter

from sqlalchemy import Connection

from gateway.messages.lifecycle import HANDLED, Disposition, State
from gateway.store.ledger import queries
from gateway.store.ledger.audit_pass import AuditFinding

_OPEN = frozenset({Disposition.PENDING})
_FITTING: dict[State, frozenset[Disposition]] = {
    State.RECEIVED: _OPEN,
    State.CHECKED: _OPEN,
    State.OFFERED: _OPEN,
    State.PARKED: _OPEN,
    State.DELIVERED: HANDLED,
    State.CONFIRMED: HANDLED,
    State.REFUSED: frozenset({Disposition.REFUSED}),
    State.DUPLICATE: frozenset({Disposition.DUPLICATE}),
    State.RETURNED: frozenset({Disposition.UNDELIVERABLE}),
}


def is_consistent(state: State, disposition: Disposition, *, is_test: bool) -> bool:
    """Whether a message in this state can have this disposition; a test that was delivered is a test."""
    if is_test and state in {State.DELIVERED, State.CONFIRMED}:
        return disposition is Disposition.TEST
    return disposition in _FITTING[state]


def check_dispositions(conn: Connection) -> tuple[dict[str, int], list[AuditFinding]]:
    """How many messages have each disposition, and what does not fit between messages and the meter."""
    counts: Counter[str] = Counter()
    findings = []
    for row in conn.execute(queries.DISPOSITIONS):
        counts[row.disposition] += row.messages
        if row.disposition not in set(Disposition) or not is_consistent(
            State(row.state), Disposition(row.disposition), is_test=bool(row.is_test)
        ):
            sentence = f"{row.messages} messages that are {row.state} have disposition {row.disposition}"
            findings.append(AuditFinding("message", f"message {row.first}", sentence))
    for row in conn.execute(queries.not_metered(conn.dialect.name)):
        sentence = "it is billable, and the meter has no entry of it"
        findings.append(AuditFinding("message", f"message {row.kenmerk}", sentence))
    for row in conn.execute(queries.not_billable(conn.dialect.name)):
        sentence = f"it counts message {row.kenmerk}, which is {row.disposition or 'not there'}"
        findings.append(AuditFinding("message", f"entry {row.position}", sentence))
    return dict(counts), findings
