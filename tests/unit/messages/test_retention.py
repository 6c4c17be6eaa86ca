"""Terms and holds: when a part may go, and what keeps it."""

from datetime import UTC, datetime

import pytest

from gateway.messages.lifecycle import Disposition
from gateway.messages.retention import (
    DueMessage,
    Holds,
    HoldScope,
    LegalHold,
    MessagePart,
    months_before,
    terms_at,
)
from gateway.settings import RetentionSettings

NOW = datetime(2026, 11, 30, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "months", "expected"),
    [
        (NOW, 12, datetime(2025, 11, 30, 11, 0, tzinfo=UTC)),
        (NOW, 84, datetime(2019, 11, 30, 11, 0, tzinfo=UTC)),
        (datetime(2026, 3, 31, 10, 0, tzinfo=UTC), 1, datetime(2026, 2, 28, 11, 0, tzinfo=UTC)),
        (datetime(2024, 2, 29, 12, 0, tzinfo=UTC), 12, datetime(2023, 2, 28, 12, 0, tzinfo=UTC)),
        (datetime(2026, 1, 31, 23, 30, tzinfo=UTC), 2, datetime(2025, 11, 30, 23, 30, tzinfo=UTC)),
    ],
    ids=["a year", "seven years", "a shorter month, and summer time", "a leap day", "the next day in Amsterdam"],
)
def test_months_are_of_the_amsterdam_calendar(now: datetime, months: int, expected: datetime) -> None:
    assert months_before(now, months) == expected


def test_every_disposition_of_a_settled_message_has_one_term_for_each_part() -> None:
    terms = terms_at(RetentionSettings(), NOW)
    for part in MessagePart:
        covered = [one for term in terms if term.part is part for one in term.dispositions]
        assert sorted(covered) == sorted(set(Disposition) - {Disposition.PENDING})


def test_what_was_billed_is_kept_seven_years_by_default() -> None:
    [term] = [
        term
        for term in terms_at(RetentionSettings(), NOW)
        if term.part is MessagePart.CONTENTS and Disposition.BILLABLE in term.dispositions
    ]
    assert term.before == months_before(NOW, 7 * 12)


def test_zero_months_are_no_term() -> None:
    terms = terms_at(RetentionSettings(delivered_contents_months=0), NOW)
    assert not [
        term for term in terms if term.part is MessagePart.CONTENTS and Disposition.BILLABLE in term.dispositions
    ]


@pytest.mark.parametrize(
    ("scope", "subject", "is_held"),
    [
        (HoldScope.MESSAGE, "k-1", True),
        (HoldScope.MESSAGE, "k-2", False),
        (HoldScope.PARTY, "supplier", True),
        (HoldScope.PARTY, "bridge", True),
        (HoldScope.PARTY, "town", True),
        (HoldScope.PARTY, "k-1", False),
        (HoldScope.YEAR, "2026", True),
        (HoldScope.YEAR, "2025", False),
    ],
)
def test_a_hold_is_on_its_messages(scope: HoldScope, subject: str, is_held: bool) -> None:
    received_at = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # the new year in Amsterdam
    message = DueMessage("k-1", received_at, "bridge", "supplier", "town", 1)
    assert Holds([LegalHold(scope, subject, NOW, "jurist", "why")]).on(message) == is_held
    assert not Holds([]).on(message)
