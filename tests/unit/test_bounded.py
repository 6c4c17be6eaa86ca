"""A bounded dictionary forgets what was added first."""

from gateway.bounded import BoundedDict


def test_the_first_entry_makes_room_for_a_new_one() -> None:
    known: BoundedDict[str, int] = BoundedDict(2)
    known["a"], known["b"], known["a"], known["c"] = 1, 2, 3, 4
    assert known == {"b": 2, "c": 4}


def test_an_entry_that_is_there_is_replaced() -> None:
    known: BoundedDict[str, int] = BoundedDict(1)
    known["a"], known["a"] = 1, 2
    assert known == {"a": 2}
