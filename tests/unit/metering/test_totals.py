"""Control totals: sums by kind and year, and a digest of every party's total."""

from hashlib import sha256

from gateway.metering.totals import KindYear, control_totals

COUNTED = [
    ("b", 2026, "delivered-to", 1, 3),
    ("a", 2026, "delivered-to", 1, 2),
    ("a", 2026, "delivered-to", 1, -2),
    ("a", 2025, "submitted-by", 2, 5),
]


def test_totals_are_added_up_by_kind_and_year() -> None:
    totals = control_totals(COUNTED)
    assert totals.by_kind == (KindYear("delivered-to", 2026, 3, 3), KindYear("submitted-by", 2025, 2, 5))
    assert (totals.entries, totals.quantity) == (5, 8)


def test_the_digest_is_over_the_lines_of_the_parties_in_order() -> None:
    lines = "a\t2025\tsubmitted-by\t2\t5\na\t2026\tdelivered-to\t2\t0\nb\t2026\tdelivered-to\t1\t3\n"
    assert control_totals(COUNTED).parties == sha256(lines.encode()).hexdigest()


def test_the_order_of_counting_makes_no_difference() -> None:
    assert control_totals(reversed(COUNTED)) == control_totals(COUNTED)


def test_nothing_counted() -> None:
    totals = control_totals([])
    assert (totals.entries, totals.quantity, totals.by_kind) == (0, 0, ())
    assert totals.parties == sha256(b"").hexdigest()
