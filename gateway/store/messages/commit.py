"""Committing decisions: everything that becomes of a message is written in one transaction, many at a time."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.clock import to_microseconds
from gateway.messages.decision import AlreadyCommittedError, Claims, Contact, Decision, Move, decide
from gateway.messages.lifecycle import FIRST_STEPS, Step
from gateway.messages.message import Message
from gateway.messages.participants import Register
from gateway.settings import MeterSettings
from gateway.store.engine import Engines
from gateway.store.ledger.entries import SharedAppend
from gateway.store.messages import queries
from gateway.store.messages.accept import attachment_row, step_rows
from gateway.store.messages.messages import message_in
from gateway.store.messages.queries import (
    AttachmentRow,
    ClaimRow,
    MailRow,
    MessageChange,
    PauseRow,
    PushRow,
    RecordedRow,
    ReportRow,
    StepRow,
)
from gateway.store.nodes.tables import NOBODY
from gateway.store.record.chain import RecordHead, run_on_steps
from gateway.store.record.entries import ask_head, head_from
from gateway.store.record.messages import attachments_digest, record_changed, report_digest
from gateway.store.sql import Change, Question, Rows, ask, ask_together, write_together
from gateway.store.writer import Writer
from gateway.validator.report.report import encode_report

OnCommitted = Callable[[Decision], None]
"""Called with each decision as it was committed."""
WithClaims = Callable[[Decision, Claims], Decision]
"""The decision as it is where these claims are taken."""

Decide = Callable[[Connection], Decision | None]
"""Decides on what the transaction finds."""

_TURN = 1
"""After the messages that are accepted in the same transaction."""
_BEGIN_WORK = frozenset({Step.DELIVERY_STARTED, Step.REPLAYED})
"""After these as its last steps a message is in the hands of the node that committed them."""


class Committer:
    """Commits decisions, and calls its observers with what was committed.

    Implements `pipeline.queue.DecisionStore`.
    """

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        parties: Register,
        policy: MeterSettings,
        observers: Sequence[OnCommitted] = (),
        node_id: str = NOBODY,
    ) -> None:
        """`node_id`: the node of what is to be judged or is being offered from now on."""
        self._engines = engines
        self._writer = writer
        self._parties = parties
        self._policy = policy
        self._observers = observers
        self._node_id = node_id

    async def commit(self, decision: Decision) -> Decision:
        """Commit a decision; returns it as it was committed, once it is on stable storage: as a duplicate where
        another message has its claim.

        Raises AlreadyCommittedError when the message changed since it was read: by another gateway, or by a commit
        that was not answered.
        """
        try:
            committed = cast("Decision", await self._submit(decision))
        except DBAPIError as error:  # also a step that is in the journal already
            if await self._is_changed(decision):
                raise AlreadyCommittedError([decision]) from error
            raise
        self._notify(committed)
        return committed

    async def commit_all(self, decisions: Sequence[Decision]) -> Sequence[Decision | BaseException]:
        """Commit several decisions; for one that fails, the result is its error."""
        results = await self._writer.submit_all(self._write, decisions, turn=_TURN)
        for result in results:
            if isinstance(result, Decision):
                self._notify(result)
        return cast("Sequence[Decision | BaseException]", results)

    async def commit_from(self, decide: Decide) -> Decision | None:
        """Commit what is decided within the transaction; None when that is nothing."""
        try:
            committed = await self._submit(decide)
        except AlreadyCommittedError:  # another gateway was quicker: decide on what it left
            committed = await self._submit(decide)
        if committed is not None:
            self._notify(committed)
        return committed

    async def commit_about(self, kenmerk: str, decide: Callable[[Message], Decision | None]) -> Decision | None:
        """Commit what is decided about a message as the transaction finds it; None when that is nothing, or there
        is no such message."""

        def decide_now(connection: Connection) -> Decision | None:
            message = message_in(connection, kenmerk)
            return decide(message) if message else None

        return await self.commit_from(decide_now)

    async def _submit(self, work: Decision | Decide) -> Decision | None:
        return await self._writer.submit(self._write, work, turn=_TURN)

    def _write(self, connection: Connection, group: Sequence[Decision | Decide]) -> list[Decision | None]:
        decisions = [one if isinstance(one, Decision) else one(connection) for one in group]
        made = [one for one in decisions if one]
        written = iter(write_decisions(connection, made, self._with_claims, self._node_id) if made else ())
        return [one and next(written) for one in decisions]

    def _with_claims(self, decision: Decision, claims: Claims) -> Decision:
        """Decided with the claims where another message has this one's: it is a duplicate."""
        is_own = claims.get(decision.claim or "", decision.kenmerk) == decision.kenmerk
        if is_own or decision.verdict is None:
            return decision
        return decide(decision.before, decision.verdict, self._parties, claims, self._policy, decision.at)

    def _notify(self, decision: Decision) -> None:
        for observe in self._observers:
            observe(decision)

    async def _is_changed(self, decision: Decision) -> bool:
        async with self._engines.reading() as connection:
            steps = await connection.scalar(queries.STEPS, {"kenmerk": decision.kenmerk})
        return steps != decision.before.steps


