"""Whether a message may still be used, by its Timestamp."""

from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from gateway.channels.digipoort.wire.faults import SignatureError, StaleError
from gateway.channels.digipoort.wire.names import WSU
from gateway.channels.digipoort.wire.timestamp import AgePolicy, require_fresh

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
POLICY = AgePolicy(skew=timedelta(minutes=5), age_max=timedelta(minutes=10))


def timestamp(created: str, expires: str | None = None) -> etree._Element:
    more = "" if expires is None else f"<u:Expires>{expires}</u:Expires>"
    return etree.fromstring(f'<u:Timestamp xmlns:u="{WSU}"><u:Created>{created}</u:Created>{more}</u:Timestamp>')


@pytest.mark.parametrize(
    "created", ["2026-11-29T12:00:00Z", "2026-11-29T12:00:00.123Z", "2026-11-29T13:00:00+01:00"]
)
def test_a_time_is_understood_in_utc_and_with_an_offset(created: str) -> None:
    """Without skew or age only a message that was created at this very second passes."""
    require_fresh(timestamp(created), AgePolicy(timedelta(0), timedelta(0)), NOW)


@pytest.mark.parametrize(
    ("created", "expires", "reason"),
    [
        ("2026-11-29T12:05:01Z", None, "from the future"),
        ("2026-11-29T11:44:59Z", None, "too old"),
        ("2026-11-29T11:50:00Z", "2026-11-29T11:54:59Z", "has expired"),
    ],
)
def test_a_message_is_stale_one_second_outside_its_window(created: str, expires: str | None, reason: str) -> None:
    with pytest.raises(StaleError, match=reason):
        require_fresh(timestamp(created, expires), POLICY, NOW)


def test_the_ends_of_the_window_belong_to_it() -> None:
    require_fresh(timestamp("2026-11-29T12:05:00Z", "2026-11-29T12:05:00Z"), POLICY, NOW)
    require_fresh(timestamp("2026-11-29T11:45:00Z", "2026-11-29T11:55:00Z"), POLICY, NOW)


@pytest.mark.parametrize("created", ["", "2026-11-29T12:00:00", "2026-02-30T12:00:00Z", "29-11-2026", "now"])
def test_a_time_without_a_zone_or_that_does_not_exist_is_refused(created: str) -> None:
    with pytest.raises(SignatureError):
        require_fresh(timestamp(created), POLICY, NOW)


def test_a_message_cannot_be_sent_again_after_the_replay_window() -> None:
    """Created at the latest moment that is accepted, it is stale once the window is over."""
    latest = NOW + POLICY.skew
    message = timestamp(latest.isoformat().replace("+00:00", "Z"))
    require_fresh(message, POLICY, NOW + POLICY.replay_window)
    with pytest.raises(StaleError):
        require_fresh(message, POLICY, NOW + POLICY.replay_window + timedelta(seconds=1))
