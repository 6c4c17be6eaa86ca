"""The meter's counts as the bill asks for them: from the rollups, so that a count costs the same at any size."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import Column, ColumnElement, Text, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.billing.rating.services import Service
from gateway.billing.runs.ports import MeteredEntry
from gateway.clock import AMSTERDAM
from gateway.metering.calendar import microseconds, moment
from gateway.metering.entry import MESSAGE_KINDS, UsageKind
from gateway.store.ledger.tables import usage_entries, usage_rollups

KINDS: Mapping[Service, frozenset[UsageKind]] = {
    Service.DIGIPOORT: MESSAGE_KINDS,
    Service.DIGID: frozenset({UsageKind.DIGID_AUTHENTICATION}),
    Service.MACHTIGEN: frozenset({UsageKind.MANDATE_USED}),
    Service.MIJNOVERHEID: frozenset({UsageKind.MIJNOVERHEID_MESSAGE}),
}
"""What the meter calls the units of each service; guidance and facilities are not metered."""


class SqlUsageCounts:
    """Fulfils `gateway.billing.runs.ports.UsageCounts`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def by_party(self, service: Service, first: date, last: date) -> Mapping[str, Mapping[str, int]]:
        """Units by party id and kind."""
        columns = usage_rollups.c
        wanted = (
            select(columns.party_id, columns.kind, func.sum(columns.quantity).label("units"))
            .where(
                _plain(columns.kind).in_(_kinds(service)),
                columns.year.between(first.year, last.year),
                _plain(columns.day).between(first.isoformat(), last.isoformat()),
            )
            .group_by(columns.party_id, columns.kind)
        )
        found: dict[str, dict[str, int]] = defaultdict(dict)
        async with self._engine.connect() as connection:
            for row in await connection.execute(wanted):
                found[row.party_id][row.kind] = int(row.units)
        return found

    async def by_day(self, party_id: str, service: Service, first: date, last: date) -> Mapping[date, int]:
        """Units of one party by day."""
        columns = usage_rollups.c
        wanted = (
            select(columns.day, func.sum(columns.quantity).label("units"))
            .where(
                _plain(columns.party_id) == party_id,
                _plain(columns.kind).in_(_kinds(service)),
                columns.year.between(first.year, last.year),
                _plain(columns.day).between(first.isoformat(), last.isoformat()),
            )
            .group_by(columns.day)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        return {date.fromisoformat(row.day): int(row.units) for row in rows}

    async def entries(
        self, party_id: str, service: Service, first: date, last: date, after: str, limit: int
    ) -> Sequence[MeteredEntry]:
        """The entries behind a count, in the order in which they were recorded."""
        columns = usage_entries.c
        wanted = (
            select(usage_entries)
            .where(
                _plain(columns.party_id) == party_id,
                _plain(columns.kind).in_(_kinds(service)),
                columns.at >= _midnight(first),
                columns.at < _midnight(last + timedelta(days=1)),
                columns.position > _position(after),
            )
            .order_by(columns.position)
            .limit(limit)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        return [
            MeteredEntry(
                str(row.position), _kenmerk(row.key, row.reverses), row.kind, moment(row.at), row.quantity
            )
            for row in rows
        ]


def _position(cursor: str) -> int:
    """Raises ValueError for a cursor that no page ended with."""
    position = int(cursor or 0)
    if not 0 <= position < 2**63:
        raise ValueError("the cursor is not one that this gateway gave")
    return position


def _kinds(service: Service) -> list[str]:
    return sorted(kind.value for kind in KINDS.get(service, ()))


def _plain(name: Column[str]) -> ColumnElement[str]:
    """The column for comparing with a value of ours: SQLAlchemy would write the column's collation into the
    cast of the value, where PostgreSQL's grammar has no room for it."""
    return type_coerce(name, Text())


def _midnight(day: date) -> int:
    """The moment at which a day begins in Amsterdam."""
    return microseconds(datetime.combine(day, time.min, tzinfo=AMSTERDAM))


def _kenmerk(key: str, reverses: int | None) -> str:
    """The message or event of an entry, out of its key."""
    words = key.split(" ")
    return words[2] if reverses is not None and len(words) > 2 else words[0]
