"""Mutants: valid samples with a few edits, made from a seed, replayed from it, and shrunk when they tell.

A mutant is a base document and a list of edits. An edit is an operator's name and a number; the operator
draws its place and value from that number, so the same list gives the same document for ever.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from lxml import etree

from tests.conformance.edits import OPERATORS, WEIGHTS
from tests.conformance.edits_cii import CII_WEIGHTS
from tests.samples import CII_SAMPLES, SAMPLES, sample


@dataclass(frozen=True, slots=True)
class Edit:
    operator: str
    number: int


@dataclass(frozen=True, slots=True)
class Mutant:
    """A base sample and the edits made to it."""

    sample: str
    edits: tuple[Edit, ...]

    def document(self) -> bytes:
        root = etree.fromstring(_base(self.sample))
        for edit in self.edits:
            OPERATORS[edit.operator](root, Random(edit.number))
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def without(self, index: int) -> "Mutant":
        return replace(self, edits=self.edits[:index] + self.edits[index + 1 :])

    def __str__(self) -> str:
        return f"{self.sample} " + " ".join(f"{edit.operator}:{edit.number}" for edit in self.edits)

    @classmethod
    def parse(cls, text: str) -> "Mutant":
        """Read what `str()` wrote."""
        sample, *edits = text.split()
        pairs = (edit.partition(":") for edit in edits)
        return cls(sample, tuple(Edit(name, int(number)) for name, _, number in pairs))


def mutants(seed: int, count: int, samples: Sequence[str] = tuple(SAMPLES)) -> Iterator[Mutant]:
    """`count` mutants of these samples; another seed gives others."""
    random = Random(seed)
    for _ in range(count):
        yield mutant(random, samples)


def mutant(random: Random, samples: Sequence[str]) -> Mutant:
    """One mutant, most often with one or two edits, sometimes with many."""
    weights = CII_WEIGHTS if samples[0] in CII_SAMPLES else WEIGHTS
    count = random.choice((1, 1, 1, 1, 2, 2, 3, 4, 6))
    chosen = random.choices(list(weights), weights=list(weights.values()), k=count)
    return Mutant(random.choice(samples), tuple(Edit(name, random.getrandbits(32)) for name in chosen))


def shrink(failing: Mutant, still_fails: Callable[[Mutant], bool]) -> Mutant:
    """The same failure with the fewest edits: edits are left out as long as it stays."""
    index = 0
    while index < len(failing.edits):
        smaller = failing.without(index)
        if still_fails(smaller):
            failing, index = smaller, 0
        else:
            index += 1
    return failing


def prune(document: bytes, still_fails: Callable[[bytes], bool]) -> bytes:
    """The same failure in the smallest document: whole elements are taken out as long as it stays."""
    root = etree.fromstring(document, etree.XMLParser(remove_blank_text=True))
    for node in list(root.iterdescendants()):
        parent = node.getparent()
        if parent is None:
            continue
        index = parent.index(node)
        parent.remove(node)
        if not still_fails(etree.tostring(root)):
            parent.insert(index, node)
    return etree.tostring(root, pretty_print=True)


_BASES: dict[str, bytes] = {}


def _base(name: str) -> bytes:
    if name not in _BASES:
        _BASES[name] = sample(name)
    return _BASES[name]
