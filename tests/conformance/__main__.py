"""`python -m tests.conformance`: both engines on mutants and official unit cases; `make conformance` runs it.

    --count N     mutants to compare (20,000 unless told)
    --seed N      where they start; another seed gives others
    --jobs N      processes (2 unless told)
    --cover       write the covering lists anew: the fewest mutants found that fire every rule
    --replay M    show one mutant, as printed beside a difference
    --write       record the figures in docs/reference/conformance.md

Ends with status 1 where an engine differs from the official artefacts or a rule never fires.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from tests.conformance import covering, engines, report
from tests.conformance.compare import Pair, Tally, compare, compare_all, smallest
from tests.conformance.dead import DEAD, DUTCH_DEAD, STOPPED
from tests.conformance.mutants import Mutant, mutants
from tests.conformance.schema import is_valid
from tests.conformance.unit_cases import folders, unit_cases
from tests.samples import SAMPLES

SLICE = 1000


def main() -> int:
    """Run what the arguments ask for; the exit status."""
    arguments = _arguments()
    with _quiet_saxon():
        if arguments.replay:
            return _replay(Mutant.parse(arguments.replay))
        if arguments.cover:
            return _cover(arguments)
        return _compare(arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cover", action="store_true")
    parser.add_argument("--replay")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _compare(arguments: argparse.Namespace) -> int:
    runs = [_mutants("EN 16931, mutants", arguments, engines.EN_16931)]
    runs += [_unit_cases(folder) for folder in folders()]
    if not folders():
        print("no official unit cases: put them beside the project or name a folder in METERPOORT_CONFORMANCE")
    if os.environ.get(engines.NLCIUS_STYLESHEET):
        runs.append(_mutants("NLCIUS, mutants", arguments, engines.DUTCH))
    else:
        print(f"NLCIUS not compared: {engines.NLCIUS_STYLESHEET} names no stylesheet")
    page = report.page(runs)
    print(page)
    if arguments.write:
        report.PATH.write_text(page)
    return 0 if all(run.is_clean for run in runs) else 1


def _cover(arguments: argparse.Namespace) -> int:
    covering.write(covering.EN16931, mutants(arguments.seed, arguments.count), engines.theirs)
    if os.environ.get(engines.NLCIUS_STYLESHEET):
        chosen = mutants(arguments.seed, arguments.count, engines.DUTCH_SAMPLES)
        covering.write(covering.NLCIUS, chosen, engines.theirs_nlcius)
    return 0


def _mutants(name: str, arguments: argparse.Namespace, pair: Pair) -> report.Run:
    started = time.monotonic()
    is_dutch = pair is engines.DUTCH
    starts = range(0, arguments.count, SLICE)
    slices = [(arguments.seed + start, min(SLICE, arguments.count - start), is_dutch) for start in starts]
    tally = Tally()
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool:  # SaxonC does not survive a fork
        for part in pool.map(_slice, slices):
            tally += part
            seconds, different = time.monotonic() - started, sum(tally.differences.values())
            print(f"{name}: {tally.documents} documents, {different} differences, {seconds:.0f} s", flush=True)
    compare_all(covering.covering(covering.NLCIUS if is_dutch else covering.EN16931), pair, tally)
    examples = {rule: smallest(mutant, rule, pair) for rule, mutant in tally.examples.items()}
    command = f"python -m tests.conformance --count {arguments.count} --seed {arguments.seed}"
    command = f"{engines.NLCIUS_STYLESHEET}=.../si-ubl-2.0.xsl {command}" if is_dutch else command
    silent = frozenset(DUTCH_DEAD) if is_dutch else frozenset(DEAD) | frozenset(STOPPED)
    never = engines.rules_of(pair) - frozenset(tally.fired) - silent
    return report.Run(name, command, tally, examples, never)


def _slice(what: tuple[int, int, bool]) -> Tally:
    """One slice of a run, in a process of its own."""
    seed, count, is_dutch = what
    tally = Tally()
    samples = engines.DUTCH_SAMPLES if is_dutch else tuple(SAMPLES)
    compare_all(mutants(seed, count, samples), engines.DUTCH if is_dutch else engines.EN_16931, tally)
    return tally


def _unit_cases(folder: Path) -> report.Run:
    tally = Tally()
    for case in unit_cases(folder):
        comparison = compare(case.document, engines.EN_16931)
        found = engines.ours(case.document)
        tally.add(comparison, valid=is_valid(case.document))
        for rule in (case.breaks - found) | (case.holds & found):
            tally.differences[f"{rule} in {case}"] += 1
    command = f"METERPOORT_CONFORMANCE=.../{folder.name} python -m tests.conformance"
    return report.Run(f"EN 16931, official unit cases in `{folder.name}`", command, tally, {})


def _replay(mutant: Mutant) -> int:
    document = mutant.document()
    comparison = compare(document, engines.EN_16931)
    print(document.decode())
    print(comparison)
    return 0 if not comparison.rules else 1


@contextmanager
def _quiet_saxon() -> Iterator[None]:
    """SaxonC writes each error it also raises to the standard error; a run has thousands of them."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
