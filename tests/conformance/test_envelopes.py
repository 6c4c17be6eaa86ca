"""What we accept of mutated signed messages libxmlsec1 accepts; `make conformance` compares ten times as many."""

import pytest

from tests.conformance.envelopes import BEFORE, compare, mutants, read, templates


def test_what_mutants_are_made_from_is_accepted() -> None:
    for template in templates():
        assert read(template)


@pytest.mark.parametrize("seed", range(8))
def test_what_we_accept_libxmlsec_accepts(seed: int) -> None:
    outcome = compare(seed, 250)
    assert outcome.differences == []
    assert len(outcome.accepted) == 3, "each way makes some that are accepted"
    assert outcome.refused.total() > outcome.accepted.total() > 10


def test_a_mutant_is_known_by_seed_and_number() -> None:
    first = [mutant for way, _, mutant in mutants(3, 30) if way != BEFORE]  # MessageID and signature are new there
    assert first == [mutant for way, _, mutant in mutants(3, 30) if way != BEFORE]
