"""`meterpoort bills`: a run, from preview to issue."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from functools import wraps
from pathlib import Path

import click

from gateway.admin.billing import with_billing
from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.runs.run import Run, RunOrder, RunState
from gateway.billing.runs.service import Actor, BillingService, Review, RunBills
from gateway.cli.billing_options import (
    Number,
    OfParty,
    Units,
    bill_json,
    bill_lines,
    by_option,
    catalogue_of,
    print_bills,
    print_result,
    service_option,
    tariffs_option,
    year_option,
)
from gateway.cli.options import format_option, with_existing, with_settings
from gateway.clock import amsterdam_today
from gateway.settings import Settings

_NOTHING_DUE = "Nothing is due that was not billed before: there are no documents."


def _with_order(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what a run is for, and pass on its `order`."""

    @wraps(command)
    def run(
        *,
        stage: str,
        service: Service,
        year: int,
        issued_on: datetime | None,
        total: Decimal,
        weights: tuple[tuple[str, Decimal], ...],
        **options: object,
    ) -> None:
        day = issued_on.date() if issued_on else amsterdam_today()
        command(order=RunOrder(BillStage(stage), service, year, day, total, weights), **options)

    for option in (
        click.option("--stage", required=True, type=click.Choice([str(one) for one in BillStage])),
        service_option,
        year_option,
        click.option("--issued-on", type=click.DateTime(["%Y-%m-%d"]), help="Date on the documents; today."),
        click.option("--total", type=Number(), default="0", help="Amount to divide: refund, facilities."),
        click.option(
            "--weight",
            "weights",
            type=OfParty(Number()),
            multiple=True,
            help="party=weight in the distribution key; repeatable.",
        ),
    ):
        run = option(run)
    return run


@click.command("preview")
@_with_order
@by_option
@click.option(
    "--forecast",
    "forecasts",
    type=OfParty(Units()),
    multiple=True,
    help="Another forecast: party=units; repeatable.",
)
@tariffs_option
@format_option()
@with_settings
def preview_command(
    *,
    settings: Settings,
    order: RunOrder,
    by: str,
    forecasts: tuple[tuple[str, int], ...],
    tariffs: Path | None,
    form: str,
) -> None:
    """Show the result of a run now. Stores nothing."""
    catalogue = catalogue_of(tariffs)
    preview = with_billing(
        settings,
        lambda billing: billing.preview(Actor.finance(by), order, catalogue=catalogue, forecasts=dict(forecasts)),
    )
    content = {"digest": preview.inputs.digest, "bills": [bill_json(bill) for bill in preview.bills]}
    print_result(form, content, _summary(preview))


def _summary(found: RunBills) -> Iterator[str]:
    yield from bill_lines(found.bills, _NOTHING_DUE)
    if found.bills:
        yield f"{len(found.bills)} documents, {found.total.including} including VAT"


@click.command("run")
@_with_order
@by_option
@format_option()
@with_settings
def run_command(*, settings: Settings, order: RunOrder, by: str, form: str) -> None:
    """Prepare a run for approval, and show what it would issue. The same inputs give the same run."""

    async def work(billing: BillingService) -> Review:
        return await billing.review((await billing.prepare(Actor.finance(by), order)).run_id)

    print_review(with_billing(settings, work), form)


def print_review(review: Review, form: str) -> None:
    """Print a run and its documents, and what is to be done next."""
    print_result(form, _review_json(review), _review_lines(review))


def _review_json(review: Review) -> dict[str, object]:
    run = review.run
    return {
        "runId": run.run_id,
        "state": run.state,
        "hasMoved": review.has_moved,
        "order": run.order,
        "digest": run.digest,
        "preparedBy": run.prepared_by,
        "approvedBy": run.approved_by or None,
        "issuedBy": run.issued_by or None,
        "including": review.total.including,
        "bills": [bill_json(bill) for bill in review.bills],
    }


def _review_lines(review: Review) -> Iterator[str]:
    run, order = review.run, review.run.order
    yield f"run {run.run_id}"
    yield f"  {order.stage} {order.service} {order.year}, dated {order.issued_on}: {run.state}"
    signed = (("prepared", run.prepared_by), ("approved", run.approved_by), ("issued", run.issued_by))
    yield "  " + ", ".join(f"{what} by {who}" for what, who in signed if who)
    if review.has_moved:
        yield "  its inputs have changed: prepare it again"
        return
    yield from _summary(review)
    following = {RunState.PREPARED: "approve", RunState.APPROVED: "issue"}.get(run.state)
    if following:
        yield f"next: meterpoort bills {following} {run.run_id} --by NAME"


@click.command("runs")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@format_option()
@with_existing
def runs_command(*, settings: Settings, limit: int, form: str) -> None:
    """The runs that were prepared last, newest first."""
    runs = with_billing(settings, lambda billing: billing.store.runs(limit), needs_issuer=False)
    print_result(form, [{**asdict(run), "state": run.state} for run in runs], _run_lines(runs))


def _run_lines(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs:
        order = run.order
        yield f"{run.run_id} {run.state:9} {order.stage} {order.service} {order.year}, dated {order.issued_on}"
    if not runs:
        yield "No run was prepared."


@click.command("approve")
@click.argument("run_id")
@by_option
@format_option()
@with_settings
def approve_command(*, settings: Settings, run_id: str, by: str, form: str) -> None:
    """Approve RUN_ID on exactly the inputs on which it was prepared."""

    async def work(billing: BillingService) -> Review:
        await billing.approve(Actor.finance(by), run_id)
        return await billing.review(run_id)

    print_review(with_billing(settings, work), form)


@click.command("issue")
@click.argument("run_id")
@by_option
@format_option()
@with_settings
def issue_command(*, settings: Settings, run_id: str, by: str, form: str) -> None:
    """Issue the approved RUN_ID: every bill is validated, then all get their numbers."""
    bills = with_billing(settings, lambda billing: billing.issue(Actor.finance(by), run_id))
    print_bills(bills, form, f"Run {run_id} is issued. {_NOTHING_DUE}")
