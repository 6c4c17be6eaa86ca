"""A party's billing year: its steps, closing it, and individual guidance."""

from datetime import date
from decimal import Decimal
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
    party_in_path,
    year_key,
)
from gateway.api.call import Call
from gateway.api.problem_kinds import BillingStepRefused
from gateway.api.route import Body, Returns, Routes
from gateway.api.schema import Schema, Timestamp
from gateway.billing.rating.services import Service
from gateway.billing.runs.year import BillingYear, StepKind, YearKey, YearStep
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text

routes = Routes("billing", startDay="The day on which the start mail was received, as 2026-01-15.")
_DAY = Text("must be a day, as 2026-01-15")


class GuidanceRequest(Schema):
    """How many periods of three months of guidance there were so far, from this start mail."""

    periods: Annotated[int, Meta(ge=1, le=40)] = 1


class YearStepResource(Schema):
    """One step of a billing year."""

    kind: StepKind
    key: str
    means: str
    units: int
    amount: Decimal
    document: str | None
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
    Returns("The year.", YearResource),
    roles=FIGURES,
    query=ServiceQuery,
    problems=(problems.NotReady,),
)
async def show_billing_year(call: Call) -> web.StreamResponse:
    """A party's billing year, step by step; a party sees its own."""
    await party_in_path(call)
    return json_answer(_year_resource(await billing_of(call).service.year(year_key(call))))


@routes.put(
    "/v1/parties/{partyId}/years/{year}/closing",
    Text("Close a settled year: its forecast can no longer change"),
    Returns("The year, closed now or before.", YearResource),
    roles=FINANCE,
    query=ServiceQuery,
    problems=(problems.NotReady, BillingStepRefused),
)
async def close_billing_year(call: Call) -> web.StreamResponse:
    """Close a settled year; closing again changes nothing."""
    key, billing = year_key(call), billing_of(call).service
    with billing_problems():
        await billing.close(actor_of(call), key)
    return json_answer(_year_resource(await billing.year(key)))


@routes.put(
    "/v1/parties/{partyId}/guidance/{startDay}",
    Text("Record individual guidance from the day its start mail was received, or its renewal"),
    Returns("The year of guidance.", YearResource),
    body=Body(GuidanceRequest, is_required=False),
    roles=FINANCE,
    problems=(problems.NotReady, BillingStepRefused),
)
async def record_guidance(call: Call) -> web.StreamResponse:
    """Record individual guidance from the day its start mail was received, or its renewal."""
    party_id, received, wanted = call.path_part("partyId"), _day(call), await call.body(GuidanceRequest)
    billing = billing_of(call).service
    with debtor_problems(party_id):
        await billing.record_guidance(actor_of(call), party_id, received, wanted.periods)
    year = await billing.year(YearKey(party_id, Service.GUIDANCE, received.year))
    return json_answer(_year_resource(year))


def _day(call: Call) -> date:
    try:
        return msgspec.convert(call.path_part("startDay"), date)
    except msgspec.ValidationError as error:
        raise problems.InvalidInput((Fault("path", "startDay", _DAY),)) from error


def _year_resource(year: BillingYear) -> YearResource:
    return YearResource.of(
        year,
        party_id=year.key.party_id,
        service=year.key.service,
        year=year.key.year,
        forecast=year.forecast.units if year.forecast else None,
        steps=[_step_resource(step) for step in year.steps],
    )


def _step_resource(step: YearStep) -> YearStepResource:
    return YearStepResource.of(step, document=step.document or None)
