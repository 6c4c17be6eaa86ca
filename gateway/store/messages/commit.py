"""Settling messages: what became of each is made true in one transaction, many messages at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway.clock import to_microseconds, utc_now
from gateway.messages.decision import Decision, as_duplicate, check_steps
from gateway.messages.lifecycle import FIRST_STEPS, Disposition, State
from gateway.messages.message import AtRest, JournalEntry
from gateway.messages.participants import Party
from gateway.messages.ports import Checkpoint
from gateway.metering.entry import UsageEntry
from gateway.pipeline.queue import AlreadyCommittedError
from gateway.store.ledger.entries import SharedAppend
from gateway.store.messages import queries
from gateway.store.messages import tables as t
from gateway.store.messages.accept import ATTACHMENT, attachment_row
from gateway.store.messages.outbox_tables import outbox
from gateway.store.sql import (
    Change,
    Rows,
    ask_together,
    insert_into,
    insert_or_replace,
    placeholder,
    write_together,
)
from gateway.validator.verdict import Verdict

MeterDelivery = Callable[[str, Party | None, Party, datetime, bool], tuple[Disposition, tuple[UsageEntry, ...]]]
"""kenmerk, sender, recipient, when, is it a test: what delivering it is to the meter."""
Rested = Callable[[AtRest, Sequence[UsageEntry]], None]
"""Told when a message came to rest after it had left the desk, and of the meter entries that were written."""
EncodeReport = Callable[[Verdict], bytes]

_STEP = ("kenmerk", "position", "step", "at", "actor", "foutcode", "detail")
_MAIL = ("recipient_id", "kenmerk", "times_taken")
_PUSH = ("kenmerk", "recipient_id", "queued_at")
_SETTLED = (
    "state",
    "disposition",
    "settled_at",
    "sender_id",
    "recipient_id",
    "recipient",
    "kind",
    "number",
    "issue_date",
    "profile",
    "duplicate_of",
)

_LISTED_CHARACTERS_MAX = 200
"""What a list shows of a document's own words: a sender must not be able to make a recipient's page of 500
messages 100 MB. The document and the report have all of it."""


class Settling:
    """Writes outcomes: state, journal, report, mailbox and meter."""

    def __init__(self, meter: MeterDelivery, encode_report: EncodeReport, checkpoint: Checkpoint) -> None:
        self._meter = meter
        self._encode_report = encode_report
        self._checkpoint = checkpoint

    def settle_group(self, connection: Connection, group: Sequence[Decision]) -> list[Decision]:
        """Make outcomes true; those that came true: a duplicate where another message holds the claim.

        Two round trips: claims and the meter's turn are asked for together, then all is written together. Raises
        AlreadyCommittedError when one of the messages waits no more; the caller then rolls back.
        """
        metered = {outcome.kenmerk: self._metered(outcome) for outcome in group}
        again = [entry for o in group if o.steps > len(FIRST_STEPS) for entry in metered[o.kenmerk][1]]
        append = SharedAppend(connection, [entry for _, entries in metered.values() for entry in entries], again)
        owners, answers = _asked(connection, group, append)
        outcomes = [_held(outcome, owners) for outcome in group]
        usage = [entry for o in outcomes if o.disposition is None for entry in metered[o.kenmerk][1]]
        rows = [_settled_row(outcome, metered[outcome.kenmerk][0]) for outcome in outcomes]
        changes = self._changes(placeholder(connection), outcomes, rows)
        changes += append.changes(answers, usage, to_microseconds(utc_now()))
        if write_together(connection, changes)[0] != len(rows):
            raise AlreadyCommittedError(f"settled before: {', '.join(sorted(o.kenmerk for o in outcomes))}")
        self._checkpoint("settle-written")
        return outcomes

    def _metered(self, outcome: Decision) -> tuple[Disposition, tuple[UsageEntry, ...]]:
        """What the message is to the meter, unless it turns out to be a duplicate."""
        if outcome.disposition is not None or outcome.recipient is None:
            return outcome.disposition or Disposition.PENDING, ()
        at = outcome.entries[-1].at
        return self._meter(outcome.kenmerk, outcome.sender, outcome.recipient, at, outcome.is_test)

    def _changes(
        self, place: str, outcomes: Sequence[Decision], rows: Sequence[tuple[object, ...]]
    ) -> list[Change]:
        """All that is written, the rows of the messages themselves first."""
        reports = [(o.kenmerk, self._encode_report(o.verdict)) for o in outcomes]
        embedded = [(o.kenmerk, a) for o in outcomes for a in o.verdict.attachments if a.start is not None]
        recipients = [(o, o.recipient.party_id) for o in outcomes if o.recipient is not None]
        mail = [(to, o.kenmerk, 0) for o, to in recipients if o.state is State.DELIVERED]
        pushed = [(o.kenmerk, to, _at(o)) for o, to in recipients if o.state is State.CHECKED]
        attached = [attachment_row(kenmerk, attachment, None) for kenmerk, attachment in embedded]
        return [
            (queries.commit_message(_SETTLED, place), rows),
            (insert_into(t.journal, _STEP, place), [row for o in outcomes for row in _journal_rows(o)]),
            (insert_or_replace(t.reports, ("kenmerk", "report"), place, ("report",)), reports),
            (insert_or_replace(t.attachments, ATTACHMENT, place), attached),
            (insert_into(t.mailbox, _MAIL, place), mail),
            (insert_or_replace(outbox, _PUSH, place), pushed),
        ]


def _settled_row(outcome: Decision, metered: Disposition) -> tuple[object, ...]:
    check_steps(State.RECEIVED, outcome.entries)
    facts, verdict = outcome.verdict.facts, outcome.verdict
    return (
        outcome.state.value,
        (outcome.disposition or metered).value,
        _at(outcome) if outcome.state.is_settled else None,
        outcome.sender.party_id if outcome.sender else None,
        outcome.recipient.party_id if outcome.recipient else None,
        outcome.recipient_named,
        verdict.kind.value if verdict.kind else None,
        _short(facts.number) if facts else None,
        _short(facts.issue_date) if facts else None,
        verdict.profile,
        outcome.duplicate_of,
        outcome.kenmerk,
    )


def tell_nobody(_rest: AtRest, _usage: Sequence[UsageEntry]) -> None:
    """Where nothing is counted."""


def step_row(kenmerk: str, position: int, entry: JournalEntry) -> tuple[object, ...]:
    """One step as it stands in the journal."""
    return (
        kenmerk,
        position,
        entry.step.value,
        to_microseconds(entry.at),
        entry.actor,
        str(entry.foutcode) if entry.foutcode else None,
        entry.detail,
    )


def step_insertion(place: str) -> str:
    """The statement for a row of `step_row`."""
    return insert_into(t.journal, _STEP, place)


def _journal_rows(outcome: Decision) -> Iterable[tuple[object, ...]]:
    for position, entry in enumerate(outcome.entries, start=outcome.steps):
        yield step_row(outcome.kenmerk, position, entry)


def _at(outcome: Decision) -> int:
    return to_microseconds(outcome.entries[-1].at)


def _short(text: str | None) -> str | None:
    return text and text[:_LISTED_CHARACTERS_MAX]


def _asked(
    connection: Connection, group: Sequence[Decision], append: SharedAppend
) -> tuple[Mapping[str, str], list[Rows]]:
    """Claim supplier, number and year for every message that needs it: who holds each claim; and what the meter
    answers."""
    wanted = {outcome.claim: outcome.kenmerk for outcome in reversed(group) if outcome.claim}
    place, questions = placeholder(connection), append.questions()
    if not wanted:
        return {}, ask_together(connection, questions)
    values = [value for claim in sorted(wanted) for value in (claim, wanted[claim])]
    claimed, *answers = ask_together(connection, [(queries.claim(len(wanted), place), values), *questions])
    if len(claimed) == len(wanted):
        return wanted, answers
    [held] = ask_together(connection, [(queries.claims(len(wanted), place), list(wanted))])
    return {str(claim): str(kenmerk) for claim, kenmerk in held}, answers


def _held(outcome: Decision, owners: Mapping[str, str]) -> Decision:
    owner = owners.get(outcome.claim or "")
    if owner is None or owner == outcome.kenmerk:
        return outcome
    return as_duplicate(outcome, owner, outcome.entries[-1].at)
