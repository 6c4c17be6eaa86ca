"""What the rules of NLCIUS and Peppol add to those of EN 16931, and what judging a Cross Industry Invoice costs.

Measured as the streams of `tests.bench.validator` are, by turns: the lively stream by EN 16931 alone and by what
each document claims; and the bills of that stream as CII, compared with parsing them and checking their schema.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from random import Random

from gateway.validator.judge import judge
from tests.bench.validator import DOCUMENTS, LIMITS, ROUNDS, base
from tests.samples.catalogue import in_cii
from tests.samples.cii import cii
from tests.samples.stream import bill, senders, stream

_LINES = 1_000
_ALONE = "en16931"


def profiles() -> dict[str, object]:
    """Ratios of the lively stream, all of it and by profile; milliseconds and ratios of CII."""
    return {
        "lively, times EN 16931 alone": _on_top(list(stream(DOCUMENTS))),
        "CII, bills of the stream": _row(_cii_stream(DOCUMENTS)),
        "CII, 1,000 lines": _row([_cii_of_lines()]),
    }


def _on_top(documents: Sequence[bytes]) -> dict[str, float]:
    claimed = [judge(document).profile or "" for document in documents]
    alone, own = _by_turns(documents, lambda document: judge(document, profile=_ALONE, limits=LIMITS), _judge)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for profile, *times in zip(claimed, alone, own, strict=True):
        for name in ("all", profile):
            sums[name] = [sum(pair) for pair in zip(sums[name], times, strict=True)]
    return {name: round(ours / base, 2) for name, (base, ours) in sums.items()}


def _row(documents: Sequence[bytes]) -> dict[str, object]:
    theirs, ours = (sum(times) / len(documents) for times in _by_turns(documents, base, _judge))
    return {
        "lxml and schema": round(theirs * 1_000, 3),
        "gateway.judge": round(ours * 1_000, 3),
        "gateway.judge, times lxml and schema": round(ours / theirs, 2),
    }


def _by_turns(documents: Sequence[bytes], *works: Callable[[bytes], object]) -> tuple[list[float], ...]:
    """Of each piece of work the best time of each document."""
    best = [[float("inf")] * len(documents) for _ in works]
    for _ in range(ROUNDS):
        for nth, document in enumerate(documents):
            for times, work in zip(best, works, strict=True):
                before = time.process_time()
                work(document)
                times[nth] = min(times[nth], time.process_time() - before)
    return tuple(best)


def _judge(document: bytes) -> None:
    judge(document, limits=LIMITS)


def _cii_stream(count: int) -> list[bytes]:
    random = Random(1)
    everyone = senders(random, lively=True)
    return [cii(in_cii(bill(everyone[number % len(everyone)], random, number))) for number in range(count)]


def _cii_of_lines() -> bytes:
    random = Random(2)
    sender = senders(random, lively=True)[0]
    lines = [line for number in range(_LINES) for line in bill(sender, random, number).lines]
    one = bill(sender, random, 1)
    return cii(in_cii(type(one)(customization=one.customization, lines=tuple(lines[:_LINES]))))
