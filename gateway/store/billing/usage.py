"""The meter's counts for billing: from the rollups, so that a count costs the same at any size of the ledger."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Row,
    Select,
    Text,
    bindparam,
    func,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.billing.rating.services import Service
from gateway.billing.runs.ports import MeteredEntry
from gateway.clock import from_microseconds
from gateway.metering.calendar import midnight
from gateway.metering.entry import MESSAGE_KINDS, UsageKind
from gateway.store.ledger.tables import usage_entries, usage_rollups

KINDS: Mapping[Service, frozenset[UsageKind]] = {
    Service.DIGIPOORT: MESSAGE_KINDS,
    Service.DIGID: frozenset({UsageKind.DIGID_AUTHENTICATION}),
    Service.MACHTIGEN: frozenset({UsageKind.MANDATE_USED}),
    Service.MIJNOVERHEID: frozenset({UsageKind.MIJNOVERHEID_MESSAGE}),
}
"""What the meter calls the units of each service; guidance and facilities are not metered."""


def _plain(name: Column[str]) -> ColumnElement[str]:
    """The column without its collation: SQLAlchemy would write the collation into the cast of a compared value,
    where PostgreSQL's grammar does not accept it."""
    return type_coerce(name, Text())


_rollup, _entry = usage_rollups.c, usage_entries.c
_units = func.sum(_rollup.quantity).label("units")
_kinds: BindParameter[str] = bindparam("kinds", expanding=True)
_in_period = (
    _plain(_rollup.kind).in_(_kinds),
    _rollup.year.between(bindparam("first_year"), bindparam("last_year")),
    _plain(_rollup.day).between(bindparam("first_day"), bindparam("last_day")),
)
_of_party: BindParameter[str] = bindparam("party_id")

UNITS_BY_PARTY = (
    select(_rollup.party_id, _rollup.kind, _units).where(*_in_period).group_by(_rollup.party_id, _rollup.kind)
)
UNITS_BY_DAY = (
    select(_rollup.day, _units).where(_plain(_rollup.party_id) == _of_party, *_in_period).group_by(_rollup.day)
)
ENTRIES_OF_PARTY = (
    select(usage_entries)
    .where(
        _plain(_entry.party_id) == _of_party,
        _plain(_entry.kind).in_(_kinds),
        _entry.at >= bindparam("begin"),
        _entry.at < bindparam("end"),
        _entry.position > bindparam("after"),
    )
    .order_by(_entry.position)
    .limit(bindparam("limit"))
)


class SqlUsageCounts:
    """Implements `gateway.billing.runs.ports.UsageCounts`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def by_party(self, service: Service, first: date, last: date) -> Mapping[str, Mapping[str, int]]:
        """Units by party id and kind."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for row in await self._rows(UNITS_BY_PARTY, _period(service, first, last)):
            found[row.party_id][row.kind] = int(row.units)
        return found

    async def by_day(self, party_id: str, service: Service, first: date, last: date) -> Mapping[date, int]:
        """Units of one party by day."""
        rows = await self._rows(UNITS_BY_DAY, {"party_id": party_id, **_period(service, first, last)})
        return {date.fromisoformat(row.day): int(row.units) for row in rows}

    async def entries(
        self, party_id: str, service: Service, first: date, last: date, after: str, limit: int
    ) -> Sequence[MeteredEntry]:
        """The entries behind a count, in the order in which they were recorded."""
        values = {
            "party_id": party_id,
            "kinds": _kinds_of(service),
            "begin": midnight(first),
            "end": midnight(last + timedelta(days=1)),
            "after": _position(after),
            "limit": limit,
        }
        return [
            MeteredEntry(
                str(row.position),
                _kenmerk(row.key, row.reverses),
                row.kind,
                from_microseconds(row.at),
                row.quantity,
            )
            for row in await self._rows(ENTRIES_OF_PARTY, values)
        ]

    async def _rows(
        self, query: Select[*tuple[Any, ...]], values: Mapping[str, object]
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(query, values)).all()


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
