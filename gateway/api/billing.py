"""What messages cost: usage, forecasts, bills and exports. Amounts and rules are billing's; here they are shown.

A party sees its own; finance sees all. Days are Amsterdam calendar days, both included.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import msgspec
from aiohttp import web

from gateway.api.desk import Call, unknown
from gateway.api.doors import BillingDoor
from gateway.api.lists import bad_cursor, link_header, next_page, page_limit
from gateway.api.refusals import told
from gateway.api.shapes import (
    Bills,
    DayUsage,
    Forecasts,
    ForecastShape,
    ForecastWish,
    OutlookShape,
    PageLinks,
    PartyId,
    PartyUsage,
    ProjectionShape,
    TextShape,
    Usage,
    UsageEntries,
    UsageEntryShape,
    UsageRow,
    bill_shape,
)
from gateway.billing.documents.bill import Bill
from gateway.billing.rating.outlook import Projection, warning_mail
from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import UnknownPartyError
from gateway.billing.runs.ports import MeteredEntry
from gateway.billing.runs.service import Actor
from gateway.billing.runs.year import BillingYear, YearKey
from gateway.clock import billing_date
from gateway.http import problems
from gateway.http.answers import BY_ACCEPT, CSV, JSON, PDF, XML, headers, json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.messages.participants import Role

Year = Annotated[int, msgspec.Meta(ge=2000, le=2100)]


_ENTRY_CURSOR = re.compile(r"\d{0,18}", re.ASCII)
"""The position of an entry; every one of so many digits fits a database's whole numbers."""
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


class ForecastQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Of which service and year; without a year the present one."""

    service: Service = Service.DIGIPOORT
    year: Year | None = None


class ServiceQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Of which service."""

    service: Service = Service.DIGIPOORT


class BillsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Issued in which calendar year; without one the present."""

    issued_in: Year | None = None
    party_id: PartyId | None = None


async def party_usage(call: Call) -> web.StreamResponse:
    """What one party used, by kind and by day."""
    query, party_id, door = call.query(UsageQuery), await party_of(call), door_of(call)
    first, last = _days(call, query)
    by_kind = (await door.counts.by_party(query.service, first, last)).get(party_id, {})
    by_day = await door.counts.by_day(party_id, query.service, first, last)
    body = PartyUsage(
        party_id=party_id,
        service=query.service,
        first_day=first,
        last_day=last,
        units=sum(by_kind.values()),
        by_kind=dict(by_kind),
        days=[DayUsage(day=day, units=units) for day, units in sorted(by_day.items())],
    )
    return json_answer(body)


async def usage_entries(call: Call) -> web.StreamResponse:
    """The entries behind a party's count: each message, and each correction."""
    query, party_id, door = call.query(EntriesQuery), await party_of(call), door_of(call)
    form = call.form((JSON, CSV))
    first, last = _days(call, query)
    limit = page_limit(call, query.limit)
    if not _ENTRY_CURSOR.fullmatch(query.cursor or ""):
        raise bad_cursor()
    found = await door.counts.entries(party_id, query.service, first, last, query.cursor or "", limit + 1)
    page = found[:limit]
    following = next_page(call, page[-1].entry_id if len(found) > limit else None)
    more = {**link_header(following), **BY_ACCEPT}
    if form == CSV:
        rows = ((one.entry_id, one.kenmerk, one.kind, one.at.isoformat(), one.quantity) for one in page)
        return _csv(("entryId", "kenmerk", "kind", "at", "quantity"), rows, "usage-entries", more)
    body = UsageEntries(items=[_entry(one) for one in page], links=PageLinks(next=following))
    return json_answer(body, more=more)


def _entry(entry: MeteredEntry) -> UsageEntryShape:
    return UsageEntryShape(
        entry_id=entry.entry_id, kenmerk=entry.kenmerk, kind=entry.kind, at=entry.at, quantity=entry.quantity
    )


async def usage(call: Call) -> web.StreamResponse:
    """What every party used, by kind."""
    query = call.query(UsageQuery)
    first, last = _days(call, query)
    rows = await _usage_rows(call, query, first, last)
    return json_answer(Usage(service=query.service, first_day=first, last_day=last, items=rows))


async def export_usage(call: Call) -> web.StreamResponse:
    """The same as CSV."""
    query = call.query(UsageQuery)
    first, last = _days(call, query)
    rows = await _usage_rows(call, query, first, last)
    lines = ((query.service.value, row.party_id, row.kind, first, last, row.units) for row in rows)
    return _csv(("service", "partyId", "kind", "firstDay", "lastDay", "units"), lines, f"usage-{first}-{last}")


async def _usage_rows(call: Call, query: UsageQuery, first: date, last: date) -> list[UsageRow]:
    counted = await door_of(call).counts.by_party(query.service, first, last)
    return [
        UsageRow(party_id=party_id, kind=kind, units=units)
        for party_id, kinds in sorted(counted.items())
        for kind, units in sorted(kinds.items())
    ]


async def show_outlook(call: Call) -> web.StreamResponse:
    """Where a party's use of the year is heading, and the warning it gets when that passes what it prepaid."""
    query, party_id, door = call.query(ServiceQuery), await party_of(call), door_of(call)
    seen = await door.service.outlook(YearKey(party_id, query.service, today(call).year), today(call))
    debtor = (await door.store.debtors()).get(party_id)
    mail = warning_mail(debtor.name if debtor else party_id, seen)
    body = OutlookShape(
        party_id=party_id,
        service=query.service,
        year=seen.year,
        as_of=seen.as_of,
        used=seen.used,
        prepaid=seen.prepaid,
        course=seen.status,
        month=_projection(seen.month),
        whole_year=_projection(seen.whole_year),
        warning=None if mail is None else TextShape(en=mail.body.en, nl=mail.body.nl),
    )
    return json_answer(body)


