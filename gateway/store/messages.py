"""Messages in the database: accepted and settled in groups, read one by one and in pages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, Select, func, or_, select, tuple_

from gateway.messages.desk import AlreadySettledError
from gateway.messages.handling import Outcome, as_duplicate, check_steps
from gateway.messages.lifecycle import Disposition, State, Step
from gateway.messages.message import (
    Acceptance,
    JournalEntry,
    Message,
    MessageFilter,
    Page,
    StoredAttachment,
    Waiting,
)
from gateway.messages.participants import Party, Role
from gateway.messages.ports import Checkpoint
from gateway.messages.submission import (
    Channel,
    Content,
    IdempotencyConflictError,
    Receipt,
    StoredBytes,
    Submission,
)
from gateway.messages.verdict import Verdict
from gateway.metering.entry import UsageEntry
from gateway.model.document import Attachment, DocumentKind
from gateway.model.identifiers import PartyIdentifier
from gateway.store import message_tables as t
from gateway.store.engine import Engines
from gateway.store.insert import insert_all, insert_new, update_all
from gateway.store.outbox_tables import outbox
from gateway.store.storage import Storage, new_key
from gateway.store.writer import Writer

MeterDelivery = Callable[[str, Party | None, Party, datetime, bool], tuple[Disposition, tuple[UsageEntry, ...]]]
"""kenmerk, sender, recipient, when, is it a test: what delivering it is to the meter."""
AppendUsage = Callable[[Connection, Sequence[UsageEntry]], None]
"""Writes meter entries in the transaction that makes them true."""
EncodeReport = Callable[[Verdict], bytes]

_ACCEPTED_STEPS = (Step.INTAKE_STARTED, Step.ACCEPTED, Step.QUEUED)
_KEYS_AT_ONCE = 400
"""Keys in one IN list: SQLite takes 32,766 parameters, PostgreSQL plans shorter lists faster."""


class MessageStore:
    """Messages, on one database and one document storage. Fulfils `messages.ports.Messages`."""

    def __init__(
        self,
        engines: Engines,
        writer: Writer,
        storage: Storage,
        meter: MeterDelivery,
        append_usage: AppendUsage,
        encode_report: EncodeReport,
        checkpoint: Checkpoint,
    ) -> None:
        self._engines = engines
        self._writer = writer
        self._storage = storage
        self._meter = meter
        self._append_usage = append_usage
        self._encode_report = encode_report
        self._checkpoint = checkpoint

    async def accept(self, acceptance: Acceptance) -> Receipt:
        """Store a submission; answers once bytes, hash and journal are on stable storage.

        Raises IdempotencyConflictError when its key came before with another body: nothing was stored.
        """
        answer = await self._writer.submit(self._accept_group, acceptance)
        if isinstance(answer, IdempotencyConflictError):
            raise answer
        return answer

    async def settle(self, outcome: Outcome) -> Outcome:
        """Make an outcome true, in one transaction: state, journal, report, mailbox and meter.

        Answers the outcome that came true: a duplicate where another message holds the claim.
        """
        return await self._writer.submit(self._settle_group, outcome)

    async def settle_all(self, outcomes: Sequence[Outcome]) -> Sequence[Outcome | BaseException]:
        """The same for several; what goes wrong with one is its answer."""
        return await self._writer.submit_all(self._settle_group, outcomes)

    # -- accepting ---------------------------------------------------------------------------

    def _accept_group(
        self, connection: Connection, group: Sequence[Acceptance]
    ) -> list[Receipt | IdempotencyConflictError]:
        firsts = _first_of_keys(connection, group)
        answers = [_answer(acceptance, firsts) for acceptance in group]
        fresh = [
            acceptance
            for acceptance, answer in zip(group, answers, strict=True)
            if isinstance(answer, Receipt) and not answer.is_repeat
        ]
        if fresh:
            placed = self._store_small(fresh)
            self._checkpoint("bytes-stored")
            self._insert_messages(connection, fresh, placed)
            self._checkpoint("accept-written")
        return answers

    def _store_small(self, fresh: Sequence[Acceptance]) -> Mapping[int, StoredBytes]:
        """Put every content that is still in memory into one object; where each stands, by identity."""
        pieces: list[bytes] = []
        placed: dict[int, StoredBytes] = {}
        key, offset = new_key("packs"), 0
        for acceptance in fresh:
            for content in _contents(acceptance.submission):
                if content.data is not None:
                    placed[id(content)] = StoredBytes(key, offset, content.size_bytes, content.sha256)
                    pieces.append(content.data)
                    offset += content.size_bytes
        if pieces:
            self._storage.put_stable_now(key, b"".join(pieces))
        return placed

    def _insert_messages(
        self, connection: Connection, fresh: Sequence[Acceptance], placed: Mapping[int, StoredBytes]
    ) -> None:
        insert_all(connection, t.messages, [_message_row(a, _place(a.submission.document, placed)) for a in fresh])
        insert_all(connection, t.journal, [row for a in fresh for row in _accepted_journal(a)])
        insert_all(
            connection,
            t.attachments,
            [
                _attachment_row(a.kenmerk, beside.attachment, _place(beside.content, placed))
                for a in fresh
                for beside in a.submission.attachments
            ],
        )

    # -- settling ----------------------------------------------------------------------------

    def _settle_group(self, connection: Connection, group: Sequence[Outcome]) -> list[Outcome]:
        owners = _claim_all(connection, group)
        positions = _next_positions(connection, [outcome.kenmerk for outcome in group])
        outcomes = [_held(outcome, owners) for outcome in group]
        usage: list[UsageEntry] = []
        rows = [self._settled_row(outcome, usage) for outcome in outcomes]
        update_all(connection, t.messages, "kenmerk", rows, state=State.RECEIVED.value)
        insert_all(
            connection, t.journal, [row for outcome in outcomes for row in _journal_rows(outcome, positions)]
        )
        reports = [(o.kenmerk, self._encode_report(o.verdict)) for o in outcomes]
        insert_new(
            connection,
            t.reports,
            [{"kenmerk": kenmerk, "report": report} for kenmerk, report in reports],
            replace=("report",),
        )
        embedded = [(o.kenmerk, a) for o in outcomes for a in o.verdict.attachments if a.start is not None]
        insert_new(connection, t.attachments, [_attachment_row(kenmerk, a, None) for kenmerk, a in embedded])
        delivered = [o for o in outcomes if o.state is State.DELIVERED and o.recipient is not None]
        insert_all(connection, t.mailbox, [_mailbox_row(o) for o in delivered])
        pushed = [(o, o.recipient) for o in outcomes if o.state is State.CHECKED and o.recipient is not None]
        rows_out = [{"kenmerk": o.kenmerk, "recipient_id": to.party_id, "queued_at": _at(o)} for o, to in pushed]
        insert_new(connection, outbox, rows_out)
        if usage:
            self._append_usage(connection, usage)
        self._checkpoint("settle-written")
        return outcomes

    def _settled_row(self, outcome: Outcome, usage: list[UsageEntry]) -> dict[str, object]:
        check_steps(State.RECEIVED, outcome.entries)
        at = outcome.entries[-1].at
        disposition = outcome.disposition
        if disposition is None and outcome.recipient is not None:
            disposition, entries = self._meter(
                outcome.kenmerk, outcome.sender, outcome.recipient, at, outcome.is_test
            )
            usage.extend(entries)
        facts, verdict = outcome.verdict.facts, outcome.verdict
        return {
            "of_kenmerk": outcome.kenmerk,
            "state": outcome.state.value,
            "disposition": (disposition or Disposition.PENDING).value,
            "settled_at": at if outcome.state.is_settled else None,
            "sender_id": outcome.sender.party_id if outcome.sender else None,
            "recipient_id": outcome.recipient.party_id if outcome.recipient else None,
            "recipient": outcome.recipient_named,
            "kind": verdict.kind.value if verdict.kind else None,
            "number": _short(facts.number) if facts else None,
            "issue_date": _short(facts.issue_date) if facts else None,
            "profile": verdict.profile,
            "duplicate_of": outcome.duplicate_of,
        }

    # -- reading -----------------------------------------------------------------------------

    async def waiting(self) -> tuple[Waiting, ...]:
        """Every message that is accepted and not judged, oldest first: what a restart goes on with."""
        query = select(t.messages).where(t.is_waiting).order_by(t.messages.c.kenmerk)
        return tuple([await self._waiting(row) for row in await self._rows(query)])

    async def waiting_one(self, kenmerk: str) -> Waiting | None:
        """The message if it waits to be judged."""
        query = select(t.messages).where(
            t.messages.c.kenmerk == kenmerk, t.messages.c.state == State.RECEIVED.value
        )
        rows = await self._rows(query)
        return await self._waiting(rows[0]) if rows else None

    async def message(self, kenmerk: str, visible_to: frozenset[str] | None) -> Message | None:
        """The message, or None when it does not exist or these parties may not see it (None: all)."""
        query = _visible(select(t.messages).where(t.messages.c.kenmerk == kenmerk), visible_to)
        rows = await self._rows(query)
        return as_message(rows[0]) if rows else None

    async def journal(self, kenmerk: str) -> tuple[JournalEntry, ...]:
        """Every step, oldest first."""
        query = select(t.journal).where(t.journal.c.kenmerk == kenmerk).order_by(t.journal.c.position)
        return tuple(
            JournalEntry(Step(row.step), row.at, row.actor, row.foutcode, row.detail)
            for row in await self._rows(query)
        )

    async def report(self, kenmerk: str) -> bytes | None:
        """The verdict as JSON, or None when the message was not judged yet."""
        rows = await self._rows(select(t.reports.c.report).where(t.reports.c.kenmerk == kenmerk))
        return bytes(rows[0].report) if rows else None

    async def document(self, kenmerk: str) -> StoredBytes | None:
        """Where the original bytes stand."""
        rows = await self._rows(select(t.messages).where(t.messages.c.kenmerk == kenmerk))
        return _document_place(rows[0]) if rows else None

    async def attachments(self, kenmerk: str) -> tuple[StoredAttachment, ...]:
        """Every attachment, in order."""
        query = select(t.attachments).where(t.attachments.c.kenmerk == kenmerk).order_by(t.attachments.c.number)
        return tuple(_stored_attachment(row) for row in await self._rows(query))

    async def page(self, wanted: MessageFilter, cursor: str | None, limit: int) -> Page[Message]:
        """Messages, newest first. Raises ValueError for a cursor that is not ours."""
        query = _filtered(select(t.messages), wanted)
        if cursor is not None:
            if len(cursor) != 36:
                raise ValueError("the cursor is not one that this gateway gave")
            query = query.where(t.messages.c.kenmerk < cursor)
        rows = await self._rows(query.order_by(t.messages.c.kenmerk.desc()).limit(limit + 1))
        more = len(rows) > limit
        items = tuple(as_message(row) for row in rows[:limit])
        return Page(items, items[-1].kenmerk if more else None)

    async def _waiting(self, row: Row[tuple[object, ...]]) -> Waiting:
        beside = await self.attachments(row.kenmerk)
        wanted = row.wanted_recipient
        return Waiting(
            row.kenmerk,
            row.received_at,
            _document_place(row),
            Channel(row.channel),
            Role(row.role),
            row.submitter_id,
            bool(row.is_test),
            PartyIdentifier(*wanted.split(":", 1)) if wanted else None,
            row.wanted_profile,
            tuple(found.attachment for found in beside if found.stored is not None),
        )

    async def _rows(self, query: Select[tuple[object, ...]]) -> Sequence[Row[tuple[object, ...]]]:
        async with self._engines.read.connect() as connection:
            return (await connection.execute(query)).all()


def _contents(submission: Submission) -> Iterable[Content]:
    yield submission.document
    for beside in submission.attachments:
        yield beside.content


def _place(content: Content, placed: Mapping[int, StoredBytes]) -> StoredBytes:
    return content.stored if content.stored is not None else placed[id(content)]


def _key_owner(submission: Submission) -> str:
    return submission.caller.party_id or submission.caller.key_id


def _first_of_keys(
    connection: Connection, group: Sequence[Acceptance]
) -> Mapping[tuple[str, str], tuple[str, str, datetime]]:
    """For each idempotency key in the group the message that holds it, this group's own included."""
    keyed = [
        {
            "submitter_id": _key_owner(a.submission),
            "idempotency_key": a.submission.idempotency_key,
            "kenmerk": a.kenmerk,
            "body_sha256": a.submission.body_sha256,
            "received_at": a.received_at,
        }
        for a in group
        if a.submission.idempotency_key is not None
    ]
    if not keyed:
        return {}
    insert_new(connection, t.idempotency, keyed)
    names = [(row["submitter_id"], row["idempotency_key"]) for row in keyed]
    pair = tuple_(t.idempotency.c.submitter_id, t.idempotency.c.idempotency_key)
    rows = connection.execute(select(t.idempotency).where(pair.in_(names)))
    return {(r.submitter_id, r.idempotency_key): (r.kenmerk, r.body_sha256, r.received_at) for r in rows}


