"""A small gateway for tests of the API, the portal and the channels: the stores on SQLite, without workers.

It judges by one rule, at once: a document with `<wrong/>` is invalid, one with `<poison/>` cannot be judged, any
other is an invoice of its submitter, or of whom the submitter acts for, to the municipality. No document is a
duplicate.
"""

import asyncio
import hashlib
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import obstore
from sqlalchemy import Connection

from gateway.api.services import Services
from gateway.clock import Clock
from gateway.i18n import Text
from gateway.jobs.retain import Retention
from gateway.messages.decision import Decision, decide, park
from gateway.messages.kenmerk import first_kenmerk_of
from gateway.messages.lifecycle import Step
from gateway.messages.message import JournalEntry, Message
from gateway.messages.participants import Caller, Party, PartyKind, Role
from gateway.messages.sessions import Person
from gateway.messages.submission import Arrival, Content, OverloadedError, Receipt, StoredBytes, Submission
from gateway.metering.entry import LedgerEntry
from gateway.metering.statement import EntrySelection
from gateway.settings import MeterSettings, RetentionSettings
from gateway.store.documents.storage import Sink, Storage
from gateway.store.engine import Engines, open_engines
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.messages import queries, register_queries
from gateway.store.messages.commit import Committer
from gateway.store.messages.mailbox import MailboxStore
from gateway.store.messages.messages import MessageStore, as_message
from gateway.store.messages.operations import OperatorActions
from gateway.store.messages.outbox import OutboxStore
from gateway.store.messages.overview import OverviewStore
from gateway.store.messages.references import ObjectReferences
from gateway.store.messages.register import RegisterStore, _save_party
from gateway.store.messages.retention import RetentionStore
from gateway.store.messages.sessions import SessionStore, _person
from gateway.store.messages.tables import attachments, portal_sessions
from gateway.store.messages.tables import messages as messages_table
from gateway.store.nodes.node import Node
from gateway.store.schema import upgrade
from gateway.store.writer import Writer
from gateway.testing.doubles import MemoryQueue
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.model.document import Attachment, DetachedPart, DocumentFacts, DocumentKind, DocumentParty
from gateway.validator.model.identifiers import PartyIdentifier
from gateway.validator.rendering.render import RenderingRequest, render
from gateway.validator.report.report import encode_report
from gateway.validator.unpack import Unpacked, unpack
from gateway.validator.verdict import Verdict

SUPPLIER, OTHER_SUPPLIER, SOFTWARE = "bakkerij-de-korst", "drukkerij-inkt", "pakket-bv"
MUNICIPALITY = "gemeente-waterrijk"
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

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


@dataclass(frozen=True, slots=True)
class Row:
    """A message with its journal."""

    message: Message
    journal: tuple[JournalEntry, ...]


class WatchedStorage(Storage):
    """Storage in memory that knows how many sinks are open."""

    def __init__(self) -> None:
        super().__init__("memory:///", 256 * 1024)
        self.open_sinks = 0

    def sink(self) -> Sink:
        """A new sink."""
        self.open_sinks += 1
        return _WatchedSink(self)

    @property
    def objects(self) -> set[str]:
        """The keys of everything that is stored."""
        return {one["path"] for batch in obstore.list(self._store) for one in batch}


class _WatchedSink(Sink):
    _is_open = True

    def __init__(self, storage: WatchedStorage) -> None:
        super().__init__(storage)
        self._watched = storage

    async def close(self) -> Content:
        self._end()
        return await super().close()

    async def abort(self) -> None:
        self._end()
        await super().abort()

    def _end(self) -> None:
        self._watched.open_sinks -= self._is_open
        self._is_open = False