def _projection(seen: Projection | None) -> ProjectionShape | None:
    if seen is None:
        return None
    return ProjectionShape(until=seen.until, expected=seen.expected, low=seen.low, high=seen.high)


async def list_forecasts(call: Call) -> web.StreamResponse:
    """The forecast that holds for each party that gave one."""
    query, door = call.query(ForecastQuery), door_of(call)
    year = query.year or today(call).year
    own = own_of(call)
    steps = await door.store.steps(query.service, year)
    years = [
        BillingYear(YearKey(party_id, query.service, year), steps[party_id])
        for party_id in sorted(steps)
        if own is None or party_id == own
    ]
    return json_answer(Forecasts(items=[forecast_shape(one) for one in years if one.forecast is not None]))


async def save_forecast(call: Call) -> web.StreamResponse:
    """Record the expected use of a year. Saying the same again changes nothing."""
    door, query = door_of(call), call.query(ServiceQuery)
    party_id, wish = call.named("partyId"), await call.body(ForecastWish)
    key = YearKey(party_id, query.service, year_of(call))
    with told_of_debtor(party_id):
        await door.service.record_forecast(actor_of(call), key, wish.units, wish.means)
        return json_answer(forecast_shape(await door.service.year(key)))


@contextmanager
def told_of_debtor(party_id: str) -> Iterator[None]:
    """As `told`, where the path names the debtor: raises UnknownItem when there is none."""
    with told():
        try:
            yield
        except UnknownPartyError as error:
            raise unknown(Text("debtor"), party_id) from error


def forecast_shape(year: BillingYear) -> ForecastShape:
    step = year.forecast
    if step is None:
        raise LookupError(f"{year.key} has no forecast")
    return ForecastShape(
        party_id=year.key.party_id,
        service=year.key.service,
        year=year.key.year,
        units=step.units,
        means=step.means,
        recorded_at=step.at,
        is_agreed=year.is_agreed,
        is_prepaid=year.is_prepaid,
        is_settled=year.is_settled,
        is_closed=year.is_closed,
    )


async def list_bills(call: Call) -> web.StreamResponse:
    """Bills and credit notes issued in a year, in the order of their numbers."""
    return json_answer(Bills(items=[bill_shape(bill) for bill in await bills_wanted(call)]))


async def bills_wanted(call: Call) -> Sequence[Bill]:
    """The bills that the query asks for and the caller may see. Raises UnknownItem."""
    query = call.query(BillsQuery)
    own = own_of(call)
    wanted = query.party_id or own
    if own is not None and wanted != own:
        raise unknown(Text("party"), str(wanted))
    bills = await door_of(call).store.bills(query.issued_in or today(call).year)
    return [bill for bill in bills if wanted is None or bill.debtor.party_id == wanted]


async def show_bill(call: Call) -> web.StreamResponse:
    """One document: as JSON, as the e-invoice that was issued, or as PDF."""
    door, number = door_of(call), call.named("billNumber")
    form = call.form((JSON, XML, PDF))
    bill = await door.store.bill(number)
    own = own_of(call)
    if bill is None or (own is not None and bill.debtor.party_id != own):
        raise unknown(Text("bill"), number)
    if form == JSON:
        return json_answer(bill_shape(bill), more=dict(BY_ACCEPT))
    content = await door.store.xml(number) if form == XML else door.pdf(bill)
    extension = "xml" if form == XML else "pdf"
    more = {"Content-Disposition": f'attachment; filename="{bill.number}.{extension}"', **BY_ACCEPT}
    return web.Response(body=content or b"", headers=headers(form, more))


def door_of(call: Call) -> BillingDoor:
    """Billing, where this gateway has it. Raises NotReady."""
    if call.doors.billing is None:
        raise problems.NotReady(["billing"])
    return call.doors.billing


def own_of(call: Call) -> str | None:
    """The party whose figures the caller may see; None: all."""
    return None if call.caller.role is Role.FINANCE else call.caller.party_id or ""


async def party_of(call: Call) -> str:
    """The party in the path, if the caller may see its figures. Raises UnknownItem."""
    party_id, own = call.named("partyId"), own_of(call)
    if (own is None or own == party_id) and await call.doors.directory.party(party_id) is not None:
        return party_id
    raise unknown(Text("party"), party_id)


def actor_of(call: Call) -> Actor:
    """Who acts, for the audit chain: the key itself."""
    return Actor(call.caller.key_id, call.caller.role)


def today(call: Call) -> date:
    return billing_date(call.doors.clock())


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


def year_of(call: Call) -> int:
    """The year in the path. Raises InvalidInput."""
    try:
        return msgspec.convert(call.named("year"), Year, strict=False)
    except msgspec.ValidationError as error:
        reason = Text("must be a year from 2000 to 2100")
        raise problems.InvalidInput((Fault("path", "year", reason),)) from error


def _csv(
    names: tuple[str, ...], rows: Iterable[tuple[object, ...]], name: str, more: dict[str, str] | None = None
) -> web.Response:
    """RFC 4180, with a head."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows(rows)
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    every = headers("text/csv; charset=utf-8; header=present", {**disposition, **(more or {})})
    return web.Response(body=text.getvalue().encode(), headers=every)
