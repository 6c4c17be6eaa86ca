"""`meterpoort bills`: a run, from preview to issue."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from functools import wraps
from itertools import chain
from pathlib import Path

import click

from gateway import admin
from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.runs.actor import Actor
from gateway.billing.runs.run import DecisionKind, Outcome, PartyFinding, Run, RunDecision, RunOrder, RunState
from gateway.billing.runs.service import Review, RunBills
from gateway.billing.services import BillingServices
from gateway.cli.billing_options import (
    Number,
    OfParty,
    Units,
    bill_json,
    bill_lines,
    catalogue_of,
    finding_lines,
    key_option,
    print_bills,
    tariffs_option,
    year_option,
)
from gateway.cli.options import DAY, format_option, print_result, table, with_existing, with_settings
from gateway.clock import amsterdam_today
from gateway.settings import Settings

_NOTHING_DUE = "Nothing is due that was not billed before: there are no documents."


_ORDER_OPTIONS = (
    click.option(
        "--stage",
        required=True,
        type=click.Choice([str(one) for one in BillStage]),
        help="What is billed, as --stage prepayment.",
    ),
    click.option(
        "--service",
        type=click.Choice([str(one) for one in Service]),
        callback=lambda *a: Service(a[2]) if a[2] else None,
        help="As --service digipoort; not for a refund of VAT, which is over all services.",
    ),
    year_option,
    click.option("--issued-on", type=DAY, help="Date on the documents, as --issued-on 2026-02-01; else today."),
    click.option(
        "--total", type=Number(), default="0", help="Amount to divide, as --total 125000.00: refund, facilities."
    ),
    click.option(
        "--weight",
        "weights",
        type=OfParty(Number()),
        multiple=True,
        help="party=weight in the distribution key, as --weight krommevliet=3; repeatable.",
    ),
    click.option(
        "--distribution-key",
        default="",
        help='How the weights were made, as --distribution-key "size in 2022"; it is on the bills.',
    ),
    click.option(
        "--leave-out",
        "left_out",
        type=OfParty(click.STRING),
        multiple=True,
        help='Do not bill this party now, as --leave-out "krommevliet=under review"; repeatable.',
    ),
    click.option(
        "--confirm",
        "confirmed",
        type=OfParty(click.STRING),
        multiple=True,
        help='What is far from the year before is right, as --confirm "krommevliet=new system"; repeatable.',
    ),
    click.option(
        "--early",
        default="",
        help='Why VAT is refunded before the week from which it is, as --early "letter 2026/17".',
    ),
)
"""What a run is for, and the decisions on it."""


def _with_order(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what a run is for, and pass on its `order`."""

    @wraps(command)
    def run(
        *,
        stage: str,
        service: Service | None,
        year: int,
        issued_on: datetime | None,
        total: Decimal,
        weights: tuple[tuple[str, Decimal], ...],
        distribution_key: str,
        left_out: tuple[tuple[str, str], ...],
        confirmed: tuple[tuple[str, str], ...],
        early: str,
        **options: object,
    ) -> None:
        day = issued_on.date() if issued_on else amsterdam_today()
        decisions = [RunDecision(DecisionKind.LEAVE_OUT, reason, party_id) for party_id, reason in left_out]
        decisions += [RunDecision(DecisionKind.CONFIRM, reason, party_id) for party_id, reason in confirmed]
        decisions += [RunDecision(DecisionKind.EARLY, early)] if early else []
        order = RunOrder(BillStage(stage), service, year, day, total, weights, distribution_key, tuple(decisions))
        command(order=order, **options)

    for option in _ORDER_OPTIONS:
        run = option(run)
    return run


@click.command("preview")
@_with_order
@key_option
@click.option(
    "--forecast",
    "forecasts",
    type=OfParty(Units()),
    multiple=True,
    help="Another forecast: party=units, as --forecast krommevliet=15000; repeatable.",
)
@tariffs_option
@format_option()
@with_settings
def preview_command(
    *,
    settings: Settings,
    order: RunOrder,
    key: str,
    forecasts: tuple[tuple[str, int], ...],
    tariffs: Path | None,
    form: str,
) -> None:
    """Show the result of a run now. Stores nothing.

    \b
    meterpoort bills preview --stage prepayment --service digipoort --year 2026
    """
    catalogue = catalogue_of(tariffs)
    preview = admin.billing.with_finance(
        settings,
        key,
        lambda billing, actor: billing.service.preview(
            actor, order, catalogue=catalogue, forecasts=dict(forecasts)
        ),
    )
    found = preview.outcome
    findings = {"problems": found.problems, "questions": found.questions, "remarks": found.remarks}
    content = {
        "digest": preview.inputs.digest,
        "bills": [bill_json(bill) for bill in preview.bills],
        **{name: _findings_json(those) for name, those in findings.items()},
    }
    print_result(form, content, chain(_outcome_lines(found), _summary(preview)))


