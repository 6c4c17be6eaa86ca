"""What is recognised is held against what a parser and the official schema say of the same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random

import pytest
from lxml import etree

from gateway.validator.judge import judge
from gateway.validator.ubl import bindings as ubl
from gateway.validator.ubl import library
from gateway.validator.verdict import Verdict
from gateway.validator.xml import parsing as xml
from gateway.validator.xml.parsing import DEFAULT_LIMITS, Limits
from tests.conformance.schema import is_valid


@dataclass
class Tally:
    """What came of a run."""

    documents: int = 0
    recognised: int = 0
    wrong: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def unknowing() -> Iterator[None]:
    """Nothing is recognised: every document is parsed. What is learnt of it stays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ubl, "recognise", lambda _tree: None)
        yield


@contextmanager
def quick_learner() -> Iterator[None]:
    """A memory of its own, that knows what it has seen once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "_LIBRARIES", {})
        patch.setattr(library, "_SEEN_FIRST", 1)
        patch.setattr(library, "_SEEN_AGAIN", 1)
        patch.setattr(library, "_LEARNT_MAX", 1_000)
        yield


def taught(documents: list[bytes]) -> None:
    """Have documents judged until each is recognised. Raises AssertionError for one that never is."""
    for document in documents:
        for _ in range(3):
            judge(document)
        assert is_recognised(document), document[:2_000].decode()


def is_recognised(document: bytes, limits: Limits = DEFAULT_LIMITS) -> bool:
    """Whether a document is known to be valid without parsing it."""
    parsed = xml.read(document, limits, recognise=ubl.recognise)
    return isinstance(parsed, xml.Parsed) and parsed.recognised is not None


def difference(document: bytes, limits: Limits = DEFAULT_LIMITS) -> str | None:
    """What is wrong with recognising this document, which is recognised; None where nothing is."""
    verdict = judge(document, limits=limits)
    with unknowing():
        wanted = judge(document, limits=limits)
    if _told(verdict) != _told(wanted):
        return f"{_told(verdict)} instead of {_told(wanted)}"
    if any(finding.rule == "MP-ATT-BASE64" for finding in verdict.findings):
        return None  # what is in an attachment is looked at apart from parser and schema
    try:
        return None if is_valid(document) else "not valid"
    except etree.XMLSyntaxError as error:
        return f"not well-formed: {error}"


def compare(documents: Iterator[bytes], count: int, random: Random, tally: Tally, learn: float = 0.1) -> None:
    """Compare so many documents; of some of the others it is learnt what is valid in them."""
    for _ in range(count):
        document = next(documents)
        tally.documents += 1
        if is_recognised(document):
            tally.recognised += 1
            if (wrong := difference(document)) is not None:
                tally.wrong.append((wrong, document))
        elif random.random() < learn:
            judge(document)


def _told(verdict: Verdict) -> Verdict:
    return replace(verdict, durations_ns={})
