"""Parts of a gateway that keep what they are given in memory, for tests of what uses them."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import msgspec

from gateway import __version__
from gateway.billing.documents.bill import Bill
from gateway.billing.rating.services import Service
from gateway.billing.runs.audit_event import AuditEvent
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.ports import (
    ALL,
    BillFiles,
    IssuedDocument,
    IssuedRun,
    MeteredEntry,
    Positions,
    TariffProposal,
    WriteFiles,
    refuse_earlier,
    with_documents,
)
from gateway.billing.runs.run import Run, RunInputs
from gateway.billing.runs.year import YearKey, YearStep
from gateway.clock import billing_date
from gateway.messages.contents import Contents, check_contents
from gateway.messages.decision import Contact, Decision, Move
from gateway.messages.lifecycle import Disposition, State
from gateway.messages.message import JournalEntry, Message, StoredAttachment
from gateway.messages.participants import Party, Role
from gateway.messages.ports import CheckedBytes
from gateway.messages.stored_errors import MissingDocumentError
from gateway.messages.submission import StoredBytes
from gateway.pipeline.ports import Destination, QueuedMessage
from gateway.pipeline.queue import JudgingQueue
from gateway.store.documents.checked import HeldContent
from gateway.validator.model.document import Attachment
from gateway.validator.model.identifiers import PartyIdentifier

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""When the clock of an outbox begins."""


class MemoryRegister:
    """A register of these parties. Implements `gateway.messages.participants.Register`."""

    def __init__(self, *parties: Party) -> None:
        self._parties = parties

    def by_id(self, party_id: str) -> Party | None:
        """The party with this id."""
        return next((party for party in self._parties if party.party_id == party_id), None)

    def by_identifier(self, identifier: PartyIdentifier) -> Party | None:
        """The party with this identifier."""
        return next((party for party in self._parties if identifier in party.identifiers), None)


class MemoryQueue(JudgingQueue):
    """Notes what it is offered, which has no bytes with it and is judged in a worker."""

    def __init__(self) -> None:
        self.offered: list[str] = []

    @property
    def waiting_count(self) -> int:
        """Messages that were offered."""
        return len(self.offered)

    def __contains__(self, kenmerk: str) -> bool:
        """Whether it was offered."""
        return kenmerk in self.offered

    def offer(self, message: Message, data: bytes | None, *, is_suspect: bool = False) -> None:
        """Note it. Raises ValueError for one that comes otherwise."""
        if data is not None or not is_suspect:
            raise ValueError(message.kenmerk)
        self.offered.append(message.kenmerk)


