"""Billing in memory: a store that keeps every bill and step, and counts of usage."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from gateway import __version__
from gateway.billing.documents.bill import Bill
from gateway.billing.rating.services import Service
from gateway.billing.runs.audit_event import AuditEvent
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.ports import (
    BillFiles,
    IssuedDocument,
    IssuedRun,
    TariffProposal,
    WriteFiles,
    refuse_earlier,
    with_documents,
)
from gateway.billing.runs.run import Run, RunInputs
from gateway.billing.runs.year import YearKey, YearStep


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
