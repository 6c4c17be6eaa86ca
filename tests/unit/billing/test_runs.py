"""Any history of use, forecasts, corrections and runs comes to what the reference says."""

import pytest

from tests.unit.billing.play import play_seeds

TOGETHER = 25


@pytest.mark.parametrize("first", range(0, 200, TOGETHER))
def test_any_history_comes_to_what_the_reference_says(first: int) -> None:
    play_seeds(range(first, first + TOGETHER))