@dataclass
class MemoryOutbox:
    """An outbox and its documents. Implements `gateway.pipeline.ports.Outbox`."""

    destinations: dict[str, Destination] = field(default_factory=dict)
    waiting: dict[str, list[QueuedMessage]] = field(default_factory=dict)
    again_at: dict[str, datetime] = field(default_factory=dict)
    journal: dict[str, list[JournalEntry]] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    mailboxes: list[str] = field(default_factory=list)
    """Delivered messages that their recipients collect."""
    now: datetime = START

    def add(self, recipient_id: str, kenmerk: str, document: bytes = b"<Invoice/>") -> None:
        """A message that was judged and waits."""
        message = _message(recipient_id, kenmerk, document)
        self.waiting.setdefault(recipient_id, []).append(QueuedMessage(message, self.now))
        self.journal[kenmerk] = []
        self.documents[kenmerk] = document

    def send_to(self, recipient_id: str, method: str, url: str) -> None:
        """The recipient's choice."""
        self.destinations[recipient_id] = Destination(recipient_id, method, url)

    def codes(self, kenmerk: str) -> list[str]:
        """The statuscodes of a message."""
        return [entry.statuscode for entry in self.journal[kenmerk]]

    async def due(self, now: datetime) -> tuple[Destination, ...]:
        """Where something waits that may be delivered now."""
        return tuple(
            destination
            for name, destination in self.destinations.items()
            if self.waiting.get(name) and self.again_at.get(name, START) <= now
        )

    async def next_due_at(self) -> datetime | None:
        """When the next one may be delivered."""
        return min(
            (self.again_at.get(name, self.now) for name, left in self.waiting.items() if left), default=None
        )

    async def destination(self, recipient_id: str) -> Destination:
        """Where a recipient wants its messages."""
        return self.destinations[recipient_id]

    async def first(self, recipient_id: str) -> QueuedMessage | None:
        """What is next for a recipient."""
        return next(iter(self.waiting.get(recipient_id, ())), None)

    async def commit(self, decision: Decision) -> Decision:
        """As the store commits a decision."""
        message = decision.message
        recipient_id = message.recipient_id or ""
        self.journal[message.kenmerk].extend(decision.entries)
        left = [one for one in self.waiting[recipient_id] if one.message.kenmerk != message.kenmerk]
        if Move.OUT_OF_OUTBOX not in decision.moves:
            left.insert(0, replace(self.waiting[recipient_id][0], message=message))
        self.waiting[recipient_id] = left
        if Move.INTO_MAILBOX in decision.moves:
            self.mailboxes.append(message.kenmerk)
        if decision.contact is not None:
            self._note_contact(decision.contact)
        return decision

    def _note_contact(self, contact: Contact) -> None:
        destination = self.destinations[contact.recipient_id]
        if contact.again_at is None:
            self.destinations[contact.recipient_id] = replace(destination, failures=0)
        else:
            self.again_at[contact.recipient_id] = contact.again_at
            self.destinations[contact.recipient_id] = replace(destination, failures=destination.failures + 1)

    def message(self, kenmerk: str) -> Message:
        """One that waits."""
        return next(
            one.message for left in self.waiting.values() for one in left if one.message.kenmerk == kenmerk
        )

    async def ready(self, kenmerk: str) -> tuple[Message, Contents]:
        """One that waits, as a delivery method gets it."""
        message = self.message(kenmerk)
        return message, await check_contents(self, message.document, message.attachments)

    async def check(self, where: StoredBytes) -> CheckedBytes:
        """The bytes there. Raises MissingDocumentError when they are gone."""
        if where.key not in {"pdf", *self.documents}:
            raise MissingDocumentError(where)
        return HeldContent(b"%PDF" if where.key == "pdf" else self.documents[where.key])


def _message(recipient_id: str, kenmerk: str, document: bytes) -> Message:
    attached = Attachment(1, "application/pdf", "urenstaat.pdf", 4, "")
    return Message(
        kenmerk=kenmerk,
        state=State.CHECKED,
        disposition=Disposition.PENDING,
        channel="http",
        received_at=START,
        document=_stored_bytes(kenmerk, document),
        submitter_id="van-dijk",
        role=Role.SUPPLIER,
        recipient_id=recipient_id,
        attachments=(StoredAttachment(attached, _stored_bytes("pdf", b"%PDF")),),
    )


def _stored_bytes(key: str, data: bytes) -> StoredBytes:
    return StoredBytes(key, 0, len(data), hashlib.sha256(data).hexdigest())


