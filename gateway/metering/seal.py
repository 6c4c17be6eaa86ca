"""Seals: they make a change in the ledger show, and prove one entry to somebody who has no ledger.

An entry's *line* is its fields joined by tabs; its *leaf* is the line's hash. A batch of leaves makes a Merkle
tree as in RFC 9162, section 2.1 (Certificate Transparency); the tree's root goes into a seal, and each seal
holds the hash of the seal before it. Entries not sealed yet are covered by the *running* digest, which starts at
the last seal and adds one leaf after another. All hashes are SHA-256, written in lower-case hexadecimal.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec

from gateway.metering.entry import LedgerEntry

FIRST = sha256(b"meterpoort ledger").hexdigest()
"""The hash before the first seal."""


class Seal(msgspec.Struct, frozen=True):
    """One link of the chain: a batch of entries, and the record up to a row, fixed. Publish it, and they can never
    change unseen. The batch is empty where only the record moved; `last_position` is then before the first."""

    number: int
    first_position: int
    last_position: int
    quantity: int
    """The sum of the quantities in this batch."""
    root: str
    """Root of the Merkle tree over the batch's leaves."""
    sealed_at: int
    """Microseconds since 1970, UTC."""
    joined: str
    """Where the record ended at this moment, `record=position.link`; empty where nothing was recorded."""
    previous: str
    hash: str


class Proof(msgspec.Struct, frozen=True):
    """All that is needed to check, offline, that a published seal covers this entry."""

    entry: LedgerEntry
    line: str
    path: tuple[str, ...]
    """The sibling at each level, from the leaf up; `L` or `R` before the hash says on which side it is."""
    seal: Seal


class EntryRow(NamedTuple):
    """An entry as the database stores it: the fields of `LedgerEntry` in order, the source as its number."""

    position: int
    source: int
    key: str
    party_id: str
    kind: str
    quantity: int
    at: int
    recorded_at: int
    reverses: int | None
    reason: str | None
    author: str | None

    def entry(self, sources: Mapping[int, str]) -> LedgerEntry:
        """The entry with the name of its source."""
        return LedgerEntry(**self._asdict() | {"source": sources[self.source]})


def line_of(entry: LedgerEntry) -> str:
    """An entry as one line: its eleven fields in order with tabs between; what is absent is empty."""
    return "\t".join("" if field is None else str(field) for field in msgspec.structs.astuple(entry))


def leaves_of(rows: Iterable[EntryRow], sources: Mapping[int, str]) -> list[bytes]:
    """The leaf of each row: the hash of a zero byte and its line (RFC 9162, 2.1.1)."""
    # An audit passes millions of rows here: the line of an entry that is no reversal is formatted in one go.
    return [
        sha256(
            f"\0{row.position}\t{sources[row.source]}\t{row.key}\t{row.party_id}\t{row.kind}\t{row.quantity}"
            f"\t{row.at}\t{row.recorded_at}\t\t\t".encode()
        ).digest()
        if row.reverses is None
        else sha256(b"\0" + line_of(row.entry(sources)).encode()).digest()
        for row in rows
    ]


def run_on(running: bytes, leaves: Iterable[bytes]) -> bytes:
    """The running digest after these leaves."""
    for leaf in leaves:
        running = sha256(running + leaf).digest()
    return running


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaves (RFC 9162, 2.1.1): an odd one out moves up unchanged; of none it is the hash of
    nothing."""
    level = list(leaves) or [sha256().digest()]
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def merkle_path(leaves: Sequence[bytes], index: int) -> tuple[str, ...]:
    """The siblings of the leaf at `index`, from the bottom up."""
    path: list[str] = []
    level = list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(("L" if sibling < index else "R") + level[sibling].hex())
        level, index = _parents(level), index // 2
    return tuple(path)


def _parents(level: list[bytes]) -> list[bytes]:
    pairs = iter(level)
    parents = [sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
    return parents + level[-1:] if len(level) % 2 else parents


def seal_hash(seal: Seal) -> str:
    """The hash of a seal: over its other fields, one a line, in their order, under a heading."""
    lines = ("meterpoort seal", *msgspec.structs.astuple(seal)[:-1])
    return sha256("\n".join(map(str, lines)).encode()).hexdigest()


def make_seal(
    previous: Seal | None, leaves: Sequence[bytes], quantity: int, sealed_at: int, joined: str = ""
) -> Seal:
    """The seal of the next batch."""
    number, first = (previous.number + 1, previous.last_position + 1) if previous else (1, 1)
    last, root, before = first + len(leaves) - 1, merkle_root(leaves).hex(), previous.hash if previous else FIRST
    seal = Seal(number, first, last, quantity, root, sealed_at, joined, before, "")
    return msgspec.structs.replace(seal, hash=seal_hash(seal))


def seal_problem(seal: Seal, previous: Seal | None) -> str | None:
    """What is wrong with a seal by itself or after the seal before it, as a sentence, or None."""
    expected = (previous.number + 1, previous.last_position + 1, previous.hash) if previous else (1, 1, FIRST)
    if seal.hash != seal_hash(seal):
        return "its hash is not the hash of its fields"
    if (seal.number, seal.first_position, seal.previous) != expected:
        return f"it does not follow seal {expected[0] - 1}"
    return None
