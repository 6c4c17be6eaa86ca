"""All services of the API in memory: a small gateway that judges by one rule.

A document with `<wrong/>` is invalid, one with `<poison/>` cannot be judged, any other is an invoice of its
submitter, or of whom the submitter acts for, to the municipality. `messages` decides what becomes of it; no
document is a duplicate.
"""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gateway.api.services import Services
from gateway.clock import Clock, billing_date
from gateway.i18n import Text
from gateway.messages import delivery
from gateway.messages.decision import Decision, decide, park
from gateway.messages.kenmerk import new_kenmerk
from gateway.messages.lifecycle import State
from gateway.messages.message import (
    JournalEntry,
    Lease,
    MailboxEntry,
    Message,
    MessageFilter,
    Page,
    StoredAttachment,
    Word,
    first_entries,
    received_message,
)
from gateway.messages.overview import Backlog, Overview
from gateway.messages.participants import ApiKey, Caller, KeyRequest, Party, PartyKind, Role
from gateway.messages.ports import DOCUMENT_READ, CheckedBytes, LogEntry, PendingDelivery
from gateway.messages.retention import ForgottenPart, RetentionReport
from gateway.messages.sessions import IDLE_MAX, Person, Session, next_expiry
from gateway.messages.submission import (
    Content,
    IdempotencyConflictError,
    OverloadedError,
    Receipt,
    StoredBytes,
    Submission,
)
from gateway.settings import MeterSettings
from gateway.testing.meter import MemoryMeter
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.model.document import DetachedPart, DocumentFacts, DocumentKind, DocumentParty
from gateway.validator.model.identifiers import PartyIdentifier
from gateway.validator.rendering.render import RenderingRequest, render
from gateway.validator.unpack import Unpacked, unpack
from gateway.validator.verdict import Verdict, encode_report

SUPPLIER, OTHER_SUPPLIER, SOFTWARE = "bakkerij-de-korst", "drukkerij-inkt", "pakket-bv"
MUNICIPALITY = "gemeente-waterrijk"

KEYS = {
    "mp_supplier": Caller("key-supplier", Role.SUPPLIER, SUPPLIER),
    "mp_other": Caller("key-other", Role.SUPPLIER, OTHER_SUPPLIER),
    "mp_intermediary": Caller("key-intermediary", Role.INTERMEDIARY, SOFTWARE),
    "mp_municipality": Caller("key-municipality", Role.GOVERNMENT, MUNICIPALITY),
    "mp_operator": Caller("key-operator", Role.OPERATOR, None),
    "mp_finance": Caller("key-finance", Role.FINANCE, None),
}
"""A key of every role."""

PARTIES = (
    Party(SUPPLIER, "Bakkerij De Korst B.V.", PartyKind.COMPANY, (PartyIdentifier("0106", "12345678"),)),
    Party(OTHER_SUPPLIER, "Drukkerij Inkt B.V.", PartyKind.COMPANY, (PartyIdentifier("0106", "23456789"),)),
    Party(
        SOFTWARE,
        "Pakket B.V.",
        PartyKind.COMPANY,
        (PartyIdentifier("0106", "34567890"),),
        mandates=frozenset({SUPPLIER}),
    ),
    Party(
        MUNICIPALITY,
        "Gemeente Waterrijk",
        PartyKind.NON_RIJK,
        (PartyIdentifier("0190", "00000001002220647000"),),
        kind_source="demo",
    ),
)


@dataclass(slots=True)
class _Row:
    message: Message
    submission: Submission
    journal: list[JournalEntry]
    report: bytes | None = None
    lease: Lease | None = None
    forgotten: list[ForgottenPart] = field(default_factory=list)


