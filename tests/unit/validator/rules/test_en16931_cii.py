"""Rules on CII where white space decides, as the official stylesheet has it."""

import re

import gateway
from tests.samples import CII_SAMPLES
from tests.samples.cii import cii


def fired(document: bytes) -> set[str]:
    return {one.rule for one in gateway.judge(document).findings}


def test_a_day_of_one_space_is_no_day_but_ends_no_period() -> None:
    """`20261031` comes after it as a text: BR-29 holds, and the form of the day is wrong."""
    written = cii(CII_SAMPLES["cii-discouraged-credit-note"])
    document, count = re.subn(rb"(<ram:StartDateTime>\s*<udt:DateTimeString[^>]*>)\d+", rb"\1 ", written, count=1)
    assert count == 1
    assert fired(document) & {"BR-29", "BR-30", "CII-DT-097"} == {"CII-DT-097"}


def test_a_no_break_space_is_part_of_a_tax_scheme() -> None:
    written = cii(CII_SAMPLES["cii-split-payment"])
    breakdown = rb"(<ram:CalculatedAmount>[^<]*</ram:CalculatedAmount>\s*<ram:TypeCode>)VAT"
    document, count = re.subn(breakdown, b"\\1VAT\xc2\xa0", written, count=1)
    assert count == 1
    assert {"BR-CO-17", "CII-DT-037"} <= fired(document)
    assert "BR-CO-17" not in fired(written)


def test_a_period_in_another_form_of_time_has_no_days() -> None:
    """A `udt:DateTime` is allowed by the schema and has no format 102: BR-29 asks for days, and finds none."""
    written = cii(CII_SAMPLES["cii-everything"])
    document, count = re.subn(
        rb"<(ram:(?:Start|End)DateTime)>\s*<udt:DateTimeString[^>]*>[^<]*</udt:DateTimeString>",
        rb"<\1><udt:DateTime>2026-10-01T10:30:00</udt:DateTime>",
        written,
    )
    assert count
    assert {"BR-29", "BR-30"} <= fired(document)
