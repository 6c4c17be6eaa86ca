"""The audit of the meter, the record of everything else, the bills and the documents."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gateway.admin.stores import CommandRefusedError, with_database
from gateway.billing.runs.bills_audit import audit_bills
from gateway.clock import utc_now
from gateway.i18n import Text
from gateway.json_text import indented_json
from gateway.messages.stored_errors import StoreUnavailableError
from gateway.metering.seal import Seal
from gateway.progress import Progress, unseen
from gateway.settings import Settings
from gateway.store.billing.records import SqlBillingStore
from gateway.store.engine import Engines
from gateway.store.ledger.audit import AuditReport, audit
from gateway.store.ledger.audit_pass import AuditFinding
from gateway.store.opening import Database
from gateway.store.record.audit import audit_record
from gateway.store.writer import Writer

if TYPE_CHECKING:
    from gateway.api.services import AuditResult
    from gateway.store.messages.documents_audit import DocumentsAudit


def audit_all(settings: Settings, published: Path | None, progress: Progress = unseen) -> AuditReport:
    """Audit the meter, the record and the bills, against published seals (JSON lines) when there are. Raises
    CommandRefusedError."""

    try:
        seals = msgspec.json.Decoder(Seal).decode_lines(published.read_bytes()) if published else []
    except msgspec.DecodeError as error:
        raise CommandRefusedError(f"{published} holds no seals: {error}") from error
    return with_database(settings, lambda opened: audit_on(opened.engines, opened.writer, seals, progress))


async def audit_on(
    engines: Engines, writer: Writer, seals: Sequence[Seal] = (), progress: Progress = unseen
) -> AuditReport:
    """The same on an open database."""
    meter = await audit(engines, seals)
    record = await asyncio.to_thread(audit_record, engines.url, progress)
    bills = await audit_bills(SqlBillingStore(engines, writer), progress=progress)
    wrong = [AuditFinding("bill", *fault) for fault in bills.faults]
    return replace(
        meter,
        recorded=record.changes,
        billed=bills.totals,
        findings=(*meter.findings, *record.findings, *wrong),
        notes=tuple(AuditFinding("bill", *note) for note in bills.notes),
    )


async def audit_result(engines: Engines, writer: Writer) -> "AuditResult":
    """The same for the portal."""
    from gateway.api.services import AuditResult  # here, as commands do without

    found = await audit_on(engines, writer)
    counts = [
        (Text("Messages received"), found.received),
        (Text("Entries of the meter"), found.totals.entries),
        (Text("Seals"), found.seals),
        (Text("Changes in the record"), found.recorded),
        (Text("Documents computed again"), sum(totals.documents for totals in found.billed.values())),
    ]
    return AuditResult(counts, [(f"{one.check} {one.subject}", one.sentence) for one in found.findings])


def audit_documents(settings: Settings, progress: Progress) -> "DocumentsAudit":
    """Read every document again. Raises CommandRefusedError when the storage cannot be read."""
    from gateway.store.documents.storage import Storage  # here: an audit without documents starts fast
    from gateway.store.messages.documents_audit import audit_documents as read_again

    async def run(database: Database) -> "DocumentsAudit":
        with closing(Storage(settings.storage_url(), 0, is_made=False)) as storage:
            return await read_again(database.engines, database.writer, storage, utc_now(), progress)

    try:
        return with_database(settings, run)
    except StoreUnavailableError as error:
        raise CommandRefusedError(f"document storage cannot be read: {error}") from error


def as_json(report: AuditReport, contents: "DocumentsAudit | None") -> bytes:
    """The report of an audit as JSON, with its properties `received` and `holds`, and the audit of documents."""
    holds = not report.findings and (contents is None or not contents.findings)
    content = asdict(report) | {"received": report.received, "holds": holds}
    if contents is not None:
        content["documents"] = asdict(contents)
    return indented_json(content)
