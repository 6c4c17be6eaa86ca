"""Numbers, dates and accounts by the reader's habit, and never rounded."""

import pytest

from gateway.validator.rendering.forms import account_text, date_text, number_text, quantity_text, size_text


@pytest.mark.parametrize(
    ("text", "dutch", "english"),
    [
        ("1234.5", "1.234,50", "1,234.50"),
        ("-0.1", "−0,10", "−0.10"),
        ("+007", "7,00", "7.00"),
        ("1234567.891", "1.234.567,891", "1,234,567.891"),
        (" 12 ", "12,00", "12.00"),
        ("0", "0,00", "0.00"),
        ("1e3", "1e3", "1e3"),
        ("12,50", "12,50", "12,50"),
        ("", "", ""),
        ("١٢", "١٢", "١٢"),
    ],
)
def test_amounts(text: str, dutch: str, english: str) -> None:
    assert (number_text(text, "nl", 2), number_text(text, "en", 2)) == (dutch, english)


@pytest.mark.parametrize(
    ("text", "read"), [("24.00", "24"), ("1.50", "1,5"), ("100", "100"), ("0.0", "0"), ("1.5x0", "1.5x0")]
)
def test_quantities_lose_zeros_alone(text: str, read: str) -> None:
    assert quantity_text(text, "nl") == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-02", "2 november 2026"),
        ("2026-11-02Z", "2 november 2026 Z"),
        ("2026-11-02+01:00", "2 november 2026 +01:00"),
        ("2026-11-02T17:00:00", "2 november 2026 17:00:00"),
        ("2026-02-30", "2026-02-30"),
        ("02-11-2026", "02-11-2026"),
        ("0000-01-01", "0000-01-01"),
    ],
)
def test_days(text: str, read: str) -> None:
    assert date_text(text, "nl") == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("NL48MPRT0417164300", "NL48 MPRT 0417 1643 00"),
        ("NL48 MPRT0417 164300", "NL48 MPRT 0417 1643 00"),
        ("4171643", "4171643"),
    ],
)
def test_accounts_are_in_groups_of_four(text: str, read: str) -> None:
    assert account_text(text) == read


@pytest.mark.parametrize(("size", "read"), [(4_200_000, "4,2 MB"), (1_500, "1,5 kB"), (999, "999 bytes")])
def test_sizes(size: int, read: str) -> None:
    assert size_text(size, "nl") == read
