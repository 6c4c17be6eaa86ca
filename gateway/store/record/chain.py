"""Digests of the record: of a subject's content, of a journal, and the links of its chains.

A digest is SHA-256 over the values as a JSON array: bytes in base64, times as microseconds since 1970.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec

CHAINS = 256
"""So many transactions add rows at the same time and none waits; by default PostgreSQL has fewer connections."""
_ORDINAL_BITS = 40
FIRST_LINK = sha256(b"meterpoort record").digest()
"""The link before the first row of a chain."""

_encode = msgspec.json.Encoder().encode


class RecordHead(NamedTuple):
    """Where a chain ends: the position of the last change, and its row's link."""

    position: int
    link: bytes


class RecordRow(NamedTuple):
    """A row of the record: what one transaction changed of one kind. `position` is that of the last change."""

    position: int
    kind: str
    at: int
    changes: str
    link: bytes


class SubjectChange(NamedTuple):
    """What a subject is from now on. `previous`: the position of its change before, or 0."""

    key: str
    previous: int
    digest: bytes


_decode = msgspec.json.Decoder(list[SubjectChange]).decode


def changes_in(row: RecordRow) -> list[SubjectChange]:
    """The changes of a row. Raises ValueError for what was never written so."""
    try:
        return _decode(row.changes)
    except (msgspec.DecodeError, TypeError) as error:
        raise ValueError("these are no changes") from error


# Positions: the number of the chain in the high bits, the ordinal in it, from 1, in the low ones


def chain_of(position: int) -> int:
    """The number of the chain, from 0."""
    return position >> _ORDINAL_BITS


def ordinal_of(position: int) -> int:
    """The ordinal in the chain."""
    return position & (1 << _ORDINAL_BITS) - 1


def empty_chain(chain: int) -> RecordHead:
    """The head of a chain without rows."""
    return RecordHead(chain << _ORDINAL_BITS, FIRST_LINK)


def row_name(position: int) -> str:
    """How people call a row."""
    chain = chain_of(position)
    return f"row {ordinal_of(position)}" + (f" of chain {chain}" if chain else "")


# Seals

_SEALED = "record="


def sealed_words(heads: Iterable[RecordHead]) -> str:
    """The heads as a seal holds them: `record=position.link` for each chain with rows, with spaces between."""
    return " ".join(f"{_SEALED}{head.position}.{head.link.hex()}" for head in heads if ordinal_of(head.position))


def sealed_heads(joined: str) -> dict[int, RecordHead]:
    """The heads that a seal holds, by chain. Raises ValueError for one that nobody sealed."""
    heads = {}
    for word in joined.split():
        if word.startswith(_SEALED):
            position, _, link = word.removeprefix(_SEALED).partition(".")
            heads[chain_of(int(position))] = RecordHead(int(position), bytes.fromhex(link))
    return heads


# Digests and links


def digest_of(values: object) -> bytes:
    """The digest of plain values."""
    return sha256(_encode(values)).digest()


def run_on_steps(running: bytes, steps: Iterable[Sequence[object]]) -> bytes:
    """The running digest of a journal after these steps; of an empty journal it is empty."""
    for step in steps:
        running = sha256(running + _encode(step)).digest()
    return running


def link_after(link: bytes, position: int, kind: str, at: int, changes: str) -> bytes:
    """The link of a row, over the link before it and its other fields."""
    return sha256(link + f"{position} {kind} {at} {changes}".encode()).digest()


def row_after(head: RecordHead, kind: str, at: int, changes: Sequence[SubjectChange]) -> RecordRow:
    """The row to add after the head; the first change has the position after it."""
    position, text = head.position + len(changes), _encode(changes).decode()
    return RecordRow(position, kind, at, text, link_after(head.link, position, kind, at, text))
