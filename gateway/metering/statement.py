"""A statement: what one party used in one Amsterdam year, by month and kind."""

from collections.abc import Iterable

import msgspec

from gateway.metering.totals import ControlTotals, control_totals


class StatementLine(msgspec.Struct, frozen=True, order=True):
    """One month of one kind. `quantity` is net of reversals; `late` is the part of it that was recorded after the
    month was over; `entries` is how many entries make it up."""

    party_id: str
    year: int
    month: str
    """As `2026-03`."""
    kind: str
    quantity: int
    entries: int
    late: int


class Statement(msgspec.Struct, frozen=True):
    """All lines of a party's year, in order of month and kind, and what they add up to."""

    party_id: str
    year: int
    lines: tuple[StatementLine, ...]
    totals: ControlTotals


def statement_of(party_id: str, year: int, lines: Iterable[StatementLine]) -> Statement:
    """The statement that these lines make; its totals are those that the audit finds for this party and year."""
    ordered = tuple(sorted(lines))
    counted = ((line.party_id, line.year, line.kind, line.entries, line.quantity) for line in ordered)
    return Statement(party_id, year, ordered, control_totals(counted))


class RecordedBatch(msgspec.Struct, frozen=True):
    """The result of recording a batch of usage events: all are in the ledger, `repeated` of them were before."""

    received: int
    recorded: int
    repeated: int


class EntrySelection(msgspec.Struct, frozen=True):
    """Which entries to list: of one party or all, of one Amsterdam year or all, after and up to a position.

    Entries never change, so the same selection up to the same position gives always the same entries.
    """

    party_id: str | None = None
    year: int | None = None
    up_to: int | None = None
    after: int = 0
