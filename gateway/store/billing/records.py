"""Keeps what billing does: debtors, steps, runs, documents and the audit chain, on SQLite and PostgreSQL.

Every write begins by locking one row, the head of the audit chain, until its transaction ends: so writers
follow each other, be they processes, numbers have no gaps, and a rollback gives its numbers back.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, Table, exists, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from gateway.billing.documents.bill import Bill
from gateway.billing.rating.services import Service
from gateway.billing.runs.audit_chain import GENESIS, AuditEvent, AuditRecord, next_record
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.errors import InputsMovedError
from gateway.billing.runs.ports import IssuedDocument, IssuedRun, Render
from gateway.billing.runs.run import Run, RunInputs, RunOrder
from gateway.billing.runs.year import StepKind, YearKey, YearStep
from gateway.store.billing.tables import (
    billing_approvals,
    billing_audit,
    billing_counters,
    billing_debtors,
    billing_documents,
    billing_issues,
    billing_runs,
    billing_steps,
)
from gateway.store.engine import Engines
from gateway.store.ledger.tables import usage_seals
from gateway.store.messages.tables import idempotency
from gateway.store.writer import Writer

SENDER = "billing"
"""The key id under which bills are handed in to the gateway itself, each with its number as idempotency key."""
_AUDIT = "audit"


class SqlBillingStore:
    """Fulfils `gateway.billing.runs.ports.BillingStore`."""

    def __init__(self, engines: Engines, writer: Writer) -> None:
        self._read = engines.read
        self._writer = writer

    async def save_debtor(self, debtor: Debtor, event: AuditEvent) -> None:
        """Record a debtor, or a new version of one."""

        def write(connection: Connection) -> None:
            _lock(connection)
            row = {"party_id": debtor.party_id, "at": event.at, "body": _text(debtor)}
            connection.execute(insert(billing_debtors).values(row))
            _seal(connection, event)

        await self._writer.call(write)

    async def debtors(self) -> Mapping[str, Debtor]:
        """The latest version of each, by party id."""
        latest = select(func.max(billing_debtors.c.version)).group_by(billing_debtors.c.party_id)
        chosen = select(billing_debtors.c.body).where(billing_debtors.c.version.in_(latest))
        async with self._read.connect() as connection:
            bodies = (await connection.execute(chosen)).scalars()
        found = [msgspec.json.decode(body, type=Debtor) for body in bodies]
        return {debtor.party_id: debtor for debtor in found}

    async def add_step(self, step: YearStep, event: AuditEvent) -> bool:
        """Add a step; False when its kind and key are there already, and then nothing is added."""

        def write(connection: Connection) -> bool:
            _lock(connection)
            is_new = _add_step(connection, step)
            if is_new:
                _seal(connection, event)
            return is_new

        return await self._writer.call(write)

    async def steps(self, service: Service, year: int) -> Mapping[str, Sequence[YearStep]]:
        """Steps of a year by party id, oldest first."""
        columns = billing_steps.c
        wanted = select(billing_steps).where(columns.service == service, columns.year == year)
        found: dict[str, list[YearStep]] = defaultdict(list)
        async with self._read.connect() as connection:
            for row in await connection.execute(wanted.order_by(columns.number)):
                found[row.party_id].append(_step(row))
        return found

    async def steps_of(self, key: YearKey) -> Sequence[YearStep]:
        """Steps of one party's year, oldest first."""
        columns = billing_steps.c
        wanted = select(billing_steps).where(
            columns.service == key.service, columns.year == key.year, columns.party_id == key.party_id
        )
        async with self._read.connect() as connection:
            return [_step(row) for row in await connection.execute(wanted.order_by(columns.number))]

    async def billed(self, service: Service, year: int) -> Mapping[str, Sequence[Bill]]:
        """Issued documents of a year of use by party id, oldest first."""
        columns = billing_documents.c
        wanted = select(columns.party_id, columns.body).where(columns.service == service, columns.year == year)
        found: dict[str, list[Bill]] = defaultdict(list)
        async with self._read.connect() as connection:
            for row in await connection.execute(wanted.order_by(columns.party_id, columns.place)):
                found[row.party_id].append(msgspec.json.decode(row.body, type=Bill))
        return found

    async def bill(self, number: str) -> Bill | None:
        """The document of this number."""
        async with self._read.connect() as connection:
            wanted = select(billing_documents.c.body).where(billing_documents.c.number == number)
            body = (await connection.execute(wanted)).scalar_one_or_none()
        return None if body is None else msgspec.json.decode(body, type=Bill)

    async def xml(self, number: str) -> bytes | None:
        """The e-invoice as it was issued."""
        async with self._read.connect() as connection:
            wanted = select(billing_documents.c.xml).where(billing_documents.c.number == number)
            return (await connection.execute(wanted)).scalar_one_or_none()

    async def bills(self, issued_in: int) -> Sequence[Bill]:
        """Documents issued in a calendar year, in the order of their numbers."""
        columns = billing_documents.c
        wanted = select(columns.body).where(columns.issued_in == issued_in).order_by(columns.rank)
        async with self._read.connect() as connection:
            return _bills((await connection.execute(wanted)).scalars().all())

    async def unsent(self) -> Sequence[Bill]:
        """Documents that were not handed in to the gateway itself, oldest first."""
        columns = billing_documents.c
        handed_in = exists().where(
            idempotency.c.submitter_id == SENDER, idempotency.c.idempotency_key == columns.number
        )
        wanted = select(columns.body).where(~handed_in).order_by(columns.issued_in, columns.rank)
        async with self._read.connect() as connection:
            return _bills((await connection.execute(wanted)).scalars().all())

    async def bills_of_run(self, run_id: str) -> Sequence[Bill]:
        """Documents of a run, in the order of their numbers."""
        async with self._read.connect() as connection:
            return _bills((await connection.execute(_of_run(run_id))).scalars().all())

    async def add_run(self, run: Run, inputs: RunInputs, event: AuditEvent) -> None:
        """Record a prepared run and its inputs; nothing when it is there."""
        row = {
            "run_id": run.run_id,
            "digest": run.digest,
            "ordered": _text(run.order),
            "inputs": _text(inputs),
            "by": run.prepared_by,
            "at": run.prepared_at,
        }

        def write(connection: Connection) -> None:
            _lock(connection)
            if not _is_there(connection, billing_runs, run.run_id):
                connection.execute(insert(billing_runs).values(row))
                _seal(connection, event)

        await self._writer.call(write)

    async def run(self, run_id: str) -> Run | None:
        """The run with its approval and issue."""
        async with self._read.connect() as connection:
            row = (await connection.execute(_runs.where(billing_runs.c.run_id == run_id))).one_or_none()
        return None if row is None else _run(row)

    async def runs(self, limit: int) -> Sequence[Run]:
        """The runs that were prepared last, newest first."""
        wanted = _runs.order_by(billing_runs.c.at.desc(), billing_runs.c.run_id).limit(limit)
        async with self._read.connect() as connection:
            return [_run(row) for row in await connection.execute(wanted)]

    async def approve(self, run_id: str, by: str, at: datetime, event: AuditEvent) -> None:
        """Record the approval; nothing when it is there."""

        def write(connection: Connection) -> None:
            _lock(connection)
            if not _is_there(connection, billing_approvals, run_id):
                connection.execute(insert(billing_approvals).values(run_id=run_id, by=by, at=at))
                _seal(connection, event)

        await self._writer.call(write)

    async def issue(
        self, run: Run, drafts: Sequence[Bill], steps: Sequence[YearStep], render: Render, event: AuditEvent
    ) -> Sequence[Bill]:
        """Give the drafts the next numbers of their year, without gaps, and keep them. All or nothing.

        Raises InputsMovedError when another run billed one of these parties' years first.
        """

        def write(connection: Connection) -> Sequence[Bill]:
            _lock(connection)
            if _is_there(connection, billing_issues, run.run_id):
                return _bills(connection.execute(_of_run(run.run_id)).scalars().all())
            connection.execute(insert(billing_issues).values(run_id=run.run_id, by=event.actor, at=event.at))
            bills = _number(connection, drafts, render)
            numbers = {bill.debtor.party_id: bill for bill in bills}
            for step in steps:
                _add_step(connection, _with_document(step, numbers.get(step.year.party_id)))
            _seal(connection, event)
            return bills

        try:
            return await self._writer.call(write)
        except IntegrityError as clash:
            raise InputsMovedError(
                f"another run billed the same year while run {run.run_id} was being issued",
                f"een andere run factureerde hetzelfde jaar terwijl run {run.run_id} werd verstuurd",
            ) from clash

    async def audit(self, after: int = 0, limit: int | None = None) -> Sequence[AuditRecord]:
        """The chain, or a part of it from the record after that number, oldest first."""
        number = billing_audit.c.number
        wanted = select(billing_audit).where(number > after).order_by(number).limit(limit)
        async with self._read.connect() as connection:
            return [_record(row) for row in await connection.execute(wanted)]

    async def issued_runs(self) -> Sequence[IssuedRun]:
        """Every run that was issued or has a document, with all that is kept of it, for an audit."""
        billed, steps = billing_documents.c, billing_steps.c
        with_documents = select(billed.run_id).union(select(billing_issues.c.run_id))
        wanted = _runs.add_columns(billing_runs.c.inputs).where(billing_runs.c.run_id.in_(with_documents))
        async with self._read.connect() as connection:
            rows = (await connection.execute(wanted.order_by(billing_runs.c.at, billing_runs.c.run_id))).all()
            documents: dict[str, list[IssuedDocument]] = defaultdict(list)
            for row in await connection.execute(select(billing_documents).order_by(billed.issued_in, billed.rank)):
                bill = msgspec.json.decode(row.body, type=Bill)
                kept = IssuedDocument(bill, row.issued_in, row.rank, row.xml, row.sha256)
                documents[row.run_id].append(kept)
            amounts = await connection.execute(select(steps.document, steps.amount).where(steps.document != ""))
            by_number = {row.document: row.amount for row in amounts}
        found = [_issued_run(row, documents.pop(row.run_id, []), by_number) for row in rows]
        return found + [_stray(run_id, kept, by_number) for run_id, kept in documents.items()]

    async def sealed_links(self) -> Sequence[str]:
        """Heads of the chain that the meter sealed along with its entries, oldest first."""
        wanted = select(usage_seals.c.joined).order_by(usage_seals.c.number)
        async with self._read.connect() as connection:
            words = [word for joined in (await connection.execute(wanted)).scalars() for word in joined.split()]
        return [word.removeprefix("billing=") for word in words if word.startswith("billing=")]

    async def audit_head(self) -> tuple[int, str]:
        """Number and link of the last record, as counted apart from the records."""
        async with self._read.connect() as connection:
            wanted = select(billing_counters.c.value).where(billing_counters.c.name == _AUDIT)
            number = (await connection.execute(wanted)).scalar_one_or_none() or 0
            link = select(billing_audit.c.link).where(billing_audit.c.number == number)
            return number, (await connection.execute(link)).scalar_one_or_none() or GENESIS


