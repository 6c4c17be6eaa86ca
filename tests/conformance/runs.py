"""Runs: many documents compared, a slice a process. A separate module, so that a spawned process finds it."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.conformance import covering, engines, report
from tests.conformance.compare import Tally, compare, compare_all, smallest
from tests.conformance.dead import DEAD, DUTCH_DEAD, STOPPED
from tests.conformance.mutants import mutants
from tests.conformance.schema import is_valid
from tests.conformance.unit_cases import unit_cases
from tests.samples import SAMPLES

SLICE = 1000


def on_mutants(name: str, seed: int, count: int, jobs: int, *, is_dutch: bool) -> report.Run:
    """Compare on mutants, in slices on so many processes, and on the list on which every rule fires."""
    started = time.monotonic()
    pair = engines.DUTCH if is_dutch else engines.EN_16931
    starts = range(0, count, SLICE)
    slices = [(seed + start, min(SLICE, count - start), is_dutch) for start in starts]
    tally = Tally()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:  # SaxonC does not survive a fork
        for part in pool.map(_slice, slices):
            tally += part
            seconds, different = time.monotonic() - started, sum(tally.differences.values())
            print(f"{name}: {tally.documents} documents, {different} differences, {seconds:.0f} s", flush=True)
    compare_all(covering.covering(covering.NLCIUS if is_dutch else covering.EN16931), pair, tally)
    examples = {rule: smallest(mutant, rule, pair) for rule, mutant in tally.examples.items()}
    command = f"python -m tests.conformance --count {count} --seed {seed}"
    command = f"{engines.NLCIUS_STYLESHEET}=.../si-ubl-2.0.xsl {command}" if is_dutch else command
    silent = frozenset(DUTCH_DEAD) if is_dutch else frozenset(DEAD) | frozenset(STOPPED)
    never = engines.rules_of(pair) - frozenset(tally.fired) - silent
    return report.Run(name, command, tally, examples, never)


def _slice(what: tuple[int, int, bool]) -> Tally:
    """One slice of a run, in its own process."""
    seed, count, is_dutch = what
    tally = Tally()
    samples = engines.DUTCH_SAMPLES if is_dutch else tuple(SAMPLES)
    compare_all(mutants(seed, count, samples), engines.DUTCH if is_dutch else engines.EN_16931, tally)
    return tally


def on_unit_cases(folder: Path) -> report.Run:
    """Compare on the official unit cases in a folder, and hold ours to what they expect."""
    tally = Tally()
    for case in unit_cases(folder):
        comparison = compare(case.document, engines.EN_16931)
        found = engines.ours(case.document)
        tally.add(comparison, valid=is_valid(case.document))
        for rule in (case.breaks - found) | (case.holds & found):
            tally.differences[f"{rule} in {case}"] += 1
    command = f"METERPOORT_CONFORMANCE=.../{folder.name} python -m tests.conformance"
    return report.Run(f"EN 16931, official unit cases in `{folder.name}`", command, tally, {})
