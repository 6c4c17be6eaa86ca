"""Requests that are shown to their senders: few, not for long, and to nobody else."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.channels.inspection import AGE_MAX, OF_PARTY_MAX, REQUESTS_MAX, CheckOutcome, Inspection, Inspections
from gateway.i18n import Text

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
CHECKS = CheckOutcome(Text("one"), True), CheckOutcome(Text("two"), False), CheckOutcome(Text("three"), None)


class Clock:
    """Moved by the test."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


def inspection(number: int, party_id: str = "a", at: datetime = NOW) -> Inspection:
    line = "POST / HTTP/1.1"
    return Inspection(number, party_id, at, "aanleveren", line, 500, None, (), "<a/>", 4, (), CHECKS, ())


def numbers(kept: Inspections, party_id: str = "a") -> list[int]:
    return [one.number for one in kept.of_party(party_id)]


def test_each_party_sees_its_own_newest_first() -> None:
    kept = Inspections(Clock())
    for party_id in ("a", "b", "a"):
        kept.keep(inspection(kept.next_number(), party_id))
    assert (numbers(kept), numbers(kept, "b"), numbers(kept, "")) == ([3, 1], [2], [])


def test_a_party_keeps_its_newest_and_takes_no_room_of_another() -> None:
    kept = Inspections(Clock())
    kept.keep(inspection(0, "b"))
    for number in range(1, 3 * OF_PARTY_MAX):
        kept.keep(inspection(number))
    assert numbers(kept) == [*range(3 * OF_PARTY_MAX - 1, 2 * OF_PARTY_MAX - 1, -1)]
    assert numbers(kept, "b") == [0]


def test_all_parties_together_keep_so_many() -> None:
    kept = Inspections(Clock())
    parties = [f"party-{number}" for number in range(REQUESTS_MAX + 5)]
    for party_id in parties:
        kept.keep(inspection(1, party_id))
    assert sum(len(kept.of_party(party_id)) for party_id in parties) == REQUESTS_MAX


@pytest.mark.parametrize(("later", "is_shown"), [(AGE_MAX, True), (AGE_MAX + timedelta(seconds=1), False)])
def test_after_an_hour_a_request_is_forgotten(later: timedelta, is_shown: bool) -> None:
    clock = Clock()
    kept = Inspections(clock)
    kept.keep(inspection(1))
    clock.now = NOW + later
    assert (numbers(kept) == [1]) == is_shown