class MemoryStorage:
    """Objects by key; knows how many sinks are open."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.open_sinks = 0
        self._numbers = itertools.count(1)

    def sink(self) -> "MemorySink":
        """A new sink."""
        self.open_sinks += 1
        return MemorySink(self)

    def keep(self, data: bytes) -> StoredBytes:
        """Store bytes."""
        key = f"object-{next(self._numbers)}"
        self.objects[key] = data
        return StoredBytes(key, 0, len(data), hashlib.sha256(data).hexdigest())

    async def read(self, where: StoredBytes) -> bytes:
        """All the bytes."""
        return self.objects[where.key]

    async def check(self, where: StoredBytes) -> CheckedBytes:
        """The content, in pieces of a length that divides nothing."""
        return MemoryContent(self.objects[where.key])


@dataclass(frozen=True)
class MemoryContent:
    """One content."""

    data: bytes

    @property
    def size_bytes(self) -> int:
        """Of the whole content."""
        return len(self.data)

    async def stream(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes, in pieces of a length that divides nothing."""
        data = self.data[start:end]
        for offset in range(0, len(data), 1009):
            yield data[offset : offset + 1009]


class MemorySink:
    """Collects what is written."""

    def __init__(self, storage: MemoryStorage) -> None:
        self._storage = storage
        self._chunks: list[bytes] = []

    async def write(self, chunk: bytes) -> None:
        """Add bytes."""
        await asyncio.sleep(0)
        self._chunks.append(chunk)

    async def close(self) -> Content:
        """All is written."""
        self._storage.open_sinks -= 1
        data = b"".join(self._chunks)
        return Content(len(data), stored=self._storage.keep(data))

    async def abort(self) -> None:
        """Forget it."""
        self._storage.open_sinks -= 1
        self._chunks.clear()