def _answer(
    acceptance: Acceptance, firsts: Mapping[tuple[str, str], tuple[str, str, datetime]]
) -> Receipt | IdempotencyConflictError:
    submission = acceptance.submission
    first = firsts.get((_key_owner(submission), submission.idempotency_key or ""))
    if submission.idempotency_key is None or first is None or first[0] == acceptance.kenmerk:
        return Receipt(acceptance.kenmerk, acceptance.received_at)
    if first[1] != submission.body_sha256:
        return IdempotencyConflictError(first[0])
    return Receipt(first[0], first[2], is_repeat=True)


def _message_row(acceptance: Acceptance, place: StoredBytes) -> dict[str, object]:
    s = acceptance.submission
    return {
        "kenmerk": acceptance.kenmerk,
        "state": State.RECEIVED.value,
        "disposition": Disposition.PENDING.value,
        "channel": s.channel.value,
        "submitter_id": s.caller.party_id,
        "key_id": s.caller.key_id,
        "role": s.caller.role.value,
        "idempotency_key": s.idempotency_key,
        "body_sha256": s.body_sha256,
        "received_at": acceptance.received_at,
        "size_bytes": s.document.size_bytes,
        "sha256": s.document.sha256,
        "object_key": place.key,
        "object_offset": place.offset,
        "is_test": s.caller.is_test,
        "berichtsoort": s.berichtsoort,
        "aanleverkenmerk": s.aanleverkenmerk,
        "on_behalf_of": str(s.on_behalf_of) if s.on_behalf_of else None,
        "wanted_recipient": str(s.recipient) if s.recipient else None,
        "wanted_profile": s.profile,
    }


