"""How deep JSON may be nested, told before it is parsed."""

import json
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.body import NESTING_MAX, is_deep

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


@given(values, st.integers(0, 2 * NESTING_MAX))
def test_levels_are_counted_as_a_parser_would(value: object, around: int) -> None:
    for level in range(around):
        value = {"a]": value, "b": [1]} if level % 2 else [value, "}", {}]
    assert is_deep(json.dumps(value).encode()) == (levels(value) > NESTING_MAX)


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
def test_bodies_that_are_no_json_are_told_apart_quickly(body: bytes, deep: bool) -> None:
    assert is_deep(body) is deep
