"""The tariff catalogue: what one unit of a service cost on a day, read from `tariffs.toml` and checked.

A catalogue is a value: runs and previews accept one as an argument. It is refused as a whole when
tariffs overlap, a year has a gap or a price has more decimals than allowed.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import combinations

from gateway.billing.rating.amounts import PriceBasis
from gateway.billing.rating.policies import DEFAULT, Policies
from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import TariffCatalogueError, TariffMissingError
from gateway.i18n import Text

_DAY = timedelta(days=1)


class TariffBasis(StrEnum):
    """What a price is based on."""

    FIXED = "fixed"
    ESTIMATE = "estimate"
    """Set before the year; the advance is computed with it."""
    ACTUAL = "actual"
    """Real cost over real use, known after the year; the final invoice is computed with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One price. `valid_until` is its last day, None while no end is known; `price` is euros a unit."""

    service: Service
    basis: TariffBasis
    price: Decimal
    vat: PriceBasis
    valid_from: date
    valid_until: date | None = None
    variant: str = ""
    is_default_variant: bool = False
    source: str = ""
    note: str = ""
    only_public_task: bool = False
    """Only for private organizations with a public task."""

    def overlaps(self, other: "Tariff") -> bool:
        """Whether one day has both prices."""
        first, last = sorted((self, other), key=lambda tariff: tariff.valid_from)
        return first.valid_until is None or first.valid_until >= last.valid_from

    def __str__(self) -> str:
        until = self.valid_until or ""
        variant = f" {self.variant}" if self.variant else ""
        return f"{self.service}{variant} {self.basis} {self.price} ({self.valid_from}..{until})"


@dataclass(frozen=True, slots=True)
class TariffPeriod:
    """The part of a year in which one tariff holds; both days included."""

    first: date
    last: date
    tariff: Tariff


class Catalogue:
    """Tariffs without contradictions. Raises TariffCatalogueError when there are any."""

    def __init__(self, tariffs: Iterable[Tariff], policies: Policies = DEFAULT) -> None:
        self.tariffs = tuple(sorted(tariffs, key=lambda t: (t.service, t.basis, t.variant, t.valid_from)))
        for tariff in self.tariffs:
            _check_price(tariff, policies)
        for first, second in combinations(self.tariffs, 2):
            if _same_series(first, second) and first.overlaps(second):
                raise TariffCatalogueError(
                    Text(
                        "two tariffs for the same days: {first} and {second}", first=str(first), second=str(second)
                    ),
                )

    def with_tariff(self, new: Tariff, policies: Policies = DEFAULT) -> "Catalogue":
        """The same, with another tariff that replaces for its days what held. Raises TariffCatalogueError."""
        kept: list[Tariff] = []
        for one in self.tariffs:
            if not (_same_series(one, new) and one.overlaps(new)):
                kept.append(one)
                continue
            if one.valid_from < new.valid_from:
                kept.append(replace(one, valid_until=new.valid_from - _DAY))
            if new.valid_until and (one.valid_until is None or one.valid_until > new.valid_until):
                kept.append(replace(one, valid_from=new.valid_until + _DAY))
        return Catalogue([*kept, new], policies)

    def periods(
        self, service: Service, year: int, basis: TariffBasis, variant: str = ""
    ) -> tuple[TariffPeriod, ...]:
        """The prices of a year, in order, covering every day of it. Raises TariffMissingError."""
        first, last = date(year, 1, 1), date(year, 12, 31)
        found = [
            tariff
            for tariff in self._series(service, year, basis, variant)
            if tariff.valid_from <= last and (tariff.valid_until is None or tariff.valid_until >= first)
        ]
        periods = tuple(
            TariffPeriod(max(tariff.valid_from, first), min(tariff.valid_until or last, last), tariff)
            for tariff in found
        )
        _check_cover(periods, service, year, basis)
        return periods

    def on(self, service: Service, day: date, basis: TariffBasis, variant: str = "") -> Tariff:
        """The price that holds on a day. Raises TariffMissingError."""
        for tariff in self._series(service, day.year, basis, variant):
            if tariff.valid_from <= day and (tariff.valid_until is None or day <= tariff.valid_until):
                return tariff
        raise _missing(service, day.year, basis)

    def variants(self, service: Service, year: int) -> frozenset[str]:
        """The names of the tariffs where this service had several in a year."""
        return frozenset(
            tariff.variant
            for tariff in self.tariffs
            if tariff.service is service and tariff.valid_from.year == year and tariff.variant
        )

    def _series(self, service: Service, year: int, basis: TariffBasis, variant: str) -> list[Tariff]:
        """The prices for a variant; in a year that has no such variant, the usual ones. Raises TariffMissingError
        for a variant of no year."""
        if variant and all(tariff.variant != variant for tariff in self.tariffs if tariff.service is service):
            known = (
                ", ".join(sorted({one.variant for one in self.tariffs if one.service is service} - {""})) or "-"
            )
            raise TariffMissingError(
                Text(
                    "{service} has no tariff variant {variant}; it has: {known}",
                    service=service,
                    variant=repr(variant),
                    known=known,
                ),
            )
        if variant not in self.variants(service, year):
            variant = ""
        return [
            tariff
            for tariff in self.tariffs
            if tariff.service is service
            and tariff.basis is basis
            and (not tariff.variant or tariff.variant == variant or (not variant and tariff.is_default_variant))
        ]


def _same_series(first: Tariff, second: Tariff) -> bool:
    """Whether both could apply to one user: a tariff without variant is for every variant."""
    if (first.service, first.basis) != (second.service, second.basis):
        return False
    both_default = first.is_default_variant and second.is_default_variant
    return both_default or first.variant == second.variant or not (first.variant and second.variant)


def _check_price(tariff: Tariff, policies: Policies) -> None:
    if not tariff.price.is_finite() or tariff.price < 0:
        raise TariffCatalogueError(Text("a price below zero or no number: {tariff}", tariff=str(tariff)))
    if tariff.valid_until is not None and tariff.valid_until < tariff.valid_from:
        raise TariffCatalogueError(Text("it ends before it starts: {tariff}", tariff=str(tariff)))
    exponent = tariff.price.as_tuple().exponent
    in_cents = tariff.basis is TariffBasis.ACTUAL and tariff.valid_from.year >= policies.actual_costs_in_cents_from
    if in_cents and isinstance(exponent, int) and exponent < -2:
        raise TariffCatalogueError(
            Text(
                "actual costs from {actual_costs_in_cents_from} have two decimals: {tariff}",
                actual_costs_in_cents_from=policies.actual_costs_in_cents_from,
                tariff=str(tariff),
            ),
        )


def price_of(cost: Decimal, units: int, basis: TariffBasis, year: int, policies: Policies = DEFAULT) -> Decimal:
    """The price of a unit: a cost over the use, with as many decimals as the tariffs of that year have; halves
    are rounded up. Raises TariffCatalogueError without cost or use."""
    if cost <= 0 or units <= 0:
        raise TariffCatalogueError(
            Text("a price needs a cost and units: {cost} / {units}", cost=cost, units=units),
        )
    is_actual = basis is TariffBasis.ACTUAL
    first = policies.actual_costs_in_cents_from if is_actual else policies.estimates_in_cents_from
    return (cost / units).quantize(Decimal("0.01" if year >= first else "0.001"), ROUND_HALF_UP)


def _check_cover(periods: tuple[TariffPeriod, ...], service: Service, year: int, basis: TariffBasis) -> None:
    day = date(year, 1, 1)
    for period in periods:
        if period.first != day:
            break
        day = period.last + _DAY
    if day != date(year, 12, 31) + _DAY:
        raise _missing(service, year, basis)


def _missing(service: Service, year: int, basis: TariffBasis) -> TariffMissingError:
    missing = Text(
        "there is no {basis} tariff of {service} for the whole of {year}",
        basis=_BASES[basis],
        service=service.value,
        year=year,
    )
    if basis is TariffBasis.ACTUAL:
        missing = Text(
            "{missing}: add it to the catalogue once it is known; until then only the advance can be computed",
            missing=missing,
        )
    return TariffMissingError(missing)


_BASES = {
    TariffBasis.FIXED: Text("fixed"),
    TariffBasis.ESTIMATE: Text("estimated"),
    TariffBasis.ACTUAL: Text("actual"),
}


@cache
def published() -> Catalogue:
    """The catalogue that comes with the gateway."""
    return read(resources.files("gateway.billing.rating").joinpath("tariffs.toml").read_text("utf-8"))


def read(toml: str, policies: Policies = DEFAULT) -> Catalogue:
    """Read a catalogue from TOML text. Raises TariffCatalogueError that names the row."""
    try:
        data = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as wrong:
        raise TariffCatalogueError(Text("not TOML: {wrong}", wrong=str(wrong))) from wrong
    sources = {str(key): str(name) for key, name in data.get("sources", {}).items()}
    rows = enumerate(data.get("tariff", []), 1)
    return Catalogue((_read_row(number, row, sources) for number, row in rows), policies)


def _read_row(number: int, row: Mapping[str, object], sources: Mapping[str, str]) -> Tariff:
    until = row.get("valid_until")
    try:
        return Tariff(
            service=Service.parse(str(row["service"])),
            basis=TariffBasis(str(row["basis"])),
            price=_price(row["price"]),
            vat=PriceBasis(str(row["vat"])),
            valid_from=_day(row["valid_from"]),
            valid_until=None if until is None else _day(until),
            variant=str(row.get("variant", "")),
            is_default_variant=row.get("is_default_variant") is True,
            source=sources.get(str(row.get("source", "")), str(row.get("source", ""))),
            note=str(row.get("note", "")),
            only_public_task=row.get("only_public_task") is True,
        )
    except (KeyError, ValueError, InvalidOperation) as wrong:
        raise TariffCatalogueError(
            Text("tariff {number} cannot be read: {wrong}", number=number, wrong=str(wrong))
        ) from wrong


def _price(value: object) -> Decimal:
    if not isinstance(value, str):
        raise ValueError(f'price {value!r} is not text: write it as "0.59", so that no binary fraction comes in')
    return Decimal(value)


def _day(value: object) -> date:
    if type(value) is not date:
        raise ValueError(f"{value!r} is not a day: write 2018-01-01 without quotes")
    return value
