"""Finance's pages of billing runs: preview, comparison with the year before, preparing, approval, issuing."""

from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.access import FINANCE
from gateway.api.billing import RUN_PROBLEMS, billing_of, today
from gateway.api.bills import BillResource
from gateway.api.call import Call
from gateway.api.names import actor_names
from gateway.api.problem_kinds import (
    BillRejected,
    ConfirmationNeeded,
    InputsMoved,
    IssuerMissing,
    OwnApproval,
    PartyRefused,
    TariffsRefused,
)
from gateway.api.route import Returns, Routes
from gateway.api.runs import (
    Euros,
    FindingResource,
    PreviewRequest,
    PreviewResource,
    ReviewResource,
    RunRequest,
    RunResource,
    RunsQuery,
    approve_billing_run,
    issue_billing_run,
    list_billing_runs,
    prepare_billing_run,
    preview_billing_run,
    show_billing_run,
)
from gateway.api.schema import Year
from gateway.api.viewers import see_other
from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.runs.run import RunState
from gateway.http import problems
from gateway.http.answers import HTML
from gateway.http.forms import read_form
from gateway.http.problems import Fault, Problem
from gateway.i18n import Text
from gateway.portal.answers import BACK, BACK_TO_PAGE, PAGE, DoneQuery, form_with
from gateway.portal.blocks import (
    Block,
    DataTable,
    FactList,
    Field,
    FormBlock,
    Link,
    Mark,
    Named,
    Notice,
    Value,
    answer_form,
    page,
    with_name,
)
from gateway.portal.finance import SERVICES, STAGES, bill_link

RUNS = "/portal/billing/runs"
_RUNS_SHOWN = 50
STATES: dict[RunState, Text] = {
    RunState.PREPARED: Text("prepared, waits for approval by another"),
    RunState.APPROVED: Text("approved, can be issued"),
    RunState.ISSUED: Text("issued"),
}
routes = Routes("pages", problems=(problems.NotReady,), runId="The id of the billing run.")


class RunForm(msgspec.Struct, frozen=True, rename="camel"):
    """What a run is for; weights and decisions have a line each."""

    action: Literal["preview", "prepare"]
    stage: BillStage
    year: Year
    service: Annotated[str, Meta(max_length=30)] = ""
    issued_on: date | None = None
    total: Euros = "0"
    weights: Annotated[str, Meta(max_length=20_000)] = ""
    key: Annotated[str, Meta(max_length=500)] = ""
    decisions: Annotated[str, Meta(max_length=20_000)] = ""


class RunStepForm(msgspec.Struct, frozen=True):
    """What to do with the run."""

    action: Literal["approve", "issue"]


@routes.get(
    RUNS,
    Text("For finance: billing runs, and a form to see one beforehand or to prepare it"),
    PAGE,
    roles=FINANCE,
    menu=Text("Runs"),
)
async def show_runs_page(
    call: Call,
    query: DoneQuery,
    problem: Problem | None = None,
    preview: tuple[RunRequest, PreviewResource] | None = None,
) -> web.StreamResponse:
    found, names = (await list_billing_runs(call, RunsQuery(_RUNS_SHOWN))).items, await actor_names(call)
    blocks: list[Block] = await _preview(call, names, *preview) if preview else []
    usual = RunRequest(stage=BillStage.PREPAYMENT, service=Service.DIGIPOORT, year=today(call).year)
    blocks += [
        _form(preview[0] if preview else usual),
        DataTable(
            Text("Runs"),
            [Text("Run"), Text("State"), Text("Prepared"), Text("By"), Text("Approved by")],
            [
                (
                    _link(one),
                    _state(one),
                    one.prepared_at,
                    with_name(names, one.prepared_by),
                    with_name(names, one.approved_by),
                )
                for one in found
            ],
            Text("There are no runs yet. Preview the first one above."),
        ),
    ]
    return page(call, Text("Billing runs"), blocks, problem, done=query.done)


@routes.post(
    RUNS,
    Text("See a billing run beforehand or prepare it, in a form"),
    Returns("To the run that was prepared.", status=303, media_types=(HTML,), headers=BACK),
    Returns("The page, with what the run would give.", media_types=(HTML,)),
    roles=FINANCE,
    raw_body=form_with("what `POST /v1/billing-runs` has"),
    problems=(
        *(*RUN_PROBLEMS, TariffsRefused, IssuerMissing, InputsMoved, PartyRefused, ConfirmationNeeded),
        problems.UnsupportedMediaType,
    ),
)
async def start_run_form(call: Call) -> web.StreamResponse:
    try:
        form = await read_form(call.request, call.services.limits, RunForm)
        wanted = _request(form)
        if form.action == "prepare":
            answer = await prepare_billing_run(call, wanted)
            return see_other(f"{RUNS}/{answer.headers['Location'].rpartition('/')[2]}?done=true")
        return await show_runs_page(call, DoneQuery(), preview=(wanted, await preview_billing_run(call, wanted)))
    except (problems.UnsupportedMediaType, problems.Forbidden):
        raise
    except Problem as problem:
        return await show_runs_page(call, DoneQuery(), problem)


