"""Stores what billing does: debtors, steps, runs, documents, payments and deliveries, on SQLite and PostgreSQL.

Every write begins by taking one lock, until its transaction ends. So writers, also of several processes, follow
each other, numbers have no gaps, and a rollback returns its numbers.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from gateway import __version__
from gateway.billing.delivery import BillDelivery, DeliveryMeans
from gateway.billing.documents.bill import Bill
from gateway.billing.payments.payment import Payment
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Tariff
from gateway.billing.runs.audit_event import AuditEvent
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.errors import InputsMovedError
from gateway.billing.runs.ports import (
    BillFiles,
    IssuedDocument,
    IssuedRun,
    TariffProposal,
    WriteFiles,
    refuse_earlier,
    with_documents,
)
from gateway.billing.runs.run import Run, RunInputs, RunOrder
from gateway.billing.runs.year import StepKind, YearKey, YearStep
from gateway.i18n import Text
from gateway.store.billing import queries
from gateway.store.billing.additions import add_once, count_at, lock_billing, log_event
from gateway.store.billing.queries import Addition
from gateway.store.engine import Engines
from gateway.store.writer import Writer

_TRIES = 5


class _NumberTakenError(Exception):
    """Another run took a number between the writing of a bill and its transaction."""


class SqlBillingStore:
    """Implements the protocols of billing: `BillingStore`, `PaymentStore` and `DeliveryStore`."""

    def __init__(self, engines: Engines, writer: Writer) -> None:
        self._engines = engines
        self._writer = writer

    async def save_debtor(self, debtor: Debtor, event: AuditEvent) -> None:
        """Record a debtor, or a new version of one."""

        def write(connection: Connection) -> None:
            lock_billing(connection)
            values = {"party_id": debtor.party_id, "at": event.at, "body": _text(debtor)}
            add_once(connection, queries.ADD_DEBTOR, values, event.at)
            log_event(connection, event)

        await self._writer.call(write)

    async def debtors(self) -> Sequence[Debtor]:
        """Every record of every debtor, oldest first."""
        return [msgspec.json.decode(row.body, type=Debtor) for row in await self._engines.rows(queries.DEBTORS)]

    async def add_step(self, step: YearStep, event: AuditEvent) -> bool:
        """Add a step; False when its kind and key are there already, and then nothing is added."""
        return await self._record_once(queries.ADD_STEP, _step_values(step), event)

    async def steps(self, service: Service, year: int) -> Mapping[str, Sequence[YearStep]]:
        """Steps of a year by party id, oldest first."""
        found: dict[str, list[YearStep]] = defaultdict(list)
        for row in await self._engines.rows(queries.STEPS_OF_YEAR, service=service, year=year):
            found[row.party_id].append(_step(row))
        return found

    async def steps_of(self, key: YearKey) -> Sequence[YearStep]:
        """Steps of one party's year, oldest first."""
        rows = await self._engines.rows(
            queries.STEPS_OF_PARTY, service=key.service, year=key.year, party_id=key.party_id
        )
        return [_step(row) for row in rows]

    async def bills_by_party(self, service: Service, year: int) -> Mapping[str, Sequence[Bill]]:
        """Issued documents of a year of use by party id, oldest first."""
        found: dict[str, list[Bill]] = defaultdict(list)
        for row in await self._engines.rows(queries.BILLS_OF_YEAR, service=service, year=year):
            found[row.party_id].append(_bill(row.body))
        return found

    async def bill(self, number: str) -> Bill | None:
        """The document of this number."""
        body = await self._engines.scalar(queries.BILL, number=number)
        return None if body is None else _bill(body)

    async def xml(self, number: str) -> bytes | None:
        """The e-invoice as it was issued."""
        return await self._engines.scalar(queries.BILL_XML, number=number)

    async def pdf(self, number: str) -> bytes | None:
        """The PDF as it was issued."""
        return await self._engines.scalar(queries.BILL_PDF, number=number)

    async def bills(self, issued_in: int) -> Sequence[Bill]:
        """Documents issued in a calendar year, in the order of their numbers."""
        return [_bill(row.body) for row in await self._engines.rows(queries.BILLS_ISSUED_IN, issued_in=issued_in)]

    async def unsent(self) -> Sequence[Bill]:
        """Documents that have not left, as a message or otherwise, oldest first."""
        return [_bill(row.body) for row in await self._engines.rows(queries.UNSENT_BILLS)]

    async def bills_of_run(self, run_id: str) -> Sequence[Bill]:
        """Documents of a run, in the order of their numbers."""
        return [_bill(row.body) for row in await self._engines.rows(queries.BILLS_OF_RUN, run_id=run_id)]

    async def add_run(self, run: Run, inputs: RunInputs, event: AuditEvent) -> None:
        """Record a prepared run and its inputs; nothing when it is there."""
        values = {
            "run_id": run.run_id,
            "digest": run.digest,
            "ordered": _text(run.order),
            "inputs": _text(inputs),
            "by": run.prepared_by,
            "at": run.prepared_at,
            "position": run.position,
        }
        await self._record_once(queries.ADD_RUN, values, event)

    async def run(self, run_id: str) -> Run | None:
        """The run with its approval and issue."""
        rows = await self._engines.rows(queries.RUN, run_id=run_id)
        return _run(rows[0]) if rows else None

    async def runs(self, limit: int) -> Sequence[Run]:
        """The runs that were prepared last, newest first."""
        return [_run(row) for row in await self._engines.rows(queries.NEWEST_RUNS, limit=limit)]

    async def approve(self, run_id: str, by: str, at: datetime, event: AuditEvent) -> None:
        """Record the approval of a run or a proposed tariff; nothing when it is there."""
        await self._record_once(queries.ADD_APPROVAL, {"run_id": run_id, "by": by, "at": at}, event)

    async def add_tariff(self, proposal: TariffProposal, event: AuditEvent) -> None:
        """Record a proposed tariff."""
        body = _text((proposal.tariff, proposal.cost, proposal.units))
        values = {"proposal_id": proposal.proposal_id, "body": body, "by": proposal.by, "at": proposal.at}
        await self._record_once(queries.ADD_TARIFF, values, event)

    async def tariffs(self) -> Sequence[TariffProposal]:
        """Every proposed tariff, with its approval, oldest first."""
        found = []
        for row in await self._engines.rows(queries.TARIFFS):
            tariff, cost, units = msgspec.json.decode(row.body, type=tuple[Tariff, Decimal, int])
            approved = (row.approved_by or "", row.approved_at)
            found.append(TariffProposal(row.proposal_id, tariff, cost, units, row.by, row.at, *approved))
        return found

    async def issued_bills(self, number: str | None = None) -> Sequence[Bill]:
        """Every issued document, or the one of this number, in the order of their numbers."""
        if number is not None:
            return [bill] if (bill := await self.bill(number)) else []
        return [_bill(row.body) for row in await self._engines.rows(queries.ISSUED_BILLS)]

    async def payments(self, number: str | None = None) -> Sequence[Payment]:
        """Every payment, or those of one bill, in the order in which they were recorded."""
        if number is None:
            return [_payment(row) for row in await self._engines.rows(queries.PAYMENTS)]
        return [_payment(row) for row in await self._engines.rows(queries.PAYMENTS_OF_BILL, number=number)]

    async def add_payments(self, payments: Sequence[Payment], event: AuditEvent) -> int:
        """Record payments; how many are new."""

        def write(connection: Connection) -> int:
            lock_billing(connection)
            values = [asdict(one) | {"booked_on": one.booked_on.isoformat()} for one in payments]
            new = sum(add_once(connection, queries.ADD_PAYMENT, one, event.at) for one in values)
            if new:
                log_event(connection, event)
            return new

        return await self._writer.call(write)

    async def deliveries(self) -> Mapping[str, Sequence[BillDelivery]]:
        """Deliveries by the number of the bill or the name of the reminder, oldest first."""
        found: dict[str, list[BillDelivery]] = defaultdict(list)
        for row in await self._engines.rows(queries.DELIVERIES):
            delivery = BillDelivery(row.number, DeliveryMeans(row.means), row.to, row.by, row.at)
            found[row.number].append(delivery)
        return found

    async def add_delivery(self, delivery: BillDelivery) -> bool:
        """Record a delivery; False when the bill left by these means before."""
        return await self._record_once(queries.ADD_DELIVERY, asdict(delivery), delivery.event())

    async def _record_once(self, addition: Addition, values: Mapping[str, object], event: AuditEvent) -> bool:
        """Insert a row, and record the event when its key was not there yet; whether that was so."""

        def write(connection: Connection) -> bool:
            lock_billing(connection)
            is_new = add_once(connection, addition, values, event.at)
            if is_new:
                log_event(connection, event)
            return is_new

        return await self._writer.call(write)

    async def issue(
        self, run: Run, drafts: Sequence[Bill], steps: Sequence[YearStep], write: WriteFiles, event: AuditEvent
    ) -> Sequence[Bill]:
        """Give the drafts the next numbers of their year, without gaps, and store them. All or nothing.

        The files are written before the transaction, which others wait for: again when another run took the
        numbers meanwhile. Raises InputsMovedError when another run billed one of these parties' years first, and
        StepRefusedError when the last number of the year has a later date.
        """
        year = run.order.issued_on.year
        for _ in range(_TRIES):
            first = 1 + (await self._engines.scalar(queries.NUMBERS_GIVEN, name=f"number {year}") or 0)
            bills = [_with_rank(draft, year, rank) for rank, draft in enumerate(drafts, first)]
            files = await asyncio.to_thread(_write_all, bills, write)
            with suppress(_NumberTakenError):
                return await self._issue(run, list(zip(bills, files, strict=True)), steps, event)
        raise _overtaken(run)

    async def _issue(
        self, run: Run, written: Sequence[tuple[Bill, BillFiles]], steps: Sequence[YearStep], event: AuditEvent
    ) -> Sequence[Bill]:
        """Raises _NumberTakenError when the bills do not have the next numbers any more."""
        bills = [bill for bill, _ in written]

        def write(connection: Connection) -> Sequence[Bill]:
            lock_billing(connection)
            issue = {"run_id": run.run_id, "by": event.actor, "at": event.at}
            if not add_once(connection, queries.ADD_ISSUE, issue, event.at):
                rows = connection.execute(queries.BILLS_OF_RUN, {"run_id": run.run_id})
                return [_bill(row.body) for row in rows]
            _check_order(connection, run)
            for bill, files in written:
                _add_bill(connection, bill, files, event.at)
            for step in steps:
                add_once(connection, queries.ADD_STEP, _step_values(with_documents(step, bills)), event.at)
            log_event(connection, event)
            return bills

        try:
            return await self._writer.call(write)
        except IntegrityError as clash:
            raise _overtaken(run) from clash

    async def issued_runs(self) -> Sequence[IssuedRun]:
        """Every run that was issued or has a document, with all that is stored of it, for an audit."""
        return await self._engines.run(_issued_runs)