def _lock(connection: Connection) -> None:
    """Wait for our turn, until the end of the transaction."""
    _count(connection, _AUDIT, 0)


def _is_there(connection: Connection, table: Table, run_id: str) -> bool:
    return connection.execute(select(table.c.run_id).where(table.c.run_id == run_id)).first() is not None


def _count(connection: Connection, name: str, by: int = 1) -> int:
    """Raise a counter and answer it; whoever comes next waits until this transaction ends."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    raised = {"value": billing_counters.c.value + by}
    insertion = dialect.insert(billing_counters).values(name=name, value=by)
    counted = insertion.on_conflict_do_update(index_elements=["name"], set_=raised)
    value: int = connection.execute(counted.returning(billing_counters.c.value)).scalar_one()
    return value


def _seal(connection: Connection, event: AuditEvent) -> None:
    """Add a event to the chain; the caller holds the lock."""
    number = _count(connection, _AUDIT)
    last = select(billing_audit.c.link).where(billing_audit.c.number == number - 1)
    record = next_record(number, event, connection.execute(last).scalar_one_or_none() or GENESIS)
    row = {
        "number": number,
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "at": event.at,
        "detail": event.detail,
        "digest": event.digest,
        "previous": record.previous,
        "link": record.link,
    }
    connection.execute(insert(billing_audit).values(row))


def _add_step(connection: Connection, step: YearStep) -> bool:
    columns = billing_steps.c
    there = select(columns.number).where(
        columns.service == step.year.service,
        columns.year == step.year.year,
        columns.party_id == step.year.party_id,
        columns.kind == step.kind,
        columns.key == step.key,
    )
    if (connection.execute(there)).first() is not None:
        return False
    row = {
        "party_id": step.year.party_id,
        "service": step.year.service,
        "year": step.year.year,
        "kind": step.kind,
        "key": step.key,
        "means": step.means,
        "units": step.units,
        "amount": step.amount,
        "document": step.document,
        "by": step.by,
        "at": step.at,
    }
    connection.execute(insert(billing_steps).values(row))
    return True


def _number(connection: Connection, drafts: Sequence[Bill], render: Render) -> Sequence[Bill]:
    """Number and keep the drafts, in their order."""
    bills = []
    for draft in drafts:
        year = draft.issued_on.year
        rank = _count(connection, f"number {year}")
        bill = draft.with_number(f"{draft.issuer.number_prefix}{year}-{rank:06}")
        xml = render(bill)
        row = {
            "number": bill.number,
            "run_id": bill.run_id,
            "party_id": bill.debtor.party_id,
            "service": bill.service,
            "year": bill.year,
            "place": bill.place,
            "issued_in": year,
            "rank": rank,
            "body": _text(bill),
            "xml": xml,
            "sha256": hashlib.sha256(xml).hexdigest(),
        }
        connection.execute(insert(billing_documents).values(row))
        bills.append(bill)
    return bills


def _of_run(run_id: str) -> Select[str]:
    columns = billing_documents.c
    return select(columns.body).where(columns.run_id == run_id).order_by(columns.issued_in, columns.rank)


def _bills(bodies: Sequence[str]) -> Sequence[Bill]:
    return [msgspec.json.decode(body, type=Bill) for body in bodies]


def _with_document(step: YearStep, bill: Bill | None) -> YearStep:
    return step if bill is None else replace(step, document=bill.number, amount=bill.amounts.including)


def _text(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _step(row: Row[Any]) -> YearStep:
    return YearStep(
        year=YearKey(row.party_id, Service(row.service), row.year),
        kind=StepKind(row.kind),
        key=row.key,
        by=row.by,
        at=row.at,
        means=row.means,
        units=row.units,
        amount=row.amount,
        document=row.document,
    )


def _issued_run(
    row: Row[*tuple[Any, ...]], documents: Sequence[IssuedDocument], amounts: Mapping[str, Decimal]
) -> IssuedRun:
    return IssuedRun(_run(row), row.inputs.encode(), tuple(documents), amounts)


def _stray(run_id: str, documents: Sequence[IssuedDocument], amounts: Mapping[str, Decimal]) -> IssuedRun:
    """Documents whose run is gone: what it was is not known, and the audit will say so."""
    bill = documents[0].bill
    order = RunOrder(bill.stage, bill.service, bill.year, bill.issued_on)
    run = Run(run_id, order, "", "", datetime.fromtimestamp(0, UTC))
    return IssuedRun(run, b"", tuple(documents), amounts)


_runs = (
    select(
        billing_runs.c.run_id,
        billing_runs.c.ordered,
        billing_runs.c.digest,
        billing_runs.c.by,
        billing_runs.c.at,
        billing_approvals.c.by.label("approved_by"),
        billing_approvals.c.at.label("approved_at"),
        billing_issues.c.by.label("issued_by"),
        billing_issues.c.at.label("issued_at"),
    )
    .outerjoin_from(billing_runs, billing_approvals, billing_approvals.c.run_id == billing_runs.c.run_id)
    .outerjoin(billing_issues, billing_issues.c.run_id == billing_runs.c.run_id)
)


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
    )


def _record(row: Row[Any]) -> AuditRecord:
    event = AuditEvent(row.actor, row.action, row.subject, row.at, row.detail, row.digest)
    return AuditRecord(row.number, event, row.previous, row.link)
