"""Every choice that the published tariff pages leave open, with its default.

`Policies` holds the choices of billing; another choice is an argument, never a change elsewhere. All sixteen, also
those of the meter and the validator, are in docs/explanation/billing.md with the name under which each is set.
Sources: the Digipoort product catalogue (December 2017, "A") and the page on passing on costs (tariffs 2018-2022,
"B").
"""

import tomllib
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import PoliciesError
from gateway.i18n import Text

Count = Annotated[int, msgspec.Meta(ge=0)]
PASSED_ON = frozenset({Service.DIGID, Service.MACHTIGEN, Service.MIJNOVERHEID})
_PAID_BY_ALL = PASSED_ON | {Service.FACILITIES}


class Regime(StrEnum):
    """How a service is charged over a year."""

    PREPAID = "prepaid"
    """One fixed price including tax; prepaid on the forecast, which is also the minimum; settled on use."""
    PASSED_ON = "passed-on"
    """Advance at the estimated tariff, final invoice at the actual cost, refund possible; tax is added."""
    PER_PERIOD = "per-period"
    """A price for each period that was started: individual guidance."""
    DISTRIBUTED = "distributed"
    """A cost divided by one key, without a tariff."""


class GuidanceLength(StrEnum):
    """How long three months of guidance last."""

    CALENDAR_MONTHS = "calendar-months"
    """From 15 January up to and including 14 April; a day that does not exist becomes the month's last."""
    NINETY_DAYS = "ninety-days"