_STEP = ("kind", "key", "means", "units", "amount", "document", "by", "at")


def _step_values(step: YearStep) -> dict[str, object]:
    year = {"party_id": step.year.party_id, "service": step.year.service, "year": step.year.year}
    return year | {name: getattr(step, name) for name in _STEP}


def _check_order(connection: Connection, run: Run) -> None:
    """Dates follow numbers. Raises StepRefusedError."""
    day = run.order.issued_on
    body = connection.scalar(queries.LAST_BILL_ISSUED_IN, {"issued_in": day.year})
    if body is not None:
        refuse_earlier(_bill(body), day)


def _write_all(bills: Sequence[Bill], write: WriteFiles) -> list[BillFiles]:
    return [write(bill) for bill in bills]


def _with_rank(draft: Bill, year: int, rank: int) -> Bill:
    return draft.with_number(f"{draft.issuer.number_prefix}{year}-{rank:06}")


def _add_bill(connection: Connection, bill: Bill, files: BillFiles, at: datetime) -> None:
    """Store a bill that has the next number of its year. Raises _NumberTakenError."""
    year = bill.issued_on.year
    rank = count_at(connection, f"number {year}", at)
    if bill != _with_rank(bill, year, rank):
        raise _NumberTakenError
    values = {
        "number": bill.number,
        "run_id": bill.run_id,
        "party_id": bill.party_id,
        "service": bill.service,
        "year": bill.year,
        "ordinal": bill.ordinal,
        "issued_in": year,
        "rank": rank,
        "body": _text(bill),
        "xml": files.xml,
        "sha256": hashlib.sha256(files.xml).hexdigest(),
        "version": __version__,
        "pdf": files.pdf,
        "pdf_sha256": hashlib.sha256(files.pdf).hexdigest(),
        "pdf_version": files.pdf_version,
    }
    add_once(connection, queries.ADD_DOCUMENT, values, at)


