"""Billing runs: preview, prepare, approve by another key, issue."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from gateway.api.access import FINANCE
from gateway.api.billing import RUN_PROBLEMS, actor_of, billing_of, billing_problems, today
from gateway.api.bills import BillResource, Bills, bill_resources
from gateway.api.call import Call
from gateway.api.lists import page_limit
from gateway.api.problem_kinds import (
    BillRejected,
    ConfirmationNeeded,
    InputsMoved,
    IssuerMissing,
    OwnApproval,
    PartyRefused,
    TariffsRefused,
)
from gateway.api.route import LOCATION, Returns, Routes
from gateway.api.schema import PartyId, PartyIdOrNone, Schema, TextResource, Timestamp, Year
from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import read
from gateway.billing.runs.run import DecisionKind, Run, RunDecision, RunOrder, RunState
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.i18n import Text

routes = Routes("billing", problems=(problems.NotReady,), runId="The id of the billing run.")
Euros = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,2})?$", description="Euros, as 125000.00.")]
Weight = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$", description="A weight, as 3 or 2.5.")]


class PartyWeight(Schema):
    """A party in the distribution key."""

    party_id: PartyId
    weight: Weight


class DecisionResource(Schema):
    """A decision on the run: `leave-out` and `confirm` are about a party, `early` is about a refund of VAT."""

    kind: DecisionKind
    reason: Annotated[str, Meta(pattern=r"\S", max_length=200)]
    party_id: PartyIdOrNone = ""


class RunRequest(Schema, kw_only=True):
    """What a billing run is for. `issuedOn` is the date on the documents: today if left out, and at most some days
    ago. `total` is what a refund of VAT or the facilities without tariff come to, `weights` the key by which the
    latter are divided, `key` how that was made. A refund of VAT is over all services, and names none."""

    stage: BillStage
    service: Service | None = None
    year: Year
    issued_on: date | None = None
    total: Euros = "0"
    weights: list[PartyWeight] = msgspec.field(default_factory=list)
    key: Annotated[str, Meta(max_length=500)] = ""
    decisions: list[DecisionResource] = msgspec.field(default_factory=list)


class PreviewRequest(RunRequest, kw_only=True):
    """The same, and what is to be otherwise: `forecasts` by party id, `tariffs` as a catalogue in TOML."""

    forecasts: dict[PartyId, Annotated[int, Meta(ge=0)]] = msgspec.field(default_factory=dict)
    tariffs: Annotated[str, Meta(max_length=60_000)] | None = None


class FindingResource(Schema):
    """A sentence about a party of a run."""

    party_id: str
    text: TextResource


class PreviewResource(Schema):
    """What a run would give, in euros; nothing of it is kept. `digest` is the SHA-256 of its inputs. `problems`:
    parties that cannot be billed; `questions`: parties that are far from the year before. Both need a correction
    or a decision before the run is prepared."""

    digest: str
    excluding: Decimal
    vat: Decimal
    including: Decimal
    items: list[BillResource]
    problems: list[FindingResource]
    questions: list[FindingResource]
    remarks: list[FindingResource]


class RunResource(Schema):
    """A billing run, and who did what with it: the ids of their keys. `position` is the newest entry of the meter
    that it counted."""

    run_id: str
    state: RunState
    stage: BillStage
    service: Service | None
    year: int
    issued_on: date
    total: Decimal
    weights: list[PartyWeight]
    key: str
    decisions: list[DecisionResource]
    position: int
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
    remarks: list[FindingResource]


class Runs(Schema):
    """Billing runs, newest first."""

    items: list[RunResource]


class RunsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """How many runs."""

    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


@routes.post(
    "/v1/billing-runs/previews",
    Text("What a billing run would give, also on other forecasts or tariffs; nothing is kept"),
    Returns("The documents, without numbers."),
    roles=FINANCE,
    problems=(*RUN_PROBLEMS, TariffsRefused),
)
async def preview_billing_run(call: Call, body: PreviewRequest) -> PreviewResource:
    with billing_problems():
        catalogue = read(body.tariffs) if body.tariffs is not None else None
        preview = await billing_of(call).service.preview(
            actor_of(call), _order(call, body), catalogue=catalogue, forecasts=body.forecasts
        )
    return PreviewResource.of(
        preview.total, preview.outcome, digest=preview.inputs.digest, items=bill_resources(preview.bills)
    )


@routes.post(
    "/v1/billing-runs",
    Text("Prepare a billing run for approval; the same inputs give the same run"),
    Returns("The run, prepared now or before.", RunResource, headers=LOCATION),
    roles=FINANCE,
    problems=(*RUN_PROBLEMS, IssuerMissing, InputsMoved, PartyRefused, ConfirmationNeeded),
)
async def prepare_billing_run(call: Call, body: RunRequest) -> web.StreamResponse:
    with billing_problems():
        run = await billing_of(call).service.prepare(actor_of(call), _order(call, body))
    return json_answer(run_resource(run), more={str(hdrs.LOCATION): f"/v1/billing-runs/{run.run_id}"})


@routes.get(
    "/v1/billing-runs",
    Text("The billing runs that were prepared last"),
    Returns("The runs, newest first."),
    roles=FINANCE,
)
async def list_billing_runs(call: Call, query: RunsQuery) -> Runs:
    runs = await billing_of(call).store.runs(page_limit(call, query.limit))
    return Runs(items=[run_resource(run) for run in runs])


@routes.get(
    "/v1/billing-runs/{runId}",
    Text("One billing run with its documents, for the person who approves it"),
    Returns("The run."),
    roles=FINANCE,
    problems=RUN_PROBLEMS,
)
async def show_billing_run(call: Call, run_id: str) -> ReviewResource:
    with billing_problems():
        review = await billing_of(call).service.review(run_id)
    return ReviewResource.of(run_resource(review.run), review.total, review, items=bill_resources(review.bills))


@routes.put(
    "/v1/billing-runs/{runId}/approval",
    Text("Approve a run on exactly the inputs it was prepared on; not with the key that prepared it"),
    Returns("The run, approved now or before."),
    roles=FINANCE,
    problems=(*RUN_PROBLEMS, InputsMoved, OwnApproval),
)
async def approve_billing_run(call: Call, run_id: str) -> RunResource:
    """Approve a run on exactly the inputs it was prepared on; approving again changes nothing."""
    with billing_problems():
        run = await billing_of(call).service.approve(actor_of(call), run_id)
    return run_resource(run)


@routes.put(
    "/v1/billing-runs/{runId}/issue",
    Text("Issue an approved run: every bill is judged, then all get their numbers, or none does"),
    Returns("The bills, issued now or before."),
    roles=FINANCE,
    problems=(*RUN_PROBLEMS, InputsMoved, BillRejected),
)
async def issue_billing_run(call: Call, run_id: str) -> Bills:
    """Issue an approved run; issuing again answers the same documents."""
    with billing_problems():
        bills = await billing_of(call).service.issue(actor_of(call), run_id)
    return Bills(items=bill_resources(bills))


def _order(call: Call, wanted: RunRequest) -> RunOrder:
    return RunOrder(
        wanted.stage,
        wanted.service,
        wanted.year,
        wanted.issued_on or today(call),
        Decimal(wanted.total),
        tuple((one.party_id, Decimal(one.weight)) for one in wanted.weights),
        wanted.key,
        tuple(RunDecision(one.kind, one.reason, one.party_id) for one in wanted.decisions),
    )


def run_resource(run: Run) -> RunResource:
    """A run as finance sees it."""
    weights = [PartyWeight(party_id, str(weight)) for party_id, weight in run.order.weights]
    by = {"approved_by": run.approved_by or None, "issued_by": run.issued_by or None}
    return RunResource.of(run, run.order, weights=weights, **by)