@dataclass
class MemoryGateway:
    """Implements every service, on one dictionary of messages."""

    storage: MemoryStorage = field(default_factory=MemoryStorage)
    rows: dict[str, _Row] = field(default_factory=dict)
    read: list[LogEntry] = field(default_factory=list)
    """What operators read."""
    judged_with: list[DetachedPart] = field(default_factory=list)
    """The attachments next to the document that was judged last."""
    known: dict[str, Party] = field(default_factory=lambda: {party.party_id: party for party in PARTIES})
    keys: dict[str, Caller] = field(default_factory=lambda: dict(KEYS))
    key_facts: dict[str, ApiKey] = field(default_factory=dict)
    now: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    is_full: bool = False
    judges_at_once: bool = True
    recipient_id: str = MUNICIPALITY
    meter: MemoryMeter = field(default_factory=MemoryMeter)
    sessions: "MemorySessions" = field(init=False)

    def __post_init__(self) -> None:
        self.sessions = MemorySessions(lambda: self.now)

    def require_room(self) -> None:
        """Intake."""
        if self.is_full:
            raise OverloadedError(30)

    async def submit(self, submission: Submission) -> Receipt:
        """Intake."""
        self.require_room()
        for row in self.rows.values():
            key, caller = row.submission.idempotency_key, row.submission.caller
            if key is not None and (key, caller.party_id) == (
                submission.idempotency_key,
                submission.caller.party_id,
            ):
                if row.submission.body_sha256 != submission.body_sha256:
                    raise IdempotencyConflictError(row.message.kenmerk)
                return Receipt(row.message.kenmerk, row.message.received_at, is_repeat=True)
        for content in (submission.document, *(one.content for one in submission.attachments)):
            content.stored = content.stored or self.storage.keep(content.data or b"")
        message = received_message(submission, new_kenmerk(), self.now)
        row = _Row(message, submission, list(first_entries(submission.caller, self.now)))
        self.rows[message.kenmerk] = row
        if self.judges_at_once:
            await self._judge_message(row)
        return Receipt(message.kenmerk, message.received_at)

    async def _judge_message(self, row: _Row) -> None:
        data = await self.storage.read(row.message.document)
        if b"<poison/>" in data:
            await self._commit(row, park(row.message, "it is poison", self.now))
            return
        by = row.message.on_behalf_of
        sender = self.by_identifier(by) if by else self.by_id(row.message.submitter_id or "")
        verdict = self._verdict(data, sender, row.message.wanted_profile)
        await self._commit(row, decide(row.message, verdict, self, {}, MeterSettings(), self.now))

    def _verdict(self, data: bytes, sender: Party | None, profile: str | None, *, checks: bool = True) -> Verdict:
        """By one rule."""
        line = data[: data.find(b"<wrong/>")].count(b"\n") + 1
        message = Text("An element <wrong/> is not allowed here.")
        finding = Finding("MP-TEST-1", Flag.FATAL, Stage.SCHEMA, message, "/Invoice/wrong", line, 3)
        findings = (finding,) if b"<wrong/>" in data and checks else ()
        named = DocumentParty(sender.identifiers if sender else ())
        recipient = DocumentParty(self.known[self.recipient_id].identifiers)
        facts = DocumentFacts(DocumentKind.INVOICE, number="2026-001", sender=named, recipient=recipient)
        return Verdict(findings, DocumentKind.INVOICE, profile, facts, stages=(Stage.XML,))

    async def _commit(self, row: _Row, decision: Decision) -> None:
        row.message = decision.message
        row.journal += decision.entries
        if decision.verdict is not None:
            row.report = encode_report(decision.verdict, decision.kenmerk)
        await self.meter.record(decision.usage)

    async def wait_until_settled(self, kenmerk: str, timeout_seconds: float) -> bool:
        """Intake."""
        if not self.rows[kenmerk].message.state.is_settled:
            await asyncio.sleep(min(timeout_seconds, 0.01))
        return self.rows[kenmerk].message.state.is_settled

    async def message(self, kenmerk: str, visible_to: frozenset[str] | None) -> Message | None:
        """Messages."""
        row = self.rows.get(kenmerk)
        return row.message if row and _sees(visible_to, row.message) else None

    async def journal(self, kenmerk: str) -> tuple[JournalEntry, ...]:
        """Messages."""
        return tuple(self.rows[kenmerk].journal)

    async def report(self, kenmerk: str) -> bytes | None:
        """Messages."""
        return self.rows[kenmerk].report

    async def attachments(self, kenmerk: str) -> tuple[StoredAttachment, ...]:
        """Messages."""
        return self.rows[kenmerk].message.attachments

    async def forgotten(self, kenmerk: str) -> tuple[ForgottenPart, ...]:
        """Messages."""
        return tuple(self.rows[kenmerk].forgotten)

    async def page(self, wanted: MessageFilter, cursor: str | None, limit: int) -> Page[Message]:
        """Messages."""
        found = [row.message for row in reversed(self.rows.values()) if _matches(wanted, row.message)]
        if wanted.newer_than:
            newer = sum(one.kenmerk > wanted.newer_than for one in found)
            cursor = str(max(0, newer - limit))
        return _page(found, cursor, limit)

    async def counterparts(self, visible_to: frozenset[str], newest: int | None = None) -> frozenset[str]:
        """Messages."""
        seen = [row.message for row in self.rows.values() if _sees(visible_to, row.message)]
        return frozenset({one.sender_id or "" for one in seen} | {one.recipient_id or "" for one in seen})

    async def waiting(self, party_id: str, cursor: str | None, limit: int) -> Page[Message]:
        """Mailbox."""
        return _page([row.message for row in self._mailbox(party_id)], cursor, limit)

    def _mailbox(self, party_id: str) -> list[_Row]:
        rows = self.rows.values()
        return [
            row for row in rows if row.message.recipient_id == party_id and row.message.state is State.DELIVERED
        ]

    async def take(self, party_id: str, limit: int, lease: timedelta) -> tuple[Lease, ...]:
        """Mailbox."""
        taken: list[Lease] = []
        for row in self._mailbox(party_id):
            if len(taken) < limit and (row.lease is None or row.lease.expires_at <= self.now):
                times = row.lease.times_taken + 1 if row.lease else 1
                row.lease = Lease(row.message, f"token-{row.message.kenmerk}-{times}", self.now + lease, times)
                taken.append(row.lease)
        return tuple(taken)

    async def take_one(self, party_id: str, kenmerk: str, lease: timedelta) -> bool:
        """Mailbox."""
        for row in self._mailbox(party_id):
            if row.message.kenmerk == kenmerk and (row.lease is None or row.lease.expires_at <= self.now):
                times = row.lease.times_taken + 1 if row.lease else 1
                row.lease = Lease(row.message, f"token-{kenmerk}-{times}", self.now + lease, times)
                return True
        return False

    async def give_back(self, party_id: str, kenmerk: str) -> bool:
        """Mailbox."""
        for row in self._mailbox(party_id):
            if row.message.kenmerk == kenmerk and row.lease is not None:
                row.lease = replace(row.lease, expires_at=self.now)
                return True
        return False

    async def waiting_among(
        self, party_ids: Collection[str], kenmerken: Collection[str]
    ) -> Mapping[str, MailboxEntry]:
        """Mailbox."""
        return {
            row.message.kenmerk: MailboxEntry(
                row.lease.times_taken if row.lease else 0,
                row.lease.expires_at if row.lease and row.lease.expires_at > self.now else None,
            )
            for party_id in party_ids
            for row in self._mailbox(party_id)
            if row.message.kenmerk in kenmerken
        }

    async def confirm(self, party_id: str, kenmerk: str, token: str | None, actor: str) -> bool:
        """Mailbox."""
        row = self.rows.get(kenmerk)
        if row is None or row.message.recipient_id != party_id:
            return False
        if row.message.state is State.CONFIRMED:
            return True
        if row.message.state is not State.DELIVERED or (token and (row.lease is None or row.lease.token != token)):
            return False
        await self._commit(row, delivery.confirm(row.message, actor, self.now))
        return True

    def by_id(self, party_id: str) -> Party | None:
        """Register."""
        return self.known.get(party_id)

    def by_identifier(self, identifier: PartyIdentifier) -> Party | None:
        """Register."""
        return next((party for party in self.known.values() if identifier in party.identifiers), None)

    async def party(self, party_id: str) -> Party | None:
        """Directory."""
        return self.by_id(party_id)

    async def parties(self) -> tuple[Party, ...]:
        """Directory."""
        return tuple(self.known[party_id] for party_id in sorted(self.known))

    async def find(self, identifier: PartyIdentifier) -> Party | None:
        """Directory."""
        return self.by_identifier(identifier)

    async def save(self, party: Party, actor: str) -> None:
        """Directory."""
        for identifier in party.identifiers:
            holder = self.by_identifier(identifier)
            if holder and holder.party_id != party.party_id:
                raise ValueError(f"{identifier} belongs to {holder.party_id}")
        self.known[party.party_id] = party

    async def authenticate(self, key: str) -> Caller | None:
        """Directory."""
        caller = self.keys.get(key)
        return caller if caller and self._key_facts(key, caller).works_at(self.now) else None

    async def holder(self, key_id: str) -> Caller | None:
        """Directory."""
        found = ((key, caller) for key, caller in self.keys.items() if caller.key_id == key_id)
        return next((caller for key, caller in found if self._key_facts(key, caller).works_at(self.now)), None)

    async def new_key(
        self, role: Role, party_id: str | None, actor: str, *, is_test: bool = False
    ) -> tuple[str, str]:
        """Directory."""
        key_id = f"key-{len(self.keys)}"
        self.keys[f"mp_{key_id}"] = Caller(key_id, role, party_id, is_test)
        return key_id, f"mp_{key_id}"

    async def make_key(self, wanted: KeyRequest, actor: str) -> tuple[str, str]:
        """Directory."""
        key_id, key = await self.new_key(wanted.role, wanted.party_id, actor, is_test=wanted.is_test)
        facts = self._key_facts(key, self.keys[key])
        self.key_facts[key_id] = replace(facts, label=wanted.label, expires_at=wanted.expires_at)
        return key_id, key

    async def api_keys(self) -> tuple[ApiKey, ...]:
        """Directory."""
        return tuple(self._key_facts(key, caller) for key, caller in self.keys.items())

    def _key_facts(self, key: str, caller: Caller) -> ApiKey:
        return self.key_facts.get(caller.key_id) or ApiKey(
            key_id=caller.key_id,
            prefix=key,
            role=caller.role,
            party_id=caller.party_id,
            is_test=caller.is_test,
            created_at=self.now,
            created_by="test",
        )

    async def rotate_key(self, key_id: str, until: datetime, actor: str) -> tuple[str, str] | None:
        """Directory."""
        old = next((one for one in await self.api_keys() if one.key_id == key_id), None)
        if old is None:
            return None
        self.key_facts[key_id] = replace(old, expires_at=until)
        return await self.make_key(
            KeyRequest(old.role, old.party_id, old.is_test, old.label, old.expires_at), actor
        )

    async def revoke_key(self, key_id: str, actor: str) -> bool:
        """Directory."""
        before = len(self.keys)
        self.keys = {key: caller for key, caller in self.keys.items() if caller.key_id != key_id}
        return len(self.keys) < before

    async def record_reading(self, kenmerk: str, part: str, actor: str) -> None:
        """Directory."""
        detail = f'{{"part":"{part}"}}'
        self.read.append(LogEntry(len(self.read) + 1, self.now, actor, DOCUMENT_READ, kenmerk, detail))

    async def log(self, subject: str | None, after: int, limit: int) -> Sequence[LogEntry]:
        """Directory."""
        return [one for one in self.read if one.number > after and subject in {None, one.subject}][:limit]

    async def replay(self, kenmerk: str, actor: str) -> bool:
        """Operations."""
        row = self.rows[kenmerk]
        return await self._act(row, delivery.replay(row.message, actor, self.now))

    async def return_to_sender(self, kenmerk: str, actor: str, reason: str) -> bool:
        """Operations."""
        row = self.rows[kenmerk]
        return await self._act(row, delivery.return_to_sender(row.message, actor, reason, self.now))

    async def _act(self, row: _Row, decision: Decision | None) -> bool:
        if decision is not None:
            await self._commit(row, decision)
        return decision is not None

    async def judge(
        self,
        document: bytes,
        *,
        profile: str | None,
        checks_schema: bool,
        detached: Sequence[DetachedPart] = (),
        file: str = "",
    ) -> bytes:
        """Validation."""
        self.judged_with = list(detached)
        return encode_report(self._verdict(document, None, profile, checks=checks_schema), file)

    async def unpack(self, name: str, data: bytes) -> Unpacked:
        """Validation."""
        return unpack(name, data)

    async def render(self, document: StoredBytes | bytes, request: RenderingRequest) -> bytes:
        """Renderings."""
        return render(document if isinstance(document, bytes) else await self.storage.read(document), request)

    async def overview(self) -> Overview:
        """Overviews."""
        rows = [row.message for row in self.rows.values()]
        by_recipient: dict[str, list[datetime]] = {}
        for one in rows:
            if one.state is State.DELIVERED:
                by_recipient.setdefault(one.recipient_id or "", []).append(one.received_at)
        waiting = [one.received_at for one in rows if one.state is State.RECEIVED]
        return Overview(
            to_judge=Backlog(len(waiting), min(waiting, default=None)),
            in_mailboxes=[(party, Backlog(len(times), min(times))) for party, times in by_recipient.items()],
            to_push=Backlog(),
            parked=sum(one.state is State.PARKED for one in rows),
            damaged=0,
            silent=[],
            last_received_at=max((one.received_at for one in rows), default=None),
            nodes=1,
        )

    def services(self) -> Services:
        """The services of the API."""
        return Services(
            self,
            self.storage,
            self,
            self,
            self,
            self,
            self,
            self,
            self.meter,
            always_ready,
            no_metrics,
            NoDeliveries(),
            NoRetention(),
            self.sessions,
            self,
        )