class SmallGateway:
    """The stores, and what replaces the intake and the workers."""

    def __init__(self, engines: Engines, writer: Writer, recipient_id: str, clock: Clock | None) -> None:
        self.engines, self.writer, self.recipient_id = engines, writer, recipient_id
        self.now = START
        self.clock: Clock = clock or (lambda: self.now)
        self._numbers = itertools.count(1)
        self.is_full = False
        self.judges_at_once = True
        self.judged_with: list[DetachedPart] = []
        """The attachments next to the document that was judged last."""
        self.submissions: dict[str, Submission] = {}
        self.storage = WatchedStorage()
        self.register = RegisterStore(engines, writer, self.clock)
        self.store = MessageStore(engines, writer, self.storage)
        self.committer = Committer(engines, writer, self.register, MeterSettings())
        self.mailbox = MailboxStore(engines, writer, self.committer, self.clock)
        self.operations = OperatorActions(self.committer, self.store, MemoryQueue(), self.clock)
        self.outbox = OutboxStore(engines, writer, self.register, self.clock)
        self.sessions = SessionStore(engines, writer, self.clock)
        self.meter = LedgerMeter(engines, writer, self.clock)

    def services(self) -> Services:
        """The services of the API."""
        references = ObjectReferences(self.engines)
        retention = RetentionStore(self.engines, self.writer)
        return Services(
            intake=self,
            storage=self.storage,
            messages=self.store,
            mailbox=self.mailbox,
            directory=self.register,
            operations=self.operations,
            validation=self,
            renderings=self,
            meter=self.meter,
            readiness=_always_ready,
            metrics=lambda _accept: ("text/plain; version=0.0.4; charset=utf-8", b""),
            deliveries=self.outbox,
            retention=Retention(RetentionSettings(), retention, self.storage, references, self.clock),
            sessions=self.sessions,
            overviews=OverviewStore(self.engines, Node(self.engines, self.writer), self.clock),
        )

    # Intake, validation and renderings

    def require_room(self) -> None:
        """Intake."""
        if self.is_full:
            raise OverloadedError(30)

    async def submit(self, submission: Submission) -> Receipt:
        """Intake."""
        self.require_room()
        now = self.clock()
        number = next(self._numbers)  # a kenmerk of the gateway's own time, in the order of giving out
        kenmerk = str(UUID(int=UUID(first_kenmerk_of(now)).int | 0x7 << 76 | number << 64 | 0b10 << 62))
        receipt = await self.store.accept(Arrival(kenmerk, now, submission))
        if not receipt.is_repeat:
            self.submissions[kenmerk] = submission
            message = await self.store.unjudged_message(kenmerk)
            if self.judges_at_once and message:
                await self._judge_message(message)
        return receipt

    async def wait_until_settled(self, kenmerk: str, timeout_seconds: float) -> bool:
        """Intake."""
        if not self.rows[kenmerk].message.state.is_settled:
            await asyncio.sleep(min(timeout_seconds, 0.01))
        return self.rows[kenmerk].message.state.is_settled

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

    async def _judge_message(self, message: Message) -> None:
        data, by = await self.storage.read(message.document), message.on_behalf_of
        sender = self.register.by_identifier(by) if by else self.register.by_id(message.submitter_id or "")
        verdict = self._verdict(data, sender, message.wanted_profile)
        decided = decide(message, verdict, self.register, {}, MeterSettings(), self.clock())
        await self.commit(park(message, "it is poison", self.clock()) if b"<poison/>" in data else decided)

    def _verdict(self, data: bytes, sender: Party | None, profile: str | None, *, checks: bool = True) -> Verdict:
        """By one rule."""
        line = data[: data.find(b"<wrong/>")].count(b"\n") + 1
        message = Text("{element} is not allowed here.", element="<wrong/>")
        finding = Finding("MP-TEST-1", Flag.FATAL, Stage.SCHEMA, message, "/Invoice/wrong", line, 3)
        findings = (finding,) if b"<wrong/>" in data and checks else ()
        named = DocumentParty(sender.identifiers if sender else ())
        recipient = self.register.by_id(self.recipient_id)
        to = DocumentParty(recipient.identifiers if recipient else ())
        facts = DocumentFacts(DocumentKind.INVOICE, number="2026-001", sender=named, recipient=to)
        return Verdict(findings, DocumentKind.INVOICE, profile, facts, stages=(Stage.XML,))

    async def commit(self, decision: Decision) -> None:
        """Commit a decision, without a claim."""
        await self.committer.commit(replace(decision, claim=None))

    # For tests

    @property
    def rows(self) -> Mapping[str, Row]:
        """Every message, by kenmerk."""
        with self.engines.write.connect() as conn:
            found = {}
            for row in conn.execute(messages_table.select().order_by(messages_table.c.kenmerk)).all():
                steps = conn.execute(queries.JOURNAL, {"kenmerk": row.kenmerk})
                found[row.kenmerk] = Row(as_message(row), tuple(map(_entry, steps)))
            return found

    async def entries(self) -> list[LedgerEntry]:
        """Every entry of the meter."""
        return [entry async for page in self.meter.entries(EntrySelection()) for entry in page]

    async def add_key(self, key: str, caller: Caller) -> None:
        """Let a caller in by a key that the test chooses."""
        await self.writer.call(lambda conn: _add_keys(conn, {key: caller}))
        self.register._version = -1
        await self.register.refresh()

    async def caller(self, key: str) -> Caller:
        """Who holds this key."""
        caller = await self.register.authenticate(key)
        assert caller is not None
        return caller

    async def sign_out_all(self) -> None:
        """End every session."""
        await self.writer.call(lambda conn: conn.execute(portal_sessions.delete()).rowcount)

    async def attach(self, kenmerk: str, facts: Attachment) -> None:
        """Say that judging found this attachment in the document."""
        row = {one.name: getattr(facts, one.name) for one in fields(Attachment)} | {"kenmerk": kenmerk}
        await self.writer.call(lambda conn: conn.execute(attachments.insert(), row).rowcount)

    async def signed_in(self) -> list[Person]:
        """Who has a session."""
        rows = await self.engines.rows(portal_sessions.select().where(~portal_sessions.c.is_link))
        return [_person(row) for row in rows]


