"""A party's forecast of a year, and the agreement on it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.api.access import FIGURES, FINANCE
from gateway.api.billing import (
    ServiceQuery,
    actor_of,
    billing_of,
    billing_problems,
    check_own_party,
    debtor_problems,
    own_party,
    today,
)
from gateway.api.call import Call
from gateway.api.problem_kinds import BadCount, BillingStepRefused, ConfirmationNeeded, ForecastLocked
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, Timestamp, Year
from gateway.billing.rating.rating import UNITS_MAX
from gateway.billing.rating.services import Service
from gateway.billing.runs.year import BillingYear, YearKey
from gateway.http import problems
from gateway.i18n import Text

routes = Routes("billing", problems=(problems.NotReady,))


class ForecastRequest(Schema):
    """The expected use of a year, and by what it came: a letter, a mail, the portal. `confirmation`: why it is
    right where it is far from the use of the year before."""

    units: Annotated[int, Meta(ge=0, le=UNITS_MAX)]
    means: Annotated[str, Meta(max_length=200)] = "api"
    confirmation: Annotated[str, Meta(max_length=200)] = ""


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
    Text("Record a party's forecast of a year; a party records its own"),
    Returns("The forecast that holds."),
    roles=FIGURES,
    problems=(ForecastLocked, BillingStepRefused, BadCount, ConfirmationNeeded),
)
async def save_forecast(
    call: Call, party_id: str, year: Year, query: ServiceQuery, body: ForecastRequest
) -> ForecastResource:
    """Record the expected use of a year: a party its own, finance that of all. Saying the same again changes
    nothing. It is prepaid once finance agreed on it."""
    check_own_party(call, party_id)
    key, billing = YearKey(party_id, query.service, year), billing_of(call).service
    with debtor_problems(party_id):
        await billing.record_forecast(actor_of(call), key, body.units, body.means, body.confirmation)
        return forecast_resource(await billing.year(key))


@routes.put(
    "/v1/parties/{partyId}/forecasts/{year}/agreement",
    Text("Record that the forecast that holds was agreed on"),
    Returns("The forecast, agreed now or before."),
    roles=FINANCE,
    problems=(BillingStepRefused, ForecastLocked),
)
async def agree_forecast(
    call: Call, party_id: str, year: Year, query: ServiceQuery, body: AgreementRequest
) -> ForecastResource:
    key, billing = YearKey(party_id, query.service, year), billing_of(call).service
    with billing_problems():
        await billing.record_agreement(actor_of(call), key, body.means)
    return forecast_resource(await billing.year(key))


@routes.get(
    "/v1/forecasts",
    Text("The forecasts of a year; a party sees its own"),
    Returns("The forecasts that hold."),
    roles=FIGURES,
)
async def list_forecasts(call: Call, query: ForecastQuery) -> Forecasts:
    year, own = query.year or today(call).year, own_party(call)
    steps = await billing_of(call).store.steps(query.service, year)
    years = [
        BillingYear(YearKey(party_id, query.service, year), steps[party_id])
        for party_id in sorted(steps)
        if own is None or party_id == own
    ]
    return Forecasts(items=[forecast_resource(one) for one in years if one.forecast is not None])


def forecast_resource(year: BillingYear) -> ForecastResource:
    step = year.forecast
    if step is None:
        raise LookupError(f"{year.key} has no forecast")
    return ForecastResource.of(year.key, year, step, recorded_at=step.at)