def _accepted_journal(acceptance: Acceptance) -> Iterable[dict[str, object]]:
    caller = acceptance.submission.caller
    for position, step in enumerate(_ACCEPTED_STEPS):
        yield journal_row(
            acceptance.kenmerk,
            position,
            JournalEntry(step, acceptance.received_at, caller.party_id or caller.key_id),
        )


def _journal_rows(outcome: Outcome, positions: Mapping[str, int]) -> Iterable[dict[str, object]]:
    first = positions[outcome.kenmerk]
    for position, entry in enumerate(outcome.entries, start=first):
        yield journal_row(outcome.kenmerk, position, entry)


def journal_row(kenmerk: str, position: int, entry: JournalEntry) -> dict[str, object]:
    """One step as it stands in the journal."""
    return {
        "kenmerk": kenmerk,
        "position": position,
        "step": entry.step.value,
        "at": entry.at,
        "actor": entry.actor,
        "foutcode": str(entry.foutcode) if entry.foutcode else None,
        "detail": entry.detail,
    }


def _attachment_row(kenmerk: str, attachment: Attachment, place: StoredBytes | None) -> dict[str, object]:
    return {
        "kenmerk": kenmerk,
        "number": attachment.number,
        "media_type": attachment.media_type,
        "filename": attachment.filename,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
        "start": attachment.start,
        "end": attachment.end,
        "object_key": place.key if place else None,
        "object_offset": place.offset if place else None,
    }


