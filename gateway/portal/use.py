"""What a government uses and pays: its use against the forecast, where the year is heading, and its bills."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aiohttp import web

from gateway.api.billing import billing_of, today
from gateway.api.bills import BillsQuery, list_bills
from gateway.api.call import Call
from gateway.api.route import Routes
from gateway.api.words import PAYMENTS
from gateway.billing.rating.outlook import OutlookStatus
from gateway.billing.rating.projection import ByDay, Projection
from gateway.billing.rating.quote import QuoteRequest, quote
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.runs.errors import BillingError
from gateway.billing.runs.year import YearKey
from gateway.http import problems
from gateway.i18n import Text
from gateway.messages.participants import Role
from gateway.portal.answers import PAGE, PAGES, ServiceYearQuery
from gateway.portal.finance import STAGES
from gateway.portal.year_chart import YearChart

routes = Routes("pages", problems=(problems.NotReady,))
_YEARS_BACK = 7
"""So many years are offered: as long as bills are kept."""
_STATUSES = {
    OutlookStatus.WITHIN: Text("Your use is within the forecast."),
    OutlookStatus.POSSIBLY_OVER: Text("Your use may pass the forecast."),
    OutlookStatus.EXPECTED_OVER: Text("Your use is expected to pass the forecast."),
    OutlookStatus.OVER: Text("Your use has passed the forecast."),
    OutlookStatus.UNKNOWN: Text("Too little is known to say where this year is heading."),
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the year is expected to be, and to cost with VAT: the middle, and the ends of what is likely."""

    label: Text
    units: int
    amount: Decimal | None


@routes.get(
    "/portal/use",
    Text("Use of a year against the forecast, where it is heading, and the bills, for people"),
    PAGE,
    roles=frozenset({Role.GOVERNMENT}),
    menu=Text("Use and bills"),
)
async def show_use_page(call: Call, query: ServiceYearQuery) -> web.StreamResponse:
    billing, language, day = billing_of(call), call.language, today(call)
    party_id, year = call.caller.party_id or "", query.year or day.year
    key = YearKey(party_id, query.service, year)
    seen = await billing.service.outlook(key, day)
    known = (await billing.service.year(key)).forecast
    forecast = seen.prepaid if seen.prepaid is not None else known.units if known else None
    by_day = await billing.counts.by_day(party_id, query.service, date(year, 1, 1), seen.as_of)
    bills = (await list_bills(call, BillsQuery(year=year))).items
    return PAGES.answer(
        "use.html",
        call.request,
        party=call.services.directory.by_id(party_id),
        party_id=party_id,
        service=query.service,
        services={one: SERVICE_NAMES[one].name.in_language(language) for one in Service},
        used=await _services(call, query.service, year),
        year=year,
        years=sorted({year, *range(day.year - _YEARS_BACK, day.year + 1)}, reverse=True),
        this_year=day.year,
        seen=seen,
        first=date(year, 1, 1),
        forecast=forecast,
        status_words=_STATUSES[seen.status].in_language(language),
        is_bad=seen.status in {OutlookStatus.OVER, OutlookStatus.EXPECTED_OVER},
        chart=YearChart(seen, by_day, forecast),
        expectations=await _expectations(call, key, forecast, seen.whole_year),
        months=_by_month(by_day),
        bills=bills,
        stages={stage: text.in_language(language) for stage, text in STAGES.items()},
        payments={state: text.in_language(language) for state, text in PAYMENTS.items()},
    )


async def _services(call: Call, shown: Service, year: int) -> list[Service]:
    """The services that the party is connected to or used in the year, and the one that is shown."""
    billing, party_id = billing_of(call), call.caller.party_id or ""
    connected = {
        connection.service
        for record in await billing.store.debtors()
        if record.party_id == party_id
        for connection in record.connections
    }
    days = (date(year, 1, 1), date(year, 12, 31))
    return [
        one
        for one in Service
        if one in {shown, Service.DIGIPOORT, *connected} or await billing.counts.by_day(party_id, one, *days)
    ]


async def _expectations(
    call: Call, key: YearKey, forecast: int | None, ahead: Projection | None
) -> Sequence[Expectation]:
    if ahead is None:
        return []
    service = billing_of(call).service
    catalogue = await service.tariffs.catalogue()

    def cost(units: int) -> Decimal | None:
        """None where the year has no tariff."""
        with suppress(BillingError):
            request = QuoteRequest(key.service, key.year, forecast, units)
            return quote(request, catalogue, service.policies).total.including
        return None

    rows = (
        (Text("expected"), ahead.expected),
        (Text("at least, four times out of five"), ahead.low),
        (Text("at most, four times out of five"), ahead.high),
    )
    return [Expectation(label, units, cost(units)) for label, units in rows]


def _by_month(by_day: ByDay) -> list[tuple[date, int]]:
    """The units of each month, by its first day."""
    months: Counter[date] = Counter()
    for day, units in by_day.items():
        months[day.replace(day=1)] += units
    return sorted(months.items())
