"""What may be in use at the same time."""

import pytest

from gateway.http.limits import ConcurrencyLimit
from gateway.http.problems import Overloaded


def test_what_is_held_is_available_again_after_the_block() -> None:
    limit = ConcurrencyLimit(2, retry_after_seconds=7)
    with pytest.raises(ZeroDivisionError), limit.hold(2):
        raise ZeroDivisionError
    with limit.hold(), limit.hold():
        pass


def test_more_than_is_available_is_refused_with_when_to_try_again() -> None:
    limit = ConcurrencyLimit(10, retry_after_seconds=7)
    with limit.hold(8), pytest.raises(Overloaded) as refused, limit.hold(3):
        pass
    assert refused.value.headers["Retry-After"] == "7"


def test_one_caller_holds_half_at_most() -> None:
    limit = ConcurrencyLimit(4, retry_after_seconds=7)
    with limit.hold(2, "greedy"), pytest.raises(Overloaded), limit.hold(1, "greedy"):
        pass
    with limit.hold(2, "greedy"), limit.hold(2, "other"):
        pass
