"""Digests of the record: of a subject's content, of a journal, and the links of the chain.

A digest is SHA-256 over the values as a JSON array: bytes in base64, times as microseconds since 1970.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec

FIRST_LINK = sha256(b"meterpoort record").digest()
"""The link before the first row."""
GONE = b""
"""The digest of a subject of which nothing is left."""

_encode = msgspec.json.Encoder().encode


class RecordHead(NamedTuple):
    """Where the record ends."""

    position: int
    link: bytes


class RecordRow(NamedTuple):
    """A row of the record."""

    position: int
    kind: str
    key: str
    previous: int
    at: int
    digest: bytes
    link: bytes


class SubjectDigest(NamedTuple):
    """What a subject is from now on. `previous`: the position of its row before, or 0."""

    kind: str
    key: str
    previous: int
    digest: bytes


_SEALED = "record="


def sealed_word(head: RecordHead) -> str:
    """The head as a seal holds it, `record=position.link`; empty where nothing is recorded."""
    return f"{_SEALED}{head.position}.{head.link.hex()}" if head.position else ""


def sealed_head(joined: str) -> RecordHead:
    """The head that a seal holds. Raises ValueError for one that nobody sealed."""
    for word in joined.split():
        if word.startswith(_SEALED):
            position, _, link = word.removeprefix(_SEALED).partition(".")
            return RecordHead(int(position), bytes.fromhex(link))
    return RecordHead(0, FIRST_LINK)


def digest_of(values: object) -> bytes:
    """The digest of plain values."""
    return sha256(_encode(values)).digest()


def run_on_steps(running: bytes, steps: Iterable[Sequence[object]]) -> bytes:
    """The running digest of a journal after these steps; of an empty journal it is empty."""
    for step in steps:
        running = sha256(running + _encode(step)).digest()
    return running


def link_after(link: bytes, position: int, kind: str, key: str, previous: int, at: int, digest: bytes) -> bytes:
    """The link of a row, over the link before it and its other fields."""
    return sha256(link + _encode((position, kind, key, previous, at, digest))).digest()


def rows_after(head: RecordHead, at: int, subjects: Iterable[SubjectDigest]) -> list[RecordRow]:
    """The rows to add after the head."""
    position, link = head
    rows = []
    for kind, key, previous, digest in subjects:
        position += 1
        link = link_after(link, position, kind, key, previous, at, digest)
        rows.append(RecordRow(position, kind, key, previous, at, digest, link))
    return rows
