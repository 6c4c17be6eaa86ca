"""The meter's counts for billing: from the rollups, so that a count costs the same at any size of the ledger."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from gateway.billing.rating.services import Service
from gateway.billing.runs.ports import MeteredEntry
from gateway.clock import from_microseconds
from gateway.metering.calendar import midnight
from gateway.metering.entry import MESSAGE_KINDS, UsageKind
from gateway.store.billing import queries
from gateway.store.engine import Engines

KINDS: Mapping[Service, frozenset[UsageKind]] = {
    Service.DIGIPOORT: MESSAGE_KINDS,
    Service.DIGID: frozenset({UsageKind.DIGID_AUTHENTICATION}),
    Service.MACHTIGEN: frozenset({UsageKind.MANDATE_USED}),
    Service.MIJNOVERHEID: frozenset({UsageKind.MIJNOVERHEID_MESSAGE}),
}
"""What the meter calls the units of each service; guidance and facilities are not metered."""


class SqlUsageCounts:
    """Implements `gateway.billing.runs.ports.UsageCounts`."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def by_party(self, service: Service, first: date, last: date) -> Mapping[str, Mapping[str, int]]:
        """Units by party id and kind."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for row in await self._engines.rows(queries.UNITS_BY_PARTY, **_period(service, first, last)):
            found[row.party_id][row.kind] = int(row.units)
        return found

    async def by_day(self, party_id: str, service: Service, first: date, last: date) -> Mapping[date, int]:
        """Units of one party by day."""
        rows = await self._engines.rows(queries.UNITS_BY_DAY, party_id=party_id, **_period(service, first, last))
        return {date.fromisoformat(row.day): int(row.units) for row in rows}

    async def entries(
        self, party_id: str, service: Service, first: date, last: date, after: str, limit: int
    ) -> Sequence[MeteredEntry]:
        """The entries behind a count, in the order in which they were recorded."""
        rows = await self._engines.rows(
            queries.ENTRIES_OF_PARTY,
            party_id=party_id,
            kinds=_kinds_of(service),
            begin=midnight(first),
            end=midnight(last + timedelta(days=1)),
            after=_position(after),
            limit=limit,
        )
        return [
            MeteredEntry(
                str(row.position),
                _kenmerk(row.key, row.reverses),
                row.kind,
                from_microseconds(row.at),
                row.quantity,
            )
            for row in rows
        ]


def _period(service: Service, first: date, last: date) -> Mapping[str, object]:
    return {
        "kinds": _kinds_of(service),
        "first_year": first.year,
        "last_year": last.year,
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
    }


def _kinds_of(service: Service) -> list[str]:
    return sorted(kind.value for kind in KINDS.get(service, ()))


def _position(cursor: str) -> int:
    """Raises ValueError for a cursor that no page ended with."""
    position = int(cursor or 0)
    if not 0 <= position < 2**63:
        raise ValueError("the cursor is not one that this gateway gave")
    return position


def _kenmerk(key: str, reverses: int | None) -> str:
    """The message or event of an entry, out of its key."""
    words = key.split(" ")
    return words[2] if reverses is not None and len(words) > 2 else words[0]
