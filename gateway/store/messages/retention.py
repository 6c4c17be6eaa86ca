"""Forgetting in the database: holds, what is due, and the rows that say what was forgotten.

One transaction records that a part is forgotten and takes it out of the tables. The bytes in document storage
follow after it: until they are gone, `erasures` names them.
"""

import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from gateway.clock import to_microseconds
from gateway.messages.kenmerk import last_kenmerk_of
from gateway.messages.message import GATEWAY
from gateway.messages.retention import (
    DueMessage,
    ForgottenPart,
    Holds,
    HoldScope,
    LegalHold,
    MessagePart,
    RetentionReport,
    RetentionTerm,
)
from gateway.store.engine import Engines
from gateway.store.messages import retention_queries as queries
from gateway.store.messages.retention_queries import ErasureRow, ForgottenRow
from gateway.store.messages.tables import CONTENTS_FORGOTTEN, legal_holds, retention_runs
from gateway.store.record.chain import RecordHead
from gateway.store.record.entries import record_changes, take_head
from gateway.store.record.messages import record_forgotten
from gateway.store.sql import Change, lock, write_together
from gateway.store.writer import Writer

MESSAGES_AT_ONCE = 200
"""Messages forgotten in one transaction, next to which the gateway goes on: some milliseconds."""
_SET, _LIFTED = "set", "lifted"


class RetentionStore:
    """Holds, runs and what was forgotten, on one database."""

    def __init__(self, engines: Engines, writer: Writer) -> None:
        self._engines = engines
        self._writer = writer

    async def holds(self) -> tuple[LegalHold, ...]:
        """Every hold in force, oldest first."""
        return await self._engines.run(_holds_in)

    async def set_hold(self, scope: HoldScope, subject: str, actor: str, reason: str, at: datetime) -> bool:
        """Hold a message, a party's messages or a year's; False when it is held already."""
        return await self._log_hold(_SET, LegalHold(scope, subject, at, actor, reason))

    async def lift_hold(self, scope: HoldScope, subject: str, actor: str, reason: str, at: datetime) -> bool:
        """End a hold; False when there is none."""
        return await self._log_hold(_LIFTED, LegalHold(scope, subject, at, actor, reason))

    async def _log_hold(self, what: str, hold: LegalHold) -> bool:
        def write(connection: Connection) -> bool:
            _lock_holds(connection)
            held = {(one.scope, one.subject) for one in _holds_in(connection)}
            if ((hold.scope, hold.subject) in held) == (what == _SET):
                return False
            number = connection.execute(queries.ADD_HOLD, asdict(hold) | {"what": what}).scalar_one()
            record_changes(connection, legal_holds, [number], hold.at)
            return True

        return await self._writer.call(write)

    async def due(self, term: RetentionTerm) -> AsyncIterator[tuple[DueMessage, ...]]:
        """The messages whose term is over, held or not, oldest first and some at a time."""
        cursor = ""
        while True:
            page = await self._engines.run(_due_page, term, cursor)
            if not page:
                return
            yield page
            cursor = page[-1].kenmerk

    async def forget(self, term: RetentionTerm, kenmerken: Sequence[str], at: datetime) -> tuple[DueMessage, ...]:
        """Forget this part of those messages that are due and not held at this moment; returns them."""

        def write(connection: Connection) -> tuple[DueMessage, ...]:
            return _forget(connection, term, kenmerken, at)

        return await self._writer.call(write)

    async def erasures(self) -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
        """Objects in document storage with bytes that were forgotten: offset and size of each part."""
        rows = await self._engines.rows(queries.ERASURES)
        by_object = groupby(rows, lambda row: str(row.object_key))
        return tuple(
            (key, tuple((row.object_offset, row.size_bytes) for row in parts)) for key, parts in by_object
        )

    async def mark_erased(self, key: str) -> None:
        """The forgotten bytes of this object are gone."""
        await self._writer.call(
            lambda connection: write_together(connection, [Change(queries.REMOVE_ERASURES, [(key,)])])
        )

    async def add_run(self, report: RetentionReport, actor: str) -> None:
        """Keep the report of a run."""
        row = {"at": report.at, "actor": actor, "report": msgspec.json.encode(report).decode()}

        def write(connection: Connection) -> None:
            number = connection.execute(queries.ADD_RUN, row).scalar_one()
            record_changes(connection, retention_runs, [number], report.at)

        await self._writer.call(write)

    async def last_run_at(self) -> datetime | None:
        """When the newest run was; None when there was none."""
        return await self._engines.scalar(queries.NEWEST_RUN)

    async def runs(self, limit: int) -> tuple[RetentionReport, ...]:
        """The reports of the newest runs, newest first."""
        rows = await self._engines.rows(queries.RUNS, limit=limit)
        return tuple(msgspec.json.decode(row.report, type=RetentionReport) for row in rows)


_WORDS = {
    MessagePart.CONTENTS: CONTENTS_FORGOTTEN,
    MessagePart.PERSONAL_DATA: "personal-data",
    MessagePart.REPORT: "report_digest",
}
"""What the row of a message says of a part that was forgotten."""


def parts_named(words: str | None) -> frozenset[MessagePart]:
    """The parts that the row of a message names as forgotten."""
    named = frozenset((words or "").split())
    return frozenset(part for part, word in _WORDS.items() if word in named)


def _name_also(words: str | None, part: MessagePart) -> str:
    """The words with those of one more part; contents are first, by which queries find them."""
    return " ".join(sorted({*(words or "").split(), _WORDS[part]}))


