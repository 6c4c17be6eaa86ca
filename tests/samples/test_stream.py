"""The stream of the bench: every document is valid, and no two senders write alike."""

import pytest

from gateway.validator.judge import judge
from tests.samples.stream import SENDERS, stream


@pytest.mark.parametrize("lively", [True, False])
def test_every_document_is_valid_by_our_own_judge(lively: bool) -> None:
    for document in stream(2 * SENDERS, lively=lively, seed=20):
        verdict = judge(document)
        assert verdict.valid, (verdict.findings, document.decode())


def test_a_stream_is_the_same_again_and_another_by_its_seed() -> None:
    assert list(stream(5, seed=3)) == list(stream(5, seed=3))
    assert list(stream(5, seed=3)) != list(stream(5, seed=4))


def test_senders_write_in_many_ways() -> None:
    assert len({document[:160] for document in stream(SENDERS)}) > SENDERS // 2
