"""A party's forecast of a year, and the agreement on it."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.access import FIGURES, FINANCE
from gateway.api.billing import (
    ServiceQuery,
    actor_of,
    billing_of,
    billing_problems,
    debtor_problems,
    own_party,
    today,
    year_in_path,
    year_key,
)
from gateway.api.call import Call
from gateway.api.problem_kinds import BadCount, BillingStepRefused, ForecastLocked
from gateway.api.route import Body, Returns, Routes
from gateway.api.schema import Schema, Timestamp, Year
from gateway.billing.rating.rating import UNITS_MAX
from gateway.billing.rating.services import Service
from gateway.billing.runs.year import BillingYear, YearKey
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.i18n import Text

routes = Routes("billing")


class ForecastRequest(Schema):
    """The expected use of a year, and by what it came: a letter, a mail, the portal."""

    units: Annotated[int, Meta(ge=0, le=UNITS_MAX)]
    means: Annotated[str, Meta(max_length=200)] = "api"


class AgreementRequest(Schema):
    """By what it came: a letter, a mail, the portal."""

    means: Annotated[str, Meta(max_length=200)] = "api"


class ForecastResource(Schema):
    """The forecast that holds for one party's year, and how far the year is."""

    party_id: str
    service: Service
    year: int
    units: int
    means: str
    recorded_at: Timestamp
    is_agreed: bool
    is_prepaid: bool
    is_settled: bool
    is_closed: bool


class Forecasts(Schema):
    """Forecasts, by party id."""

    items: list[ForecastResource]


class ForecastQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Of which service and year; without a year the present one."""

    service: Service = Service.DIGIPOORT
    year: Year | None = None


@routes.put(
    "/v1/parties/{partyId}/forecasts/{year}",
    Text("Record a party's forecast of a year"),
    Returns("The forecast that holds.", ForecastResource),
    body=ForecastRequest,
    roles=FINANCE,
    query=ServiceQuery,
    problems=(
        problems.NotReady,
        ForecastLocked,
        BillingStepRefused,
        BadCount,
    ),
)
async def save_forecast(call: Call) -> web.StreamResponse:
    """Record the expected use of a year. Saying the same again changes nothing."""
    billing, query = billing_of(call), call.query(ServiceQuery)
    party_id, wanted = call.path_part("partyId"), await call.body(ForecastRequest)
    key = YearKey(party_id, query.service, year_in_path(call))
    with debtor_problems(party_id):
        await billing.service.record_forecast(actor_of(call), key, wanted.units, wanted.means)
        return json_answer(forecast_resource(await billing.service.year(key)))


@routes.put(
    "/v1/parties/{partyId}/forecasts/{year}/agreement",
    Text("Record that the forecast that holds was agreed on"),
    Returns("The forecast, agreed now or before.", ForecastResource),
    body=Body(AgreementRequest, is_required=False),
    roles=FINANCE,
    query=ServiceQuery,
    problems=(problems.NotReady, BillingStepRefused),
)
async def agree_forecast(call: Call) -> web.StreamResponse:
    """Record that the forecast that holds was agreed on."""
    key, wanted, billing = year_key(call), await call.body(AgreementRequest), billing_of(call).service
    with billing_problems():
        await billing.record_agreement(actor_of(call), key, wanted.means)
    return json_answer(forecast_resource(await billing.year(key)))


@routes.get(
    "/v1/forecasts",
    Text("The forecasts of a year; a party sees its own"),
    Returns("The forecasts that hold.", Forecasts),
    roles=FIGURES,
    query=ForecastQuery,
    problems=(problems.NotReady,),
)
async def list_forecasts(call: Call) -> web.StreamResponse:
    """The forecast that holds for each party that gave one."""
    query, billing = call.query(ForecastQuery), billing_of(call)
    year = query.year or today(call).year
    own = own_party(call)
    steps = await billing.store.steps(query.service, year)
    years = [
        BillingYear(YearKey(party_id, query.service, year), steps[party_id])
        for party_id in sorted(steps)
        if own is None or party_id == own
    ]
    return json_answer(Forecasts(items=[forecast_resource(one) for one in years if one.forecast is not None]))


def forecast_resource(year: BillingYear) -> ForecastResource:
    step = year.forecast
    if step is None:
        raise LookupError(f"{year.key} has no forecast")
    return ForecastResource.of(
        year,
        party_id=year.key.party_id,
        service=year.key.service,
        year=year.key.year,
        units=step.units,
        means=step.means,
        recorded_at=step.at,
    )