def _at(outcome: Outcome) -> datetime:
    return outcome.entries[-1].at


_LISTED_CHARACTERS_MAX = 200
"""What a list shows of a document's own words: a sender must not be able to make a recipient's page of 500
messages 100 MB. The document and the report have all of it."""


def _short(text: str | None) -> str | None:
    return text and text[:_LISTED_CHARACTERS_MAX]


def _mailbox_row(outcome: Outcome) -> dict[str, object]:
    recipient_id = outcome.recipient.party_id if outcome.recipient else ""
    return {
        "recipient_id": recipient_id,
        "kenmerk": outcome.kenmerk,
        "token": None,
        "leased_until": None,
        "times_taken": 0,
    }


def _claim_all(connection: Connection, group: Sequence[Outcome]) -> Mapping[str, str]:
    """Claim supplier, number and year for every message that needs it; who holds each claim."""
    wanted = {outcome.claim: outcome.kenmerk for outcome in reversed(group) if outcome.claim}
    if not wanted:
        return {}
    insert_new(connection, t.claims, [{"claim": claim, "kenmerk": kenmerk} for claim, kenmerk in wanted.items()])
    rows = connection.execute(select(t.claims).where(t.claims.c.claim.in_(list(wanted))))
    return {row.claim: row.kenmerk for row in rows}


