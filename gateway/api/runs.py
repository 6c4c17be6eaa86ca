"""Billing runs over HTTP: previewed, prepared, approved by another, issued. Whoever acts is the key that asks."""

from decimal import Decimal
from typing import Annotated

import msgspec
from aiohttp import hdrs, web

from gateway.api.billing import actor_of, door_of, today
from gateway.api.desk import Call
from gateway.api.lists import page_limit
from gateway.api.refusals import told
from gateway.api.shapes import (
    Bills,
    PreviewWish,
    Runs,
    RunWish,
    bill_shape,
    preview_shape,
    review_shape,
    run_shape,
)
from gateway.billing.rating.tariffs import read
from gateway.billing.runs.run import RunOrder
from gateway.http.answers import json_answer


class RunsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """How many runs."""

    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


async def preview_run(call: Call) -> web.StreamResponse:
    """What a run would give, also on other forecasts or tariffs. Keeps nothing."""
    wish = await call.body(PreviewWish)
    with told():
        catalogue = read(wish.tariffs) if wish.tariffs is not None else None
        order, forecasts = _order(call, wish), wish.forecasts
        preview = await door_of(call).service.preview(
            actor_of(call), order, catalogue=catalogue, forecasts=forecasts
        )
    return json_answer(preview_shape(preview))


async def prepare_run(call: Call) -> web.StreamResponse:
    """Prepare a run for approval; the same inputs give the same run."""
    wish, billing = await call.body(RunWish), door_of(call).service
    with told():
        run = await billing.prepare(actor_of(call), _order(call, wish))
    return json_answer(run_shape(run), more={str(hdrs.LOCATION): f"/v1/billing-runs/{run.run_id}"})


async def list_runs(call: Call) -> web.StreamResponse:
    """The runs that were prepared last."""
    limit = page_limit(call, call.query(RunsQuery).limit)
    runs = await door_of(call).store.runs(limit)
    return json_answer(Runs(items=[run_shape(run) for run in runs]))


async def show_run(call: Call) -> web.StreamResponse:
    """One run with its documents, as whoever is to approve it should see it."""
    with told():
        review = await door_of(call).service.review(call.named("runId"))
    return json_answer(review_shape(review))


async def approve_run(call: Call) -> web.StreamResponse:
    """Approve a run on exactly the inputs it was prepared on; approving again changes nothing."""
    with told():
        run = await door_of(call).service.approve(actor_of(call), call.named("runId"))
    return json_answer(run_shape(run))


async def issue_run(call: Call) -> web.StreamResponse:
    """Issue an approved run; issuing again answers the same documents."""
    with told():
        bills = await door_of(call).service.issue(actor_of(call), call.named("runId"))
    return json_answer(Bills(items=[bill_shape(bill) for bill in bills]))


def _order(call: Call, wish: RunWish) -> RunOrder:
    weights = tuple((one.party_id, Decimal(one.weight)) for one in wish.weights)
    issued_on = wish.issued_on or today(call)
    return RunOrder(wish.stage, wish.service, wish.year, issued_on, Decimal(wish.total), weights)
