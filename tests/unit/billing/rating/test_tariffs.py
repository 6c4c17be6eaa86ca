"""The catalogue holds the published table, and a wrong catalogue is named."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.billing.rating.amounts import PriceBasis
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Catalogue, Tariff, TariffBasis, published, read
from gateway.billing.runs.errors import TariffCatalogueError, TariffMissingError

# The published table, row by row as it is printed: 2018 estimate, 2018 actual, 2019 estimate, ... 2022 estimate.
TABLE = {
    Service.DIGID: "0.121 0.104 0.117 0.116 0.138 0.10 0.14 0.11 0.13",
    Service.MACHTIGEN: "0 0 0.705 0.708 0.732 0.81 0.66 1.22 0.88",
    Service.MIJNOVERHEID: "0.454 0.380 0.44 0.467 0.40 0.49 0.48 0.49 0.32",
}
COLUMNS = [(year, basis) for year in range(2018, 2023) for basis in (TariffBasis.ESTIMATE, TariffBasis.ACTUAL)][:9]


@pytest.mark.parametrize("service", TABLE)
def test_the_table_of_2018_to_2022(service: Service) -> None:
    prices = [str(published().periods(service, year, basis)[0].tariff.price) for year, basis in COLUMNS]
    assert " ".join(prices) == TABLE[service]


@pytest.mark.parametrize("service", TABLE)
def test_passed_on_services_are_priced_without_tax_and_end(service: Service) -> None:
    rows = [tariff for tariff in published().tariffs if tariff.service is service]
    assert {tariff.vat for tariff in rows} == {PriceBasis.EXCLUDING_VAT}
    assert all(tariff.source.startswith("Logius") for tariff in rows)
    with pytest.raises(TariffMissingError, match="2023"):
        published().periods(service, 2023, TariffBasis.ESTIMATE)


def test_of_2022_the_actual_cost_of_digid_alone_was_published() -> None:
    (digid,) = published().periods(Service.DIGID, 2022, TariffBasis.ACTUAL)
    assert (str(digid.tariff.price), digid.tariff.source) == ("0.11", "Logius, Financiering: afrekening over 2022")
    published().periods(Service.MIJNOVERHEID, 2022, TariffBasis.ESTIMATE)
    with pytest.raises(TariffMissingError, match="actual tariff of mijnoverheid for the whole of 2022") as wrong:
        published().periods(Service.MIJNOVERHEID, 2022, TariffBasis.ACTUAL)
    assert "werkelijk tarief" in wrong.value.text.nl


@pytest.mark.parametrize(("variant", "price"), [("", "0.48"), ("berichtenbox", "0.32")])
def test_mijnoverheid_had_two_estimates_in_2021(variant: str, price: str) -> None:
    (period,) = published().periods(Service.MIJNOVERHEID, 2021, TariffBasis.ESTIMATE, variant)
    assert str(period.tariff.price) == price
    (actual,) = published().periods(Service.MIJNOVERHEID, 2021, TariffBasis.ACTUAL, variant)
    assert str(actual.tariff.price) == "0.49"


def test_digipoort_and_guidance_include_tax_and_go_on() -> None:
    for service, price in ((Service.DIGIPOORT, "0.59"), (Service.GUIDANCE, "4400.00")):
        tariff = published().on(service, date(2026, 11, 23), TariffBasis.FIXED)
        assert (str(tariff.price), tariff.vat) == (price, PriceBasis.INCLUDING_VAT)
    with pytest.raises(TariffMissingError):
        published().on(Service.DIGIPOORT, date(2017, 12, 31), TariffBasis.FIXED)


def _tariff(first: date, last: date | None, price: str = "0.59", variant: str = "") -> Tariff:
    return Tariff(
        service=Service.DIGIPOORT,
        basis=TariffBasis.FIXED,
        price=Decimal(price),
        vat=PriceBasis.INCLUDING_VAT,
        valid_from=first,
        valid_until=last,
        variant=variant,
    )


@pytest.mark.parametrize(
    ("first_ends", "second_starts", "variant"),
    [
        (None, date(2027, 1, 1), ""),
        (date(2026, 12, 31), date(2026, 12, 31), ""),
        (date(2026, 12, 31), date(2026, 6, 1), "x"),
    ],
)
def test_overlapping_tariffs_are_named(first_ends: date | None, second_starts: date, variant: str) -> None:
    rows = [_tariff(date(2026, 1, 1), first_ends), _tariff(second_starts, None, "0.61", variant)]
    with pytest.raises(TariffCatalogueError, match=r"two tariffs for the same days: .*0\.59.*0\.61"):
        Catalogue(rows)


def test_a_price_change_within_the_year_gives_two_periods() -> None:
    catalogue = Catalogue([_tariff(date(2018, 1, 1), date(2026, 6, 30)), _tariff(date(2026, 7, 1), None, "0.61")])
    first, second = catalogue.periods(Service.DIGIPOORT, 2026, TariffBasis.FIXED)
    assert (first.first, first.last) == (date(2026, 1, 1), date(2026, 6, 30))
    assert (second.first, second.last) == (date(2026, 7, 1), date(2026, 12, 31))


def test_a_gap_within_the_year_is_a_missing_tariff() -> None:
    catalogue = Catalogue([_tariff(date(2026, 1, 1), date(2026, 6, 30)), _tariff(date(2026, 7, 2), None)])
    with pytest.raises(TariffMissingError, match="2026"):
        catalogue.periods(Service.DIGIPOORT, 2026, TariffBasis.FIXED)


ROW = """
[[tariff]]
service = "digid"
basis = "actual"
price = "0.11"
vat = "excluding-vat"
valid_from = 2022-01-01
valid_until = 2022-12-31
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"0.11"', "0.11", "not text"),
        ('"0.11"', '"0.115"', "two decimals"),
        ('"0.11"', '"-0.11"', "below zero"),
        ('"0.11"', '"NaN"', "below zero"),
        ('"digid"', '"digidee"', "no service 'digidee'"),
        ("2022-12-31", "2021-12-31", "ends before it starts"),
        ("2022-12-31", '"2022-12-31"', "not a day"),
        ('vat = "excluding-vat"', "", "tariff 1 cannot be read: 'vat'"),
        ("[[tariff]]", "[[tariff", "not TOML"),
    ],
)
def test_a_row_that_cannot_be_is_named(old: str, new: str, message: str) -> None:
    assert read(ROW).tariffs[0].price == Decimal("0.11")
    with pytest.raises(TariffCatalogueError, match=message):
        read(ROW.replace(old, new))
