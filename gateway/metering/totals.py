"""Control totals: what an export holds and what the audit counted, to be laid side by side."""

from collections.abc import Iterable
from hashlib import sha256
from typing import TypeVar

import msgspec

K = TypeVar("K")


class KindYear(msgspec.Struct, frozen=True, order=True):
    """The total of one kind in one Amsterdam year."""

    kind: str
    year: int
    entries: int
    quantity: int


class ControlTotals(msgspec.Struct, frozen=True):
    """How many entries, what they add up to, and a digest of every party's total.

    `parties` is the SHA-256 over one line for each party, year and kind, in order, its five fields (party,
    year, kind, entries, quantity) joined by tabs and closed by a newline.
    """

    entries: int
    quantity: int
    by_kind: tuple[KindYear, ...]
    parties: str


PartyTotal = tuple[str, int, str, int, int]
"""Party, year, kind, entries, quantity."""


def control_totals(counted: Iterable[PartyTotal]) -> ControlTotals:
    """The control totals of these party totals; several lines of one party, year and kind are added up."""
    parties: dict[tuple[str, int, str], tuple[int, int]] = {}
    kinds: dict[tuple[str, int], tuple[int, int]] = {}
    for party_id, year, kind, entries, quantity in counted:
        _add(parties, (party_id, year, kind), entries, quantity)
        _add(kinds, (kind, year), entries, quantity)
    lines = (f"{party}\t{year}\t{kind}\t{n}\t{q}\n" for (party, year, kind), (n, q) in sorted(parties.items()))
    digest = sha256("".join(lines).encode()).hexdigest()
    by_kind = tuple(KindYear(kind, year, n, q) for (kind, year), (n, q) in sorted(kinds.items()))
    return ControlTotals(
        sum(row.entries for row in by_kind), sum(row.quantity for row in by_kind), by_kind, digest
    )


def _add(sums: dict[K, tuple[int, int]], key: K, entries: int, quantity: int) -> None:
    before = sums.get(key, (0, 0))
    sums[key] = before[0] + entries, before[1] + quantity
