"""The meter as a few dictionaries: what the ledger must count, said as plainly as can be.

Nothing here is shared with the gateway but the words of an entry: the Amsterdam day is worked out another way.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.metering.entry import UsageEntry, UsageKind

START = datetime(2025, 12, 28, 22, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Deliver:
    """A message from one party to another becomes delivered; either may be one that does not pay (None)."""

    message: int
    sender: str | None
    recipient: str | None
    hours: int

    def entries(self) -> list[UsageEntry]:
        """An entry for each party that pays."""
        at = START + timedelta(hours=self.hours)
        sides = ((self.sender, UsageKind.SUBMITTED_BY), (self.recipient, UsageKind.DELIVERED_TO))
        return [UsageEntry(f"m{self.message}", party, kind, at) for party, kind in sides if party]


@dataclass(frozen=True)
class Report:
    """Another service reports use."""

    event: int
    party: str
    hours: int
    count: int

    def entries(self) -> list[UsageEntry]:
        """The one entry."""
        at = START + timedelta(hours=self.hours)
        kind = UsageKind.DIGID_AUTHENTICATION
        return [UsageEntry(f"e{self.event}", self.party, kind, at, self.count, source="urn:x:digid")]


@dataclass(frozen=True)
class Correct:
    """Somebody reverses an entry, by its position."""

    position: int
    reason: str


@dataclass(frozen=True)
class Seal:
    """A batch is sealed."""


Operation = Deliver | Report | Correct | Seal


@dataclass
class Model:
    """What was recorded: the first content of every key, in order."""

    rows: list[tuple[str, str, str, datetime, int]] = field(default_factory=list)
    """Key, party, kind, moment, quantity."""
    contents: dict[tuple[str, ...], object] = field(default_factory=dict)
    reversals: dict[int, str] = field(default_factory=dict)

    def accepts(self, operation: Operation) -> bool:
        """Do it if it can be done; all or nothing."""
        if isinstance(operation, Seal):
            return True
        if isinstance(operation, Correct):
            return self._correct(operation)
        new = {}
        for entry in operation.entries():
            key = (entry.source, entry.kenmerk) + (
                () if isinstance(operation, Report) else (entry.party_id, entry.kind)
            )
            content = operation if isinstance(operation, Report) else key  # a message keeps its first time
            if self.contents.get(key, content) != content:
                return False
            if key not in self.contents:
                new[key] = content, (entry.kenmerk, entry.party_id, entry.kind.value, entry.at, entry.quantity)
        for key, (content, row) in new.items():
            self.contents[key] = content
            self.rows.append(row)
        return True

    def _correct(self, correction: Correct) -> bool:
        if not 1 <= correction.position <= len(self.rows):
            return False
        if correction.position in self.reversals:
            return self.reversals[correction.position] == correction.reason
        name, party, kind, at, quantity = self.rows[correction.position - 1]
        self.reversals[correction.position] = correction.reason
        self.rows.append((name, party, kind, at, -quantity))
        return True

    def by_day(self) -> Counter[tuple[str, str, str]]:
        """Quantity by party, kind and Amsterdam day."""
        counted: Counter[tuple[str, str, str]] = Counter()
        for _, party, kind, at, quantity in self.rows:
            counted[party, kind, amsterdam_day(at)] += quantity
        return counted


def amsterdam_day(at: datetime) -> str:
    """EU summer time by its own rule: from 01:00 UTC on the last Sunday of March to that of October."""
    summer = _last_sunday(at.year, 3) <= at < _last_sunday(at.year, 10)
    return (at + timedelta(hours=2 if summer else 1)).date().isoformat()


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)