@dataclass
class MemorySessions:
    """Sessions by their token. Implements `gateway.messages.sessions.Sessions`."""

    clock: Clock
    held: dict[str, Session] = field(default_factory=dict)
    links: dict[str, Person] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def open(self, person: Person, *, is_link: bool = False) -> str:
        """A token that says for whom it is."""
        token = f"token-{next(self._numbers)}-{person.caller.key_id}"
        if person.name:
            self.people[person.caller.key_id] = person.name
        if is_link:
            self.links[token] = person
        else:
            self.held[token] = Session(person, self.clock(), self.clock() + IDLE_MAX)
        return token

    async def find(self, token: str) -> Session | None:
        """The session, extended where it is due."""
        session = self.held.get(token)
        if session is None or session.expires_at <= self.clock():
            return None
        if until := next_expiry(session, self.clock()):
            self.held[token] = replace(session, expires_at=until)
        return session

    async def names(self) -> dict[str, str]:
        """Who signed in."""
        return self.people

    async def close(self, token: str) -> None:
        """End it."""
        self.held.pop(token, None)

    async def redeem(self, token: str) -> Person | None:
        """For whom the link is, once."""
        return self.links.pop(token, None)


async def always_ready() -> Mapping[str, bool]:
    """The readiness of a gateway without parts to check."""
    return {}


