"""`meterpoort bills`: a run, from preview to issue."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import wraps
from pathlib import Path

import click

from gateway.admin.billing import with_billing
from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.service import Actor
from gateway.cli.billing_options import (
    Number,
    OfParty,
    Units,
    by_option,
    catalogue_of,
    print_bills,
    service_option,
    tariffs_option,
    year_option,
)
from gateway.cli.options import with_settings
from gateway.clock import amsterdam_today
from gateway.settings import Settings


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
@with_settings
def preview_command(
    *, settings: Settings, order: RunOrder, by: str, forecasts: tuple[tuple[str, int], ...], tariffs: Path | None
) -> None:
    """Show the result of a run now. Stores nothing."""
    catalogue = catalogue_of(tariffs)
    preview = with_billing(
        settings,
        lambda billing: billing.preview(Actor.finance(by), order, catalogue=catalogue, forecasts=dict(forecasts)),
    )
    print_bills(preview.bills)
    click.echo(f"{len(preview.bills)} documents, {preview.total.including} including VAT")


@click.command("prepare")
@_with_order
@by_option
@with_settings
def prepare_command(*, settings: Settings, order: RunOrder, by: str) -> None:
    """Prepare a run for approval; prints its id."""
    click.echo(with_billing(settings, lambda billing: billing.prepare(Actor.finance(by), order)).run_id)


@click.command("approve")
@click.argument("run_id")
@by_option
@with_settings
def approve_command(*, settings: Settings, run_id: str, by: str) -> None:
    """Approve RUN_ID on exactly the inputs on which it was prepared."""
    run = with_billing(settings, lambda billing: billing.approve(Actor.finance(by), run_id))
    click.echo(f"{run.run_id} approved by {run.approved_by}")


@click.command("issue")
@click.argument("run_id")
@by_option
@with_settings
def issue_command(*, settings: Settings, run_id: str, by: str) -> None:
    """Issue the approved RUN_ID: every bill is validated, then all get their numbers."""
    print_bills(with_billing(settings, lambda billing: billing.issue(Actor.finance(by), run_id)))