def _request(form: RunForm) -> PreviewRequest:
    """What the API is asked. Raises InvalidInput for a line that cannot be read."""
    faults: list[Fault] = []
    weights, decisions = [], []
    for line in filter(None, map(str.strip, form.weights.split("\n"))):
        party_id, sign, weight = (part.strip() for part in line.partition("="))
        if not sign or not weight:
            faults.append(Fault("body", "weights", Text("each line is the id of a party, = and its weight")))
        weights.append({"partyId": party_id, "weight": weight})
    for line in filter(None, map(str.strip, form.decisions.split("\n"))):
        kind, party_id, reason = [*line.split(" ", 2), "", ""][:3]
        if kind not in {"leave-out", "confirm", "early"} or not reason:
            faults.append(Fault("body", "decisions", Text("each line is a kind, the id of a party and a reason")))
        decisions.append({"kind": kind, "partyId": party_id if party_id != "-" else "", "reason": reason})
    if faults:
        raise problems.InvalidInput(tuple(dict.fromkeys(faults)))
    wanted = {**msgspec.to_builtins(form), "service": form.service or None}
    del wanted["action"]
    try:
        return msgspec.convert({**wanted, "weights": weights, "decisions": decisions}, PreviewRequest)
    except msgspec.ValidationError as error:
        raise problems.InvalidInput((Fault("body", "weights", Text("is not like the hint says")),)) from error


def _title(stage: BillStage, service: Service | None, year: int) -> Text:
    name = SERVICE_NAMES[service].name if service else Text("all services")
    return Text("{stage} {service} {year}", stage=STAGES[stage], service=name, year=str(year))


def _link(one: RunResource) -> Link:
    return Link(f"{RUNS}/{one.run_id}", _title(one.stage, one.service, one.year))


def _state(one: RunResource) -> Value:
    return Mark(STATES[one.state], is_good=True) if one.state is RunState.ISSUED else STATES[one.state]


def _form(wanted: RunRequest) -> FormBlock:
    """The form, with what was previewed last, so that it can be prepared as it was seen."""
    weights = "\n".join(f"{one.party_id}={one.weight}" for one in wanted.weights)
    decisions = "\n".join(f"{one.kind.value} {one.party_id or '-'} {one.reason}" for one in wanted.decisions)
    stages = [(one.value, text) for one, text in STAGES.items()]
    services = [*SERVICES, ("", Text("all services: a refund of VAT"))]
    of_decisions = Text(
        "One on a line: confirm or leave-out, the id of the party, and why. For early a hyphen as party."
    )
    of_total, of_weights = Text("Euros, as 125000.00; else 0."), Text("One on a line, as gemeente-x=3.")
    issued_on = str(wanted.issued_on or "")
    fields = [
        Field("stage", Text("Stage"), wanted.stage.value, options=stages),
        Field("service", Text("Service"), wanted.service or "", options=services),
        Field("year", Text("Year of use"), str(wanted.year), input_type="number", is_required=True),
        Field("issuedOn", Text("Date on the documents"), issued_on, Text("Empty: today."), input_type="date"),
        Field("decisions", Text("Decisions"), decisions, of_decisions, lines=3),
        Field("total", Text("Amount to refund or to divide"), wanted.total, of_total),
        Field("weights", Text("Key of the distribution"), weights, of_weights, lines=3),
        Field("key", Text("How the key was made"), wanted.key),
    ]
    buttons = [("preview", Text("Preview")), ("prepare", Text("Prepare"))]
    return FormBlock(Text("A new run"), RUNS, fields, buttons)


async def _preview(
    call: Call, names: Mapping[str, str], wanted: RunRequest, found: PreviewResource
) -> list[Block]:
    before = await _year_before(call, wanted.stage, wanted.service, wanted.year)
    title = Text("Preview: {run}", run=_title(wanted.stage, wanted.service, wanted.year))
    blocks: list[Block] = [
        FactList(title, _totals(found.items, found.excluding, found.vat, found.including)),
        *_findings(Text("Cannot be billed"), found.problems, names),
        *_findings(Text("Needs a decision"), found.questions, names),
        *_findings(Text("Remarks"), found.remarks, names),
        _documents(found.items, before, names),
    ]
    return blocks


