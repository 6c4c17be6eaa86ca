"""Counts of use that a test adds to, by hand and without a ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from gateway.billing.rating.services import Service
from gateway.billing.runs.ports import ALL, MeteredEntry, Positions
from gateway.clock import billing_date


@dataclass
class MemoryUsageCounts:
    """Counts entries by their Amsterdam day. Implements `gateway.billing.runs.ports.UsageCounts`."""

    lines: list[tuple[str, Service, MeteredEntry]] = field(default_factory=list)

    def add(
        self,
        party_id: str,
        units: int,
        at: datetime,
        service: Service = Service.DIGIPOORT,
        kind: str = "delivered-to",
    ) -> None:
        """Count units at a moment in UTC; units below zero correct earlier ones."""
        number = len(self.lines) + 1
        entry = MeteredEntry(f"{number}", f"kenmerk-{number}", kind, at, units)
        self.lines.append((party_id, service, entry))

    async def by_party(self, service: Service, first: date, last: date) -> Mapping[str, Mapping[str, int]]:
        """Units by party id and kind."""
        found: dict[str, dict[str, int]] = {}
        for party_id, counted, entry in self.lines:
            if counted is service and first <= billing_date(entry.at) <= last:
                kinds = found.setdefault(party_id, {})
                kinds[entry.kind] = kinds.get(entry.kind, 0) + entry.quantity
        return found

    async def by_day(self, party_id: str, service: Service, first: date, last: date) -> Mapping[date, int]:
        """Units of one party by day."""
        found: dict[date, int] = {}
        for entry in await self.entries(party_id, service, first, last, ALL, len(self.lines)):
            day = billing_date(entry.at)
            found[day] = found.get(day, 0) + entry.quantity
        return found

    async def by_kind(
        self, party_id: str, service: Service, first: date, last: date, positions: Positions
    ) -> Mapping[str, int]:
        """Units of one party by kind, of the entries at these positions."""
        found: dict[str, int] = {}
        for entry in await self.entries(party_id, service, first, last, positions, len(self.lines)):
            found[entry.kind] = found.get(entry.kind, 0) + entry.quantity
        return found

    async def position(self) -> int:
        """How many entries there are."""
        return len(self.lines)

    async def has_entries(self, service: Service, first: date, last: date, positions: Positions) -> bool:
        """Whether there is any entry of a service and these days at these positions."""
        return any(
            [await self.entries(party_id, service, first, last, positions, 1) for party_id, _, _ in self.lines]
        )

    async def entries(
        self,
        party_id: str,
        service: Service,
        first: date,
        last: date,
        positions: Positions,
        limit: int,
        *,
        newest: bool = False,
    ) -> Sequence[MeteredEntry]:
        """The entries behind a count."""
        after, until = positions
        found = [
            entry
            for party, counted, entry in self.lines[after:until]
            if (party, counted) == (party_id, service) and first <= billing_date(entry.at) <= last
        ]
        return found[-limit:] if newest else found[:limit]
