"""What the command line does with the meter, next to a running server or without one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from gateway.admin.stores import Stores, with_stores
from gateway.api.services import AuditResult
from gateway.billing.runs.bills_audit import audit_bills
from gateway.clock import utc_now
from gateway.i18n import Text
from gateway.messages.stored_errors import StoreUnavailableError
from gateway.metering.entry import LedgerBrokenError, UsageEntry, UsageError
from gateway.metering.events import EventsRefusedError, party_names
from gateway.metering.files import read_file
from gateway.metering.seal import Seal
from gateway.metering.statement import RecordedBatch, Statement
from gateway.settings import Settings
from gateway.store.billing.records import SqlBillingStore
from gateway.store.documents.storage import Storage
from gateway.store.engine import Engines
from gateway.store.ledger.audit import AuditReport, audit
from gateway.store.ledger.audit_pass import AuditFinding
from gateway.store.messages.documents_audit import DocumentsAudit
from gateway.store.messages.documents_audit import audit_documents as documents
from gateway.store.opening import open_database
from gateway.store.record.audit import Progress, audit_record
from gateway.store.writer import Writer

__all__ = ["AuditReport", "CommandRefusedError", "DocumentsAudit", "RecordedBatch", "Seal", "Statement"]

_SEALS_A_PAGE = 1_000

T = TypeVar("T")


class CommandRefusedError(Exception):
    """The command cannot be carried out; the message says why. Nothing was changed, unless it says so."""


def with_meter(settings: Settings, work: Callable[[Stores], Awaitable[T]]) -> T:
    """Run the work on the meter. Raises CommandRefusedError when the meter refuses it."""
    try:
        return with_stores(settings, work)
    except EventsRefusedError as refused:
        lines = [f"row {problem.index}: {problem.text.en}" for problem in refused.problems]
        raise CommandRefusedError("\n".join(lines)) from refused
    except (UsageError, LedgerBrokenError) as error:
        raise CommandRefusedError(str(error)) from error


def statement(settings: Settings, party_id: str, year: int) -> Statement:
    """What the party used in the year. Raises CommandRefusedError when there is no such party."""

    async def work(stores: Stores) -> Statement:
        if stores.register.by_id(party_id) is None:
            raise UsageError(f"there is no party {party_id}")
        return await stores.meter.statement(party_id, year)

    return with_meter(settings, work)


def load_file(settings: Settings, path: Path, progress: Progress) -> RecordedBatch:
    """Record the usage events in a CSV or Parquet file.

    Every row is checked first, against the register and the ledger. Then the rows are recorded in chunks, so that
    messages are delivered meanwhile. Loading a file again is harmless. Raises CommandRefusedError.
    """

    async def work(stores: Stores) -> RecordedBatch:
        meter, names, now = stores.meter, party_names(await stores.register.parties()), utc_now()
        whole = 0
        for chunk in read_file(path, names, now):
            await meter.check(chunk)
            whole += len(chunk)
        batches = []
        for chunk in read_file(path, names, now):
            batches.append(await meter.record(chunk))
            progress(sum(one.received for one in batches), whole)
        return RecordedBatch(
            sum(one.received for one in batches),
            sum(one.recorded for one in batches),
            sum(one.repeated for one in batches),
        )

    try:
        return with_meter(settings, work)
    except ValueError as error:
        raise CommandRefusedError(str(error)) from error


def reverse(settings: Settings, position: int, reason: str, author: str) -> UsageEntry:
    """Undo the entry at this position; returns the entry that does so. Raises CommandRefusedError."""
    return with_meter(settings, lambda stores: stores.meter.reverse(position, reason, author))


def seal(settings: Settings) -> tuple[Seal, ...]:
    """Seal every entry that is not sealed yet; returns the new seals."""
    return with_meter(settings, lambda stores: stores.meter.seal())


def write_seals(settings: Settings, after: int, out: BinaryIO) -> None:
    """Write every seal after this number, one JSON object a line: to publish."""

    async def work(stores: Stores) -> None:
        number = after
        while seals := await stores.meter.seals(number, _SEALS_A_PAGE):
            out.write(msgspec.json.Encoder().encode_lines(seals))
            number = seals[-1].number

    with_meter(settings, work)


def prove(settings: Settings, position: int) -> bytes:
    """The proof of an entry, as JSON. Raises CommandRefusedError."""

    proof = with_meter(settings, lambda stores: stores.meter.prove(position))
    return msgspec.json.format(msgspec.json.encode(proof), indent=2)


def audit_all(
    settings: Settings, published: Path | None, progress: Progress = lambda _done, _whole: None
) -> AuditReport:
    """Audit the meter, the record and the bills, against published seals (JSON lines) when there are. Raises
    CommandRefusedError."""
    import gateway.channels.registry  # noqa: F401 - the tables of channels, whose rows are in the record

    try:
        seals = msgspec.json.Decoder(Seal).decode_lines(published.read_bytes()) if published else []
    except msgspec.DecodeError as error:
        raise CommandRefusedError(f"{published} holds no seals: {error}") from error

    async def run() -> AuditReport:
        async with open_database(settings) as database:
            return await audit_on(database.engines, database.writer, seals, progress)

    return asyncio.run(run())


async def audit_on(
    engines: Engines, writer: Writer, seals: Sequence[Seal] = (), progress: Progress = lambda _done, _whole: None
) -> AuditReport:
    """The same on an open database."""
    meter = await audit(engines, seals)
    record = await asyncio.to_thread(audit_record, engines.url, progress)
    bills = await audit_bills(SqlBillingStore(engines, writer))
    wrong = [AuditFinding("bill", *fault) for fault in bills.faults]
    return replace(
        meter,
        recorded=record.changes,
        billed=bills.totals,
        findings=(*meter.findings, *record.findings, *wrong),
        notes=tuple(AuditFinding("bill", *note) for note in bills.notes),
    )


async def audit_result(engines: Engines, writer: Writer) -> AuditResult:
    """The same for the portal."""
    found = await audit_on(engines, writer)
    counts = [
        (Text("Messages received"), found.received),
        (Text("Entries of the meter"), found.totals.entries),
        (Text("Seals"), found.seals),
        (Text("Changes in the record"), found.recorded),
        (Text("Documents computed again"), sum(totals.documents for totals in found.billed.values())),
    ]
    return AuditResult(counts, [(f"{one.check} {one.subject}", one.sentence) for one in found.findings])


def audit_documents(settings: Settings, progress: Progress) -> DocumentsAudit:
    """Read every document again. Raises CommandRefusedError when the storage cannot be read."""

    async def run() -> DocumentsAudit:
        async with open_database(settings) as database:
            storage = Storage(settings.storage_url(), 0, is_made=False)
            try:
                return await documents(database.engines, database.writer, storage, utc_now(), progress)
            finally:
                storage.close()

    try:
        return asyncio.run(run())
    except StoreUnavailableError as error:
        raise CommandRefusedError(f"document storage cannot be read: {error}") from error


def as_json(report: AuditReport, contents: DocumentsAudit | None) -> bytes:
    """The report of an audit as JSON, with its properties `received` and `holds`, and the audit of documents."""
    holds = not report.findings and (contents is None or not contents.findings)
    content = asdict(report) | {"received": report.received, "holds": holds}
    if contents is not None:
        content["documents"] = asdict(contents)
    return msgspec.json.format(msgspec.json.encode(content), indent=2)
