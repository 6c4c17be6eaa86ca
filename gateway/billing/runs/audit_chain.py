"""What was done in billing, by whom, in a chain of hashes that shows a changed, lost or moved record."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An action: `action` in the past tense, `subject` what it was done to, `digest` the SHA-256 of its result.

    The fields are hashed: their names and order do not change.
    """

    actor: str
    action: str
    subject: str
    at: datetime
    detail: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """A event in the chain, numbered from 1."""

    number: int
    event: AuditEvent
    previous: str
    link: str


def link_hash(number: int, event: AuditEvent, previous: str) -> str:
    """SHA-256 over the previous link, the number and the event as JSON with its fields in their order."""
    return hashlib.sha256(previous.encode() + msgspec.json.encode([number, event])).hexdigest()


def next_record(number: int, event: AuditEvent, previous: str) -> AuditRecord:
    """The next record."""
    return AuditRecord(number, event, previous, link_hash(number, event, previous))


def faults(
    records: Iterable[AuditRecord],
    head: tuple[int, str] | None = None,
    after: AuditRecord | None = None,
) -> tuple[str, ...]:
    """What is wrong with a chain, record by record; `head` is the number and link that should be its last.
    `after` is the record before these, when they are a part of the chain."""
    found: list[str] = []
    last, previous = (after.number, after.link) if after else (0, GENESIS)
    for record in records:
        if record.number != last + 1:
            found.append(f"record {last + 1} is missing before {record.number}")
        if record.previous != previous or record.link != link_hash(record.number, record.event, record.previous):
            found.append(f"record {record.number} is not what was sealed")
        last, previous = record.number, record.link
    if head is not None and head != (last, previous):
        found.append(f"the chain ends at {last}, its head is {head[0]}")
    return tuple(found)
