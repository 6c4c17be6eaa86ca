"""The page behind the link on a bill: what was counted, by day, and the messages."""

from datetime import date
from typing import Annotated

import msgspec
from aiohttp import web

from gateway.api.access import FIGURES
from gateway.api.billing import billing_of, check_party
from gateway.api.call import Call
from gateway.api.lists import bad_cursor
from gateway.api.route import Routes
from gateway.api.schema import LanguageQuery, PartyId
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.runs.ports import Positions
from gateway.http import problems
from gateway.i18n import Text
from gateway.portal.answers import PAGE, PAGES

routes = Routes("pages", problems=(problems.NotReady,))
_ENTRIES_SHOWN = 100
_CURSOR = r"^[0-9]{0,18}$"


class UsagePageQuery(LanguageQuery, frozen=True, kw_only=True, rename="camel"):
    """Whose use of which service, and in which days."""

    party: PartyId
    first_day: date
    last_day: date
    service: Service = Service.DIGIPOORT
    cursor: Annotated[str, msgspec.Meta(pattern=_CURSOR)] = ""
    before: Annotated[str, msgspec.Meta(pattern=_CURSOR)] = ""
    """The page before this entry."""


@routes.get(
    "/portal/usage",
    Text("What was counted for a bill, by day and by message, for people"),
    PAGE,
    roles=FIGURES,
    problems=(problems.UnknownItem,),
)
async def show_usage_page(call: Call, query: UsagePageQuery) -> web.StreamResponse:
    await check_party(call, query.party)
    party = call.services.directory.by_id(query.party)
    counts, first, last = billing_of(call).counts, query.first_day, query.last_day
    by_day = await counts.by_day(query.party, query.service, first, last)
    try:
        positions = Positions.after_entry(query.cursor)
        if query.before:
            positions = Positions(0, Positions.after_entry(query.before).after - 1)
    except ValueError as error:
        raise bad_cursor() from error
    is_back = bool(query.before)
    what = (query.party, query.service, first, last, positions, _ENTRIES_SHOWN + 1)
    found = await counts.entries(*what, newest=is_back) if by_day else ()  # else it would look at all of the party
    has_more = len(found) > _ENTRIES_SHOWN
    entries = found[-_ENTRIES_SHOWN:] if is_back else found[:_ENTRIES_SHOWN]
    earlier = entries[0].entry_id if entries and (has_more if is_back else query.cursor) else None
    more = entries[-1].entry_id if entries and (is_back or has_more) else None
    names, units = SERVICE_NAMES[query.service], sum(by_day.values())
    return PAGES.answer(
        "usage.html",
        call.request,
        query=query,
        party=party,
        service=names.name.in_language(call.language),
        unit=names.unit_name(units).in_language(call.language),
        units=units,
        billed=await _counts_of_bills(call, query),
        days=sorted(by_day.items()) if not query.cursor and not query.before else [],
        entries=entries,
        following=_address(call, "cursor", more),
        earlier=_address(call, "before", earlier),
    )


def _address(call: Call, name: str, entry_id: str | None) -> str | None:
    """This page with another part of the entries."""
    if entry_id is None:
        return None
    return str(call.request.rel_url.without_query_params("cursor", "before").update_query({name: entry_id}))


async def _counts_of_bills(call: Call, query: UsagePageQuery) -> list[tuple[str, int, int]]:
    """The bills with a line for these days: the number of each, what was counted when it was made, and since."""
    store, counts, found = billing_of(call).store, billing_of(call).counts, []
    what = (query.party, query.service, query.first_day, query.last_day)
    days = f"firstDay={query.first_day}&lastDay={query.last_day}"
    for bill in (await store.bills_by_party(query.service, query.first_day.year)).get(query.party, ()):
        run = await store.run(bill.run_id)
        if run and any(days in line.link for line in bill.lines):
            before = await counts.by_kind(*what, Positions(0, run.position))
            later = await counts.by_kind(*what, Positions(run.position))
            found.append((bill.number, sum(before.values()), sum(later.values())))
    return found
