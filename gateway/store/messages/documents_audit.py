"""The audit of documents: every stored content is read again and compared with its SHA-256."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from gateway.clock import to_microseconds
from gateway.messages.stored_errors import DamagedDocumentError
from gateway.messages.submission import StoredBytes
from gateway.progress import Progress
from gateway.store.documents.storage import Storage
from gateway.store.engine import Engines
from gateway.store.messages import queries
from gateway.store.messages.damage import DamageRow, keep_damage
from gateway.store.sql import Change, write_together
from gateway.store.writer import Writer

PAGE_MESSAGES = 500
READS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class DamagedContent:
    """A content that is damaged or missing; `number` is its attachment's, 0 for the document."""

    kenmerk: str
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class DocumentsAudit:
    """What was read, and what is wrong with it."""

    contents: int
    size_bytes: int
    findings: tuple[DamagedContent, ...]


async def audit_documents(
    engines: Engines, writer: Writer, storage: Storage, now: datetime, progress: Progress
) -> DocumentsAudit:
    """Read every document and detached attachment; `progress` counts messages.

    A message with damaged content is kept back from its mailbox from now on; one that is sound again is not any
    more. Raises StoreUnavailableError when the storage cannot be read.
    """
    after, contents, size_bytes, findings = "", 0, 0, list[DamagedContent]()
    limit, done, whole = asyncio.Semaphore(READS_AT_ONCE), 0, await engines.scalar(queries.MESSAGES) or 0
    while rows := await engines.rows(queries.DOCUMENTS_AFTER, after=after, limit=PAGE_MESSAGES):
        first, after = rows[0].kenmerk, rows[-1].kenmerk
        detached = await engines.rows(queries.DETACHED_BETWEEN, first=first, last=after)
        page = (*rows, *detached)
        checks = await asyncio.gather(*(_check(storage, limit, row) for row in page))
        found = [one for one in checks if one is not None]
        kept_back = [row.kenmerk for row in await engines.rows(queries.DAMAGED_BETWEEN, first=first, last=after)]
        if found or kept_back:
            await _keep_back(writer, found, kept_back, now)
        findings += found
        contents += len(page)
        size_bytes += sum(row.size_bytes for row in page)
        done += len(rows)
        progress(done, whole)
    return DocumentsAudit(contents, size_bytes, tuple(findings))


async def _keep_back(
    writer: Writer, found: Sequence[DamagedContent], kept_back: Sequence[str], now: datetime
) -> None:
    damaged = {one.kenmerk: one.reason for one in found}
    rows = [DamageRow(kenmerk, to_microseconds(now), reason) for kenmerk, reason in damaged.items()]
    sound = [(kenmerk,) for kenmerk in kept_back if kenmerk not in damaged]

    def write(connection: Connection) -> None:
        keep_damage(connection, rows)
        write_together(connection, [Change(queries.FORGET_DAMAGE, sound)])

    await writer.call(write)


async def _check(storage: Storage, limit: asyncio.Semaphore, row: Row[Any]) -> DamagedContent | None:
    """Read the content of a row, of a document or an attachment."""
    where = StoredBytes(row.object_key, row.object_offset, row.size_bytes, row.sha256)
    async with limit:
        try:
            await storage.check(where)
        except DamagedDocumentError as error:
            return DamagedContent(row.kenmerk, row.number, str(error))
    return None
