"""Individual guidance: a price for each three months, from the day the start mail was received."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from gateway.billing.rating.amounts import PriceBasis, cents
from gateway.billing.rating.policies import DEFAULT, GuidanceLength, Policies
from gateway.billing.rating.rating import (
    Due,
    DueLine,
    LineRole,
    PayerStatus,
    checked_units,
    exemption,
    vat_percent,
)
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.rating.tariffs import Catalogue, Tariff, TariffBasis
from gateway.i18n import Text

_MONTHS = 3
_DAYS = 90


@dataclass(frozen=True, slots=True)
class GuidancePeriod:
    """One period of guidance, both days included. A renewal starts the day after the one before."""

    first: date
    last: date


def guidance_periods(received: date, periods: int, policies: Policies = DEFAULT) -> tuple[GuidancePeriod, ...]:
    """The first period and its renewals, from the receipt of the start mail.

    Every period is counted from the first day, so that a start on the 31st does not creep forward.
    """
    checked_units(periods, "periods")
    starts = [_start(received, number, policies) for number in range(periods + 1)]
    return tuple(GuidancePeriod(first, following - timedelta(days=1)) for first, following in pairwise(starts))


def _start(received: date, number: int, policies: Policies) -> date:
    if policies.guidance_period is GuidanceLength.NINETY_DAYS:
        return received + timedelta(days=_DAYS * number)
    years, month = divmod(received.month - 1 + _MONTHS * number, 12)
    year, month = received.year + years, month + 1
    return date(year, month, min(received.day, monthrange(year, month)[1]))


def due_for_guidance(
    periods: tuple[GuidancePeriod, ...], payer: PayerStatus, catalogue: Catalogue, policies: Policies = DEFAULT
) -> Due:
    """What is due for guidance: a line for each period, at the price of the day it started."""
    service, percent = Service.GUIDANCE, vat_percent(payer, policies)
    tariffs = [catalogue.on(service, period.first, TariffBasis.FIXED) for period in periods]
    if not tariffs:
        return Due(PriceBasis.INCLUDING_VAT, percent)
    if reason := exemption(service, periods[0].first.year, len(periods), payer, policies):
        return Due(tariffs[0].vat, percent, notes=(reason,))
    lines = tuple(_line(period, tariff) for period, tariff in zip(periods, tariffs, strict=True))
    return Due(tariffs[0].vat, percent, lines, first=periods[0].first, last=max(period.last for period in periods))


def _line(period: GuidancePeriod, tariff: Tariff) -> DueLine:
    return DueLine(
        LineRole.GUIDANCE,
        1,
        tariff.price,
        cents(tariff.price),
        Text(
            "{name}, {first:date} to {last:date}",
            name=SERVICE_NAMES[Service.GUIDANCE].name,
            first=period.first,
            last=period.last,
        ),
        Text("{one:n} × {price:amount} = {price:amount}", one=1, price=tariff.price),
        tariff.source,
    )
