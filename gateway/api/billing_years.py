"""A party's billing year: its steps, closing it, and individual guidance."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from gateway.api.access import FIGURES, FINANCE
from gateway.api.billing import ServiceQuery, actor_of, billing_of, billing_problems, check_party, debtor_problems
from gateway.api.call import Call
from gateway.api.problem_kinds import BillingStepRefused
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, Timestamp, Year
from gateway.billing.rating.services import Service
from gateway.billing.runs.year import BillingYear, StepKind, YearKey, YearStep
from gateway.http import problems
from gateway.i18n import Text

routes = Routes(
    "billing",
    problems=(problems.NotReady,),
    startDay="The day on which the start mail was received, as 2026-01-15.",
)


class GuidanceRequest(Schema):
    """How many periods of three months of guidance there were so far, from this start mail."""

    periods: Annotated[int, Meta(ge=1, le=40)] = 1


class ReopeningRequest(Schema):
    """Why the year is opened again."""

    reason: Annotated[str, Meta(pattern=r"\S", max_length=200)]


class YearStepResource(Schema):
    """One step of a billing year."""

    kind: StepKind
    key: str
    means: str
    units: int
    amount: Decimal
    documents: list[str]
    by: str
    at: Timestamp


class YearResource(Schema):
    """A party's billing year of a service: its steps, oldest first, and what they come to."""

    party_id: str
    service: Service
    year: int
    forecast: int | None
    is_agreed: bool
    is_prepaid: bool
    is_settled: bool
    is_closed: bool
    steps: list[YearStepResource]


@routes.get(
    "/v1/parties/{partyId}/years/{year}",
    Text("A party's billing year, step by step; a party sees its own"),
    Returns("The year."),
    roles=FIGURES,
)
async def show_billing_year(call: Call, party_id: str, year: Year, query: ServiceQuery) -> YearResource:
    await check_party(call, party_id)
    return _year_resource(await billing_of(call).service.year(YearKey(party_id, query.service, year)))


@routes.put(
    "/v1/parties/{partyId}/years/{year}/closing",
    Text("Close a settled year: it is no longer billed"),
    Returns("The year, closed now or before."),
    roles=FINANCE,
    problems=(BillingStepRefused,),
)
async def close_billing_year(call: Call, party_id: str, year: Year, query: ServiceQuery) -> YearResource:
    """Close a settled year; closing again changes nothing."""
    key, billing = YearKey(party_id, query.service, year), billing_of(call).service
    with billing_problems():
        await billing.close(actor_of(call), key)
    return _year_resource(await billing.year(key))


@routes.put(
    "/v1/parties/{partyId}/years/{year}/reopening",
    Text("Open a closed year again, for a correction"),
    Returns("The year, open."),
    roles=FINANCE,
    problems=(BillingStepRefused,),
)
async def reopen_billing_year(
    call: Call, party_id: str, year: Year, query: ServiceQuery, body: ReopeningRequest
) -> YearResource:
    """Open a closed year again; an open one stays as it is."""
    key, billing = YearKey(party_id, query.service, year), billing_of(call).service
    with billing_problems():
        await billing.reopen(actor_of(call), key, body.reason)
    return _year_resource(await billing.year(key))


@routes.put(
    "/v1/parties/{partyId}/guidance/{startDay}",
    Text("Record individual guidance from the day its start mail was received, or its renewal"),
    Returns("The year of guidance."),
    roles=FINANCE,
    problems=(BillingStepRefused,),
)
async def record_guidance(call: Call, party_id: str, start_day: date, body: GuidanceRequest) -> YearResource:
    billing = billing_of(call).service
    with debtor_problems(party_id):
        await billing.record_guidance(actor_of(call), party_id, start_day, body.periods)
    return _year_resource(await billing.year(YearKey(party_id, Service.GUIDANCE, start_day.year)))


def _year_resource(year: BillingYear) -> YearResource:
    return YearResource.of(
        year,
        year.key,
        forecast=year.forecast.units if year.forecast else None,
        steps=[step_resource(step) for step in year.steps],
    )


def step_resource(step: YearStep) -> YearStepResource:
    """A step as finance and the party see it."""
    return YearStepResource.of(step, documents=list(step.documents))
