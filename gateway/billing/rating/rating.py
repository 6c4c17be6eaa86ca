"""What is due for a year: use and forecast against tariffs, under either regime. Pure functions.

What was billed before is not considered here: a document is what is due now less what was billed so far
(`gateway.billing.documents.bill`), so that a repeated run bills nothing and a late correction its difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from gateway.billing.rating.amounts import ZERO, PriceBasis, cents
from gateway.billing.rating.policies import DEFAULT, Policies, Regime
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.rating.tariffs import Catalogue, Tariff, TariffBasis, TariffPeriod
from gateway.billing.runs.errors import BadCountError
from gateway.i18n import Text

UNITS_MAX = 10**12
"""More than the use of all parties together; a larger count is a typing error."""


class LineRole(StrEnum):
    """What a line of a bill is for."""

    FORECAST = "forecast"
    USE = "use"
    MINIMUM = "minimum"
    BILLED = "billed"
    GUIDANCE = "guidance"
    REFUND = "refund"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class PayerStatus:
    """What decides how a party is charged for a service in one year."""

    is_rijk: bool = False
    is_company: bool = False
    is_first_year: bool = False
    """First-time user, connected in this year."""
    in_umbrella: bool = False
    """Its umbrella body pays for it, under a separate agreement."""
    variant: str = ""
    """The name of the tariff where there are several; empty for the usual one."""


REGULAR_PAYER = PayerStatus()
"""A government outside the Rijk, after its first year, that pays for itself."""


@dataclass(frozen=True, slots=True)
class DueLine:
    """Units times a price; `amount` in cents, in the basis of the price. `how` says how it was computed."""

    role: LineRole
    units: int
    price: Decimal
    amount: Decimal
    text: Text
    how: Text
    source: str = ""
    first: date | None = None
    last: date | None = None
    """The days of use that it is about, both included; None: those of the document."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is due for a year, and notes, such as why nothing is. `first` and `last` are its period where that is
    not the year."""

    basis: PriceBasis
    lines: tuple[DueLine, ...] = ()
    notes: tuple[Text, ...] = ()
    first: date | None = None
    last: date | None = None

    @property
    def amount(self) -> Decimal:
        """The sum of the lines, in the basis of the price."""
        return sum((line.amount for line in self.lines), ZERO)


def vat_percent(payer: PayerStatus, policies: Policies = DEFAULT) -> Decimal:
    """Tax on what this party is charged: none within the Rijk."""
    return Decimal(0) if payer.is_rijk else policies.vat_percent


def checked_units(units: int, name: str) -> int:
    """The same count. Raises BadCountError below zero or above `UNITS_MAX`."""
    if 0 <= units <= UNITS_MAX:
        return units
    raise BadCountError(
        Text(
            "{name} is {units}: it has to be between 0 and {units_max}",
            name=name,
            units=units,
            units_max=UNITS_MAX,
        ),
    )


def advance_due(
    service: Service,
    year: int,
    forecast: int,
    payer: PayerStatus,
    catalogue: Catalogue,
    policies: Policies = DEFAULT,
) -> Due:
    """The prepayment or advance on a forecast, at the price known at the start of the year.

    Raises TariffMissingError and BadCountError.
    """
    checked_units(forecast, "forecast")
    tariff = advance_tariff(service, year, payer, catalogue, policies)
    if reason := exemption(service, year, forecast, payer, policies):
        return Due(tariff.vat, notes=(reason,))
    free = policies.free(service)
    if forecast <= free:
        return Due(tariff.vat, notes=_free_note(service, free) if free else ())
    charged = forecast - free if policies.free_units_in_advance else forecast
    return Due(tariff.vat, (_forecast_line(service, year, forecast, charged, tariff),))


def final_due(
    service: Service,
    year: int,
    used: Sequence[int],
    prepaid: Decimal,
    payer: PayerStatus,
    catalogue: Catalogue,
    policies: Policies = DEFAULT,
) -> Due:
    """What is due for the whole year: `used` holds the units of each tariff period of the year, in order.

    `prepaid` is what was billed in advance: where the forecast is the minimum, no less is due. Raises
    TariffMissingError and BadCountError.
    """
    total = sum(checked_units(units, "use") for units in used)
    periods = final_periods(service, year, payer, catalogue, policies)
    basis = periods[0].tariff.vat
    if reason := exemption(service, year, total, payer, policies):
        return Due(basis, notes=(reason,))
    free = policies.free(service)
    lines = _use_lines(service, periods, used, free)
    rated = sum((line.amount for line in lines), ZERO)
    if service in policies.forecast_is_minimum and rated < prepaid:
        lines += (_minimum_line(prepaid, rated),)
    return Due(basis, lines, _free_note(service, free) if total <= free and free else ())


def advance_tariff(
    service: Service, year: int, payer: PayerStatus, catalogue: Catalogue, policies: Policies = DEFAULT
) -> Tariff:
    """The price at which a forecast is prepaid: the one of 1 January. Raises TariffMissingError."""
    basis = TariffBasis.FIXED if policies.regime(service) is Regime.PREPAID else TariffBasis.ESTIMATE
    return catalogue.periods(service, year, basis, payer.variant)[0].tariff


def final_periods(
    service: Service, year: int, payer: PayerStatus, catalogue: Catalogue, policies: Policies = DEFAULT
) -> tuple[TariffPeriod, ...]:
    """The periods of a year in which one final price holds, in order. Raises TariffMissingError."""
    basis = TariffBasis.FIXED if policies.regime(service) is Regime.PREPAID else TariffBasis.ACTUAL
    return catalogue.periods(service, year, basis, payer.variant)


def exemption(service: Service, year: int, units: int, payer: PayerStatus, policies: Policies) -> Text | None:
    """Why this party is not invoiced for this use, or None when it is."""
    name = SERVICE_NAMES[service].name
    if payer.is_rijk and service not in policies.rijk_pays:
        return Text("a body of the Rijk is not invoiced for {name}", name=name)
    if payer.is_company and service not in policies.companies_pay:
        return Text("{name} is free for companies", name=name)
    if payer.in_umbrella and service in policies.umbrella_exempt:
        return Text("its umbrella body pays for {name} under a separate agreement", name=name)
    first, last = policies.first_year_exempt_years
    is_free_year = service in policies.first_year_exempt and first <= year <= last
    if payer.is_first_year and is_free_year and units < policies.substantial_units:
        return Text(
            "the first year of {name} is free below {units:n} units", name=name, units=policies.substantial_units
        )
    return None


def _units_line(
    role: LineRole, text: Text, charged: int, free: Text | str, tariff: Tariff, period: TariffPeriod | None = None
) -> DueLine:
    """A line of units at the price of a tariff; `free` says how many are not charged."""
    amount = cents(charged * tariff.price)
    how = Text(
        "{charged:n} {units}{free} × {price:amount} = {amount:amount}",
        charged=charged,
        units=SERVICE_NAMES[tariff.service].unit_name(charged),
        free=free,
        price=tariff.price,
        amount=amount,
    )
    first, last = (period.first, period.last) if period else (None, None)
    return DueLine(role, charged, tariff.price, amount, text, how, tariff.source, first, last)


def _forecast_line(service: Service, year: int, forecast: int, charged: int, tariff: Tariff) -> DueLine:
    free = forecast - charged
    note = Text(" (forecast {forecast:n}, {free:n} free)", forecast=forecast, free=free) if free else ""
    text = Text("{name}: forecast of {year}", name=SERVICE_NAMES[service].name, year=year)
    return _units_line(LineRole.FORECAST, text, charged, note, tariff)


def _use_lines(
    service: Service, periods: Sequence[TariffPeriod], used: Sequence[int], free_units: int
) -> tuple[DueLine, ...]:
    lines = []
    free_left = free_units
    for period, units in zip(periods, used, strict=True):
        free = min(units, free_left)
        free_left -= free
        if units > free:
            lines.append(_use_line(service, period, units, free))
    return tuple(lines)


def _use_line(service: Service, period: TariffPeriod, units: int, free: int) -> DueLine:
    note = Text(" ({units:n} used, {free:n} free)", units=units, free=free) if free else ""
    return _units_line(LineRole.USE, _use_text(service, period), units - free, note, period.tariff, period)


def _use_text(service: Service, period: TariffPeriod) -> Text:
    name, year = SERVICE_NAMES[service].name, period.first.year
    if (period.first, period.last) == (date(year, 1, 1), date(year, 12, 31)):
        return Text("{name}: use in {year}", name=name, year=year)
    return Text("{name}: use from {first:date} to {last:date}", name=name, first=period.first, last=period.last)


def _minimum_line(prepaid: Decimal, rated: Decimal) -> DueLine:
    missing = prepaid - rated
    return DueLine(
        LineRole.MINIMUM,
        1,
        missing,
        missing,
        Text("Up to the agreed forecast (minimum)"),
        Text(
            "prepaid {prepaid:amount} − use {rated:amount} = {missing:amount}",
            prepaid=prepaid,
            rated=rated,
            missing=missing,
        ),
    )


def _free_note(service: Service, free: int) -> tuple[Text, ...]:
    return (
        Text(
            "the first {free:n} {units} of a year are free",
            free=free,
            units=SERVICE_NAMES[service].unit_name(free),
        ),
    )