def _entry(row: Any) -> JournalEntry:
    return JournalEntry(Step(row.step), row.at, row.actor, row.foutcode, row.detail)


async def _always_ready() -> Mapping[str, bool]:
    return {}


@asynccontextmanager
async def small_gateway(
    parties: Sequence[Party] = PARTIES, recipient_id: str = MUNICIPALITY, clock: Clock | None = None
) -> AsyncIterator[SmallGateway]:
    """A gateway with these parties, the keys of `KEYS`, and no messages. `clock`: another than its own `now`."""
    with tempfile.TemporaryDirectory(prefix="meterpoort-") as folder:
        file = Path(folder) / "gateway.db"
        shutil.copyfile(_template(parties), file)
        engines = open_engines(f"sqlite:///{file}")
        writer = Writer(engines.write, 64)
        writer.start()
        gateway = SmallGateway(engines, writer, recipient_id, clock)
        await gateway.register.refresh()
        try:
            yield gateway
        finally:
            await writer.stop()
            gateway.storage.close()
            await engines.dispose()


_templates = tempfile.TemporaryDirectory(prefix="meterpoort-")


def _template(parties: Sequence[Party]) -> Path:
    """A database with parties and keys, made once."""
    file = Path(_templates.name) / ("-".join(party.party_id for party in parties) + ".db")
    if file.exists():
        return file
    engines = open_engines(f"sqlite:///{file}")
    upgrade(engines.write)
    with engines.write.begin() as connection:
        for party in parties:
            _save_party(connection, party, "tests", START)
        _add_keys(connection, KEYS)
    engines.write.dispose()
    return file


def _add_keys(connection: Connection, keys: Mapping[str, Caller]) -> None:
    for key, caller in keys.items():
        row = {
            "key_id": caller.key_id,
            "secret_sha256": hashlib.sha256(key.encode()).hexdigest(),
            "prefix": key,
            "role": caller.role.value,
            "party_id": caller.party_id,
            "is_test": caller.is_test,
            "created_at": START,
            "created_by": "tests",
        }
        connection.execute(register_queries.ADD_KEY, row)
