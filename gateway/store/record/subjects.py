"""What the record is about: the tables, which rows belong together, and what a row is called.

A subject is a row with a key of one column, and the rows of other tables that belong to it (its parts). What is
not here follows from what is (rollups, heads), or is work that waits and no record (mailboxes, the outbox).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import Table

from gateway.store.billing import tables as billing
from gateway.store.messages import channel_tables
from gateway.store.messages import tables as t
from gateway.store.record.chain import run_on_steps
from gateway.store.record.entries import PARTS as PARTS_OF
from gateway.store.record.entries import row_digest
from gateway.store.record.messages import (
    ACCEPTED,
    PARTS,
    STATE,
    accepted_digest_of,
    attachments_digest,
    message_digest,
    report_digest,
)
from gateway.store.record.queries import key_of

Row = Sequence[object]
PartRows = Mapping[str, Sequence[Row]]
"""The rows that belong to a subject, by table."""


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """A table of subjects. `name` is what a row is called; `digest` is of a row with its parts; `faults` are
    sentences about parts that are not what they were."""

    table: Table
    name: str
    parts: tuple[Table, ...]
    digest: Callable[[Row, PartRows], bytes]
    faults: Callable[[Row, PartRows], Iterator[str]] = lambda _row, _parts: iter(())

    @property
    def key(self) -> int:
        """Which value of a row is its key."""
        return self.table.columns.keys().index(key_of(self.table))


_NAMES = {
    t.parties: "party",
    t.api_keys: "API key",
    t.register_log: "change of the register",
    t.legal_holds: "legal hold",
    t.retention_runs: "run of retention",
    billing.billing_debtors: "version of a debtor",
    billing.billing_steps: "step of a billing year",
    billing.billing_runs: "run",
    billing.billing_tariffs: "proposed tariff",
    billing.billing_approvals: "approval of run or tariff",
    billing.billing_issues: "issue of run",
    billing.billing_documents: "bill",
    billing.billing_payments: "payment",
    billing.billing_deliveries: "delivery of a bill",
    billing.billing_counters: "counter of billing",
}


def subjects() -> Iterator[SubjectKind]:
    """Every table of subjects, messages first."""
    parts = (t.journal, t.reports, t.attachments, *channel_tables.PARTS)
    yield SubjectKind(t.messages, "message", parts, _message_digest, _message_faults)
    for table, name in _NAMES.items():
        yield _plain_subject(table, name)


def _plain_subject(table: Table, name: str) -> SubjectKind:
    parts = PARTS_OF.get(table.name, ())

    def digest(row: Row, found: PartRows) -> bytes:
        return row_digest(table, row, [found.get(part.name, ()) for part in parts])

    return SubjectKind(table, name, parts, digest)


# Messages

_columns = [column.name for column in t.messages.columns]
_accepted, _state, _digests = (
    itemgetter(*(_columns.index(name) for name in names)) for names in (ACCEPTED, STATE, PARTS)
)
_kenmerk, _forgotten = _columns.index("kenmerk"), _columns.index("forgotten")
_OWN_PARTS = {t.journal.name, t.reports.name, t.attachments.name}


def _message_digest(row: Row, _parts: PartRows) -> bytes:
    return message_digest(str(row[_kenmerk]), _state(row), _digests(row))


def _message_faults(row: Row, parts: PartRows) -> Iterator[str]:
    """Parts that do not have the digest that is kept with the message, apart from what was forgotten."""
    forgotten = str(row[_forgotten] or "").split()
    reports, attachments = parts.get(t.reports.name, ()), parts.get(t.attachments.name, ())
    found = (
        _accepted_now(row, parts),
        run_on_steps(b"", parts.get(t.journal.name, ())),
        report_digest(_bytes(reports[0][1])) if reports else None,
        attachments_digest(attachments),
    )
    for name, sentence, own, kept in zip(PARTS, _SENTENCES, found, _digests(row), strict=True):
        if own != kept and name not in forgotten:
            yield sentence


_SENTENCES = (
    "what was accepted was changed: its hash, size, place, times, sender or what the channel kept",
    "its journal was changed: a step was altered, removed, added or moved",
    "its report was changed, removed or added",
    "its attachments were changed, removed or added",
)


def _bytes(value: object) -> bytes:
    """SQLite stores text in a column of bytes, where somebody puts it there."""
    return value if isinstance(value, bytes) else repr(value).encode()


def _accepted_now(row: Row, parts: PartRows) -> bytes:
    channels = [[name, *rows[0]] for name, rows in parts.items() if name not in _OWN_PARTS]
    return accepted_digest_of(_accepted(row), channels)