def _findings_json(findings: Sequence[PartyFinding]) -> list[dict[str, str]]:
    return [{"partyId": one.party_id, "text": one.text.en} for one in findings]


def _outcome_lines(outcome: Outcome) -> Iterator[str]:
    yield from finding_lines("cannot be billed", outcome.problems)
    yield from finding_lines("to be confirmed", outcome.questions)
    yield from finding_lines("note", outcome.remarks)


def _summary(found: RunBills) -> Iterator[str]:
    yield from bill_lines(found.bills, _NOTHING_DUE)
    if found.bills:
        yield f"{len(found.bills)} documents, {found.total.including} including VAT"


@click.command("run")
@_with_order
@key_option
@format_option()
@with_settings
def run_command(*, settings: Settings, order: RunOrder, key: str, form: str) -> None:
    """Prepare a run for approval, and show what it would issue. The same inputs give the same run.

    \b
    meterpoort bills run --stage prepayment --service digipoort --year 2026
    """

    async def work(billing: BillingServices, actor: Actor) -> Review:
        return await billing.service.review((await billing.service.prepare(actor, order)).run_id)

    print_review(admin.billing.with_finance(settings, key, work), form)


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
        "remarks": _findings_json(review.remarks),
    }


def _review_lines(review: Review) -> Iterator[str]:
    run = review.run
    yield f"run {run.run_id}"
    yield f"  {order_text(run.order)}: {run.state}"
    signed = (("prepared", run.prepared_by), ("approved", run.approved_by), ("issued", run.issued_by))
    yield "  " + ", ".join(f"{what} by {who}" for what, who in signed if who)
    if review.has_moved:
        yield "  its inputs have changed: prepare it again"
        return
    yield from finding_lines("  note", review.remarks)
    yield from _summary(review)
    following = {RunState.PREPARED: "approve", RunState.APPROVED: "issue"}.get(run.state)
    if following:
        yield f"next: meterpoort bills {following} {run.run_id}"


@click.command("runs")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="Most runs to show, as --limit 5.",
)
@format_option()
@with_existing
def runs_command(*, settings: Settings, limit: int, form: str) -> None:
    """The runs that were prepared last, newest first.

    \b
    meterpoort bills runs
    """
    runs = admin.billing.with_billing(settings, lambda billing: billing.store.runs(limit))
    print_result(form, [{**asdict(run), "state": run.state} for run in runs], _run_lines(runs))


def _run_lines(runs: Sequence[Run]) -> Iterator[str]:
    rows = [(run.run_id, run.state, order_text(run.order)) for run in runs]
    return table(("run", "state", "order"), rows, "No run was prepared.")


def order_text(order: RunOrder) -> str:
    """What a run is for, in words."""
    return f"{order.stage} {order.service or 'of all services'} {order.year}, dated {order.issued_on}"


@click.command("approve")
@click.argument("run_id")
@key_option
@format_option()
@with_settings
def approve_command(*, settings: Settings, run_id: str, key: str, form: str) -> None:
    """Approve RUN_ID on exactly the inputs on which it was prepared.

    \b
    METERPOORT_KEY=mp_… meterpoort bills approve 0123456789abcdef0123456789abcdef
    """

    async def work(billing: BillingServices, actor: Actor) -> Review:
        await billing.service.approve(actor, run_id)
        return await billing.service.review(run_id)

    print_review(admin.billing.with_finance(settings, key, work), form)


@click.command("issue")
@click.argument("run_id")
@key_option
@format_option()
@with_settings
def issue_command(*, settings: Settings, run_id: str, key: str, form: str) -> None:
    """Issue the approved RUN_ID: every bill is validated, then all get their numbers.

    \b
    meterpoort bills issue 0123456789abcdef0123456789abcdef
    """
    bills = admin.billing.with_finance(settings, key, lambda billing, actor: billing.service.issue(actor, run_id))
    print_bills(bills, form, f"Run {run_id} is issued. {_NOTHING_DUE}")
