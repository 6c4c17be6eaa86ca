"""Control totals: what an export holds and what the audit counted, to be compared."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Generic, TypeVar

import msgspec

Item = TypeVar("Item")


class KindYear(msgspec.Struct, frozen=True, order=True):
    """The total of one kind in one Amsterdam year."""

    kind: str
    year: int
    entries: int
    quantity: int


TotalLine = Sequence[str | int | Decimal]
"""A line of a control total, as a sheet shows it."""


class ControlTotals(msgspec.Struct, frozen=True):
    """How many entries, what they add up to, and a digest of every party's total.

    `parties` is the SHA-256 over one line for each party, year and kind, in order, its five fields (party,
    year, kind, entries, quantity) joined by tabs and closed by a newline.
    """

    entries: int
    quantity: int
    by_kind: tuple[KindYear, ...]
    parties: str

    def lines(self) -> Sequence[TotalLine]:
        """As a sheet shows it."""
        return [
            ("entries", self.entries),
            ("quantity", self.quantity),
            ("parties", self.parties),
            ("kind", "year", "entries", "quantity"),
            *((total.kind, total.year, total.entries, total.quantity) for total in self.by_kind),
        ]


PartyTotal = tuple[str, int, str, int, int]
"""Party, year, kind, entries, quantity."""


class TotalsCounter(Generic[Item]):
    """Adds up what items count; its memory grows with parties, years and kinds only."""

    def __init__(self, counted: Callable[[Item], PartyTotal]) -> None:
        self._counted = counted
        self._sums: dict[tuple[str, int, str], list[int]] = {}

    def count(self, items: Iterable[Item]) -> None:
        """Add items; several of one party, year and kind are added up."""
        for party_id, year, kind, entries, quantity in map(self._counted, items):
            total = self._sums.setdefault((party_id, year, kind), [0, 0])
            total[0] += entries
            total[1] += quantity

    def totals(self) -> ControlTotals:
        """The control totals of all that was added."""
        kinds: dict[tuple[str, int], list[int]] = {}
        digest = sha256()
        for (party_id, year, kind), (entries, quantity) in sorted(self._sums.items()):
            digest.update(f"{party_id}\t{year}\t{kind}\t{entries}\t{quantity}\n".encode())
            total = kinds.setdefault((kind, year), [0, 0])
            total[0] += entries
            total[1] += quantity
        by_kind = tuple(KindYear(kind, year, n, q) for (kind, year), (n, q) in sorted(kinds.items()))
        entries, quantity = sum(row.entries for row in by_kind), sum(row.quantity for row in by_kind)
        return ControlTotals(entries, quantity, by_kind, digest.hexdigest())


def control_totals(counted: Iterable[PartyTotal]) -> ControlTotals:
    """The control totals of these party totals."""
    counter = TotalsCounter[PartyTotal](lambda total: total)
    counter.count(counted)
    return counter.totals()