@dataclass
class MemoryUsageCounts:
    """Counts entries by their Amsterdam day. Implements `gateway.billing.runs.ports.UsageCounts`."""

    lines: list[tuple[str, Service, MeteredEntry]] = field(default_factory=list)

    def add(
        self,
        party_id: str,
        units: int,
        at: datetime,
        service: Service = Service.DIGIPOORT,
        kind: str = "delivered-to",
    ) -> None:
        """Count units at a moment in UTC; units below zero correct earlier ones."""
        number = len(self.lines) + 1
        entry = MeteredEntry(f"{number}", f"kenmerk-{number}", kind, at, units)
        self.lines.append((party_id, service, entry))

    async def by_party(self, service: Service, first: date, last: date) -> Mapping[str, Mapping[str, int]]:
        """Units by party id and kind."""
        found: dict[str, dict[str, int]] = {}
        for party_id, counted, entry in self.lines:
            if counted is service and first <= billing_date(entry.at) <= last:
                kinds = found.setdefault(party_id, {})
                kinds[entry.kind] = kinds.get(entry.kind, 0) + entry.quantity
        return found

    async def by_day(self, party_id: str, service: Service, first: date, last: date) -> Mapping[date, int]:
        """Units of one party by day."""
        found: dict[date, int] = {}
        for entry in await self.entries(party_id, service, first, last, ALL, len(self.lines)):
            day = billing_date(entry.at)
            found[day] = found.get(day, 0) + entry.quantity
        return found

    async def by_kind(
        self, party_id: str, service: Service, first: date, last: date, positions: Positions
    ) -> Mapping[str, int]:
        """Units of one party by kind, of the entries at these positions."""
        found: dict[str, int] = {}
        for entry in await self.entries(party_id, service, first, last, positions, len(self.lines)):
            found[entry.kind] = found.get(entry.kind, 0) + entry.quantity
        return found

    async def position(self) -> int:
        """How many entries there are."""
        return len(self.lines)

    async def has_entries(self, service: Service, first: date, last: date, positions: Positions) -> bool:
        """Whether there is any entry of a service and these days at these positions."""
        return any(
            [await self.entries(party_id, service, first, last, positions, 1) for party_id, _, _ in self.lines]
        )

    async def entries(
        self,
        party_id: str,
        service: Service,
        first: date,
        last: date,
        positions: Positions,
        limit: int,
        *,
        newest: bool = False,
    ) -> Sequence[MeteredEntry]:
        """The entries behind a count."""
        after, until = positions
        found = [
            entry
            for party, counted, entry in self.lines[after:until]
            if (party, counted) == (party_id, service) and first <= billing_date(entry.at) <= last
        ]
        return found[-limit:] if newest else found[:limit]


