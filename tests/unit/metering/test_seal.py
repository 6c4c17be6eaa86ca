"""Seals against an independent Merkle tree, written from RFC 9162's own recursive definition."""

from collections.abc import Iterable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.metering.seal import (
    FIRST,
    EntryRow,
    leaves_of,
    line_of,
    make_seal,
    merkle_path,
    merkle_root,
    seal_problem,
)

PLAIN = EntryRow(7, 1, "m1 delivered-to gemeente-a", "gemeente-a", "delivered-to", 1, 100, 200, None, None, None)
REVERSAL = EntryRow(8, 1, "reversal 7 x", "gemeente-a", "delivered-to", -1, 100, 300, 7, "wrong", "controller")


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1: split at the largest power of two that is smaller than the number of leaves."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def root_from_path(leaf: bytes, path: Iterable[str]) -> bytes:
    """The root that a leaf and its siblings lead to, as the holder of a proof computes it."""
    for step in path:
        sibling = bytes.fromhex(step[1:])
        leaf = sha256(b"\1" + (sibling + leaf if step[0] == "L" else leaf + sibling)).digest()
    return leaf


@given(st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=70))
def test_the_root_is_that_of_rfc_9162(contents: list[bytes]) -> None:
    leaves = [sha256(b"\x00" + content).digest() for content in contents]
    root = merkle_root(leaves)
    assert root == tree_hash(leaves)
    for index, leaf in enumerate(leaves):
        assert root_from_path(leaf, merkle_path(leaves, index)) == root


def test_a_leaf_of_another_entry_leads_elsewhere() -> None:
    leaves = leaves_of([PLAIN, REVERSAL], {1: "meterpoort"})
    assert root_from_path(leaves[1], merkle_path(leaves, 0)) != merkle_root(leaves)


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (PLAIN, "7\tmeterpoort\tm1 delivered-to gemeente-a\tgemeente-a\tdelivered-to\t1\t100\t200\t\t\t"),
        (REVERSAL, "8\tmeterpoort\treversal 7 x\tgemeente-a\tdelivered-to\t-1\t100\t300\t7\twrong\tcontroller"),
    ],
)
def test_a_line_has_eleven_fields_and_the_leaf_is_its_hash(row: EntryRow, line: str) -> None:
    assert line_of(row.entry({1: "meterpoort"})) == line
    assert leaves_of([row], {1: "meterpoort"}) == [sha256(b"\x00" + line.encode()).digest()]


def test_seals_follow_each_other() -> None:
    leaves = leaves_of([PLAIN, REVERSAL], {1: "meterpoort"})
    first = make_seal(None, leaves, 0, 1000)
    second = make_seal(first, leaves, 0, 2000, "journal=ab12")
    assert (first.previous, second.previous) == (FIRST, first.hash)
    assert (second.number, second.first_position, second.last_position) == (2, 3, 4)
    assert seal_problem(first, None) is None
    assert seal_problem(second, first) is None
    assert seal_problem(second, None) == "it does not follow seal 0"
    assert seal_problem(first, second) == "it does not follow seal 2"
