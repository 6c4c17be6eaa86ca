"""What was used: by party, by kind, by day, and the entries behind a count."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec
from aiohttp import web

from gateway.api.access import FIGURES, FINANCE
from gateway.api.billing import billing_of, check_party, today
from gateway.api.call import Call
from gateway.api.lists import bad_cursor, link_header, next_page, page_limit
from gateway.api.route import NEXT_PAGE, Returns, Routes
from gateway.api.schema import PageLinks, Schema, Timestamp, Year
from gateway.billing.rating.services import Service
from gateway.billing.runs.ports import Positions
from gateway.http import problems
from gateway.http.answers import BY_ACCEPT, CSV, JSON, headers, json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.metering.export import Cell, Column, csv_of

routes = Routes("billing", problems=(problems.NotReady,))
_ENTRY_CURSOR = re.compile(r"\d{0,18}", re.ASCII)
"""The position of an entry; every one of so many digits fits a database's whole numbers."""

_ENTRY_COLUMNS = (
    Column("entryId", str),
    Column("kenmerk", str),
    Column("kind", str),
    Column("at", datetime),
    Column("quantity", int),
)
_USAGE_COLUMNS = (
    Column("service", str),
    Column("partyId", str),
    Column("kind", str),
    Column("firstDay", date),
    Column("lastDay", date),
    Column("units", int),
)
_DAY_RANGE = Text("must be a day in 2000 to 2100")


class UsageQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Of which service and days; without days the billing year so far."""

    service: Service = Service.DIGIPOORT
    first_day: date | None = None
    last_day: date | None = None
    year: Year | None = None
    """A whole billing year, in place of days."""


class EntriesQuery(UsageQuery, frozen=True, rename="camel"):
    """Which page of the entries."""

    cursor: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    until_position: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None
    """Only entries up to this one: what a billing run counted."""


class DayUsage(Schema):
    """Units on one day."""

    day: date
    units: int


class PartyUsage(Schema):
    """What one party used of a service."""

    party_id: str
    service: Service
    first_day: date
    last_day: date
    units: int
    by_kind: dict[str, int]
    days: list[DayUsage]


class UsageEntryResource(Schema):
    """One entry of the meter: a message, or with a quantity below zero its correction."""

    entry_id: str
    kenmerk: str
    kind: str
    at: Timestamp
    quantity: int


class UsageEntries(Schema):
    """One page of entries, in the order in which they were recorded."""

    items: list[UsageEntryResource]
    links: PageLinks


class UsageRow(Schema):
    """Units of one kind that one party used."""

    party_id: str
    kind: str
    units: int


class UsageResource(Schema):
    """What every party used of a service."""

    service: Service
    first_day: date
    last_day: date
    items: list[UsageRow]


@routes.get(
    "/v1/parties/{partyId}/usage",
    Text("What one party used, by kind and by day"),
    Returns("The counts."),
    roles=FIGURES,
)
async def show_party_usage(call: Call, party_id: str, query: UsageQuery) -> PartyUsage:
    await check_party(call, party_id)
    billing, (first, last) = billing_of(call), _days(call, query)
    by_kind = (await billing.counts.by_party(query.service, first, last)).get(party_id, {})
    by_day = await billing.counts.by_day(party_id, query.service, first, last)
    return PartyUsage(
        party_id=party_id,
        service=query.service,
        first_day=first,
        last_day=last,
        units=sum(by_kind.values()),
        by_kind=dict(by_kind),
        days=[DayUsage(day=day, units=units) for day, units in sorted(by_day.items())],
    )


@routes.get(
    "/v1/parties/{partyId}/usage/entries",
    Text("The messages and corrections behind a count"),
    Returns("One page.", UsageEntries, media_types=(JSON, CSV), headers=NEXT_PAGE),
    roles=FIGURES,
    problems=(problems.NotAcceptable,),
)
async def list_usage_entries(call: Call, party_id: str, query: EntriesQuery) -> web.StreamResponse:
    await check_party(call, party_id)
    billing, form = billing_of(call), call.media_type((JSON, CSV))
    first, last = _days(call, query)
    limit = page_limit(call, query.limit)
    if not _ENTRY_CURSOR.fullmatch(query.cursor or ""):
        raise bad_cursor()
    positions = Positions(int(query.cursor or 0), query.until_position)
    found = await billing.counts.entries(party_id, query.service, first, last, positions, limit + 1)
    page = found[:limit]
    following = next_page(call, page[-1].entry_id if len(found) > limit else None)
    more = {**link_header(following), **BY_ACCEPT}
    if form == CSV:
        rows = ((one.entry_id, one.kenmerk, one.kind, one.at, one.quantity) for one in page)
        return _csv(_ENTRY_COLUMNS, rows, "usage-entries", more)
    body = UsageEntries(items=[UsageEntryResource.of(one) for one in page], links=PageLinks(next=following))
    return json_answer(body, more=more)


@routes.get("/v1/usage", Text("What every party used"), Returns("The counts, by party and kind."), roles=FINANCE)
async def list_usage(call: Call, query: UsageQuery) -> UsageResource:
    first, last = _days(call, query)
    rows = await _usage_rows(call, query, first, last)
    return UsageResource(service=query.service, first_day=first, last_day=last, items=rows)


@routes.get(
    "/v1/exports/usage",
    Text("Usage of every party as CSV"),
    Returns("CSV with a head (RFC 4180).", media_types=(CSV,)),
    roles=FINANCE,
)
async def export_usage(call: Call, query: UsageQuery) -> web.StreamResponse:
    first, last = _days(call, query)
    rows = await _usage_rows(call, query, first, last)
    lines = ((query.service.value, row.party_id, row.kind, first, last, row.units) for row in rows)
    return _csv(_USAGE_COLUMNS, lines, f"usage-{first}-{last}")


async def _usage_rows(call: Call, query: UsageQuery, first: date, last: date) -> list[UsageRow]:
    counted = await billing_of(call).counts.by_party(query.service, first, last)
    return [
        UsageRow(party_id=party_id, kind=kind, units=units)
        for party_id, kinds in sorted(counted.items())
        for kind, units in sorted(kinds.items())
    ]


def _days(call: Call, query: UsageQuery) -> tuple[date, date]:
    """First and last day. Raises InvalidInput when they are the wrong way round."""
    if query.year is not None and (query.first_day or query.last_day):
        reason = Text("cannot go with firstDay or lastDay")
        raise problems.InvalidInput((Fault("query", "year", reason),))
    if query.year is not None:
        return date(query.year, 1, 1), date(query.year, 12, 31)
    last = query.last_day or (query.first_day and date(query.first_day.year, 12, 31)) or today(call)
    first = query.first_day or date(last.year, 1, 1)
    for name, day in (("firstDay", first), ("lastDay", last)):
        if not 2000 <= day.year <= 2100:
            raise problems.InvalidInput((Fault("query", name, _DAY_RANGE),))
    if first > last:
        raise problems.InvalidInput((Fault("query", "lastDay", Text("is before firstDay")),))
    return first, last


def _csv(
    columns: Sequence[Column], rows: Iterable[tuple[Cell, ...]], name: str, more: Mapping[str, str] | None = None
) -> web.Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    every = headers("text/csv; charset=utf-8; header=present", {**disposition, **(more or {})})
    return web.Response(body=csv_of(columns, rows), headers=every)
