"""What is due for a year: use and forecast against tariffs, under either regime. Pure functions.

What was billed before is not considered here: a document is what is due now less what was billed so far
(`gateway.billing.documents.bill`), so that a repeated run bills nothing and a late correction its difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from gateway.billing.rating.amounts import ZERO, Amounts, PriceBasis, cents
from gateway.billing.rating.policies import DEFAULT, Policies, Regime
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.billing.rating.tariffs import Catalogue, Tariff, TariffBasis, TariffPeriod
from gateway.billing.runs.errors import BadCountError, TariffMissingError
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
    has_public_task: bool = False
    """A private organization with a public task."""


REGULAR_PAYER = PayerStatus()
"""A government outside the Rijk, after its first year, that pays for itself."""


@dataclass(frozen=True, slots=True)
class UsePeriod:
    """Units in a part of a year, both days included, in which one price and one status of the payer hold."""

    first: date
    last: date
    units: int
    payer: PayerStatus = REGULAR_PAYER


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
    """What is due for a year at one percentage of tax, and notes, such as why nothing is. `first` and `last` are
    its period where that is not the year."""

    basis: PriceBasis
    percent: Decimal
    lines: tuple[DueLine, ...] = ()
    notes: tuple[Text, ...] = ()
    first: date | None = None
    last: date | None = None

    @property
    def amount(self) -> Decimal:
        """The sum of the lines, in the basis of the price."""
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def amounts(self) -> Amounts:
        """The same with its tax."""
        return Amounts.split(self.amount, self.basis, self.percent)


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
    tariff, percent = advance_tariff(service, year, payer, catalogue, policies), vat_percent(payer, policies)
    if reason := exemption(service, year, forecast, payer, policies):
        return Due(tariff.vat, percent, notes=(reason,))
    free = policies.free(service)
    if forecast <= free:
        return Due(tariff.vat, percent, notes=_free_note(service, free) if free else ())
    charged = forecast - free if policies.free_units_in_advance else forecast
    return Due(tariff.vat, percent, (_forecast_line(service, year, forecast, charged, tariff),))


def final_dues(
    service: Service,
    uses: Sequence[UsePeriod],
    agreed: int,
    catalogue: Catalogue,
    policies: Policies = DEFAULT,
) -> tuple[Due, ...]:
    """What is due for the whole year, one for each percentage of tax: `uses` are all parts of the year, in order.

    `agreed` is the agreed forecast in units: where it is the minimum, no less is due, whether it was prepaid or
    not. Who pays on the first day owes the minimum. Raises TariffMissingError and BadCountError.
    """
    year, opening = uses[0].first.year, uses[0].payer
    total = sum(checked_units(use.units, "use") for use in uses)
    free, free_left = policies.free(service), policies.free(service)
    tariffs = [final_tariff(service, use, catalogue, policies) for use in uses]
    lines: dict[Decimal, list[DueLine]] = {vat_percent(use.payer, policies): [] for use in uses}
    notes: dict[Text, None] = {}
    for use, tariff in zip(uses, tariffs, strict=True):
        if reason := exemption(service, year, total, use.payer, policies):
            notes[reason] = None
            continue
        own_free = min(use.units, free_left)
        free_left -= own_free
        if use.units > own_free:
            lines[vat_percent(use.payer, policies)].append(_use_line(service, use, own_free, tariff))
    if service in policies.forecast_is_minimum and not exemption(service, year, total, opening, policies):
        minimum = cents(agreed * advance_tariff(service, year, opening, catalogue, policies).price)
        rated = sum((line.amount for found in lines.values() for line in found), ZERO)
        if rated < minimum:
            lines[vat_percent(opening, policies)].append(_minimum_line(agreed, minimum, rated))
    reasons = (*notes, *(_free_note(service, free) if total <= free and free else ()))
    return tuple(Due(tariffs[0].vat, percent, tuple(found), reasons) for percent, found in lines.items())


def advance_tariff(
    service: Service, year: int, payer: PayerStatus, catalogue: Catalogue, policies: Policies = DEFAULT
) -> Tariff:
    """The price at which a forecast is prepaid: the one of 1 January. Raises TariffMissingError."""
    basis = TariffBasis.FIXED if policies.regime(service) is Regime.PREPAID else TariffBasis.ESTIMATE
    return _open_to(payer, catalogue.periods(service, year, basis, payer.variant)[0].tariff)


def final_periods(
    service: Service, year: int, catalogue: Catalogue, policies: Policies = DEFAULT
) -> tuple[TariffPeriod, ...]:
    """The periods of a year in which one final price holds, in order; the variants of a service change price
    together. Raises TariffMissingError."""
    basis = TariffBasis.FIXED if policies.regime(service) is Regime.PREPAID else TariffBasis.ACTUAL
    return catalogue.periods(service, year, basis)


def final_tariff(service: Service, use: UsePeriod, catalogue: Catalogue, policies: Policies = DEFAULT) -> Tariff:
    """The price of the use in a part of a year. Raises TariffMissingError."""
    basis = TariffBasis.FIXED if policies.regime(service) is Regime.PREPAID else TariffBasis.ACTUAL
    return _open_to(use.payer, catalogue.on(service, use.first, basis, use.payer.variant))


def _open_to(payer: PayerStatus, tariff: Tariff) -> Tariff:
    """The tariff. Raises TariffMissingError where it is for private organizations with a public task only."""
    if tariff.only_public_task and not (payer.is_company and payer.has_public_task):
        raise TariffMissingError(
            Text("{tariff} is for private organizations with a public task only", tariff=str(tariff)),
        )
    return tariff


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
    role: LineRole, text: Text, charged: int, free: Text | str, tariff: Tariff, use: UsePeriod | None = None
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
    first, last = (use.first, use.last) if use else (None, None)
    return DueLine(role, charged, tariff.price, amount, text, how, tariff.source, first, last)


def _forecast_line(service: Service, year: int, forecast: int, charged: int, tariff: Tariff) -> DueLine:
    free = forecast - charged
    note = Text(" (forecast {forecast:n}, {free:n} free)", forecast=forecast, free=free) if free else ""
    text = Text("{name}: forecast of {year}", name=SERVICE_NAMES[service].name, year=year)
    return _units_line(LineRole.FORECAST, text, charged, note, tariff)


def _use_line(service: Service, use: UsePeriod, free: int, tariff: Tariff) -> DueLine:
    note = Text(" ({units:n} used, {free:n} free)", units=use.units, free=free) if free else ""
    return _units_line(LineRole.USE, _use_text(service, use), use.units - free, note, tariff, use)


def _use_text(service: Service, use: UsePeriod) -> Text:
    name, year = SERVICE_NAMES[service].name, use.first.year
    if (use.first, use.last) == (date(year, 1, 1), date(year, 12, 31)):
        return Text("{name}: use in {year}", name=name, year=year)
    return Text("{name}: use from {first:date} to {last:date}", name=name, first=use.first, last=use.last)


def _minimum_line(agreed: int, minimum: Decimal, rated: Decimal) -> DueLine:
    missing = minimum - rated
    return DueLine(
        LineRole.MINIMUM,
        1,
        missing,
        missing,
        Text("Up to the agreed forecast (minimum)"),
        Text(
            "agreed forecast of {agreed:n}: {minimum:amount} − use {rated:amount} = {missing:amount}",
            agreed=agreed,
            minimum=minimum,
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
