"""Path, query and body as typed values, with every fault."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta
from multidict import MultiDict

from gateway.http.parameters import NESTING_MAX, check_nesting, read_json, read_path, read_query
from gateway.http.problems import InvalidInput

YEAR = Annotated[int, Meta(ge=2000, le=2100)]


class Search(msgspec.Struct, rename="camel"):
    first_day: date
    kind: list[str] = []
    limit: Annotated[int, Meta(ge=1)] = 50


class Line(msgspec.Struct, rename="camel"):
    unit_price: float


class Bill(msgspec.Struct, rename="camel"):
    number: str
    lines: list[Line]


def faults(refused: pytest.ExceptionInfo[InvalidInput]) -> list[tuple[str, str, str]]:
    return [(one.location, one.name, one.reason.en) for one in refused.value.faults]


def test_variables_of_a_path_get_their_types() -> None:
    parts = {"partyId": "gemeente", "year": "2026", "startDay": "2026-01-15"}
    types = {"partyId": str, "year": YEAR, "startDay": date}
    assert read_path(parts, types) == {"partyId": "gemeente", "year": 2026, "startDay": date(2026, 1, 15)}


def test_every_wrong_variable_of_a_path_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_path({"year": "1999", "startDay": "januari"}, {"year": YEAR, "startDay": date})
    assert faults(refused) == [
        ("path", "year", "must be at least 2000"),
        ("path", "startDay", "must be a day, as 2026-11-23"),
    ]


def test_a_parameter_that_may_come_more_than_once_is_a_list() -> None:
    given = MultiDict([("firstDay", "2026-01-01"), ("kind", "a"), ("kind", "b")])
    assert read_query(given, Search) == Search(date(2026, 1, 1), ["a", "b"])


def test_every_wrong_parameter_is_named() -> None:
    given = MultiDict([("limit", "0"), ("limt", "1"), ("kind", "a\0")])
    with pytest.raises(InvalidInput) as refused:
        read_query(given, Search)
    assert {(name, reason) for _, name, reason in faults(refused)} == {
        ("limt", "is not known; did you mean limit?"),
        ("firstDay", "is missing"),
        ("kind", "must not hold the character U+0000"),
        ("limit", "must be at least 1"),
    }


def test_every_wrong_member_of_a_body_is_named_with_its_path() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_json(b'{"lines": [{"unitPrice": "two"}, {}], "total": 3}', Bill)
    assert [name for _, name, _ in faults(refused)] == [
        "total",
        "number",
        "lines[0].unitPrice",
        "lines[1].unitPrice",
    ]


texts = st.text('"\\[]{}a', max_size=6)
values = st.recursive(
    texts | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner)
)


def levels(value: object) -> int:
    if isinstance(value, Mapping):
        return 1 + max(map(levels, value.values()), default=0)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return 1 + max(map(levels, value), default=0)
    return 0


def is_refused(body: bytes) -> bool:
    try:
        check_nesting(body)
    except InvalidInput:
        return True
    return False


@given(values, st.integers(0, 2 * NESTING_MAX))
def test_levels_are_counted_as_a_parser_would(value: object, around: int) -> None:
    for level in range(around):
        value = {"a]": value, "b": [1]} if level % 2 else [value, "}", {}]
    assert is_refused(json.dumps(value).encode()) == (levels(value) > NESTING_MAX)


@pytest.mark.parametrize(
    ("body", "deep"),
    [
        (b"[" * 100_000, True),
        (b'{"a":' * 990 + b"1" + b"}" * 990, True),
        (b"[{" * 2_000_000, True),
        (b"[]" * 2_000_000, False),
        (b'"' * 4_000_000, False),
        (b'"' + b'\\"' * 2_000_000, False),
        (b'["' + b"[" * 1_000_000 + b'"]', False),
        (b"\xff\xfe[", False),
        (b"", False),
    ],
)
def test_bodies_that_are_no_json_are_refused_quickly(body: bytes, deep: bool) -> None:
    assert is_refused(body) is deep
