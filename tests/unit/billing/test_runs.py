"""Any order of use, corrections, late entries, runs, reruns and crashes comes to what the reference says."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.billing.rating.services import Service
from tests.unit.billing.play import PARTIES, YEARS, Act, play

TIMES = {
    Service.DIGIPOORT: [
        datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC),
        datetime(2025, 12, 31, 23, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 0, 59, tzinfo=UTC),
        datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC),
        datetime(2026, 6, 30, 22, 0, tzinfo=UTC),
        datetime(2026, 12, 31, 22, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
    ],
    Service.DIGID: [
        datetime(2019, 12, 31, 23, 30, tzinfo=UTC),
        datetime(2020, 6, 30, 22, 0, tzinfo=UTC),
        datetime(2020, 12, 31, 23, 30, tzinfo=UTC),
    ],
}
UNITS = st.sampled_from([1, 2, 998, 999, 1_000, 1_001]) | st.integers(1, 20_000)
VERBS = st.sampled_from(["use", "use", "use", "correct", "prepay", "settle", "settle", "crash", "refuse"])


@st.composite
def acts(draw: st.DrawFn) -> Act:
    """Any act on either service."""
    service = draw(st.sampled_from(list(YEARS)))
    moment = draw(st.sampled_from(TIMES[service]))
    return Act(draw(VERBS), service, draw(st.sampled_from(PARTIES)), draw(UNITS), moment)


FORECASTS = st.dictionaries(
    st.tuples(st.sampled_from(list(YEARS)), st.sampled_from(PARTIES)), UNITS | st.just(0), max_size=6
)


@given(FORECASTS, st.lists(acts(), max_size=14))
@settings(max_examples=150, deadline=None)
def test_any_order_of_events_comes_to_what_the_reference_says(
    forecasts: dict[tuple[Service, str], int], script: list[Act]
) -> None:
    asyncio.run(play(forecasts, script))