class LateForecast(StrEnum):
    """What a new forecast does once its prepayment was issued."""

    REFUSE = "refuse"
    DELTA = "delta"
    """Accepted: a higher one is prepaid by a further document, a lower one gives nothing back."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Months of a regime. The final document falls in the year after the use."""

    advance_month: int
    final_month: int
    final_year_offset: int = 1
    final_opens: int = 0
    """The first month in which the final document can be due; 0: its month itself."""
    forecast_months: tuple[int, int] = (1, 3)
    """In the year before: the first and the last month in which the forecast is asked."""
    tariff_month: int = 0
    """In the year before: when the estimate is set. 0: the price is not one of a year."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The choices. Numbers are those of the list of sixteen in docs/explanation/billing.md."""

    forecast_is_minimum: frozenset[Service] = frozenset({Service.DIGIPOORT})
    """1. Services whose prepayment is never refunded. The others are settled on actual use alone."""
    calendar: tuple[tuple[Regime, Calendar], ...] = (
        (Regime.PREPAID, Calendar(advance_month=1, final_month=3, final_opens=1)),
        (Regime.PASSED_ON, Calendar(advance_month=3, final_month=6, tariff_month=7)),
    )
    """2 and 14. Digipoort: January, settled in the first quarter. Others: advance in March, final invoice in June.
    The final invoice of June concerns the year before; tariffs set in July the next. Forecasts are asked in the
    first quarter of the year before."""
    regimes: tuple[tuple[Service, Regime], ...] = (
        (Service.DIGIPOORT, Regime.PREPAID),
        (Service.DIGID, Regime.PASSED_ON),
        (Service.MACHTIGEN, Regime.PASSED_ON),
        (Service.MIJNOVERHEID, Regime.PASSED_ON),
        (Service.GUIDANCE, Regime.PER_PERIOD),
        (Service.FACILITIES, Regime.DISTRIBUTED),
    )
    """3 and 6. Digipoort follows page A (fixed price, tax included), though page B names it without tariff."""
    free_units: tuple[tuple[Service, int], ...] = ((Service.DIGID, 999), (Service.MIJNOVERHEID, 999))
    """4. Units a year that are not charged; Machtigen is not named by B, Digipoort not by A."""
    free_units_in_advance: bool = True
    """4. The advance, too, is for the units above the free ones; False: for the whole forecast."""
    first_year_exempt: frozenset[Service] = PASSED_ON
    """5. Services that are free in the year a first-time user connects."""
    first_year_exempt_years: tuple[int, int] = (2018, 2021)
    """5. The years, first and last, for which that exemption was published."""
    substantial_units: Count = 100_000
    """5. Use from which the first year is charged after all; "substantial" is not defined by B."""
    umbrella_exempt: frozenset[Service] = PASSED_ON
    """5. Services not invoiced to members of an umbrella body that pays under a separate agreement."""
    rijk_pays: frozenset[Service] = _PAID_BY_ALL
    """7. Services that a body of the Rijk is invoiced for, without tax. Digipoort and guidance are not."""
    companies_pay: frozenset[Service] = _PAID_BY_ALL
    """7. Services that a company (a private organization with a public task) is invoiced for."""
    charged_kinds: frozenset[str] = frozenset({"delivered-to", "submitted-by"})
    """8 and 9. What the meter counts and Digipoort charges. Validation is not charged separately, nor is a message
    that was refused or could not be delivered; the meter records those too."""
    actual_costs_in_cents_from: int = 2020
    """13. From this year actual costs have at most two decimals; estimates may have three."""
    estimates_in_cents_from: int = 2021
    """13. From this year a price that is computed for an estimate has two decimals; before, three."""
    guidance_period: GuidanceLength = GuidanceLength.CALENDAR_MONTHS
    """15. Counted from the day on which the start mail is received."""
    facilities_from: int = 2019
    """The first year in which the facilities without tariff are charged."""
    vat_refunds: tuple[tuple[int, int], ...] = ((2018, 28), (2019, 28))
    """16. Years over which reclaimed tax is refunded to those who paid it, each with the ISO week of the next year
    from which."""
    vat_percent: Decimal = Decimal(21)
    """Tax on what is charged outside the Rijk."""
    late_forecast: LateForecast = LateForecast.REFUSE
    """The prepayment was agreed on the forecast, so it does not change afterwards."""
    approval_by_another: bool = True
    """A run is approved by another person than the one who prepared it."""
    payment_days: Count = 30
    """Days between issue and due date: the legal term for governments (article 6:119b BW)."""
    backdating_days: Count = 7
    """How many days a document's date may lie before the day on which it is issued."""
    unusual_factor: Count = 5
    """A forecast or a year's total that is so many times that of the year before, or so small a part of it, needs
    a confirmation."""
    unusual_units: Count = 1_000_000
    """A forecast above this needs a confirmation where there is no use of the year before."""
    unusual_amount: Count = 1_000_000
    """The same for a year's total, in euros without tax. Differences below a hundredth of it are small."""

    def regime(self, service: Service) -> Regime:
        """How this service is charged."""
        return dict(self.regimes)[service]

    def months(self, service: Service) -> Calendar:
        """When this service's documents are due."""
        return dict(self.calendar)[self.regime(service)]

    def is_unusual(self, now: Decimal | int, before: Decimal | int, limit: int) -> bool:
        """Whether an amount or a count is far from that of the year before; `limit` where there was none."""
        if before <= 0:
            return now > limit
        amount, earlier = Decimal(now), Decimal(before)
        is_far = amount > earlier * self.unusual_factor or amount * self.unusual_factor < earlier
        return is_far and abs(amount - earlier) * 100 > limit

    def refund_from(self, year: int) -> date | None:
        """The first day on which tax over a year is refunded; None where it is not."""
        week = dict(self.vat_refunds).get(year)
        return None if week is None else date.fromisocalendar(year + 1, week, 1)

    def free(self, service: Service) -> int:
        """How many units a year are not charged."""
        return dict(self.free_units).get(service, 0)


DEFAULT = Policies()


def read_policies(toml: str) -> Policies:
    """Policies out of TOML text: those that it names by the names of `Policies`, the others as published.

    Raises PoliciesError that names what is wrong.
    """
    try:
        given = tomllib.loads(toml)
        if unknown := given.keys() - {field.name for field in fields(Policies)}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        return msgspec.convert(given, Policies)
    except ValueError as wrong:  # also of TOML and of types
        raise PoliciesError(Text("the policies cannot be read: {wrong}", wrong=str(wrong))) from wrong