def write_decisions(
    connection: Connection,
    group: Sequence[Decision],
    with_claims: WithClaims = lambda decision, _: decision,
    node_id: str = NOBODY,
) -> list[Decision]:
    """Write decisions; returns them as written. `with_claims` decides where another message has the claim;
    `node_id` goes on with what is not finished.

    Two round trips: what is to be known and locked is asked for together, then everything is written together.
    Every transaction locks in this order: head of the record, idempotency keys, claims, messages, head of the
    meter, and the rows of each table in the order of their keys; so none waits for one that waits for it. Raises
    AlreadyCommittedError when a message changed since it was read; the caller then rolls back.
    """
    again = [entry for one in group if one.before.steps > len(FIRST_STEPS) for entry in one.usage]
    append = SharedAppend(connection, [entry for one in group for entry in one.usage], again)
    kenmerken = [one.kenmerk for one in group]
    find = Question(queries.find_recorded(len(kenmerken), connection.dialect.name), kenmerken)
    claims, heads, found, answers = _ask(connection, group, [find, *append.questions()])
    recorded = {row.kenmerk: row for row in map(RecordedRow._make, found)}
    if not recorded.keys() >= set(kenmerken):
        raise AlreadyCommittedError(group)  # they are not there
    decisions = [with_claims(one, claims) for one in group]
    at = to_microseconds(max(one.at for one in decisions))
    usage = [entry for one in decisions for entry in one.usage]
    changes = _changes(connection.dialect.name, decisions, recorded, head_from(heads), at, node_id)
    changes += append.changes(answers, usage, at)
    if write_together(connection, changes)[0] != len(decisions):
        raise AlreadyCommittedError(decisions)
    return decisions


def _ask(
    connection: Connection, group: Sequence[Decision], questions: Sequence[Question]
) -> tuple[Claims, Rows, Rows, list[Rows]]:
    """Claim supplier, number and year for every message that needs it: who has each claim; the head of the record;
    and the answers to the questions, which are asked along."""
    wanted = {one.claim: one.kenmerk for one in reversed(group) if one.claim}
    if not wanted:
        heads, found, *answers = ask_together(connection, [ask_head(connection), *questions])
        return {}, heads, found, answers
    rows = [ClaimRow(claim, wanted[claim]) for claim in sorted(wanted)]
    take = Question(queries.take_claims(len(rows)), [value for row in rows for value in row])
    heads, taken, found, *answers = ask_together(connection, [ask_head(connection), take, *questions])
    if len(taken) < len(wanted):
        holders = ask(connection, queries.find_claims(len(wanted)), list(wanted))
        wanted = {row.claim: row.kenmerk for row in map(ClaimRow._make, holders)}
    return wanted, heads, found, answers