async def forgotten_parts(engines: Engines, kenmerk: str) -> tuple[ForgottenPart, ...]:
    """What was forgotten of a message, oldest first."""
    rows = await engines.rows(queries.FORGOTTEN, kenmerk=kenmerk)
    return tuple(
        ForgottenPart(MessagePart(row.part), row.at, row.rule, row.sha256, row.size_bytes) for row in rows
    )


def _holds_in(connection: Connection) -> tuple[LegalHold, ...]:
    held: dict[tuple[str, str], LegalHold] = {}
    for row in connection.execute(queries.HOLD_LOG):
        held.pop((row.scope, row.subject), None)
        if row.what == _SET:
            hold = LegalHold(HoldScope(row.scope), row.subject, row.at, row.actor, row.reason)
            held[row.scope, row.subject] = hold
    return tuple(held.values())


def _lock_holds(connection: Connection) -> RecordHead:
    """Until the end of the transaction nobody else sets or lifts a hold, or forgets; the head of the record, which
    is taken first."""
    head = take_head(connection)
    lock(connection, "holds")
    return head


def _term_values(term: RetentionTerm) -> dict[str, object]:
    return {"dispositions": sorted(one.value for one in term.dispositions), "before": term.before}


def _due_page(connection: Connection, term: RetentionTerm, cursor: str) -> tuple[DueMessage, ...]:
    stretch = {"cursor": cursor, "last": last_kenmerk_of(term.before), "limit": MESSAGES_AT_ONCE}
    rows = connection.execute(queries.due_page(term.part), _term_values(term) | stretch).all()
    return _with_sizes(connection, term.part, rows)


def _with_sizes(connection: Connection, part: MessagePart, rows: Sequence[Row[Any]]) -> tuple[DueMessage, ...]:
    """Those messages, with the sizes of what would go."""
    batch = {"kenmerken": [row.kenmerk for row in rows]}
    if part is MessagePart.REPORT:
        found = connection.execute(queries.REPORT_SIZES, batch)
        sizes = {row.kenmerk: row.size_bytes for row in found}
    elif part is MessagePart.PERSONAL_DATA:
        sizes = {}
    else:
        sizes = {row.kenmerk: row.size_bytes for row in rows}
        for row in connection.execute(queries.DETACHED, batch):
            sizes[row.kenmerk] += row.size_bytes
    return tuple(
        DueMessage(
            row.kenmerk,
            row.received_at,
            row.submitter_id,
            row.sender_id,
            row.recipient_id,
            sizes.get(row.kenmerk, 0),
        )
        for row in rows
    )


def _forget(
    connection: Connection, term: RetentionTerm, kenmerken: Sequence[str], at: datetime
) -> tuple[DueMessage, ...]:
    head = _lock_holds(connection)
    holds = Holds(_holds_in(connection))
    found = connection.execute(queries.still_due(term.part), _term_values(term) | {"kenmerken": kenmerken})
    due = found.all()
    forgotten = tuple(one for one in _with_sizes(connection, term.part, due) if not holds.on(one))
    if not forgotten:
        return ()
    kenmerken_gone = {one.kenmerk for one in forgotten}
    rows = [row for row in due if row.kenmerk in kenmerken_gone]
    hashes, changes = _TAKE_OUT[term.part](connection, rows)
    moment = to_microseconds(at)
    records = [
        ForgottenRow(one.kenmerk, term.part.value, moment, term.rule, hashes[one.kenmerk], one.size_bytes)
        for one in forgotten
    ]
    write_together(connection, [*changes, Change(queries.ADD_FORGOTTEN, records)])
    named = {row.kenmerk: _name_also(row.forgotten, term.part) for row in rows}
    record_forgotten(connection, head, moment, named)
    return forgotten


Removal = tuple[dict[str, str], list[Change]]
"""The hash of what goes, by kenmerk, and the changes that take it out."""


def _take_out_contents(connection: Connection, rows: Collection[Row[Any]]) -> Removal:
    """The bytes are to be erased. Where they were stays with document and attachments, and so do their hashes."""
    detached = connection.execute(queries.DETACHED, {"kenmerken": [row.kenmerk for row in rows]}).all()
    erasures = [*_erasures(rows), *_erasures(detached)]
    hashes = {row.kenmerk: row.sha256 for row in rows}
    return hashes, [Change(queries.ADD_ERASURES, erasures)]


def _erasures(rows: Iterable[Row[Any]]) -> list[ErasureRow]:
    """Nothing is erased of a content without bytes, which shares its offset with the next."""
    return [ErasureRow(row.object_key, row.object_offset, row.size_bytes) for row in rows if row.size_bytes]


def _take_out_reports(connection: Connection, rows: Collection[Row[Any]]) -> Removal:
    found = connection.execute(queries.REPORTS, {"kenmerken": [row.kenmerk for row in rows]})
    hashes = {row.kenmerk: hashlib.sha256(row.report).hexdigest() for row in found}
    return hashes, [Change(queries.REMOVE_REPORT, [(row.kenmerk,) for row in rows])]


def _take_out_personal_data(_connection: Connection, rows: Collection[Row[Any]]) -> Removal:
    """Names of files and details of steps go, and actors that are not parties of the message. The hash is
    of the journal as it was."""
    return {row.kenmerk: row.journal_digest.hex() for row in rows}, [
        Change(queries.FORGET_FILENAMES, [(row.kenmerk,) for row in rows]),
        Change(
            queries.FORGET_PEOPLE,
            [
                (GATEWAY, row.submitter_id or "", row.sender_id or "", row.recipient_id or "", row.kenmerk)
                for row in rows
            ],
        ),
    ]


_TAKE_OUT = {
    MessagePart.CONTENTS: _take_out_contents,
    MessagePart.REPORT: _take_out_reports,
    MessagePart.PERSONAL_DATA: _take_out_personal_data,
}
