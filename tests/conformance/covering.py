"""A short list of mutants that together fire every rule: the part of the proof that runs with every test.

A list is found by a greedy choice among many mutants (`python -m tests.conformance --cover`), by what
the official stylesheet says of them.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from gateway.validator import reference
from tests.conformance.compare import Engine
from tests.conformance.mutants import Mutant

EN16931 = Path(__file__).with_name("covering.txt")
NLCIUS = Path(__file__).with_name("covering_nlcius.txt")
LISTS = {"en16931": EN16931, "nlcius": NLCIUS}


def covering(path: Path = EN16931) -> Iterator[Mutant]:
    """The mutants of a list."""
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            yield Mutant.parse(line)


def write(path: Path, mutants: Iterable[Mutant], theirs: Engine) -> None:
    """Choose from these mutants, and from those on the list, as few as fire every rule that any fires."""
    fired = {mutant: rules for mutant in (*covering(path), *mutants) if (rules := _fired(mutant, theirs))}
    lines = [f"# {len(frozenset().union(*fired.values()))} rules; written by python -m tests.conformance --cover"]
    path.write_text("\n".join([*lines, *sorted(str(mutant) for mutant in _choose(fired))]) + "\n")


def _fired(mutant: Mutant, theirs: Engine) -> frozenset[str]:
    try:
        return theirs(mutant.document())
    except reference.StylesheetStoppedError:
        return frozenset()


def _choose(fired: dict[Mutant, frozenset[str]]) -> Iterator[Mutant]:
    """The mutant that adds most, again and again; of equals the one with the fewest edits."""
    wanted = frozenset().union(*fired.values())
    while wanted:
        best = max(fired, key=lambda mutant: (len(fired[mutant] & wanted), -len(mutant.edits), str(mutant)))
        wanted -= fired[best]
        yield best
