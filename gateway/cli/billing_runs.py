"""`meterpoort bills`: a run, from preview to issue."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click

from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.service import Actor, BillingService, Preview
from gateway.cli.billing_access import bill_rows, run_billing
from gateway.cli.billing_options import (
    DECIMAL,
    Euros,
    Units,
    by_option,
    catalogue_of,
    service_option,
    tariffs_option,
    year_option,
)
from gateway.cli.options import where_options
from gateway.clock import amsterdam_today


def _order_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what a run is for."""
    for option in (
        click.option("--stage", required=True, type=click.Choice([str(one) for one in BillStage])),
        service_option,
        year_option,
        click.option("--issued-on", type=click.DateTime(["%Y-%m-%d"]), help="Date on the documents; today."),
        click.option("--total", type=Euros(), default="0", help="Amount to divide: refund, facilities."),
        click.option(
            "--weight", "weights", multiple=True, help="party=weight in the distribution key; repeatable."
        ),
    ):
        command = option(command)
    return command


def _order(
    stage: str, service: str, year: int, issued_on: datetime | None, total: Decimal, weights: tuple[str, ...]
) -> RunOrder:
    day = issued_on.date() if issued_on else amsterdam_today()
    return RunOrder(BillStage(stage), Service(service), year, day, total, tuple(_weight(text) for text in weights))


def _weight(text: str) -> tuple[str, Decimal]:
    party_id, _, weight = text.rpartition("=")
    if not party_id or not DECIMAL.fullmatch(weight):
        raise click.UsageError(f"{text!r} is not party=weight, as krommevliet=3")
    return party_id, Decimal(weight)


def _other_forecast(text: str) -> tuple[str, int]:
    party_id, _, units = text.rpartition("=")
    if not party_id:
        raise click.UsageError(f"{text!r} is not party=units, as zilverstrand=12000")
    return party_id, Units().convert(units, None, None)


@click.command("preview")
@_order_options
@by_option
@click.option("--forecast", "forecasts", multiple=True, help="Another forecast: party=units; repeatable.")
@tariffs_option
@where_options
def preview_command(
    *,
    stage: str,
    service: str,
    year: int,
    issued_on: datetime | None,
    total: Decimal,
    weights: tuple[str, ...],
    by: str,
    forecasts: tuple[str, ...],
    tariffs: Path | None,
    config: Path | None,
    data: Path | None,
) -> None:
    """Show the result of a run now. Stores nothing."""
    order = _order(stage, service, year, issued_on, total, weights)
    other_forecasts = dict(_other_forecast(text) for text in forecasts)

    async def work(billing: BillingService) -> Preview:
        return await billing.preview(
            Actor.finance(by), order, catalogue=catalogue_of(tariffs), forecasts=other_forecasts
        )

    preview = run_billing(config, data, work)
    click.echo("\n".join(bill_rows(preview.bills)))
    click.echo(f"{len(preview.bills)} documents, {preview.total.including} including VAT")


@click.command("prepare")
@_order_options
@by_option
@where_options
def prepare_command(
    *,
    stage: str,
    service: str,
    year: int,
    issued_on: datetime | None,
    total: Decimal,
    weights: tuple[str, ...],
    by: str,
    config: Path | None,
    data: Path | None,
) -> None:
    """Prepare a run for approval; prints its id."""
    order = _order(stage, service, year, issued_on, total, weights)
    click.echo(run_billing(config, data, lambda billing: billing.prepare(Actor.finance(by), order)).run_id)


@click.command("approve")
@click.argument("run_id")
@by_option
@where_options
def approve_command(*, run_id: str, by: str, config: Path | None, data: Path | None) -> None:
    """Approve RUN_ID on exactly the inputs on which it was prepared."""
    run = run_billing(config, data, lambda billing: billing.approve(Actor.finance(by), run_id))
    click.echo(f"{run.run_id} approved by {run.approved_by}")


@click.command("issue")
@click.argument("run_id")
@by_option
@where_options
def issue_command(*, run_id: str, by: str, config: Path | None, data: Path | None) -> None:
    """Issue the approved RUN_ID: every bill is validated, then all get their numbers."""
    click.echo(
        "\n".join(bill_rows(run_billing(config, data, lambda billing: billing.issue(Actor.finance(by), run_id))))
    )
