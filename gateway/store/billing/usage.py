"""The meter's counts for billing: from the rollups, so that a count costs the same at any size of the ledger."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from gateway.billing.rating.services import Service
from gateway.billing.runs.ports import MeteredEntry, Positions
from gateway.clock import from_microseconds
from gateway.metering.calendar import midnight
from gateway.metering.entry import MESSAGE_KINDS, UsageKind, counted_in
from gateway.store.billing import queries
from gateway.store.engine import Engines

KINDS: Mapping[Service, frozenset[UsageKind]] = {
    Service.DIGIPOORT: MESSAGE_KINDS,
    Service.DIGID: frozenset({UsageKind.DIGID_AUTHENTICATION}),
    Service.MACHTIGEN: frozenset({UsageKind.MANDATE_USED}),
    Service.MIJNOVERHEID: frozenset({UsageKind.MIJNOVERHEID_MESSAGE}),
}
"""What the meter calls the units of each service; guidance and facilities are not metered."""


_LAST_POSITION = 2**63 - 1


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

    async def by_kind(
        self, party_id: str, service: Service, first: date, last: date, positions: Positions
    ) -> Mapping[str, int]:
        """Units of one party by kind, of the entries at these positions only."""
        values = _at_positions(service, first, last, positions)
        rows = await self._engines.rows(queries.UNITS_AT_POSITIONS, party_id=party_id, **values)
        return {row.kind: int(row.units) for row in rows}

    async def position(self) -> int:
        """The position of the newest entry; 0 where there is none."""
        return await self._engines.scalar(queries.NEWEST_POSITION) or 0

    async def has_entries(self, service: Service, first: date, last: date, positions: Positions) -> bool:
        """Whether there is any entry of a service and these days at these positions."""
        values = _at_positions(service, first, last, positions)
        return bool(await self._engines.rows(queries.ENTRY_AT_POSITIONS, **values))

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
        """The first entries behind a count, or the last, in the order in which they were recorded."""
        values = _at_positions(service, first, last, positions)
        query = queries.NEWEST_OF_PARTY if newest else queries.ENTRIES_OF_PARTY
        rows = await self._engines.rows(query, party_id=party_id, limit=limit, **values)
        return [
            MeteredEntry(
                str(row.position),
                counted_in(row.key),
                row.kind,
                from_microseconds(row.at),
                row.quantity,
            )
            for row in (reversed(rows) if newest else rows)
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


def _at_positions(service: Service, first: date, last: date, positions: Positions) -> Mapping[str, object]:
    until = _LAST_POSITION if positions.until is None else positions.until
    return {
        "kinds": _kinds_of(service),
        "begin": midnight(first),
        "end": midnight(last + timedelta(days=1)),
        "after": positions.after,
        "until": until,
    }