def _overtaken(run: Run) -> InputsMovedError:
    return InputsMovedError(
        Text("another run billed the same year while run {run_id} was being issued", run_id=run.run_id),
    )


def _bill(body: str) -> Bill:
    return msgspec.json.decode(body, type=Bill)


def _text(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _step(row: Row[Any]) -> YearStep:
    return YearStep(
        year=YearKey(row.party_id, Service(row.service), row.year),
        kind=StepKind(row.kind),
        **{name: getattr(row, name) for name in _STEP if name != "kind"},
    )


def _payment(row: Row[Any]) -> Payment:
    booked_on = date.fromisoformat(row.booked_on)
    return Payment(row.entry_id, row.number, row.amount, booked_on, row.by, row.at)


def _issued_runs(connection: Connection) -> list[IssuedRun]:
    runs = connection.execute(queries.ISSUED_RUNS).all()
    documents: dict[str, list[IssuedDocument]] = defaultdict(list)
    for row in connection.execute(queries.DOCUMENTS):
        documents[row.run_id].append(
            IssuedDocument(
                bill=_bill(row.body),
                issued_in=row.issued_in,
                rank=row.rank,
                xml=row.xml,
                sha256=row.sha256,
                version=row.version,
                pdf_sha256=row.pdf_sha256,
                pdf_version=row.pdf_version,
            )
        )
    amounts = {tuple(row.document.split()): row.amount for row in connection.execute(queries.AMOUNTS_OF_DOCUMENTS)}
    found = [
        IssuedRun(_run(row), row.inputs.encode(), tuple(documents.pop(row.run_id, ())), amounts) for row in runs
    ]
    return found + [_lost_run(run_id, kept, amounts) for run_id, kept in documents.items()]


def _lost_run(
    run_id: str, documents: Sequence[IssuedDocument], amounts: Mapping[tuple[str, ...], Decimal]
) -> IssuedRun:
    """Documents whose run is gone: what it was is not known, and the audit reports it."""
    bill = documents[0].bill
    order = RunOrder(bill.stage, bill.service, bill.year, bill.issued_on)
    run = Run(run_id, order, "", "", datetime.fromtimestamp(0, UTC))
    return IssuedRun(run, b"", tuple(documents), amounts)


def _run(row: Row[*tuple[Any, ...]]) -> Run:
    return Run(
        run_id=row.run_id,
        order=msgspec.json.decode(row.ordered, type=RunOrder),
        digest=row.digest,
        prepared_by=row.by,
        prepared_at=row.at,
        approved_by=row.approved_by or "",
        approved_at=row.approved_at,
        issued_by=row.issued_by or "",
        issued_at=row.issued_at,
        position=row.position,
    )
