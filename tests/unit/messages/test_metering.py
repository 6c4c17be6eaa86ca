"""Who pays for a delivered message."""

from datetime import UTC, datetime

import pytest

from gateway.messages.lifecycle import Disposition
from gateway.messages.metering import meter_delivery
from gateway.messages.participants import Party, PartyKind
from gateway.settings import MeterSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOWN = Party("town", "Gemeente", PartyKind.NON_RIJK, ())
WATER = Party("water", "Waterschap", PartyKind.NON_RIJK, ())
MINISTRY = Party("ministry", "Ministerie", PartyKind.RIJK, ())
SUPPLIER = Party("supplier", "Leverancier", PartyKind.COMPANY, ())


def metered(
    sender: Party | None, recipient: Party, policy: MeterSettings | None = None, *, is_test: bool = False
) -> tuple[Disposition, list[tuple[str, str]]]:
    """The disposition, and party and kind of each entry."""
    disposition, entries = meter_delivery(
        "m1", sender, recipient, NOON, policy or MeterSettings(), is_test=is_test
    )
    return disposition, [(entry.party_id, entry.kind.value) for entry in entries]


@pytest.mark.parametrize(
    ("sender", "recipient", "disposition", "entries"),
    [
        (SUPPLIER, TOWN, Disposition.BILLABLE, [("town", "delivered-to")]),
        (TOWN, MINISTRY, Disposition.BILLABLE, [("town", "submitted-by")]),
        (WATER, TOWN, Disposition.BILLABLE, [("water", "submitted-by"), ("town", "delivered-to")]),
        (SUPPLIER, MINISTRY, Disposition.FREE_RIJK, []),
        (MINISTRY, SUPPLIER, Disposition.FREE_RIJK, []),
        (SUPPLIER, SUPPLIER, Disposition.FREE_COMPANY, []),
        (None, TOWN, Disposition.FREE_OWN, []),
    ],
)
def test_only_non_rijk_parties_pay(
    sender: Party | None, recipient: Party, disposition: Disposition, entries: list[tuple[str, str]]
) -> None:
    assert metered(sender, recipient) == (disposition, entries)


def test_a_test_is_never_metered() -> None:
    assert metered(WATER, TOWN, is_test=True) == (Disposition.TEST, [])


def test_the_sender_alone_pays_when_one_side_pays() -> None:
    policy = MeterSettings(both_sides_pay=False)
    assert metered(WATER, TOWN, policy) == (Disposition.BILLABLE, [("water", "submitted-by")])
    assert metered(SUPPLIER, TOWN, policy) == (Disposition.BILLABLE, [("town", "delivered-to")])


def test_own_bills_can_be_counted_as_any_message() -> None:
    policy = MeterSettings(own_bills_are_free=False)
    assert metered(None, TOWN, policy) == (Disposition.BILLABLE, [("town", "delivered-to")])