def _totals(
    items: Sequence[BillResource], excluding: Decimal, vat: Decimal, including: Decimal
) -> list[tuple[Value, Value]]:
    return [
        (Text("Documents"), len(items)),
        (Text("Excluding VAT"), excluding),
        (Text("VAT"), vat),
        (Text("Including VAT"), including),
    ]


def _findings(title: Text, found: Sequence[FindingResource], names: Mapping[str, str]) -> list[Block]:
    rows = [(with_name(names, one.party_id), one.text) for one in found]
    return [DataTable(title, [Text("Party"), Text("What")], rows, Text("There are none."))] if rows else []


async def _year_before(call: Call, stage: BillStage, service: Service | None, year: int) -> Mapping[str, Decimal]:
    """What each party was billed at the same stage of the year before, including tax."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for issued_in in (year - 2, year - 1, year):
        for bill in await billing_of(call).store.bills(issued_in):
            if (bill.stage, bill.service, bill.year) == (stage, service or bill.service, year - 1):
                sums[bill.debtor.party_id] += bill.amounts.including
    return sums


def _documents(
    items: Sequence[BillResource], before: Mapping[str, Decimal], names: Mapping[str, str]
) -> DataTable:
    rows: list[tuple[Value, ...]] = []
    for one in items:
        earlier = before.get(one.party_id)
        rows.append(
            (
                bill_link(one.number) if one.number else Text("not issued yet"),
                Named(one.debtor, one.party_id),
                one.including,
                earlier,
                None if earlier is None else one.including - earlier,
            )
        )
    gone = sorted(before.keys() - {one.party_id for one in items})
    rows += [(Text("none now"), with_name(names, one), Decimal("0.00"), before[one], -before[one]) for one in gone]
    heads = [Text("Document"), Text("Party"), Text("Including VAT"), Text("Year before"), Text("Difference")]
    return DataTable(Text("Documents"), heads, rows, Text("Nobody is billed."))


@routes.get(
    "/portal/billing/runs/{runId}",
    Text("For finance: one billing run with its documents, to approve or issue it"),
    PAGE,
    roles=FINANCE,
    problems=RUN_PROBLEMS,
)
async def show_run_page(
    call: Call, run_id: str, query: DoneQuery, problem: Problem | None = None
) -> web.StreamResponse:
    run, names = await show_billing_run(call, run_id), await actor_names(call)
    before = await _year_before(call, run.stage, run.service, run.year)
    blocks: list[Block] = [
        *(
            [Notice(Text("What it was prepared on has changed: prepare it again."), is_good=False)]
            if run.has_moved
            else []
        ),
        FactList(None, [*_progress(run, names), *_totals(run.items, run.excluding, run.vat, run.including)]),
        *_step(run),
        *_findings(Text("Remarks"), run.remarks, names),
        _documents(run.items, before, names),
    ]
    return page(call, _title(run.stage, run.service, run.year), blocks, problem, done=query.done)


@routes.post(
    "/portal/billing/runs/{runId}",
    Text("Approve or issue a billing run in a form"),
    BACK_TO_PAGE,
    roles=FINANCE,
    raw_body=form_with("`action`"),
    problems=(*RUN_PROBLEMS, InputsMoved, OwnApproval, BillRejected, problems.UnsupportedMediaType),
)
async def step_run_form(call: Call, run_id: str) -> web.StreamResponse:
    def step(form: RunStepForm) -> Awaitable[object]:
        return (approve_billing_run if form.action == "approve" else issue_billing_run)(call, run_id)

    again = partial(show_run_page, call, run_id, DoneQuery())
    return await answer_form(call, RunStepForm, step, again, f"{RUNS}/{run_id}")


def _progress(run: ReviewResource, names: Mapping[str, str]) -> list[tuple[Value, Value]]:
    return [
        (Text("State"), _state(run)),
        (Text("Prepared by"), with_name(names, run.prepared_by)),
        (Text("Approved by"), with_name(names, run.approved_by)),
        (Text("Issued by"), with_name(names, run.issued_by)),
        (Text("Date on the documents"), run.issued_on),
    ]


def _step(run: ReviewResource) -> list[Block]:
    """The button for what comes next."""
    steps = {
        RunState.PREPARED: ("approve", Text("Approve"), Text("Somebody who did not prepare it approves it.")),
        RunState.APPROVED: ("issue", Text("Issue"), Text("Issuing gives the bills their numbers and sends them.")),
    }
    if run.has_moved or run.state not in steps:
        return []
    action, button, hint = steps[run.state]
    return [Notice(hint), FormBlock(None, f"{RUNS}/{run.run_id}", [], [(action, button)])]