def no_metrics(_accept: str) -> tuple[str, bytes]:
    """The metrics of a gateway without counters."""
    return "text/plain; version=0.0.4; charset=utf-8", b""


class NoDeliveries:
    """A gateway that pushes nothing. Implements `gateway.messages.ports.Deliveries`."""

    async def pending(self) -> tuple[PendingDelivery, ...]:
        """Nothing."""
        return ()

    async def resume(self, recipient_id: str, actor: str) -> bool:
        """No recipient has a pause."""
        return False


class NoRetention:
    """A gateway that keeps everything. Implements `gateway.messages.ports.RetentionRuns`."""

    async def plan(self) -> RetentionReport:
        """Nothing goes."""
        return RetentionReport(datetime.now(UTC), is_dry_run=True, tallies=())

    async def run(self, actor: str) -> RetentionReport:
        """Nothing goes."""
        return RetentionReport(datetime.now(UTC), is_dry_run=False, tallies=())

    async def runs(self, limit: int) -> tuple[RetentionReport, ...]:
        """None."""
        return ()


def _sees(visible_to: frozenset[str] | None, message: Message) -> bool:
    return visible_to is None or bool(visible_to & {message.submitter_id, message.sender_id, message.recipient_id})


def _is_on_side(wanted: MessageFilter, message: Message) -> bool:
    if wanted.is_incoming is None or wanted.visible_to is None:
        return True
    sides = {message.recipient_id} if wanted.is_incoming else {message.submitter_id, message.sender_id}
    return bool(wanted.visible_to & sides)


