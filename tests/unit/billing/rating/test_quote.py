"""Hand-computed years under both regimes. Amounts are worked out in the comments, not by the program."""

from dataclasses import replace

import pytest

from gateway.billing.rating.policies import DEFAULT
from gateway.billing.rating.quote import Quote, QuoteRequest, quote
from gateway.billing.rating.rating import PayerStatus
from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import BadCountError, TariffMissingError

RIJK = PayerStatus(is_rijk=True)
FIRST = PayerStatus(is_first_year=True)
UMBRELLA = PayerStatus(in_umbrella=True)
COMPANY = PayerStatus(is_company=True)
NORMAL = PayerStatus()


def amounts(answer: Quote) -> tuple[str, str, str, str]:
    """Prepayment, settlement and total including tax, and the tax."""
    settlement = answer.settlement
    assert settlement is not None
    return (
        str(answer.prepayment.including),
        str(settlement.including),
        str(answer.total.including),
        str(answer.total.vat),
    )


DIGIPOORT = [
    # forecast, used, payer → prepayment, settlement, total, tax
    (12_000, 13_500, NORMAL, ("7080.00", "885.00", "7965.00", "1382.36")),  # 12,000 × 0.59; 1,500 × 0.59
    (12_000, 11_000, NORMAL, ("7080.00", "0.00", "7080.00", "1228.76")),  # the forecast is the minimum
    (12_000, 12_000, NORMAL, ("7080.00", "0.00", "7080.00", "1228.76")),
    (12_000, 12_001, NORMAL, ("7080.00", "0.59", "7080.59", "1228.86")),  # 0.59 × 21/121 = 0.1024
    (1_000, 1_000, NORMAL, ("590.00", "0.00", "590.00", "102.40")),
    (0, 1_000, NORMAL, ("0.00", "590.00", "590.00", "102.40")),
    (999, 999, NORMAL, ("589.41", "0.00", "589.41", "102.29")),  # no free units
    (12_000, 13_500, RIJK, ("0.00", "0.00", "0.00", "0.00")),
    (12_000, 13_500, COMPANY, ("0.00", "0.00", "0.00", "0.00")),
    (12_000, 13_500, FIRST, ("7080.00", "885.00", "7965.00", "1382.36")),  # no first-year exemption
    (12_000, 13_500, UMBRELLA, ("7080.00", "885.00", "7965.00", "1382.36")),
]


@pytest.mark.parametrize(("forecast", "used", "payer", "expected"), DIGIPOORT)
def test_digipoort(forecast: int, used: int, payer: PayerStatus, expected: tuple[str, str, str, str]) -> None:
    request = QuoteRequest(Service.DIGIPOORT, 2026, forecast, used, payer=payer)
    assert amounts(quote(request)) == expected


PASSED_ON = [
    # DigiD 2020: estimate 0.138, actual 0.10. Advance (12,000 − 999) × 0.138 = 1,518.138 → 1,518.14 + 318.81;
    # final (5,000 − 999) × 0.10 = 400.10; 400.10 − 1,518.14 = −1,118.04; × 21% = −234.7884 → −234.79
    (Service.DIGID, 2020, 12_000, 5_000, NORMAL, ("1836.95", "-1352.83", "484.12", "84.02")),
    # the same within the Rijk: no tax
    (Service.DIGID, 2020, 12_000, 5_000, RIJK, ("1518.14", "-1118.04", "400.10", "0.00")),
    (Service.DIGID, 2020, 12_000, 5_000, FIRST, ("0.00", "0.00", "0.00", "0.00")),
    (Service.DIGID, 2020, 12_000, 5_000, UMBRELLA, ("0.00", "0.00", "0.00", "0.00")),
    # 999 expected: no advance; 999 used: nothing; 1,000 used: one unit, 0.10 + 0.02
    (Service.DIGID, 2020, 999, 999, NORMAL, ("0.00", "0.00", "0.00", "0.00")),
    (Service.DIGID, 2020, 999, 1_000, NORMAL, ("0.00", "0.12", "0.12", "0.02")),
    # 1,000 expected: 0.138 → 0.14 + 0.03; 999 used: all of it back
    (Service.DIGID, 2020, 1_000, 999, NORMAL, ("0.17", "-0.17", "0.00", "0.00")),
    # Machtigen has no free units. 2019: 1,000 × 0.705 = 705.00 + 148.05; 1,000 × 0.708 = 708.00: 3.00 + 0.63
    (Service.MACHTIGEN, 2019, 1_000, 1_000, NORMAL, ("853.05", "3.63", "856.68", "148.68")),
    # and was not charged in 2018
    (Service.MACHTIGEN, 2018, 1_000, 1_000, NORMAL, ("0.00", "0.00", "0.00", "0.00")),
    # MijnOverheid 2018: 9,001 × 0.454 = 4,086.454 → 4,086.45 + 858.15 (858.1545); 9,001 × 0.380 = 3,420.38;
    # −666.07; × 21% = −139.8747 → −139.87
    (Service.MIJNOVERHEID, 2018, 10_000, 10_000, NORMAL, ("4944.60", "-805.94", "4138.66", "718.28")),
    # 2021: 1,001 × 0.48 = 480.48 + 100.90 (100.9008); 1,001 × 0.49 = 490.49; 10.01 + 2.10 (2.1021)
    (Service.MIJNOVERHEID, 2021, 2_000, 2_000, NORMAL, ("581.38", "12.11", "593.49", "103.00")),
    # 2021, Berichtenbox alone: 1,001 × 0.32 = 320.32 + 67.27 (67.2672); 490.49 − 320.32 = 170.17, and the
    # tax on 490.49 is 103.00 (103.0029): 103.00 − 67.27 = 35.73
    (
        Service.MIJNOVERHEID,
        2021,
        2_000,
        2_000,
        PayerStatus(is_company=True, variant="berichtenbox", has_public_task=True),
        ("387.59", "205.90", "593.49", "103.00"),
    ),
    # A first year with substantial use is charged: 99,001 × 0.14 = 13,860.14 + 2,910.63 (2,910.6294);
    # 99,001 × 0.11 = 10,890.11, tax 2,286.92 (2,286.9231); −2,970.03; −623.71
    (Service.DIGID, 2021, 100_000, 100_000, FIRST, ("16770.77", "-3593.74", "13177.03", "2286.92")),
]


