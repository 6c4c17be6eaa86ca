"""Billing runs: preview, prepare, approve by another key, issue."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from gateway.api.access import FINANCE
from gateway.api.billing import RUN_PROBLEMS, actor_of, billing_of, billing_problems, today
from gateway.api.bills import BillResource, Bills, bill_resource
from gateway.api.call import Call
from gateway.api.lists import page_limit
from gateway.api.problem_kinds import BillRejected, InputsMoved, IssuerMissing, OwnApproval, TariffsRefused
from gateway.api.route import LOCATION, Returns, Routes
from gateway.api.schema import PartyId, Schema, Timestamp
from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import read
from gateway.billing.runs.run import Run, RunOrder, RunState
from gateway.billing.runs.service import Preview, Review
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.i18n import Text

routes = Routes("billing", runId="The id of the billing run.")
Euros = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,2})?$", description="Euros, as 125000.00.")]
Weight = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$", description="A weight, as 3 or 2.5.")]


class PartyWeight(Schema):
    """A party in the distribution key."""

    party_id: PartyId
    weight: Weight


class RunRequest(Schema):
    """What a billing run is for. `issuedOn` is the date on the documents, today if left out. `total` is what a
    refund of VAT or the facilities without tariff come to, `weights` the key by which the latter are divided."""

    stage: BillStage
    service: Service
    year: Annotated[int, Meta(ge=2000, le=2100)]
    issued_on: date | None = None
    total: Euros = "0"
    weights: "list[PartyWeight]" = msgspec.field(default_factory=list)


class PreviewRequest(RunRequest):
    """The same, and what is to be otherwise: `forecasts` by party id, `tariffs` as a catalogue in TOML."""

    forecasts: dict[PartyId, Annotated[int, Meta(ge=0)]] = msgspec.field(default_factory=dict)
    tariffs: Annotated[str, Meta(max_length=60_000)] | None = None


class PreviewResource(Schema):
    """What a run would give, in euros; nothing of it is kept. `digest` is the SHA-256 of its inputs."""

    digest: str
    excluding: Decimal
    vat: Decimal
    including: Decimal
    items: list[BillResource]


class RunResource(Schema):
    """A billing run, and who did what with it: the ids of their keys, or the names given at the command line."""

    run_id: str
    state: RunState
    stage: BillStage
    service: Service
    year: int
    issued_on: date
    total: Decimal
    weights: list[PartyWeight]
    digest: str
    prepared_by: str
    prepared_at: Timestamp
    approved_by: str | None
    approved_at: Timestamp | None
    issued_by: str | None
    issued_at: Timestamp | None


class ReviewResource(RunResource):
    """A run with its documents: as issued, or as they would be issued now, without numbers. `hasMoved`: its inputs
    are no longer there; it gives no documents and has to be prepared again."""

    has_moved: bool
    excluding: Decimal
    vat: Decimal
    including: Decimal
    items: list[BillResource]


class Runs(Schema):
    """Billing runs, newest first."""

    items: list[RunResource]


class RunsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """How many runs."""

    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


@routes.post(
    "/v1/billing-runs/previews",
    Text("What a billing run would give, also on other forecasts or tariffs; nothing is kept"),
    Returns("The documents, without numbers.", PreviewResource),
    body=PreviewRequest,
    roles=FINANCE,
    problems=(problems.NotReady, *RUN_PROBLEMS, TariffsRefused),
)
async def preview_billing_run(call: Call) -> web.StreamResponse:
    """What a run would give, also on other forecasts or tariffs. Keeps nothing."""
    wanted = await call.body(PreviewRequest)
    with billing_problems():
        catalogue = read(wanted.tariffs) if wanted.tariffs is not None else None
        order, forecasts = _order(call, wanted), wanted.forecasts
        preview = await billing_of(call).service.preview(
            actor_of(call), order, catalogue=catalogue, forecasts=forecasts
        )
    return json_answer(preview_resource(preview))


@routes.post(
    "/v1/billing-runs",
    Text("Prepare a billing run for approval; the same inputs give the same run"),
    Returns("The run, prepared now or before.", RunResource, headers=LOCATION),
    body=RunRequest,
    roles=FINANCE,
    problems=(problems.NotReady, *RUN_PROBLEMS, IssuerMissing),
)
async def prepare_billing_run(call: Call) -> web.StreamResponse:
    """Prepare a run for approval; the same inputs give the same run."""
    wanted, billing = await call.body(RunRequest), billing_of(call).service
    with billing_problems():
        run = await billing.prepare(actor_of(call), _order(call, wanted))
    return json_answer(run_resource(run), more={str(hdrs.LOCATION): f"/v1/billing-runs/{run.run_id}"})


@routes.get(
    "/v1/billing-runs",
    Text("The billing runs that were prepared last"),
    Returns("The runs, newest first.", Runs),
    roles=FINANCE,
    query=RunsQuery,
    problems=(problems.NotReady,),
)
async def list_billing_runs(call: Call) -> web.StreamResponse:
    """The runs that were prepared last."""
    limit = page_limit(call, call.query(RunsQuery).limit)
    runs = await billing_of(call).store.runs(limit)
    return json_answer(Runs(items=[run_resource(run) for run in runs]))


@routes.get(
    "/v1/billing-runs/{runId}",
    Text("One billing run with its documents, for the person who approves it"),
    Returns("The run.", ReviewResource),
    roles=FINANCE,
    problems=(problems.NotReady, *RUN_PROBLEMS),
)
async def show_billing_run(call: Call) -> web.StreamResponse:
    """One run with its documents, for the person who approves it."""
    with billing_problems():
        review = await billing_of(call).service.review(call.path_part("runId"))
    return json_answer(review_resource(review))


@routes.put(
    "/v1/billing-runs/{runId}/approval",
    Text("Approve a run on exactly the inputs it was prepared on; not with the key that prepared it"),
    Returns("The run, approved now or before.", RunResource),
    roles=FINANCE,
    problems=(problems.NotReady, *RUN_PROBLEMS, InputsMoved, OwnApproval),
)
async def approve_billing_run(call: Call) -> web.StreamResponse:
    """Approve a run on exactly the inputs it was prepared on; approving again changes nothing."""
    with billing_problems():
        run = await billing_of(call).service.approve(actor_of(call), call.path_part("runId"))
    return json_answer(run_resource(run))


@routes.put(
    "/v1/billing-runs/{runId}/issue",
    Text("Issue an approved run: every bill is judged, then all get their numbers, or none does"),
    Returns("The bills, issued now or before.", Bills),
    roles=FINANCE,
    problems=(problems.NotReady, *RUN_PROBLEMS, InputsMoved, BillRejected),
)
async def issue_billing_run(call: Call) -> web.StreamResponse:
    """Issue an approved run; issuing again answers the same documents."""
    with billing_problems():
        bills = await billing_of(call).service.issue(actor_of(call), call.path_part("runId"))
    return json_answer(Bills(items=[bill_resource(bill) for bill in bills]))


def _order(call: Call, wanted: RunRequest) -> RunOrder:
    weights = tuple((one.party_id, Decimal(one.weight)) for one in wanted.weights)
    issued_on = wanted.issued_on or today(call)
    return RunOrder(wanted.stage, wanted.service, wanted.year, issued_on, Decimal(wanted.total), weights)


def run_resource(run: Run) -> RunResource:
    """A run as finance sees it."""
    return RunResource(**_run_parts(run))


def review_resource(review: Review) -> ReviewResource:
    """A run with its documents."""
    return ReviewResource(
        **_run_parts(review.run),
        has_moved=review.has_moved,
        excluding=review.total.excluding,
        vat=review.total.vat,
        including=review.total.including,
        items=[bill_resource(bill) for bill in review.bills],
    )


def _run_parts(run: Run) -> dict[str, Any]:
    order = run.order
    return {
        "run_id": run.run_id,
        "state": run.state,
        "stage": order.stage,
        "service": order.service,
        "year": order.year,
        "issued_on": order.issued_on,
        "total": order.total,
        "weights": [PartyWeight(party_id, str(weight)) for party_id, weight in order.weights],
        "digest": run.digest,
        "prepared_by": run.prepared_by,
        "prepared_at": run.prepared_at,
        "approved_by": run.approved_by or None,
        "approved_at": run.approved_at,
        "issued_by": run.issued_by or None,
        "issued_at": run.issued_at,
    }


def preview_resource(preview: Preview) -> PreviewResource:
    """What a run would give."""
    return PreviewResource.of(
        preview.total, digest=preview.inputs.digest, items=[bill_resource(bill) for bill in preview.bills]
    )