def _has(word: Word, message: Message) -> bool:
    days = {message.issued_on, billing_date(message.received_at)}
    return (
        any(word.text in text.lower() for text in (message.number or "", message.kenmerk))
        or bool(word.parties & {message.submitter_id, message.sender_id, message.recipient_id})
        or (word.amount_cents is not None and word.amount_cents == message.amount_cents)
        or (word.day is not None and word.day in days)
    )


def _matches(wanted: MessageFilter, message: Message) -> bool:
    return (
        _sees(wanted.visible_to, message)
        and _is_on_side(wanted, message)
        and (not wanted.states or message.state in wanted.states)
        and (not wanted.kinds or message.kind in wanted.kinds)
        and wanted.number in {None, message.number}
        and wanted.sender_id in {None, message.sender_id}
        and wanted.recipient_id in {None, message.recipient_id}
        and all(_has(word, message) for word in wanted.words)
        and (wanted.received_from is None or wanted.received_from <= message.received_at)
        and (wanted.received_until is None or message.received_at < wanted.received_until)
    )


def _page(found: list[Message], cursor: str | None, limit: int) -> Page[Message]:
    start = 0 if cursor is None else int(cursor)
    following = str(start + limit) if len(found) > start + limit else None
    return Page(tuple(found[start : start + limit]), following, found[start].kenmerk if start else None)
