"""The billing year of the demo: forecasts, prepayment bills, and the settlement on what was used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from gateway.admin.billing import billing_service
from gateway.billing.documents.bill import Bill, BillStage
from gateway.billing.rating.quote import QuoteRequest, quote
from gateway.billing.rating.rating import PayerStatus
from gateway.billing.rating.services import Service
from gateway.billing.runs.actor import Actor
from gateway.billing.runs.debtor import Address, Debtor
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.service import BillingService
from gateway.billing.runs.year import YearKey
from gateway.clock import amsterdam_today, utc_now
from gateway.demo.cast import HARBOUR, ISSUER, PROVINCE, TOWN, Player
from gateway.jobs.send_bills import send_bills
from gateway.main import Gateway
from gateway.messages.participants import PartyKind
from gateway.settings import Settings

FORECASTS = {TOWN: 12_000, HARBOUR: 3_500, PROVINCE: 800}
"""Messages that each party expects in a year."""


def with_issuer(settings: Settings) -> Settings:
    """Return the settings with the issuer of the demo, unless they have one."""
    return settings if settings.billing.name else msgspec.structs.replace(settings, billing=ISSUER)


async def bill(gateway: Gateway) -> Sequence[Bill]:
    """Issue the prepayment bills of this year and send them through the gateway."""
    billing = billing_service(gateway.settings, gateway.engines, gateway.writer, utc_now, gateway.register.by_id)
    bills = await _prepayments(billing)
    await send_bills(bills, billing.store, gateway.intake, gateway.register.by_identifier)
    return bills


async def _prepayments(billing: BillingService) -> Sequence[Bill]:
    """Record forecasts and run the prepayment of this year, with two persons to prepare and to approve it.

    Returns the bills that exist when this has been done before.
    """
    today = amsterdam_today()
    preparer, approver = Actor.finance("demo-preparer"), Actor.finance("demo-approver")
    found = [
        one
        for one in await billing.store.bills(today.year)
        if one.year == today.year and one.stage is BillStage.PREPAYMENT
    ]
    if found:
        return found
    for player, units in FORECASTS.items():
        await billing.save_debtor(preparer, _debtor(player))
        key = YearKey(player.party_id, Service.DIGIPOORT, today.year)
        await billing.record_forecast(preparer, key, units, "demo")
        await billing.record_agreement(preparer, key, "demo")
    order = RunOrder(BillStage.PREPAYMENT, Service.DIGIPOORT, today.year, today)
    run = await billing.prepare(preparer, order)
    await billing.approve(approver, run.run_id)
    return await billing.issue(preparer, run.run_id)


@dataclass(frozen=True, slots=True)
class YearSoFar:
    """What a party used, forecast and prepaid, and its settlement if no more were used; amounts in euros."""

    party: str
    used: int
    forecast: int
    prepaid: Decimal
    bill: str | None
    settlement: Decimal


def years_so_far(used: Mapping[str, int], bills: Sequence[Bill]) -> Sequence[YearSoFar]:
    """The present year of each party with a forecast."""
    year = amsterdam_today().year
    found = []
    numbers = {one.debtor.party_id: one.number for one in bills}
    for player, forecast in FORECASTS.items():
        count = used.get(player.party_id, 0)
        costs = quote(QuoteRequest(Service.DIGIPOORT, year, forecast=forecast, used=count, payer=PayerStatus()))
        settled = costs.settlement.including if costs.settlement else Decimal("0.00")
        prepaid, number = costs.prepayment.including, numbers.get(player.party_id)
        found.append(YearSoFar(player.party_id, count, forecast, prepaid, number, settled))
    return found


def _debtor(player: Player) -> Debtor:
    address = Address(player.street, player.postcode, player.city)
    kind = PartyKind(player.kind)
    return Debtor(player.party_id, player.name, player.number, kind, address, f"facturen@{player.domain}", "demo")
