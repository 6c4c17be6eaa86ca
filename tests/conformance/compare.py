"""Two engines, one document: the sets of rules that fire must be the same.

The reference is the official stylesheet. Where that ends in an error it gives no verdict; such a document is
not valid, and all that is asked of our engine is that it refuses it. A proviso may say why it need not.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.validator import reference
from tests.conformance.mutants import Mutant, prune, shrink
from tests.conformance.provisos import NO_VERDICT, Proviso, excused
from tests.conformance.schema import is_valid

Engine = Callable[[bytes], frozenset[str]]


class Outcome(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    STOPPED = "stopped"
    """The official stylesheet gave no verdict; ours refused the document, the schema does, or a proviso says why
    neither need."""


@dataclass(frozen=True, slots=True)
class Comparison:
    outcome: Outcome
    missing: frozenset[str] = frozenset()
    """Rules that the official stylesheet fired and ours did not."""
    surplus: frozenset[str] = frozenset()
    """Rules that ours fired and the official stylesheet did not."""
    fired: frozenset[str] = frozenset()
    provisos: frozenset[Proviso] = frozenset()
    """What excuses rules that differ and are not named here."""

    @property
    def rules(self) -> frozenset[str]:
        return self.missing | self.surplus


@dataclass(slots=True)
class Tally:
    """What a run has compared so far."""

    documents: int = 0
    schema_valid: int = 0
    stopped: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    differences: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Mutant] = field(default_factory=dict)
    provisos: Counter[Proviso] = field(default_factory=Counter)

    def add(self, comparison: Comparison, *, valid: bool) -> None:
        self.documents += 1
        self.schema_valid += valid
        self.stopped += comparison.outcome is Outcome.STOPPED
        self.fired.update(comparison.fired)
        self.differences.update(_signed(comparison))
        self.provisos.update(comparison.provisos)

    def __iadd__(self, other: "Tally") -> "Tally":
        self.documents += other.documents
        self.schema_valid += other.schema_valid
        self.stopped += other.stopped
        self.fired += other.fired
        self.differences += other.differences
        self.provisos += other.provisos
        self.examples = {**other.examples, **self.examples}
        return self


def _signed(comparison: Comparison) -> list[str]:
    return [*(f"-{rule}" for rule in comparison.missing), *(f"+{rule}" for rule in comparison.surplus)]


@dataclass(frozen=True, slots=True)
class Pair:
    """Our engine, the reference, and what of ours refuses a document on which the reference gives up."""

    ours: Engine
    theirs: Engine
    refuses: Engine


def compare(document: bytes, engines: Pair) -> Comparison:
    """Run both engines on one document."""
    found = engines.ours(document)
    try:
        expected = engines.theirs(document)
    except reference.StylesheetStoppedError:
        return _without_verdict(document, engines.refuses(document))
    covered = excused(found ^ expected, document) if not is_valid(document) else {}
    missing, surplus = expected - found - covered.keys(), found - expected - covered.keys()
    outcome = Outcome.DIFFERENT if missing or surplus else Outcome.SAME
    return Comparison(outcome, missing, surplus, expected, frozenset(covered.values()))


def _without_verdict(document: bytes, found: frozenset[str]) -> Comparison:
    """A schema-valid document without an official verdict must still be refused."""
    if found or not is_valid(document):
        return Comparison(Outcome.STOPPED)
    if covered := excused(frozenset({NO_VERDICT}), document):
        return Comparison(Outcome.STOPPED, provisos=frozenset(covered.values()))
    return Comparison(Outcome.DIFFERENT, missing=frozenset({NO_VERDICT}))


def compare_all(mutants: Iterable[Mutant], engines: Pair, tally: Tally) -> None:
    """Compare on every mutant; of each rule that differs the first mutant is kept."""
    for mutant in mutants:
        document = mutant.document()
        comparison = compare(document, engines)
        tally.add(comparison, valid=is_valid(document))
        for rule in _signed(comparison):
            tally.examples.setdefault(rule, mutant)


def smallest(mutant: Mutant, rule: str, engines: Pair) -> tuple[Mutant, bytes]:
    """The fewest edits that still make the engines differ on a rule, and the smallest document that does."""

    def differs(document: bytes) -> bool:
        return rule in _signed(compare(document, engines))

    shrunk = shrink(mutant, lambda candidate: differs(candidate.document()))
    return shrunk, prune(shrunk.document(), differs)
