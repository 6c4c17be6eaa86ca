"""What the rules of NLCIUS and Peppol add to those of EN 16931, and what judging a Cross Industry Invoice costs.

Measured as the streams of `tests.bench.validator` are, by turns: the lively stream by EN 16931 alone and by what
each document claims; and the bills of that stream as CII, compared with parsing them and checking their schema.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from random import Random

from gateway.validator.judge import judge
from tests.bench.validator import DOCUMENTS, LIMITS, base
from tests.samples.catalogue import in_cii
from tests.samples.cii import cii
from tests.samples.stream import bill, senders, stream

_LINES = 1_000
_ROUNDS = 5


def profiles() -> dict[str, object]:
    """Ratios of the lively stream, all of it and by profile; milliseconds and ratios of CII."""
    return {
        "lively, times EN 16931 alone": _on_top(list(stream(DOCUMENTS))),
        "CII, bills of the stream": _row(_cii_stream(DOCUMENTS)),
        "CII, 1,000 lines": _row([_cii_of_lines()]),
    }


def _on_top(documents: Sequence[bytes]) -> dict[str, float]:
    claimed = [judge(document).profile or "" for document in documents]
    _, alone, own = _best(documents, _judge_alone, _judge)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for profile, *times in zip(claimed, alone, own, strict=True):
        for name in ("all", profile):
            sums[name] = [sum(pair) for pair in zip(sums[name], times, strict=True)]
    return {name: round(ours / by_en16931, 2) for name, (by_en16931, ours) in sums.items()}


def _row(documents: Sequence[bytes]) -> dict[str, object]:
    theirs, ours = (sum(times) / len(documents) for times in _best(documents, _judge))
    return {
        "lxml and schema": round(theirs * 1_000, 3),
        "gateway.judge": round(ours * 1_000, 3),
        "gateway.judge, times lxml and schema": round(ours / theirs, 2),
    }


def _best(documents: Sequence[bytes], *works: Callable[[bytes], object]) -> list[list[float]]:
    """The best time of each document of the base, and of each piece of work. Every piece of work goes through all
    documents before the next one does, by turns with the base: none finds numbers that the one before it read."""
    best = [[float("inf")] * len(documents) for _ in (base, *works)]
    for _ in range(_ROUNDS):
        for number, work in enumerate(works, 1):
            for nth, document in enumerate(documents):
                best[0][nth] = min(best[0][nth], _time(base, document))
                best[number][nth] = min(best[number][nth], _time(work, document))
    return best


def _time(work: Callable[[bytes], object], document: bytes) -> float:
    before = time.process_time()
    work(document)
    return time.process_time() - before


def _judge_alone(document: bytes) -> None:
    judge(document, profile="en16931", limits=LIMITS)


def _judge(document: bytes) -> None:
    judge(document, limits=LIMITS)


def _cii_stream(count: int) -> list[bytes]:
    """Those of so many bills of which nothing is said; a finding takes another look at the document."""
    random = Random(1)
    everyone = senders(random, lively=True)
    bills = [bill(everyone[number % len(everyone)], random, number) for number in range(count)]
    return [document for document in map(cii, map(in_cii, bills)) if not judge(document).findings]


def _cii_of_lines() -> bytes:
    random = Random(2)
    sender = senders(random, lively=True)[0]
    lines = [line for number in range(_LINES) for line in bill(sender, random, number).lines]
    one = bill(sender, random, 1)
    return cii(in_cii(type(one)(customization=one.customization, lines=tuple(lines[:_LINES]))))