def _held(outcome: Outcome, owners: Mapping[str, str]) -> Outcome:
    owner = owners.get(outcome.claim or "")
    if owner is None or owner == outcome.kenmerk:
        return outcome
    return as_duplicate(outcome, owner, outcome.entries[-1].at)


def _next_positions(connection: Connection, kenmerken: Sequence[str]) -> Mapping[str, int]:
    """Where each journal goes on. Raises AlreadySettledError for a message that waits no more."""
    query = (
        select(t.journal.c.kenmerk, func.max(t.journal.c.position))
        .join(t.messages, t.messages.c.kenmerk == t.journal.c.kenmerk)
        .where(t.messages.c.kenmerk.in_(list(kenmerken)), t.messages.c.state == State.RECEIVED.value)
        .group_by(t.journal.c.kenmerk)
    )
    positions = {str(kenmerk): int(last) + 1 for kenmerk, last in connection.execute(query)}
    if missing := set(kenmerken) - positions.keys():
        raise AlreadySettledError(f"settled before: {', '.join(sorted(missing))}")
    return positions


def as_message(row: Row[tuple[object, ...]]) -> Message:
    """A message from its row."""
    return Message(
        row.kenmerk,
        State(row.state),
        Disposition(row.disposition),
        Channel(row.channel),
        row.received_at,
        row.settled_at,
        row.submitter_id,
        row.sender_id,
        row.recipient_id,
        row.recipient,
        DocumentKind(row.kind) if row.kind else None,
        row.number,
        row.issue_date,
        row.profile,
        row.size_bytes,
        row.sha256,
        row.duplicate_of,
        bool(row.is_test),
        row.berichtsoort,
        row.aanleverkenmerk,
        row.idempotency_key,
    )


def _document_place(row: Row[tuple[object, ...]]) -> StoredBytes:
    return StoredBytes(row.object_key, row.object_offset, row.size_bytes, row.sha256)


def _stored_attachment(row: Row[tuple[object, ...]]) -> StoredAttachment:
    attachment = Attachment(
        row.number, row.media_type, row.filename, row.size_bytes, row.sha256, row.start, row.end
    )
    if row.object_key is None:
        return StoredAttachment(attachment)
    return StoredAttachment(attachment, StoredBytes(row.object_key, row.object_offset, row.size_bytes, row.sha256))


def _visible(query: Select[tuple[object, ...]], visible_to: frozenset[str] | None) -> Select[tuple[object, ...]]:
    """Only what these parties handed in, sent, or were delivered: a recipient does not see what was refused."""
    if visible_to is None:
        return query
    parties = sorted(visible_to)
    mine = t.messages.c.submitter_id.in_(parties) | t.messages.c.sender_id.in_(parties)
    states = [State.DELIVERED.value, State.CONFIRMED.value, State.OFFERED.value]
    return query.where(or_(mine, t.messages.c.recipient_id.in_(parties) & t.messages.c.state.in_(states)))


def _filtered(query: Select[tuple[object, ...]], wanted: MessageFilter) -> Select[tuple[object, ...]]:
    columns = t.messages.c
    query = _visible(query, wanted.visible_to)
    if wanted.states:
        query = query.where(columns.state.in_(sorted(state.value for state in wanted.states)))
    if wanted.kinds:
        query = query.where(columns.kind.in_(sorted(kind.value for kind in wanted.kinds)))
    equal = ((columns.sender_id, wanted.sender_id), (columns.recipient_id, wanted.recipient_id))
    for column, value in (*equal, (columns.number, wanted.number)):
        if value is not None:
            query = query.where(column == value)
    if wanted.received_from is not None:
        query = query.where(columns.received_at >= wanted.received_from)
    if wanted.received_until is not None:
        query = query.where(columns.received_at < wanted.received_until)
    return query