class MemoryBillingStore:
    """Implements `gateway.billing.runs.ports.BillingStore`."""

    def __init__(self) -> None:
        self.known: list[Debtor] = []
        self.taken: list[YearStep] = []
        self.runs_by_id: dict[str, Run] = {}
        self.inputs: dict[str, bytes] = {}
        self.issued: list[tuple[Bill, BillFiles]] = []
        self.proposed: dict[str, TariffProposal] = {}
        self.events: list[AuditEvent] = []

    async def save_debtor(self, debtor: Debtor, event: AuditEvent) -> None:
        """Record whom to bill."""
        self.known.append(debtor)
        self.events.append(event)

    async def debtors(self) -> Sequence[Debtor]:
        """Every record of every debtor."""
        return self.known

    async def add_step(self, step: YearStep, event: AuditEvent) -> bool:
        """Add a step; False when it was there already."""
        if any((known.year, known.kind, known.key) == (step.year, step.kind, step.key) for known in self.taken):
            return False
        self.taken.append(step)
        self.events.append(event)
        return True

    async def steps(self, service: Service, year: int) -> Mapping[str, Sequence[YearStep]]:
        """The steps of a year, by party."""
        found: dict[str, list[YearStep]] = {}
        for step in self.taken:
            if (step.year.service, step.year.year) == (service, year):
                found.setdefault(step.year.party_id, []).append(step)
        return found

    async def steps_of(self, key: YearKey) -> Sequence[YearStep]:
        """The steps of one party's year."""
        return [step for step in self.taken if step.year == key]

    async def bills_by_party(self, service: Service, year: int) -> Mapping[str, Sequence[Bill]]:
        """The documents of a service and year, by party."""
        found: dict[str, list[Bill]] = {}
        for bill, _ in self.issued:
            if (bill.service, bill.year) == (service, year):
                found.setdefault(bill.party_id, []).append(bill)
        return found

    async def bill(self, number: str) -> Bill | None:
        """One document by its number."""
        return next((bill for bill, _ in self.issued if bill.number == number), None)

    async def xml(self, number: str) -> bytes | None:
        """The e-invoice of a document."""
        return next((files.xml for bill, files in self.issued if bill.number == number), None)

    async def pdf(self, number: str) -> bytes | None:
        """The PDF of a document."""
        return next((files.pdf for bill, files in self.issued if bill.number == number), None)

    async def bills(self, issued_in: int) -> Sequence[Bill]:
        """The documents issued in a calendar year."""
        return [bill for bill, _ in self.issued if bill.issued_on.year == issued_in]

    async def unsent(self) -> Sequence[Bill]:
        """Everything that was issued: nothing is sent here."""
        return [bill for bill, _ in self.issued]

    async def bills_of_run(self, run_id: str) -> Sequence[Bill]:
        """The documents of a run."""
        return [bill for bill, _ in self.issued if bill.run_id == run_id]

    async def add_run(self, run: Run, inputs: RunInputs, event: AuditEvent) -> None:
        """Keep a prepared run with its inputs."""
        if run.run_id not in self.runs_by_id:
            self.runs_by_id[run.run_id] = run
            self.inputs[run.run_id] = msgspec.json.encode(inputs, order="deterministic")
            self.events.append(event)

    async def run(self, run_id: str) -> Run | None:
        """One run."""
        return self.runs_by_id.get(run_id)

    async def runs(self, limit: int) -> Sequence[Run]:
        """The newest runs."""
        return sorted(self.runs_by_id.values(), key=lambda run: run.prepared_at, reverse=True)[:limit]

    async def approve(self, run_id: str, by: str, at: datetime, event: AuditEvent) -> None:
        """Record the approval of a run or a proposed tariff."""
        if run_id in self.runs_by_id:
            self.runs_by_id[run_id] = replace(self.runs_by_id[run_id], approved_by=by, approved_at=at)
        else:
            self.proposed[run_id] = replace(self.proposed[run_id], approved_by=by, approved_at=at)
        self.events.append(event)

    async def add_tariff(self, proposal: TariffProposal, event: AuditEvent) -> None:
        """Keep a proposed tariff."""
        self.proposed[proposal.proposal_id] = proposal
        self.events.append(event)

    async def tariffs(self) -> Sequence[TariffProposal]:
        """Every proposed tariff."""
        return list(self.proposed.values())

    async def issue(
        self, run: Run, drafts: Sequence[Bill], steps: Sequence[YearStep], write: WriteFiles, event: AuditEvent
    ) -> Sequence[Bill]:
        """Number and keep the documents of a run."""
        new: list[tuple[Bill, BillFiles]] = []
        day = run.order.issued_on
        for last in [bill for bill, _ in self.issued if bill.issued_on.year == day.year][-1:]:
            refuse_earlier(last, day)
        for draft in drafts:
            year = draft.issued_on.year
            rank = 1 + sum(bill.issued_on.year == year for bill, _ in (*self.issued, *new))
            bill = draft.with_number(f"{draft.issuer.number_prefix}{year}-{rank:06}")
            new.append((bill, write(bill)))
        self.issued += new  # nothing above this line has changed anything
        self.taken += [with_documents(step, [bill for bill, _ in new]) for step in steps]
        self.runs_by_id[run.run_id] = replace(
            self.runs_by_id[run.run_id], issued_by=event.actor, issued_at=event.at
        )
        self.events.append(event)
        return [bill for bill, _ in new]

    async def issued_runs(self) -> Sequence[IssuedRun]:
        """The runs that were issued, with their documents."""
        steps = {tuple(step.documents): step.amount for step in self.taken if step.document}
        return [
            IssuedRun(run, self.inputs[run.run_id], tuple(self._documents(run.run_id)), steps)
            for run in self.runs_by_id.values()
            if run.issued_by
        ]

    def _documents(self, run_id: str) -> Iterator[IssuedDocument]:
        for bill, files in self.issued:
            if bill.run_id == run_id:
                rank = int(bill.number.rpartition("-")[2])
                yield IssuedDocument(
                    bill=bill,
                    issued_in=bill.issued_on.year,
                    rank=rank,
                    xml=files.xml,
                    sha256=hashlib.sha256(files.xml).hexdigest(),
                    version=__version__,
                    pdf_sha256=hashlib.sha256(files.pdf).hexdigest(),
                    pdf_version=files.pdf_version,
                )