@pytest.mark.parametrize(("service", "year", "forecast", "used", "payer", "expected"), PASSED_ON)
def test_passed_on_services(
    service: Service,
    year: int,
    forecast: int,
    used: int,
    payer: PayerStatus,
    expected: tuple[str, str, str, str],
) -> None:
    request = QuoteRequest(service, year, forecast, used, payer=payer)
    assert amounts(quote(request)) == expected


def test_the_advance_may_be_on_the_whole_forecast() -> None:
    whole = replace(DEFAULT, free_units_in_advance=False)
    answer = quote(QuoteRequest(Service.DIGID, 2020, 12_000), policies=whole)
    assert str(answer.prepayment.excluding) == "1656.00"  # 12,000 × 0.138


def test_historic_use_stands_in_for_a_forecast() -> None:
    given = quote(QuoteRequest(Service.DIGIPOORT, 2026, 12_000, 13_500))
    historic = quote(QuoteRequest(Service.DIGIPOORT, 2026, None, 13_500, historic=12_000))
    assert historic.documents == given.documents
    assert historic.notes


def test_without_forecast_and_history_nothing_is_prepaid() -> None:
    answer = quote(QuoteRequest(Service.DIGIPOORT, 2026, None, 1_000))
    assert amounts(answer) == ("0.00", "590.00", "590.00", "102.40")


def test_a_year_that_is_not_over_has_no_settlement() -> None:
    answer = quote(QuoteRequest(Service.DIGID, 2022, 12_000))
    assert answer.settlement is None
    assert str(answer.prepayment.excluding) == "1430.13"  # 11,001 × 0.13


@pytest.mark.parametrize(
    ("request_", "month"),
    [
        (QuoteRequest(Service.DIGIPOORT, 2026, 1, 1), [(2026, 1), (2027, 3)]),
        (QuoteRequest(Service.DIGID, 2020, 1, 1), [(2020, 3), (2021, 6)]),
    ],
)
def test_each_regime_has_its_calendar(request_: QuoteRequest, month: list[tuple[int, int]]) -> None:
    assert [document.month for document in quote(request_).documents] == month


def test_guidance_is_charged_per_period_and_free_for_rijk_and_companies() -> None:
    answer = quote(QuoteRequest(Service.GUIDANCE, 2026, used=2))
    assert amounts(answer) == ("0.00", "8800.00", "8800.00", "1527.27")  # 8,800 × 21/121 = 1,527.2727
    for payer in (RIJK, COMPANY):
        assert str(quote(QuoteRequest(Service.GUIDANCE, 2026, used=2, payer=payer)).total.including) == "0.00"


@pytest.mark.parametrize(
    "request_",
    [
        QuoteRequest(Service.DIGIPOORT, 2026),
        QuoteRequest(Service.DIGIPOORT, 2026, -1, 5),
        QuoteRequest(Service.DIGID, 2020, 5, -1),
        QuoteRequest(Service.GUIDANCE, 2026),
        QuoteRequest(Service.GUIDANCE, 2026, used=10**6),
    ],
)
def test_counts_that_cannot_be_are_refused(request_: QuoteRequest) -> None:
    with pytest.raises(BadCountError) as wrong:
        quote(request_)
    assert wrong.value.text.nl != wrong.value.text.en


def test_the_actual_tariff_of_2022_is_missing() -> None:
    with pytest.raises(TariffMissingError):
        quote(QuoteRequest(Service.MACHTIGEN, 2022, 5_000, 5_000))


@pytest.mark.parametrize("payer", [NORMAL, RIJK, PayerStatus(is_company=True)])
def test_the_lower_price_of_2021_is_for_private_organizations_with_a_public_task_only(payer: PayerStatus) -> None:
    with pytest.raises(TariffMissingError, match="public task only"):
        quote(QuoteRequest(Service.MIJNOVERHEID, 2021, 10_999, payer=replace(payer, variant="berichtenbox")))
    organization = PayerStatus(is_company=True, variant="berichtenbox", has_public_task=True)
    answer = quote(QuoteRequest(Service.MIJNOVERHEID, 2021, 10_999, payer=organization))
    assert str(answer.prepayment.excluding) == "3200.00"  # 10,000 × 0.32


@pytest.mark.parametrize(("year", "price"), [(2020, "4000.00"), (2022, "3200.00")])
def test_a_variant_blocks_no_year_that_does_not_know_it(year: int, price: str) -> None:
    organization = PayerStatus(is_company=True, variant="berichtenbox", has_public_task=True)
    answer = quote(QuoteRequest(Service.MIJNOVERHEID, year, 10_999, payer=organization))
    assert str(answer.prepayment.excluding) == price  # 10,000 × 0.40, × 0.32
