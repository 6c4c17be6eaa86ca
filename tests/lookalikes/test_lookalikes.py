"""What is recognised without a parser is what a parser and the official schema say: a portion of the proof.

`python -m tests.lookalikes` runs it on 200,000 documents.
"""

from collections.abc import Iterator
from random import Random

import pytest

from tests.lookalikes.bases import bases
from tests.lookalikes.compare import (
    Tally,
    compare,
    difference,
    is_recognised,
    quick_learner,
    taught,
)
from tests.lookalikes.mutation import lookalikes, structural
from tests.samples import SAMPLES

BASES = bases()
EACH = 150


@pytest.fixture(autouse=True)
def _quick_learner() -> Iterator[None]:
    with quick_learner():
        yield


@pytest.mark.parametrize("name", BASES)
def test_valid_documents_are_recognised_for_what_they_are(name: str) -> None:
    taught([BASES[name]])
    assert is_recognised(BASES[name])
    assert difference(BASES[name]) is None


@pytest.mark.parametrize("seed", range(4))
def test_lookalikes_are_recognised_only_where_they_are_valid(seed: int) -> None:
    random, tally = Random(seed), Tally()
    documents = list(BASES.values())[seed::4]
    taught(documents)
    for document in documents:
        compare(lookalikes(document, random), EACH, random, tally)
    assert tally.wrong == []
    assert tally.recognised > tally.documents // 20


def test_edits_of_the_tree_are_recognised_only_where_they_are_valid() -> None:
    random, tally = Random(7), Tally()
    compare(structural(tuple(SAMPLES), random), 300, random, tally, learn=0.7)
    assert tally.wrong == []
    assert tally.recognised > 20
