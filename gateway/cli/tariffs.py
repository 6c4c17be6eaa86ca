"""`meterpoort bills`: the tariffs that hold, and those that are proposed and approved."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

import click

from gateway import admin
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Tariff, TariffBasis
from gateway.billing.runs.ports import TariffProposal
from gateway.billing.runs.tariff_service import TariffRequest
from gateway.billing.services import BillingServices
from gateway.cli.billing_options import Number, Units, key_option, service_option
from gateway.cli.options import DAY, YEAR, format_option, print_result, table, with_existing, with_settings
from gateway.settings import Settings


@click.command("tariffs")
@format_option()
@with_existing
def tariffs_command(*, settings: Settings, form: str) -> None:
    """The tariffs that hold, and what was proposed.

    \b
    meterpoort bills tariffs
    """

    async def work(billing: BillingServices) -> tuple[Sequence[Tariff], Sequence[TariffProposal]]:
        return (await billing.service.tariffs.catalogue()).tariffs, await billing.service.tariffs.proposals()

    tariffs, proposals = admin.billing.with_billing(settings, work)
    header = ("service", "variant", "price is", "EUR a unit", "from", "until")
    rows = [
        (str(it.service), it.variant, str(it.basis), it.price, it.valid_from, it.valid_until) for it in tariffs
    ]
    lines = [*table(header, rows), *(line for one in proposals for line in ("", *_proposal_lines(one)))]
    print_result(form, {"tariffs": tariffs, "proposals": proposals}, lines)


@click.command("propose-tariff")
@service_option
@click.option(
    "--basis",
    required=True,
    type=click.Choice([str(one) for one in TariffBasis]),
    help="What the price is, as --basis estimate.",
)
@click.option("--year", type=YEAR, help="The year of use, as --year 2027; or --from.")
@click.option("--from", "first", type=DAY, help="The first day, as --from 2027-01-01, without an end.")
@click.option("--price", type=Number(), help="Euros a unit, as --price 0.59.")
@click.option(
    "--cost",
    type=Number(),
    default="0",
    help="Instead: the cost that is divided over the use, as --cost 31900000.",
)
@click.option(
    "--units",
    type=Units(),
    default=0,
    help="The use, as --units 50000000; else what is expected, or what was used.",
)
@click.option(
    "--variant",
    default="",
    help="The name of the tariff where a service has several, as --variant berichtenbox.",
)
@click.option("--source", required=True, help='By what it was set, as --source "decision 2026/7".')
@key_option
@format_option()
@with_settings
def propose_tariff_command(
    *,
    settings: Settings,
    service: Service,
    basis: str,
    year: int | None,
    first: datetime | None,
    price: Decimal | None,
    cost: Decimal,
    units: int,
    variant: str,
    source: str,
    key: str,
    form: str,
) -> None:
    """Propose a tariff, for another person to approve.

    \b
    meterpoort bills propose-tariff --service digid --year 2027 --basis estimate --price 0.14 --source letter
    """
    if (year is None) == (first is None):
        raise click.UsageError("give --year or --from")
    request = TariffRequest(
        service=service,
        basis=TariffBasis(basis),
        first=first.date() if first else date(year or 0, 1, 1),
        last=date(year, 12, 31) if year else None,
        source=source,
        price=price,
        cost=cost,
        units=units,
        variant=variant,
    )
    proposed = admin.billing.with_finance(
        settings, key, lambda billing, actor: billing.service.tariffs.propose(actor, request)
    )
    _print(proposed, form)


@click.command("approve-tariff")
@click.argument("proposal_id")
@key_option
@format_option()
@with_settings
def approve_tariff_command(*, settings: Settings, proposal_id: str, key: str, form: str) -> None:
    """Approve the tariff PROPOSAL_ID: it holds from now on.

    \b
    METERPOORT_KEY=mp_… meterpoort bills approve-tariff 0123456789abcdef
    """

    approved = admin.billing.with_finance(
        settings, key, lambda billing, actor: billing.service.tariffs.approve(actor, proposal_id)
    )
    _print(approved, form)


def _print(proposal: TariffProposal, form: str) -> None:
    print_result(form, proposal, _proposal_lines(proposal))


def _proposal_lines(one: TariffProposal) -> Iterator[str]:
    how = f" = {one.cost} / {one.units}" if one.units else ""
    yield f"{one.proposal_id} {one.tariff}{how}"
    yield f"  proposed by {one.by}, " + (f"approved by {one.approved_by}" if one.approved_by else "not approved")
    if not one.approved_by:
        yield f"next: meterpoort bills approve-tariff {one.proposal_id}"