def _changes(
    dialect_name: str,
    decisions: Sequence[Decision],
    recorded: dict[str, RecordedRow],
    head: RecordHead,
    at: int,
    node_id: str,
) -> list[Change]:
    """All that is written, the rows of the messages themselves first. `recorded` are the messages as they are."""
    steps, reports, changed = list[StepRow](), list[ReportRow](), list[tuple[RecordedRow, MessageChange]]()
    for position, one in enumerate(decisions, head.position + 1):
        before = recorded[one.kenmerk]
        own_steps = step_rows(one.kenmerk, one.entries, one.before.steps)
        report, attachments = before.report_digest, before.attachments_digest
        if one.verdict is not None:
            reports.append(ReportRow(one.kenmerk, encode_report(one.verdict, one.kenmerk)))
            report, attachments = report_digest(reports[-1].report), attachments_digest(_every_attachment(one))
        steps += own_steps
        journal = run_on_steps(before.journal_digest, own_steps)
        change = _message_change(one, position, journal, report, attachments, node_id)
        changed.append((before, change))
        recorded[one.kenmerk] = RecordedRow(
            one.kenmerk, position, before.accepted_digest, journal, report, attachments, before.forgotten
        )
    return [
        Change(queries.CHANGE_MESSAGES, [change for _, change in changed]),
        Change(queries.ADD_STEPS, steps),
        Change(queries.KEEP_REPORTS, reports),
        Change(queries.ADD_ATTACHMENTS, [row for one in decisions for row in _embedded_attachments(one)]),
        *record_changed(dialect_name, head, at, changed),
        *_moves(decisions),
        Change(
            queries.FORGET_DAMAGE,
            sorted((one.kenmerk,) for one in decisions if one.entries[0].step is Step.REPLAYED),
        ),
        *_pauses([one.contact for one in decisions if one.contact]),
    ]


def _pauses(contacts: Sequence[Contact]) -> list[Change]:
    """Recipients that are left alone for a while, and those that answered, in the order of their names."""
    return [
        Change(queries.PAUSE_RECIPIENTS, [PauseRow(one.recipient_id, to_microseconds(one.again_at))])
        if one.again_at
        else Change(queries.END_PAUSES, [(one.recipient_id,)])
        for one in sorted(contacts, key=attrgetter("recipient_id"))
    ]


def _moves(decisions: Sequence[Decision]) -> list[Change]:
    """Into and out of mailboxes and the outbox."""
    moved: dict[Move, list[PushRow]] = {move: [] for move in Move}
    for one in decisions:
        for move in one.moves:
            row = PushRow(one.kenmerk, one.message.recipient_id or "", to_microseconds(one.at))
            moved[move].append(row)
    return [
        Change(queries.INTO_MAILBOX, [MailRow(row.recipient_id, row.kenmerk) for row in moved[Move.INTO_MAILBOX]]),
        Change(queries.OUT_OF_MAILBOX, [(row.recipient_id, row.kenmerk) for row in moved[Move.OUT_OF_MAILBOX]]),
        Change(queries.INTO_OUTBOX, moved[Move.INTO_OUTBOX]),
        Change(queries.OUT_OF_OUTBOX, [(row.kenmerk,) for row in moved[Move.OUT_OF_OUTBOX]]),
    ]


def _message_change(
    decision: Decision,
    position: int,
    journal: bytes,
    report: bytes | None,
    attachments: bytes | None,
    node_id: str,
) -> MessageChange:
    message = decision.message
    return MessageChange(
        state=message.state.value,
        disposition=message.disposition.value,
        settled_at=to_microseconds(message.settled_at) if message.settled_at else None,
        steps=message.steps,
        sender_id=message.sender_id,
        recipient_id=message.recipient_id,
        recipient=message.recipient,
        kind=message.kind.value if message.kind else None,
        number=message.number,
        issue_date=message.issue_date,
        amount_cents=message.amount_cents,
        profile=message.profile,
        duplicate_of=message.duplicate_of,
        journal_digest=journal,
        report_digest=report,
        attachments_digest=attachments,
        recorded=position,
        node_id=node_id if decision.entries[-1].step in _BEGIN_WORK else NOBODY,
        kenmerk=decision.kenmerk,
        steps_before=decision.before.steps,
    )


def _every_attachment(decision: Decision) -> list[AttachmentRow]:
    """The attachments after judging: those that are stored stay as they are."""
    found = {row.number: row for row in _embedded_attachments(decision)}
    for one in decision.before.attachments:
        found[one.attachment.number] = attachment_row(decision.kenmerk, one.attachment, one.stored)
    return list(found.values())


def _embedded_attachments(decision: Decision) -> Iterable[AttachmentRow]:
    """The attachments that judging found in the document."""
    if decision.verdict is not None:
        for attachment in decision.verdict.attachments:
            if attachment.start is not None:
                yield attachment_row(decision.kenmerk, attachment, None)
